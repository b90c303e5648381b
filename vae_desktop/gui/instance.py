"""This window among the others of the app, and those that ended without closing."""

import contextlib
import secrets
from pathlib import Path

from PySide6.QtCore import QLockFile

from vae_desktop.engine.autosave import lock_path


class Instance:
    """Holds a lock file while the window is open: one that is left over tells of a window that crashed.

    Parameters
    ----------
    folder : Path
        Where the windows' lock files and what they keep lie; without a folder that can be written to there is no lock.

    Attributes
    ----------
    name : str
        Of this window among all.
    crashed : list of str
        The names of windows that ended unexpectedly, each told of once.
    """

    def __init__(self, folder: Path) -> None:
        self.name = secrets.token_hex(4)
        with contextlib.suppress(OSError):
            folder.mkdir(parents=True, exist_ok=True)
        self.crashed = [
            path.stem.removeprefix("window-") for path in folder.glob("window-*.lock") if _is_left_over(path)
        ]
        self._lock = _lock(lock_path(folder, self.name))
        self._lock.tryLock(0)

    def end(self) -> None:
        """Say that the window closes as it should."""
        self._lock.unlock()


def _is_left_over(path: Path) -> bool:
    """Whether nobody holds a lock; it is taken away then."""
    lock = _lock(path)
    if not lock.tryLock(0):
        return False
    lock.unlock()
    return True


def _lock(path: Path) -> QLockFile:
    lock = QLockFile(str(path))
    lock.setStaleLockTime(0)  # however long a window is open
    return lock
