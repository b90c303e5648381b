"""An item of a plot that is drawn once and then copied."""

import pyqtgraph
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QImage, QPainter, QTransform
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget


class CachedItem(pyqtgraph.GraphicsObject):
    """Keeps what it draws as a picture in the pixels of the screen, until it or the view changes.

    The cursor moves over it at 60 Hz, and each time what lies below is painted again.
    """

    def __init__(self) -> None:
        super().__init__()
        self._picture: QImage | None = None
        self._drawn_for: tuple[object, ...] = ()
        self._corner = QPointF()

    def draw(self, painter: QPainter, transform: QTransform) -> None:
        """Draw the item into an empty picture; the transform goes from the axes' units to the painter's pixels."""
        raise NotImplementedError

    def redraw(self) -> None:
        """What is drawn has changed."""
        self._drawn_for = ()
        self.prepareGeometryChange()
        self.update()

    def viewRangeChanged(self) -> None:
        self.redraw()

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        view = self.getViewBox()
        if view is None:
            return
        ratio = painter.device().devicePixelRatioF()
        transform = painter.worldTransform()  # in logical pixels, whatever the screen's ratio
        shown = transform.mapRect(view.viewRect().intersected(self.boundingRect())).toAlignedRect()
        if shown.isEmpty():
            return
        key = (shown.getRect(), transform, ratio)
        if key != self._drawn_for or self._picture is None:
            self._picture = QImage(shown.size() * ratio, QImage.Format.Format_ARGB32_Premultiplied)
            self._picture.setDevicePixelRatio(ratio)
            self._picture.fill(Qt.GlobalColor.transparent)
            inner = QPainter(self._picture)
            self.draw(inner, transform * QTransform.fromTranslate(-shown.left(), -shown.top()))
            inner.end()
            self._drawn_for, self._corner = key, QPointF(shown.topLeft())
        painter.save()
        painter.resetTransform()
        painter.drawImage(self._corner, self._picture)
        painter.restore()
