"""A model's state at one step, as a value, and the training that it is a step of."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Weights = Mapping[str, npt.NDArray[np.float32]]  # by the name that a parameter has in its model

_RISE = 0.1  # fraction of a cycle in which the rate grows
_START = 0.04  # the first rate of a cycle, as a fraction of the highest


@dataclass(frozen=True)
class Span:
    """The steps of a training: from `first` to `last`, with so many in an epoch."""

    first: int
    last: int
    per_epoch: int

    def continued(self, step: int, epochs: int, per_epoch: int) -> "Span":
        """The span in which a training goes on after `step`: this one if it was interrupted, else one of its own.

        `epochs` count from the beginning of either.
        """
        last = self.first + epochs * self.per_epoch
        if per_epoch == self.per_epoch and step < min(self.last, last):
            return Span(self.first, last, per_epoch)
        return Span(step, step + epochs * per_epoch, per_epoch)


def are_finite(tensors: Weights) -> bool:
    """Whether no number in them is infinite or NaN."""
    return all(bool(np.isfinite(values).all()) for values in tensors.values())


def are_equal(some: Weights, others: Weights) -> bool:
    """Whether they are the same numbers under the same names."""
    return some.keys() == others.keys() and all(np.array_equal(some[name], others[name]) for name in some)


def one_cycle(position: float) -> float:
    """The learning rate at a position of a run, 0 to 1, as a fraction of the highest.

    It rises linearly over the first tenth and falls to 0 along half a cosine (after Smith 2018, arXiv 1803.09820,
    without the momentum's cycle).
    """
    if position < _RISE:
        return _START + (1 - _START) * position / _RISE
    return 0.5 * (1 + math.cos(math.pi * (position - _RISE) / (1 - _RISE)))


@dataclass(frozen=True, eq=False)
class Snapshot:
    """Weights that nothing changes and no training shares; to hold or to read them takes no torch.

    Attributes
    ----------
    step : int
        Training steps taken. It is also the whole random state: every stream is a function of it.
    weights : mapping of name to array, float32
    optimizer : mapping of name to array, float32, or None
        What going on exactly needs besides; None where the snapshot is only for decoding.
    span : Span, or None
        The training in which it was taken: schedules are functions of the step in it. None where that is not known.
    """

    step: int
    weights: Weights
    optimizer: Weights | None = None
    span: Span | None = None

    @property
    def nbytes(self) -> int:
        """The memory of its arrays."""
        return sum(values.nbytes for values in (*self.weights.values(), *(self.optimizer or {}).values()))

    def is_same(self, other: "Snapshot | None") -> bool:
        """Whether it is the same model: one that went back comes to the same step with other weights."""
        return other is not None and self.step == other.step and are_equal(self.weights, other.weights)

    @property
    def is_interrupted(self) -> bool:
        """Whether the training in which the snapshot was taken was to go on."""
        return self.span is not None and self.step < self.span.last
