"""A training that was interrupted anywhere, saved, opened and continued is to the bit the one that was not."""

from dataclasses import replace

import pytest

from tests.engine.conftest import App
from tests.same_training import assert_same_training
from vae_desktop.config import ModelConfig
from vae_desktop.models.snapshot import Span
from vae_desktop.variants import KL_TERM

EPOCH = 12  # steps


@pytest.fixture
def long(config):
    """Long enough to be stopped somewhere on its way, with all that depends on the position in it."""
    return config.with_settings(epochs=60, schedule="one-cycle", beta_warm_up=40.0)


def interrupted(app, tmp_path, begin):
    """What is there after `begin` was stopped in the middle, saved, and opened by another app."""
    begin()
    app.wait_until(lambda: app.session.project.active and len(app.session.project.active[0].history.training) > 2)
    app.stop()
    runs = list(app.session.project.runs.values())
    assert all(0 < run.snapshot.step < run.config.training.epochs * EPOCH for run in runs)
    path = tmp_path / "interrupted.safetensors"
    app.session.training.save(path, runs)
    app.wait_until(lambda: app.told.heard("file_saved"))
    later = App(type(app.inbox)(), tmp_path / "later")
    later.session.library.open(path)
    later.wait_for_state("idle")
    return later


def assert_same(run, whole):
    assert_same_training(run, whole)
    assert run.snapshot.span == whole.snapshot.span == Span(0, run.config.training.epochs * EPOCH, EPOCH)


@pytest.mark.parametrize("kind", ["ae", "vae"])
@pytest.mark.parametrize("architecture", ["mlp", "convolutional"])
def test_one_model(app, long, tmp_path, kind, architecture):
    if architecture == "convolutional":  # whose steps take longer
        long = long.with_settings(epochs=10, beta_warm_up=7.0)
    hidden = (32,) if architecture == "mlp" else (4, 8)
    config = replace(long, model=ModelConfig(kind=kind, architecture=architecture, hidden=hidden))
    whole = app.train(config)
    other = App(type(app.inbox)(), tmp_path / "other")
    later = interrupted(other, tmp_path, lambda: other.session.starter.train(config))
    run = later.session.project.shown
    later.session.starter.continue_training(run, run.config)
    later.wait_until(lambda: run.status == "finished")
    assert_same(run, whole)
    assert other.session.close(30) is later.session.close(30) is None


def test_models_of_a_comparison(app, long, tmp_path):
    configs = [variant.applied_to(long) for variant in KL_TERM]
    app.session.starter.compare(configs)
    app.wait_until(lambda: app.session.project.runs and app.session.training.state == "idle")
    other = App(type(app.inbox)(), tmp_path / "other")
    later = interrupted(other, tmp_path, lambda: other.session.starter.compare(configs))
    run_set = later.session.project.compared
    later.session.starter.continue_comparison(run_set, run_set.runs[0].config)
    later.wait_until(lambda: all(run.status == "finished" for run in run_set.runs))
    for run, whole in zip(run_set.runs, app.session.project.runs.values(), strict=True):
        assert_same(run, whole)
    assert other.session.close(30) is later.session.close(30) is None


def test_other_epochs_end_an_interrupted_training_elsewhere_in_the_same_schedule():
    span = Span(100, 400, 10)
    assert span.continued(250, 30, 10) == span
    assert span.continued(250, 50, 10) == Span(100, 600, 10)
    assert span.continued(250, 5, 10) == Span(250, 300, 10)  # that many are done: a training of its own
    assert span.continued(400, 30, 10) == Span(400, 700, 10)
    assert span.continued(250, 30, 20) == Span(250, 850, 20)  # other data: no step has its place


def test_a_training_that_ends_within_an_epoch_is_judged_at_its_end(app, config):
    run = app.begin(config.with_settings(epochs=1000))
    app.stop()
    run.snapshot = replace(run.snapshot, span=None)  # as from an older file: a training of its own
    app.session.starter.continue_training(run, run.config.with_settings(epochs=1))
    app.wait_until(lambda: run.status == "finished")
    assert run.history.evaluations[-1].step == run.snapshot.step
