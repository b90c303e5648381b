"""The window's process: its lock among other windows, its crashes, what nobody caught, and the wish that it ends."""

import contextlib
import faulthandler
import logging
import os
import secrets
import signal
import socket
import sys
import threading
import traceback
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import IO, Any, NamedTuple

from psygnal import EmitLoopError
from PySide6.QtCore import QLockFile, QObject, QSocketNotifier, Qt, QtMsgType, Signal, Slot

from vae_desktop.app_log import Repeats
from vae_desktop.engine.autosave import lock_path
from vae_desktop.engine.messages import Message
from vae_desktop.errors import UserError
from vae_desktop.gui.views.window.message_banner import MessageBanner
from vae_desktop.system_libraries import how_to_install, missing_libraries

_LONGEST_REPORT = 20_000  # characters kept of a crash; which thread failed stands first
_LONGEST_REASON = 200  # characters in the banner; all of it stands in the details
_END_SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")  # those that the system has
_LEVELS = {
    QtMsgType.QtWarningMsg: logging.WARNING,
    QtMsgType.QtCriticalMsg: logging.ERROR,
    QtMsgType.QtFatalMsg: logging.CRITICAL,
}
_NO_MEMORY = "There was not enough memory for that. Close other programs or choose a smaller model, and try again."

_log = logging.getLogger(__name__)
_qt_log = logging.getLogger("qt")


class Crash(NamedTuple):
    """A window that ended without closing.

    Attributes
    ----------
    name : str
        The window's, among all windows.
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
    folder : Path
    name : str
        This window's, among all windows.
    crashes : list of Crash
        The windows that ended unexpectedly, the latest last, each told of once.
    """

    def __init__(self, folder: Path) -> None:
        self.folder, self.name = folder, secrets.token_hex(4)
        with contextlib.suppress(OSError):
            folder.mkdir(parents=True, exist_ok=True)
        left_over = [_take_crash(path) for path in folder.glob("window-*.lock")]
        self.crashes = sorted((crash for crash in left_over if crash is not None), key=lambda crash: crash.words)
        for crash in self.crashes:
            _log.warning("a window ended unexpectedly: %s", crash.words or "nothing is known of it")
        path = lock_path(folder, self.name)
        self._report_path = path.with_suffix(".txt")
        self._report: IO[bytes] | None = None
        self._lock = _lock(path)
        self._lock.tryLock(0)

    def record_crash(self) -> None:
        """Have faulthandler write beside the lock file, should the process crash."""
        try:
            self._report = self._report_path.open("wb")
        except OSError as error:
            _log.warning("a crash could not be recorded: %s", error)
            return
        faulthandler.enable(self._report)

    def end(self) -> None:
        """Say that the window closes as it should."""
        if self._report is not None:
            faulthandler.disable()
            self._report.close()
            self._report = None
            with contextlib.suppress(OSError):
                self._report_path.unlink()
        self._lock.unlock()


def _take_crash(path: Path) -> Crash | None:
    """Return what a lock file tells that nobody holds any more, and take it away; None if somebody does."""
    lock = _lock(path)
    if not lock.tryLock(0):
        return None
    words, report = "", path.with_suffix(".txt")
    with contextlib.suppress(OSError):
        with report.open("rb") as file:
            words = file.read(_LONGEST_REPORT).decode(errors="replace").strip()
        if words:
            words = f"{datetime.fromtimestamp(report.stat().st_mtime):%Y-%m-%d %H:%M:%S}\n{words}"
        report.unlink()
    lock.unlock()
    return Crash(path.stem.removeprefix("window-"), words)


def _lock(path: Path) -> QLockFile:
    lock = QLockFile(str(path))
    lock.setStaleLockTime(0)  # however long a window is open
    return lock


class ErrorReports(QObject):
    """Takes errors that nobody caught, from any thread: into the log, and once to the banner.

    It outlives its banner, after which errors are only logged.
    """

    _raised = Signal(object)

    def __init__(self, banner: MessageBanner) -> None:
        super().__init__(banner)
        self._banner = banner
        self._repeats = Repeats()
        # Queued in the window's thread too: an error may come in the middle of a paint.
        self._raised.connect(self._show, Qt.ConnectionType.QueuedConnection)

    def install(self) -> None:
        """Take whatever Python has no other place for."""
        sys.excepthook = self.report
        threading.excepthook = self._take_from_thread
        sys.unraisablehook = self._take_unraisable

    def report(
        self, kind: type[BaseException], error: BaseException | None, trace: TracebackType | None, source: str = ""
    ) -> None:
        """Log an error and show it, once for each line of code that raises it; never raises itself.

        Parameters
        ----------
        kind, error, trace
            As Python gives them to its hooks.
        source : str
            Where the error comes from, as a line before the traceback.
        """
        try:
            while isinstance(error, EmitLoopError) and error.__cause__ is not None:  # it came through a signal
                error = error.__cause__
                kind, trace = type(error), error.__traceback__
            # The line that raised it tells an error from others better than its words do. An error at each paint must
            # not hide others, nor may one that reporting itself raises begin it anew.
            lines = list(traceback.walk_tb(trace))
            place = f"{lines[-1][0].f_code.co_filename}:{lines[-1][1]}" if lines else ""
            count = self._repeats.count((kind, place))
            if count > 1:
                _log.error("the same error again, %d times by now: %s %s", count, kind.__name__, place)
            elif count:
                details = "".join(traceback.format_exception(kind, error, trace))
                if source:
                    details = f"{source}\n{details}"
                _log.error("uncaught error\n%s", details)
                self._raised.emit(Message("error", _words(kind, error), details))
        except Exception:  # noqa: BLE001 - the last place; or the window is gone
            with contextlib.suppress(Exception):
                _log.warning("an error could not be shown: %s", kind.__name__, exc_info=True)

    def _take_from_thread(self, event: threading.ExceptHookArgs) -> None:
        if not issubclass(event.exc_type, SystemExit):
            name = "" if event.thread is None else f"In the thread {event.thread.name}:"
            self.report(event.exc_type, event.exc_value, event.exc_traceback, name)

    def _take_unraisable(self, event: Any) -> None:
        """Take an error of a destructor or a callback that Python itself could only print."""
        source = event.err_msg or "Where nobody could catch it:"
        self.report(event.exc_type, event.exc_value, event.exc_traceback, source)

    @Slot(object)
    def _show(self, message: Message) -> None:
        try:
            self._banner.show_message(message)
        except Exception:  # noqa: BLE001 - raised on, it would come back here for ever
            _log.exception("the message of an error could not be shown")


def _words(kind: type[BaseException], error: BaseException | None) -> str:
    """What happened and what to do, for the person."""
    if issubclass(kind, UserError):
        return str(error)
    if issubclass(kind, MemoryError):
        return _NO_MEMORY
    try:
        reason = " ".join(str(error).split()) if error is not None else ""
    except Exception:  # noqa: BLE001 - an error's own words may fail
        reason = ""
    reason = (reason or kind.__name__)[:_LONGEST_REASON]
    return (
        f"Something went wrong inside the app: {reason}. You can go on; if it happens again, save your models and "
        "start the app anew."
    )


def log_qt_message(kind: QtMsgType, context: object, text: str) -> None:
    """Log what Qt says; after a fatal message it aborts, which faulthandler takes down."""
    _qt_log.log(_LEVELS.get(kind, logging.DEBUG), "%s", text)


def log_or_end(kind: QtMsgType, context: object, text: str) -> None:
    """Log what Qt says before there is a window; where it is about to abort, say so in one line and exit instead."""
    if kind != QtMsgType.QtFatalMsg:
        log_qt_message(kind, context, text)
        return
    _qt_log.warning("%s", text)  # for the file: the terminal gets one line
    reason = f"no window can be opened: {text.splitlines()[0] if text else 'Qt cannot start'}"
    if libraries := missing_libraries(text):
        reason = how_to_install(libraries)
    print(f"vae-desktop: {reason}", file=sys.stderr, flush=True)
    os._exit(2)


class EndSignals(QObject):
    """Emits `requested` at the first signal that asks the process to end; the second one ends it at once.

    Python runs a handler of its own only when its code runs next, which in an idle window is never. What it writes into
    a socket meanwhile wakes Qt's event loop.
    """

    requested = Signal()

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        there = [getattr(signal, name) for name in _END_SIGNALS if hasattr(signal, name)]
        self._kinds = [kind for kind in there if signal.getsignal(kind) != signal.SIG_IGN]  # ignored as nohup has it
        self._read, self._write = socket.socketpair()
        for end in (self._read, self._write):
            end.setblocking(False)
        self._notifier = QSocketNotifier(self._read.fileno(), QSocketNotifier.Type.Read, self)
        self._notifier.activated.connect(self._receive)
        signal.set_wakeup_fd(self._write.fileno(), warn_on_full_buffer=False)
        for kind in self._kinds:
            signal.signal(kind, lambda *_: None)

    @Slot()
    def _receive(self) -> None:
        self._read.recv(64)
        for kind in self._kinds:
            signal.signal(kind, signal.SIG_DFL)
        self.requested.emit()
