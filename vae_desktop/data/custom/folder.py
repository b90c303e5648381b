"""What lies in a folder and below."""

import os
from contextlib import suppress
from pathlib import Path

from vae_desktop.data.custom.files import File, Found, is_unseen
from vae_desktop.data.custom.messages import because, natural_key
from vae_desktop.errors import DataError
from vae_desktop.file_kinds import kind_of_file
from vae_desktop.language import tr
from vae_desktop.progress import Progress


def find_files(root: Path, progress: Progress) -> Found:
    """All ordinary files below a folder in natural order, its subfolders, and what else is there, with the reason.

    Links are followed, but not to folders that hold this one: one to "/" would have the whole disk read. Each folder is
    entered once; hidden files and those that systems leave are not mentioned.

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
    around = _around(root)
    waiting = [File.at(root)]
    while waiting:
        folder = waiting.pop()
        try:
            status = os.stat(folder.path)
            place = (status.st_dev, status.st_ino)
            if place in around:
                skipped.append(tr("{folder}: leads to a folder that holds this one").format(folder=folder.name))
                continue
            if place in seen:
                skipped.append(tr("{folder}: leads to a folder that is read already").format(folder=folder.name))
                continue
            seen.add(place)
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
            inside[_kind(entry)].append(File.at(entry.path, (*folder.parts, entry.name)))
        files += inside["file"]
        skipped += [because(other.name, _what_else(other.path)) for other in inside["other"]]
        waiting += reversed(inside["folder"])
        folders += [folder] if folder.parts else []
    return Found(files, folders, skipped)


def _around(folder: Path) -> set[tuple[int, int]]:
    """The folders that a folder lies in, as far as they can be told."""
    found = set()
    for parent in Path(os.path.realpath(folder)).parents:
        with suppress(OSError):
            status = os.stat(parent)
            found.add((status.st_dev, status.st_ino))
    return found


def _visible(folder: str, progress: Progress) -> "list[os.DirEntry[str]]":
    """What a folder shows, in natural order."""
    visible = []
    with os.scandir(folder) as entries:
        for entry in entries:
            progress.check()
            if not is_unseen(entry.name):
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
