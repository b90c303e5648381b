"""A ring around the control that a step of the lab is about."""

from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen, QRegion
from PySide6.QtWidgets import QWidget

from vae_desktop.gui.widgets.controls import named
from vae_desktop.gui.widgets.theme import SPACING
from vae_desktop.language import tr

_WIDTH = 3  # px


class Ring(QWidget):
    """Lies over a window, around one of its parts, and lets everything through."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        named(self, "labRing", tr("Ring around what the step uses"))
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._target: QWidget | None = None
        self.hide()

    @property
    def target(self) -> QWidget | None:
        """What is ringed."""
        return self._target

    def surround(self, target: QWidget | None, place: QRect | None = None) -> None:
        """Ring a part of the window, wherever it is now, or a place within it; None takes the ring away."""
        self._target = target
        if target is None or not target.isVisible() or target.window() is not self.window():
            self.hide()
            return
        inside = target.rect() if place is None else place
        room = QRect(target.mapTo(self.window(), inside.topLeft()), inside.size())
        room = room.adjusted(-_WIDTH, -_WIDTH, _WIDTH, _WIDTH)
        room = room.intersected(self.window().rect())
        if room != self.geometry():
            self.setGeometry(room)
            inner = self.rect().adjusted(_WIDTH + 1, _WIDTH + 1, -_WIDTH - 1, -_WIDTH - 1)
            self.setMask(QRegion(self.rect()) - QRegion(inner))  # what is inside need not be painted with it
        if not self.isVisible():
            self.show()
        self.raise_()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(self.palette().accent().color(), _WIDTH))
        half = _WIDTH / 2
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(half, half, -half, -half), SPACING / 2, SPACING / 2)
        painter.end()
