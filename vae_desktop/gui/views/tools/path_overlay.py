"""A path on the scatter: its outline, and an anchor each that can be dragged."""

from collections.abc import Sequence

import numpy as np
import pyqtgraph
from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtGui import QColor

from vae_desktop.gui.widgets.latent_plot import LatentPlot
from vae_desktop.gui.widgets.theme import current_theme
from vae_desktop.language import tr
from vae_desktop.latent.codes import Floats

_SIZE = 15  # px, of an anchor


class PathOverlay(QObject):
    """Draws in the axes' units."""

    anchor_dragged = Signal(int, object)  # to a position (2,)

    def __init__(self, plot: LatentPlot) -> None:
        super().__init__(plot)
        self._plot = plot
        self._line = pyqtgraph.PlotCurveItem()
        self._line.setZValue(8)
        plot.addItem(self._line, ignoreBounds=True)
        self._anchors: list[pyqtgraph.TargetItem] = []
        self._is_setting = False
        self._names: list[str] = []
        self._chosen = -1
        plot.recoloured.connect(self._recolour)
        self._recolour()

    @Slot()
    def _recolour(self) -> None:
        theme = current_theme()
        self._line.setShadowPen(_translucent(theme.surface), width=5)
        self._line.setPen(theme.accent, width=2)
        self._colour_anchors()

    def set_path(self, outline: Floats, anchors: Floats, names: Sequence[str] = ()) -> None:
        """Show an outline through positions (M, k), and anchors at positions (K, k); if k is 1, at the height 0.

        The names are those of the anchors' classes, as far as they have one.
        """
        outline, anchors = (np.pad(array, ((0, 0), (0, 2 - array.shape[1]))) for array in (outline, anchors))
        self._line.setData(*outline.T)
        self._is_setting = True
        while len(self._anchors) > len(anchors):
            self._plot.removeItem(self._anchors.pop())
        while len(self._anchors) < len(anchors):
            self._add_anchor()
        for anchor, position in zip(self._anchors, anchors.tolist(), strict=True):
            if not anchor.moving:  # under the hand it is where it is
                anchor.setPos(*position)
        self._is_setting = False
        if list(names) != self._names:
            self._names = list(names)
            self._colour_anchors()

    @Slot(int)
    def set_chosen(self, number: int) -> None:
        """Mark an anchor, or with -1 none."""
        self._chosen = number
        self._colour_anchors()

    def clear(self) -> None:
        self.set_path(np.empty((0, 2), np.float32), np.empty((0, 2), np.float32))

    def labels(self) -> list[str]:
        """What stands beside the anchors: the letter of each, and its class."""
        names = [*self._names, *[""] * len(self._anchors)]
        return [" · ".join(filter(None, (letter(number), names[number]))) for number in range(len(self._anchors))]

    def positions(self) -> list[tuple[float, float]]:
        """Where the anchors are."""
        return [(anchor.pos().x(), anchor.pos().y()) for anchor in self._anchors]

    def _add_anchor(self) -> None:
        anchor = pyqtgraph.TargetItem(size=_SIZE, symbol="o", movable=True)
        anchor.setZValue(13)
        self._anchors.append(anchor)
        anchor.setToolTip(tr("Anchor {letter} of the path: drag it").format(letter=letter(len(self._anchors) - 1)))
        anchor.sigPositionChanged.connect(self._note_drag)
        self._colour_anchors()
        self._plot.addItem(anchor, ignoreBounds=True)

    def _colour_anchors(self) -> None:
        theme = current_theme()
        for number, (anchor, label) in enumerate(zip(self._anchors, self.labels(), strict=True)):
            anchor.setPen(theme.accent, width=2)
            anchor.setBrush(theme.accent if number == self._chosen else theme.surface)
            anchor.setHoverPen(theme.text, width=2)
            anchor.setHoverBrush(theme.info_surface)
            anchor.setLabel(label, {"color": theme.text, "fill": theme.surface, "anchor": (0, 0.5), "offset": (9, 0)})

    @Slot(object)
    def _note_drag(self, anchor: pyqtgraph.TargetItem) -> None:
        if not self._is_setting:
            position = np.array([anchor.pos().x(), anchor.pos().y()], np.float32)
            self.anchor_dragged.emit(self._anchors.index(anchor), position)


def letter(number: int) -> str:
    """What anchors are called, in order: A, B, … Z, AA, AB, …; numbers would be taken for classes of digits."""
    before, last = divmod(number, 26)
    return (letter(before - 1) if before else "") + chr(ord("A") + last)


def _translucent(colour: str) -> QColor:
    result = QColor(colour)
    result.setAlpha(200)
    return result
