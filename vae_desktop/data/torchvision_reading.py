"""Reading what torchvision reads: its classes open the files, and every image becomes a square by the one rule."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from vae_desktop.config import DatasetConfig
from vae_desktop.data.custom.conversion import Canvas, scaling_line
from vae_desktop.data.custom.files import Unreadable
from vae_desktop.data.custom.image_file import prepare, read_header, read_picture
from vae_desktop.data.custom.messages import because, counted, images_in_words, listed
from vae_desktop.data.custom.workers import for_each
from vae_desktop.data.dataset import Dataset, Factors, Images, Labels, Report, Split, resize
from vae_desktop.data.origins import Origins
from vae_desktop.data.torchvision_files import UNLABELLED, Files, files_of
from vae_desktop.data.torchvision_opening import broken, check_files, check_presence, class_of, in_words
from vae_desktop.data.torchvision_sets import TORCHVISION_SETS, TorchvisionSet
from vae_desktop.language import N_, tr
from vae_desktop.progress import Progress

_TOGETHER = 1000  # images that are converted at once
_SPARE = 100  # one image in so many may be unreadable
_SKIPPED = 200  # lines of a report
_SMILING = N_("not smiling"), N_("smiling")


def load_torchvision(
    config: DatasetConfig, data_dir: Path, progress: Progress, kind: Any = None, files: Files | None = None
) -> Dataset:
    """Load one of TORCHVISION_SETS; nothing is written.

    Files whose MD5 torchvision names are read only if they have it, pickles among them.

    Parameters
    ----------
    config : DatasetConfig
    data_dir : Path
        Torchvision's root, or the folder of a root with the name of its class.
    progress : Progress
        Told how many images are read; asked now and then whether to stop.
    kind : class, optional
        In place of that of `torchvision.datasets`.
    files : Files, optional
        In place of those that the class names.

    Returns
    -------
    Dataset
        Images (N, C, S, S), uint8; S is `config.image_size`, or else the set's own.

    Raises
    ------
    DatasetMissing
        If a file is absent.
    DatasetBroken
        If a file is not what torchvision wants, or one image in a hundred cannot be read.
    DataError
        If torchvision itself cannot be used, or the images are too many for memory.
    Cancelled
        If `progress` raised it.
    """
    entry = TORCHVISION_SETS[config.name]
    root = entry.root(data_dir)
    check_presence(entry, data_dir, root)
    kind = class_of(entry) if kind is None else kind
    check_files(entry, root, files_of(kind) if files is None else files, progress)
    kind = _narrowed(kind)
    with in_words(entry, root):
        opened = [[kind(str(root), **arguments) for arguments in part] for part in (entry.train, entry.test)]
    read = _read_arrays if hasattr(opened[0][0], "data") else _read_images
    try:
        found = read(entry, opened, config, root, progress)
        names, labels, factor_names, factors = _known(entry, opened[0][0], found)
    except ValueError as error:
        raise broken(entry, root, str(error)) from error
    middle, end = np.searchsorted(found.kept, found.training), len(found.kept)
    if not 0 < middle < end:
        raise broken(entry, root, tr("there are no images to train or to test with"))
    train, test = (found.split(part, labels, factors) for part in (slice(0, middle), slice(middle, end)))
    return Dataset(config, train, test, names, factor_names, found.report)


def _narrowed(kind: Any) -> Any:
    """The class, but for what it would read besides: another class of the same name, which its folder follows."""
    less: dict[str, Any] = {}
    if hasattr(kind, "processed_folder"):
        less["processed_folder"] = ""  # an old torchvision left pickles there, which would be taken for the raw files
    if hasattr(kind, "train_list"):  # of STL-10, 2.8 GB without classes would be hashed each time
        less["train_list"] = [pair for pair in kind.train_list if not pair[0].startswith(UNLABELLED)]
    return type(kind.__name__, (kind,), less)


@dataclass(frozen=True, eq=False)
class _Found:
    """What was read of all parts together.

    Attributes
    ----------
    images : array (N, C, S, S)
    targets : sequence
        What torchvision knows of each.
    kept : array (N,)
        The numbers of those images among all.
    training : int
        How many of all come first and are training images.
    """

    images: Images
    targets: Any
    kept: npt.NDArray[np.int64]
    training: int
    origins: Origins
    report: Report | None = None

    def split(self, part: slice, labels: Labels, factors: Factors | None) -> Split:
        """The images of a part of the numbers, with what is known of each."""
        origins = self.origins.chosen(np.arange(part.start, part.stop))
        return Split(self.images[part], labels[part], None if factors is None else factors[part], origins)


def _read_arrays(
    entry: TorchvisionSet, opened: Sequence[Sequence[Any]], config: DatasetConfig, root: Path, progress: Progress
) -> _Found:
    """Of classes that hold all images as one array."""
    parts = [part for several in opened for part in several]
    arrays = [_channels_last(np.asarray(part.data)) for part in parts]
    total, side = sum(map(len, arrays)), config.image_size or entry.side
    canvas = Canvas(total, side, config.colours, arrays[0].ndim == 4)
    done = 0
    for array in arrays:
        for first in range(0, len(array), _TOGETHER):
            block = array[first : first + _TOGETHER]
            planes = block[:, None] if block.ndim == 3 else np.moveaxis(block, -1, 1)
            resized = resize(planes, side)
            canvas.put(done, resized[:, 0] if block.ndim == 3 else np.ascontiguousarray(np.moveaxis(resized, 1, -1)))
            done += len(block)
            progress(done, total)
    targets = np.concatenate([_targets(part) for part in parts])
    rows = [
        (str(root / file), len(array) // len(files))
        for files, array in zip(entry.holding, arrays, strict=True)
        for file in files
    ]
    training = sum(map(len, opened[0]))
    return _Found(canvas.finish(), targets, np.arange(total), training, Origins.of_rows(rows))


def _channels_last(images: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Images (N, H, W) or (N, H, W, 3), as SVHN's and STL-10's are not."""
    if images.dtype != np.uint8:
        raise ValueError(tr("its pixels are not bytes"))
    return np.moveaxis(images, 1, -1) if images.ndim == 4 and images.shape[1] == 3 else images


def _targets(part: Any) -> Labels:
    """The classes of all images; where torchvision has more numbers of each, as of QMNIST, the first is the class."""
    targets = np.asarray(part.targets if hasattr(part, "targets") else part.labels).astype(np.int64)
    return targets[:, 0] if targets.ndim == 2 else targets


def _read_images(
    entry: TorchvisionSet, opened: Sequence[Sequence[Any]], config: DatasetConfig, root: Path, progress: Progress
) -> _Found:
    """Of classes that have a file for each image: torchvision says which, and what it knows of them."""
    prepare()
    items, training = _items(entry, opened, root)
    side, total = config.image_size or entry.side, len(items)
    canvas = Canvas(total, side, config.colours, may_have_colour=True)

    def read(number: int) -> tuple[str, ...]:
        path = items[number][0]
        try:
            picture = read_picture(path, side)
        except Unreadable as error:
            raise Unreadable(because(Path(path).name, error)) from error
        canvas.put(number, picture.pixels[None])
        return picture.changes

    answers = [answer if isinstance(answer, str) else tuple(answer) for part in canvas.records for answer in part]
    left = progress.part(len(answers), total - len(answers), total)

    def take(more: Sequence[tuple[str, ...] | str]) -> None:
        answers.extend(more)
        canvas.note(len(answers), list(more))

    for_each(read, range(len(answers), total), left, on_results=take)
    kept = np.flatnonzero([not isinstance(answer, str) for answer in answers])
    skipped = [answer for answer in answers if isinstance(answer, str)]
    if len(skipped) > total / _SPARE:
        text = tr("{count:,} of {total:,} images cannot be read, such as {reason}")
        raise ValueError(text.format(count=len(skipped), total=total, reason=skipped[0]))
    changes = Counter(change for answer in answers if not isinstance(answer, str) for change in answer)
    first = read_header(items[kept[0]][0])
    converted = scaling_line(len(kept) if (first.width, first.height) != (side, side) else 0, side)
    converted += [counted(tr(change), count) for change, count in changes.items()]
    text = tr("{images} of {dataset}, {side} × {side} pixels.")
    text = text.format(images=images_in_words(len(kept)), dataset=entry.label, side=side)
    report = Report(text, tuple(converted), listed(skipped, _SKIPPED))
    found = [items[number] for number in kept]
    origins = Origins.of_files([path for path, _ in found])
    images = canvas.finish(kept if skipped else None)
    return _Found(images, [target for _, target in found], kept, training, origins, report)


def _items(entry: TorchvisionSet, opened: Sequence[Sequence[Any]], root: Path) -> tuple[list[tuple[str, Any]], int]:
    """Path of each image and what torchvision knows of it: class, alphabet or attributes; how many are for training."""
    if hasattr(opened[0][0], "attr_names"):  # CelebA: its class reads a million numbers again for each part
        return _partitioned(opened[0][0], root)
    training = sum(map(len, opened[0]))
    if entry.holding:  # Pet: its class tells them only with the image decoded at full size
        lines = [line for files in entry.holding for file in files for line in (root / file).read_text().splitlines()]
        found = [line.split() for line in lines if line]
        folder = root / "oxford-iiit-pet" / "images"
        return [(str(folder / f"{name}.jpg"), int(label) - 1) for name, label, *_ in found], training
    parts = [part for several in opened for part in several]
    pairs = [part[number] for part in parts for number in range(len(part))]  # paths, not images
    if entry.has_alphabets:
        return [(str(path), Path(path).parts[-3]) for path, _ in pairs], training
    return [(str(path), int(target)) for path, target in pairs], training


def _partitioned(part: Any, root: Path) -> tuple[list[tuple[str, Any]], int]:
    folder = root / part.base_folder
    lines = (folder / "list_eval_partition.txt").read_text().splitlines()
    is_test = np.array([line.split()[1] == "2" for line in lines])
    attributes = np.asarray(part.attr, np.float32)
    paths = [str(folder / "img_align_celeba" / name) for name in part.filename]
    items = list(zip(paths, attributes, strict=True))
    order = np.argsort(is_test, kind="stable")
    return [items[number] for number in order], int((~is_test).sum())


def _known(
    entry: TorchvisionSet, part: Any, found: _Found
) -> tuple[tuple[str, ...], Labels, tuple[str, ...], Factors | None]:
    """Names of classes, label of each image, names of factors, and those of each image."""
    if hasattr(part, "attr_names"):
        attributes = np.stack(found.targets)
        labels = attributes[:, part.attr_names.index("Smiling")].astype(np.int64)
        names = tuple(name.replace("_", " ") for name in part.attr_names if name)
        return _SMILING, labels, names, attributes[:, : len(names)]
    if isinstance(found.targets[0], str):
        alphabets, labels = np.unique(found.targets, return_inverse=True)
        return tuple(name.replace("_", " ") for name in alphabets), labels.astype(np.int64), (), None
    labels = np.asarray(found.targets, np.int64)
    names = entry.class_names or tuple(getattr(part, "classes", ())) or tuple(map(str, range(labels.max() + 1)))
    if labels.min() < 0 or labels.max() >= len(names):
        text = tr("a label is {label}, and there are {count} classes")
        raise ValueError(
            text.format(label=int(labels.max()) if labels.min() >= 0 else int(labels.min()), count=len(names))
        )
    return names, labels, (), None
