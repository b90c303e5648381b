"""A model's state at one step, as a value."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Weights = Mapping[str, npt.NDArray[np.float32]]  # by the name that a parameter has in its model


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
    """

    step: int
    weights: Weights
    optimizer: Weights | None = None
