"""Two normal distributions as curves that can be dragged: the middle moves the mean, a flank the standard deviation."""

from typing import Any

import numpy as np
import pyqtgraph
from PySide6.QtCore import QPointF, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QWheelEvent

from vae_desktop.gui.widgets.controls import named
from vae_desktop.gui.widgets.plot import Plot
from vae_desktop.gui.widgets.theme import TERM_COLOURS, current_theme
from vae_desktop.language import tr
from vae_desktop.latent.normals import PRIOR, Normal, density

NAMES = ("P", "Q")
LEAST, MOST, FAR = 0.05, 5.0, 6.0  # of a standard deviation, and of a mean
_POINTS = 400  # of a curve
_MIDDLE = 0.6  # of a standard deviation from the mean, up to where a curve is taken by its middle
_WHEEL = 1.1  # times as wide, a notch
_REACH = 40  # px from a curve


class NormalsPlot(Plot):
    """Draws both curves, and tells how a hand changes one.

    Attributes
    ----------
    normals : dict of str to Normal
        By the names "P" and "Q".
    """

    changed = Signal(str, float, float)  # which one, its mean and its standard deviation

    def __init__(self) -> None:
        super().__init__()
        tip = tr(
            "<p>Drag a curve by its middle: its mean moves. Drag it by a flank, or turn the wheel over it: it becomes "
            "wider or narrower.</p><p>The fields below take numbers, and the arrow keys.</p>"
        )
        named(self, "normalsPlot", tr("The densities of P and Q"), tip)
        self.setMouseEnabled(False, False)
        self.setMenuEnabled(False)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # its fields have it
        self.setLabel("bottom", "z")
        self.getAxis("left").setStyle(showValues=False)
        self.normals = {"P": PRIOR, "Q": PRIOR}
        self._curves = {name: self.plot() for name in NAMES}
        self._names = {name: pyqtgraph.TextItem(name, anchor=(0.5, 1.1)) for name in NAMES}
        for item in self._names.values():
            self.addItem(item, ignoreBounds=True)
        self._held: tuple[str, bool, float, Normal] | None = None  # which, by a flank, from where, and as it was
        self.recoloured.connect(self._recolour)
        self.setXRange(-FAR, FAR, padding=0)
        self._recolour()

    def set_normals(self, p: Normal, q: Normal) -> None:
        """Show two distributions."""
        self.normals = {"P": p, "Q": q}
        places = np.linspace(-1.5 * FAR, 1.5 * FAR, 3 * _POINTS)
        top = max(1 / (normal.stddev * np.sqrt(2 * np.pi)) for normal in self.normals.values())
        for name, normal in self.normals.items():
            own = np.linspace(normal.mean - 5 * normal.stddev, normal.mean + 5 * normal.stddev, _POINTS)
            at = np.sort(np.concatenate((places, own)))  # a narrow one is as smooth as a wide one
            self._curves[name].setData(at, density(normal, at))
            self._names[name].setPos(normal.mean, float(density(normal, np.array([normal.mean]))[0]))
        if self._held is None:
            self.setYRange(0, 1.18 * top, padding=0)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        place = self._place(event.position())
        name = self._nearest(place)
        if event.button() == Qt.MouseButton.LeftButton and name is not None:
            normal = self.normals[name]
            by_flank = abs(place.x() - normal.mean) > _MIDDLE * normal.stddev
            self._held = name, by_flank, place.x(), normal

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        place = self._place(event.position())
        if self._held is None:
            self._show_hand(place)
            return
        name, by_flank, start, before = self._held
        if by_flank:
            wider = abs(place.x() - before.mean) / max(abs(start - before.mean), 1e-6)
            self._tell(name, before._replace(stddev=before.stddev * wider))
        else:
            self._tell(name, before._replace(mean=before.mean + place.x() - start))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._held is not None:
            self._held = None
            self.set_normals(self.normals["P"], self.normals["Q"])

    def wheelEvent(self, event: QWheelEvent) -> None:
        name = self._nearest(self._place(event.position()))
        if name is not None:
            normal = self.normals[name]
            self._tell(name, normal._replace(stddev=normal.stddev * _WHEEL ** (event.angleDelta().y() / 120)))
        event.accept()

    def _tell(self, name: str, normal: Normal) -> None:
        mean, stddev = min(max(normal.mean, -FAR), FAR), min(max(normal.stddev, LEAST), MOST)
        self.changed.emit(name, round(mean, 3), round(stddev, 3))

    def _place(self, position: QPointF) -> QPointF:
        return self.getViewBox().mapSceneToView(self.mapToScene(position.toPoint()))

    def _nearest(self, place: QPointF) -> str | None:
        """The curve that is in reach at a place, the nearer one; P of two that are alike."""
        _, up = self.getViewBox().viewPixelSize()
        distances = {}
        for name, normal in self.normals.items():
            height = float(density(normal, np.array([place.x()]))[0])
            distances[name] = abs(place.y() - height) if place.y() > height else 0.3 * (height - place.y())
        name = min(NAMES, key=distances.__getitem__)
        return name if distances[name] <= _REACH * up else None

    def _show_hand(self, place: QPointF) -> None:
        """Say by the cursor what can be dragged here."""
        name = self._nearest(place)
        if name is None:
            self.unsetCursor()
            return
        normal = self.normals[name]
        is_flank = abs(place.x() - normal.mean) > _MIDDLE * normal.stddev
        self.setCursor(Qt.CursorShape.SplitHCursor if is_flank else Qt.CursorShape.SizeHorCursor)

    def _recolour(self, *_: Any) -> None:
        super()._recolour()
        colours = colours_of_normals()
        for name, curve in self._curves.items():
            colour = QColor(colours[name])
            curve.setPen(pyqtgraph.mkPen(colour, width=2.5))
            self._names[name].setColor(colour)
            colour.setAlphaF(0.15)
            curve.setFillLevel(0)
            curve.setBrush(colour)


def colours_of_normals() -> dict[str, str]:
    """Colours of P and of Q in the current theme."""
    return {"P": current_theme().accent, "Q": TERM_COLOURS["kl"]}
