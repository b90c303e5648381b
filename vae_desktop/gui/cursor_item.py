"""The mark at the current latent point."""

import pyqtgraph
from PySide6.QtCore import QLineF, QPointF, QRectF
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

_RADIUS, _REACH = 7.0, 17.0  # px, of the ring and of the cross-hair


class CursorItem(pyqtgraph.GraphicsObject):
    """A ring with a short cross-hair, of one size at any zoom.

    It is small on purpose: moving it repaints a patch, lines across the whole plot would repaint everything.
    """

    def __init__(self) -> None:
        super().__init__()
        self.setFlag(self.GraphicsItemFlag.ItemIgnoresTransformations)
        self._ring, self._halo = QColor("black"), QColor("white")

    def set_colours(self, ring: str, halo: str) -> None:
        self._ring, self._halo = QColor(ring), QColor(halo)
        self.update()

    def boundingRect(self) -> QRectF:
        reach = _REACH + 3
        return QRectF(-reach, -reach, 2 * reach, 2 * reach)

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ticks = [
            QLineF(dx * _RADIUS, dy * _RADIUS, dx * _REACH, dy * _REACH)
            for dx, dy in ((1, 0), (-1, 0), (0, 1), (0, -1))
        ]
        for colour, width in ((self._halo, 6.0), (self._ring, 2.5)):
            painter.setPen(QPen(colour, width))
            painter.drawLines(ticks)
            painter.drawEllipse(QPointF(0, 0), _RADIUS, _RADIUS)
