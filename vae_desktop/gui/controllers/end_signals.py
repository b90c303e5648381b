"""The wish of the system or of the terminal that the process ends: the window closes as if by hand."""

import signal
import socket

from PySide6.QtCore import QObject, QSocketNotifier, Signal, Slot

_NAMES = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")  # those that the system has


class EndSignals(QObject):
    """Emits `requested` at the first signal; the second one ends the process at once.

    Python runs a handler of its own only when its code runs next, which in an idle window is never. What it writes into
    a socket meanwhile wakes Qt's event loop.
    """

    requested = Signal()

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._kinds = [
            kind
            for kind in (getattr(signal, name, None) for name in _NAMES)
            if kind is not None and signal.getsignal(kind) != signal.SIG_IGN  # as nohup has it
        ]
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
