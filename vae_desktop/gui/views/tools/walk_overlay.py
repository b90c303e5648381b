"""How codes walk from noise to where they are drawn, on the scatter: a cross each, and the way of one of them."""

import numpy as np
import pyqtgraph
from PySide6.QtCore import QObject, Qt, Slot

from vae_desktop.gui.views.tools.samples_overlay import SamplesOverlay
from vae_desktop.gui.widgets.latent_plot import LatentPlot
from vae_desktop.gui.widgets.theme import current_theme
from vae_desktop.latent.codes import Floats

_NONE = np.empty((0, 2), np.float32)
_DOT = 4  # px, of a step
_HEIGHTS = 8.2, 8.3  # above the crosses, below the cross-hair


class WalkOverlay(QObject):
    """Draws in the axes' units.

    Attributes
    ----------
    crosses : SamplesOverlay
        Where all codes are.
    way : array (S + 1, 2), float32
        The steps of one of them, noise first.
    """

    def __init__(self, plot: LatentPlot) -> None:
        super().__init__(plot)
        self.crosses = SamplesOverlay(plot)
        self.way: Floats = _NONE
        self._line, self._dots = pyqtgraph.PlotCurveItem(), pyqtgraph.ScatterPlotItem(size=_DOT)
        for item, height in zip((self._line, self._dots), _HEIGHTS, strict=True):
            item.setZValue(height)
            item.setAcceptedMouseButtons(Qt.MouseButton.NoButton)
            item.hide()
            plot.addItem(item, ignoreBounds=True)
        plot.recoloured.connect(self._draw)

    def set_walk(self, positions: Floats, way: Floats) -> None:
        """Show all codes (M, k) and the way (S + 1, k) of one, or (0, k) none; if k is 1, at the height 0."""
        self.crosses.set_samples(positions, None)
        way = np.pad(way, ((0, 0), (0, 2 - way.shape[1])))
        if not np.array_equal(way, self.way):
            self.way = way
            self._draw()

    def clear(self) -> None:
        self.set_walk(_NONE, _NONE)

    @Slot()
    def _draw(self) -> None:
        for item in (self._line, self._dots):
            item.setVisible(len(self.way) > 0)
        if len(self.way):
            theme = current_theme()
            self._line.setData(*self.way.T)
            self._line.setShadowPen(theme.surface, width=8)
            self._line.setPen(theme.text, width=4)
            self._dots.setData(pos=self.way, brush=pyqtgraph.mkBrush(theme.accent), pen=None)
