"""Ways of drawing codes against the distributions that they are to come from."""

import numpy as np
import pytest

from vae_desktop.latent.codes import Codes
from vae_desktop.latent.sampling import sample_box, sample_normal, sample_posteriors, sample_prior

COUNT = 20_000


@pytest.fixture
def means():
    """Codes that fill a slanted ellipse far from 0; their third dimension is always the same."""
    random = np.random.default_rng(0)
    mixing = np.array([[2, 0, 0], [1.5, 0.5, 0], [0, 0, 0]])
    return (random.normal(size=(5000, 3)) @ mixing.T + [10, -4, 7]).astype(np.float32)


def test_the_box_is_filled_evenly_up_to_its_sides(means):
    codes = sample_box(COUNT, means, seed=0)
    low, high = means.min(0), means.max(0)
    assert (codes >= low).all()
    assert (codes <= high).all()
    assert (codes[:, 2] == 7).all()
    within = (codes[:, :2] - low[:2]) / (high - low)[:2]
    for column in within.T:
        shares = np.histogram(column, bins=10, range=(0, 1))[0] / COUNT
        assert shares == pytest.approx(np.full(10, 0.1), abs=0.012)
    assert abs(np.corrcoef(within.T)[0, 1]) < 0.03


def test_the_normal_has_the_codes_mean_and_covariance(means):
    codes = sample_normal(COUNT, means, seed=0)
    assert codes.mean(0) == pytest.approx(means.mean(0), abs=0.08)
    assert np.cov(codes.T) == pytest.approx(np.cov(means.T), abs=0.12)
    assert codes[:, 2] == pytest.approx(7, abs=1e-3)
    fourth = ((codes[:, 0] - codes[:, 0].mean()) / codes[:, 0].std()) ** 4
    assert fourth.mean() == pytest.approx(3, abs=0.15)  # a normal's kurtosis


@pytest.mark.parametrize("draw", [sample_box, sample_normal])
def test_one_dimension_and_a_single_code(draw):
    means = np.array([[2.5]], np.float32)
    assert draw(4, means, seed=0).tolist() == [[2.5]] * 4


@pytest.mark.parametrize("draw", [sample_box, sample_normal])
def test_the_seed_decides_them(draw, means):
    first, again, other = (draw(5, means, seed) for seed in (0, 0, 1))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    assert first.dtype == np.float32


def test_the_prior_is_standard_normal():
    codes = sample_prior(COUNT, 2, seed=0)
    assert codes.mean(0) == pytest.approx([0, 0], abs=0.03)
    assert np.cov(codes.T) == pytest.approx(np.eye(2), abs=0.04)


@pytest.mark.parametrize("draw", [sample_box, sample_normal])
def test_the_temperature_stretches_from_the_middle(draw, means):
    plain, stretched = draw(50, means, seed=0), draw(50, means, seed=0, temperature=2.0)
    middle = (means.min(0) + means.max(0)) / 2 if draw is sample_box else means.mean(0)
    assert stretched - middle == pytest.approx(2 * (plain - middle), abs=1e-3)


def test_the_temperature_multiplies_samples_of_the_prior():
    assert sample_prior(9, 3, 0, temperature=0.5) == pytest.approx(0.5 * sample_prior(9, 3, 0))


@pytest.mark.parametrize("draw", [lambda count, means: sample_prior(count, 3, 0), lambda *a: sample_box(*a, seed=0)])
def test_with_more_the_first_ones_stay(draw, means):
    assert np.array_equal(draw(100, means)[:7], draw(7, means))


def test_codes_of_posteriors_are_spread_by_the_means_and_by_sigma():
    random = np.random.default_rng(0)
    means = random.normal((10, -4), (2, 0.01), (COUNT, 2)).astype(np.float32)
    stddev = random.uniform(0.5, 1.5, means.shape).astype(np.float32)
    codes = Codes(means, np.log(stddev), None)
    drawn = sample_posteriors(codes)
    assert drawn.dtype == np.float32
    assert drawn.mean(0) == pytest.approx(means.mean(0), abs=0.03)
    assert np.cov(drawn.T) == pytest.approx(np.cov(means.T) + np.diag((stddev**2).mean(0)), abs=0.1)
    assert np.array_equal(sample_posteriors(codes), drawn)


def test_codes_without_a_posterior_are_taken_as_they_are(means):
    assert np.array_equal(sample_posteriors(Codes(means, None, None)), means)


def test_images_without_a_finite_posterior_have_no_code():
    means, log_stddev = np.zeros((2, 4, 2), np.float32)
    means[1, 0], log_stddev[2, 1] = np.nan, np.nan
    assert sample_posteriors(Codes(means, log_stddev, None)).shape == (2, 2)
    assert sample_posteriors(Codes(means, None, None)).shape == (3, 2)
