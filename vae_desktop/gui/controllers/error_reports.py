"""One way for errors that nobody caught, from any thread: into the log, and once to the banner."""

import contextlib
import logging
import sys
import threading
import traceback
from types import TracebackType
from typing import Any

from PySide6.QtCore import QObject, Qt, Signal, Slot

from vae_desktop.engine.listener import Message
from vae_desktop.errors import UserError
from vae_desktop.gui.views.window.message_banner import MessageBanner
from vae_desktop.repeats import Repeats, is_told

_log = logging.getLogger(__name__)
_LONGEST_REASON = 200  # characters; all of it stands in the details


class ErrorReports(QObject):
    """Takes errors from Python's hooks; outlives its banner, after which they are only logged."""

    _raised = Signal(object)

    def __init__(self, banner: MessageBanner) -> None:
        super().__init__(banner)
        self._banner = banner
        self._repeats = Repeats()
        self._here = threading.local()
        # Queued in the window's thread too: an error may come in the middle of a paint.
        self._raised.connect(self._show, Qt.ConnectionType.QueuedConnection)

    def install(self) -> None:
        """Take whatever Python has no other place for."""
        sys.excepthook = self._take
        threading.excepthook = self._take_from_thread
        sys.unraisablehook = self._take_unraisable

    def report(
        self, kind: type[BaseException], error: BaseException | None, trace: TracebackType | None, source: str = ""
    ) -> None:
        """Log an error and have it told; never raises, not even if that fails."""
        depth = getattr(self._here, "depth", 0)
        if depth > 1:
            return
        self._here.depth = depth + 1
        try:
            if depth:  # an error of the reporting itself must not begin it anew
                _log.error("while an error was reported: %s: %s", kind.__name__, error)
            else:
                self._report(kind, error, trace, source)
        except Exception:  # noqa: BLE001 - the last place
            with contextlib.suppress(Exception):
                _log.exception("an error could not be reported: %s", kind.__name__)
        finally:
            self._here.depth = depth

    def _report(
        self, kind: type[BaseException], error: BaseException | None, trace: TracebackType | None, source: str
    ) -> None:
        place = _place(trace)
        count = self._repeats.count((kind, place))
        if count > 1:  # as at each paint: it is on show, and must not hide what else happens
            if is_told(count):
                _log.error("the same error again, %d times by now: %s %s", count, kind.__name__, place)
            return
        details = "".join(traceback.format_exception(kind, error, trace))
        if source:
            details = f"{source}\n{details}"
        _log.error("uncaught error\n%s", details)
        with contextlib.suppress(RuntimeError):  # the window is gone
            self._raised.emit(Message("error", _words(kind, error), details))

    def _take(
        self, kind: type[BaseException], error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.report(kind, error, trace)

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


def _place(trace: TracebackType | None) -> str:
    """Where an error was raised, which tells it from others better than its words."""
    if trace is None:
        return ""
    while trace.tb_next is not None:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}"


def _words(kind: type[BaseException], error: BaseException | None) -> str:
    """What happened and what to do, for the person."""
    if issubclass(kind, UserError):
        return str(error)
    if issubclass(kind, MemoryError):
        return "There was not enough memory for that. Close other programs or choose a smaller model, and try again."
    try:
        reason = " ".join(str(error).split()) if error is not None else ""
    except Exception:  # noqa: BLE001 - an error's own words may fail
        reason = ""
    reason = (reason or kind.__name__)[:_LONGEST_REASON]
    return (
        f"Something went wrong inside the app: {reason}. You can go on; if it happens again, save your models and "
        "start the app anew."
    )
