"""What the window knows of a run: its pace, and whether it would be lost."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from vae_desktop.engine.followed import Followed
from vae_desktop.engine.pace import Progress, ProgressMeter
from vae_desktop.engine.run import Run, opened_run
from vae_desktop.models.snapshot import Snapshot
from vae_desktop.training.checkpoint import Checkpoint
from vae_desktop.training.history import Change, Evaluation, History


class Clock:
    """A clock that stands until it is moved."""

    now = 100.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def meter(clock):
    """Of a run of 100 steps, 10 an epoch of 320 images."""
    return ProgressMeter(Progress(0, 0, 100, 10), images=320, clock=clock)


def advance(meter, clock, seconds, steps):
    clock.now += seconds
    meter.advance(steps)
    return meter.progress


def test_nothing_is_known_of_the_pace_at_first(meter):
    assert (meter.progress.images_per_second, meter.progress.seconds_left) == (None, None)


def test_pace_and_time_left(meter, clock):
    progress = advance(meter, clock, seconds=2.0, steps=20)
    assert progress.step == 20
    assert progress.images_per_second == pytest.approx(10 * 32)
    assert progress.seconds_left == pytest.approx(8.0)
    assert (progress.epoch, progress.last_epoch) == (2.0, 10.0)


def test_steps_that_took_no_time_tell_nothing_of_the_pace(meter, clock):
    assert advance(meter, clock, seconds=0.0, steps=5).seconds_left is None


def test_the_pace_is_that_of_the_last_seconds(meter, clock):
    advance(meter, clock, seconds=8.0, steps=8)
    for _ in range(10):
        progress = advance(meter, clock, seconds=1.0, steps=4)
    assert progress.images_per_second == pytest.approx(4 * 32)


def test_a_pause_is_left_out(meter, clock):
    advance(meter, clock, seconds=1.0, steps=10)
    clock.now += 1000.0
    meter.restart_clock()
    progress = advance(meter, clock, seconds=2.0, steps=20)
    assert progress.images_per_second == pytest.approx(10 * 32)
    assert progress.seconds_left == pytest.approx(7.0)


def test_no_time_left_is_told_before_it_can_be_trusted(meter, clock):
    meter.set_last_step(10_000)
    assert advance(meter, clock, seconds=1.5, steps=1).seconds_left is None  # at this pace it would take hours
    assert advance(meter, clock, seconds=1.0, steps=99).seconds_left is None
    assert advance(meter, clock, seconds=1.0, steps=100).seconds_left == pytest.approx(98, abs=1)


def test_the_end_can_move(meter, clock):
    meter.set_last_step(200)
    assert advance(meter, clock, seconds=2.0, steps=20).seconds_left == pytest.approx(18.0)
    meter.set_last_step(15)
    assert advance(meter, clock, seconds=2.0, steps=10).seconds_left == 0.0


@pytest.fixture
def run(config):
    return Run(1, config, (1, 8, 8), ("a", "b"), "training")


@pytest.mark.parametrize(
    ("step", "saved_step", "kept_step", "is_saved", "is_kept"),
    [
        (None, -1, -1, True, True),  # nothing is there yet that could be lost
        (0, -1, -1, False, False),
        (5, -1, 5, False, True),
        (5, 5, -1, True, True),
        (6, 5, 5, False, False),
    ],
)
def test_a_run_is_saved_or_kept_as_of_its_newest_state(run, step, saved_step, kept_step, is_saved, is_kept):
    run.snapshot = None if step is None else Snapshot(step, {})
    run.saved_step, run.kept_step = saved_step, kept_step
    assert (run.is_saved, run.is_kept) == (is_saved, is_kept)


def test_settings_that_change_are_typed(run):
    run.set_training("epochs", 7.0)
    run.set_training("beta", 2.5)
    assert (run.config.training.epochs, run.config.training.beta) == (7, 2.5)
    assert isinstance(run.config.training.epochs, int)


@pytest.mark.parametrize(
    ("status", "is_followed", "shown"),
    [
        ("training", False, 8),
        ("paused", False, 8),
        ("diverged", False, 5),
        ("failed", False, 5),
        ("training", True, 5),  # its curves come more often than its weights
        ("failed", True, 5),
    ],
)
def test_what_is_shown_is_of_the_step_of_its_weights(run, status, is_followed, shown):
    run.history.append(np.ones((8, 3)))
    run.history.evaluations = [Evaluation(step, 1.0, 1.0, None, None) for step in (0, 4, 8)]
    run.status, run.snapshot = status, Snapshot(5, {})
    run.followed = Followed("folder") if is_followed else None
    run.measured = {5: {"a": 1.0}, 7: {"a": 2.0}}
    assert (run.step, run.shown_step) == (8, shown)
    assert run.measured_step == min(shown, 7)
    assert run.shown_evaluation.step == (8 if shown == 8 else 4)


def test_a_checkpoint_ends_at_its_snapshot_and_leaves_the_run_alone(run):
    run.history.append(np.ones((8, 3)))
    run.history.changes = [Change(2, "beta", 2.0), Change(6, "beta", 3.0)]
    checkpoint = run.checkpoint(Snapshot(5, {}))
    assert len(checkpoint.history.training) == 5
    assert checkpoint.history.changes == [Change(2, "beta", 2.0)]
    assert (len(run.history.training), len(run.history.changes)) == (8, 2)


@pytest.fixture
def checkpoint(config):
    """A model of ten steps, five an epoch."""
    history = History()
    history.append(np.zeros((10, 3)))
    history.evaluations = [Evaluation(step, 1.0, 1.0, None, None) for step in (0, 5, 10)]
    weights = {"encoder.0.weight": np.zeros((3, 4)), "encoder.0.bias": np.zeros(3)}
    return Checkpoint(config, (1, 8, 8), ("a", "b"), Snapshot(10, weights), history, None)


def test_an_opened_file_is_saved(checkpoint):
    run = opened_run(4, checkpoint, Path("model.safetensors"), "file")
    assert (run.id, run.status, run.snapshot.step, run.parameters) == (4, "opened", 10, 15)
    assert (run.path, run.autosave) == (Path("model.safetensors"), None)
    assert run.is_saved


def test_an_opened_autosave_is_kept_but_not_saved(checkpoint):
    run = opened_run(4, checkpoint, Path("kept.safetensors"), "autosave")
    assert (run.path, run.autosave) == (None, Path("kept.safetensors"))
    assert (run.is_saved, run.is_kept) == (False, True)


@pytest.mark.parametrize(("evaluated", "expected"), [((0, 5, 10), 5), ((0,), 10), ((), 10)])
def test_the_length_of_an_epoch_is_read_from_the_evaluations(checkpoint, evaluated, expected):
    history = checkpoint.history.until(checkpoint.snapshot.step)
    history.evaluations = [entry for entry in history.evaluations if entry.step in evaluated]
    run = opened_run(1, replace(checkpoint, history=history), Path("model.safetensors"), "file")
    assert run.steps_per_epoch == expected
