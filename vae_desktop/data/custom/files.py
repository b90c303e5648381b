"""A file of a data set, wherever it lies: in a folder or in an archive."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import BinaryIO, cast

from vae_desktop.data.custom.messages import shown


@dataclass(frozen=True)
class File:
    """A file, by its path and by the parts of that from the folder or the archive on that was chosen.

    Attributes
    ----------
    path : str
        As in Origin.
    parts : tuple of str
    open : callable
        Returns its content as a stream that can be sought; raises OSError or ValueError where it cannot be read.
    """

    path: str
    parts: tuple[str, ...]
    open: Callable[[], BinaryIO] = field(compare=False, repr=False)

    @property
    def name(self) -> str:
        """The path from the folder on, as a person reads it."""
        return shown("/".join(self.parts))

    @staticmethod
    def at(path: str | Path, parts: tuple[str, ...] = ()) -> "File":
        """The file at a path in a folder."""
        return File(str(path), parts, cast(Callable[[], BinaryIO], partial(open, path, "rb")))
