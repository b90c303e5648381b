"""Text that changes many times a second."""

from PySide6.QtCore import QSize
from PySide6.QtGui import QFont, QResizeEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget


class SteadyLabel(QWidget):
    """A label in a room that does not depend on its text.

    With each new text a QLabel has everything around it laid out anew, up to the docks of the window.

    Parameters
    ----------
    font : QFont
    lines : int
        That there is room for.
    """

    def __init__(self, font: QFont, lines: int = 1, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.label = QLabel(self)
        self.label.setFont(font)
        self.label.setWordWrap(lines > 1)
        self._height = lines * self.label.fontMetrics().lineSpacing()
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def text(self) -> str:
        return self.label.text()

    def set_text(self, text: str) -> None:
        """Show a text."""
        if text != self.label.text():
            self.label.setText(text)

    def sizeHint(self) -> QSize:
        return QSize(0, self._height)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.label.resize(self.size())
