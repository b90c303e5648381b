"""A plot in the colours of the theme."""

from typing import Any

import pyqtgraph
from PySide6.QtCore import QEvent, Signal, Slot
from PySide6.QtGui import QColor, QFocusEvent, QPainter, QPaintEvent

from vae_desktop.gui.widgets.theme import current_theme


class Plot(pyqtgraph.PlotWidget):
    """Has no buttons of pyqtgraph's own, and tells when the theme has changed.

    A plot that is built calls `_recolour`, and connects it: pyqtgraph changes the palette while it builds its part.
    """

    recoloured = Signal()

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.hideButtons()
        for side in ("left", "bottom"):
            # While the range is the first one: the call itself would freeze the scale of a small range for good.
            self.getAxis(side).enableAutoSIPrefix(False)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and getattr(self, "plotItem", None) is not None:  # not closed
            self.recoloured.emit()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.viewport().update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.viewport().update()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self.hasFocus():  # a border in the style sheet would have all that lies below painted with each move
            painter = QPainter(self.viewport())
            painter.setPen(QColor(current_theme().accent))
            painter.drawRect(self.viewport().rect().adjusted(0, 0, -1, -1))
            painter.end()

    @Slot()
    def _recolour(self) -> None:
        theme = current_theme()
        self.setBackground(theme.surface)
        for side in ("left", "bottom"):
            self.getAxis(side).setPen(theme.border)
            self.getAxis(side).setTextPen(theme.muted)
