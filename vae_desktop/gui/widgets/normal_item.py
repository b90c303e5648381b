"""A normal distribution in a plane, at true scale: the outlines at one and two standard deviations."""

import math

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPainterPath, QPen, QTransform

from vae_desktop.gui.widgets.cached_item import CachedItem

RADII = (1.0, 2.0)  # σ
_LINE = 18  # px, that a label takes
_HALO = QColor(0, 0, 0, 170)  # how much of a halo is seen
_FAR = 1e4  # in the axes' units: how far the edges of a band go


class NormalItem(CachedItem):
    """Draws the places that are 1σ and 2σ from the mean: ellipses, or in one dimension the edges of bands."""

    def __init__(self, style: Qt.PenStyle, width: float) -> None:
        super().__init__()
        self._pen = QPen(QColor("black"), width, style)
        self._pen.setCosmetic(True)
        self._halo = QPen(QColor("white"), width + 2.5)
        self._halo.setCosmetic(True)
        self._font = QFont()
        self._paths: dict[float, QPainterPath] = {}
        self.labels: tuple[str, ...] = ()

    def set_look(self, line: QColor, halo: QColor, font: QFont) -> None:
        self._pen.setColor(line)
        self._halo.setColor(halo)
        self._font = font
        self.redraw()

    def set_normal(
        self, mean: npt.NDArray[np.floating], covariance: npt.NDArray[np.floating], labels: tuple[str, ...] = ()
    ) -> None:
        """Show a normal distribution with mean (k,) and covariance (k, k), k = 1 or 2, in the axes' units."""
        self._paths = {radius: _outline(mean, covariance, radius) for radius in RADII}
        self.labels = labels
        self.show()
        self.redraw()

    def path(self, radius: float) -> QPainterPath:
        """The outline at so many standard deviations, in the axes' units."""
        return self._paths[radius]

    def boundingRect(self) -> QRectF:
        view = self.getViewBox()
        if not self._paths or view is None:
            return QRectF()
        pixel = max(view.viewPixelSize())
        rect = self._paths[max(RADII)].boundingRect()
        return rect.adjusted(-60 * pixel, -20 * pixel, 60 * pixel, 20 * pixel)  # the labels' room

    def draw(self, painter: QPainter, transform: QTransform) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._draw_outlines(painter, transform, self._halo)  # so that they are seen on any picture
        # Made transparent afterwards: Qt takes several times as long for a wide transparent pen.
        painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_DestinationIn)
        device, ratio = painter.device(), painter.device().devicePixelRatioF()
        painter.fillRect(QRectF(0, 0, device.width() / ratio, device.height() / ratio), _HALO)
        painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_SourceOver)
        self._draw_outlines(painter, transform, self._pen)
        if self.labels:
            self._write_labels(painter, transform)

    def _draw_outlines(self, painter: QPainter, transform: QTransform, pen: QPen) -> None:
        painter.setPen(pen)
        painter.setTransform(transform)
        for path in self._paths.values():
            painter.drawPath(path)
        painter.resetTransform()

    def _write_labels(self, painter: QPainter, transform: QTransform) -> None:
        """Write each label at the upper edge of its outline, in letters of one size, where there is room."""
        widths = [transform.mapRect(path.boundingRect()).width() for path in self._paths.values()]
        if max(widths) - min(widths) < 2 * _LINE:
            return
        painter.setFont(self._font)
        for label, path in zip(self.labels, self._paths.values(), strict=True):
            rect = path.boundingRect()
            top = transform.map(QPointF(rect.center().x(), rect.bottom()))
            if rect.height() > _FAR:  # a band has no upper edge
                place = transform.map(QPointF(rect.right(), 0))
                top = QPointF(place.x(), 24.0)
            size = painter.fontMetrics().size(0, label)
            box = QRectF(top.x() - size.width() / 2 - 3, top.y() - size.height() / 2, size.width() + 6, size.height())
            backing = QColor(self._halo.color())
            backing.setAlpha(200)
            painter.fillRect(box, backing)
            painter.setPen(self._pen.color())
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, label)


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
