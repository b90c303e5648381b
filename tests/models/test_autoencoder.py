"""Every kind of model on every kind of image: shapes, first weights, and what enters the loss."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from vae_desktop.catalog import LIKELIHOODS, MODELS
from vae_desktop.config import ModelConfig
from vae_desktop.errors import InvalidSetting
from vae_desktop.models.architecture import hidden_layers, weight_shapes
from vae_desktop.models.autoencoder import Autoencoder, model_of, new_model

SHAPES = [(1, 8, 8), (3, 8, 8), (1, 9, 13), (1, 28, 28), (3, 31, 31), (1, 33, 20), (3, 64, 64), (3, 128, 128)]


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("architecture", ["mlp", "convolutional"])
def test_an_image_comes_back_in_its_shape(architecture, shape):
    model = new_model(ModelConfig(latent_dim=3, architecture=architecture), shape, seed=0)
    images = torch.rand(2, *shape)
    posterior = model.encode(images)
    assert posterior.mean.shape == posterior.log_stddev.shape == (2, 3)
    assert model.decode(posterior.mean).shape == images.shape


@pytest.mark.parametrize("stages", [1, 3])
def test_no_side_is_special(stages):
    config = ModelConfig(architecture="convolutional", hidden=(2,) * stages)
    for side in range(8, 129):
        with torch.device("meta"):
            model = Autoencoder(config, (1, side, side))
            shapes = {name: tuple(parameter.shape) for name, parameter in model.named_parameters()}
            assert shapes == weight_shapes(config, (1, side, side))
            assert model.decode(torch.empty(1, 2)).shape == (1, 1, side, side)


@pytest.mark.parametrize("activation", ["relu", "leaky-relu", "gelu", "silu", "tanh"])
@pytest.mark.parametrize("hidden", [(), (5,), (7, 6, 5)])
def test_layers_are_as_asked_for(hidden, activation):
    model = new_model(ModelConfig(hidden=hidden, activation=activation), (1, 3, 4), seed=0)
    widths = [(layer.in_features, layer.out_features) for layer in model.encoder if isinstance(layer, nn.Linear)]
    assert widths == list(zip((12, *hidden), (*hidden, 4), strict=True))
    bends = [layer for layer in model.modules() if not list(layer.children()) and not list(layer.parameters())]
    kinds = {type(layer).__name__.lower() for layer in bends} - {"unflatten"}
    assert kinds == ({activation.replace("-", "")} if hidden else set())


def test_automatic_stages_fit_the_image():
    config = ModelConfig(architecture="convolutional")
    assert hidden_layers(config, (1, 8, 8)) == (32,)
    assert hidden_layers(config, (1, 28, 28)) == (32, 64)
    assert hidden_layers(config, (3, 128, 128)) == (32, 64, 128, 256, 256)
    assert hidden_layers(ModelConfig(), (1, 28, 28)) == (400,)


@pytest.mark.parametrize(
    ("hidden", "words"), [((), "at least one stage"), ((4, 4, 4, 4), "at most 3"), ((8192,) * 2, "too many")]
)
def test_stages_that_cannot_be(hidden, words):
    with pytest.raises(InvalidSetting, match=words) as refused:
        weight_shapes(ModelConfig(architecture="convolutional", hidden=hidden), (1, 8, 8))
    assert refused.value.name == "hidden"


@pytest.mark.parametrize("architecture", ["mlp", "convolutional"])
@pytest.mark.parametrize("kind", MODELS)
@pytest.mark.parametrize("likelihood", LIKELIHOODS)
def test_every_weight_gets_a_first_value_and_a_gradient(kind, architecture, likelihood):
    config = ModelConfig(kind, 2, architecture=architecture, hidden=(4,), likelihood=likelihood)
    model = new_model(config, (3, 8, 8), seed=0)
    terms = model.loss_terms(torch.rand(5, 3, 8, 8), torch.randn(5, 2))
    assert terms.reconstruction.shape == (5,)
    assert (terms.kl is None) == (not config.traits.is_variational)
    terms.reconstruction.sum().backward()
    for name, parameter in model.named_parameters():
        assert parameter.isfinite().all(), name
        assert parameter.grad.abs().sum() > 0, name


@pytest.mark.parametrize("architecture", ["mlp", "convolutional"])
def test_equal_layers_start_equal_within_pytorchs_bounds(architecture):
    config = ModelConfig("ae", architecture=architecture, hidden=(6,))
    first, second = new_model(config, (1, 8, 8), seed=3), new_model(replace(config, kind="vae"), (1, 8, 8), seed=3)
    for one, other in zip(first.decoder.parameters(), second.decoder.parameters(), strict=True):
        assert torch.equal(one, other)
    assert torch.equal(first.encoder[0].weight, second.encoder[0].weight)
    for layer in first.modules():
        if isinstance(layer, nn.Linear | nn.Conv2d | nn.ConvTranspose2d):
            bound = 1 / math.sqrt(layer.weight[0].numel())
            assert 0.5 * bound < layer.weight.abs().max() <= bound


def test_no_image_makes_sigma_explode():
    model = new_model(ModelConfig(latent_dim=1, hidden=()), (1, 1, 1), seed=0)
    with torch.no_grad():
        model.encoder[0].weight.zero_()
        outputs = torch.linspace(-50, 50, 1001)
        found = []
        for value in outputs:
            model.encoder[0].bias.copy_(torch.stack((torch.zeros(()), value)))
            found.append(model.encode(torch.zeros(1, 1, 1, 1)).log_stddev[0, 0])
    sigma = torch.stack(found).exp()
    torch.testing.assert_close(sigma[outputs <= 1], outputs[outputs <= 1].exp())
    torch.testing.assert_close(sigma[outputs > 1], math.e * outputs[outputs > 1])


def test_a_model_without_hidden_layers_is_linear():
    model = new_model(ModelConfig("ae", 2, hidden=()), (1, 3, 3), seed=0)
    one, other = torch.rand(2, 4, 1, 3, 3)
    middle = model.encode((one + other) / 2).mean
    torch.testing.assert_close(middle, (model.encode(one).mean + model.encode(other).mean) / 2)


def test_a_corrupted_input_is_compared_with_the_clean_image():
    model = new_model(ModelConfig("ae", 2, hidden=(5,)), (1, 4, 4), seed=0)
    clean, noisy = torch.rand(2, 3, 1, 4, 4)
    terms = model.loss_terms(clean, None, inputs=noisy)
    restored = model.decode(model.encode(noisy).mean)
    torch.testing.assert_close(terms.reconstruction, (restored - clean).square().flatten(1).sum(1))


@pytest.mark.parametrize("architecture", ["mlp", "convolutional"])
@pytest.mark.parametrize("shape", [(1, 8, 8), (3, 8, 8)], ids=str)
def test_pictures_start_as_the_mean_image(architecture, shape):
    config = ModelConfig("vae", 2, architecture=architecture)
    mean = np.random.default_rng(0).random(shape, np.float32)
    mean[:, 0, 0], mean[:, 0, 1] = 0, 1
    plain, model = (new_model(config, shape, 0, image) for image in (None, mean))
    expected = mean if architecture == "mlp" else np.broadcast_to(mean.mean((1, 2), keepdims=True), shape)
    pictures = model.decode(torch.randn(50, 2, generator=torch.Generator().manual_seed(1))).detach().numpy()
    assert np.isfinite(pictures).all()
    assert np.abs(pictures.mean(0) - expected).max() < 0.25
    assert np.abs(pictures.mean(0) - expected).mean() < 0.05
    others = plain.weights()
    differ = [name for name, values in model.weights().items() if not np.array_equal(values, others[name])]
    assert differ == [max(name for name in others if name.startswith("decoder") and name.endswith("bias"))]


@pytest.mark.parametrize("likelihood", LIKELIHOODS)
def test_a_model_reads_weights_in_place(likelihood):
    config = ModelConfig(hidden=(5,), likelihood=likelihood)
    model = new_model(config, (1, 4, 4), seed=0)
    weights = {name: tensor.numpy() for name, tensor in model.state_dict().items()}
    reader = model_of(config, (1, 4, 4), weights)
    codes, images = torch.randn(3, 2), torch.rand(3, 1, 4, 4)
    assert torch.equal(reader.decode(codes), model.decode(codes))
    assert torch.equal(reader.encode(images).mean, model.encode(images).mean)
    for weight, own in zip(reader.parameters(), model.parameters(), strict=True):
        assert weight.data_ptr() == own.data_ptr()
