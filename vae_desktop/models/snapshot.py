"""A model's state at one step, as a value."""

from collections.abc import Mapping
from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True, eq=False)
class Snapshot:
    """Weights on the CPU that nothing changes and no training shares.

    Attributes
    ----------
    step : int
        Training steps taken. It is also the whole random state: every stream is a function of it.
    weights : mapping of name to Tensor
    optimizer : mapping of name to Tensor, or None
        What going on exactly needs besides; None where the snapshot is only for decoding.
    """

    step: int
    weights: Mapping[str, Tensor]
    optimizer: Mapping[str, Tensor] | None = None
