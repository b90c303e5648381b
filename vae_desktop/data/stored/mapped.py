"""Images in a file that is mapped into memory: read when they are used, and given back soon after.

Mapped pages count as a process's own while they are there. A thread gives them back several times a second, so that
whoever works through all images, in whatever way, holds no more of them than it can read meanwhile.
"""

import contextlib
import mmap
import os
import sys
import threading
import time
import weakref
from pathlib import Path

import numpy as np
import numpy.typing as npt

_EVERY = 0.1  # seconds between two times that pages are given back
_NO_RESERVE = 0x4000 if sys.platform == "linux" else 0  # MAP_NORESERVE: nobody writes, so no memory need be set aside

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl


def hold(path: Path, is_sole: bool = False) -> int | None:
    """Hold a lock file, together with others or as the only one: a descriptor, which ends it when it is closed.

    None if somebody holds it in another way. What a process held that died is free. On Windows only those that want to
    be the only ones meet: there a file that is in use cannot be deleted anyway.

    Raises
    ------
    OSError
        If there can be no such file.
    """
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            if not _is_locked(descriptor, is_sole):
                os.close(descriptor)
                return None
            if os.path.samestat(os.fstat(descriptor), os.stat(path)):
                return descriptor
        except FileNotFoundError:
            pass
        os.close(descriptor)  # it was deleted meanwhile, and the next may be made


def share(descriptor: int) -> None:
    """Hold what one held alone together with others."""
    if sys.platform != "win32":
        with contextlib.suppress(OSError):
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)


def _is_locked(descriptor: int, is_sole: bool) -> bool:
    try:
        if sys.platform != "win32":
            fcntl.flock(descriptor, (fcntl.LOCK_EX if is_sole else fcntl.LOCK_SH) | fcntl.LOCK_NB)
        elif is_sole:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
    except (BlockingIOError, PermissionError):
        return False
    except OSError:  # file systems without locks
        return True
    return True


def mapped(path: Path, shape: tuple[int, ...], held: int | None) -> npt.NDArray[np.uint8]:
    """The bytes of a file as an array of this shape; what is written to it never reaches the file.

    Parameters
    ----------
    path : Path
        It must be as long as the array, and is not changed while the array is used; it may be deleted.
    shape : tuple of int
    held : int or None
        A descriptor as of `hold`, of which the array's memory becomes the owner.
    """
    with path.open("rb") as file:
        if sys.platform == "win32":
            memory = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)
        else:
            protection = mmap.PROT_READ | mmap.PROT_WRITE
            memory = mmap.mmap(file.fileno(), 0, flags=mmap.MAP_PRIVATE | _NO_RESERVE, prot=protection)
    if held is not None:
        weakref.finalize(memory, os.close, held)
    _pages.watch(memory)
    return np.frombuffer(memory, np.uint8).reshape(shape)


def read_whole(path: Path, shape: tuple[int, ...]) -> npt.NDArray[np.uint8]:
    """The bytes of a file as an array of this shape in memory."""
    return np.fromfile(path, np.uint8, int(np.prod(shape))).reshape(shape)


def is_mapped(images: npt.NDArray[np.uint8]) -> bool:
    """Whether an array lies in a mapped file."""
    owner: object = images
    while isinstance(owner, np.ndarray):
        owner = owner.base
    return isinstance(owner.obj if isinstance(owner, memoryview) else owner, mmap.mmap)


def rest() -> None:
    """Give pages back of those files only that are mapped from now on: nobody reads the others any longer."""
    _pages.rest()


class _Pages:
    """Gives the pages of all mapped files back; its thread is there as long as there are such files."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._files: weakref.WeakSet[mmap.mmap] = weakref.WeakSet()
        self._thread: threading.Thread | None = None

    def watch(self, memory: mmap.mmap) -> None:
        if not hasattr(mmap, "MADV_DONTNEED"):
            return
        with self._lock:
            self._files.add(memory)
            if self._thread is None:
                self._thread = threading.Thread(target=self._give_back, name="pages", daemon=True)
                self._thread.start()

    def rest(self) -> None:
        with self._lock:
            self._files.clear()

    def _give_back(self) -> None:
        while True:
            time.sleep(_EVERY)
            with self._lock:
                if not self._files:
                    self._thread = None
                    return
                for memory in self._files:
                    memory.madvise(mmap.MADV_DONTNEED)
                memory = None  # type: ignore[assignment]  # or it would live as long as the thread


_pages = _Pages()
