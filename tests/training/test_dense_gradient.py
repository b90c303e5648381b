"""The written-out gradient is the one that torch finds by itself."""

import itertools

import pytest
import torch

from vae_desktop.config import ModelConfig
from vae_desktop.models.autoencoder import new_model
from vae_desktop.training.gradient import AutogradGradient, DenseGradient

SHAPE = (2, 5, 4)
COUNT = 9
ACTIVATIONS = ("relu", "leaky-relu", "gelu", "silu", "tanh")
KINDS = ("vae", "ae", "denoising-ae", "vae-no-kl", "kl-only")
LIKELIHOODS = ("bernoulli", "squared-error", "gaussian-calibrated")


def gradients_of(config, kind, kl_weight, scale=1.0):
    """Loss and gradients of one batch, with weights `scale` times as large as fresh ones."""
    model = new_model(config, SHAPE, seed=4)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(scale)
    random = torch.Generator().manual_seed(5)
    images = torch.rand(COUNT, *SHAPE, generator=random)
    noise = torch.randn(COUNT, config.latent_dim, generator=random) if config.traits.is_variational else None
    inputs = torch.rand(COUNT, *SHAPE, generator=random) if config.traits.is_denoising else None
    gradient = AutogradGradient(config, model, is_mixed=False) if kind == "autograd" else DenseGradient(config, model)
    for _ in range(2):  # the second finds what the first left behind
        loss = gradient(images, noise, inputs, kl_weight)
    return loss, {name: parameter.grad for name, parameter in model.named_parameters()}


def assert_same(config, kl_weight=0.7, scale=1.0):
    loss, found = gradients_of(config, "written out", kl_weight, scale)
    reference, wanted = gradients_of(config, "autograd", kl_weight, scale)
    assert (loss.kl is None) == (reference.kl is None)
    for one, other in zip(loss, reference, strict=True):
        if one is not None:
            torch.testing.assert_close(one, other)
    for name, tensor in wanted.items():
        torch.testing.assert_close(found[name], tensor, rtol=1e-4, atol=1e-5 * float(tensor.abs().max()))


@pytest.mark.parametrize(("activation", "hidden"), [*itertools.product(ACTIVATIONS, [(7,), (8, 6, 5)])])
def test_every_activation(activation, hidden):
    assert_same(ModelConfig("vae", 3, hidden=hidden, activation=activation, likelihood="bernoulli"))


@pytest.mark.parametrize(("kind", "likelihood"), [*itertools.product(KINDS, LIKELIHOODS)])
def test_every_kind_and_likelihood(kind, likelihood):
    assert_same(ModelConfig(kind, 3, hidden=(7, 6), likelihood=likelihood))


def test_a_divergence_of_weight_0_is_left_out():
    assert_same(ModelConfig("vae", 3, hidden=(7,)), kl_weight=0.0)


@pytest.mark.parametrize("likelihood", LIKELIHOODS)
def test_far_out_where_the_deviation_no_longer_grows_exponentially(likelihood):
    config = ModelConfig("vae", 3, hidden=(7, 6), likelihood=likelihood)
    loss, _ = gradients_of(config, "autograd", 0.7, scale=9.0)
    assert loss.kl > 100
    assert_same(config, scale=9.0)


def test_one_image_alone():
    config = ModelConfig("vae", 1, hidden=(7,))
    model = new_model(config, SHAPE, seed=4)
    images, noise = torch.full((1, *SHAPE), 0.5), torch.zeros(1, 1)
    loss = DenseGradient(config, model)(images, noise, None, 1.0)
    assert torch.isfinite(loss.total)
