"""Why a training failed or dimensions collapsed: the cause that is known, and nothing that cannot help."""

import numpy as np
import pytest
import torch

from vae_desktop.config import DatasetConfig, ModelConfig, RunConfig, TrainingConfig
from vae_desktop.data.load import load_digits
from vae_desktop.training.causes import (
    why_collapsed,
    why_diverged,
)
from vae_desktop.training.history import History
from vae_desktop.training.loop import TrainingLoop

EPOCH = 12  # steps


@pytest.fixture(scope="module")
def digits():
    return load_digits(DatasetConfig("digits", 8))


def config_of(kind="vae", likelihood="squared-error", hidden=None, **training):
    model = ModelConfig(kind, likelihood=likelihood, hidden=hidden)
    return RunConfig(DatasetConfig("digits", 8), model, TrainingConfig(device="cpu", **training))


def trained(config, digits):
    """A model's history, and which of its dimensions say something."""
    training = TrainingLoop([config], digits, torch.device("cpu"))
    for _ in training.epochs():
        pass
    return training.models[0].history, training.models[0].codes.mean.var(0) > 0.01


def test_a_rate_that_has_emptied_all_dimensions_is_named_and_beta_is_not_blamed(digits):
    config = config_of(learning_rate=0.2, beta=0.2, epochs=20)
    history, active = trained(config, digits)
    assert not active.any()
    text = why_collapsed(config, digits.spectrum, history, EPOCH, are_all=True, variance=0.0)
    assert "the learning rate was too high" in text
    assert "A smaller β does not bring them back" in text


def test_a_rate_that_was_lowered_since_is_named_too(digits):
    config = config_of(learning_rate=0.1, beta=0.2, epochs=5)
    history, _ = trained(config, digits)
    text = why_collapsed(config.with_settings(learning_rate=1e-3), None, history, EPOCH, are_all=True, variance=0.0)
    assert "the learning rate was too high" in text


def test_beta_is_named_where_it_must_empty_them(digits):
    config = config_of(beta=60.0, epochs=2)
    history, active = trained(config, digits)
    assert not active.any()
    text = why_collapsed(config, digits.spectrum, history, EPOCH, are_all=True, variance=0.0)
    assert "At β = 60 no latent dimension can hold anything" in text
    assert "learning rate" not in text


def test_beta_is_not_blamed_before_its_warm_up_has_come_so_far(digits):
    config = config_of(beta=60.0, epochs=2, beta_warm_up=20_000.0)
    history, _ = trained(config, digits)
    text = why_collapsed(config, digits.spectrum, history, EPOCH, are_all=False, variance=0.0)
    assert "At β" not in text


def test_without_an_explosion_the_kl_term_is_named(digits):
    config = config_of(beta=0.2, epochs=5)
    history, _ = trained(config, digits)
    for are_all in (False, True):
        text = why_collapsed(config, digits.spectrum, history, EPOCH, are_all, variance=0.0004)
        assert "a smaller β can bring it back" in text
        assert "variance of its mean over the images is 0.0004, less than 0.01" in text


def test_a_healthy_model_is_given_some_epochs_before_anything_is_said(digits):
    config = config_of(beta=0.2, epochs=4)
    history, _ = trained(config, digits)
    for are_all in (False, True):
        assert why_collapsed(config, digits.spectrum, history, EPOCH, are_all, variance=0.0) == ""


@pytest.mark.parametrize(
    ("kind", "training", "words"),
    [
        ("vae-no-kl", {}, "β is not the cause"),
        ("vae", {"beta": 0.0}, "β is not the cause"),
        ("vae-no-kl", {"learning_rate": 0.2}, "Train anew with a lower rate"),
        ("kl-only", {}, "the KL divergence alone"),
    ],
)
def test_a_model_without_beta_is_not_advised_a_smaller_one(digits, kind, training, words):
    config = config_of(kind, epochs=5, **training)
    history, _ = trained(config, digits)
    text = why_collapsed(config, digits.spectrum, history, EPOCH, are_all=True, variance=0.0)
    assert words in text
    assert "smaller β" not in text


def test_a_model_that_was_never_trained_has_no_cause():
    assert why_collapsed(config_of(), None, History(), EPOCH, are_all=True, variance=0.0) == ""


def test_single_images_that_differ_are_no_explosion():
    """A batch of one has the error of its one image."""
    history = History()
    errors = np.random.default_rng(0).exponential(5.0, 4000)
    history.append(np.stack([errors, errors, np.zeros(4000)], 1))
    text = why_collapsed(config_of(batch_size=1), None, history, EPOCH, are_all=True, variance=0.0)
    assert errors.max() > 5 * errors[0]
    assert "learning rate" not in text


@pytest.mark.parametrize(
    ("training", "step", "words"),
    [
        ({"learning_rate": 0.5}, 7, "try a learning rate below 0.5."),
        ({"learning_rate": 0.01, "encoder_rate": 20.0}, 7, "the encoder learns too fast, at 20 times 0.01"),
        ({"learning_rate": 1e-6}, 7, "So low a learning rate, 1e-06, is hardly the cause"),
        ({"learning_rate": 1e-5, "encoder_rate": 100.0}, 7, "100 times 1e-05"),
        ({"learning_rate": 0.5}, 0, "before the first step, whatever the learning rate"),
    ],
)
def test_divergence(training, step, words):
    assert words in why_diverged(config_of(**training), step)
