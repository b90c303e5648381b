"""What stands above one scatter, or above several that show the same images: tools, classes, the selection."""

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QWidget

from vae_desktop.gui.views.stage.class_legend import ClassLegend
from vae_desktop.gui.views.stage.hover_card import HoverCard
from vae_desktop.gui.views.stage.scatter_tools import ScatterTools
from vae_desktop.gui.views.stage.selection_bar import SelectionBar
from vae_desktop.gui.widgets.theme import SPACING


class ScatterControls(QWidget):
    """Tools, class legend, selection bar and hover card.

    Parameters
    ----------
    prefix : str
        Begins the object names of the controls, where a window has them more than once.
    """

    def __init__(self, prefix: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.tools, self.legend, self.selection_bar = ScatterTools(), ClassLegend(), SelectionBar()
        self._layout = QGridLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(SPACING // 2)
        self._layout.setColumnStretch(0, 1)
        self._layout.addWidget(self.tools, 0, 0)
        self._layout.addWidget(self.tools.buttons, 0, 1, Qt.AlignmentFlag.AlignTop)
        self._layout.addWidget(self.selection_bar, 2, 0, 1, 2)
        self.place_legend()
        for part in (self, *self.findChildren(QObject)) if prefix else ():
            if part.objectName():
                part.setObjectName(prefix + part.objectName()[0].upper() + part.objectName()[1:])
        self.card = HoverCard(self)  # whoever shows points gives it a parent in which it may stand beside them

    def set_classes(self, names: tuple[str, ...]) -> None:
        """Show a chip for each class."""
        self.legend.set_classes(names)
        self.place_legend()

    def place_legend(self) -> None:
        """Put the legend where it costs the plot no room, unless the choice of a projection stands there."""
        width = self.legend.line_width() + self.tools.buttons.sizeHint().width() + SPACING
        is_free = self.tools.isHidden() and width <= self.width()
        self._layout.addWidget(self.legend, *((0, 0, 1, 1) if is_free else (1, 0, 1, 2)))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.place_legend()
