"""What Qt itself says goes into the log."""

import logging
import os
import sys

from PySide6.QtCore import QtMsgType

from vae_desktop.system_libraries import how_to_install, missing_libraries

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
        _log.warning("%s", text)  # for the file: the terminal gets one line
        reason = f"no window can be opened: {text.splitlines()[0] if text else 'Qt cannot start'}"
        if libraries := missing_libraries(text):
            reason = how_to_install(libraries)
        print(f"vae-desktop: {reason}", file=sys.stderr, flush=True)
        os._exit(2)
    log_qt_message(kind, context, text)
