"""An arrow at the edge of a plot: there is a value beyond it."""

import pyqtgraph
from PySide6.QtCore import Signal

from vae_desktop.gui.views.curves.value_range import ValueRange
from vae_desktop.language import tr


class SpikeArrow(pyqtgraph.TextItem):
    """Says how high the highest value is, above the step where it is; a click asks to see it."""

    clicked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._said: tuple[str, str] = "", ""
        tip = "The highest value lies beyond the axis: click to see it."
        self.setToolTip(tr(tip))
        self.hide()

    def point_at(self, values: ValueRange, edge: float, room: float) -> None:
        """Point at the peak of these values from the upper edge of an axis that has room for so many steps."""
        is_left = values.peak_step < room / 2
        said = f"▲ {values.peak:.4g}" if is_left else f"{values.peak:.4g} ▲", values.peak_colour
        if said != self._said:  # to lay a text out takes longer than to draw a curve
            self._said = said
            self.setText(*said)
            self.setAnchor((0, 0) if is_left else (1, 0))
        self.setPos(values.peak_step, edge)
        self.show()

    def mouseClickEvent(self, event: object) -> None:
        event.accept()  # type: ignore[attr-defined]
        self.clicked.emit()
