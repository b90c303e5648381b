"""Many coloured points drawn as one picture, and their way from one set of positions to the next."""

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyqtgraph
from PySide6.QtCore import QObject, QRectF, Qt, QTimer, Slot
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from vae_desktop.latent.codes import Floats

Colours = npt.NDArray[np.uint8]
_LEVELS = 3  # of opacity at a point's rim
_RIM = 1.6  # logical px, around a marked point
_FRAME = 1 / 30  # seconds, at least, from one frame to the next
_FRACTION = 0.04  # of the time that frames may take: painting holds a training up
_LEAST_FRAMES = 3  # of one move: fewer are no glide


@dataclass(frozen=True, eq=False)
class PointStyle:
    """How each of N points is drawn.

    Attributes
    ----------
    colour_indices : array (N,), uint16
        Of each point's colour in the palette.
    palette : array (K, 3), uint8
    behind : array (N,), bool, or None
        Points that lie below the others.
    marked : array (n,), int64
        Points on top of all others, with a rim.
    rim : (red, green, blue)
    """

    colour_indices: npt.NDArray[np.uint16]
    palette: Colours
    behind: npt.NDArray[np.bool_] | None = None
    marked: npt.NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    rim: tuple[int, int, int] = (0, 0, 0)

    def order(self) -> npt.NDArray[np.int64] | None:
        """Points from the lowest to the topmost, or None for the order that they are in."""
        return None if self.behind is None or not self.behind.any() else np.argsort(~self.behind, kind="stable")


class PointRaster(pyqtgraph.GraphicsObject):
    """A graphics item that stamps a disc per point into an image of the view's own size.

    The image is kept until the points or the view change, so that moving other items over it costs a copy. It is
    drawn as numbers of colours, which are looked up once per pixel: few bytes are written per point.
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
        style = self.style
        radius = point_radius(self._points.shape[1]) * ratio
        rim = radius + _RIM * ratio
        margin = int(np.ceil(rim)) + 2
        stride = width + 2 * margin
        canvas = np.zeros((height + 2 * margin) * stride, np.uint16)
        x = (self._points[0] - np.float32(rect.x())) * np.float32(width / rect.width())
        y = (np.float32(rect.bottom()) - self._points[1]) * np.float32(height / rect.height())
        # NaN is not seen: all comparisons with it are false.
        seen = (x > -radius) & (x < width + radius) & (y > -radius) & (y < height + radius)
        marked = style.marked[seen[style.marked]]
        shown = np.flatnonzero(seen) if self._order is None else self._order[seen[self._order]]

        def centres(chosen: npt.NDArray[np.int64]) -> npt.NDArray[np.intp]:
            rows, columns = y[chosen].astype(np.intp), x[chosen].astype(np.intp)
            return (rows + margin) * stride + columns + margin

        # Numbers of colours: 1 + level · (K + 1) + index; the last index is that of the rim of marked points.
        count = len(style.palette) + 1
        _stamp(canvas, centres(shown), style.colour_indices[shown], radius, stride, count)
        if len(marked):
            positions = centres(marked)
            _stamp(canvas, positions, np.uint16(count - 1), rim, stride, count)
            _stamp(canvas, positions, style.colour_indices[marked], radius, stride, count)
        inner = canvas.reshape(-1, stride)[margin : margin + height, margin : margin + width]
        self._pixels = _colour_table(style).take(inner)
        image = QImage(self._pixels.data, width, height, 4 * width, QImage.Format.Format_ARGB32_Premultiplied)
        image.setDevicePixelRatio(ratio)
        return image


def point_radius(count: int) -> float:
    """Radius of a point in logical pixels: smaller, the more there are."""
    return float(np.clip(4.2 - 0.95 * np.log10(max(count, 100) / 100), 1.0, 4.2))


def bounds_of(points: Floats) -> QRectF:
    """The rectangle that holds all finite points (N, 2); empty without any."""
    if not len(points):
        return QRectF()
    x, y = points.T  # a column at a time: ten times as quick as along the first axis
    left, top, right, bottom = float(x.min()), float(y.min()), float(x.max()), float(y.max())
    if not math.isfinite(left + top + right + bottom):
        return bounds_of(points[np.isfinite(x + y)])
    return QRectF(left, top, right - left, bottom - top)


def _stamp(
    canvas: npt.NDArray[np.uint16],
    centres: npt.NDArray[np.intp],
    indices: npt.NDArray[np.uint16] | np.uint16,
    radius: float,
    stride: int,
    colour_count: int,
) -> None:
    # From the rim inwards: a neighbour's soft edge never lies over a point's core.
    for level, offsets in _disc(radius, stride):
        tone = indices + np.uint16(1 + (level - 1) * colour_count)
        for offset in offsets:
            canvas[centres + offset] = tone


def _disc(radius: float, stride: int) -> Iterator[tuple[int, list[int]]]:
    """A disc as (level of opacity, offsets into the canvas), the faintest first: how much of each pixel it covers."""
    reach = int(np.ceil(radius)) + 1
    levels: dict[int, list[int]] = {}
    for dy in range(-reach, reach + 1):
        for dx in range(-reach, reach + 1):
            cover = float(np.clip(radius + 0.5 - np.hypot(dx, dy), 0, 1))
            if round(cover * _LEVELS) > 0:
                levels.setdefault(round(cover * _LEVELS), []).append(dy * stride + dx)
    yield from sorted(levels.items())


def _colour_table(style: PointStyle) -> npt.NDArray[np.uint32]:
    """Premultiplied ARGB by number: nothing, then the palette and the rim at each level of opacity."""
    colours = np.concatenate((style.palette, np.array([style.rim], np.uint8))).astype(np.float64)
    rows = [np.zeros(1, np.uint32)]
    for level in range(1, _LEVELS + 1):
        red, green, blue = (colours.T * level / _LEVELS).astype(np.uint32)
        alpha = np.uint32(round(255 * level / _LEVELS) << 24)
        rows.append(alpha | (red << 16) | (green << 8) | blue)
    return np.concatenate(rows)


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
