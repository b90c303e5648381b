"""The seed that random numbers are drawn from, and a button for the next one."""

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QHBoxLayout, QToolButton, QWidget

from vae_desktop.gui.widgets.number_field import NumberField
from vae_desktop.gui.widgets.theme import SPACING


class SeedBox(QWidget):
    """A number field with a button beside it.

    Attributes
    ----------
    spin : NumberField
        Its value is the seed.
    renew : QToolButton
    """

    def __init__(self, name: str, label: str, tip: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.spin = NumberField(name, label, tip, (0, 999_999))
        self.renew = QToolButton(text="⟳")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACING // 2)
        layout.addWidget(self.spin, 1)
        layout.addWidget(self.renew)
        self.renew.clicked.connect(self._take_next)

    @Slot()
    def _take_next(self) -> None:
        self.spin.setValue((self.spin.value() + 1) % (int(self.spin.maximum()) + 1))
