"""The file into which a process that crashes writes its last words, and its reading at the next start."""

import contextlib
import faulthandler
import os
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path
from typing import IO

_PREFIX, _SUFFIX = "crash-", ".txt"
_LONGEST = 20_000  # characters kept of one crash; which thread failed stands first
_YOUNG = 60.0  # seconds within which an empty file may be that of a process which is just starting

if sys.platform == "win32":
    import msvcrt

    _LOCKED_BYTE = 1 << 30  # far behind the text: a locked byte cannot be read there

    def _lock(file: IO[bytes]) -> bool:
        """Lock a file until it is closed or the process is gone; False if another one holds it."""
        try:
            file.seek(_LOCKED_BYTE)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        finally:
            file.seek(0)
        return True

else:
    import fcntl

    def _lock(file: IO[bytes]) -> bool:
        """Lock a file until it is closed or the process is gone; False if another one holds it."""
        try:
            fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True


class CrashFile:
    """Has faulthandler write into a file of this process, which it holds locked for as long as it lives.

    A process number would not do as the sign of life: it is given away again.

    Raises
    ------
    OSError
        If the file cannot be made.
    """

    def __init__(self, folder: Path) -> None:
        descriptor, name = tempfile.mkstemp(prefix=f"{_PREFIX}{os.getpid()}-", suffix=_SUFFIX, dir=folder)
        self._path = Path(name)
        self._file = os.fdopen(descriptor, "r+b")
        _lock(self._file)
        faulthandler.enable(self._file)

    def close(self) -> None:
        """Take the file away: the process ends as it should."""
        faulthandler.disable()
        self._file.close()
        with contextlib.suppress(OSError):
            self._path.unlink()


def take_crashes(folder: Path) -> list[str]:
    """Return the last words of processes that are gone, the oldest first, and take their files away."""
    crashes = []
    for path in _by_age(folder):
        with contextlib.suppress(OSError):
            words, is_over = _take(path)
            if words:
                crashes.append(words)
            if is_over:
                path.unlink()
    return crashes


def _take(path: Path) -> tuple[str, bool]:
    """Empty a file unless its process lives; return what it held, and whether it can go."""
    with path.open("r+b") as file:
        if not _lock(file):
            return "", False
        ended = path.stat().st_mtime
        words = file.read(_LONGEST).decode(errors="replace").strip()
        if not words:
            return "", time.time() - ended > _YOUNG
        file.truncate(0)
    return f"{datetime.fromtimestamp(ended):%Y-%m-%d %H:%M:%S}\n{words}", True


def _by_age(folder: Path) -> list[Path]:
    def age(path: Path) -> float:
        with contextlib.suppress(OSError):
            return path.stat().st_mtime
        return 0.0

    return sorted(folder.glob(f"{_PREFIX}*{_SUFFIX}"), key=age)
