"""A file of a data set, wherever it lies: in a folder or in an archive."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import BinaryIO, cast

from vae_desktop.data.custom.messages import shown
from vae_desktop.file_kinds import BEGINNING, Kind, kind_of, kind_of_file

_UNSEEN = {"thumbs.db", "ehthumbs.db", "desktop.ini", "__macosx"}  # left by systems; so are names with a dot
_PLACEHOLDER = ".icloud"  # which macOS hides, and a person thinks of as the image that is not there


class Unreadable(Exception):
    """A file that is left out; ``str(error)`` is the reason in a few words."""


@dataclass(frozen=True, slots=True)
class File:
    """A file, by its path and by the parts of that from the folder or the archive on that was chosen.

    Attributes
    ----------
    path : str
        As in Origin.
    parts : tuple of str
    open : callable
        Returns its content as a stream that can be sought; what it or the stream raises says why it cannot be read.
    in_archive : bool
    """

    path: str
    parts: tuple[str, ...]
    open: Callable[[], BinaryIO] = field(compare=False, repr=False)
    in_archive: bool = False

    @property
    def name(self) -> str:
        """The path from the folder on, as a person reads it."""
        return shown("/".join(self.parts))

    @property
    def kind(self) -> Kind | None:
        """What it is, by its first bytes; None if that is not known or it cannot be read."""
        if not self.in_archive:
            return kind_of_file(self.path)
        try:
            with self.open() as stream:
                return kind_of(stream.read(BEGINNING))
        except Exception:  # noqa: BLE001 - archives are damaged in many ways
            return None

    @staticmethod
    def at(path: str | Path, parts: tuple[str, ...] = ()) -> "File":
        """The file at a path in a folder."""
        return File(str(path), parts, cast(Callable[[], BinaryIO], partial(open, path, "rb")))


@dataclass(frozen=True, slots=True)
class Found:
    """What lies in a folder or an archive.

    Attributes
    ----------
    files, folders : sequences of File
    skipped : list of str
        What else is there, with the reason why it cannot be read.
    is_stream : bool
        Whether the files can be read only one after the other, in their order.
    """

    files: Sequence[File]
    folders: Sequence[File]
    skipped: list[str]
    is_stream: bool = False


def is_unseen(name: str) -> bool:
    """Whether a file or a folder is hidden or left by a system, so that a person does not think of it."""
    is_hidden = name.startswith(".") and not name.endswith(_PLACEHOLDER)
    return is_hidden or name.lower() in _UNSEEN
