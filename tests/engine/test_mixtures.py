"""Mixtures that are fitted in the background."""

import threading

import numpy as np
import pytest

from vae_desktop.engine import mixtures as module
from vae_desktop.engine.jobs import Jobs
from vae_desktop.engine.mixtures import Mixtures
from vae_desktop.errors import UserError
from vae_desktop.latent.mixture import Mixture, fit_mixture


@pytest.fixture
def jobs(inbox):
    result = Jobs(inbox.outbox)
    inbox.handle = result.handle
    return result


@pytest.fixture
def mixtures(jobs):
    return Mixtures(jobs)


def clouds(*centres):
    """A hundred codes around each centre."""
    noise = np.random.default_rng(0).normal(scale=0.1, size=(len(centres), 100, 2))
    return (np.array(centres)[:, None] + noise).reshape(-1, 2).astype(np.float32)


def unwanted(_):
    raise AssertionError


def test_a_mixture_is_found(inbox, mixtures):
    found = []
    mixtures.fit(clouds((0, 5), (4, -1)), 2, found.append, unwanted)
    assert mixtures.is_running
    inbox.wait_until(lambda: found)
    assert not mixtures.is_running
    (mixture,) = found
    assert isinstance(mixture, Mixture)
    assert mixture.means[mixture.means[:, 0].argsort()] == pytest.approx(np.array([(0, 5), (4, -1)]), abs=0.05)
    assert mixture.weights == pytest.approx([0.5, 0.5])


def test_what_cannot_be_fitted_is_told_and_the_next_one_fitted(inbox, mixtures):
    failed, found = [], []
    mixtures.fit(np.ones((9, 2), np.float32), 2, unwanted, failed.append)
    inbox.wait_until(lambda: failed)
    (error,) = failed
    assert isinstance(error, UserError)
    assert "differ" in str(error)
    mixtures.fit(clouds((3, 3)), 1, found.append, unwanted)
    inbox.wait_until(lambda: found)


@pytest.fixture
def held(monkeypatch):
    """Have the first fit wait, and then do as the test says."""
    go_on, left = threading.Event(), [True]

    def fit(means, components, seed):
        if left:
            left.clear()
            assert go_on.wait(30)
        return fit_mixture(means, components, seed)

    monkeypatch.setattr(module, "fit_mixture", fit)
    return go_on


@pytest.mark.parametrize("older", [clouds((0, 5)), np.ones((9, 2), np.float32)], ids=["found", "failed"])
def test_of_an_older_fit_nothing_is_heard(inbox, jobs, mixtures, held, older):
    found = []
    mixtures.fit(older, 1, unwanted, unwanted)
    mixtures.fit(clouds((4, -1)), 1, found.append, unwanted)
    inbox.wait_until(lambda: found)
    held.set()
    jobs.join(30)
    inbox.take()
    assert len(found) == 1
    assert found[0].means == pytest.approx(np.array([(4, -1)]), abs=0.05)


def test_of_a_cancelled_fit_nothing_is_heard(inbox, jobs, mixtures, held):
    mixtures.fit(clouds((0, 5)), 1, unwanted, unwanted)
    mixtures.cancel()
    assert not mixtures.is_running
    held.set()
    jobs.join(30)
    inbox.take()
    assert inbox.events
