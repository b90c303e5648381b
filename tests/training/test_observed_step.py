"""A step that is told of in every detail is the step that would have been taken anyway."""

import numpy as np
import pytest
import torch

from vae_desktop.config import ModelConfig, RunConfig
from vae_desktop.training.loop import TrainingLoop
from vae_desktop.training.observed_step import observed_step
from vae_desktop.training.trainer import Trainer

STEPS = 4
MODELS = {
    "vae": ModelConfig("vae", 2, hidden=(6, 5)),
    "ae": ModelConfig("ae", 2, hidden=(6, 5)),
    "beta 0": ModelConfig("vae", 2, hidden=(6, 5)),
    "denoising": ModelConfig("denoising-ae", 2, hidden=(6, 5)),
    "kl only": ModelConfig("kl-only", 2, hidden=(6, 5)),
    "calibrated": ModelConfig("vae", 2, hidden=(6, 5), likelihood="gaussian-calibrated"),
    "convolutional": ModelConfig("vae", 2, architecture="convolutional", hidden=(6,)),
}


@pytest.fixture
def model_of(config, dataset):
    """Make a model in training, a few steps in."""

    def make(name):
        beta = 0.0 if name == "beta 0" else 0.5
        settings = config.with_settings(beta=beta, schedule="one-cycle")
        wanted = RunConfig(config.dataset, MODELS[name], settings.training)
        loop = TrainingLoop([wanted], dataset, torch.device("cpu"))
        (model,) = loop.models
        for _ in range(2):
            loop.step()
        return model

    return make


@pytest.mark.parametrize("name", MODELS)
def test_it_is_the_step_that_would_have_been_taken_anyway(model_of, name):
    looked_at, left_alone = model_of(name), model_of(name)
    for _ in range(STEPS):  # the third one begins another epoch
        observed = observed_step(looked_at)
        left_alone.step()
    left_alone.drain()
    assert observed.step == left_alone.steps == 2 + STEPS
    one, other = looked_at.snapshot(with_optimizer=True), left_alone.snapshot(with_optimizer=True)
    assert all(np.array_equal(one.weights[key], other.weights[key]) for key in other.weights)
    assert all(np.array_equal(one.optimizer[key], other.optimizer[key]) for key in other.optimizer)
    assert np.array_equal(looked_at.history.training, left_alone.history.training, equal_nan=True)


@pytest.mark.parametrize("name", MODELS)
def test_what_it_says_of_the_loss_is_what_the_history_says(model_of, name):
    model = model_of(name)
    observed = observed_step(model)
    total, error, kl = model.history.training[-1]
    assert observed.before.total == pytest.approx(total, rel=1e-5)
    assert observed.before.reconstruction.mean() == pytest.approx(error, rel=1e-5)
    assert (observed.before.kl is None) == np.isnan(kl)
    if observed.before.kl is not None:
        assert observed.before.kl.mean() == pytest.approx(kl, rel=1e-4, abs=1e-6)
    assert observed.after.total < observed.before.total  # one of 16 images: a small step goes downhill


@pytest.mark.parametrize("name", MODELS)
def test_the_pulls_of_both_terms_are_the_gradient_of_the_step(model_of, name):
    model = model_of(name)
    observed = observed_step(model)
    assert model.trainer.gradient_norm() == pytest.approx(observed.pull, rel=1e-4)


def test_the_pull_of_the_divergence_is_what_its_formula_says(model_of):
    """KL = ½ (σ² + μ² − log σ² − 1), so it pulls μ by −β μ and log σ by −β (σ² − 1)."""
    observed = observed_step(model_of("vae"))
    codes = observed.before.codes
    np.testing.assert_allclose(observed.kl.mean, -0.5 * codes.mean, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(observed.kl.log_stddev, 0.5 * (1 - np.exp(2 * codes.log_stddev)), rtol=1e-4, atol=1e-6)


def test_the_pull_of_the_reconstruction_is_its_slope(model_of):
    """By differences in the error of one image when its mean is moved by hand."""
    model = model_of("vae")
    network, batch = model.trainer.model, model.batches.at(model.steps)
    by = 1e-2
    with torch.no_grad():
        posterior = network.encode(batch.images)
        errors = []
        for side in (by, -by):
            shift = torch.tensor([side, 0.0])
            codes = posterior.sample(batch.noise(2)) + shift
            errors.append(network.decoder.reconstruction_error(batch.images, codes))
    slope = ((errors[0] - errors[1]) / (2 * by)).numpy()
    np.testing.assert_allclose(observed_step(model).reconstruction.mean[:, 0], -slope, rtol=0.02, atol=0.01)


def test_it_knows_its_images_their_classes_and_the_noise(model_of, dataset):
    model = model_of("vae")
    observed = observed_step(model)  # the third of an epoch of three, the one with what is left
    assert observed.inputs.shape == (8, 2, 4, 3)
    assert observed.noise.shape == (8, 2)
    places = [np.flatnonzero((dataset.train.images == image).all((1, 2, 3)))[0] for image in observed.inputs]
    assert observed.before.codes.labels.tolist() == dataset.train.labels[places].tolist()


def test_a_denoising_model_saw_corrupted_images(model_of, dataset):
    observed = observed_step(model_of("denoising"))
    assert not any((dataset.train.images == image).all((1, 2, 3)).any() for image in observed.inputs)


def test_one_term_alone_has_no_angle(model_of):
    for name in ("ae", "beta 0", "kl only"):
        assert observed_step(model_of(name)).angle is None, name
    observed = observed_step(model_of("vae"))
    assert 0 <= observed.angle <= 180
    assert observed.angles().shape == (8,)


def test_the_balance_is_that_of_the_pulls(model_of):
    observed = observed_step(model_of("vae"))
    means, balance = observed.before.codes.mean, observed.balance
    assert balance.inwards == pytest.approx(0.5 * np.linalg.norm(means, axis=1).mean(), rel=1e-4)  # β |μ|
    variances = np.exp(2 * observed.before.codes.log_stddev)
    assert balance.widening == pytest.approx(0.5 * (1 - variances).sum(1).mean(), rel=1e-4)  # β (1 - σ²)
    assert balance.narrowing == pytest.approx(-observed.reconstruction.log_stddev.sum(1).mean(), rel=1e-5)
    assert observed_step(model_of("ae")).balance is None


def test_rate_and_weight_are_those_of_the_schedule(config, dataset):
    warm = config.with_settings(beta_warm_up=1.0, schedule="one-cycle", epochs=2)
    trainer = Trainer(warm, dataset.image_shape, torch.device("cpu"))
    assert trainer.kl_weight == 0
    assert trainer.rate < warm.training.learning_rate


def test_the_weights_moved_as_far_as_said(model_of):
    model = model_of("vae")
    before = model.snapshot().weights
    observed = observed_step(model)
    after = model.snapshot().weights
    moved = np.sqrt(sum(((after[key] - before[key]) ** 2).sum() for key in after))
    assert observed.moved == pytest.approx(moved, rel=1e-4)
