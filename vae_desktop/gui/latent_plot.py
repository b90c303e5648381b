"""The plot of the latent space: two of its axes at one scale, the codes, and the current point."""

import pyqtgraph
from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent

from vae_desktop.gui.cursor_item import CursorItem
from vae_desktop.gui.point_raster import Colours, PointRaster
from vae_desktop.gui.theme import Theme
from vae_desktop.latent.codes import Floats

_NUDGE = 0.01  # of the view's width, for one press of an arrow key


class LatentViewBox(pyqtgraph.ViewBox):
    """Left button: where the point should be. Middle button or Shift: pan. Wheel: zoom."""

    pointed = Signal(QPointF)  # in the axes' units

    def mouseClickEvent(self, event: object) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            event.accept()
            self.pointed.emit(self.mapToView(event.pos()))
        else:
            super().mouseClickEvent(event)

    def mouseDragEvent(self, event: object, axis: int | None = None) -> None:
        shifted = event.modifiers() & Qt.KeyboardModifier.ShiftModifier
        if event.button() == Qt.MouseButton.LeftButton and not shifted and axis is None:
            event.accept()
            self.pointed.emit(self.mapToView(event.pos()))
        else:
            super().mouseDragEvent(event, axis)


class LatentPlot(pyqtgraph.PlotWidget):
    """Codes as coloured points at true scale, and a cross-hair at the current one."""

    pointed = Signal(float, float)
    inspected = Signal(QPointF)  # the cross-hair's place in the scene: what lies there is asked for
    left = Signal()  # by the mouse or by the keyboard
    _fitting = False  # the base class resizes before this one is built

    def __init__(self) -> None:
        self._box = LatentViewBox(enableMenu=False)
        super().__init__(viewBox=self._box)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._fitting = True
        self._raster = PointRaster()
        self.addItem(self._raster, ignoreBounds=True)
        self._cursor = CursorItem()
        self._cursor.setZValue(10)
        self.addItem(self._cursor, ignoreBounds=True)
        for side in ("bottom", "left"):
            # While the range is the first one: the call itself would freeze the scale of a small range for good.
            self.getAxis(side).enableAutoSIPrefix(False)
        self._box.setAspectLocked(True)
        self._box.disableAutoRange()
        self._box.pointed.connect(self._tell_pointed)
        self._box.sigRangeChangedManually.connect(self._stop_fitting)
        self.hideButtons()

    def set_theme(self, theme: Theme) -> None:
        self.setBackground(theme.surface)
        for side in ("left", "bottom"):
            axis = self.getAxis(side)
            axis.setPen(theme.border)
            axis.setTextPen(theme.muted)
        self._cursor.set_colours(ring=theme.text, halo=theme.surface)

    def set_axis_labels(self, horizontal: str, vertical: str) -> None:
        self.setLabel("bottom", horizontal)
        self.setLabel("left", vertical)

    def set_points(self, points: Floats, colours: Colours) -> None:
        """Show codes (N, 2) in colours (N, 3); the view follows them until it was zoomed or panned."""
        self._raster.set_points(points, colours)
        if self._fitting and len(points):
            self._fit_if_needed()

    def set_cursor(self, x: float, y: float) -> None:
        """Put the cross-hair at the current point."""
        self._cursor.setPos(x, y)

    def fit(self) -> None:
        """Show all codes, and go on doing so."""
        self._fitting = True
        bounds = self._raster.data_bounds()
        if bounds.width() <= 0 and bounds.height() <= 0:
            bounds = QRectF(-3, -3, 6, 6)
        self._box.setRange(bounds, padding=0.06)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {
            Qt.Key.Key_Left: (-1, 0),
            Qt.Key.Key_Right: (1, 0),
            Qt.Key.Key_Up: (0, 1),
            Qt.Key.Key_Down: (0, -1),
        }
        if event.key() in steps:
            dx, dy = steps[event.key()]
            step = self._box.viewRect().width() * _NUDGE
            self.pointed.emit(self._cursor.x() + dx * step, self._cursor.y() + dy * step)
        elif event.key() == Qt.Key.Key_F:
            self.fit()
        elif event.key() == Qt.Key.Key_Space:
            self.inspected.emit(self._box.mapViewToScene(self._cursor.pos()))
        else:
            super().keyPressEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self.left.emit()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.left.emit()

    def resizeEvent(self, event: object) -> None:
        super().resizeEvent(event)
        if self._fitting:
            self.fit()

    def _fit_if_needed(self) -> None:
        """Fit again only when codes leave the view or fill little of it: a view that trembles is hard to read."""
        bounds, view = self._raster.data_bounds(), self._box.viewRect()
        fills = max(bounds.width() / view.width(), bounds.height() / view.height())
        if fills < 0.7 or not view.contains(bounds):
            self.fit()

    def _stop_fitting(self) -> None:
        self._fitting = False

    def _tell_pointed(self, place: QPointF) -> None:
        self.pointed.emit(place.x(), place.y())
