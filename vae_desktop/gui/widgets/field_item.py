"""A picture laid under the points: densities, distances, or what the decoder draws at each place."""

from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage, QPainter, QTransform

from vae_desktop.gui.widgets.cached_item import CachedItem


class FieldItem(CachedItem):
    """Stretches a picture over a rectangle in the axes' units."""

    def __init__(self) -> None:
        super().__init__()
        self._field: QImage | None = None
        self._rect = QRectF()

    @property
    def picture(self) -> QImage | None:
        """The picture on show."""
        return self._field

    @property
    def rect(self) -> QRectF:
        """Where the picture lies, in the axes' units; empty without one."""
        return self._rect

    def set_picture(self, picture: QImage | None, rect: QRectF = QRectF()) -> None:  # noqa: B008
        """Show a picture, its upper edge at the largest y of the rectangle."""
        self._field, self._rect = picture, QRectF(rect)
        self.redraw()

    def boundingRect(self) -> QRectF:
        return self._rect

    def draw(self, painter: QPainter, transform: QTransform) -> None:
        if self._field is not None:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(transform.mapRect(self._rect), self._field)
