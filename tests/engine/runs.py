"""Runs of the training thread, and what came of them."""

import numpy as np

from tests.engine.conftest import Stepped, entry

EPOCH = 12  # steps


def one_run(run_id, config, dataset, snapshot=None):
    """Train one model."""
    return (entry(run_id, config, snapshot),), dataset, ()


def rows(inbox, run_id=1):
    """All metrics of a run so far."""
    return np.concatenate([event.rows for event in inbox.all(Stepped) if event.run_id == run_id])


def assert_same_tensors(first, second):
    assert first.keys() == second.keys()
    for name, tensor in first.items():
        assert np.array_equal(tensor, second[name]), name
