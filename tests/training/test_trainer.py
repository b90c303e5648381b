"""A step at a time: exactly repeatable, resumable, and not disturbed by looking."""

import gc
import weakref
from dataclasses import replace

import numpy as np
import pytest
import torch

from vae_desktop.config import DatasetConfig, ModelConfig, RunConfig
from vae_desktop.data.load import load_digits
from vae_desktop.models.snapshot import Span
from vae_desktop.training import gradient, trainer
from vae_desktop.training.batches import Batches
from vae_desktop.training.trainer import Trainer

STEPS = 7


@pytest.fixture
def trainer_for(dataset, device):
    """Make a trainer for a config, fresh or from a snapshot."""

    def make(config, snapshot=None):
        return Trainer(config, dataset.image_shape, device, snapshot)

    return make


@pytest.fixture
def advance(dataset, device):
    """Train to a step and return the rows of metrics on the way."""

    def call(trainer, config, step):
        batches = Batches(dataset.train.images, config.training.batch_size, config.training.seed, device)
        return [trainer.step(batches.at(number)) for number in range(trainer.steps, step)]

    return call


@pytest.fixture
def held_out(dataset):
    return torch.from_numpy(dataset.test.images)


def assert_same_weights(first, second):
    weights, others = first.model.state_dict(), second.model.state_dict()
    assert weights.keys() == others.keys()
    for name in weights:
        assert torch.equal(weights[name], others[name]), name


def test_the_same_seed_gives_the_same_weights_to_the_bit(trainer_for, advance, config):
    first, second = trainer_for(config), trainer_for(config)
    rows, others = advance(first, config, STEPS), advance(second, config, STEPS)
    assert_same_weights(first, second)
    assert torch.equal(torch.stack(rows), torch.stack(others))


def test_one_that_is_no_longer_used_gives_its_memory_back_at_once(trainer_for, advance, config):
    trainer = trainer_for(config)
    advance(trainer, config, STEPS)
    weights = weakref.ref(next(trainer.model.parameters()))
    gc.disable()
    try:
        del trainer
        assert weights() is None
    finally:
        gc.enable()


def test_another_seed_gives_others(trainer_for, config):
    first, second = trainer_for(config), trainer_for(config.with_settings(seed=8))
    for one, other in zip(first.model.parameters(), second.model.parameters(), strict=True):
        assert not torch.equal(one, other)


def test_training_changes_every_weight(trainer_for, advance, config):
    trainer = trainer_for(config)
    before = trainer.snapshot()
    advance(trainer, config, STEPS)
    assert (before.step, trainer.steps) == (0, STEPS)
    for name, tensor in trainer.model.weights().items():
        assert not np.array_equal(tensor, before.weights[name]), name


@pytest.mark.parametrize(
    "model",
    [
        ModelConfig("vae", 2, hidden=(6,)),
        ModelConfig("ae", 2, hidden=(6,)),
        ModelConfig("denoising-ae", 2, hidden=(6,)),
        ModelConfig("kl-only", 2, hidden=(6,)),
        ModelConfig("vae", 2, architecture="convolutional", hidden=(4,), likelihood="gaussian-calibrated"),
    ],
    ids=lambda model: f"{model.kind}-{model.architecture}",
)
def test_going_on_is_as_if_never_interrupted(trainer_for, advance, config, model):
    config = replace(config, model=model).with_settings(beta_warm_up=2)
    whole, first = trainer_for(config), trainer_for(config)
    expected = advance(whole, config, STEPS)
    rows = advance(first, config, 4)
    snapshot = first.snapshot(with_optimizer=True)
    optimizer = {name: np.array(tensor, order="C") for name, tensor in snapshot.optimizer.items()}  # as a file keeps it
    second = trainer_for(config, replace(snapshot, optimizer=optimizer))
    assert second.steps == 4
    rows += advance(second, config, STEPS)
    assert_same_weights(second, whole)
    assert np.array_equal(torch.stack(rows), torch.stack(expected), equal_nan=True)


def test_without_the_optimizers_state_going_on_differs(trainer_for, advance, config):
    whole, first = trainer_for(config), trainer_for(config)
    advance(whole, config, STEPS)
    advance(first, config, 4)
    second = trainer_for(config, first.snapshot())
    advance(second, config, STEPS)
    assert not torch.equal(second.model.encoder[0].weight, whole.model.encoder[0].weight)


def test_a_snapshot_is_a_value(trainer_for, advance, config):
    trainer = trainer_for(config)
    advance(trainer, config, 2)
    snapshot = trainer.snapshot(with_optimizer=True)
    kept = {name: tensor.copy() for name, tensor in {**snapshot.weights, **snapshot.optimizer}.items()}
    advance(trainer_for(config, snapshot), config, STEPS)  # nor does training from it change it
    advance(trainer, config, STEPS)
    for name, tensor in {**snapshot.weights, **snapshot.optimizer}.items():
        assert np.array_equal(tensor, kept[name]), name


def test_both_kinds_start_from_the_same_decoder(trainer_for, config):
    ae = trainer_for(replace(config, model=replace(config.model, kind="ae"))).model
    vae = trainer_for(config).model
    assert len(ae.decoder.state_dict()) == 6
    for name, tensor in ae.decoder.state_dict().items():
        assert torch.equal(tensor, vae.decoder.state_dict()[name]), name
    assert torch.equal(ae.encoder[0].weight, vae.encoder[0].weight)


def test_evaluating_twice_gives_the_same(trainer_for, config, held_out):
    trainer = trainer_for(config)
    first, second = trainer.evaluate(held_out), trainer.evaluate(held_out)
    assert first.evaluation == second.evaluation
    assert torch.equal(first.posterior.mean, second.posterior.mean)


def test_evaluating_does_not_disturb_training(trainer_for, advance, config, held_out):
    watched, alone = trainer_for(config), trainer_for(config)
    for step in range(1, STEPS + 1):
        advance(watched, config, step)
        watched.evaluate(held_out)
    advance(alone, config, STEPS)
    assert_same_weights(watched, alone)


def test_an_evaluation_is_a_mean_over_images(trainer_for, config, held_out):
    trainer = trainer_for(config)
    evaluation, posterior = trainer.evaluate(held_out)
    assert evaluation.step == 0
    assert evaluation.total == pytest.approx(evaluation.reconstruction + 0.5 * evaluation.kl)
    variance = (2 * posterior.log_stddev).exp()
    kl = 0.5 * (variance + posterior.mean**2 - 2 * posterior.log_stddev - 1)
    assert evaluation.kl_per_dimension == pytest.approx(kl.mean(0).tolist(), abs=1e-6)
    assert evaluation.kl == pytest.approx(sum(evaluation.kl_per_dimension))


def test_a_steps_metrics_are_those_of_the_loss(trainer_for, advance, config):
    (row,) = advance(trainer_for(config), config, 1)
    total, reconstruction, kl = row.tolist()
    assert total == pytest.approx(reconstruction + 0.5 * kl)
    (row,) = advance(trainer_for(replace(config, model=ModelConfig("ae"))), config, 1)
    total, reconstruction, kl = row.tolist()
    assert total == reconstruction
    assert np.isnan(kl)


def test_the_learning_rate_acts_from_the_next_step_on(trainer_for, advance, config):
    trainer = trainer_for(config)
    advance(trainer, config, 2)
    before = trainer.snapshot()
    trainer.learning_rate = 0.0
    advance(trainer, config, 4)
    for name, tensor in trainer.model.weights().items():
        assert np.array_equal(tensor, before.weights[name]), name


def test_it_learns_the_digits(device):
    config = RunConfig(DatasetConfig("digits", 8), ModelConfig("vae", 2, hidden=(64,)))
    digits = load_digits(config.dataset)
    images = torch.from_numpy(digits.test.images)
    trainer = Trainer(config, digits.image_shape, device)
    batches = Batches(digits.train.images, 128, 0, device)
    before = trainer.evaluate(images).evaluation
    for step in range(120):
        trainer.step(batches.at(step))
    after = trainer.evaluate(images).evaluation
    assert after.total < 0.6 * before.total


def test_a_weight_of_zero_takes_its_term_out_of_the_loss(trainer_for, advance, config, held_out):
    for kind, left in (("vae-no-kl", "reconstruction"), ("kl-only", "kl")):
        trainer = trainer_for(replace(config, model=replace(config.model, kind=kind)))
        (row,) = advance(trainer, config, 1)
        total, reconstruction, kl = row.tolist()
        assert total == {"reconstruction": reconstruction, "kl": kl}[left]
        evaluation = trainer.evaluate(held_out).evaluation
        assert evaluation.total == getattr(evaluation, left)


def test_kl_alone_makes_every_code_the_prior(trainer_for, advance, config, held_out):
    config = replace(config, model=replace(config.model, kind="kl-only")).with_settings(learning_rate=0.03)
    trainer = trainer_for(config)
    advance(trainer, config, 400)
    evaluation, posterior = trainer.evaluate(held_out)
    assert evaluation.kl < 0.01
    assert posterior.mean.abs().max() < 0.2
    torch.testing.assert_close(posterior.log_stddev.exp(), torch.ones(10, 2), atol=0.1, rtol=0)


def test_without_kl_sigma_shrinks_and_the_means_drift(trainer_for, advance, config, held_out):
    spread, sigma = {}, {}
    for kind in ("vae", "vae-no-kl"):
        run = replace(config, model=replace(config.model, kind=kind)).with_settings(learning_rate=0.01, beta=1.0)
        trainer = trainer_for(run)
        advance(trainer, run, 600)
        posterior = trainer.evaluate(held_out).posterior
        spread[kind] = float(posterior.mean.std(0).mean())
        sigma[kind] = float(posterior.log_stddev.exp().mean())
    assert spread["vae-no-kl"] > 2 * spread["vae"]
    assert sigma["vae-no-kl"] < 0.5 * sigma["vae"]


def test_beta_warms_up_from_nothing(trainer_for, advance, config):
    config = config.with_settings(beta=2.0, beta_warm_up=4)
    trainer = trainer_for(config)
    trainer.span = Span(0, 100, per_epoch=2)
    total, reconstruction, kl = torch.stack(advance(trainer, config, 10)).T
    expected = [min(step / 8, 1) * 2 for step in range(10)]
    assert ((total - reconstruction) / kl).tolist() == pytest.approx(expected, abs=1e-4)


def test_one_cycle_ends_with_steps_of_no_length(trainer_for, advance, config):
    config = config.with_settings(schedule="one-cycle")
    trainer = trainer_for(config)
    trainer.span = Span(0, 4, per_epoch=1)
    advance(trainer, config, 4)
    before = trainer.snapshot()
    advance(trainer, config, 5)
    for name, tensor in trainer.model.weights().items():
        assert np.array_equal(tensor, before.weights[name]), name


def test_a_denoising_model_learns_from_noisy_images_and_codes_clean_ones(trainer_for, advance, config, held_out):
    clean = replace(config, model=ModelConfig("ae", 2, hidden=(6,)))
    noisy = replace(config, model=ModelConfig("denoising-ae", 2, hidden=(6,), noise="masking", noise_strength=0.5))
    first, second = trainer_for(clean), trainer_for(noisy)
    one, other = first.evaluate(held_out), second.evaluate(held_out)
    assert torch.equal(one.posterior.mean, other.posterior.mean)
    assert one.evaluation.reconstruction != other.evaluation.reconstruction
    assert other.evaluation == second.evaluate(held_out).evaluation
    advance(first, clean, 3)
    advance(second, noisy, 3)
    assert not torch.equal(first.model.encoder[0].weight, second.model.encoder[0].weight)


def test_mixed_precision_is_nearly_the_same(trainer_for, advance, config, monkeypatch):
    monkeypatch.setattr(trainer, "has_bfloat16", lambda device: True)
    rows = [
        torch.stack(advance(trainer_for(run), run, STEPS))
        for run in (config, config.with_settings(precision="mixed"))
    ]
    assert not torch.equal(*rows)
    torch.testing.assert_close(*rows, rtol=0.02, atol=0.02)


@pytest.mark.parametrize(
    ("written_out", "name"), [(gradient.SLOPES, "relu"), (gradient.LIKELIHOODS, "squared-error")]
)
def test_what_no_gradient_is_written_out_for_is_left_to_autograd(
    trainer_for, advance, config, monkeypatch, written_out, name
):
    rows = torch.stack(advance(trainer_for(config), config, STEPS))
    monkeypatch.delitem(written_out, name)
    torch.testing.assert_close(torch.stack(advance(trainer_for(config), config, STEPS)), rows)


def test_the_gradients_norm_is_its_length_along_all_weights(trainer_for, advance, config):
    trainer = trainer_for(config)
    advance(trainer, config, 1)
    gradients = [parameter.grad.flatten() for parameter in trainer.model.parameters()]
    assert trainer.gradient_norm() == pytest.approx(float(torch.cat(gradients).norm()), rel=1e-5)
    assert trainer.gradient_norm() > 0
