"""When two models are to the bit the same, with all of their training."""

import numpy as np


def assert_same_training(one, other) -> None:
    """Compare weights, optimizer, losses and evaluations of two runs or checkpoints."""
    for part in ("weights", "optimizer"):
        tensors, others = getattr(one.snapshot, part), getattr(other.snapshot, part)
        assert tensors.keys() == others.keys()
        assert all(np.array_equal(tensors[name], others[name]) for name in tensors)
    assert np.array_equal(one.history.training, other.history.training, equal_nan=True)
    assert one.history.evaluations == other.history.evaluations
