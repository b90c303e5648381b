"""The numbers of one image's computation against torch's own distributions, and the layers' sizes against the model."""

import numpy as np
import pytest
import torch
from torch.distributions import Bernoulli, Normal, kl_divergence

from vae_desktop.catalog import MODELS
from vae_desktop.config import DatasetConfig, ModelConfig, RunConfig, TrainingConfig
from vae_desktop.latent.computation import Place, computation_of, error_formula, loss_formulas
from vae_desktop.latent.one_image import code_image
from vae_desktop.models.autoencoder import new_model

SHAPE = (1, 8, 8)
CONVOLUTIONAL = {"architecture": "convolutional"}


def computed(kind="vae", likelihood="squared-error", beta=0.5, shape=SHAPE, **layers):
    """The computation of a random image in a fresh model, the model, and the image's pixels (1, C, H, W)."""
    config = RunConfig(
        DatasetConfig("digits", shape[1]),
        ModelConfig(kind, latent_dim=3, likelihood=likelihood, **layers),
        TrainingConfig(beta=beta),
    )
    model = new_model(config.model, shape, seed=1)
    random = np.random.default_rng(2)
    image = random.integers(0, 256, shape, np.uint8)
    coded = list(code_image(model, config, image, random.standard_normal((1, 3), np.float32)))[-1]
    return computation_of(coded, config.model, shape), model, torch.from_numpy(image[None] / np.float32(255))


@pytest.mark.parametrize("likelihood", ["squared-error", "bernoulli", "gaussian-calibrated"])
@torch.inference_mode()
def test_every_number_is_that_of_torch_distributions(likelihood):
    found, model, pixels = computed(likelihood=likelihood)
    posterior = model.encode(pixels)
    normal = Normal(posterior.mean[0], posterior.log_stddev[0].exp())
    code = normal.loc + normal.scale * torch.from_numpy(found.noise)
    expected = {"mean": normal.loc, "stddev": normal.scale, "code": code}
    expected["kl"] = kl_divergence(normal, Normal(torch.zeros(3), torch.ones(3)))
    for term, numbers in expected.items():
        assert [found.value(Place(term, each)) for each in range(3)] == pytest.approx(numbers.tolist(), abs=1e-5)
    logits = model.decoder.logits(code[None])
    decoded = logits.sigmoid()
    if likelihood == "squared-error":
        constant = pixels.numel() / 2 * np.log(np.pi)  # of a normal distribution of variance ½
        error = -float(Normal(decoded, 0.5**0.5).log_prob(pixels).double().sum()) - constant
    elif likelihood == "bernoulli":
        error = -float(Bernoulli(logits=logits, validate_args=False).log_prob(pixels).double().sum())
    else:
        assert found.pixel_stddev == pytest.approx(float(model.decoder.log_stddev.exp()))
        error = -float(Normal(decoded, found.pixel_stddev).log_prob(pixels).double().sum())
    kl = float(expected["kl"].double().sum())
    assert found.value(Place("kl")) == pytest.approx(kl, abs=1e-5)
    assert found.value(Place("error")) == pytest.approx(error, rel=1e-6, abs=1e-5)
    assert found.value(Place("weighted_error")) == pytest.approx(error, rel=1e-6, abs=1e-5)
    assert found.value(Place("weighted_kl")) == pytest.approx(0.5 * kl, abs=1e-5)
    assert found.value(Place("loss")) == pytest.approx(error + 0.5 * kl, rel=1e-6, abs=1e-5)
    assert found.value(Place("pixels")) == 64


@pytest.mark.parametrize("kind", MODELS)
def test_the_weighted_terms_add_up_to_the_loss_of_every_kind(kind):
    found, _, _ = computed(kind)
    parts = [found.value(Place(term)) for term in ("weighted_error", "weighted_kl")]
    assert found.value(Place("loss")) == pytest.approx(sum(part for part in parts if part is not None), abs=1e-5)
    is_variational = MODELS[kind].is_variational
    assert (found.value(Place("kl")) is not None) == is_variational
    assert (found.value(Place("noise", 0)) is not None) == is_variational
    assert bool(loss_formulas(MODELS[kind])[1]) == is_variational
    assert found.value(Place("code", 2)) is not None
    assert found.value(Place("code", 3)) is None


@pytest.mark.parametrize(
    ("options", "shape"),
    [({"hidden": (32, 16)}, SHAPE), (CONVOLUTIONAL, SHAPE), (CONVOLUTIONAL, (3, 15, 21))],
)
def test_the_sizes_of_the_layers_are_those_of_what_they_give(options, shape):
    found, model, pixels = computed(shape=shape, **options)
    for layers, given, shapes in (
        (model.encoder, pixels, found.encoder),
        (model.decoder.layers, torch.zeros(1, 3), found.decoder),
    ):
        outputs = given.flatten(1) if options is not CONVOLUTIONAL else given
        sizes = []
        for layer in layers:
            outputs = layer(outputs) if layers is model.encoder or sizes else layer(given)
            if any(True for _ in layer.parameters()):
                sizes.append(tuple(outputs.shape[1:]))
        assert [tuple(shape) for shape in shapes[1:]] == sizes


def test_each_likelihood_has_its_formula():
    assert "log" in error_formula("bernoulli")
    assert "s^2" in error_formula("gaussian-calibrated")
    with pytest.raises(KeyError):
        error_formula("none")
