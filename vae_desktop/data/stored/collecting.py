"""Where images are collected that would take too much memory: a file in the cache, and a journal beside it.

A collecting that was cancelled, killed or out of disk goes on where it was: the journal says how many of the first
images are in the file, with what their reader has to know of them.
"""

import contextlib
import json
import os
import threading
from collections.abc import Iterator
from contextvars import ContextVar
from pathlib import Path
from typing import Any, Protocol, cast

import numpy as np

from vae_desktop.data.stored.pixels import AT_ONCE, Collected, ImageFile, Images, Numbers, Shape, naming_the_cache
from vae_desktop.errors import DataError
from vae_desktop.files import size_in_words
from vae_desktop.language import tr

TOGETHER = 1 << 26  # bytes that are moved, or written between two lines of the journal


class Collection:
    """The images of one source on their way into a file; several threads may write different ones at once.

    Parameters
    ----------
    folder : Path
        Of the file, ``images``, and its journal; it is there, and only this collection uses it.
    shape : tuple of int
        (N, C, S, S), C being the least number of channels.

    Attributes
    ----------
    done : int
        How many of the first images are there from an earlier time.
    records : list
        What readers noted of these, in their order.
    """

    def __init__(self, folder: Path, shape: Shape) -> None:
        self._journal = folder / "journal"
        self.records: list[Any] = []
        self.done = 0
        lines = _lines(self._journal)
        found = lines[0].get("shape") if lines else None
        if found is not None and (found[0], found[2:]) == (shape[0], list(shape[2:])) and found[1] >= shape[1]:
            shape = (shape[0], found[1], shape[2], shape[3])
            self.records = [line["record"] for line in lines[1:]]
            self.done = lines[-1]["done"] if len(lines) > 1 else 0
            self._lines = lines
        else:
            self._lines = [{"shape": list(shape)}]
        with naming_the_cache(folder):
            self.file = ImageFile(folder / "images", shape)
            self._rewrite(self._lines)
        self._waiting: list[dict[str, Any]] = []  # lines about images that may not be on the disk yet
        self._written = 0
        self._lock = threading.RLock()  # of the journal

    @property
    def shape(self) -> Shape:
        return self.file.shape

    def write(self, first: int, images: Images) -> None:
        """Write images (n, C, S, S) as those from number `first` on."""
        self.file.write(first, images)
        self._written += images.nbytes

    def note(self, done: int, record: Any) -> None:
        """Note that the first `done` images are written, and what to know of those since the last note, as JSON."""
        with self._lock:
            self._waiting.append({"done": done, "record": record})
            if self._written > TOGETHER:
                self.sync()

    def sync(self) -> None:
        """Have all that was noted on the disk."""
        with self._lock:
            self.file.sync()
            with naming_the_cache(self._journal), self._journal.open("a") as journal:
                journal.writelines(json.dumps(line) + "\n" for line in self._waiting)
                journal.flush()
                os.fsync(journal.fileno())
            self._lines += self._waiting
            self._waiting, self._written = [], 0

    def gain_colour(self, end: int) -> None:
        """Go on with three channels; so far `end` images are written, in one."""
        count, _, side, _ = self.shape
        together = max(1, AT_ONCE // (3 * side * side))
        coloured = ImageFile(self._journal.with_name("images"), (count, 3, side, side))
        with self._lock:
            self._rewrite([])  # whoever is killed meanwhile begins anew
            self.file.reach(end)  # some of these are only about to be written
            for first in range((end - 1) // together * together, -1, -together) if end else ():
                grey = self.file.read(first, min(together, end - first))
                coloured.write(first, np.repeat(grey, 3, axis=1))  # behind all that are still to be read
            coloured.sync()
            self.file.close()
            self.file = coloured
            self._lines = [{"shape": list(coloured.shape)}, *self._lines[1:]]
            self._rewrite(self._lines)

    def images(self, kept: Numbers | None) -> Images:
        """The images, or those of the numbers `kept`, which ascend, for a Split that is parted."""
        self.sync()
        return cast(Images, Collected(self.file, np.arange(self.shape[0]) if kept is None else kept))

    def close(self) -> None:
        """Keep what is there for another time, as far as the disk takes it."""
        with contextlib.suppress(DataError, ValueError):  # what was noted before is there
            self.sync()
        self.file.close()

    def _rewrite(self, lines: list[dict[str, Any]]) -> None:
        with naming_the_cache(self._journal), self._journal.open("w") as journal:
            journal.writelines(json.dumps(line) + "\n" for line in lines)
            journal.flush()
            os.fsync(journal.fileno())


def _lines(journal: Path) -> list[dict[str, Any]]:
    """The lines of a journal, up to one that a killed process has not ended."""
    found: list[dict[str, Any]] = []
    with contextlib.suppress(OSError, ValueError), journal.open() as lines:
        for line in lines:
            found.append(json.loads(line))
    return found


class Collector(Protocol):
    """Decides where images are collected."""

    def collection(self, count: int, channels: tuple[int, int], side: int) -> Collection | None:
        """The file for so many images of the least and the most channels that they can have; None for the memory.

        Raises DataError if they fit into neither.
        """
        ...

    def check(self, count: int, channels: int, side: int) -> None:
        """Raise DataError if so many images fit nowhere."""
        ...


_collector: ContextVar[Collector | None] = ContextVar("collector", default=None)


@contextlib.contextmanager
def collecting(collector: Collector) -> Iterator[None]:
    """Have readers collect where a collector says, in this thread and until the end of the block."""
    token = _collector.set(collector)
    try:
        yield
    finally:
        _collector.reset(token)


def collector() -> Collector | None:
    """The collector of this thread; None where all images are collected in memory."""
    return _collector.get()


def too_many(count: int, channels: int, side: int, room: int, folder: Path) -> DataError:
    """What is said where so many images fit neither into memory nor onto the disk."""
    text = tr(
        "There are too many images: of {side} × {side} pixels in grey, {fitting:,} fit into the {most} that are free "
        "in {folder}. Choose a smaller image size or fewer images, or free some space there."
    )
    if channels == 3:
        text = tr(
            "There are too many images: of {side} × {side} pixels in colour, {fitting:,} fit into the {most} that are "
            "free in {folder}. Choose a smaller image size or fewer images, or free some space there."
        )
    fitting = room // (channels * side * side)
    return DataError(text.format(side=side, fitting=fitting, most=size_in_words(room), folder=folder))
