"""A picture laid under the points: densities, distances, or what the decoder draws at each place."""

import pyqtgraph
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget


class FieldItem(pyqtgraph.GraphicsObject):
    """Stretches a picture over a rectangle in the axes' units.

    It is scaled once to the pixels of the screen, so that moving the cursor over it costs a copy.
    """

    def __init__(self, opacity: float = 1.0) -> None:
        super().__init__()
        self._opacity = opacity
        self._picture: QImage | None = None
        self._rect = QRectF()
        self._scaled: QImage | None = None
        self._scaled_for: tuple[object, ...] = ()

    @property
    def rect(self) -> QRectF:
        """Where the picture lies, in the axes' units; empty without one."""
        return self._rect

    def set_picture(self, picture: QImage | None, rect: QRectF = QRectF()) -> None:  # noqa: B008
        """Show a picture, its upper edge at the largest y of the rectangle."""
        self.prepareGeometryChange()
        self._picture, self._rect = picture, QRectF(rect)
        self._scaled_for = ()
        self.update()

    def boundingRect(self) -> QRectF:
        return self._rect

    def viewRangeChanged(self) -> None:
        self.update()

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        view = self.getViewBox()
        if self._picture is None or view is None:
            return
        ratio = painter.device().devicePixelRatioF()
        transform = painter.combinedTransform()
        shown = transform.mapRect(view.viewRect().intersected(self._rect)).toAlignedRect()
        place = transform.mapRect(self._rect)
        key = (shown.getRect(), place.getRect(), ratio)
        if key != self._scaled_for:
            self._scaled = self._scale(place.translated(-QPointF(shown.topLeft())), shown.size() * ratio, ratio)
            self._scaled_for = key
        painter.save()
        painter.resetTransform()
        painter.setOpacity(self._opacity)
        painter.drawImage(shown.topLeft(), self._scaled)
        painter.restore()

    def _scale(self, place: QRectF, size: object, ratio: float) -> QImage:
        scaled = QImage(size.expandedTo(size.__class__(1, 1)), QImage.Format.Format_ARGB32_Premultiplied)
        scaled.setDevicePixelRatio(ratio)
        scaled.fill(Qt.GlobalColor.transparent)
        painter = QPainter(scaled)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(place, self._picture)
        painter.end()
        return scaled
