"""The seed that random numbers are drawn from, and a button for the next one."""

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QToolButton, QWidget

from vae_desktop.gui.widgets.controls import row
from vae_desktop.gui.widgets.number_field import NumberField
from vae_desktop.gui.widgets.theme import SPACING


class SeedBox(QWidget):
    """A number field, the value of which is the seed, with a button beside it."""

    def __init__(self, spin: NumberField, renew: QToolButton) -> None:
        super().__init__()
        self._spin = spin
        row((spin, 1), renew, spacing=SPACING // 2, on=self)
        renew.clicked.connect(self._take_next)

    @Slot()
    def _take_next(self) -> None:
        self._spin.setValue((self._spin.value() + 1) % (int(self._spin.maximum()) + 1))
