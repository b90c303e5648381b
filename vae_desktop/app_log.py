"""The window's log: a few rotating files beside its settings.

Nothing is written before there is something to tell, and no folder that cannot be written keeps the app from starting.
"""

import contextlib
import copy
import logging
import sys
from logging.handlers import RotatingFileHandler
from pathlib import Path

from vae_desktop.repeats import Repeats, is_told

_NAME = "vae_desktop.log"
_SIZE, _OLDER = 500_000, 2  # bytes of a file, and how many older ones are kept
_TAIL = 20_000  # bytes
_FORMAT = "%(asctime)s %(process)d %(threadName)s %(levelname)s %(name)s: %(message)s"


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
        with contextlib.suppress(OSError):
            folder.mkdir(parents=True, exist_ok=True)
        self._add(_LogFile(self.path))
        if sys.stderr is not None:
            console = logging.StreamHandler()
            console.setLevel(logging.ERROR)
            self._add(console)

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
        """Close its files."""
        for handler in self._handlers:
            logging.getLogger().removeHandler(handler)
            handler.close()
        self._handlers = []

    def _add(self, handler: logging.Handler) -> None:
        logging.getLogger().addHandler(handler)
        self._handlers.append(handler)


_current: AppLog | None = None


def start(folder: Path) -> None:
    """Begin the process's log in a folder."""
    global _current
    end()
    _current = AppLog(folder)


def tail() -> str:
    """The end of the log, or "" where none has begun."""
    return "" if _current is None else _current.tail()


def end() -> None:
    """End the log, if one has begun."""
    global _current
    if _current is not None:
        _current.end()
        _current = None
