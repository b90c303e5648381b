"""The decoded manifold: a grid of pictures over the plane, and the current point on it."""

import math
from statistics import NormalDist

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import (
    QColor,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from vae_desktop.gui.widgets.choice_box import ChoiceBox
from vae_desktop.gui.widgets.controls import ARROWS, column, label, named, row, styled
from vae_desktop.gui.widgets.decoded_image import crisp_rect, to_image
from vae_desktop.gui.widgets.labels import ElidedLabel
from vae_desktop.gui.widgets.number_field import NumberField
from vae_desktop.gui.widgets.plane_items import arrow_to
from vae_desktop.gui.widgets.theme import SPACING
from vae_desktop.gui.widgets.tile_board import paint_focus
from vae_desktop.language import tr
from vae_desktop.latent.codes import Floats, Picture
from vae_desktop.latent.grid import evenly, grid_positions, quantiles
from vae_desktop.latent.plane import Plane

_NORMAL = NormalDist()
_SHARP = 3  # times as large, from which on pixels are squares and their number must be whole
_BEYOND = 1e-4  # fraction of the prior beyond the grid's edges, where a position is still told apart


class ManifoldView(QWidget):
    """Says which positions of the plane it wants decoded, shows their pictures, and asks to go there."""

    position_pointed = Signal(object)  # (k,) in the plane
    grid_changed = Signal()  # other positions are wanted

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("manifoldView")
        self._plane: Plane | None = None
        self._spans: list[tuple[float, float]] = []  # of the codes, along the plane's directions
        tip = tr(
            "<p><b>Quantiles</b>: each row and column stands for an equal share of the prior N(0, 1). <b>Even</b>: "
            "the range in which the codes lie, in equal steps.</p>"
        )
        choices = (tr("Quantiles"), "quantiles"), (tr("Even"), "even")
        self._spacing = ChoiceBox("manifoldSpacingCombo", tr("Spacing of the grid"), tip, choices)
        tip = tr("How many pictures in a row and in a column, 5 to 40.")
        self._count = NumberField("manifoldSizeSpin", tr("Size of the grid"), tip, (5, 40), 20)
        self._count.setSuffix(" × 20")
        self._ranges = styled(ElidedLabel(), "muted", "small", figures=True)
        self.board = ManifoldBoard()
        half = SPACING // 2
        tools = row(label(tr("Spacing")), self._spacing, 1, self._count, spacing=half)
        column(tools, self._ranges, (self.board, 1), spacing=half, on=self)
        self._spacing.currentIndexChanged.connect(self._change_grid)
        self._count.valueChanged.connect(self._change_grid)
        self.board.fractions_pointed.connect(self._point)

    def set_plane(self, plane: Plane | None, spans: list[tuple[float, float]]) -> None:
        """Show a plane, in which the codes span these ranges."""
        self._plane, self._spans = plane, spans
        self._describe()

    def spans_matter(self) -> bool:
        """Whether the grid depends on where the codes are."""
        return self._spacing.currentData() == "even"

    def grid_shape(self) -> tuple[int, int]:
        """(columns, rows) of the grid."""
        count = int(self._count.value())
        return count, 1 if self._plane is not None and len(self._plane.basis) == 1 else count

    def positions(self) -> Floats:
        """Places (rows · columns, k) in the plane whose pictures are wanted, row by row from the top."""
        columns, rows = self.grid_shape()
        return grid_positions(self._coordinates(0, columns), self._coordinates(1, rows) if rows > 1 else None)

    def tile_side(self) -> int:
        """Length in screen pixels that a picture of the grid can use."""
        room = min(self.board.width(), self.board.height()) * self.devicePixelRatioF()
        return max(4, math.ceil(room / self._count.value()))

    def show_pictures(self, pictures: Picture) -> None:
        """Show the pictures (rows · columns, h, w, C), uint8, of the positions."""
        self.board.set_sheet(tiled(pictures, self.grid_shape()[0]), self.grid_shape())

    def set_position(self, position: Floats | None) -> None:
        """Mark the current point, at a position (k,) in the plane."""
        if position is None or self._plane is None:
            self.board.set_marker(None)
            return
        fractions = [self._fraction(axis, float(value)) for axis, value in enumerate(position)]
        self.board.set_marker(QPointF(fractions[0], 1 - fractions[1] if len(fractions) > 1 else 0.5))

    def _coordinates(self, axis: int, count: int) -> Floats:
        return evenly(count, *self._spans[axis]) if self.spans_matter() else quantiles(count)

    def _fraction(self, axis: int, value: float) -> float:
        """Where a coordinate lies on the board, 0 to 1 within it."""
        if self.spans_matter():
            low, high = self._spans[axis]
            return (value - low) / (high - low)
        return _NORMAL.cdf(value)

    def _coordinate(self, axis: int, fraction: float) -> float:
        if self.spans_matter():
            low, high = self._spans[axis]
            return low + fraction * (high - low)
        return _NORMAL.inv_cdf(min(max(fraction, _BEYOND), 1 - _BEYOND))

    @Slot(QPointF)
    def _point(self, fractions: QPointF) -> None:
        if self._plane is None:
            return
        values = [self._coordinate(0, fractions.x())]
        if len(self._plane.basis) > 1:
            values.append(self._coordinate(1, 1 - fractions.y()))
        self.position_pointed.emit(np.array(values, np.float32))

    @Slot()
    def _change_grid(self) -> None:
        self._describe()
        self.grid_changed.emit()

    def _describe(self) -> None:
        columns, rows = self.grid_shape()
        self._count.setSuffix(f" × {rows}")
        if self._plane is None:
            self._ranges.set_text("")
            return
        parts = []
        for axis, name in enumerate(self._plane.labels):
            values = self._coordinates(axis, (columns, rows)[axis])
            way = ("→", "↑")[axis]
            parts.append(f"{way} {name}: {values[0]:.2f} … {values[-1]:.2f}")
        self._ranges.set_text("    ".join(parts))


class ManifoldBoard(QWidget):
    """Paints the sheet of pictures and the marker; tells where the mouse points, in fractions of the sheet.

    Attributes
    ----------
    sheet : QImage or None
        The pictures on show, tiled to one.
    shape : (int, int)
        Its columns and rows.
    marker : QPointF or None
    empty_text : str
        What stands there without pictures.
    gap : float
        Pixels between two pictures, taken from their edges.
    """

    fractions_pointed = Signal(QPointF)
    resized = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        name = tr("Decoded grid. Arrow keys move the current point from picture to picture.")
        tip = tr("Click: the current point goes to that picture. Drag or arrow keys move it on.")
        named(self, "manifoldBoard", name, tip)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumSize(120, 120)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.sheet: QImage | None = None
        self._scaled: QImage | None = None
        self.shape = (1, 1)  # columns, rows
        self.marker: QPointF | None = None
        self.gap = 0.0
        self.empty_text = tr("What the decoder of a model draws over the plane appears here.")
        self._pressed: tuple[int, int] | None = None  # the tile in which a drag began, until it is left

    def set_sheet(self, sheet: Picture | None, shape: tuple[int, int] = (1, 1)) -> None:
        """Show pictures tiled to one (H, W, C), uint8, of so many columns and rows; or none."""
        self.sheet = None if sheet is None else to_image(sheet)
        self._scaled, self.shape = None, shape
        self.update()

    def set_marker(self, fractions: QPointF | None) -> None:
        """Put the marker at fractions of the sheet, from its upper left corner; beyond it, at its edge."""
        self.marker = fractions
        self.update()

    def sheet_rect(self) -> QRectF:
        """Where the sheet is painted."""
        size = QSize(1, 1) if self.sheet is None else self.sheet.size()
        if self.gap and _SHARP * size.height() > self.height():  # with parted pictures the board is filled
            fitted = QRectF(QPointF(), size.scaled(self.size(), Qt.AspectRatioMode.KeepAspectRatio).toSizeF())
            fitted.moveCenter(QRectF(self.rect()).center())
            return QRectF(fitted.toAlignedRect())
        return crisp_rect(size, self.size(), self.devicePixelRatioF())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        if self.sheet is None:
            painter.setPen(self.palette().placeholderText().color())
            how = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(self.rect(), how, self.empty_text)
            paint_focus(self, painter)
            painter.end()
            return
        rect, ratio = self.sheet_rect(), self.devicePixelRatioF()
        if self._scaled is None:
            size = (rect.size() * ratio).toSize().expandedTo(QSize(1, 1))
            mode = Qt.TransformationMode.SmoothTransformation
            if size.width() % self.sheet.width() == 0:
                mode = Qt.TransformationMode.FastTransformation
            self._scaled = self.sheet.scaled(size, Qt.AspectRatioMode.IgnoreAspectRatio, mode)
            self._scaled.setDevicePixelRatio(ratio)
        painter.fillRect(rect.adjusted(-1, -1, 1, 1), self.palette().mid())
        painter.drawImage(rect.topLeft(), self._scaled)
        if self.gap:
            self._part_pictures(painter, rect)
        if self.marker is not None:
            self._paint_marker(painter, rect, self.marker.x(), self.marker.y())
        paint_focus(self, painter)
        painter.end()

    def _part_pictures(self, painter: QPainter, rect: QRectF) -> None:
        """Draw the gaps between the pictures."""
        columns, rows = self.shape
        painter.setPen(QPen(self.palette().window(), self.gap, c=Qt.PenCapStyle.FlatCap))
        for number in range(1, columns):
            x = rect.left() + number * rect.width() / columns
            painter.drawLine(QPointF(x, rect.top()), QPointF(x, rect.bottom()))
        for number in range(1, rows):
            y = rect.top() + number * rect.height() / rows
            painter.drawLine(QPointF(rect.left(), y), QPointF(rect.right(), y))

    def _paint_marker(self, painter: QPainter, rect: QRectF, x: float, y: float) -> None:
        """Draw a ring, or an arrow at the edge beyond which the point is."""
        held = QPointF(min(max(x, 0.0), 1.0), min(max(y, 0.0), 1.0))
        centre = QPointF(rect.left() + held.x() * rect.width(), rect.top() + held.y() * rect.height())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        outline = QPainterPath()
        if (held.x(), held.y()) == (x, y):
            outline.addEllipse(centre, 8, 8)
        else:
            outline = arrow_to(centre, (x - held.x()) * rect.width(), (y - held.y()) * rect.height())
        for colour, width in (("black", 5.0), ("white", 2.5)):  # on any picture
            painter.setPen(QPen(QColor(colour), width))
            painter.drawPath(outline)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self.sheet is not None:
            self._pressed = self._tile_at(event.position())
            self._go_to_tile(self._pressed)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if not event.buttons() & Qt.MouseButton.LeftButton or self.sheet is None:
            return
        if self._pressed is not None and self._tile_at(event.position()) == self._pressed:
            return  # a click means the picture, however the hand trembles
        self._pressed = None
        self.fractions_pointed.emit(self._fractions_at(event.position()))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in ARROWS and self.marker is not None:
            dx, dy = ARROWS[event.key()]
            columns, rows = self.shape
            x, y = math.floor(self.marker.x() * columns) + dx, math.floor(self.marker.y() * rows) + dy
            self._go_to_tile((min(max(x, 0), columns - 1), min(max(y, 0), rows - 1)))
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._scaled = None
        self.resized.emit()

    def _fractions_at(self, position: QPointF) -> QPointF:
        rect = self.sheet_rect()
        x, y = (position.x() - rect.left()) / rect.width(), (position.y() - rect.top()) / rect.height()
        return QPointF(min(max(x, 0.0), 1.0), min(max(y, 0.0), 1.0))

    def _tile_at(self, position: QPointF) -> tuple[int, int]:
        fractions, (columns, rows) = self._fractions_at(position), self.shape
        return min(int(fractions.x() * columns), columns - 1), min(int(fractions.y() * rows), rows - 1)

    def _go_to_tile(self, tile: tuple[int, int]) -> None:
        columns, rows = self.shape
        self.fractions_pointed.emit(QPointF((tile[0] + 0.5) / columns, (tile[1] + 0.5) / rows))


def tiled(pictures: Picture, columns: int) -> Picture:
    """One picture (rows · h, columns · w, C) of pictures (rows · columns, h, w, C), row by row."""
    count, height, width, channels = pictures.shape
    rows = count // columns
    grid = pictures.reshape(rows, columns, height, width, channels).swapaxes(1, 2)
    return np.ascontiguousarray(grid.reshape(rows * height, columns * width, channels))
