"""A whole run: what it reports, where it can be stopped, and what it keeps."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from vae_desktop.config import ModelConfig
from vae_desktop.errors import InvalidSetting, UserError
from vae_desktop.training.batches import Batches
from vae_desktop.training.run import Lockstep
from vae_desktop.training.trainer import Trainer


@pytest.fixture(scope="module")
def finished(config, dataset, device):
    """A run that has been trained to its end, with its reports."""
    run = Lockstep([config], dataset, device)
    return run.runs[0], [report for (report,) in run.epochs()]


def test_it_reports_every_epoch(finished):
    run, reports = finished
    assert [report.epoch for report in reports] == [1, 2, 3]
    assert [report.evaluation.step for report in reports] == [3, 6, 9]
    assert [evaluation.step for evaluation in run.history.evaluations] == [0, 3, 6, 9]
    assert (run.step, run.total_steps) == (9, 9)
    for number, report in enumerate(reports):
        rows = run.history.training[3 * number : 3 * number + 3].mean(0, dtype=np.float64)
        assert [report.loss, report.reconstruction, report.kl] == rows.tolist()


def test_an_autoencoder_reports_no_kl(config, dataset, device):
    run = Lockstep([replace(config, model=ModelConfig("ae", 2, hidden=(6,)))], dataset, device)
    assert [report.kl for (report,) in run.epochs()] == [None] * 3
    assert np.isnan(run.runs[0].history.training[:, 2]).all()


def test_on_step_is_told_of_each_step(config, dataset, device):
    run, seen = Lockstep([config], dataset, device), []
    for _ in run.epochs(on_step=lambda: seen.append(run.step)):
        pass
    assert seen == list(range(1, 10))
    assert run.finished
    assert run.images_per_second > 0


@pytest.mark.parametrize("stop_at", [1, 4, 6])
def test_a_stopped_run_can_be_continued_exactly(config, dataset, device, finished, stop_at):
    run = Lockstep([config], dataset, device)

    def stop():
        if run.step == stop_at:
            run.stop()

    assert len(list(run.epochs(on_step=stop))) == stop_at // 3
    checkpoint = run.runs[0].checkpoint()
    assert (run.step, run.finished, checkpoint.snapshot.step) == (stop_at, False, stop_at)
    assert len(checkpoint.history.training) == stop_at
    assert checkpoint.history.evaluations[-1].step == stop_at

    trainer = Trainer(config, dataset.image_shape, device, checkpoint.snapshot)
    batches = Batches(dataset.train.images, config.training.batch_size, config.training.seed, device)
    rows = [trainer.step(batches.at(step)) for step in range(stop_at, 9)]
    whole = finished[0].checkpoint()
    assert np.array_equal(torch.stack(rows), whole.history.training[stop_at:])
    for name, tensor in trainer.snapshot().weights.items():
        assert np.array_equal(tensor, whole.snapshot.weights[name])


def test_stopped_before_it_began_it_still_gives_a_checkpoint(config, dataset, device):
    run = Lockstep([config], dataset, device)
    run.stop()
    assert list(run.epochs()) == []
    checkpoint = run.runs[0].checkpoint()
    assert checkpoint.snapshot.step == len(checkpoint.history.training) == 0
    assert checkpoint.can_continue_exactly


def test_a_checkpoint_is_not_touched_by_further_training(config, dataset, device):
    run = Lockstep([config], dataset, device)
    epochs = run.epochs()
    next(epochs)
    checkpoint = run.runs[0].checkpoint()
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
    assert Lockstep([config.with_settings(batch_size=40)], dataset, device).total_steps == 3
    with pytest.raises(InvalidSetting, match="Batch size: 41 is more than the 40") as refused:
        Lockstep([config.with_settings(batch_size=41)], dataset, device)
    assert refused.value.name == "batch_size"


def test_a_loss_that_is_no_number_ends_the_run(config, dataset, device, monkeypatch):
    step = Trainer.step

    def poisoned(self, images):
        row = step(self, images)
        return row * torch.nan if self.steps == 5 else row

    monkeypatch.setattr(Trainer, "step", poisoned)
    run = Lockstep([config], dataset, device)
    epochs = run.epochs()
    next(epochs)
    with pytest.raises(UserError, match=r"epoch 2.*learning rate below 0\.01"):
        next(epochs)


@pytest.mark.parametrize(("seconds", "step"), [(0.0, 4), (60.0, 3)])
def test_a_long_epoch_is_secured_while_it_lasts(config, dataset, device, monkeypatch, seconds, step):
    take_step = Trainer.step

    def fail(self, batch):
        if self.steps == 4:
            raise RuntimeError("the cat sat on the cable")
        return take_step(self, batch)

    monkeypatch.setattr(Trainer, "step", fail)
    training = Lockstep([config], dataset, device, secured_every=seconds)
    with pytest.raises(RuntimeError, match="the cat"):
        list(training.epochs())
    left = training.checkpoint_of(training.runs[0])
    assert (left.snapshot.step, len(left.history.training)) == (step, step)
    assert [entry.step for entry in left.history.evaluations] == [0, 3]
    monkeypatch.undo()
    again = Lockstep([config], dataset, device)
    epochs = again.epochs(on_step=lambda: again.stop() if again.step == step else None)
    assert list(epochs)
    for name, values in again.runs[0].checkpoint().snapshot.weights.items():
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
    training = Lockstep([config], dataset, device, secured_every=0.0)
    with pytest.raises(UserError):
        list(training.epochs())
    left = training.checkpoint_of(training.runs[0])
    assert 3 <= left.snapshot.step < 6
    assert all(np.isfinite(values).all() for values in left.snapshot.weights.values())


def test_before_the_first_state_is_secured_nothing_is_left(config, dataset, device, monkeypatch):
    monkeypatch.setattr(Trainer, "step", lambda self, batch: torch.full((3,), torch.nan))
    training = Lockstep([config], dataset, device)
    with pytest.raises(UserError):
        list(training.epochs())
    assert training.checkpoint_of(training.runs[0]) is None
