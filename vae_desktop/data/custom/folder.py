"""What lies in a folder, and how its subfolders make classes and a split."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from vae_desktop.data.custom.messages import images_in_words, natural_key, shown
from vae_desktop.errors import DataError
from vae_desktop.file_kinds import kind_of_file
from vae_desktop.language import tr
from vae_desktop.progress import Progress

_UNSEEN = {"thumbs.db", "ehthumbs.db", "desktop.ini", "__macosx"}  # left by systems; so are names with a dot
_PLACEHOLDER = ".icloud"  # which macOS hides, and a person thinks of as the image that is not there
_TRAIN = ("train", "training")
_TEST = ("test", "testing", "val", "valid", "validation")  # the first that is there


@dataclass(frozen=True)
class File:
    """A file in a folder, by the parts of its path from there on."""

    path: str
    parts: tuple[str, ...]

    @property
    def name(self) -> str:
        """The path from the folder on, as a person reads it."""
        return shown("/".join(self.parts))


@dataclass(frozen=True)
class Placed:
    """An image with its class, None where there are none, and whether it is for the test."""

    file: File
    class_name: str | None
    is_test: bool


@dataclass(frozen=True)
class Layout:
    """What a folder's subfolders make of its images.

    Attributes
    ----------
    placed : list of Placed
    has_split : bool
        Whether the folders say which images are for the test.
    depth : int
        How many folders are gone through before those that are classes.
    skipped : list of str
        Images that have no place, with the reason.
    """

    placed: list[Placed]
    has_split: bool
    depth: int
    skipped: list[str]


def find_files(root: Path, progress: Progress) -> tuple[list[File], list[File], list[str]]:
    """All ordinary files below a folder in natural order, its subfolders, and what else is there, with the reason.

    Links are followed, each folder is entered once; hidden files and those that systems leave are not mentioned.

    Raises
    ------
    DataError
        If the folder itself cannot be listed.
    Cancelled
        If `progress` raised it.
    """
    files: list[File] = []
    folders: list[File] = []
    skipped: list[str] = []
    seen: set[tuple[int, int]] = set()
    waiting = [File(str(root), ())]
    while waiting:
        folder = waiting.pop()
        try:
            status = os.stat(folder.path)
            if (status.st_dev, status.st_ino) in seen:
                skipped.append(tr("{folder}: leads to a folder that is read already").format(folder=folder.name))
                continue
            seen.add((status.st_dev, status.st_ino))
            entries = _visible(folder.path, progress)
        except OSError as error:
            reason = error.strerror or error
            if not folder.parts:
                text = tr("{path} cannot be read: {reason}. Choose another folder.")
                raise DataError(text.format(path=root, reason=reason)) from error
            skipped.append(tr("{name}: cannot be read: {reason}").format(name=folder.name, reason=reason))
            continue
        inside: dict[str, list[File]] = {"file": [], "folder": [], "other": []}
        for entry in entries:
            inside[_kind(entry)].append(File(entry.path, (*folder.parts, entry.name)))
        files += inside["file"]
        skipped += [f"{other.name}: {_what_else(other.path)}" for other in inside["other"]]
        waiting += reversed(inside["folder"])
        folders += [folder] if folder.parts else []
    return files, folders, skipped


def _visible(folder: str, progress: Progress) -> "list[os.DirEntry[str]]":
    """What a folder shows, in natural order."""
    visible = []
    with os.scandir(folder) as entries:
        for entry in entries:
            progress.check()
            is_hidden = entry.name.startswith(".") and not entry.name.endswith(_PLACEHOLDER)
            if not is_hidden and entry.name.lower() not in _UNSEEN:
                visible.append(entry)
    return sorted(visible, key=lambda entry: natural_key(entry.name))


def _kind(entry: "os.DirEntry[str]") -> str:
    try:
        return "folder" if entry.is_dir() else "file" if entry.is_file() else "other"
    except OSError:  # a link that leads round in a circle
        return "other"


def _what_else(path: str) -> str:
    """What something is that is neither a file nor a folder, in words."""
    kind = kind_of_file(path) if os.path.islink(path) and not os.path.exists(path) else None
    return tr("a device, a pipe or a broken link") if kind is None else str(kind)


def arrange(images: Sequence[File]) -> Layout:
    """Give each image its class and its place in the split.

    Subfolders with images are classes, and what lies deeper belongs to the first of them; without any, images
    have no class. Folders ``train`` and ``test`` (or ``val``) at the top, each with classes or without, are the split.
    """
    by_top: dict[str, list[File]] = {}
    for file in images:
        by_top.setdefault(file.parts[0] if len(file.parts) > 1 else "", []).append(file)
    tops = [name for name in by_top if name]
    train, test = _named(tops, _TRAIN), _named(tops, _TEST)
    if train is None or (test is None and len(tops) > 1):
        layout = Layout([], has_split=False, depth=0, skipped=[])
        _classify(images, False, layout)
        return layout
    layout = Layout([], has_split=test is not None, depth=1, skipped=[])
    parts = [name for name in (train, test) if name is not None]
    for name in parts:
        _classify(by_top.pop(name), name == test, layout)
    for name, others in by_top.items():
        where = shown(name) or tr("beside them")
        text = tr("{where}: {images} outside {part} and {other}")
        if len(parts) == 1:
            text = tr("{where}: {images} outside {part}")
        count = images_in_words(len(others))
        layout.skipped.append(text.format(where=where, images=count, part=parts[0], other=parts[-1]))
    if len({image.class_name is None for image in layout.placed}) == 2:
        layout.skipped.append(tr("class folders: not used, as only one part of the split has them"))
        return replace(layout, placed=[replace(image, class_name=None) for image in layout.placed])
    return layout


def _named(names: Sequence[str], wanted: Sequence[str]) -> str | None:
    """The one of the names that comes first among those wanted, None if none does; capitals do not matter."""
    by_lower = {name.lower(): name for name in reversed(names)}
    return next((by_lower[name] for name in wanted if name in by_lower), None)


def _classify(images: Sequence[File], is_test: bool, layout: Layout) -> None:
    """Add images to a layout, their classes being the subfolders at its depth; an image beside these is skipped."""
    has_classes = any(len(file.parts) > layout.depth + 1 for file in images)
    for file in images:
        if has_classes and len(file.parts) == layout.depth + 1:
            layout.skipped.append(tr("{name}: lies beside the class folders").format(name=file.name))
        else:
            layout.placed.append(Placed(file, file.parts[layout.depth] if has_classes else None, is_test))


def without_images(folders: Sequence[File], files: Sequence[File], images: Sequence[File], layout: Layout) -> list[str]:
    """A line for each class folder that has no image in it, and each folder at the top that is empty."""
    with_files, with_images = (
        {file.parts[:depth] for file in inside for depth in (1, 2)} for inside in (files, images)
    )
    has_classes = any(image.class_name is not None for image in layout.placed)
    parts = {image.file.parts[: layout.depth] for image in layout.placed}
    lines = []
    for folder in folders:
        is_class = has_classes and folder.parts[:-1] in parts
        if is_class and folder.parts not in with_images:
            lines.append(tr("{folder}: a class folder without images").format(folder=folder.name))
        elif len(folder.parts) == 1 and folder.parts not in with_files:
            lines.append(tr("{folder}: an empty folder").format(folder=folder.name))
    return lines
