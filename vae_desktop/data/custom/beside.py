"""Files that belong together by their names: labels beside images, test images beside those for training."""

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from vae_desktop.data.custom.messages import listed, shown
from vae_desktop.errors import DataError
from vae_desktop.language import tr

PartT = TypeVar("PartT")
Neighbours = Mapping[str, Path]  # the files of a folder by their names in small letters

_LABELS = ("labels", "label", "y", "targets", "target", "classes")
_OF_IMAGES = {"images": _LABELS, "imgs": _LABELS, "image": _LABELS, "img": _LABELS, "x": ("y",), "data": _LABELS}
_TESTS = ("test", "t10k")
_VALIDATIONS = ("val", "valid", "validation", "dev")
_TRAINING = re.compile(r"(?<![a-wyz])train(?![a-z])", re.IGNORECASE)  # also of "Xtrain"
_IDX = re.compile(r"idx3([-._]?ubyte)?(\.gz)?$", re.IGNORECASE)
_PACKED = ".gz"
_MOST_NAMES = 4  # of files, in a message


def is_idx_name(name: str) -> bool:
    """Whether a file of this name holds IDX images: ``…idx3-ubyte``, ``….idx3`` and the like, plain or packed."""
    return _IDX.search(name) is not None


def entries_of(folder: Path) -> list[Path]:
    """What lies in a folder, in order; nothing if it cannot be listed, as a file can be read in such a folder."""
    try:
        return [folder / name for name in sorted(os.listdir(folder))]
    except OSError:
        return []


def neighbours(entries: Sequence[Path]) -> Neighbours:
    """What lies in a folder; who asks about many files there passes it on, or the folder is listed for each."""
    return {file.name.lower(): file for file in reversed(entries)}


def labels_beside(path: Path, beside: Neighbours | None = None) -> Path | None:
    """The file of labels that belongs to a file of images, by its name; of the same kind, plain or packed.

    A word for images in the name is one for labels there, as in ``k49-train-imgs.npz`` and ``k49-train-labels.npz`` or
    ``X.npy`` and ``y.npy``; or such a word is put to it, as in ``cats.npy`` and ``cats_labels.npy``. IDX has ``idx1``
    for ``idx3`` there.
    """
    suffix = _suffix(path)
    stem = path.name.removesuffix(suffix)
    names = (name + suffix for name in _names_of_labels(stem))
    if is_idx_name(path.name):
        names = (name.lower().replace("idx3", "idx1") for name in (*names, path.name))
    return _first(path, names, beside)


def held_out_beside(path: Path, beside: Neighbours | None = None) -> tuple[Path | None, Path | None]:
    """The files of test and of validation images that belong to one of training images, by their names."""
    if not is_for_training(path):
        return None, None
    test, validation = ((_TRAINING.sub(word, path.name) for word in words) for words in (_TESTS, _VALIDATIONS))
    return _first(path, test, beside), _first(path, validation, beside)


def measured(test: PartT | None, validation: PartT | None, measured_on: str) -> tuple[PartT | None, bool]:
    """The part that a model is measured on, and whether that is validation images where there are test images too."""
    if test is not None and validation is not None and measured_on == "validation":
        return validation, True
    return validation if test is None else test, False


def several_sets(folder: Path, files: Sequence[Path]) -> DataError:
    """What is said of a folder of files that do not belong together."""
    names = ", ".join(listed([shown(file.name) for file in files], _MOST_NAMES))
    text = tr("{folder} holds several data sets: {names}. Choose one of the files.")
    return DataError(text.format(folder=folder, names=names))


def is_for_training(path: Path) -> bool:
    """Whether a file is for training by its name."""
    return _TRAINING.search(path.name) is not None


def _suffix(path: Path) -> str:
    """What a file's name ends with: ".npz", or ".csv.gz"."""
    return "".join(path.suffixes[-2:]) if path.suffix == _PACKED else path.suffix


def _names_of_labels(stem: str) -> Iterator[str]:
    for word, labels in _OF_IMAGES.items():
        if _word(word).search(stem):
            yield from (_word(word).sub(label, stem) for label in labels)
    yield from (f"{stem}{sign}{label}" for label in _LABELS for sign in "_-.")
    yield from (f"{label}{sign}{stem}" for label in _LABELS for sign in "_-.")


def _word(word: str) -> re.Pattern[str]:
    """A word of a name; "x" also where "train" or "test" follows it at once."""
    follows = r"(?![a-z])" if word != "x" else r"(?=train|test|[^a-z]|$)"
    return re.compile(rf"(?<![a-z]){word}{follows}", re.IGNORECASE)


def _first(path: Path, names: Iterable[str], beside: Neighbours | None) -> Path | None:
    """The first file of these names beside another, plain rather than packed; capitals do not matter."""
    beside = neighbours(entries_of(path.parent)) if beside is None else beside
    plain = (name.lower().removesuffix(_PACKED) for name in names)
    both = (name for one in plain for name in (one, one + _PACKED))
    found = (beside[name] for name in both if name in beside and name != path.name.lower())
    return next((file for file in found if file.is_file()), None)
