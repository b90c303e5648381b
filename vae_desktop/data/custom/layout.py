"""How the folders that image files lie in make classes and a split."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from vae_desktop.data.custom.files import File
from vae_desktop.data.custom.messages import images_in_words, shown
from vae_desktop.language import tr

Folder = tuple[str, ...]

TRAIN, TEST, VALIDATION = "train", "test", "validation"
_PARTS = (
    (TRAIN, r"train(?:ing|val)?|trn|训练"),
    (TEST, r"test(?:ing)?|tst|测试"),
    (VALIDATION, r"val(?:id|idation)?|dev|devel|development|eval|evaluation|holdout|验证"),
)
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|训练|测试|验证|[^\W\d_]+")
_PLAIN = r"sets?|data|datasets?|images?|imgs?|pictures?|photos?|files?|folder|split|part|samples?|examples?|集"
_NO_CLASS = re.compile(rf"(?:{_PLAIN}|all|jpe?gs?|pngs?|raw|图片|图像)\d*", re.IGNORECASE)


@dataclass(frozen=True)
class Placed:
    """An image file with its class, None where there are none, and whether it is for the test."""

    file: File
    class_name: str | None
    is_test: bool


@dataclass(frozen=True)
class Layout:
    """What folders make of the images in them.

    Attributes
    ----------
    placed : list of Placed
    has_split : bool
        Whether it is said which images are for the test.
    notes : list of str
        What the split is, for the report.
    skipped : list of str
        Images that have no place, with the reason.
    class_folders : set of Folder
        The folders whose subfolders are classes.
    """

    placed: list[Placed]
    has_split: bool = False
    notes: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    class_folders: set[Folder] = field(default_factory=set)


@dataclass(frozen=True)
class _Seen:
    """An image file, and the numbers of those folders in its path that may mean something."""

    file: File
    levels: tuple[int, ...]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self.file.parts[level] for level in self.levels)


def part_of(name: str) -> tuple[str, str] | None:
    """The part of a split that a name speaks of in any wording, and what else it says; None if it speaks of none.

    ``train``, ``Training set``, ``trainset``, ``train2017``, ``cars_train`` and ``trainA`` are all for the training;
    the last two say "cars" and "A" besides.
    """
    found, rest = "", []
    for word in _WORD.findall(name):
        part = next((part for part, words in _PARTS if re.fullmatch(f"(?:{words})(?:{_PLAIN})?", word, re.I)), "")
        if part and not found:
            found = part
        elif not re.fullmatch(_PLAIN, word, re.IGNORECASE):
            rest.append(word)
    return (found, " ".join(rest)) if found else None


def arrange(images: Sequence[File]) -> Layout:
    """Give each image its class and its place in the split, by the folders that it lies in.

    Folders that hold nothing but one folder are gone through, and so are those called ``images`` and the like. What is
    found then is classes, and what lies deeper belongs to the first of them; without any, images have no class. Folders
    of which one speaks of training and another of test or validation, in whatever wording, are a split, above the
    classes or below them.
    """
    seen = _without_wrappers(_without_plain_folders(images))
    split = _split_at(seen, 0)
    if split is not None:
        return _by_parts(seen, 0, split)
    if seen and all(len(image.levels) > 1 for image in seen):
        split = _split_at(seen, 1)
        if split is not None and all(image.names[1] in split for image in seen):
            return _by_parts(seen, 1, split)
    layout = Layout([])
    _classify(seen, False, layout)
    return layout


def _without_plain_folders(images: Sequence[File]) -> list[_Seen]:
    """The images, without the folders that stand alone in theirs and say nothing, or the same as that."""
    inside: dict[Folder, set[str]] = {}
    folders = {file.parts[:-1] for file in images}
    for folder in folders:
        for level, name in enumerate(folder):
            inside.setdefault(folder[:level], set()).add(name)

    def says_nothing(folder: Folder, level: int) -> bool:
        name = folder[level]
        repeats = level > 0 and name.casefold() == folder[level - 1].casefold()
        return len(inside[folder[:level]]) == 1 and (repeats or _NO_CLASS.fullmatch(name) is not None)

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


def _by_parts(images: Sequence[_Seen], level: int, split: dict[str, tuple[str, str]]) -> Layout:
    """The layout where folders at a level are the parts of a split."""
    inside: dict[str, list[_Seen]] = {}
    outside: Counter[str] = Counter()
    names: dict[str, set[str]] = {}
    for image in images:
        name = image.names[level] if len(image.levels) > level else ""
        if name not in split:
            outside[shown(name) or tr("beside them")] += 1
            continue
        part = split[name][0]
        inside.setdefault(part, []).append(image)
        names.setdefault(part, set()).add(name)
    held_out = TEST if TEST in inside else VALIDATION
    has_classes = {part: any(len(image.levels) > 1 for image in some) for part, some in inside.items()}
    if has_classes[TRAIN] and not has_classes[held_out] and has_classes.get(VALIDATION):
        held_out = VALIDATION
    called = {part: ", ".join(sorted(map(shown, some))) for part, some in names.items()}
    layout = Layout([], has_split=True)
    layout.notes.append(
        tr("training images from {train}, test images from {test}").format(train=called[TRAIN], test=called[held_out])
    )
    outside.update({called[part]: len(some) for part, some in inside.items() if part not in (TRAIN, held_out)})
    for where, count in outside.items():
        text = tr("{where}: {images} outside {part} and {other}")
        layout.skipped.append(
            text.format(where=where, images=images_in_words(count), part=called[TRAIN], other=called[held_out])
        )
    used = [(image, part == held_out) for part in (TRAIN, held_out) for image in inside[part]]
    by_rest = len({rest for _, rest in split.values()}) > 1
    if by_rest and not any(has_classes.values()):
        for image, is_test in used:
            layout.placed.append(Placed(image.file, split[image.names[level]][1] or None, is_test))
        return layout
    without = [replace(image, levels=image.levels[:level] + image.levels[level + 1 :]) for image, _ in used]
    without = _without_wrappers(without)
    for is_test in (False, True):
        some = [image for image, (_, belongs) in zip(without, used, strict=True) if belongs == is_test]
        _classify(some, is_test, layout)
    if len({image.class_name is None for image in layout.placed}) == 2:
        layout.skipped.append(tr("class folders: not used, as only one part of the split has them"))
        return replace(layout, placed=[replace(image, class_name=None) for image in layout.placed])
    return layout


def _classify(images: Sequence[_Seen], is_test: bool, layout: Layout) -> None:
    """Add images to a layout, by their outermost folder; where most lie in one, those beside these are skipped."""
    loose = sum(not image.levels for image in images)
    has_classes = 2 * loose <= len(images) and loose < len(images)
    if not has_classes and loose < len(images):
        layout.skipped.append(tr("class folders: not used, as more images lie beside them than in them"))
    for image in images:
        file = image.file
        if has_classes and not image.levels:
            layout.skipped.append(tr("{name}: lies beside the class folders").format(name=file.name))
            continue
        layout.placed.append(Placed(file, image.names[0] if has_classes else None, is_test))
        if has_classes:
            layout.class_folders.add(file.parts[: image.levels[0]])


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
