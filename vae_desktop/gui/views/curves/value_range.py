"""Which values an axis of losses has to reach, so that one spike does not flatten all else."""

import math
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

_EARLY = 0.02  # of the steps: how a training begins says little about the scale of the rest
_PERCENTILE = 99.5
_FAR = 0.5  # of the span of most values: what lies farther above them is a spike
_SHOWN = 0.1  # of that span: how far the axis reaches above most values where there is a spike
_SAMPLE = 4096  # values of each curve from which the percentile is taken
RUINED = 8.0  # spans of all values before, above which the rest has to lie for the training to be ruined
_LEAST_SPAN = 1.0  # nats, or squared error of an image: what grows from nothing to less than that ruins nothing
_FEWEST = 50  # values, before which nobody can tell what most of them are


class ValueRange:
    """Gathers the values of several curves.

    Parameters
    ----------
    is_robust : bool
        The limits leave out spikes, how the training began if that was far from the rest, and from where on it was
        ruined: what was good before would be a flat line.
    least : float, optional
        Values up to it are left out, as on a logarithmic axis.

    Attributes
    ----------
    peak, peak_step, peak_colour : float, float, str
        The highest value, its step, and the colour of its curve.
    """

    def __init__(self, is_robust: bool, least: float | None = None) -> None:
        self.is_robust = is_robust
        self._least = least
        self._lowest, self._most_lowest, self._most_highest = math.inf, math.inf, -math.inf
        self.peak, self.peak_step, self.peak_colour = -math.inf, 0.0, ""
        self._stretched: tuple[float, float] | None = None
        self._ruined_from = math.inf
        self._samples: list[tuple[Array, Array]] = []

    @property
    def is_empty(self) -> bool:
        return self.peak == -math.inf

    def add(self, steps: Array, values: Array, colour: str, ruined: float = RUINED) -> None:
        """Take in the values (n,) of a curve at these steps (n,), which is ruined so many spans above the rest."""
        is_shown = np.isfinite(values) if self._least is None else np.isfinite(values) & (values > self._least)
        if not is_shown.any():
            return
        steps, values = (steps, values) if is_shown.all() else (steps[is_shown], values[is_shown])
        place = int(values.argmax())
        if values[place] > self.peak:
            self.peak, self.peak_step, self.peak_colour = float(values[place]), float(steps[place]), colour
        self._lowest = min(self._lowest, float(values.min()))
        every = max(1, len(values) // _SAMPLE)
        self._samples.append((steps[::every], values[::every]))
        if self.is_robust:
            self._ruined_from = min(self._ruined_from, _ruined_from(*self._samples[-1], ruined))
        most = values[steps >= _EARLY * steps[-1]] if len(values) >= _FEWEST else values
        most = most[:: max(1, len(most) // _SAMPLE)]
        highest = np.percentile(most, _PERCENTILE) if len(values) >= _FEWEST else most.max()
        self._most_lowest = min(self._most_lowest, float(most.min()))
        self._most_highest = max(self._most_highest, float(highest))

    def stretch_to(self, other: "ValueRange") -> None:
        """Reach the values of a range of less weight too, if robust by no more than the own span at either end."""
        if other.is_empty:
            return
        lowest, highest = other.limits()
        if not self.is_empty:
            own_lowest, own_highest = self.limits()
            room = own_highest - own_lowest if self.is_robust else math.inf
            lowest = min(own_lowest, max(lowest, own_lowest - room))
            highest = max(own_highest, min(highest, own_highest + room))
        self._stretched = lowest, highest
        if other.peak > self.peak:
            self.peak, self.peak_step, self.peak_colour = other.peak, other.peak_step, other.peak_colour

    def limits(self) -> tuple[float, float]:
        """The lowest and the highest value that the axis reaches."""
        if self._stretched is not None:
            return self._stretched
        if self._ruined_from < math.inf:
            before = [values[steps <= self._ruined_from] for steps, values in self._samples]
            return self._lowest, max(float(values.max()) for values in before if len(values))
        span = self._most_highest - self._most_lowest
        if self.is_robust and span > 0 and self.peak > self._most_highest + _FAR * span:
            return self._lowest, self._most_highest + _SHOWN * span
        return self._lowest, self.peak


def _ruined_from(steps: Array, values: Array, ruined: float) -> float:
    """The step up to which a training was good whose losses then rose by orders of magnitude for good; else infinity.

    Each value is held against those in the first half of the time before it, since a ruin may take some steps.
    """
    if len(values) < _FEWEST:
        return math.inf
    half = np.arange(len(values)) // 2
    highest, lowest = np.maximum.accumulate(values)[half], np.minimum.accumulate(values)[half]
    limits = highest + ruined * np.maximum(highest - lowest, _LEAST_SPAN)
    above = np.flatnonzero(values > limits)
    above = above[above >= _FEWEST // 2]
    if not len(above) or np.median(values[above[0] :]) <= limits[above[0]]:
        return math.inf
    return float(steps[half[above[0]]])


def good_part(values: Array) -> Array:
    """Of the losses (n,) of a training those before it was ruined; all if it was not."""
    steps = np.arange(len(values))
    return values[steps <= _ruined_from(steps, values, RUINED)]
