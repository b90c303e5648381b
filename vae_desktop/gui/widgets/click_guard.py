"""What keeps the second click of a double click from a button that the first one has brought under the mouse."""

from PySide6.QtCore import QElapsedTimer, QEvent, QObject
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QAbstractButton, QPushButton

from vae_desktop.gui.widgets.controls import set_text


class ClickGuard(QObject):
    """Drops clicks on buttons for a moment after one of them has begun to do something else, or came into sight."""

    def __init__(self, *buttons: QAbstractButton) -> None:
        super().__init__(buttons[0])
        self._since = QElapsedTimer()
        for button in buttons:
            button.installEventFilter(self)

    def restart(self) -> None:
        """Note that a button does something else from now on."""
        self._since.start()

    def set_text(self, button: QPushButton, text: str) -> None:
        """Let a button say what it does from now on."""
        if button.text() != text:
            set_text(button, text)
            self.restart()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() not in (QEvent.Type.MouseButtonPress, QEvent.Type.MouseButtonDblClick):
            return False
        interval = QGuiApplication.styleHints().mouseDoubleClickInterval()
        return self._since.isValid() and self._since.elapsed() < interval
