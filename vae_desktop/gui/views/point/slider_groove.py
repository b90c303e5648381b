"""The groove of a latent slider: a strip of what moving the handle will draw, and the handle on it."""

import math

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QMouseEvent, QPainter, QPaintEvent, QPen, QPixmap

from vae_desktop.gui.widgets.decoded_image import to_image
from vae_desktop.gui.widgets.value_slider import ValueSlider
from vae_desktop.latent.codes import Floats, Picture

_PER_UNIT = 100.0  # positions of the handle, so that a screen reader reads hundredths
_MOST = 1e6  # positions; a wider range has coarser ones
FRAME = 26  # px, height of the groove and width of a picture in it
_MARGIN = 5  # px, half of the handle's width


class SliderGroove(ValueSlider):
    """A slider whose groove shows pictures; left button and arrow keys move it, the right one asks for 0.

    Its positions are hundredths of the latent space's units, or coarser where the range is very wide.
    """

    zero_requested = Signal()

    def __init__(self, label: str) -> None:
        super().__init__("", label, "", (-300, 300), _PER_UNIT, "{:.2f}")
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
        self.setFixedHeight(FRAME + 4)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)  # what lies under it is not painted for it
        self.traversal: QImage | None = None
        self._kept, self._kept_for = QPixmap(), tuple[object, ...]()  # all but the handle, and what it was painted for

    def cover(self, minimum: float, maximum: float) -> None:
        """Reach from one value to another, in latent units."""
        coarser = math.ceil(math.log10(max((maximum - minimum) * _PER_UNIT / _MOST, 1)))
        self._per_unit = _PER_UNIT / 10**coarser
        low, high = math.floor(minimum * self._per_unit), math.ceil(maximum * self._per_unit)
        if (low, high) != (self.minimum(), self.maximum()):
            self.setRange(low, high)
            self.setPageStep(max((high - low) // 10, 1))
            self.setSingleStep(max((high - low) // 100, 1))
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(6 * FRAME, FRAME + 4)

    def minimumSizeHint(self) -> QSize:
        return QSize(3 * FRAME, FRAME + 4)

    def set_traversal(self, traversal: Picture | None) -> None:
        """Lay a strip of pictures (h, n·w, C), uint8, into the groove."""
        self.traversal = None if traversal is None else to_image(traversal)
        self.update()

    def frame_fractions(self) -> Floats:
        """Fractions of the range (n,) at which the middles of the traversal's pictures lie."""
        count = max(2, round(self.width() / FRAME))
        middles = (np.arange(count) + 0.5) * self.width() / count
        return ((middles - _MARGIN) / max(self.width() - 2 * _MARGIN, 1)).clip(0, 1).astype(np.float32)

    def paintEvent(self, event: QPaintEvent) -> None:
        ratio = self.devicePixelRatioF()
        traversal = None if self.traversal is None else self.traversal.cacheKey()
        key = (traversal, self._fraction(0), self.size(), ratio, self.isEnabled(), self.palette().cacheKey())
        if key != self._kept_for:
            self._kept = QPixmap(self.size() * ratio)
            self._kept.setDevicePixelRatio(ratio)
            self._paint_groove(QPainter(self._kept))
            self._kept_for = key
        painter = QPainter(self)
        painter.drawPixmap(0, 0, self._kept)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_handle(painter)
        painter.end()

    def _paint_groove(self, painter: QPainter) -> None:
        palette = self.palette()
        groove = QRectF(0, 2, self.width(), FRAME)
        painter.fillRect(self.rect(), palette.window())
        if self.traversal is not None:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            if not self.isEnabled():
                painter.setOpacity(0.4)
            painter.drawImage(groove, self.traversal)
            painter.setOpacity(1)
        else:
            painter.fillRect(QRectF(0, self.height() / 2 - 2, self.width(), 4), palette.mid())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self.minimum() <= 0 <= self.maximum():
            x = self._x(self._fraction(0))
            painter.setPen(QPen(palette.windowText().color(), 1))
            painter.drawLine(QPointF(x, self.height() - 3), QPointF(x, self.height()))
        painter.end()

    def _paint_handle(self, painter: QPainter) -> None:
        palette = self.palette()
        x = self._x(self._fraction(self.value()))
        handle = QRectF(x - 4, 0.5, 8, self.height() - 1)
        colour = palette.highlight().color() if self.isEnabled() else palette.mid().color()
        painter.setBrush(colour)
        painter.setPen(QPen(palette.base().color(), 1.5))
        painter.drawRoundedRect(handle, 3, 3)
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(palette.windowText().color()), 1.5))
            painter.drawRoundedRect(handle.adjusted(-1, 0, 1, 0), 3.5, 3.5)

    def _fraction(self, position: int) -> float:
        """How far along the range a position is."""
        return (position - self.minimum()) / (self.maximum() - self.minimum())

    def _x(self, fraction: float) -> float:
        return _MARGIN + fraction * (self.width() - 2 * _MARGIN)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.zero_requested.emit()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        # A press anywhere in the groove goes there at once, and the drag goes on from there.
        if event.button() == Qt.MouseButton.LeftButton:
            self._go_to(event)
            self.setSliderDown(True)
        elif event.button() == Qt.MouseButton.RightButton:
            self.zero_requested.emit()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self.isSliderDown():
            self._go_to(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self.setSliderDown(False)

    def _go_to(self, event: QMouseEvent) -> None:
        fraction = (event.position().x() - _MARGIN) / max(self.width() - 2 * _MARGIN, 1)
        span = self.maximum() - self.minimum()
        self.setValue(self.minimum() + round(min(max(fraction, 0.0), 1.0) * span))
