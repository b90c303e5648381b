"""Which of the arrays of a file are the images and which their labels, told by their names."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from pathlib import Path

from vae_desktop.config import DatasetConfig
from vae_desktop.data.custom.array_layout import layout_of
from vae_desktop.data.custom.assembled import Assembled
from vae_desktop.data.custom.beside import labels_beside, test_beside
from vae_desktop.data.custom.conversion import MAX_BYTES
from vae_desktop.data.custom.labels import read_labels
from vae_desktop.data.custom.messages import listed, shown
from vae_desktop.data.custom.stacks import Stack, assemble_stacks
from vae_desktop.data.stored_array import BrokenFile, NumberArray, naming_the_file
from vae_desktop.errors import DataError
from vae_desktop.files import size_in_words
from vae_desktop.language import tr
from vae_desktop.progress import Progress

_IMAGES = ("x_train", "train_images", "train_x", "train_set_x", "images", "imgs", "image", "x", "data", "arr_0", "")
_LABELS = ("y_train", "train_labels", "train_y", "train_set_y", "labels", "label", "y", "targets", "target", "arr_1")
_TEST_IMAGES = ("x_test", "test_images", "test_x", "test_set_x")
_TEST_LABELS = ("y_test", "test_labels", "test_y", "test_set_y")
_MOST_NAMES = 8  # of arrays, in a message
_MOST_TRIED = 64  # of arrays of other names

_NUMBERS = "buif"  # NumPy's letters for booleans, integers and floats

Opener = Callable[[], NumberArray]
Members = Mapping[str, Opener]  # how to read the header of each array of a file, by its name


def assemble_named(
    path: Path,
    open_members: Callable[[Path], AbstractContextManager[Members]],
    config: DatasetConfig,
    progress: Progress,
) -> Assembled:
    """Read images, and labels if there are any, from a file of arrays with names; see `parts_of`.

    Labels and test images that are not in it are looked for beside it, see `beside`. Images are shaped as in
    `array_layout.layout_of` and scaled by `levels.levels_of`; whatever is wrong with labels, the images are read.

    Parameters
    ----------
    path : Path
    open_members : callable
        Opens a file of this kind, and raises BrokenFile where that cannot be done.
    config : DatasetConfig
    progress : Progress

    Raises
    ------
    BrokenFile
        If a file is broken, promises more than it holds, or holds no images.
    DataError
        If it promises more than 4 GB, or its arrays have other names.
    Cancelled
        If `progress` raised it.
    """
    with ExitStack() as opened:

        def read(file: Path) -> tuple[list[Stack], list[str], list[str]]:
            return _read_with_labels(file, lambda path: opened.enter_context(open_members(path)), progress)

        stacks, skipped, notes = read(path)
        test = test_beside(path) if len(stacks) == 1 else None
        if test is not None:
            parts, others, more = read(test)
            stacks, skipped = [stacks[0], parts[0]], [*skipped, *others]
            notes += [tr("test images are those of {file}").format(file=shown(test.name)), *more]
        return assemble_stacks(stacks, path, config, progress, skipped, notes)


def _read_with_labels(
    path: Path, open_members: Callable[[Path], Members], progress: Progress
) -> tuple[list[Stack], list[str], list[str]]:
    """The images of a file with their labels, wherever these are; a line for each array not used, and what to know."""
    members = open_members(path)
    beside = labels_beside(path) if parts_of(path, members)[0].labels is None else None
    if beside is None:
        return *_stacks_of(path, members, progress, None), []

    def open_labels() -> NumberArray:
        opener = _labels_in(open_members(beside))
        if opener is None:
            raise BrokenFile(tr("{path} holds several arrays, none of them named “labels”.").format(path=beside))
        return opener()

    notes = [tr("labels are those of {file}").format(file=shown(beside.name))]
    return *_stacks_of(path, members, progress, open_labels), notes


@dataclass(frozen=True)
class Part:
    """The names of an array of images and of their labels, of which there may be none."""

    images: str
    labels: str | None


def parts_of(path: Path, members: Members) -> list[Part]:
    """The arrays of the one or two parts that there are: training images, and test images if they are named.

    Capitals do not matter, and a slash is an underscore, so that "train/images" is "train_images". Where no name is
    known, a single array of images is taken whatever its name.

    Raises
    ------
    DataError
        If none of the arrays is known to be images.
    """
    by_lower = {name.lower().replace("/", "_"): name for name in members}
    images, labels, test_images, test_labels = (
        next((by_lower[name] for name in known if name in by_lower), None)
        for known in (_IMAGES, _LABELS, _TEST_IMAGES, _TEST_LABELS)
    )
    if images is None:
        alone = list(_looking_like_images(members)) if len(members) <= _MOST_TRIED else []
        if len(alone) != 1:
            found = ", ".join(listed([shown(name) for name in members], _MOST_NAMES))
            raise DataError(
                tr(
                    "{path} cannot be used: its arrays are named {found}. Name the images “images” and their labels, "
                    "if there are any, “labels”."
                ).format(path=path, found=found)
            )
        images = alone[0]
    return [Part(images, labels)] + ([] if test_images is None else [Part(test_images, test_labels)])


def _looking_like_images(members: Members) -> Iterator[str]:
    for name, open_array in members.items():
        try:
            array = open_array()
            layout_of(array.shape)
        except (BrokenFile, ValueError):
            continue
        if array.dtype.kind in _NUMBERS and len(array.shape) > 2:
            yield name


def _labels_in(members: Members) -> Opener | None:
    """The array of labels in a file that has nothing but these, known by its name or by being the only one."""
    by_lower = {name.lower(): opener for name, opener in members.items()}
    known = (by_lower[name] for name in (*_LABELS, "arr_0") if name in by_lower)
    return next(known, next(iter(members.values())) if len(members) == 1 else None)


def _stacks_of(
    path: Path, members: Members, progress: Progress, labels: Opener | None
) -> tuple[list[Stack], list[str]]:
    """The images of a file with their labels, and a line for each array that is not used.

    `labels` are those in another file, for images of which there are none in this one. Raises as `assemble_named`.
    """
    parts = parts_of(path, members)
    images = [members[part.images]() for part in parts]
    for array in images:
        _check(array)
    size = sum(array.nbytes for array in images)
    if size > MAX_BYTES:
        raise DataError(
            tr("{path} holds {size}, more than {most}. Save fewer or smaller images.").format(
                path=path, size=size_in_words(size), most=size_in_words(MAX_BYTES)
            )
        )
    stacks = []
    for part, array in zip(parts, images, strict=True):
        opener = members[part.labels] if part.labels is not None else labels if part is parts[0] else None
        file = f"{path}/{part.images}" if part.images else str(path)
        stack = Stack(array, None, file)
        if opener is not None:
            found = read_labels(opener, len(stack), progress)
            stack = Stack(array, found.classes, file, found.note)
        stacks.append(stack)
    used = {name for part in parts for name in (part.images, part.labels)}
    return stacks, [tr("{name}: not used").format(name=shown(name)) for name in members if name not in used]


def _check(images: NumberArray) -> None:
    """Raise BrokenFile unless these are images."""
    with naming_the_file(images.where):
        if images.dtype.kind not in _NUMBERS:
            raise ValueError(tr("its values are of type {kind}, not numbers").format(kind=images.dtype))
        layout_of(images.shape)
