"""What of a posterior is lit in the scatter: its mean, its ellipses, and the way from the mean to a code."""

from typing import NamedTuple

import pyqtgraph
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from vae_desktop.gui.widgets.theme import current_theme

_DOT, _HALO = 10.0, 15.0  # px across
_ROOM = 20  # px around what is drawn


class Lit(NamedTuple):
    """What is drawn, in the axes' units."""

    mean: QPointF | None = None
    code: QPointF | None = None
    way: tuple[QPointF, QPointF] | None = None
    outlines: tuple[QPainterPath, ...] = ()


class PosteriorLight(pyqtgraph.GraphicsObject):
    """Draws over the points, in the colour of what is pointed at."""

    def __init__(self) -> None:
        super().__init__()
        self.lit = Lit()
        self.setZValue(12)
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)
        self.hide()

    def show_lit(self, lit: Lit) -> None:
        """Draw this and nothing else."""
        self.prepareGeometryChange()
        self.lit = lit
        self.setVisible(lit != Lit())
        self.update()

    def viewRangeChanged(self) -> None:
        self.prepareGeometryChange()
        self.update()

    def boundingRect(self) -> QRectF:
        view = self.getViewBox()
        if view is None:
            return QRectF()
        points = [point for point in (self.lit.mean, self.lit.code, *(self.lit.way or ())) if point is not None]
        rect = QRectF()
        for part in (*(QRectF(point, point).adjusted(-1e-9, -1e-9, 1e-9, 1e-9) for point in points),
                     *(path.boundingRect() for path in self.lit.outlines)):  # fmt: skip
            rect = rect.united(part)
        across, up = (_ROOM * size for size in view.viewPixelSize())
        return rect.adjusted(-across, -up, across, up)

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        theme = current_theme()
        accent, halo = QColor(theme.accent), QColor(theme.surface)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for colour, width in ((halo, 6.0), (accent, 3.0)):
            painter.setPen(_pen(colour, width))
            for path in self.lit.outlines:
                painter.drawPath(path)
            if self.lit.way is not None:
                painter.drawLine(*self.lit.way)
        for point in (self.lit.mean, self.lit.code):
            if point is not None:
                for colour, width in ((halo, _HALO), (accent, _DOT)):
                    painter.setPen(_pen(colour, width))
                    painter.drawPoint(point)


def _pen(colour: QColor, width: float) -> QPen:
    pen = QPen(colour, width)
    pen.setCosmetic(True)
    pen.setCapStyle(Qt.PenCapStyle.RoundCap)
    return pen
