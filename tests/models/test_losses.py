"""The terms of the loss against definitions written down elsewhere."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.distributions import Normal
from torch.distributions import kl_divergence as reference_kl

from vae_desktop.models.losses import (
    bernoulli_cross_entropy,
    gaussian_negative_log_likelihood,
    kl_divergence,
    squared_error,
)

SAMPLES = 200_000


def test_kl_is_that_of_torch_distributions():
    random = torch.Generator().manual_seed(0)
    mean = 3 * torch.randn(50, 4, generator=random, dtype=torch.float64)
    log_stddev = torch.randn(50, 4, generator=random, dtype=torch.float64)
    expected = reference_kl(Normal(mean, log_stddev.exp()), Normal(torch.zeros(()), torch.ones(())))
    torch.testing.assert_close(kl_divergence(mean, log_stddev), expected)


@pytest.mark.parametrize(("mean", "stddev"), [(0.0, 1.0), (2.0, 0.3), (-1.0, 1.7), (0.5, 0.05)])
def test_kl_is_that_of_a_monte_carlo_estimate(mean, stddev):
    random = torch.Generator().manual_seed(1)
    posterior, prior = Normal(mean, stddev), Normal(0.0, 1.0)
    codes = mean + stddev * torch.randn(SAMPLES, generator=random)
    ratios = (posterior.log_prob(codes) - prior.log_prob(codes)).double()
    expected, error = float(ratios.mean()), float(ratios.std()) / math.sqrt(SAMPLES)
    actual = float(kl_divergence(torch.tensor([[mean]]), torch.tensor([[math.log(stddev)]])))
    assert actual == pytest.approx(expected, abs=5 * error + 1e-5)


def test_kl_of_the_prior_from_itself_is_zero():
    assert torch.equal(kl_divergence(torch.zeros(3, 2), torch.zeros(3, 2)).abs(), torch.zeros(3, 2))


@given(st.floats(-1e3, 1e3), st.floats(-20, 20))
def test_kl_is_never_negative(mean, log_stddev):
    kl = kl_divergence(torch.tensor([[mean]], dtype=torch.float64), torch.tensor([[log_stddev]], dtype=torch.float64))
    assert kl.shape == (1, 1)
    assert float(kl) >= -1e-12  # rounding


def test_kl_pulls_towards_the_prior():
    mean = torch.tensor([[2.0, -3.0]], requires_grad=True)
    log_stddev = torch.tensor([[1.0, -1.0]], requires_grad=True)
    kl_divergence(mean, log_stddev).sum().backward()
    torch.testing.assert_close(mean.grad, torch.tensor([[2.0, -3.0]]))  # μ
    torch.testing.assert_close(log_stddev.grad, (2 * torch.tensor([[1.0, -1.0]])).exp() - 1)  # σ² - 1


def test_squared_error_sums_over_the_pixels_of_each_image():
    random = np.random.default_rng(2)
    images, reconstructions = random.random((2, 5, 3, 4, 2))
    expected = [
        sum(
            (images[n, c, y, x] - reconstructions[n, c, y, x]) ** 2
            for c in range(3)
            for y in range(4)
            for x in range(2)
        )
        for n in range(5)
    ]
    actual = squared_error(torch.from_numpy(images), torch.from_numpy(reconstructions))
    np.testing.assert_allclose(actual.numpy(), expected)


@given(st.lists(st.floats(0, 1, width=32), min_size=4, max_size=4), st.floats(0, 1, width=32))
def test_squared_error_is_zero_only_for_equal_images(pixels, value):
    images = torch.tensor(pixels).reshape(1, 1, 2, 2)
    assert float(squared_error(images, images)) == 0
    other = torch.full_like(images, value)
    error = float(squared_error(images, other))
    assert error >= 0
    if (images - other).abs().max() > 1e-3:
        assert error > 0


def test_cross_entropy_is_that_of_the_definition():
    random = torch.Generator().manual_seed(3)
    images = torch.rand(4, 2, 3, 3, generator=random, dtype=torch.float64)
    logits = 3 * torch.randn(4, 2, 3, 3, generator=random, dtype=torch.float64)
    chances = logits.sigmoid()
    expected = -(images * chances.log() + (1 - images) * (1 - chances).log()).sum((1, 2, 3))
    torch.testing.assert_close(bernoulli_cross_entropy(images, logits), expected)


def test_cross_entropy_of_grey_is_the_mean_over_coins():
    images, logits = torch.tensor([[[[0.3]]]]), torch.tensor([[[[0.8]]]])
    white, black = (bernoulli_cross_entropy(torch.full_like(images, value), logits) for value in (1.0, 0.0))
    torch.testing.assert_close(bernoulli_cross_entropy(images, logits), 0.3 * white + 0.7 * black)


def test_cross_entropy_survives_certainty():
    loss = bernoulli_cross_entropy(torch.tensor([[[[1.0]]]]), torch.tensor([[[[-500.0]]]]))
    assert float(loss) == pytest.approx(500)


@pytest.mark.parametrize("log_stddev", [-6.0, -1.0, 0.0, 2.0])
def test_the_calibrated_likelihood_is_that_of_torch_distributions(log_stddev):
    random = torch.Generator().manual_seed(4)
    images, reconstructions = torch.rand(2, 5, 1, 3, 4, generator=random, dtype=torch.float64)
    log_stddev = torch.tensor(log_stddev, dtype=torch.float64)
    expected = -Normal(reconstructions, log_stddev.exp()).log_prob(images).sum((1, 2, 3))
    torch.testing.assert_close(gaussian_negative_log_likelihood(images, reconstructions, log_stddev), expected)


def test_the_best_calibrated_variance_is_the_mean_squared_error():
    images, reconstructions = torch.rand(2, 50, 1, 4, 4, generator=torch.Generator().manual_seed(5))
    log_stddev = (images - reconstructions).square().mean().log().div(2).requires_grad_()
    gaussian_negative_log_likelihood(images, reconstructions, log_stddev).mean().backward()
    assert float(log_stddev.grad) == pytest.approx(0, abs=1e-4)


def test_squared_error_is_a_normal_likelihood_of_variance_one_half():
    images, reconstructions = torch.rand(2, 5, 1, 3, 4, dtype=torch.float64)
    log_stddev = torch.tensor(0.5, dtype=torch.float64).log() / 2
    constant = 12 / 2 * math.log(math.pi)
    actual = gaussian_negative_log_likelihood(images, reconstructions, log_stddev) - constant
    torch.testing.assert_close(actual, squared_error(images, reconstructions))
