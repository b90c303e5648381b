"""Which latent dimensions β must empty, foretold and seen."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from vae_desktop.catalog import LIKELIHOODS
from vae_desktop.config import ModelConfig, RunConfig
from vae_desktop.data.spectrum import spectrum_of
from vae_desktop.training.batches import Batches
from vae_desktop.training.causes import collapse_warning
from vae_desktop.training.trainer import Trainer


@pytest.fixture(scope="module")
def images():
    """Grey images that vary in two directions, far more in one than in the other."""
    random = np.random.default_rng(0)
    wide, narrow = random.normal(0, 1, (2, 3000, 1))
    waves = np.stack([np.sin(np.arange(36) / 3), np.cos(np.arange(36))])
    waves /= np.linalg.norm(waves, axis=1, keepdims=True)
    values = 0.5 + 0.6 * wide * waves[0] + 0.15 * narrow * waves[1]
    return np.clip(values * 255, 0, 255).astype(np.uint8).reshape(-1, 1, 6, 6)


def config_with(beta, likelihood="squared-error", latent_dim=2, kind="vae"):
    model = ModelConfig(kind, latent_dim, hidden=(), likelihood=likelihood)
    return replace(RunConfig(), model=model).with_settings(beta=beta, batch_size=500, learning_rate=0.02, device="cpu")


def test_the_spectrum_is_that_of_the_covariance(images):
    values = images.reshape(len(images), -1) / 255
    expected = np.linalg.eigvalsh(np.cov(values.T, bias=True))[::-1]
    np.testing.assert_allclose(spectrum_of(images).variances, expected, atol=1e-4)


def test_it_is_the_same_from_few_large_images():
    images = np.random.default_rng(1).integers(0, 256, (60, 3, 30, 30), np.uint8)
    values = images.reshape(60, -1) / 255
    expected = np.linalg.svd(values - values.mean(0), compute_uv=False) ** 2 / 60
    np.testing.assert_allclose(spectrum_of(images).variances, expected, atol=1e-3)


@pytest.mark.parametrize("likelihood", LIKELIHOODS)
def test_more_weight_leaves_fewer_dimensions(images, likelihood):
    spectrum = spectrum_of(images)
    useful = [spectrum.useful_dimensions(likelihood, beta, 2) for beta in (1e-4, 0.1, 0.5, 2, 50, 5000)]
    assert useful == sorted(useful, reverse=True)
    assert (useful[0], useful[-1]) == (2, 0)
    largest = spectrum.largest_beta(likelihood, 2)
    assert spectrum.useful_dimensions(likelihood, largest * 0.99, 2) == 2
    assert spectrum.useful_dimensions(likelihood, largest * 1.01, 2) < 2


@pytest.mark.parametrize("factor", [0.5, 2.0])
def test_training_bears_the_foresight_out(images, factor):
    spectrum = spectrum_of(images)
    config = config_with(spectrum.largest_beta("squared-error", 2) * factor)
    trainer = Trainer(config, images.shape[1:], torch.device("cpu"))
    batches = Batches(images, 500, 0, torch.device("cpu"))
    for step in range(1200):
        trainer.step(batches.at(step))
    kl = trainer.evaluate(torch.from_numpy(images)).evaluation.kl_per_dimension
    foretold = spectrum.useful_dimensions("squared-error", config.training.beta, 2)
    assert sum(value > 0.02 for value in kl) == foretold
    assert bool(collapse_warning(config, spectrum)) == (foretold < 2)


def test_the_warning_names_beta_and_the_way_out(images):
    spectrum = spectrum_of(images)
    limit = spectrum.largest_beta("squared-error", 2)
    warning = collapse_warning(config_with(2 * limit), spectrum)
    assert "only 1 of the 2" in warning
    named = float(warning.partition("β up to ")[2].partition(" ")[0])
    assert 0.9 * limit < named <= limit
    assert collapse_warning(config_with(named), spectrum) == ""


@pytest.mark.parametrize("kind", ["ae", "denoising-ae", "vae-no-kl", "kl-only"])
def test_only_a_beta_that_was_chosen_is_warned_of(images, kind):
    assert collapse_warning(config_with(1e4, kind=kind), spectrum_of(images)) == ""


def test_equal_images_leave_nothing_to_hold():
    spectrum = spectrum_of(np.full((20, 1, 8, 8), 7, np.uint8))
    assert "vary in fewer directions" in collapse_warning(config_with(1), spectrum)
