"""Which of the arrays of a file are the images and which their labels, told by their names."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from vae_desktop.config import DatasetConfig
from vae_desktop.data.custom.array_layout import layout_of
from vae_desktop.data.custom.assembled import Assembled
from vae_desktop.data.custom.beside import held_out_beside, labels_beside, measured
from vae_desktop.data.custom.labels import read_labels
from vae_desktop.data.custom.messages import listed, not_used, shown
from vae_desktop.data.custom.stacks import Stack, assemble_stacks
from vae_desktop.data.stored_array import MOST_WHOLE, BrokenFile, NumberArray, naming_the_file
from vae_desktop.errors import DataError
from vae_desktop.files import size_in_words
from vae_desktop.language import tr
from vae_desktop.progress import Progress

_OF_A_PART = ("x{}", "{}images", "{}x", "{}setx"), ("y{}", "{}labels", "{}y", "{}sety")  # images, labels


def _names(*parts: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What images and labels of a part of a split are called, without signs between words."""
    images, labels = (tuple(form.format(part) for part in parts for form in forms) for forms in _OF_A_PART)
    return images, labels


_TRAIN, _TEST, _VALIDATION = _names("train", "training"), _names("test"), _names("val", "valid", "validation", "dev")
_IMAGES = (*_TRAIN[0], "images", "imgs", "image", "x", "data", "arr0", "")
_LABELS = (*_TRAIN[1], "labels", "label", "y", "targets", "target", "arr1")
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

        def read(file: Path) -> _Read:
            members = opened.enter_context(open_members(file))
            beside = _labels_beside(file, members, lambda path: opened.enter_context(open_members(path)))
            return _read(file, members, config.measured_on, beside, progress)

        first = read(path)
        stacks, skipped, notes, on_validation = first.stacks, first.skipped, first.notes, first.on_validation
        test, validation = held_out_beside(path) if len(stacks) == 1 else (None, None)
        file, is_validation = measured(test, validation, config.measured_on)
        if file is not None:
            second = read(file)
            stacks, on_validation = [stacks[0], second.stacks[0]], is_validation
            others = [other for other in (test, validation) if other not in (None, file)]
            skipped = [*skipped, *second.skipped, *(not_used(other.name) for other in others if other is not None)]
            notes = [*notes, tr("test images are those of {file}").format(file=shown(file.name)), *second.notes]
        assembled = assemble_stacks(stacks, path, config, progress, skipped, notes)
        return replace(assembled, on_validation=on_validation)


@dataclass(frozen=True)
class _Read:
    """What a file holds: images with labels, lines about what is not used, and what else to know."""

    stacks: list[Stack]
    skipped: list[str]
    notes: list[str]
    on_validation: bool


def _labels_beside(path: Path, members: Members, open_members: Callable[[Path], Members]) -> tuple[Opener, str] | None:
    """The labels in the file that has them beside a file that has none, and that file's name."""
    beside = labels_beside(path) if parts_of(path, members, "test")[0][0].labels is None else None
    if beside is None:
        return None

    def open_labels() -> NumberArray:
        opener = _labels_in(open_members(beside))
        if opener is None:
            raise BrokenFile(tr("{path} holds several arrays, none of them named “labels”.").format(path=beside))
        return opener()

    return open_labels, beside.name


@dataclass(frozen=True)
class Part:
    """The names of an array of images and of their labels, of which there may be none."""

    images: str
    labels: str | None


def parts_of(path: Path, members: Members, measured_on: str) -> tuple[list[Part], bool]:
    """The arrays of the one or two parts that there are: training images, and those that are measured on if named.

    Capitals and signs do not matter: "train/images" and "TrainImages" are "train_images". Where no name is known for
    training images, those of another part are all there are, else a single array of images is taken whatever its name.
    The second value says whether the second part is validation images where there are test images too.

    Raises
    ------
    DataError
        If none of the arrays is known to be images.
    """
    by_plain_name = {_plain(name): name for name in members}

    def named(known: Sequence[str]) -> str | None:
        return next((by_plain_name[name] for name in known if name in by_plain_name), None)

    held_out = [
        None if (found := named(images)) is None else Part(found, named(labels))
        for images, labels in (_TEST, _VALIDATION)
    ]
    second, on_validation = measured(held_out[0], held_out[1], measured_on)
    images = named(_IMAGES)
    if images is None and second is not None:
        return [second], False
    if images is None:
        alone = list(_looking_like_images(members)) if len(members) <= _MOST_TRIED else []
        if len(alone) != 1:
            names = ", ".join(listed([shown(name) for name in members], _MOST_NAMES))
            raise DataError(
                tr(
                    "{path} cannot be used: its arrays are named {found}. Name the images “images” and their labels, "
                    "if there are any, “labels”."
                ).format(path=path, found=names)
            )
        images = alone[0]
    first = Part(images, named(_LABELS))
    return [first] if second is None else [first, second], on_validation


def _plain(name: str) -> str:
    """A name in small letters, without signs."""
    return re.sub(r"[\W_]+", "", name.lower()) or name


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
    by_plain_name = {_plain(name): opener for name, opener in members.items()}
    known = (by_plain_name[name] for name in (*_LABELS, "arr0") if name in by_plain_name)
    return next(known, next(iter(members.values())) if len(members) == 1 else None)


def _read(
    path: Path, members: Members, measured_on: str, beside: tuple[Opener, str] | None, progress: Progress
) -> _Read:
    """The images of a file with their labels, which may be those `beside` it. Raises as `assemble_named` does."""
    parts, on_validation = parts_of(path, members, measured_on)
    images = [members[part.images]() for part in parts]
    for array in images:
        _check(array)
    check_total(path, images)
    stacks = []
    for part, array in zip(parts, images, strict=True):
        opener = members[part.labels] if part.labels is not None else None
        if opener is None and beside is not None and part is parts[0]:
            opener = beside[0]
        file = f"{path}/{part.images}" if part.images else str(path)
        stack = Stack(array, None, file)
        if opener is not None:
            found = read_labels(opener, len(stack), progress)
            stack = Stack(array, found.classes, file, found.note)
        stacks.append(stack)
    used = {name for part in parts for name in (part.images, part.labels)}
    notes = [] if beside is None else [tr("labels are those of {file}").format(file=shown(beside[1]))]
    return _Read(stacks, [not_used(name) for name in members if name not in used], notes, on_validation)


def check_total(path: Path, arrays: Sequence[NumberArray]) -> None:
    """Raise DataError if arrays that have to be read as a whole promise more than 4 GB together."""
    size = sum(array.nbytes for array in arrays if _is_read_whole(array))
    if size > MOST_WHOLE:
        raise DataError(
            tr("{path} holds {size}, more than {most}. Save fewer or smaller images.").format(
                path=path, size=size_in_words(size), most=size_in_words(MOST_WHOLE)
            )
        )


def _is_read_whole(images: NumberArray) -> bool:
    """Whether what belongs to an image lies all over the file."""
    return getattr(images, "is_fortran", False) or layout_of(images.shape).kind == "images last"


def _check(images: NumberArray) -> None:
    """Raise BrokenFile unless these are images."""
    with naming_the_file(images.where):
        if images.dtype.kind not in _NUMBERS:
            raise ValueError(tr("its values are of type {kind}, not numbers").format(kind=images.dtype))
        layout_of(images.shape)
