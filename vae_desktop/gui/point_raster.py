"""Many coloured points drawn as one picture: what makes a moving scatter of 70,000 codes affordable."""

import numpy as np
import numpy.typing as npt
import pyqtgraph
from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from vae_desktop.latent.codes import Floats

Colours = npt.NDArray[np.uint8]


class PointRaster(pyqtgraph.GraphicsObject):
    """A graphics item that stamps a disc per point into an image of the view's own size.

    The image is kept until the points or the view change, so that moving other items over it costs a copy.
    """

    def __init__(self) -> None:
        super().__init__()
        self._points: Floats = np.empty((0, 2), np.float32)
        self._colours: Colours = np.empty((0, 3), np.uint8)
        self._bounds = QRectF()
        self._image: QImage | None = None
        self._pixels: npt.NDArray[np.uint32] | None = None  # the image's memory
        self._drawn_for: tuple[object, ...] = ()

    def set_points(self, points: Floats, colours: Colours) -> None:
        """Show points (N, 2), in the axes' units, in colours (N, 3), 0 to 255; later ones lie on top."""
        finite = np.isfinite(points).all(1)
        if not finite.all():
            points, colours = points[finite], colours[finite]
        self._points, self._colours = points, colours
        self._drawn_for = ()
        self.prepareGeometryChange()
        self._bounds = _bounds(points)
        self.update()

    def boundingRect(self) -> QRectF:
        view = self.getViewBox()
        return self._bounds if view is None else self._bounds.united(view.viewRect())

    def data_bounds(self) -> QRectF:
        """The rectangle that holds all points, in the axes' units; empty without points."""
        return self._bounds

    def viewRangeChanged(self) -> None:
        self.prepareGeometryChange()
        self.update()

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        view = self.getViewBox()
        if view is None or not len(self._points):
            return
        ratio = painter.device().devicePixelRatioF()
        rect = view.viewRect()
        width, height = max(round(view.width() * ratio), 1), max(round(view.height() * ratio), 1)
        wanted = (rect.getRect(), width, height, ratio)
        if wanted != self._drawn_for:
            self._draw(rect, width, height, ratio)
            self._drawn_for = wanted
        # In device pixels, one for one: a painter that flips and scales takes many times longer.
        corner = painter.transform().mapRect(rect).topLeft()
        painter.resetTransform()
        painter.drawImage(corner, self._image)

    def _draw(self, rect: QRectF, width: int, height: int, ratio: float) -> None:
        radius = _radius(len(self._points)) * ratio
        margin = int(np.ceil(radius)) + 2
        stride = width + 2 * margin
        canvas = np.zeros((height + 2 * margin) * stride, np.uint32)
        x = (self._points[:, 0] - rect.x()) * (width / rect.width())
        y = (rect.bottom() - self._points[:, 1]) * (height / rect.height())
        seen = (x > -radius) & (x < width + radius) & (y > -radius) & (y < height + radius)
        centre = (y[seen].astype(np.int64) + margin) * stride + x[seen].astype(np.int64) + margin
        red, green, blue = self._colours[seen].astype(np.uint32).T
        # From the rim inwards: a neighbour's soft edge never lies over a point's core.
        for opacity, offsets in _stamps(radius, stride):
            tone = (round(255 * opacity) << 24) | _premultiplied(red, green, blue, opacity)
            for offset in offsets:
                canvas[centre + offset] = tone
        inner = canvas.reshape(-1, stride)[margin : margin + height, margin : margin + width]
        self._pixels = np.ascontiguousarray(inner)
        self._image = QImage(self._pixels, width, height, 4 * width, QImage.Format.Format_ARGB32_Premultiplied)
        self._image.setDevicePixelRatio(ratio)


def _radius(count: int) -> float:
    """Radius of a point in logical pixels: smaller, the more there are."""
    return float(np.clip(4.2 - 0.8 * np.log10(max(count, 100) / 100), 1.3, 4.2))


def _stamps(radius: float, stride: int) -> list[tuple[float, list[int]]]:
    """A disc as (opacity, offsets into the canvas), the faintest first: how much of each pixel it covers."""
    reach = int(np.ceil(radius)) + 1
    levels: dict[float, list[int]] = {}
    for dy in range(-reach, reach + 1):
        for dx in range(-reach, reach + 1):
            cover = float(np.clip(radius + 0.5 - np.hypot(dx, dy), 0, 1))
            opacity = round(cover * 3) / 3
            if opacity > 0:
                levels.setdefault(opacity, []).append(dy * stride + dx)
    return sorted(levels.items())


def _premultiplied(
    red: npt.NDArray[np.uint32], green: npt.NDArray[np.uint32], blue: npt.NDArray[np.uint32], opacity: float
) -> npt.NDArray[np.uint32]:
    parts = [(part * opacity).astype(np.uint32) for part in (red, green, blue)]
    return (parts[0] << 16) | (parts[1] << 8) | parts[2]


def _bounds(points: Floats) -> QRectF:
    if not len(points):
        return QRectF()
    (left, top), (right, bottom) = points.min(0).tolist(), points.max(0).tolist()
    return QRectF(left, top, right - left, bottom - top)
