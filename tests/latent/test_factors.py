"""Rank correlations against scipy's."""

import numpy as np
import pytest
from scipy.stats import spearmanr

from vae_desktop.latent.posteriors import factor_correlations


def test_they_are_spearmans():
    random = np.random.default_rng(0)
    means = random.normal(size=(200, 3)).astype(np.float32)
    # The second has many ties, and the sign does not matter.
    factors = np.column_stack((np.exp(means[:, 0]) + random.random(200), -np.round(means[:, 2]))).astype(np.float32)
    expected = [[abs(spearmanr(means[:, d], factors[:, f]).statistic) for f in range(2)] for d in range(3)]
    found = factor_correlations(means, factors)
    assert found == pytest.approx(np.array(expected), abs=1e-12)
    assert found[2, 1] > 0.8 > 0.3 > found[1, 1]


def test_a_monotone_factor_is_followed_wholly():
    means = np.linspace(-2, 2, 50, dtype=np.float32)[:, None]
    assert factor_correlations(means, -(means**3)) == pytest.approx(np.ones((1, 1)))


def test_what_never_changes_has_no_correlation():
    means = np.column_stack((np.arange(5), np.zeros(5))).astype(np.float32)
    found = factor_correlations(means, np.arange(5, dtype=np.float32)[:, None])
    assert found[0, 0] == pytest.approx(1)
    assert np.isnan(found[1, 0])
