"""What is laid under and over the points of a plane: pictures, normal distributions, the mark at the current point."""

import math
from collections.abc import Callable
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import pyqtgraph
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetricsF,
    QGuiApplication,
    QImage,
    QPainter,
    QPainterPath,
    QPen,
    QPixmap,
    QTransform,
)
from PySide6.QtWidgets import QGraphicsPixmapItem, QStyleOptionGraphicsItem, QWidget

RADII = (1.0, 2.0)  # σ
_LINE = 18  # px, that a label takes
_HALO = 170  # how much of a halo is seen, of 255
_RING, _REACH = 7.0, 17.0  # px, of the cursor's ring and cross-hair
_SIDE = 2 * math.ceil(_REACH + 3)
_FAR = 1e4  # in the axes' units: how far the edges of a band go


class FieldItem(QGraphicsPixmapItem):
    """A picture stretched over a rectangle: densities, distances, or what the decoder draws at each position.

    Attributes
    ----------
    picture : QImage or None
        On show.
    rect : QRectF
        Where it lies; empty without a picture.
    """

    def __init__(self) -> None:
        super().__init__()
        self.setTransformationMode(Qt.TransformationMode.SmoothTransformation)
        self.set_picture(None)

    def set_picture(self, picture: QImage | None, rect: QRectF = QRectF()) -> None:  # noqa: B008
        """Show a picture, its upper edge at the largest y of the rectangle."""
        self.picture, self.rect = picture, QRectF(rect)
        self.setPixmap(QPixmap() if picture is None else QPixmap.fromImage(picture))
        if picture is not None:
            across, down = rect.width() / picture.width(), rect.height() / picture.height()
            self.setTransform(QTransform(across, 0, 0, -down, rect.left(), rect.bottom()))


class NormalItem(pyqtgraph.GraphicsObject):
    """Draws the points that are 1σ and 2σ from the mean: ellipses, or in one dimension the edges of bands.

    Qt keeps the drawing, since the cursor moves over it at 60 Hz and each time what lies below is painted again.
    """

    def __init__(self, style: Qt.PenStyle, width: float) -> None:
        super().__init__()
        self.setCacheMode(self.CacheMode.DeviceCoordinateCache)
        self._pen = QPen(QColor("black"), width, style)
        self._halo = QPen(QColor("white"), width + 2.5)
        for pen in (self._pen, self._halo):
            pen.setCosmetic(True)
        self._font = QFont()
        self._paths: dict[float, QPainterPath] = {}
        self.labels: tuple[str, ...] = ()

    def set_style(self, line: QColor, halo: QColor, font: QFont) -> None:
        halo.setAlpha(_HALO)
        self._pen.setColor(line)
        self._halo.setColor(halo)
        self._font = font
        self.update()

    def set_normal(
        self, mean: npt.NDArray[np.floating], covariance: npt.NDArray[np.floating], labels: tuple[str, ...] = ()
    ) -> None:
        """Show a normal distribution with mean (k,) and covariance (k, k), k = 1 or 2, in the axes' units."""
        self.prepareGeometryChange()
        self._paths = {radius: _outline(mean, covariance, radius) for radius in RADII}
        self.labels = labels
        self.show()
        self.update()

    @property
    def is_band(self) -> bool:
        """Whether the outlines are the edges of bands, which have no end."""
        return self._paths[max(RADII)].boundingRect().height() > _FAR

    def path(self, radius: float) -> QPainterPath:
        """The outline at so many standard deviations, in the axes' units."""
        return self._paths[radius]

    def label_rects(self) -> list[QRectF]:
        """Where the labels stand at the upper edges of ellipses, in the axes' units."""
        view = self.getViewBox()
        if not self.labels or view is None:
            return []
        pixel, metrics, rects = max(view.viewPixelSize()), QFontMetricsF(self._font), []
        for text, path in zip(self.labels, self._paths.values(), strict=True):
            outline = path.boundingRect()
            half = QPointF(metrics.horizontalAdvance(text) / 2 + 3, metrics.height() / 2) * pixel
            top = QPointF(outline.center().x(), outline.bottom())
            rects.append(QRectF(top - half, top + half))
        return rects

    def viewRangeChanged(self) -> None:
        self.prepareGeometryChange()
        self.update()

    def boundingRect(self) -> QRectF:
        view = self.getViewBox()
        if not self._paths or view is None:
            return QRectF()
        pixel = max(view.viewPixelSize())
        rect = self._paths[max(RADII)].boundingRect()
        return rect.adjusted(-60 * pixel, -20 * pixel, 60 * pixel, 20 * pixel)  # the labels' room

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for pen in (self._halo, self._pen):  # the halo, so that they are seen on any picture
            painter.setPen(pen)
            for path in self._paths.values():
                painter.drawPath(path)
        if self.labels:
            self._write_labels(painter, painter.worldTransform())

    def _write_labels(self, painter: QPainter, transform: QTransform) -> None:
        """Write each label at the upper edge of its outline, in letters of one size, where there is room."""
        widths = [transform.mapRect(path.boundingRect()).width() for path in self._paths.values()]
        if max(widths) - min(widths) < 2 * _LINE:
            return
        painter.resetTransform()
        painter.setFont(self._font)
        for label, path in zip(self.labels, self._paths.values(), strict=True):
            rect = path.boundingRect()
            top = transform.map(QPointF(rect.center().x(), rect.bottom()))
            if self.is_band:  # it has no upper edge
                edge = transform.map(QPointF(rect.right(), 0))
                top = QPointF(edge.x(), 24.0)
            size = painter.fontMetrics().size(0, label)
            box = QRectF(top.x() - size.width() / 2 - 3, top.y() - size.height() / 2, size.width() + 6, size.height())
            backing = QColor(self._halo.color())
            backing.setAlpha(200)
            painter.fillRect(box, backing)
            painter.setPen(self._pen.color())
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, label)


class CursorItem(QGraphicsPixmapItem):
    """A ring with a short cross-hair, of one size at any zoom.

    It is small on purpose: moving it repaints a patch, lines across the whole plot would repaint everything. It is a
    picture, so that moving it runs no code of Python. Where the point is out of sight, it is an arrow at the edge.
    """

    def __init__(self) -> None:
        super().__init__()
        self.setFlag(self.GraphicsItemFlag.ItemIgnoresTransformations)
        self.setTransformationMode(Qt.TransformationMode.SmoothTransformation)
        self.setOffset(-_SIDE / 2, -_SIDE / 2)
        self._colours = "black", "white"
        self._direction: float | None = None  # degrees, of an arrow in place of the ring
        self._paint()

    def set_colours(self, ring: str, halo: str) -> None:
        self._colours = ring, halo
        self._paint()

    def set_direction(self, degrees: float | None) -> None:
        """Be an arrow in that direction, clockwise from the right: the point is beyond the edge. None: be the ring."""
        if degrees != self._direction:
            self._direction = degrees
            self._paint()

    def _paint(self) -> None:
        ring, halo = self._colours
        ratio = cast(QGuiApplication, QGuiApplication.instance()).devicePixelRatio()
        picture = QPixmap(round(_SIDE * ratio), round(_SIDE * ratio))
        picture.setDevicePixelRatio(ratio)
        picture.fill(Qt.GlobalColor.transparent)
        painter = QPainter(picture)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.translate(_SIDE / 2, _SIDE / 2)
        ticks = [
            QLineF(dx * _RING, dy * _RING, dx * _REACH, dy * _REACH)
            for dx, dy in ((1, 0), (-1, 0), (0, 1), (0, -1))
        ]
        for colour, width in ((halo, 6.0), (ring, 2.5)):
            painter.setPen(QPen(QColor(colour), width))
            if self._direction is not None:
                painter.drawPath(QTransform().rotate(self._direction).map(_ARROW))
                continue
            painter.drawLines(ticks)
            painter.drawEllipse(QPointF(0, 0), _RING, _RING)
        painter.end()
        self.setPixmap(picture)


def arrow_to(tip: QPointF, right: float, down: float) -> QPainterPath:
    """The head of an arrow whose tip is there, and which points in that direction; in pixels."""
    angle = math.degrees(math.atan2(down, right))
    place = QTransform().translate(tip.x(), tip.y()).rotate(angle)
    return place.map(_ARROW)


def _arrow() -> QPainterPath:
    path = QPainterPath(QPointF(-12, -7))
    path.lineTo(-2, 0)
    path.lineTo(-12, 7)
    path.closeSubpath()
    return path


_ARROW = _arrow()


def _outline(
    mean: npt.NDArray[np.floating], covariance: npt.NDArray[np.floating], radius: float
) -> QPainterPath:
    path = QPainterPath()
    if len(mean) == 1:
        centre, half = float(mean[0]), radius * math.sqrt(float(covariance[0, 0]))
        for x in (centre - half, centre + half):
            path.moveTo(x, -_FAR)
            path.lineTo(x, _FAR)
        return path
    variances, directions = np.linalg.eigh(covariance)
    half_axes = radius * np.sqrt(variances.clip(min=0))
    path.addEllipse(QPointF(0, 0), *half_axes.tolist())
    angle = math.degrees(math.atan2(directions[1, 0], directions[0, 0]))
    place = QTransform().translate(float(mean[0]), float(mean[1])).rotate(angle)
    return place.map(path)


class LabelItem(QGraphicsPixmapItem):
    """A picture of a text around a position of a plot, in letters of one size however the plot is zoomed."""

    def __init__(self, height: float) -> None:
        super().__init__()
        self.setFlag(self.GraphicsItemFlag.ItemIgnoresTransformations)
        self.setTransformationMode(Qt.TransformationMode.SmoothTransformation)
        self.setZValue(height)
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)
        self._then: Callable[[], None] | None = None
        self.hide()

    def make_button(self, then: Callable[[], None], tip: str) -> None:
        """Have something done at a click."""
        self._then = then
        self.setToolTip(tip)
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def mouseClickEvent(self, event: Any) -> None:
        """Pyqtgraph's scene sends it, also to items that take no buttons from Qt's."""
        if self._then is not None and event.button() == Qt.MouseButton.LeftButton:
            event.accept()
            self._then()
        else:
            event.ignore()

    def set_picture(self, picture: QPixmap) -> None:
        """Show a picture with its middle at the position."""
        self.setPixmap(picture)
        size = picture.deviceIndependentSize()
        self.setOffset(-size.width() / 2, -size.height() / 2)
