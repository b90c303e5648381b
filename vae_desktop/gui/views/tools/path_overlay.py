"""A path on the scatter: the way, and an anchor each that can be dragged."""

import numpy as np
import pyqtgraph
from PySide6.QtCore import QObject, Qt, Signal, Slot
from PySide6.QtGui import QColor, QPainterPath, QPen
from PySide6.QtWidgets import QGraphicsPathItem

from vae_desktop.gui.widgets.latent_plot import LatentPlot
from vae_desktop.gui.widgets.theme import Theme
from vae_desktop.latent.codes import Floats

_SIZE = 15  # px, of an anchor


class PathOverlay(QObject):
    """Draws in the axes' units."""

    anchor_dragged = Signal(int, object)  # to a place (2,)

    def __init__(self, plot: LatentPlot) -> None:
        super().__init__(plot)
        self._plot = plot
        self._halo, self._line = QGraphicsPathItem(), QGraphicsPathItem()
        for item, height in ((self._halo, 7), (self._line, 8)):
            item.setZValue(height)
            item.setAcceptedMouseButtons(Qt.MouseButton.NoButton)
            plot.addItem(item, ignoreBounds=True)
        self._anchors: list[pyqtgraph.TargetItem] = []
        self._is_setting = False
        self._chosen = -1
        self._theme: Theme | None = None

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        halo = QColor(theme.surface)
        halo.setAlpha(200)
        for item, colour, width in ((self._halo, halo, 5.0), (self._line, QColor(theme.accent), 2.0)):
            pen = QPen(colour, width)
            pen.setCosmetic(True)
            item.setPen(pen)
        for place, anchor in enumerate(self._anchors):
            self._dress(anchor, place)

    def set_path(self, outline: Floats, anchors: Floats) -> None:
        """Show a way through places (M, 2), and anchors at places (K, 2)."""
        path = QPainterPath()
        if len(outline):
            path.moveTo(*outline[0].tolist())
            for place in outline[1:].tolist():
                path.lineTo(*place)
        for item in (self._halo, self._line):
            item.setPath(path)
        self._is_setting = True
        while len(self._anchors) > len(anchors):
            self._plot.removeItem(self._anchors.pop())
        while len(self._anchors) < len(anchors):
            self._anchors.append(self._new_anchor(len(self._anchors)))
        for anchor, place in zip(self._anchors, anchors.tolist(), strict=True):
            if not anchor.moving:  # under the hand it is where it is
                anchor.setPos(*place)
        self._is_setting = False

    @Slot(int)
    def set_chosen(self, number: int) -> None:
        """Mark an anchor, or with -1 none."""
        self._chosen = number
        for place, anchor in enumerate(self._anchors):
            self._dress(anchor, place)

    def clear(self) -> None:
        self.set_path(np.empty((0, 2), np.float32), np.empty((0, 2), np.float32))

    def places(self) -> list[tuple[float, float]]:
        """Where the anchors are."""
        return [(anchor.pos().x(), anchor.pos().y()) for anchor in self._anchors]

    def _new_anchor(self, number: int) -> pyqtgraph.TargetItem:
        anchor = pyqtgraph.TargetItem(size=_SIZE, symbol="o", movable=True)
        anchor.setZValue(13)
        anchor.setToolTip(self.tr("Anchor {number} of the path: drag it").format(number=number + 1))
        self._dress(anchor, number)
        anchor.sigPositionChanged.connect(self._tell_dragged)
        self._plot.addItem(anchor, ignoreBounds=True)
        return anchor

    def _dress(self, anchor: pyqtgraph.TargetItem, number: int) -> None:
        if self._theme is None:
            return
        anchor.setPen(self._theme.accent, width=2)
        anchor.setBrush(self._theme.accent if number == self._chosen else self._theme.surface)
        anchor.setHoverPen(self._theme.text, width=2)
        anchor.setHoverBrush(self._theme.info_surface)
        ground = QColor(self._theme.surface)
        ground.setAlpha(200)
        look = {"color": self._theme.text, "fill": ground, "anchor": (0, 0.5), "offset": (9, 0)}
        anchor.setLabel(str(number + 1), look)

    @Slot(object)
    def _tell_dragged(self, anchor: pyqtgraph.TargetItem) -> None:
        if not self._is_setting:
            place = np.array([anchor.pos().x(), anchor.pos().y()], np.float32)
            self.anchor_dragged.emit(self._anchors.index(anchor), place)
