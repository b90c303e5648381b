"""What is found in an archive, and what of it is refused."""

import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from vae_desktop.data.custom.files import File, Found, Unreadable, is_unseen
from vae_desktop.data.custom.messages import because, natural_key, shown
from vae_desktop.file_kinds import kind_of
from vae_desktop.files import size_in_words
from vae_desktop.language import tr

BROKEN = (  # what a damaged archive raises
    *(OSError, EOFError, ValueError, RuntimeError, MemoryError),
    *(zlib.error, lzma.LZMAError, tarfile.TarError, zipfile.BadZipFile),
)

_SMALL = 1 << 25  # bytes that anything may be unpacked to
_PACKING = 100  # times smaller than its content; images are never packed as tightly, but for blank ones
_LARGEST = 1 << 28  # bytes of a file that has to be in memory while it is read
_LONGEST_NAME, _DEEPEST = 4096, 100  # what no disk takes either; a name is kept for each folder in it


class Hollow(ValueError):
    """An archive of thousands of members that hold nothing."""

    def __str__(self) -> str:
        return tr("it names thousands of files, most of which are empty")


class Members:
    """What is found in an archive, one member after the other.

    Parameters
    ----------
    path : Path
        Of the archive.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.files: dict[tuple[str, ...], File] = {}
        self.folders: dict[tuple[str, ...], File] = {}
        self.skipped: list[str] = []

    def add(self, name: str, size: int, open_member: Callable[[], BinaryIO] | None, reason: str = "") -> None:
        """A file of so many bytes, a folder if there is nothing to open, or, with the reason, what cannot be read."""
        if len(name) > _LONGEST_NAME or name.count("/") > _DEEPEST:
            self.skipped.append(because(shown(name), tr("its name is too long")))
            return
        parts = tuple(part for part in name.replace("\\", "/").split("/") if part not in ("", "."))
        if not parts or any(is_unseen(part) for part in parts if part != ".."):
            return
        self._add_folders(parts[:-1])
        if ".." in parts:
            reason = tr("its name leads out of the archive")
        elif open_member is not None and parts in self.files:
            reason = tr("the archive holds another file of that name")
        elif open_member is not None and size == 0:  # to open thousands of them takes seconds
            reason = reason or str(kind_of(b""))
        if reason:
            self.skipped.append(because(shown(name), reason))
        elif open_member is None:
            self._add_folders(parts)
        else:
            self.files[parts] = File(f"{self._path}/{'/'.join(parts)}", parts, open_member, in_archive=True)

    def _add_folders(self, parts: tuple[str, ...]) -> None:
        while parts and parts not in self.folders and ".." not in parts:
            self.folders[parts] = File(f"{self._path}/{'/'.join(parts)}", parts, _no_content, in_archive=True)
            parts = parts[:-1]

    def found(self, is_stream: bool) -> Found:
        """All of them, in natural order unless they have to be read in theirs."""
        files, folders = list(self.files.values()), list(self.folders.values())
        for some in (folders,) if is_stream else (folders, files):
            some.sort(key=lambda file: [natural_key(part) for part in file.parts])
        return Found(files, folders, self.skipped, is_stream)


def _no_content() -> BinaryIO:
    raise IsADirectoryError


def is_bomb(size: int, packed: int) -> bool:
    return size > max(_SMALL, _PACKING * packed)


def too_large(size: int, packed: int) -> str:
    text = tr("it would unpack from {packed} to {size}")
    return text.format(packed=size_in_words(packed), size=size_in_words(size))


def check_memory(size: int) -> None:
    if size > _LARGEST:
        text = tr("larger than {most} (unpack the archive and choose the folder)")
        raise Unreadable(text.format(most=size_in_words(_LARGEST)))
