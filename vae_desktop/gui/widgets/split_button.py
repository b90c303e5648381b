"""A button with a menu of what belongs to it behind an arrow at its right end."""

from PySide6.QtCore import QPoint, QPointF, QSize, Qt
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QMenu, QPushButton

_ARROW = 26  # px, of its width


class SplitButton(QPushButton):
    """A click on the arrow, or the Down key, opens the menu; a click elsewhere presses the button.

    Parameters
    ----------
    is_narrow : bool
        What the button shows, an icon, stands left of the arrow; otherwise, as a text, in the middle.

    Attributes
    ----------
    options : QMenu
    """

    def __init__(self, is_narrow: bool = False) -> None:
        super().__init__()
        self._extra = 0 if is_narrow else 2 * _ARROW
        self.setProperty("narrow", is_narrow)  # the style sheet leaves room for the arrow
        self.options = QMenu(self)
        self.options.setToolTipsVisible(True)

    def sizeHint(self) -> QSize:
        return super().sizeHint() + QSize(self._extra, 0)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.position().x() >= self.width() - _ARROW and event.button() == Qt.MouseButton.LeftButton:
            self.open_options()
        else:
            super().mousePressEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Down:
            self.open_options()
        else:
            super().keyPressEvent(event)

    def open_options(self) -> None:
        """Open the menu below the button, as wide as it is."""
        self.options.setMinimumWidth(self.width())
        self.options.popup(self.mapToGlobal(QPoint(0, self.height())))

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter, x, middle = QPainter(self), self.width() - _ARROW, self.height() / 2
        painter.setPen(self.palette().mid().color())
        painter.drawLine(x, 4, x, self.height() - 5)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(self.palette().placeholderText().color(), 1.5))
        centre = QPointF(x + _ARROW / 2, middle + 1.5)
        painter.drawPolyline(QPolygonF([centre + QPointF(-3.5, -3), centre, centre + QPointF(3.5, -3)]))
        painter.end()
