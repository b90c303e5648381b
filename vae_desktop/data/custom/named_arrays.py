"""Which of the arrays of a file are the images and which their labels, told by their names."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from vae_desktop.data.custom.array_layout import layout_of
from vae_desktop.data.custom.conversion import MAX_BYTES
from vae_desktop.data.custom.labels import read_labels
from vae_desktop.data.custom.messages import listed, shown
from vae_desktop.data.custom.stacks import Stack
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


def labels_in(members: Members) -> Opener | None:
    """The array of labels in a file that has nothing but these, known by its name or by being the only one."""
    by_lower = {name.lower(): opener for name, opener in members.items()}
    known = (by_lower[name] for name in (*_LABELS, "arr_0") if name in by_lower)
    return next(known, next(iter(members.values())) if len(members) == 1 else None)


def stacks_of(path: Path, members: Members, progress: Progress, labels: Opener | None) -> tuple[list[Stack], list[str]]:
    """The images of a file with their labels, and a line for each array that is not used.

    Parameters
    ----------
    path : Path
    members : Members
    progress : Progress
    labels : callable, or None
        The labels in another file, for images of which there are none in this one.

    Raises
    ------
    BrokenFile
        If the images are no arrays of images.
    DataError
        If they promise more than 4 GB, or no array is known.
    Cancelled
        If `progress` raised it.
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
