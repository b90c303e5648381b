"""The folders of data sets in the cache: which there are, and which go, never one that a process uses."""

import contextlib
import os
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

from vae_desktop.data.stored import stored_set
from vae_desktop.data.stored.mapped import hold
from vae_desktop.paths import images_dir

MOST_BYTES = 100 * 10**9  # of data sets that nothing uses; the last used stay
_FORGOTTEN = 60 * 86_400  # seconds without use, after which one is deleted
_LEFT_FREE = 200 * 10**6  # bytes of the disk that others may need meanwhile


@dataclass(frozen=True)
class StoredImages:
    """A data set in the cache, as far as it is known without opening it."""

    name: str
    images: int
    bytes: int
    is_finished: bool
    last_used: float


def stored_images() -> list[StoredImages]:
    """The data sets in the cache, the last used first; also those that are not finished."""
    found = []
    for folder in reversed(_by_age(images_dir())):
        with contextlib.suppress(OSError):
            title, count = stored_set.title_of(folder)
            used = folder.stat().st_mtime
            found.append(StoredImages(title, count, size_of(folder), stored_set.is_finished(folder), used))
    return found


def sweep(root: Path) -> None:
    """Delete what was not used for long, and the longest unused of the rest if it is too much."""
    room = MOST_BYTES
    for folder in reversed(_by_age(root)):
        with contextlib.suppress(OSError):  # another process may do the same
            room -= size_of(folder)
            if room < 0 or time.time() - folder.stat().st_mtime > _FORGOTTEN:
                remove(folder)


def room_for(needed: int, root: Path, folder: Path | None) -> int:
    """Bytes that a data set may take in the cache; others that nothing uses go if it needs their room.

    Parameters
    ----------
    needed : int
    root : Path
    folder : Path or None
        Of the data set, of which a part may be there.
    """
    own = 0 if folder is None else size_of(folder)
    for other in _by_age(root):
        if _usable(root, own) >= needed:
            break
        if other != folder:
            remove(other)
    return _usable(root, own)


def remove(folder: Path) -> bool:
    """Delete a data set, unless a process uses it; whether it is gone."""
    try:
        held = hold(lock_of(folder), is_sole=True)
    except OSError:
        return False
    if held is None:
        return False
    try:
        shutil.rmtree(folder, ignore_errors=True)
        with contextlib.suppress(OSError):
            lock_of(folder).unlink()
    finally:
        os.close(held)
    return not folder.exists()


def free_bytes(folder: Path) -> int:
    """Bytes that are free on the disk of a folder."""
    return shutil.disk_usage(folder).free


def size_of(folder: Path) -> int:
    """Bytes that the files of a folder take."""
    size = 0
    with contextlib.suppress(OSError):
        for entry in os.scandir(folder):
            size += entry.stat().st_size
    return size


def _usable(root: Path, own: int) -> int:
    """Bytes for images where so many of the data set are there: its test images lie there twice for a while."""
    return max(0, free_bytes(root) - _LEFT_FREE + own) * 5 // 6


def _by_age(root: Path) -> list[Path]:
    """The folders of data sets, the longest unused first."""
    found = []
    with contextlib.suppress(OSError):
        for entry in os.scandir(root):
            if entry.is_dir(follow_symlinks=False):
                found.append((entry.stat().st_mtime, entry.path))
    return [Path(path) for _, path in sorted(found)]


def lock_of(folder: Path) -> Path:
    """The lock file of a data set: who uses it, or changes it, holds that."""
    return folder.with_name(f"{folder.name}.lock")
