"""A slider that says what its position stands for."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QAbstractSlider, QSlider

from vae_desktop.gui.widgets.controls import named


class ValueSlider(QSlider):
    """A horizontal slider whose accessible name ends with its value; the wheel needs the focus.

    Screen readers read the whole number of a QSlider's position, and Qt offers no safe way to replace it from Python.

    Parameters
    ----------
    name, label, tip : str
        Object name, what is moved, and tooltip.
    ends : (int, int)
        First and last position.
    per_unit : float
        Positions to a unit of the value.
    words : str
        The value for who listens, as a format such as "{:.0%}".
    """

    def __init__(self, name: str, label: str, tip: str, ends: tuple[int, int], per_unit: float, words: str) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        self._label, self._per_unit, self._words = label, per_unit, words
        named(self, name, tip=tip)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setRange(*ends)
        self._tell_value()

    def value_of(self, position: int) -> float:
        """The value that a position stands for."""
        return position / self._per_unit

    def position_of(self, value: float) -> int:
        """The position nearest to a value."""
        return round(value * self._per_unit)

    def sliderChange(self, change: QAbstractSlider.SliderChange) -> None:
        super().sliderChange(change)
        if change == QAbstractSlider.SliderChange.SliderValueChange:  # also while signals are blocked
            self._tell_value()

    def wheelEvent(self, event: QWheelEvent) -> None:
        # Without the focus the wheel scrolls the panel; it must not change a value in passing.
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()

    def _tell_value(self) -> None:
        self.setAccessibleName(f"{self._label}, {self._words.format(self.value_of(self.value()))}")
