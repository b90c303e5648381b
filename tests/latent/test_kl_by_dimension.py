"""KL divergence of each dimension, by PyTorch's distributions and by the loss."""

import numpy as np
import pytest
import torch
from torch.distributions import Normal, kl_divergence

from vae_desktop.latent.codes import Codes
from vae_desktop.latent.posteriors import active_units, is_active, kl_by_dimension
from vae_desktop.models import losses


@pytest.fixture
def codes():
    random = np.random.default_rng(0)
    mean, log_stddev = random.normal(size=(2, 300, 4)) * [[[2, 1, 0.1, 0]], [[1, 0.5, 0.1, 0]]]
    return Codes(mean.astype(np.float32), log_stddev.astype(np.float32), None)


def test_it_is_the_divergence_between_the_distributions(codes):
    mean, log_stddev = torch.from_numpy(codes.mean).double(), torch.from_numpy(codes.log_stddev).double()
    expected = kl_divergence(Normal(mean, log_stddev.exp()), Normal(0.0, 1.0)).mean(0)
    found = kl_by_dimension(codes)
    assert found == pytest.approx(expected.numpy(), abs=1e-9)
    assert found[0] > found[1] > found[2] > found[3] == 0


def test_it_is_what_training_counts(codes):
    expected = losses.kl_divergence(torch.from_numpy(codes.mean), torch.from_numpy(codes.log_stddev)).mean(0)
    assert kl_by_dimension(codes) == pytest.approx(expected.numpy(), rel=1e-5, abs=1e-6)


def test_many_images_are_summed_exactly():
    mean = np.full((200_000, 1), 0.1, np.float32)
    codes = Codes(mean, np.zeros_like(mean), None)
    assert kl_by_dimension(codes) == pytest.approx([0.5 * float(np.float32(0.1)) ** 2], rel=1e-12)


def test_a_dimension_is_active_if_its_mean_varies_by_more_than_a_hundredth():
    signs = np.array([1, -1] * 500, np.float32)[:, None]  # of variance 1
    means = signs * np.sqrt(np.array([0.0099, 0.0101, 0.0, 4.0], np.float32))
    assert is_active(means).tolist() == [False, True, False, True]
    assert is_active(means + np.float32(100)).tolist() == [False, True, False, True]


def test_there_are_as_many_active_units_as_active_dimensions(codes):
    assert is_active(codes.mean).tolist() == [True, True, False, False]
    assert active_units(codes.mean) == 2
