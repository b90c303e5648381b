"""Sliders that say what their position stands for."""

import math

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QWheelEvent
from PySide6.QtWidgets import QAbstractSlider, QSlider, QWidget

from vae_desktop.gui.widgets.controls import named
from vae_desktop.gui.widgets.theme import small_font

_HANDLE = 14  # px, as in the style sheet


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


class LogSlider(ValueSlider):
    """A slider over powers of ten, whose first position is 0; values have two significant digits.

    Parameters
    ----------
    name, label, tip : str
        As of ValueSlider.
    least, most : float
        The smallest value above 0, and the largest.
    per_decade : int
        Positions to a power of ten.
    """

    def __init__(
        self, name: str, label: str, tip: str, least: float = 0.01, most: float = 100.0, per_decade: int = 20
    ) -> None:
        self._least, self._per_decade = least, per_decade
        self._exact = 0.0
        last = 1 + round(per_decade * math.log10(most / least))
        super().__init__(name, label, tip, (0, last), 1.0, "{:g}")
        self.setPageStep(per_decade // 2)

    def value_of(self, position: int) -> float:
        if position <= 0:
            return 0.0
        return float(f"{self._least * 10 ** ((position - 1) / self._per_decade):.2g}")

    def position_of(self, value: float) -> int:
        if value <= 0:
            return 0
        position = 1 + round(self._per_decade * math.log10(value / self._least))
        return min(max(position, 1), self.maximum())

    def show_value(self, value: float) -> None:
        """Go to the position nearest to a value, without a signal; it is told as it is, even beyond the ends."""
        self._exact = value
        blocked = self.blockSignals(True)
        self.setValue(self.position_of(value))
        self.blockSignals(blocked)
        self._tell_value()

    def _tell_value(self) -> None:
        is_exact = self.position_of(self._exact) == self.value()
        value = self._exact if is_exact else self.value_of(self.value())
        self.setAccessibleName(f"{self._label}, {self._words.format(value)}")


class SliderScale(QWidget):
    """Writes values below the positions of a slider that stand for them."""

    def __init__(self, slider: ValueSlider, label: str, values: tuple[float, ...]) -> None:
        super().__init__()
        self._slider, self._values = slider, values
        self.setFont(small_font(self.font()))
        self.setFixedHeight(self.fontMetrics().height())
        named(self, f"{slider.objectName()}Scale", label)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setPen(self.palette().placeholderText().color())
        for value in self._values:
            text = f"{value:g}"
            fraction = self._slider.position_of(value) / self._slider.maximum()
            centre = _HANDLE / 2 + fraction * (self.width() - _HANDLE)
            width = self.fontMetrics().horizontalAdvance(text) + 2
            left = min(max(round(centre - width / 2), 0), self.width() - width)
            painter.drawText(QRect(left, 0, width, self.height()), Qt.AlignmentFlag.AlignCenter, text)
        painter.end()
