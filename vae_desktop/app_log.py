"""The window's log: a few rotating files beside its settings.

Nothing is written before there is something to tell, and no folder that cannot be written keeps the app from starting.
"""

import contextlib
import logging
import sys
import threading
import time
from collections.abc import Callable, Hashable
from logging.handlers import RotatingFileHandler
from pathlib import Path

from vae_desktop.language import tr

_NAME = "vae_desktop.log"
_SIZE, _OLDER = 500_000, 2  # bytes of a file, and how many older ones are kept
_TAIL = 20_000  # characters
_FORMAT = "%(asctime)s %(process)d %(threadName)s %(levelname)s %(name)s: %(again)s%(message)s"
_QUIET = 10.0  # seconds without it, after which the same thing is news again
_MOST = 200  # things remembered


class Repeats:
    """Counts what comes again and again, so that it is told at the 1st, 10th, 100th time and so on."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._seen: dict[Hashable, tuple[int, float]] = {}  # how often and when, the longest ago first

    def count(self, thing: Hashable) -> int:
        """Note that a thing has come; any thread may call this.

        Returns
        -------
        int
            How many times in a row it has come by now, if that is worth a line; else 0.
        """
        now = self._clock()
        with self._lock:
            count, last = self._seen.pop(thing, (0, now))
            count = count + 1 if now - last < _QUIET else 1
            self._seen[thing] = count, now
            if len(self._seen) > _MOST:
                del self._seen[next(iter(self._seen))]
        return count if str(count).strip("0") == "1" else 0


class _LogFile(RotatingFileHandler):
    """Writes what comes again and again once, then how often; says once that it cannot write."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, maxBytes=_SIZE, backupCount=_OLDER, encoding="utf-8", errors="replace", delay=True)
        self.setFormatter(logging.Formatter(_FORMAT))
        self._repeats = Repeats()
        self._has_failed = False

    def emit(self, record: logging.LogRecord) -> None:
        try:
            count = self._repeats.count((record.name, record.levelno, record.getMessage()))
        except Exception:  # noqa: BLE001 - whatever the arguments' own __str__ raises
            self.handleError(record)
            return
        if count:
            record.again = f"again, {count} times by now: " if count > 1 else ""
            super().emit(record)

    def doRollover(self) -> None:
        with contextlib.suppress(OSError):  # another window holds a file open; this one grows a little longer
            super().doRollover()

    def handleError(self, record: logging.LogRecord) -> None:
        error = sys.exc_info()[1]
        if not self._has_failed and sys.stderr is not None:
            with contextlib.suppress(OSError, ValueError):
                text = tr("the log cannot be written: {error}").format(error=error)
                print(f"vae-desktop: {text}", file=sys.stderr)
        self._has_failed = True


_handlers: list[logging.Handler] = []


def start(folder: Path) -> None:
    """Begin the process's log in a folder; errors go to stderr too, where there is one."""
    end()
    with contextlib.suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
    _handlers.append(_LogFile(folder / _NAME))
    if sys.stderr is not None:
        console = logging.StreamHandler()
        console.setLevel(logging.ERROR)
        _handlers.append(console)
    for handler in _handlers:
        logging.getLogger().addHandler(handler)


def tail() -> str:
    """The end of the log, at most some 20,000 characters; "" where none has begun."""
    files = [handler.baseFilename for handler in _handlers if isinstance(handler, _LogFile)]
    try:
        text = "".join(Path(name).read_text(encoding="utf-8", errors="replace") for name in files)
    except OSError:
        return ""
    return text if len(text) <= _TAIL else text[-_TAIL:].partition("\n")[2]


def end() -> None:
    """End the log, if one has begun, and close its files."""
    while _handlers:
        handler = _handlers.pop()
        logging.getLogger().removeHandler(handler)
        handler.close()
