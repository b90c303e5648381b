"""A data set in a folder: its training and its test images in a file each, and what is known of them beside.

While it is made, the training images lie among the others in the order in which they were read, and a plan says which
they are. They are moved within their file, so that the disk need not hold them twice; a process may be killed at any
moment of that, and the next one goes on.
"""

from __future__ import annotations

import contextlib
import io
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from vae_desktop.config import DatasetConfig
from vae_desktop.data.dataset import Dataset, Images, Report, Split
from vae_desktop.data.fingerprint import Fingerprint
from vae_desktop.data.origins import Origins
from vae_desktop.data.stored.collecting import TOGETHER
from vae_desktop.data.stored.pixels import Collected, ImageFile, Numbers, Shape
from vae_desktop.files import write_atomically
from vae_desktop.progress import Progress

_FORMAT = 1
_ABOUT, _ARRAYS, _PLAN, _MOVED, _JOURNAL, _STAGED = "set.json", "arrays.npz", "plan.npz", "moved", "journal", "staged"
_TRAIN, _TEST = "images", "test"
_LEAST_DIRECT = 4  # a part at least so many times smaller than its usual size is worth moving by itself


def is_finished(folder: Path) -> bool:
    """Whether a data set lies in a folder, and its images in their order."""
    return (folder / _ABOUT).exists() and not (folder / _PLAN).exists()


def is_planned(folder: Path) -> bool:
    """Whether all images of a data set are read, but not in their order yet."""
    return (folder / _ABOUT).exists() and (folder / _PLAN).exists()


def write(folder: Path, dataset: Dataset, shape: Shape, orders: Sequence[Numbers]) -> None:
    """Write all that is known of a data set, and the plan that says which of the images read are for what.

    Parameters
    ----------
    folder : Path
        It holds the images (N, C, S, S) in the order in which they were read.
    dataset : Dataset
    shape : tuple of int
        Of all images read.
    orders : two arrays, int64
        The numbers of the training images and of the test images, each ascending.

    Raises
    ------
    UserError
        If it cannot be written.
    """
    arrays: dict[str, npt.NDArray[Any]] = {}
    files: list[tuple[str, ...]] = []
    for name, split in (("train", dataset.train), ("test", dataset.test)):
        arrays[f"{name}_hashes"] = split.hashes
        for part in ("labels", "factors"):
            if getattr(split, part) is not None:
                arrays[f"{name}_{part}"] = getattr(split, part)
        if split.captions is not None:
            arrays[f"{name}_captions"] = np.frombuffer(json.dumps(split.captions).encode(), np.uint8)
        if split.origins is not None:
            arrays[f"{name}_file_of"], arrays[f"{name}_part_of"] = split.origins.file_of, split.origins.part_of
            files.append(split.origins.files)
    plan = _packed({"train": orders[0], "test": orders[1], "shape": np.array(shape)})
    packed = _packed(arrays)
    about = {
        "format": _FORMAT,
        "title": dataset.title,
        "shapes": {
            _TRAIN: [len(dataset.train), *dataset.image_shape],
            _TEST: [len(dataset.test), *dataset.image_shape],
        },
        "digest": blake2b(packed, digest_size=16).hexdigest(),
        "files": files if len(files) == 2 and files[0] is not files[1] else files[:1],
        "kind": dataset.train.origins.kind if dataset.train.origins is not None else "",
        "class_names": dataset.class_names,
        "factor_names": dataset.factor_names,
        "report": None if dataset.report is None else asdict(dataset.report),
        "on_validation": dataset.on_validation,
    }
    write_atomically(folder / _PLAN, plan)
    write_atomically(folder / _ARRAYS, packed)
    write_atomically(folder / _ABOUT, json.dumps(about).encode())


@dataclass(frozen=True, eq=False)
class Known:
    """What is known of a finished data set.

    Attributes
    ----------
    shapes : dict
        By the name of its file, training images first, the shape (N, C, S, S) of images.
    about : dict
    arrays : dict of arrays
    """

    shapes: dict[str, Shape]
    about: dict[str, Any]
    arrays: dict[str, npt.NDArray[Any]]

    def dataset(self, config: DatasetConfig, train: Images, test: Images, learned: Fingerprint | None) -> Dataset:
        """The data set with these images."""
        about = self.about
        files = [tuple(names) for names in about["files"]]
        splits = []
        for number, (name, images) in enumerate((("train", train), ("test", test))):
            own = {key.removeprefix(f"{name}_"): value for key, value in self.arrays.items() if key.startswith(name)}
            origins = None
            if "file_of" in own:
                origins = Origins(files[min(number, len(files) - 1)], own["file_of"], own["part_of"], about["kind"])
            texts = json.loads(own["captions"].tobytes()) if "captions" in own else None
            captions = None if texts is None else tuple(map(tuple, texts))
            split = Split(images, own.get("labels"), own.get("factors"), origins, captions)
            split.__dict__["hashes"] = own["hashes"]
            splits.append(split)
        report = about["report"]
        if report is not None:
            report = Report(report["read"], tuple(report["converted"]), tuple(report["skipped"]), report["levels"])
        return Dataset(
            config,
            splits[0],
            splits[1],
            tuple(about["class_names"]),
            tuple(about["factor_names"]),
            report,
            made_for=learned,
            on_validation=about["on_validation"],
        )


def read(folder: Path) -> Known | None:
    """What is known of a finished data set in a folder; None if there is none.

    Raises
    ------
    OSError, ValueError
        If it is damaged.
    """
    if not is_finished(folder):
        return None
    try:
        about = json.loads((folder / _ABOUT).read_bytes())
        packed = (folder / _ARRAYS).read_bytes()
        if about["format"] != _FORMAT or blake2b(packed, digest_size=16).hexdigest() != about["digest"]:
            raise ValueError(_ARRAYS)
        with np.load(io.BytesIO(packed), allow_pickle=False) as found:
            arrays = {name: found[name] for name in found.files}
        shapes = {name: tuple(about["shapes"][name]) for name in (_TRAIN, _TEST)}
    except (KeyError, TypeError) as error:
        raise ValueError(_ABOUT) from error
    for name, shape in shapes.items():
        if (folder / name).stat().st_size != int(np.prod(shape)):
            raise ValueError(name)
    return Known(shapes, about, arrays)


def title_of(folder: Path) -> tuple[str, int]:
    """The name of the data set in a folder, and how many images it has; "" and 0 while they are read."""
    try:
        about = json.loads((folder / _ABOUT).read_bytes())
        return str(about["title"]), sum(int(shape[0]) for shape in about["shapes"].values())
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return "", 0


def put_in_order(folder: Path, progress: Progress) -> None:
    """Do what the plan says, or the rest of it; then it is gone, and the data set is finished.

    Raises
    ------
    DataError
        If the disk does not take it.
    Cancelled
        If `progress`, told the images that lie where they belong, raised it.
    """
    with np.load(io.BytesIO((folder / _PLAN).read_bytes()), allow_pickle=False) as plan:
        train, test, shape = plan["train"], plan["test"], tuple(plan["shape"].tolist())
    total = len(train) + len(test)
    moved = _moved(folder)
    file = ImageFile(folder / _TRAIN, shape)
    try:
        if moved is None:
            _copy(file, test, folder / _TEST, progress.part(0, len(test), total))
            _note(folder, 0)
        _Moving(folder, file, train).go_on(progress.part(len(test), len(train), total))
        file.end_at(len(train))
    finally:
        file.close()
    for name in (_JOURNAL, _STAGED):
        (folder / name).unlink(missing_ok=True)
    (folder / _PLAN).unlink()
    (folder / _MOVED).unlink(missing_ok=True)


def _copy(file: ImageFile, numbers: Numbers, target: Path, progress: Progress) -> None:
    target.unlink(missing_ok=True)
    copy, done = ImageFile(target, (len(numbers), *file.shape[1:])), 0
    try:
        for images in Collected(file, numbers).parts():
            copy.write(done, images)
            done += len(images)
            progress(done, len(numbers))
        copy.sync()
    finally:
        copy.close()


class _Moving:
    """Moves images of a file to its front, in their order, part by part; each part can be moved again if need be.

    A part that goes to where none of its own images lies is copied. Of any other a copy is staged in a file of its own
    first.

    Parameters
    ----------
    folder : Path
    file : ImageFile
    numbers : array (N,), int64
        Of the images, ascending.
    """

    def __init__(self, folder: Path, file: ImageFile, numbers: Numbers) -> None:
        self._folder, self._file, self._numbers = folder, file, numbers
        self._most = max(1, TOGETHER // file.image_bytes)

    def go_on(self, progress: Progress) -> None:
        moved = _moved(self._folder) or {"done": 0, "staged": 0}
        done, staged = moved["done"], moved["staged"]
        if staged:
            done = self._take_staged(done, staged)
        in_place = np.flatnonzero(self._numbers[done:] != np.arange(done, len(self._numbers)))
        done = done + int(in_place[0]) if len(in_place) else len(self._numbers)
        while done < len(self._numbers):
            progress(done, len(self._numbers))
            shift = int(self._numbers[done]) - done
            if shift * _LEAST_DIRECT >= self._most:
                part = self._numbers[done : done + min(self._most, shift)]
                self._file.write(done, self._file.chosen(part))
                self._file.sync()
                done += len(part)
                _note(self._folder, done)
            else:
                done = self._move_staged(done)
        progress(done, len(self._numbers))

    def _move_staged(self, done: int) -> int:
        part = self._numbers[done : done + self._most]
        staged = ImageFile(self._folder / _STAGED, (len(part), *self._file.shape[1:]))
        try:
            staged.write(0, self._file.chosen(part))
            staged.sync()
        finally:
            staged.close()
        _note(self._folder, done, len(part))
        return self._take_staged(done, len(part))

    def _take_staged(self, done: int, count: int) -> int:
        staged = ImageFile(self._folder / _STAGED, (count, *self._file.shape[1:]))
        try:
            self._file.write(done, staged.read(0, count))
            self._file.sync()
        finally:
            staged.close()
        _note(self._folder, done + count)
        return done + count


def _moved(folder: Path) -> dict[str, int] | None:
    """How far the plan has been followed: None if the test images are still to be copied."""
    with contextlib.suppress(OSError, ValueError):
        found = json.loads((folder / _MOVED).read_bytes())
        return {"done": int(found["done"]), "staged": int(found["staged"])}
    return None


def _note(folder: Path, done: int, staged: int = 0) -> None:
    write_atomically(folder / _MOVED, json.dumps({"done": done, "staged": staged}).encode())


def _packed(arrays: dict[str, npt.NDArray[Any]]) -> bytes:
    packed = io.BytesIO()
    np.savez(packed, **arrays)  # type: ignore[arg-type]
    return packed.getvalue()
