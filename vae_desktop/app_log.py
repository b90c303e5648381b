"""The window's log: a few rotating files beside its settings, and the last words of a process that crashed.

Nothing is written before there is something to tell, and no folder that cannot be written keeps the app from starting.
"""

import atexit
import contextlib
import copy
import logging
import sys
from logging.handlers import RotatingFileHandler
from pathlib import Path

from vae_desktop.crash_file import CrashFile, take_crashes
from vae_desktop.repeats import Repeats, is_told

_NAME = "vae_desktop.log"
_SIZE, _OLDER = 500_000, 2  # bytes of a file, and how many older ones are kept
_TAIL = 20_000  # bytes
_FORMAT = "%(asctime)s %(process)d %(threadName)s %(levelname)s %(name)s: %(message)s"

_log = logging.getLogger(__name__)


class _LogFile(RotatingFileHandler):
    """Says what comes again and again once, then how often; says once that it cannot write."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, maxBytes=_SIZE, backupCount=_OLDER, encoding="utf-8", errors="replace", delay=True)
        self.setFormatter(logging.Formatter(_FORMAT))
        self._repeats = Repeats()
        self._has_failed = False

    def emit(self, record: logging.LogRecord) -> None:
        try:
            text = record.getMessage()
        except Exception:  # noqa: BLE001 - whatever the arguments' own __str__ raises
            self.handleError(record)
            return
        count = self._repeats.count((record.name, record.levelno, text))
        if not is_told(count):
            return
        if count > 1:
            record = copy.copy(record)
            record.msg, record.args, record.exc_info = f"again, {count} times by now: {text.splitlines()[0]}", (), None
            record.exc_text = record.stack_info = None
        super().emit(record)

    def doRollover(self) -> None:
        with contextlib.suppress(OSError):  # another instance holds a file open; this one grows a little longer
            super().doRollover()

    def handleError(self, record: logging.LogRecord) -> None:
        error = sys.exc_info()[1]
        if not self._has_failed and sys.stderr is not None:
            with contextlib.suppress(OSError, ValueError):
                print(f"vae-desktop: the log cannot be written: {error}", file=sys.stderr)
        self._has_failed = True


class AppLog:
    """What `start` has begun."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / _NAME
        self._handlers: list[logging.Handler] = []
        self._crash_file: CrashFile | None = None
        self.crashes: list[str] = []
        with contextlib.suppress(OSError):
            folder.mkdir(parents=True, exist_ok=True)
        self._add(_LogFile(self.path))
        if sys.stderr is not None:
            console = logging.StreamHandler()
            console.setLevel(logging.ERROR)
            self._add(console)
        try:
            self.crashes = take_crashes(folder)
            self._crash_file = CrashFile(folder)
        except OSError as error:
            _log.warning("a crash could not be recorded: %s", error)
        for crash in self.crashes:
            _log.warning("a process of the app ended unexpectedly at %s", crash)

    def tail(self) -> str:
        """The end of the log, or ""."""
        try:
            with self.path.open("rb") as file:
                size = file.seek(0, 2)
                file.seek(max(0, size - _TAIL))
                text = file.read().decode(errors="replace")
        except OSError:
            return ""
        return text if size <= _TAIL else text.partition("\n")[2]

    def end(self) -> None:
        """End it: the process ends as it should."""
        if self._crash_file is not None:
            self._crash_file.close()
            self._crash_file = None
        for handler in self._handlers:
            logging.getLogger().removeHandler(handler)
            handler.close()
        self._handlers = []

    def _add(self, handler: logging.Handler) -> None:
        logging.getLogger().addHandler(handler)
        self._handlers.append(handler)


_current: AppLog | None = None


def start(folder: Path) -> list[str]:
    """Begin the process's log in a folder; return the last words of earlier processes that crashed."""
    global _current
    end()
    _current = AppLog(folder)
    atexit.register(end)
    return _current.crashes


def tail() -> str:
    """The end of the log, or "" where none has begun."""
    return "" if _current is None else _current.tail()


def end() -> None:
    """End the log, if one has begun: from here on nothing counts as a crash."""
    global _current
    if _current is not None:
        _current.end()
        _current = None
