"""The panel of the classes, which opens over the window and closes with a click beside it."""

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QWidget

from vae_desktop.gui.views.stage.class_legend import ClassLegend
from vae_desktop.gui.widgets.controls import column, label, named
from vae_desktop.gui.widgets.theme import SPACING
from vae_desktop.language import tr

_WIDTH = 40 * SPACING


class ClassPanel(QFrame):
    """Holds the chips by which classes are hidden and shown.

    Attributes
    ----------
    legend : ClassLegend
    """

    def __init__(self, legend: ClassLegend, parent: QWidget | None = None) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        named(self, "classPanel", tr("Classes"))
        self.legend = legend
        hint = tr("A click hides or shows a class, a double-click shows it alone or all again.")
        self._hint = label(hint, "muted", "small", wraps=True)
        self._layout = column(legend, self._hint, spacing=SPACING, margins=(SPACING,) * 4, on=self)

    def open_below(self, button: QWidget) -> None:
        """Open below a button, right edges in line, with the keyboard at the first class."""
        width = min(max(self.legend.line_width(), self._hint.sizeHint().width()) + 3 * SPACING, _WIDTH)
        self.setFixedWidth(width)
        self.show()
        self._layout.activate()  # the chips stand in rows of this width now
        self.setFixedHeight(self._layout.totalHeightForWidth(width))
        corner = button.mapToGlobal(QPoint(button.width() - self.width(), button.height() + SPACING // 2))
        area = button.screen().availableGeometry()
        self.move(max(area.left(), corner.x()), max(area.top(), min(corner.y(), area.bottom() - self.height())))
        self.legend.focus_first()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.hide()
        else:
            super().keyPressEvent(event)
