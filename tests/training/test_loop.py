"""A whole run: what it reports, where it can be stopped, and what it keeps."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from vae_desktop.config import ModelConfig
from vae_desktop.errors import InvalidSetting, UserError
from vae_desktop.models.snapshot import Span
from vae_desktop.training.history import Change
from vae_desktop.training.loop import TrainingLoop
from vae_desktop.training.trainer import Trainer


@pytest.fixture(scope="module")
def finished(config, dataset, device):
    """A run that has been trained to its end, with its reports."""
    run = TrainingLoop([config], dataset, device)
    return run.models[0], [report for (report,) in run.epochs()]


def test_it_reports_every_epoch(finished):
    run, reports = finished
    assert [report.epoch for report in reports] == [1, 2, 3]
    assert [report.evaluation.step for report in reports] == [3, 6, 9]
    assert [evaluation.step for evaluation in run.history.evaluations] == [0, 3, 6, 9]
    assert (run.steps, run.span) == (9, Span(0, 9, 3))
    for number, report in enumerate(reports):
        rows = run.history.training[3 * number : 3 * number + 3].mean(0, dtype=np.float64)
        assert [report.loss, report.reconstruction, report.kl] == rows.tolist()


def test_an_autoencoder_reports_no_kl(config, dataset, device):
    run = TrainingLoop([replace(config, model=ModelConfig("ae", 2, hidden=(6,)))], dataset, device)
    assert [report.kl for (report,) in run.epochs()] == [None] * 3
    assert np.isnan(run.models[0].history.training[:, 2]).all()


def test_on_step_is_told_of_each_step(config, dataset, device):
    run, seen = TrainingLoop([config], dataset, device), []
    for _ in run.epochs(on_step=lambda: seen.append(run.steps)):
        pass
    assert seen == list(range(1, 10))
    assert run.finished
    assert run.images_per_second > 0


@pytest.mark.parametrize("stop_at", [1, 4, 6])
def test_a_stopped_run_can_be_continued_exactly(config, dataset, device, finished, stop_at):
    run = TrainingLoop([config], dataset, device)

    def stop():
        if run.steps == stop_at:
            run.stop()

    assert len(list(run.epochs(on_step=stop))) == stop_at // 3
    checkpoint = run.models[0].checkpoint()
    assert (run.steps, run.finished, checkpoint.snapshot.step) == (stop_at, False, stop_at)
    assert len(checkpoint.history.training) == stop_at
    assert checkpoint.history.evaluations[-1].step == stop_at

    (model,) = TrainingLoop([config], dataset, device, [checkpoint.snapshot]).models
    while not model.is_finished:
        model.step()
    snapshot, whole = model.snapshot(with_optimizer=True), finished[0].checkpoint()
    assert model.span == whole.snapshot.span
    assert np.array_equal(model.history.training, whole.history.training[stop_at:])
    for kind in ("weights", "optimizer"):
        for name, values in getattr(snapshot, kind).items():
            assert np.array_equal(values, getattr(whole.snapshot, kind)[name])


def test_settings_change_between_steps(config, dataset, device):
    (model,) = TrainingLoop([config], dataset, device).models
    for name, value in (("beta", 5.0), ("learning_rate", 1e-7), ("epochs", 2.0)):
        model.step()
        assert model.adjust(name, value) == model.history.changes[-1] == Change(model.steps, name, value)
    before = model.snapshot()
    while not model.is_finished:
        model.step()
    after = model.snapshot()
    total, reconstruction, kl = model.history.training.T
    np.testing.assert_allclose((total - reconstruction) / kl, [0.5, *[5.0] * 5], rtol=1e-3)
    assert (after.step, model.config.training.epochs) == (6, 2)
    for name, values in after.weights.items():
        assert np.abs(values - before.weights[name]).max() < 1e-5


def test_stopped_before_it_began_it_still_gives_a_checkpoint(config, dataset, device):
    run = TrainingLoop([config], dataset, device)
    run.stop()
    assert list(run.epochs()) == []
    checkpoint = run.models[0].checkpoint()
    assert checkpoint.snapshot.step == len(checkpoint.history.training) == 0
    assert checkpoint.can_continue_exactly


def test_a_checkpoint_is_not_touched_by_further_training(config, dataset, device):
    run = TrainingLoop([config], dataset, device)
    epochs = run.epochs()
    next(epochs)
    checkpoint = run.models[0].checkpoint()
    weights = {name: tensor.copy() for name, tensor in checkpoint.snapshot.weights.items()}
    next(epochs)
    assert len(checkpoint.history.training) == 3
    assert [evaluation.step for evaluation in checkpoint.history.evaluations] == [0, 3]
    for name, tensor in weights.items():
        assert np.array_equal(checkpoint.snapshot.weights[name], tensor)


def test_its_codes_are_those_of_the_test_images(finished, config, dataset, device):
    checkpoint = finished[0].checkpoint()
    trainer = Trainer(config, dataset.image_shape, device, checkpoint.snapshot)
    _, posterior = trainer.evaluate(torch.from_numpy(dataset.test.images))
    assert np.array_equal(checkpoint.codes.mean, posterior.mean)
    assert np.array_equal(checkpoint.codes.log_stddev, posterior.log_stddev)
    assert np.array_equal(checkpoint.codes.labels, dataset.test.labels)


def test_a_batch_may_be_the_whole_set_and_no_more(config, dataset, device):
    assert TrainingLoop([config.with_settings(batch_size=40)], dataset, device).total_steps == 3
    with pytest.raises(InvalidSetting, match="Batch size: 41 is more than the 40") as refused:
        TrainingLoop([config.with_settings(batch_size=41)], dataset, device)
    assert refused.value.name == "batch_size"


def test_a_loss_that_is_no_number_ends_the_run(config, dataset, device, monkeypatch):
    step = Trainer.step

    def poisoned(self, images):
        row = step(self, images)
        return row * torch.nan if self.steps == 5 else row

    monkeypatch.setattr(Trainer, "step", poisoned)
    run = TrainingLoop([config], dataset, device)
    epochs = run.epochs()
    next(epochs)
    with pytest.raises(UserError, match=r"epoch 2.*learning rate below 0\.01"):
        next(epochs)


@pytest.mark.parametrize(("seconds", "step"), [(0.0, 4), (60.0, 3)])
def test_a_long_epoch_is_secured_while_it_lasts(config, dataset, device, monkeypatch, seconds, step):
    take_step = Trainer.step

    def fail(self, batch):
        if self.steps == 5:
            raise RuntimeError("the cat sat on the cable")
        return take_step(self, batch)

    monkeypatch.setattr(Trainer, "step", fail)
    training = TrainingLoop([config], dataset, device)
    with pytest.raises(RuntimeError, match="the cat"):
        list(training.epochs(secured_every=seconds))
    left = training.checkpoint_of(training.models[0])
    assert (left.snapshot.step, len(left.history.training)) == (step, step)
    assert [entry.step for entry in left.history.evaluations] == [0, 3]
    monkeypatch.undo()
    again = TrainingLoop([config], dataset, device)
    epochs = again.epochs(on_step=lambda: again.stop() if again.steps == step else None)
    assert list(epochs)
    for name, values in again.models[0].checkpoint().snapshot.weights.items():
        assert np.array_equal(values, left.snapshot.weights[name])


def test_a_state_that_is_not_finite_is_never_the_last_good_one(config, dataset, device, monkeypatch):
    take_step = Trainer.step

    def poisoned(self, batch):
        row = take_step(self, batch)
        if self.steps == 6:  # the losses seen so far are finite
            with torch.no_grad():
                next(self.model.decoder.parameters()).fill_(torch.inf)
        return row

    monkeypatch.setattr(Trainer, "step", poisoned)
    training = TrainingLoop([config], dataset, device)
    with pytest.raises(UserError):
        list(training.epochs(secured_every=0.0))
    left = training.checkpoint_of(training.models[0])
    assert 3 <= left.snapshot.step < 6
    assert all(np.isfinite(values).all() for values in left.snapshot.weights.values())


def test_before_the_first_state_is_secured_nothing_is_left(config, dataset, device, monkeypatch):
    take_step = Trainer.step
    monkeypatch.setattr(Trainer, "step", lambda self, batch: take_step(self, batch) * torch.nan)
    training = TrainingLoop([config], dataset, device)
    with pytest.raises(UserError):
        list(training.epochs())
    assert training.checkpoint_of(training.models[0]) is None
