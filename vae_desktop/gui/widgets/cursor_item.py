"""The mark at the current latent point."""

import math
from typing import cast

from PySide6.QtCore import QLineF, QPointF, Qt
from PySide6.QtGui import QColor, QGuiApplication, QPainter, QPen, QPixmap
from PySide6.QtWidgets import QGraphicsPixmapItem

_RADIUS, _REACH = 7.0, 17.0  # px, of the ring and of the cross-hair
_SIDE = 2 * math.ceil(_REACH + 3)


class CursorItem(QGraphicsPixmapItem):
    """A ring with a short cross-hair, of one size at any zoom.

    It is small on purpose: moving it repaints a patch, lines across the whole plot would repaint everything. It is a
    picture, so that moving it runs no code of Python.
    """

    def __init__(self) -> None:
        super().__init__()
        self.setFlag(self.GraphicsItemFlag.ItemIgnoresTransformations)
        self.setTransformationMode(Qt.TransformationMode.SmoothTransformation)
        self.setOffset(-_SIDE / 2, -_SIDE / 2)
        self.set_colours("black", "white")

    def set_colours(self, ring: str, halo: str) -> None:
        ratio = cast(QGuiApplication, QGuiApplication.instance()).devicePixelRatio()
        picture = QPixmap(round(_SIDE * ratio), round(_SIDE * ratio))
        picture.setDevicePixelRatio(ratio)
        picture.fill(Qt.GlobalColor.transparent)
        painter = QPainter(picture)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.translate(_SIDE / 2, _SIDE / 2)
        ticks = [
            QLineF(dx * _RADIUS, dy * _RADIUS, dx * _REACH, dy * _REACH)
            for dx, dy in ((1, 0), (-1, 0), (0, 1), (0, -1))
        ]
        for colour, width in ((halo, 6.0), (ring, 2.5)):
            painter.setPen(QPen(QColor(colour), width))
            painter.drawLines(ticks)
            painter.drawEllipse(QPointF(0, 0), _RADIUS, _RADIUS)
        painter.end()
        self.setPixmap(picture)
