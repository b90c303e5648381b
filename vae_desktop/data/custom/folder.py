"""What lies in a folder, and how its subfolders make classes and a split."""

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path

from vae_desktop.data.custom.messages import SortKey, counted, natural_key, shown
from vae_desktop.errors import DataError
from vae_desktop.file_kinds import kind_of_file
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
    is_test: bool = False


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
            if _was_seen(folder.path, seen):
                skipped.append(f"{folder.name}: leads to a folder that is read already")
                continue
            entries = sorted(_visible(folder.path, progress), key=itemgetter(0))
        except OSError as error:
            if not folder.parts:
                raise DataError(f"{root} cannot be read: {error.strerror or error}. Choose another folder.") from error
            skipped.append(f"{folder.name}: cannot be read: {error.strerror or error}")
            continue
        found: dict[str, list[File]] = {"file": [], "folder": [], "other": []}
        for _, entry in entries:
            found[_kind(entry)].append(File(entry.path, (*folder.parts, entry.name)))
        files += found["file"]
        skipped += [f"{other.name}: {_what_else(other.path)}" for other in found["other"]]
        waiting += reversed(found["folder"])
        folders += [folder] if folder.parts else []
    return files, folders, skipped


def _was_seen(folder: str, seen: set[tuple[int, int]]) -> bool:
    """Whether a folder, by whatever name, is among those `seen`; from now on it is."""
    status = os.stat(folder)
    identity = (status.st_dev, status.st_ino)
    if identity in seen:
        return True
    seen.add(identity)
    return False


def _visible(folder: str, progress: Progress) -> Iterator[tuple[SortKey, "os.DirEntry[str]"]]:
    """What a folder shows, each with its sort key."""
    with os.scandir(folder) as entries:
        for entry in entries:
            progress.check()
            is_hidden = entry.name.startswith(".") and not entry.name.endswith(_PLACEHOLDER)
            if not is_hidden and entry.name.lower() not in _UNSEEN:
                yield natural_key(entry.name), entry


def _kind(entry: "os.DirEntry[str]") -> str:
    try:
        return "folder" if entry.is_dir() else "file" if entry.is_file() else "other"
    except OSError:  # a link that leads round in a circle
        return "other"


def _what_else(path: str) -> str:
    """What is no file and no folder."""
    kind = kind_of_file(path) if os.path.islink(path) and not os.path.exists(path) else None
    return "a device, a pipe or a broken link" if kind is None else str(kind)


def arrange(images: Sequence[File]) -> Layout:
    """Give each image its class and its place in the split.

    Subfolders with images are classes, and what lies deeper belongs to the first of them; without any, images
    have no class. Folders ``train`` and ``test`` (or ``val``) at the top, each with classes or without, are the split.
    """
    tops = list(dict.fromkeys(file.parts[0] for file in images if len(file.parts) > 1))
    train, test = _named(tops, _TRAIN), _named(tops, _TEST)
    if train is None or (test is None and len(tops) > 1):
        placed, skipped = _classify(images, 0)
        return _agreed(placed, False, 0, skipped)
    chosen = [name for name in (train, test) if name is not None]
    outside = Counter(file.parts[0] if len(file.parts) > 1 else "" for file in images)
    placed, skipped = [], []
    for name in chosen:
        inside = [file for file in images if len(file.parts) > 1 and file.parts[0] == name]
        del outside[name]
        part, rest = _classify(inside, 1, is_test=name == test)
        placed += part
        skipped += rest
    for name, count in outside.items():
        skipped.append(f"{shown(name) or 'beside them'}: {counted(count, 'image')} outside {' and '.join(chosen)}")
    return _agreed(placed, test is not None, 1, skipped)


def _named(names: Sequence[str], wanted: Sequence[str]) -> str | None:
    """The name that comes first in the wanted ones; capitals do not matter."""
    by_wanted = {name.lower(): name for name in reversed(names)}
    return next((by_wanted[name] for name in wanted if name in by_wanted), None)


def _classify(images: Sequence[File], depth: int, is_test: bool = False) -> tuple[list[Placed], list[str]]:
    """Classes by the subfolders at this depth, and the images that lie beside them."""
    if all(len(file.parts) == depth + 1 for file in images):
        return [Placed(file, None, is_test) for file in images], []
    placed = [Placed(file, file.parts[depth], is_test) for file in images if len(file.parts) > depth + 1]
    beside = [f"{file.name}: lies beside the class folders" for file in images if len(file.parts) == depth + 1]
    return placed, beside


def _agreed(placed: list[Placed], has_split: bool, depth: int, skipped: list[str]) -> Layout:
    """Without classes at all if a part of the split has none."""
    if len({image.class_name is None for image in placed}) == 2:
        placed = [Placed(image.file, None, image.is_test) for image in placed]
        skipped.append("class folders: not used, as only one part of the split has them")
    return Layout(placed, has_split, depth, skipped)


def without_images(
    folders: Sequence[File], files: Sequence[File], images: Sequence[File], layout: Layout
) -> list[str]:
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
            lines.append(f"{folder.name}: a class folder without images")
        elif len(folder.parts) == 1 and folder.parts not in with_files:
            lines.append(f"{folder.name}: an empty folder")
    return lines
