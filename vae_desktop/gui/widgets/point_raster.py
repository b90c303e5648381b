"""Many coloured points drawn as one picture, and their way from one set of positions to the next."""

import math
import time
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pyqtgraph
from PySide6.QtCore import QObject, QRectF, Qt, QTimer, Slot
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from vae_desktop.film.points import PointStyle, draw_points
from vae_desktop.latent.codes import Floats

_FRAME = 1 / 30  # seconds, at least, from one frame to the next
_FRACTION = 0.04  # of the time that frames may take: painting holds a training up
_LEAST_FRAMES = 3  # of one move: fewer are no glide


class PointRaster(pyqtgraph.GraphicsObject):
    """A graphics item that stamps a disc per point into an image of the view's own size.

    The image is kept until the points or the view change, so that moving other items over it costs a copy.
    """

    def __init__(self) -> None:
        super().__init__()
        self._points: Floats = np.empty((2, 0), np.float32)
        self.style = PointStyle(np.empty(0, np.uint16), np.empty((0, 3), np.uint8))
        self._order: npt.NDArray[np.int64] | None = None
        self._bounds = QRectF()
        self._image: QImage | None = None
        self._pixels: npt.NDArray[np.uint32] | None = None  # the image's memory
        self._drawn_for: tuple[object, ...] = ()
        self.drawings = 0  # how often a new picture was drawn

    def set_point_style(self, style: PointStyle) -> None:
        """Draw the points so, from when as many points are set."""
        self.style, self._order = style, style.order()
        self._drawn_for = ()
        self.update()

    def set_points(self, points: Floats) -> None:
        """Show points (N, 2), in the axes' units; one that is not finite is left out."""
        self._points = np.ascontiguousarray(points.T)
        self._drawn_for = ()
        self.prepareGeometryChange()
        self._bounds = bounds_of(points)
        self.update()

    def boundingRect(self) -> QRectF:
        view = self.getViewBox()
        return self._bounds if view is None else self._bounds.united(view.viewRect())

    def viewRangeChanged(self) -> None:
        self.prepareGeometryChange()
        self.update()

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        view = self.getViewBox()
        if view is None or not self._points.size or self._points.shape[1] != len(self.style.colour_indices):
            return
        ratio = painter.device().devicePixelRatioF()
        rect = view.viewRect()
        size = view.mapRectToScene(view.rect()).size()
        width, height = (max(1, round(length * ratio)) for length in (size.width(), size.height()))
        key = (rect.getRect(), width, height, ratio)
        if key != self._drawn_for or self._image is None:
            self._image = self._draw(rect, width, height, ratio)
            self._drawn_for = key
            self.drawings += 1
        corner = painter.worldTransform().mapRect(rect).topLeft()
        painter.save()
        painter.resetTransform()
        painter.drawImage(corner, self._image)
        painter.restore()

    def _draw(self, rect: QRectF, width: int, height: int, ratio: float) -> QImage:
        view = (rect.x(), rect.y(), rect.width(), rect.height())
        self._pixels = draw_points(self._points, self.style, view, (width, height), ratio, self._order)
        image = QImage(self._pixels.data, width, height, 4 * width, QImage.Format.Format_ARGB32_Premultiplied)
        image.setDevicePixelRatio(ratio)
        return image


def bounds_of(points: Floats) -> QRectF:
    """The rectangle that holds all finite points (N, 2); empty without any."""
    if not len(points):
        return QRectF()
    x, y = points.T  # a column at a time: ten times as quick as along the first axis
    left, top, right, bottom = float(x.min()), float(y.min()), float(x.max()), float(y.max())
    if not math.isfinite(left + top + right + bottom):
        return bounds_of(points[np.isfinite(x + y)])
    return QRectF(left, top, right - left, bottom - top)


class Glide(QObject):
    """Moves points smoothly, as often as their measured cost allows.

    Parameters
    ----------
    show : callable
        Draws positions (N, 2).
    cost : callable
        Seconds that drawing and painting a frame took last.
    """

    def __init__(self, show: Callable[[Floats], None], cost: Callable[[], float], parent: QObject) -> None:
        super().__init__(parent)
        self._show = show
        self._cost = cost
        self._start: Floats = np.empty((0, 2), np.float32)
        self._target = self._shown = self._start
        self._began, self._seconds = 0.0, 0.0
        self._timer = QTimer(self, singleShot=True, timerType=Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._advance)

    @property
    def target(self) -> Floats:
        """Where the points are going, or are."""
        return self._target

    def jump(self, positions: Floats) -> None:
        """Put the points at positions (N, 2) at once."""
        self._timer.stop()
        self._target = positions
        self._set(positions)

    def move(self, positions: Floats, seconds: float) -> None:
        """Let the points glide to positions (N, 2); if their number changed or there is no time for it, jump."""
        if len(positions) != len(self._shown) or self._cost() > seconds / _LEAST_FRAMES:
            self.jump(positions)
            return
        self._start, self._target = self._shown, positions
        self._began, self._seconds = time.monotonic(), seconds
        self._timer.start(round(1000 * self._pause()))

    @Slot()
    def _advance(self) -> None:
        fraction = (time.monotonic() - self._began) / self._seconds
        if fraction >= 1:
            self._set(self._target)
            return
        eased = np.float32(fraction * fraction * (3 - 2 * fraction))
        positions = self._start + eased * (self._target - self._start)
        fresh = np.isnan(self._start)  # a point that appears does so where it belongs
        self._set(np.where(fresh, self._target, positions) if fresh.any() else positions)
        self._timer.start(round(1000 * self._pause()))

    def _pause(self) -> float:
        return max(_FRAME, min(self._cost() / _FRACTION, self._seconds / _LEAST_FRAMES))

    def _set(self, positions: Floats) -> None:
        self._shown = positions
        self._show(positions)
