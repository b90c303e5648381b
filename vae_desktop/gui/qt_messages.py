"""What Qt itself says goes into the log."""

import logging
import os
import sys

from PySide6.QtCore import QtMsgType

_log = logging.getLogger("qt")
_LEVELS = {
    QtMsgType.QtWarningMsg: logging.WARNING,
    QtMsgType.QtCriticalMsg: logging.ERROR,
    QtMsgType.QtFatalMsg: logging.CRITICAL,
}


def log_qt_message(kind: QtMsgType, context: object, text: str) -> None:
    """Log what Qt says; after a fatal one it aborts, which faulthandler takes down."""
    _log.log(_LEVELS.get(kind, logging.DEBUG), "%s", text)


def log_or_end(kind: QtMsgType, context: object, text: str) -> None:
    """Log what Qt says before there is a window; where it is about to abort, say so in one line and exit instead."""
    if kind == QtMsgType.QtFatalMsg:
        _log.critical("%s", text)
        reason = text.splitlines()[0] if text else "Qt cannot start"
        print(f"vae-desktop: no window can be opened: {reason}", file=sys.stderr, flush=True)
        os._exit(2)
    log_qt_message(kind, context, text)
