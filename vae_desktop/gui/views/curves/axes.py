"""Axes of the learning curves whose labels do not touch."""

import math
import unicodedata

import pyqtgraph

_LABEL_HEIGHT = 20  # px, with some space
_DIGIT, _BETWEEN = 8, 16  # px, of the number of a step, and between two of them
_LONGEST_UNIT = 20  # letters that fit along an axis; a longer unit takes two lines


def _letters(text: str) -> int:
    """How long a text is; a Chinese character is as long as two letters."""
    return sum(1 + (unicodedata.east_asian_width(letter) in "WF") for letter in text)


class StepAxis(pyqtgraph.AxisItem):
    """An axis of steps: multiples of 1, 2, 5, 10, …, as many as there is room for their labels."""

    def tickValues(self, low: float, high: float, size: float) -> list[tuple[float, list[float]]]:
        if not high > low:
            return []
        room = _DIGIT * len(f"{high:,.0f}") + _BETWEEN
        least = max(1.0, room * (high - low) / max(size, 1))  # steps between two labels
        decade = 10.0 ** math.floor(math.log10(least))
        spacing = next(factor * decade for factor in (1, 2, 5, 10) if factor * decade >= least)
        return [(spacing, [spacing * number for number in range(math.ceil(low / spacing), int(high // spacing) + 1)])]

    def tickStrings(self, values: list[float], scale: float, spacing: float) -> list[str]:
        return [f"{value:,.0f}" for value in values]


class LossAxis(pyqtgraph.AxisItem):
    """An axis whose logarithmic ticks are 1, 2, 5, 10, … as far as there is room for their labels."""

    def labelString(self) -> str:
        label = super().labelString()
        text, (term, _, unit) = self.labelText, self.labelText.rpartition(", ")
        if _letters(text) <= _LONGEST_UNIT:
            return label
        if _letters(unit) > _LONGEST_UNIT:
            unit = unit.replace(" / ", "<br>/ ")
        return label.replace(text, f"{term}<br>{unit}" if term else unit)

    def tickValues(self, low: float, high: float, size: float) -> list[tuple[float, list[float]]]:
        if not self.logMode:
            return super().tickValues(low, high, size)
        decades = range(math.floor(low), math.ceil(high) + 1)
        for factors in ((1, 2, 5), (1, 3), (1,)):
            ticks = [decade + math.log10(factor) for decade in decades for factor in factors]
            ticks = [tick for tick in ticks if low <= tick <= high]
            if len(ticks) * _LABEL_HEIGHT <= size:
                break
        return [(1.0, ticks)]

    def tickStrings(self, values: list[float], scale: float, spacing: float) -> list[str]:
        return [f"{10**value:.3g}" for value in values] if self.logMode else super().tickStrings(values, scale, spacing)
