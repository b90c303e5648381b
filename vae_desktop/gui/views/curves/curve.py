"""What a pane draws over the training steps: curves, and marks of what was changed."""

import math
from typing import Any, NamedTuple

import numpy as np

from vae_desktop.language import tr
from vae_desktop.training.history import CHOSEN, TERMS, Change, History
from vae_desktop.variants import setting_in_words, value_in_words

GRADIENT = "gradient"  # stands beside the terms of the loss
MARKED = ("beta", "learning_rate", *CHOSEN)  # the settings whose changes bend a curve, and are marked

Array = np.ndarray[Any, Any]


class Curve(NamedTuple):
    """A term of the loss of a model, or the norm of its gradient, and how it is shown.

    Attributes
    ----------
    first, last : int; int, or None
        The steps after which it begins, and with which it ends if that is not the newest.
    is_beyond : bool
        It is what a model went on to where another one went its own way: faint, and dashed.
    """

    name: str
    term: str
    colour: str
    history: History
    first: int = 0
    last: int | None = None
    is_beyond: bool = False

    def batches(self) -> tuple[Array, Array]:
        """Steps and values (n,) of batches; none where the model has no such term."""
        if self.term == GRADIENT:
            steps, values = self.history.gradient_norms.T
            first, last = np.searchsorted(steps, (self.first, self._end), side="right")
            return steps[first:last].astype(np.float32), values[first:last]
        values = self.history.training[self.first : self.last, TERMS.index(self.term)]
        return np.arange(self.first + 1, self.first + len(values) + 1, dtype=np.float32), values

    def tests(self) -> tuple[Array, Array]:
        """Steps and values (m,) of test images; none where the model has no such term."""
        if self.term == GRADIENT:
            return np.empty(0), np.empty(0)
        entries = [entry for entry in self.history.drawn_evaluations if self.first <= entry.step <= self._end]
        pairs = [(entry.step, getattr(entry, self.term)) for entry in entries]
        steps, values = np.array([pair for pair in pairs if pair[1] is not None], np.float64).reshape(-1, 2).T
        return steps, values

    @property
    def _end(self) -> float:
        return math.inf if self.last is None else self.last


class Mark(NamedTuple):
    """A change of a setting, and the colour of the model whose it was.

    With a `text`, perhaps an empty one, that stands beside the line, it is the step of a fork.
    """

    change: Change
    colour: str
    text: str | None = None

    @property
    def in_words(self) -> tuple[str, str]:
        """The setting and what it was changed to, and the latter alone."""
        name, change = setting_in_words(self.change.name), self.change
        if not change.chosen:
            return f"{name} {change.value:g}", f"{change.value:g}"
        value = value_in_words(change.name, change.chosen)
        return tr("{name}: {value}").format(name=name, value=value), value
