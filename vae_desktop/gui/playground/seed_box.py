"""The seed that random numbers are drawn from, and a button for the next one."""

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QHBoxLayout, QSpinBox, QToolButton, QWidget

from vae_desktop.gui.theme import SPACING, tabular


class SeedBox(QWidget):
    """A spin box with a button beside it.

    Attributes
    ----------
    spin : QSpinBox
        Its value is the seed.
    renew : QToolButton
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.spin = QSpinBox(minimum=0, maximum=999_999)
        self.spin.setFont(tabular(self.font()))
        self.renew = QToolButton(text="⟳")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACING // 2)
        layout.addWidget(self.spin, 1)
        layout.addWidget(self.renew)
        self.renew.clicked.connect(self._take_next)

    @Slot()
    def _take_next(self) -> None:
        self.spin.setValue((self.spin.value() + 1) % (self.spin.maximum() + 1))
