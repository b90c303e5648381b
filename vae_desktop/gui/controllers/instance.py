"""This window among the others of the app, and those that ended without closing."""

import contextlib
import faulthandler
import logging
import secrets
from datetime import datetime
from pathlib import Path
from typing import IO, NamedTuple

from PySide6.QtCore import QLockFile

from vae_desktop.engine.autosave import lock_path

_LONGEST = 20_000  # characters kept of a crash; which thread failed stands first

_log = logging.getLogger(__name__)


class Crash(NamedTuple):
    """A window that ended without closing.

    Attributes
    ----------
    name : str
        Of the window among all.
    words : str
        When it was and where the process was; "" where it could not write that, as when it was killed.
    """

    name: str
    words: str


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
    crashes : list of Crash
        The windows that ended unexpectedly, the latest last, each told of once.
    """

    def __init__(self, folder: Path) -> None:
        self.name = secrets.token_hex(4)
        with contextlib.suppress(OSError):
            folder.mkdir(parents=True, exist_ok=True)
        left_over = [_take(path) for path in folder.glob("window-*.lock")]
        self.crashes = sorted((crash for crash in left_over if crash is not None), key=lambda crash: crash.words)
        for crash in self.crashes:
            _log.warning("a window ended unexpectedly: %s", crash.words or "nothing is known of it")
        path = lock_path(folder, self.name)
        self._words_path = _words_path(path)
        self._words: IO[bytes] | None = None
        self._lock = _lock(path)
        self._lock.tryLock(0)

    def record_crash(self) -> None:
        """Have faulthandler write beside the lock file, should the process crash."""
        try:
            self._words = self._words_path.open("wb")
        except OSError as error:
            _log.warning("a crash could not be recorded: %s", error)
            return
        faulthandler.enable(self._words)

    def end(self) -> None:
        """Say that the window closes as it should."""
        if self._words is not None:
            faulthandler.disable()
            self._words.close()
            self._words = None
            with contextlib.suppress(OSError):
                self._words_path.unlink()
        self._lock.unlock()


def _take(path: Path) -> Crash | None:
    """Return what a lock file tells that nobody holds any more, and take it away; None if somebody does."""
    lock = _lock(path)
    if not lock.tryLock(0):
        return None
    words = ""
    with contextlib.suppress(OSError):
        words = _read_words(_words_path(path))
        _words_path(path).unlink()
    lock.unlock()
    return Crash(path.stem.removeprefix("window-"), words)


def _read_words(path: Path) -> str:
    with path.open("rb") as file:
        words = file.read(_LONGEST).decode(errors="replace").strip()
    return words and f"{datetime.fromtimestamp(path.stat().st_mtime):%Y-%m-%d %H:%M:%S}\n{words}"


def _words_path(path: Path) -> Path:
    return path.with_suffix(".txt")


def _lock(path: Path) -> QLockFile:
    lock = QLockFile(str(path))
    lock.setStaleLockTime(0)  # however long a window is open
    return lock
