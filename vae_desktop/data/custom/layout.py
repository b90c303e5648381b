"""How the folders that image files lie in make classes and a split."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from vae_desktop.data.custom.files import File
from vae_desktop.data.custom.messages import images_in_words, shown
from vae_desktop.data.custom.split_names import PLAIN, TEST, TRAIN, VALIDATION, are_numbered, part_of
from vae_desktop.language import tr

Folder = tuple[str, ...]

_NO_CLASS = re.compile(rf"(?:{PLAIN}|all|jpe?gs?|pngs?|raw|图片|图像)\d*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Placed:
    """An image file with its class, None where there are none, and whether it is for the test."""

    file: File
    class_name: str | None
    is_test: bool


@dataclass(frozen=True)
class Told:
    """What lists beside the images say of them.

    Attributes
    ----------
    classes, parts : dict by File
        The class of an image, and its part of the split, where they are known.
    names : dict of str by part
        Where a part is told.
    class_lists : dict of str by File
        The lists that tell classes, and what they are called.
    part_lists : set of File
        The lists that tell parts.
    """

    classes: dict[File, str] = field(default_factory=dict)
    parts: dict[File, str] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    class_lists: dict[File, str] = field(default_factory=dict)
    part_lists: set[File] = field(default_factory=set)


@dataclass(frozen=True)
class Layout:
    """What folders make of the images in them.

    Attributes
    ----------
    placed : list of Placed
    has_split : bool
        Whether it is said which images are for the test.
    on_validation : bool
        Whether these are validation images, of a set that has test images besides.
    notes : list of str
        What the split is, for the report.
    skipped : list of str
        Images that have no place, with the reason.
    class_folders : set of Folder
        The folders whose subfolders are classes.
    lists : set of File
        The lists that told something of this.
    """

    placed: list[Placed]
    has_split: bool = False
    on_validation: bool = False
    notes: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    class_folders: set[Folder] = field(default_factory=set)
    lists: set[File] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class _Seen:
    """An image file, and the numbers of those folders in its path that may mean something."""

    file: File
    levels: tuple[int, ...]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self.file.parts[level] for level in self.levels)


def arrange(images: Sequence[File], told: Told | None = None, measured_on: str = TEST) -> Layout:
    """Give each image its class and its place in the split, by the folders that it lies in, else by lists.

    Folders that hold nothing but one folder are gone through, and so are those called ``images`` and the like. What is
    found then is classes, and what lies deeper belongs to the first of them; without any, images have the classes that
    lists tell, or none. Folders of which one speaks of training and another of test or validation, in whatever wording,
    are a split, above the classes or below them; without any, it is the one that lists tell. A part
    without classes is not used where the training images have them. Of test and validation images, where both are
    there, the former are used, unless a model is to be `measured_on` the latter.
    """
    told = told or Told()
    seen = _without_wrappers(_without_plain_folders(images))
    by_folders = _parts_by_folders(seen, told)
    parts = by_folders or _parts_by_lists(seen, told)
    if parts is None:
        layout = Layout([])
        _note_lists(_classify(seen, False, layout, told), layout, told)
        return layout
    layout = _of_parts(parts, told, measured_on)
    if by_folders is None:
        layout.lists.update(told.part_lists)
    return layout


def _without_plain_folders(images: Sequence[File]) -> list[_Seen]:
    """The images, without folders that are numbered, or stand alone in theirs and say nothing, or the same as that."""
    inside: dict[Folder, set[str]] = {}
    folders = {file.parts[:-1] for file in images}
    for folder in folders:
        for level, name in enumerate(folder):
            inside.setdefault(folder[:level], set()).add(name)

    def says_nothing(folder: Folder, level: int) -> bool:
        name = folder[level]
        repeats = level > 0 and name.casefold() == folder[level - 1].casefold()
        beside = inside[folder[:level]]
        is_alone = len(beside) == 1 and (repeats or _NO_CLASS.fullmatch(name) is not None)
        return is_alone or are_numbered(beside)

    levels = {
        folder: tuple(level for level in range(len(folder)) if not says_nothing(folder, level)) for folder in folders
    }
    return [_Seen(file, levels[file.parts[:-1]]) for file in images]


def _without_wrappers(images: Sequence[_Seen], first: int = 0) -> list[_Seen]:
    """The images without the folders, from level `first` on, that all of them share and that hold others."""
    images = list(images)
    while True:
        deeper = [image for image in images if len(image.levels) > first]
        shared = {image.names[first] for image in deeper}
        if len(shared) != 1:
            return images
        if not any(len(image.levels) > first + 1 for image in deeper) and part_of(*shared) is None:
            return images  # it is the only class
        images = [replace(image, levels=image.levels[:first] + image.levels[first + 1 :]) for image in images]


def _split_at(images: Iterable[_Seen], level: int) -> dict[str, tuple[str, str]] | None:
    """The part, and what its name says besides, of each folder at a level that belongs to a split, if there is one."""
    names = {image.names[level] for image in images if len(image.levels) > level}
    said = {name: part for name in names if (part := part_of(name)) is not None}
    by_rest: dict[str, set[str]] = {}
    for part_name, rest in said.values():
        by_rest.setdefault(rest, set()).add(part_name)
    whole = {rest for rest, parts in by_rest.items() if TRAIN in parts and len(parts) > 1}
    return {name: part for name, part in said.items() if part[1] in whole} if whole else None


@dataclass(frozen=True)
class _Parts:
    """The images of each part of a split, what it is called, and how many images lie where besides."""

    inside: dict[str, list[_Seen]]
    names: dict[str, str]
    outside: Counter[str]


def _parts_by_folders(images: Sequence[_Seen], told: Told) -> _Parts | None:
    """The split that folders make, if they make one; what their names say besides is told as classes."""
    level, split = 0, _split_at(images, 0)
    if split is None and images and all(len(image.levels) > 1 for image in images):
        level, split = 1, _split_at(images, 1)
        if split is not None and not all(image.names[1] in split for image in images):
            return None
    if split is None:
        return None
    parts, names = _Parts({}, {}, Counter()), dict[str, set[str]]()
    says_more = len({rest for _, rest in split.values()}) > 1
    for image in images:
        name = image.names[level] if len(image.levels) > level else ""
        if name not in split:
            parts.outside[shown(name) or tr("beside them")] += 1
            continue
        part, rest = split[name]
        if says_more and rest:
            told.classes.setdefault(image.file, rest)
        levels = image.levels[:level] + image.levels[level + 1 :]
        parts.inside.setdefault(part, []).append(replace(image, levels=levels))
        names.setdefault(part, set()).add(name)
    parts.names.update((part, ", ".join(sorted(map(shown, some)))) for part, some in names.items())
    return parts


def _parts_by_lists(images: Sequence[_Seen], told: Told) -> _Parts | None:
    """The split that lists tell, if they do; where none tells the training images, all others are."""
    parts = _Parts({}, dict(told.names), Counter())
    for image in images:
        part = told.parts.get(image.file) or (None if TRAIN in told.names else TRAIN)
        if part is None:
            parts.outside[tr("in none of these lists")] += 1
        else:
            parts.inside.setdefault(part, []).append(image)
    if TRAIN not in parts.inside or len(parts.inside) < 2:
        return None
    parts.names.setdefault(TRAIN, tr("all others"))
    return parts


def _of_parts(parts: _Parts, told: Told, measured_on: str) -> Layout:
    """The layout of a split."""
    inside, names = parts.inside, parts.names
    unlabelled = _take_unlabelled(parts, told)
    if len(inside) == 1:
        layout = Layout([], skipped=unlabelled)
        _note_lists(_classify(_without_wrappers(inside[TRAIN]), False, layout, told), layout, told)
        return layout
    held_out = TEST if TEST in inside else VALIDATION
    on_validation = measured_on == VALIDATION and VALIDATION in inside and TEST in inside
    text = tr("training images from {train}, test images from {test}")
    if on_validation:
        held_out, text = VALIDATION, tr("training images from {train}, validation images from {test}")
    layout = Layout([], True, on_validation, [text.format(train=names[TRAIN], test=names[held_out])], unlabelled)
    left = {part: len(some) for part, some in inside.items() if part not in (TRAIN, held_out)}
    outside = parts.outside + Counter({names[part]: count for part, count in left.items()})
    for where, count in outside.items():
        text = tr("{where}: {images} outside {part} and {other}")
        if where == names.get(VALIDATION) and VALIDATION in left:
            text = tr("{where}: {images}, which are used where models are measured on validation images")
        layout.skipped.append(
            text.format(where=where, images=images_in_words(count), part=names[TRAIN], other=names[held_out])
        )
    used = _without_wrappers([*inside[TRAIN], *inside[held_out]])
    count = len(inside[TRAIN])
    by_lists = _classify(used[:count], False, layout, told) + _classify(used[count:], True, layout, told)
    if len({image.class_name is None for image in layout.placed}) == 2:
        layout.skipped.append(tr("class folders: not used, as only one part of the split has them"))
        return replace(layout, placed=[replace(image, class_name=None) for image in layout.placed])
    _note_lists(by_lists, layout, told)
    return layout


def _take_unlabelled(parts: _Parts, told: Told) -> list[str]:
    """Take out the parts without classes beside training images that have them; a line for each."""
    inside = parts.inside
    labelled = {part for part, some in inside.items() if any(one.levels for one in some) or _are_told(some, told)}
    left = [part for part in inside if part not in labelled] if TRAIN in labelled else []
    text = tr("{where}: {images} without classes, not used beside those with classes")
    return [text.format(where=parts.names[part], images=images_in_words(len(inside.pop(part)))) for part in left]


def _are_told(images: Sequence[_Seen], told: Told) -> bool:
    """Whether lists tell the classes of most of these images."""
    count = sum(image.file in told.classes for image in images)
    return count > 0 and 2 * count >= len(images)


def _classify(images: Sequence[_Seen], is_test: bool, layout: Layout, told: Told) -> int:
    """Add images to a layout, by their outermost folder; where most lie in one, those beside these are skipped.

    Returns the number of images whose classes are those that lists tell.
    """
    loose = sum(not image.levels for image in images)
    has_folders = 2 * loose <= len(images) and loose < len(images)
    if not has_folders and loose < len(images):
        layout.skipped.append(tr("class folders: not used, as more images lie beside them than in them"))
    are_told = not has_folders and _are_told(images, told)
    for image in images:
        file = image.file
        if not has_folders:
            layout.placed.append(Placed(file, told.classes.get(file, tr("no label")) if are_told else None, is_test))
        elif image.levels:
            layout.placed.append(Placed(file, image.names[0], is_test))
            layout.class_folders.add(file.parts[: image.levels[0]])
        else:
            layout.skipped.append(tr("{name}: lies beside the class folders").format(name=file.name))
    return sum(image.file in told.classes for image in images) if are_told else 0


def _note_lists(count: int, layout: Layout, told: Told) -> None:
    """Say which lists tell the classes of so many images."""
    if count and told.class_lists:
        names = ", ".join(dict.fromkeys(told.class_lists.values()))
        layout.notes.append(tr("classes from {file}: {images}").format(file=names, images=images_in_words(count)))
        layout.lists.update(told.class_lists)


def without_images(folders: Sequence[File], files: Sequence[File], images: Sequence[File], layout: Layout) -> list[str]:
    """A line for each class folder that has no image in it, and each folder at the top that is empty."""
    with_files, with_images = (
        {file.parts[:depth] for file in inside for depth in range(1, len(file.parts))} for inside in (files, images)
    )
    lines = []
    for folder in folders:
        if folder.parts[:-1] in layout.class_folders and folder.parts not in with_images:
            lines.append(tr("{folder}: a class folder without images").format(folder=folder.name))
        elif len(folder.parts) == 1 and folder.parts not in with_files:
            lines.append(tr("{folder}: an empty folder").format(folder=folder.name))
    return lines
