"""Several models in the one training thread, and in the session: each its own, whatever happens to the others."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
import torch

from tests.engine.conftest import (
    Adjusted,
    App,
    Captured,
    Embedded,
    Failed,
    Inbox,
    Paused,
    Resumed,
    RunEnded,
    Stepped,
    entry,
)
from tests.engine.runs import rows
from vae_desktop.engine import publisher
from vae_desktop.engine.live_embedding import LiveEmbedding
from vae_desktop.latent import classifier, measuring
from vae_desktop.latent.codes import Codes
from vae_desktop.latent.embed import embed, to_codes
from vae_desktop.latent.measures import COMPARED
from vae_desktop.models.autoencoder import restored_model
from vae_desktop.models.snapshot import Snapshot
from vae_desktop.training.checkpoint import load_checkpoints
from vae_desktop.training.loop import TrainingLoop
from vae_desktop.training.trainer import Trainer
from vae_desktop.variants import KL_TERM, Variant


@pytest.fixture
def configs(config):
    return [variant.applied_to(config) for variant in KL_TERM]


@pytest.fixture
def endless_configs(endless):
    return [variant.applied_to(endless) for variant in KL_TERM]


def start(worker, configs, dataset):
    """Train these as runs 1, 2, …"""
    worker.send(worker.begin, tuple(entry(number, config) for number, config in enumerate(configs, 1)), dataset, ())


def all_ended(inbox, count=4):
    inbox.wait_until(lambda: len(inbox.all(RunEnded)) + len(inbox.all(Failed)) == count)
    return {event.run_id: event for event in (*inbox.all(RunEnded), *inbox.all(Failed))}


def test_each_is_to_the_bit_what_the_plain_loop_makes_of_it_alone(inbox, worker, configs, dataset):
    def alone(config):
        loop = TrainingLoop([config], dataset, torch.device("cpu"))
        list(loop.epochs())
        return loop.models[0].checkpoint()

    start(worker, configs, dataset)
    ended = all_ended(inbox)
    with ThreadPoolExecutor(1) as pool:
        expected = [pool.submit(alone, config).result() for config in configs]
    for run_id, checkpoint in enumerate(expected, 1):
        assert ended[run_id].outcome == "finished"
        for name, tensor in checkpoint.snapshot.weights.items():
            assert np.array_equal(ended[run_id].snapshot.weights[name], tensor), (run_id, name)
        assert np.array_equal(rows(inbox, run_id), checkpoint.history.training, equal_nan=True)


def test_stop_and_pause_hold_all_at_the_same_step(inbox, worker, endless_configs, dataset):
    start(worker, endless_configs, dataset)
    inbox.wait_until(lambda: len({event.run_id for event in inbox.all(Stepped)}) == 4)
    worker.send(worker.pause)
    inbox.wait_until(lambda: len(inbox.all(Paused)) == 4)
    assert len({len(rows(inbox, run_id)) for run_id in (1, 2, 3, 4)}) == 1
    worker.send(worker.resume)
    inbox.wait_until(lambda: len(inbox.all(Resumed)) == 4)
    worker.send(worker.stop)
    ended = all_ended(inbox)
    assert {event.outcome for event in ended.values()} == {"stopped"}
    assert len({event.snapshot.step for event in ended.values()}) == 1


def test_beta_of_one_is_changed_and_the_others_keep_theirs(inbox, worker, endless, dataset):
    start(worker, [endless, endless.with_settings(beta=2.0)], dataset)
    inbox.wait_for(Stepped)
    worker.send(worker.adjust, "beta", 100.0, 2)
    adjusted = inbox.wait_for(Adjusted)
    assert (adjusted.run_id, adjusted.change.value) == (2, 100.0)
    step = adjusted.change.step
    inbox.wait_until(lambda: len(rows(inbox, 1)) > step + 1 and len(rows(inbox, 2)) > step + 1)
    for run_id, before, after in ((1, 1.0, 1.0), (2, 2.0, 100.0)):
        total, reconstruction, kl = rows(inbox, run_id).T
        weights = (total - reconstruction) / kl
        assert weights[:step] == pytest.approx(before, rel=0.05)
        assert weights[step:] == pytest.approx(after, rel=0.05)
    worker.send(worker.adjust, "learning_rate", 1e-6)
    inbox.wait_until(lambda: len(inbox.all(Adjusted)) == 3)  # of all at once


def test_one_that_diverges_falls_back_and_the_others_go_on(inbox, worker, configs, dataset, monkeypatch):
    step = Trainer.step

    def stepped(trainer, batch):
        if trainer.steps == 4 and not trainer.model.is_variational:
            with torch.no_grad():
                next(trainer.model.parameters()).fill_(torch.nan)
        return step(trainer, batch)

    monkeypatch.setattr(Trainer, "step", stepped)
    start(worker, configs, dataset)
    ended = all_ended(inbox)
    assert [ended[run_id].outcome for run_id in (1, 2, 3, 4)] == ["diverged", *["finished"] * 3]
    assert all(np.isfinite(tensor).all() for tensor in ended[1].snapshot.weights.values())
    assert [ended[run_id].snapshot.step for run_id in (2, 3, 4)] == [24] * 3


@pytest.mark.parametrize("error", [RuntimeError("not enough memory: you tried to allocate"), ValueError("odd")])
def test_one_that_fails_leaves_with_the_reason(inbox, worker, configs, dataset, monkeypatch, error):
    step = Trainer.step

    def stepped(trainer, batch):
        if trainer.steps == 4 and not trainer.model.is_variational:
            raise error
        return step(trainer, batch)

    monkeypatch.setattr(Trainer, "step", stepped)
    start(worker, configs, dataset)
    ended = all_ended(inbox)
    assert "ran out of memory" in ended[1].message or "odd" in ended[1].message
    assert ended[1].snapshot is not None
    assert [ended[run_id].snapshot.step for run_id in (2, 3, 4)] == [24] * 3


def test_one_that_cannot_begin_keeps_none_from_training(inbox, worker, config, dataset):
    weights = Trainer(config, dataset.image_shape, torch.device("cpu")).snapshot().weights
    huge = Snapshot(0, {name: np.full_like(tensor, 1e38) for name, tensor in weights.items()})
    worker.send(worker.begin, (entry(1, config, huge), entry(2, config)), dataset, ())
    ended = all_ended(inbox, 2)
    assert "cannot be trained" in ended[1].message
    assert ended[2].outcome == "finished"
    assert {event.run_id for event in inbox.all(Stepped)} == {2}


def test_states_and_training_codes_come_of_those_asked_for(inbox, worker, endless_configs, dataset):
    start(worker, endless_configs, dataset)
    inbox.wait_for(Stepped)
    worker.send(worker.capture, frozenset({2, 4}))
    inbox.wait_until(lambda: len(inbox.all(Captured)) == 2)
    assert {event.run_id for event in inbox.all(Captured)} == {2, 4}
    worker.send(worker.embed_training_images, frozenset({3}))
    inbox.wait_until(lambda: [event for event in inbox.all(Embedded) if event.part == "train"])
    assert {event.run_id for event in inbox.all(Embedded) if event.part == "train"} == {3}


# The session


def begin(app, configs):
    """Train a set until each has taken some steps."""
    app.session.starter.compare(configs)
    app.wait_until(lambda: len(app.session.project.active) == len(configs))
    runs = list(app.session.project.active)
    app.wait_until(lambda: all(len(run.history.training) > 2 for run in runs))
    return runs


def train(app, configs):
    """Train a set to the end."""
    app.session.starter.compare(configs)
    app.wait_until(lambda: app.session.project.comparisons and app.session.training.state == "idle")
    return app.session.project.comparisons[-1]


def test_a_set_is_shown_and_each_of_its_models_is_a_run(app, session, configs):
    run_set = train(app, configs)
    assert session.project.compared is run_set
    assert session.project.shown is None
    assert [run.status for run in run_set.runs] == ["finished"] * 4
    assert [run.name for run in run_set.runs] == ["AE", "VAE without KL", "KL only", "VAE"]
    assert list(session.project.runs.values()) == list(run_set.runs)
    assert app.told.states == ["loading", "training", "idle"]
    assert app.told.heard("comparison_shown")[0] is run_set


def test_each_change_of_beta_is_noted_by_its_run_alone(app, session, endless):
    first, second = begin(app, [endless, endless.with_settings(beta=3.0)])
    session.training.adjust("beta", 9.0, second)
    app.wait_until(lambda: second.history.changes)
    assert [(change.name, change.value) for change in second.history.changes] == [("beta", 9.0)]
    assert (first.history.changes, first.config.training.beta) == ([], 1.0)
    assert second.config.training.beta == 9.0


def test_a_set_is_saved_as_one_while_it_trains_and_opened_as_one(app, session, endless_configs, tmp_path):
    runs = begin(app, endless_configs)
    path = tmp_path / "set.safetensors"
    session.training.save(path, runs)
    app.wait_until(lambda: app.told.heard("file_saved"))
    app.stop()
    saved = load_checkpoints(path)
    assert len({checkpoint.snapshot.step for checkpoint in saved}) == 1
    assert session.project.comparisons[0].path == path
    session.library.open(path)
    app.wait_until(lambda: len(session.project.comparisons) == 2)
    opened = session.project.comparisons[1]
    assert session.project.compared is opened
    assert [run.name for run in opened.runs] == [run.name for run in runs]
    assert [run.status for run in opened.runs] == ["opened"] * 4
    assert (opened.path, {run.path for run in opened.runs}) == (path, {None})
    assert all(run.is_saved for run in opened.runs)


def test_a_set_kept_when_it_is_paused_holds_the_codes_of_its_weights(app, session, endless, dataset, monkeypatch):
    monkeypatch.setattr(LiveEmbedding, "refresh_if_due", lambda *_: False)  # all are of the last epoch's end
    monkeypatch.setattr(publisher, "METRICS_INTERVAL", 0.0)  # and this is within one
    runs = begin(app, [endless, endless.with_settings(beta=3.0)])
    session.training.pause()
    app.wait_until(lambda: session.training.state == "paused" and all(run.kept_step > 0 for run in runs))
    app.wait_until(lambda: all(run.kept_step == run.snapshot.step for run in runs))
    for kept in load_checkpoints(app.autosaves.files()[0]):
        model = restored_model(kept.config.model, kept.image_shape, kept.snapshot.weights)
        codes = to_codes(embed(model, torch.from_numpy(dataset.test.images)), None)
        assert kept.codes.mean == pytest.approx(codes.mean, abs=1e-5)
    app.stop()


def test_a_set_whose_codes_were_kept_too_early_shows_those_of_its_weights(app, session, configs, dataset):
    runs = train(app, configs[::3]).runs
    states = [run.checkpoint() for run in runs]
    early = [replace(state, codes=Codes(0 * state.codes.mean, state.codes.log_stddev, None)) for state in states]
    path = app.autosaves.keep(early, 9)
    session.library.open(path, "autosave")
    app.wait_until(lambda: len(session.project.comparisons) == 2)
    opened = session.project.compared.runs
    app.wait_until(lambda: all(run.codes.mean.any() for run in opened))
    for run, before in zip(opened, runs, strict=True):
        assert run.codes.mean == pytest.approx(before.codes.mean, abs=1e-4)
        assert run.status == "opened"


def test_one_model_of_a_set_is_saved_alone(app, session, configs, tmp_path):
    run_set = train(app, configs)
    session.training.save(tmp_path / "one.safetensors", [run_set.runs[1]])
    app.wait_until(lambda: app.told.heard("file_saved"))
    assert len(load_checkpoints(tmp_path / "one.safetensors")) == 1
    assert [run.is_saved for run in run_set.runs] == [False, True, False, False]
    assert run_set.path is None


def test_a_set_that_would_be_lost_is_kept_as_one(app, session, configs):
    train(app, configs)
    assert session.close(timeout=30) is None
    (path,) = app.autosaves.files()
    assert len(load_checkpoints(path)) == 4


def test_a_kept_set_is_discarded_when_all_of_it_is_saved(app, session, configs, tmp_path):
    train(app, configs)
    session.close(timeout=30)
    (path,) = app.autosaves.files()
    next_time = App(Inbox(), tmp_path)
    next_time.session.library.open(path, "autosave")
    next_time.wait_until(lambda: next_time.session.project.comparisons)
    runs = next_time.session.project.comparisons[0].runs
    next_time.session.training.save(tmp_path / "one.safetensors", runs[:1])
    next_time.wait_until(lambda: len(next_time.told.heard("file_saved")) == 1)
    assert path.exists()
    next_time.session.training.save(tmp_path / "set.safetensors", runs)
    next_time.wait_until(lambda: len(next_time.told.heard("file_saved")) == 2)
    assert not path.exists()
    assert next_time.session.close(timeout=30) is None


def test_a_set_is_trained_on(app, session, configs):
    run_set = train(app, configs)
    session.starter.continue_comparison(run_set, configs[0].with_settings(epochs=1))
    app.wait_for_state("training")
    app.wait_for_state("idle")
    assert [run.snapshot.step for run in run_set.runs] == [36] * 4
    assert [len(run.history.training) for run in run_set.runs] == [36] * 4
    assert session.project.comparisons == [run_set]
    assert [run.config.model.kind for run in run_set.runs] == [variant.kind for variant in KL_TERM]


def test_one_model_of_a_set_is_trained_on_alone(app, session, configs):
    run_set = train(app, configs)
    session.starter.continue_training(run_set.runs[3], run_set.runs[3].config.with_settings(epochs=1))
    app.wait_for_state("training")
    assert session.project.shown is run_set.runs[3]
    app.wait_for_state("idle")
    assert [run.snapshot.step for run in run_set.runs] == [24, 24, 24, 36]


def test_a_model_that_fails_in_a_set_is_named_and_the_set_goes_on(app, session, endless_configs, monkeypatch):
    step = Trainer.step

    def stepped(trainer, batch):
        if trainer.steps == 40 and not trainer.model.is_variational:
            raise RuntimeError("out of memory")
        return step(trainer, batch)

    monkeypatch.setattr(Trainer, "step", stepped)
    runs = begin(app, endless_configs)
    app.wait_until(lambda: runs[0].status == "failed")
    (message,) = app.told.messages
    assert message.text.startswith(f"{runs[0].title}: ")
    assert "ran out of memory" in message.text
    assert (session.training.state, session.project.active) == ("training", runs[1:])
    taken = len(runs[3].history.training)
    app.wait_until(lambda: len(runs[3].history.training) > taken)
    app.stop()
    assert runs[0].snapshot is not None  # its last good state
    assert [run.status for run in runs] == ["failed", *["stopped"] * 3]


def test_data_of_another_shape_than_an_opened_sets_is_refused_in_words(app, session, configs, tmp_path):
    run_set = train(app, configs)
    path = tmp_path / "set.safetensors"
    session.training.save(path, run_set.runs)
    app.wait_until(lambda: app.told.heard("file_saved"))
    session.library.open(path)
    app.wait_until(lambda: len(session.project.comparisons) == 2)
    opened = session.project.comparisons[1]
    for run in opened.runs:
        run.config = replace(run.config, dataset=replace(run.config.dataset, image_size=16))
    session.starter.continue_comparison(opened, configs[0])
    app.wait_until(lambda: app.told.messages)
    assert "images of another shape" in app.told.messages[0].text
    assert "1×8×8 there and 1×16×16 here" in app.told.messages[0].text
    assert session.training.state == "idle"


def test_all_are_measured_one_after_the_other(app, session, configs, monkeypatch):
    monkeypatch.setattr(measuring, "classifier_for", lambda *_: None)  # none is trained for drawn images
    run_set = train(app, configs)
    session.measurements.start(run_set.runs, COMPARED)
    app.wait_until(lambda: not session.measurements.is_running and all("sampling" in r.measures for r in run_set.runs))
    assert [run.measured_step for run in run_set.runs] == [24] * 4
    assert run_set.runs[2].measures["kl"] == pytest.approx(0, abs=0.05)
    assert "denoising" not in run_set.runs[0].measures


def test_a_set_of_two_dimensions_and_another_likelihood(app, configs, config):
    variants = (Variant("vae", latent_dim=1), Variant("ae", likelihood="bernoulli", latent_dim=4))
    run_set = train(app, [variant.applied_to(config) for variant in variants])
    assert [run.codes.latent_dim for run in run_set.runs] == [1, 4]


def test_models_that_come_out_equal_are_named_when_they_are_to_be_trained(app, session, config):
    run_set = train(app, [config, config.with_settings(beta=3.0), config])
    assert [message.text for message in app.told.messages] == [
        "VAE β=1 (1) and VAE β=1 (2) come out equal: nothing that they compute differs."
    ]
    first, _, last = run_set.runs
    assert np.array_equal(first.codes.mean, last.codes.mean)


def test_beta_that_is_set_before_a_set_begins_changes_none_of_its_models(app, session, endless):
    configs = [endless.with_settings(beta=value) for value in (1.0, 4.0)]
    session.starter.compare(configs)
    session.starter.adjust("beta", 7.0)
    session.starter.adjust("learning_rate", 2e-3)
    app.wait_until(lambda: len(session.project.active) == 2)
    session.starter.adjust("beta", 7.0)
    assert [run.config.training.beta for run in session.project.active] == [1.0, 4.0]
    app.wait_until(lambda: all(run.config.training.learning_rate == 2e-3 for run in session.project.active))
    assert not any(change.name == "beta" for run in session.project.active for change in run.history.changes)


def test_a_model_is_named_by_the_beta_that_it_has_now(app, session, endless):
    first, second = begin(app, [endless, endless.with_settings(beta=3.0)])
    assert (first.name, second.name) == ("VAE β=1", "VAE β=3")
    session.training.adjust("beta", 9.0, second)
    app.wait_until(lambda: second.name == "VAE β=9")


def test_nothing_new_begins_while_it_closes(app, session, configs):
    run_set = train(app, configs)
    session.measurements.start(run_set.runs, COMPARED)
    session.measurements.ended.connect(lambda _: session.measurements.start(run_set.runs, COMPARED))
    assert session.close(timeout=30) is None
    assert not session.measurements.is_running
    assert [run.measured_step for run in run_set.runs[1:]] == [-1] * 3


def test_closing_secures_all_states_before_anything_that_takes_long(app, session, endless_configs, monkeypatch):
    runs = begin(app, endless_configs)
    goes_on = threading.Event()
    monkeypatch.setattr(LiveEmbedding, "refresh", lambda *_: goes_on.wait(30))
    assert session.close(timeout=1.0) is None
    goes_on.set()
    (path,) = app.autosaves.files()
    kept = load_checkpoints(path)
    assert len(kept) == 4
    assert all(checkpoint.snapshot.optimizer for checkpoint in kept)
    assert len({checkpoint.snapshot.step for checkpoint in kept}) == 1
    assert {run.status for run in runs} == {"training"}


def test_models_that_are_trained_while_others_are_measured_have_their_turn(app, session, configs, monkeypatch):
    monkeypatch.setattr(classifier, "STEPS", 20)  # it judges the same for all
    first = train(app, configs[:2])
    session.measurements.start(first.runs, COMPARED)
    session.measurements.start(first.runs, COMPARED)  # they have theirs once
    second = train(app, configs[:2])
    session.measurements.start(second.runs, COMPARED)
    app.wait_until(lambda: not session.measurements.is_running)
    measured = [what[1] for what in app.told.told if what[0] == "measuring_ended"]
    assert measured == [*first.runs, *second.runs]
    assert all("sampling" in run.measures for run in second.runs)
