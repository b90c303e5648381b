"""What codes say of a latent space, against numbers worked out by hand."""

import numpy as np
import pytest

from vae_desktop.latent.codes import Codes
from vae_desktop.latent.posteriors import active_units, mean_sigma, sampled, spread_of_means


def test_a_unit_is_active_if_its_mean_varies_by_more_than_a_hundredth():
    signs = np.array([1, -1] * 500, np.float32)[:, None]  # of variance 1
    means = signs * np.sqrt(np.array([0.0099, 0.0101, 0.0, 4.0], np.float32))
    assert active_units(means) == 2
    assert active_units(means + np.float32(100)) == 2  # where it lies does not matter


def test_spread_is_the_standard_deviation_of_each_dimension():
    means = np.array([[0, 5], [2, 5], [4, 5]], np.float32)
    assert spread_of_means(means) == pytest.approx([np.sqrt(8 / 3), 0])


def test_mean_sigma_averages_sigma_and_not_its_logarithm():
    assert mean_sigma(np.log(np.array([[1, 2], [3, 2]], np.float32))) == pytest.approx([2, 2])


def test_samples_are_mean_plus_sigma_times_noise():
    codes = Codes(np.array([[1, 2]], np.float32), np.log(np.array([[2, 3]], np.float32)), np.array([4]))
    drawn = sampled(codes, np.array([[1, -1]], np.float32))
    assert drawn.mean.tolist() == [pytest.approx([3, -1])]
    assert drawn.mean.dtype == np.float32
    assert drawn.labels is codes.labels
