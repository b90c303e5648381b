"""Data sets that take more than the memory they may have: each is a folder of the cache, mapped where it is used.

A folder is named by what its images were made from: every setting that changes pixels or which image is for what, then
names, sizes and times of the files; so it is found again without reading them, and files that changed are others. Once
it is finished, nothing in it changes, several windows share it, and a training needs the person's files no longer.
"""

from __future__ import annotations

import contextlib
import logging
import os
import time
from collections.abc import Iterable, Iterator
from functools import cached_property
from hashlib import blake2b
from pathlib import Path
from typing import cast

import numpy as np

from vae_desktop import __version__
from vae_desktop.config import DatasetConfig
from vae_desktop.data.dataset import Dataset
from vae_desktop.data.fingerprint import Fingerprint
from vae_desktop.data.stored import stored_set
from vae_desktop.data.stored.collecting import Collection, collecting, too_many
from vae_desktop.data.stored.folders import lock_of, remove, room_for, sweep
from vae_desktop.data.stored.mapped import hold, mapped, read_whole, share
from vae_desktop.data.stored.memory import memory_budget
from vae_desktop.data.stored.pixels import Collected, naming_the_cache
from vae_desktop.data.stored.sources import listing
from vae_desktop.files import make_folder, size_in_words
from vae_desktop.language import tr
from vae_desktop.paths import images_dir
from vae_desktop.progress import Progress

_ORDERING = 4  # putting images in order takes that part of the time that reading them takes
_PATIENCE = 0.1  # seconds between two looks whether another process has done it
_log = logging.getLogger(__name__)


class IsStored(Exception):
    """Raised through a reader whose images another window has stored by now, or read to the end."""


class ImageStore:
    """The place in the cache of one data set as it is asked for, whether it is there or not.

    Parameters
    ----------
    config : DatasetConfig
    data_dir : Path
    learned : Fingerprint or None
        As in `load_dataset`.
    progress : Progress
    """

    def __init__(
        self, config: DatasetConfig, data_dir: Path, learned: Fingerprint | None, progress: Progress
    ) -> None:
        self.config, self.data_dir, self._learned = config, data_dir, learned
        self._asked = progress
        self._total = 0  # of what is told while images are read that are to be put in order then
        self.root = images_dir()
        self._folder: Path | None = None
        self._collection: Collection | None = None
        self._held: int | None = None
        self._is_renewed = False
        self._fitting = memory_budget()  # bytes for which there is room
        self.progress = Progress(self._tell, self._is_cancelled)

    # What is there

    def find(self) -> Dataset | None:
        """The data set from the cache; None if it is not there as a whole.

        One whose images are all read, but not in order yet, is finished first. A damaged one is deleted.

        Raises
        ------
        DataError
            If the disk does not let it be finished.
        Cancelled
            If `progress` raised it.
        """
        sweep(self.root)
        for learned in dict.fromkeys((None, self._learned)):
            if not any(self.root.glob(f"{self._wish(learned)}-*")):
                continue  # no need to list the files
            folder = self._folder_for(learned)
            if folder is None or not folder.is_dir():
                continue
            found = self._opened(folder, learned)
            if found is not None and found.serves(self._learned):
                return found
        return None

    def _opened(self, folder: Path, learned: Fingerprint | None) -> Dataset | None:
        try:
            if stored_set.is_planned(folder):
                self._finish(folder)
            known = stored_set.read(folder)
            if known is None:
                return None
            size = sum(int(np.prod(shape)) for shape in known.shapes.values())
            fits = size <= memory_budget()
            train, test = (
                read_whole(folder / name, shape) if fits else mapped(folder / name, shape, self._hold(folder))
                for name, shape in known.shapes.items()
            )
        except (OSError, ValueError) as error:
            _log.warning("images kept in %s are damaged: %s", folder, str(error))
            self._is_renewed = remove(folder)
            return None
        with contextlib.suppress(OSError):
            os.utime(folder)
        dataset = known.dataset(self.config, train, test, learned)
        return dataset if fits else self._reported(dataset, size)

    def _reported(self, dataset: Dataset, size: int) -> Dataset:
        """The data set, whose report says where its images are."""
        text = tr(
            "the images take {size}, more than the {budget} of memory that they may have: they are in the app's cache, "
            "and a training does not need the files any longer"
        ).format(size=size_in_words(size), budget=size_in_words(memory_budget()))
        lines = [text, tr("the images in the app's cache were damaged, and have been read anew")]
        return dataset.with_lines(converted=lines[: 1 + self._is_renewed])

    def _hold(self, folder: Path) -> int | None:
        """A hold on a finished data set, so that nobody deletes it."""
        try:
            while (held := hold(lock_of(folder))) is None:  # another process is about to finish it, or deletes it
                self.progress.check()
                time.sleep(_PATIENCE)
        except OSError:  # a cache that cannot be written: nobody can delete it either
            return None
        if not folder.is_dir():
            os.close(held)
            raise FileNotFoundError(folder)
        return held

    # What is not there yet

    def check(self, count: int, channels: int, side: int) -> None:
        """Raise DataError if so many images fit neither into memory nor onto the disk."""
        size = count * channels * side * side
        if size > self._fitting:
            self._fitting = max(self._fitting, self._room(size))
        if size > self._fitting:
            raise too_many(count, channels, side, self._fitting, self.root)

    def collection(self, count: int, channels: tuple[int, int], side: int) -> Collection | None:
        """A file for so many images if they might take more memory than they may; see Collector."""
        least, most = channels
        if count * most * side * side <= memory_budget():
            return None
        make_folder(self.root)
        folder = self._folder = self._folder_for(self._learned)
        if folder is None:  # what is read is not there any longer
            return None
        while (held := hold(lock_of(folder), is_sole=True)) is None:
            if stored_set.is_finished(folder):
                raise IsStored
            self.progress.check()
            time.sleep(_PATIENCE)
        self._held = held
        if stored_set.is_finished(folder) or stored_set.is_planned(folder):
            raise IsStored
        self.check(count, most, side)
        make_folder(folder)
        self._total = 1
        self._collection = Collection(folder, (count, least, side, side))
        return self._collection

    @contextlib.contextmanager
    def collecting(self) -> Iterator[None]:
        """Have readers collect images here until the end of the block, whatever ends it."""
        try:
            with collecting(self):
                yield
        finally:
            if self._collection is not None:
                self._collection.close()
            if self._held is not None:
                os.close(self._held)
            self._collection = self._held = None

    def keep(self, dataset: Dataset) -> None:
        """Note all that is known of a data set whose images are collected: what is missing is their order."""
        collection, folder = self._collection, self._folder
        if collection is None or folder is None:
            return
        orders = [cast(Collected, split.images).numbers for split in (dataset.train, dataset.test)]
        with naming_the_cache(folder):
            stored_set.write(folder, dataset, collection.shape, orders)

    def _finish(self, folder: Path) -> None:
        """Put the images of a data set in order that are all read."""
        while (held := hold(lock_of(folder), is_sole=True)) is None:
            self.progress.check()
            time.sleep(_PATIENCE)
        try:
            total, more = self._total, self._total // _ORDERING
            progress = self._asked.part(total, more, total + more) if total else self._asked
            if stored_set.is_planned(folder):
                stored_set.put_in_order(folder, progress)
            share(held)
        finally:
            os.close(held)

    # Where it is, and how far

    def _folder_for(self, learned: Fingerprint | None) -> Path | None:
        """The folder of the data set for a model; None if what it is made from is not there."""
        return None if self._files is None else self.root / f"{self._wish(learned)}-{_digest(self._files)}"

    def _wish(self, learned: Fingerprint | None) -> str:
        """What the folder's name begins with, whatever the files are."""
        return _digest([__version__, repr(self.config), "" if learned is None else learned.digest])

    def _room(self, needed: int) -> int:
        """Bytes that this data set may take in the cache; others that nothing uses go if it needs their room."""
        make_folder(self.root)
        return room_for(needed, self.root, self._folder)

    @cached_property
    def _files(self) -> list[str] | None:
        return listing(self.config, self.data_dir, self._asked)

    def _is_cancelled(self) -> bool:
        self._asked.check()
        return False

    def _tell(self, done: int, total: int) -> None:
        if self._total:
            self._total, total = total, total + total // _ORDERING
        self._asked(done, total)


def _digest(texts: Iterable[str]) -> str:
    key = blake2b(digest_size=16)
    for text in texts:
        key.update(text.encode("utf-8", "surrogatepass") + b"\0")
    return key.hexdigest()
