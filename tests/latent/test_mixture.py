"""Gaussian mixtures fitted to codes, against the distributions that the codes came from."""

import numpy as np
import pytest

from vae_desktop.errors import UserError
from vae_desktop.latent.sampling import fit_mixture, sample_mixture

CENTRES = np.array([(-6, 0), (6, 1), (0, 8)], np.float32)


@pytest.fixture
def codes():
    """Three clouds: a round one, a slanted one and a flat one, the last twice as large."""
    random = np.random.default_rng(0)
    shapes = (np.eye(2), np.array([(1, 0), (0.8, 0.4)]), np.array([(2, 0), (0, 0.2)]))
    parts = [
        centre + random.normal(size=(count, 2)) @ shape.T
        for centre, shape, count in zip(CENTRES, shapes, (1000, 1000, 2000), strict=True)
    ]
    return np.concatenate(parts).astype(np.float32)


def test_each_cloud_is_found(codes):
    mixture = fit_mixture(codes, 3, seed=0)
    order = [int(np.linalg.norm(mixture.means - centre, axis=1).argmin()) for centre in CENTRES]
    assert sorted(order) == [0, 1, 2]
    assert mixture.means[order] == pytest.approx(CENTRES, abs=0.2)
    assert mixture.weights[order] == pytest.approx([0.25, 0.25, 0.5], abs=0.02)
    flat = mixture.factors[order[2]]
    assert flat @ flat.T == pytest.approx(np.diag([4, 0.04]), abs=0.3)


def test_what_is_drawn_is_spread_as_the_codes_are(codes):
    drawn = sample_mixture(20_000, fit_mixture(codes, 3, seed=0), seed=1)
    assert drawn.dtype == np.float32
    nearest = np.linalg.norm(drawn[:, None] - CENTRES, axis=2).argmin(1)
    assert np.bincount(nearest) / len(drawn) == pytest.approx([0.25, 0.25, 0.5], abs=0.02)
    home = np.linalg.norm(codes[:, None] - CENTRES, axis=2).argmin(1)
    for place in range(3):
        assert np.cov(drawn[nearest == place].T) == pytest.approx(np.cov(codes[home == place].T), abs=0.25)


def test_at_temperature_0_only_the_means_are_drawn(codes):
    mixture = fit_mixture(codes, 3, seed=0)
    drawn = sample_mixture(200, mixture, seed=1, temperature=0.0)
    assert np.abs(drawn[:, None] - mixture.means).max(2).min(1).max() < 1e-5


def test_with_more_the_first_ones_stay(codes):
    mixture = fit_mixture(codes, 3, seed=0)
    assert np.array_equal(sample_mixture(100, mixture, seed=1)[:7], sample_mixture(7, mixture, seed=1))


def test_the_seed_decides(codes):
    one, again, other = (sample_mixture(9, fit_mixture(codes, 3, 0), seed) for seed in (0, 0, 1))
    assert np.array_equal(one, again)
    assert not np.array_equal(one, other)


def test_fewer_codes_than_components_and_a_collapsed_dimension():
    codes = np.array([(0, 5), (1, 5), (2, 5)], np.float32)
    drawn = sample_mixture(50, fit_mixture(codes, 10, seed=0), seed=0)
    assert np.abs(drawn[:, 1] - 5).max() < 0.02


@pytest.mark.parametrize("codes", [np.empty((0, 2)), np.ones((9, 2)), np.full((9, 2), np.nan)])
def test_codes_without_a_spread_are_refused_in_words(codes):
    with pytest.raises(UserError, match="differ"):
        fit_mixture(codes.astype(np.float32), 3, seed=0)


def test_codes_that_are_not_finite_do_not_count(codes):
    spoiled = np.concatenate((codes, np.full((5, 2), np.inf, np.float32)))
    assert np.isfinite(fit_mixture(spoiled, 3, seed=0).means).all()
