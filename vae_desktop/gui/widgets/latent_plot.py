"""The plot of the latent space: the codes in a plane at true scale, and the current point among them."""

import math
import time
from typing import Any

import numpy as np
import pyqtgraph
from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal, Slot
from PySide6.QtGui import QColor, QFocusEvent, QGuiApplication, QKeyEvent, QPainterPath, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QGraphicsPathItem

from vae_desktop.film.points import PointStyle
from vae_desktop.gui.widgets.controls import ARROWS
from vae_desktop.gui.widgets.plane_items import CursorItem
from vae_desktop.gui.widgets.plot import Plot
from vae_desktop.gui.widgets.point_raster import Glide, PointRaster, bounds_of
from vae_desktop.gui.widgets.theme import current_theme
from vae_desktop.latent.codes import Floats

_NUDGE = 0.01  # of the view's width, for one press of an arrow key
_GLIDE = 0.2  # seconds
_NARROW_AXIS = 30  # px
_LITTLE, _DOT = 0.7, 0.05  # of the view; codes that fill less of it are drawn nearer, the latter in any case


class LatentViewBox(pyqtgraph.ViewBox):
    """Left button: where the point should be, or the lasso. Middle button or Shift: pan. Wheel: zoom."""

    clicked = Signal(float, float)  # in the axes' units, as all others
    dragged = Signal(float, float)
    lasso_moved = Signal(QPointF, bool)  # whether it begins anew
    lasso_ended = Signal()

    def __init__(self) -> None:
        super().__init__(enableMenu=False)
        self.is_lasso = False
        self._draws = False  # a lasso, in the drag under way

    def mouseClickEvent(self, event: Any) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            event.accept()
            self.clicked.emit(*self.mapToView(event.pos()).toTuple())
        else:
            super().mouseClickEvent(event)

    def mouseDragEvent(self, event: Any, axis: int | None = None) -> None:
        modifiers = event.modifiers()
        if event.button() != Qt.MouseButton.LeftButton or axis is not None:
            super().mouseDragEvent(event, axis)
            return
        if event.isStart():
            self._draws = self.is_lasso or bool(modifiers & Qt.KeyboardModifier.ControlModifier)
        if self._draws:
            event.accept()
            if event.isStart():
                self.lasso_moved.emit(self.mapToView(event.buttonDownPos()), True)
            self.lasso_moved.emit(self.mapToView(event.pos()), False)
            if event.isFinish():
                self.lasso_ended.emit()
        elif modifiers & Qt.KeyboardModifier.ShiftModifier:
            super().mouseDragEvent(event, axis)
        else:
            event.accept()
            self.dragged.emit(*self.mapToView(event.pos()).toTuple())


class LatentPlot(Plot):
    """Codes as coloured points at true scale, and a cross-hair at the current one.

    Attributes
    ----------
    follows_points : bool
        Whether all of them are kept in sight: until somebody zooms or pans, and again from :meth:`fit` on.
    only_grows : bool
        Whether the view does so without drawing nearer where they fill little of it, unless they are next to a dot.
    """

    clicked = Signal(float, float)
    dragged = Signal(float, float)
    inspected = Signal(QPointF)  # the cross-hair's place in the scene: what lies there is asked for
    all_selected = Signal()
    lasso_ended = Signal()  # by Escape, while it was on
    zoom_wanted = Signal()  # to what is of interest at the current point
    lassoed = Signal(QPolygonF)  # in the axes' units
    view_changed = Signal()
    points_painted = Signal()  # anew: they, or the view, had changed
    left = Signal()  # by the mouse or by the keyboard
    follows_points = False  # the base class resizes before this one is built

    def __init__(self, has_axis_labels: bool = True) -> None:
        self._box = LatentViewBox()
        super().__init__(viewBox=self._box)
        self._has_axis_labels = has_axis_labels
        if not has_axis_labels:
            self.getAxis("left").setWidth(_NARROW_AXIS)  # the same in all plots, so that a common scale is the same too
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.follows_points, self.only_grows = True, False
        self._minimum_view = QRectF()  # of what is to be in sight besides the points
        self.raster = PointRaster()
        self.addItem(self.raster, ignoreBounds=True)
        self._paint_cost = 0.0  # seconds that painting with new points took last
        self._glide = Glide(self.raster.set_points, lambda: self._paint_cost, self)
        self.cross_hair = CursorItem()
        self.cross_hair.setZValue(10)
        self.addItem(self.cross_hair, ignoreBounds=True)
        self._cursor = QPointF()
        self._lasso = QGraphicsPathItem()
        self._lasso.setZValue(12)
        self._lasso.setAcceptedMouseButtons(Qt.MouseButton.NoButton)
        self.addItem(self._lasso, ignoreBounds=True)
        self._box.setAspectLocked(True)
        self._box.disableAutoRange()
        self._box.clicked.connect(self.clicked)
        self._box.dragged.connect(self.dragged)
        self._box.lasso_moved.connect(self._draw_lasso)
        self._box.lasso_ended.connect(self._end_lasso)
        self._box.sigRangeChangedManually.connect(self._stop_fitting)
        self._box.sigRangeChanged.connect(self._place_cursor)
        self._box.sigRangeChanged.connect(self.view_changed)
        self.recoloured.connect(self._recolour)
        self._recolour()

    @property
    def positions(self) -> Floats:
        """Where the points (N, 2) are, or are gliding to, in the axes' units."""
        return self._glide.target

    def view_rect(self) -> QRectF:
        """What is in sight, in the axes' units."""
        return self._box.viewRect()

    def pixel_size(self) -> float:
        """Length of a logical pixel in the axes' units."""
        return float(max(self._box.viewPixelSize()))

    @Slot()
    def _recolour(self) -> None:
        super()._recolour()
        theme = current_theme()
        self.cross_hair.set_colours(ring=theme.text, halo=theme.surface)
        pen = QPen(QColor(theme.accent), 1.5, Qt.PenStyle.DashLine)
        pen.setCosmetic(True)
        self._lasso.setPen(pen)
        tint = QColor(theme.accent)
        tint.setAlpha(30)
        self._lasso.setBrush(tint)

    def set_axis_labels(self, horizontal: str, vertical: str) -> None:
        if self._has_axis_labels:
            self.setLabel("bottom", horizontal)
            self.setLabel("left", vertical)

    def set_has_units(self, has_units: bool) -> None:
        """Whether lengths mean something; else the axes have no figures."""
        for side in ("left", "bottom"):
            self.getAxis(side).setStyle(showValues=has_units)

    def set_lasso(self, on: bool) -> None:
        """Let the left button draw a lasso instead of moving the point."""
        self._box.is_lasso = on
        if on:
            self.setFocus(Qt.FocusReason.OtherFocusReason)  # Escape ends it
        self.setCursor(Qt.CursorShape.CrossCursor if on else Qt.CursorShape.ArrowCursor)

    def set_point_style(self, style: PointStyle) -> None:
        self.raster.set_point_style(style)

    def set_points(self, positions: Floats, glide: bool = False) -> None:
        """Show points at positions (N, 2), at once or gliding; the view follows them until it was zoomed or panned."""
        if glide and self.isVisible():
            self._glide.move(positions, _GLIDE)
        else:
            self._glide.jump(positions)
        if self.follows_points and len(positions):
            self._fit_if_needed()

    def set_minimum_view(self, rect: QRectF) -> None:
        """Keep a rectangle in sight besides the points, as long as the view follows these."""
        if rect != self._minimum_view:
            self._minimum_view = rect
            if self.follows_points:
                self.fit()

    def set_cursor(self, x: float, y: float) -> None:
        """Put the cross-hair at the current point."""
        # The scene would tell later what has to be painted: if another widget is painted at once before that, and this
        # one with it, the cross-hair would also stay where it was.
        area = self.cross_hair.deviceTransform(self.viewportTransform()).mapRect(self.cross_hair.boundingRect())
        self.viewport().update(area.toAlignedRect().adjusted(-1, -1, 1, 1))
        self._cursor = QPointF(x, y)
        self._place_cursor()

    @Slot()
    def _place_cursor(self) -> None:
        """Put the cross-hair where the point is, or an arrow to it at the edge of what is in sight."""
        view, point = self._box.viewRect(), self._cursor
        held = QPointF(
            min(max(point.x(), view.left()), view.right()), min(max(point.y(), view.top()), view.bottom())
        )
        beyond = point - held
        # In steps that can be seen: each direction is painted anew. The axes' y points up, a picture's down.
        degrees = None if beyond.isNull() else 5.0 * round(math.degrees(math.atan2(-beyond.y(), beyond.x())) / 5)
        self.cross_hair.set_direction(degrees)
        self.cross_hair.setPos(held)

    def show_cursor(self, shown: bool) -> None:
        self.cross_hair.setVisible(shown)

    def fit(self) -> None:
        """Show all codes, and go on doing so."""
        self.follows_points = True
        self._box.setRange(self._content(), padding=0.06)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in ARROWS:
            right, down = ARROWS[event.key()]
            step = self._box.viewRect().width() * _NUDGE
            self.dragged.emit(self._cursor.x() + right * step, self._cursor.y() - down * step)
        elif event.key() == Qt.Key.Key_Escape and self._box.is_lasso:
            self.lasso_ended.emit()
        elif event.key() == Qt.Key.Key_F:
            self.fit()
        elif event.key() == Qt.Key.Key_Z and event.modifiers() == Qt.KeyboardModifier.NoModifier:
            self.zoom_wanted.emit()
        elif event.key() == Qt.Key.Key_Space:
            self.inspected.emit(self._box.mapViewToScene(self._cursor))
        elif event.key() == Qt.Key.Key_A and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.all_selected.emit()
        else:
            super().keyPressEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        if QGuiApplication.mouseButtons() == Qt.MouseButton.NoButton:
            self.left.emit()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.left.emit()

    def resizeEvent(self, event: Any) -> None:
        super().resizeEvent(event)
        if self.follows_points:
            self.fit()

    def paintEvent(self, event: QPaintEvent) -> None:
        drawn, began = self.raster.drawings, time.perf_counter()
        super().paintEvent(event)
        if self.raster.drawings != drawn:
            self._paint_cost = time.perf_counter() - began
            self.points_painted.emit()

    def _content(self) -> QRectF:
        bounds = bounds_of(self.positions)
        if bounds.isNull() and np.isfinite(self.positions).all(1).any():  # all in one place, wherever that is
            reach = max(1.0, 1e-3 * abs(bounds.x()), 1e-3 * abs(bounds.y()))
            bounds.adjust(-reach, -reach, reach, reach)
        content = self._minimum_view if bounds.isNull() else bounds.united(self._minimum_view)
        return content if content.width() > 0 or content.height() > 0 else QRectF(-3, -3, 6, 6)

    def _fit_if_needed(self) -> None:
        """Fit again only when codes leave the view or fill little of it: a view that trembles is hard to read."""
        content, view = self._content(), self._box.viewRect()
        fills = max(content.width() / view.width(), content.height() / view.height())
        is_aside = not self._minimum_view.isNull() and not content.contains(view.center())  # it is of other codes
        if fills < (_DOT if self.only_grows else _LITTLE) or is_aside or not view.contains(content):
            self.fit()

    def _stop_fitting(self) -> None:
        self.follows_points = False

    def _draw_lasso(self, place: QPointF, begins: bool) -> None:
        path = QPainterPath(place) if begins else self._lasso.path()
        path.lineTo(place)
        self._lasso.setPath(path)

    def _end_lasso(self) -> None:
        outline = self._lasso.path().toFillPolygon()
        self._lasso.setPath(QPainterPath())
        self.lassoed.emit(outline)
