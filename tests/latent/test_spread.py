"""The unit in which different latent spaces are compared."""

import numpy as np
import pytest

from vae_desktop.latent.codes import Codes, CodeSpread
from vae_desktop.latent.plane import axis_plane
from vae_desktop.latent.posteriors import sampled


@pytest.fixture
def codes():
    random = np.random.default_rng(1)
    mean = random.normal((1.0, -2.0, 0.0), (0.1, 3.0, 1.0), (20_000, 3)).astype(np.float32)
    return Codes(mean, np.log(random.uniform(0.5, 1.5, mean.shape)).astype(np.float32), None)


def test_it_is_that_of_codes_drawn_from_all_posteriors(codes):
    drawn = sampled(codes, np.random.default_rng(2).standard_normal(codes.mean.shape, np.float32)).mean
    spread = CodeSpread.of(codes)
    assert spread.middle == pytest.approx(drawn.mean(0), abs=0.05)
    assert spread.stddev == pytest.approx(drawn.std(0), rel=0.02)


def test_without_posteriors_it_is_that_of_the_points(codes):
    spread = CodeSpread.of(Codes(codes.mean, None, None))
    assert spread.stddev == pytest.approx(codes.mean.std(0), rel=1e-4)


def test_a_model_trained_by_kl_alone_fills_the_prior():
    collapsed = Codes(np.zeros((100, 2), np.float32), np.zeros((100, 2), np.float32), None)
    spread, prior = CodeSpread.of(collapsed), CodeSpread.of_prior(2)
    assert np.array_equal(spread.middle, prior.middle)
    assert np.array_equal(spread.stddev, prior.stddev)


def test_there_and_back(codes):
    spread = CodeSpread.of(codes)
    units = np.random.default_rng(3).standard_normal((50, 3), np.float32)
    assert spread.to_units(spread.to_codes(units)) == pytest.approx(units, abs=1e-5)
    assert spread.to_codes(np.zeros(3, np.float32)) == pytest.approx(spread.middle)


def test_along_axes_it_is_that_of_the_dimensions(codes):
    spread = CodeSpread.of(codes)
    middle, stddev = spread.along(axis_plane((2, 0), 3).basis)
    assert middle == pytest.approx(spread.middle[[2, 0]])
    assert stddev == pytest.approx(spread.stddev[[2, 0]])


def test_points_on_one_place_can_be_told_apart_all_the_same():
    spread = CodeSpread.of(Codes(np.ones((5, 2), np.float32), None, None))
    assert (spread.stddev > 0).all()
    assert np.isfinite(spread.to_units(np.zeros(2, np.float32))).all()


def test_codes_that_are_not_finite_do_not_count(codes):
    codes.mean[7] = np.inf
    assert np.isfinite(CodeSpread.of(codes).stddev).all()
    assert np.array_equal(CodeSpread.of(Codes(codes.mean[7:8], None, None)).stddev, np.ones(3))
