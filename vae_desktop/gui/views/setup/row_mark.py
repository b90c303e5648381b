"""The small sign before the label of a setting: that it differs from the model on screen, or acts on its training."""

from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from vae_desktop.gui.widgets.controls import explain, named
from vae_desktop.gui.widgets.theme import SPACING
from vae_desktop.language import tr

_DOT = 2.5  # px, radius
_BAR = 3  # px, width


class RowMark(QWidget):
    """A dot where a setting differs from that of the model on screen, a bar where it acts on the training that runs.

    A click on it has the setting be as on screen.
    """

    clicked = Signal()

    def __init__(self, name: str, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._title = title
        self.on_screen = ""
        self._is_live, self._is_in_sight = False, True
        self.setFixedWidth(SPACING)
        named(self, name, title)
        self._refresh()

    def set_on_screen(self, text: str) -> None:
        """Say what the model on screen has; "" where it is the same."""
        if text != self.on_screen:
            self.on_screen = text
            self._refresh()

    def set_live(self, is_live: bool) -> None:
        """Say whether the setting acts on the training that runs."""
        if is_live != self._is_live:
            self._is_live = is_live
            self._refresh()

    def set_in_sight(self, is_in_sight: bool) -> None:
        """Whether the row is shown at all."""
        self._is_in_sight = is_in_sight
        self._refresh()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if self.on_screen and event.button() == Qt.MouseButton.LeftButton:
            self.clicked.emit()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self.palette().accent())
        if self._is_live:
            height = min(self.height(), 3 * SPACING)
            painter.drawRoundedRect(QRectF(0, (self.height() - height) / 2, _BAR, height), 1.5, 1.5)
        else:
            painter.drawEllipse(QPointF(_DOT, self.height() / 2), _DOT, _DOT)
        painter.end()

    def _refresh(self) -> None:
        live = tr("Acts at once on the training that runs.") if self._is_live else ""
        back = tr("Click to have it so here.") if self.on_screen else ""
        says = " ".join(text for text in (self.on_screen, back, live) if text)
        self.setCursor(Qt.CursorShape.PointingHandCursor if back else Qt.CursorShape.ArrowCursor)
        explain(self, says)
        self.setAccessibleName(f"{self._title}: {says}" if says else self._title)
        self.setVisible(self._is_in_sight and bool(says))
        self.update()
