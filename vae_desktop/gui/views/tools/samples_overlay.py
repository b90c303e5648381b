"""Where random codes lie in the scatter: a small cross each."""

import numpy as np
import numpy.typing as npt
import pyqtgraph
from PySide6.QtCore import QObject, Qt, Slot

from vae_desktop.gui.widgets.latent_plot import LatentPlot
from vae_desktop.gui.widgets.theme import current_theme
from vae_desktop.latent.codes import Floats

_SIZE = 9  # px, of a cross
_HEIGHTS = 7, 8  # above the points and their outlines, the halo below


class SamplesOverlay(QObject):
    """Draws in the axes' units; crosses far from the codes have the colour of holes.

    Attributes
    ----------
    positions : array (M, 2), float32
        Of the crosses on show.
    far : array (M,), bool
        Which of them are far from the codes, as far as it is known.
    """

    def __init__(self, plot: LatentPlot) -> None:
        super().__init__(plot)
        self.positions: Floats = np.empty((0, 2), np.float32)
        self.far: npt.NDArray[np.bool_] = np.empty(0, bool)
        self._halo, self._crosses = (pyqtgraph.ScatterPlotItem(size=_SIZE, symbol="x", brush=None) for _ in range(2))
        for item, height in zip((self._halo, self._crosses), _HEIGHTS, strict=True):
            item.setZValue(height)
            item.setAcceptedMouseButtons(Qt.MouseButton.NoButton)
            plot.addItem(item, ignoreBounds=True)
        plot.recoloured.connect(self._draw)

    def set_samples(self, positions: Floats, far: npt.NDArray[np.bool_] | None) -> None:
        """Show crosses at positions (M, k), and which of them (M,) are far; if k is 1, at the height 0."""
        self.positions = np.pad(positions, ((0, 0), (0, 2 - positions.shape[1])))
        self.far = np.zeros(len(positions), bool) if far is None else far
        self._draw()

    def clear(self) -> None:
        self.set_samples(np.empty((0, 2), np.float32), None)

    @Slot()
    def _draw(self) -> None:
        for item in (self._halo, self._crosses):  # one without crosses would be painted with each move of the cursor
            item.setVisible(len(self.positions) > 0)
        if not len(self.positions):
            return
        theme = current_theme()
        near, far = pyqtgraph.mkPen(theme.text, width=1.6), pyqtgraph.mkPen(theme.hole, width=1.6)
        self._halo.setData(pos=self.positions, pen=pyqtgraph.mkPen(theme.surface, width=4))
        self._crosses.setData(pos=self.positions, pen=[far if is_far else near for is_far in self.far.tolist()])
