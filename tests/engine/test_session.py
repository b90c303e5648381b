"""The app without its window: everything that can be asked for, with real threads, real training and real files."""

import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
import torch

from tests.engine.conftest import App
from vae_desktop.config import DatasetConfig, ModelConfig, RunConfig
from vae_desktop.data.mnist import MNIST_SETS
from vae_desktop.engine import live_embedding, trainer
from vae_desktop.errors import UserError
from vae_desktop.latent.measures import QUICK
from vae_desktop.training import checkpoint as checkpoints
from vae_desktop.training import devices
from vae_desktop.training.checkpoint import load_checkpoint, load_checkpoints, save_checkpoints
from vae_desktop.training.loop import TrainingLoop
from vae_desktop.training.trainer import Trainer

EPOCH = 12  # steps
THREADS = ("training", "inference", "task")


@pytest.fixture(scope="module")
def checkpoint(config, dataset):
    """A model of two epochs from the plain loop, in a thread of its own as the worker's."""

    def trained():
        run = TrainingLoop([config], dataset, torch.device("cpu"))
        list(run.epochs())
        return run.models[0].checkpoint()

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(trained).result()


@pytest.fixture
def model_file(checkpoint, tmp_path):
    path = tmp_path / "model.safetensors"
    save_checkpoints(path, [checkpoint])
    return path


def living_threads():
    return [thread.name for thread in threading.enumerate() if thread.name.startswith(THREADS)]


# Training


def test_nothing_runs_until_something_is_asked_for(session):
    assert session.training.state == "idle"
    assert living_threads() == []


def test_the_states_of_a_training(app, told, config):
    app.train(config)
    assert told.states == ["loading", "training", "idle"]


def test_a_run_is_shown_as_soon_as_it_has_begun(app, told, session, config):
    shown = []
    told.on_told = lambda name, what: shown.append(session.project.active[0]) if name == "run_shown" else None
    run = app.train(config)
    assert told.heard("run_shown") == [run]
    assert shown == [run]
    assert session.project.shown is run


def test_devices_and_data_set_are_announced(app, told, config):
    app.train(config)
    assert told.heard("devices_found")[0][-1].name == "cpu"
    assert told.heard("dataset_loaded")[0].config == config.dataset


def test_what_a_finished_run_holds(app, config, checkpoint):
    run = app.train(config)
    assert (run.status, run.device, run.steps_per_epoch, run.snapshot.step) == ("finished", "cpu", EPOCH, 2 * EPOCH)
    assert np.array_equal(run.history.training, checkpoint.history.training)
    assert run.history.evaluations == checkpoint.history.evaluations
    assert np.array_equal(run.codes.mean, checkpoint.codes.mean)
    assert not run.is_saved


def test_the_history_grows_and_the_codes_move_while_it_trains(app, told, endless, monkeypatch):
    monkeypatch.setattr(live_embedding, "EMBEDDING_INTERVAL", 0.01)
    run = app.begin(endless)
    first, length, count = run.codes, len(run.history.training), len(told.heard("codes_changed"))
    app.wait_until(lambda: len(told.heard("codes_changed")) > count)
    app.wait_until(lambda: len(run.history.training) > length)
    assert (run.codes.mean != first.mean).any()
    assert told.heard("metrics_changed")[-1] is run
    progress = told.heard("progressed")[-1]
    assert progress.step == len(run.history.training)
    assert progress.last_step == 100_000 * EPOCH


def test_stop_keeps_the_model(app, session, told, endless):
    run = app.begin(endless)
    session.starter.stop()
    assert session.training.state == "stopping"
    app.wait_for_state("idle")
    assert told.states == ["loading", "training", "stopping", "idle"]
    assert run.status == "stopped"
    assert run.snapshot.step == len(run.history.training)


def test_pause_and_resume(app, session, told, endless):
    app.begin(endless)
    session.training.pause()
    app.wait_for_state("paused")
    session.training.resume()
    app.wait_for_state("training")
    app.stop()
    assert told.states == ["loading", "training", "paused", "training", "stopping", "idle"]


def test_a_paused_training_can_be_stopped(app, session, endless):
    app.begin(endless)
    session.training.pause()
    app.wait_for_state("paused")
    app.stop()


def test_stop_before_it_has_begun(app, session, told, config):
    session.starter.train(config)
    session.starter.stop()
    app.wait_for_state("idle")
    assert session.project.runs == {}
    app.train(config)


def test_two_stops_and_a_start_give_exactly_one_more_run(app, session, told, config, endless):
    first = app.begin(endless)
    session.starter.stop()
    session.starter.stop()
    second = app.train(config)
    assert list(session.project.runs.values()) == [first, second]
    assert (first.status, second.status) == ("stopped", "finished")
    assert living_threads().count("training") == 1


def test_train_is_pressed_twice_and_one_run_begins(app, session, config):
    session.starter.train(config)
    session.starter.train(config)
    app.wait_until(lambda: session.project.runs and session.training.state == "idle")
    assert len(session.project.runs) == 1


def test_a_new_training_ends_the_one_that_runs(app, session, config, endless):
    first = app.begin(endless)
    session.starter.train(config)
    app.wait_until(lambda: len(session.project.runs) == 2 and session.training.state == "idle")
    assert first.status == "stopped"
    assert first.snapshot.step == len(first.history.training)


def test_a_setting_is_adjusted_while_training(app, session, endless):
    run = app.begin(endless)
    session.starter.adjust("beta", 3.0)
    app.wait_until(lambda: run.history.changes)
    change = run.history.changes[0]
    assert (change.name, change.value) == ("beta", 3.0)
    assert 0 < change.step <= len(run.history.training)
    assert run.config.training.beta == 3.0
    session.starter.adjust("beta", 3.0)  # no change
    session.starter.adjust("epochs", 1.0)
    app.wait_for_state("idle")
    assert [change.name for change in run.history.changes] == ["beta", "epochs"]
    assert run.status == "finished"


# Going on


def test_going_on_appends_and_notes_what_has_changed(app, session, config):
    run = app.train(config)
    first = run.history.training.copy()
    session.starter.continue_training(run, config.with_settings(epochs=1, beta=2.0, batch_size=64, seed=5))
    app.wait_until(lambda: run.snapshot.step > 2 * EPOCH)
    assert len(session.project.runs) == 1
    assert run.snapshot.step == len(run.history.training) == 3 * EPOCH
    assert np.array_equal(run.history.training[: 2 * EPOCH], first)
    assert [(change.step, change.name) for change in run.history.changes] == [(2 * EPOCH, "beta")]
    training = run.config.training
    assert (training.beta, training.epochs, training.batch_size, training.seed) == (2.0, 1, 128, 0)


def test_going_on_forgets_what_came_after_the_state_it_goes_on_from(app, session, config, monkeypatch):
    def fail_late(trainer, images):
        if trainer.steps == 2 * EPOCH + 5:
            raise RuntimeError("the cat sat on the cable")
        return step(trainer, images)

    step = Trainer.step
    run = app.train(config)
    monkeypatch.setattr(Trainer, "step", fail_late)
    session.starter.continue_training(run, config)
    app.wait_for_state("failed")
    kept = run.snapshot.step
    assert 2 * EPOCH <= kept <= len(run.history.training) <= 2 * EPOCH + 5
    monkeypatch.undo()
    session.starter.continue_training(run, config.with_settings(epochs=1))
    app.wait_for_state("idle")
    assert run.snapshot.step == len(run.history.training) == run.snapshot.span.last
    steps = [evaluation.step for evaluation in run.history.evaluations]
    assert steps == sorted(set(steps))


def test_an_opened_model_goes_on_as_if_never_interrupted(app, session, model_file, config):
    whole = app.train(config.with_settings(epochs=3))
    session.library.open(model_file)
    app.wait_until(lambda: session.project.shown is not whole)
    run = session.project.shown
    session.starter.continue_training(run, config.with_settings(epochs=1))
    app.wait_until(lambda: run.status == "finished")
    assert np.array_equal(run.history.training, whole.history.training)
    for name, tensor in whole.snapshot.weights.items():
        assert np.array_equal(run.snapshot.weights[name], tensor), name
    assert not run.is_saved


# What cannot be done


def test_a_data_set_that_is_missing_can_be_downloaded(app, session, told):
    session.starter.train(RunConfig(DatasetConfig("mnist")))
    app.wait_until(lambda: told.messages)
    message = told.messages[0]
    assert (message.level, message.action, message.details) == ("error", "download", "")
    assert "MNIST" in message.text
    assert (session.training.state, session.project.runs) == ("idle", {})


def test_a_batch_larger_than_the_data_set_is_refused(app, session, told, config):
    session.starter.train(config.with_settings(batch_size=2000))
    app.wait_until(lambda: told.messages)
    assert told.messages[0].text.startswith("Batch size: 2,000 is more than the 1,437 training images")
    app.wait_for_state("idle")
    assert session.project.runs == {}
    assert app.train(config).status == "finished"


def test_a_model_for_images_of_another_shape_cannot_go_on(app, session, told, config):
    run = app.train(config)
    run.image_shape = (1, 9, 9)
    session.starter.continue_training(run, config)
    app.wait_until(lambda: told.messages)
    assert "images of another shape" in told.messages[0].text
    assert run.snapshot.step == 2 * EPOCH


def test_a_failed_training_keeps_the_last_good_model(app, session, told, config, monkeypatch):
    def fail(trainer, images):
        raise RuntimeError("the cat sat on the cable")

    monkeypatch.setattr(Trainer, "step", fail)
    session.starter.train(config)
    app.wait_for_state("failed")
    message = told.messages[0]
    assert message.text.endswith("the cat sat on the cable")
    assert message.details.startswith("Traceback")
    run = session.project.shown
    assert (run.status, run.snapshot.step) == ("failed", 0)
    app.decode(np.zeros(2))
    app.wait_until(lambda: told.heard("picture_decoded"))
    monkeypatch.undo()
    assert app.train(config).status == "finished"


@pytest.mark.usefixtures("overflowing")
def test_a_diverged_training_says_at_which_step_and_can_go_on(app, session, told, endless):
    session.starter.train(endless)
    app.wait_until(lambda: told.messages)
    run = session.project.shown
    assert run.status == "diverged"
    assert f"back at step {run.snapshot.step:,}, the last good one" in told.messages[0].text
    app.wait_for_state("idle")
    session.starter.continue_training(run, endless.with_settings(epochs=1, learning_rate=0.001))
    app.wait_until(lambda: run.status == "finished")
    assert np.isfinite(run.history.training).all()


@pytest.mark.usefixtures("overflowing")
@pytest.mark.parametrize(
    ("rates", "words", "action"),
    [
        ({"learning_rate": 0.01}, "Most likely it learns too fast: try a learning rate below 0.01.", "slower"),
        ({"learning_rate": 0.001, "encoder_rate": 50.0}, "the encoder learns too fast, at 50 times 0.001", "slower"),
        ({"learning_rate": 1e-6}, "So low a learning rate, 1e-06, is hardly the cause", ""),
    ],
)
def test_a_divergence_is_put_down_to_what_can_have_been_its_cause(app, session, told, endless, rates, words, action):
    session.starter.train(endless.with_settings(**rates))
    app.wait_until(lambda: told.messages)
    assert words in told.messages[0].text
    assert told.messages[0].action == action
    assert ("a tenth of the learning rate" in told.messages[0].text) == bool(action)
    app.wait_for_state("idle")


def test_a_failure_that_is_heard_of_late_does_not_hinder_the_next_run(app, session, config, endless, monkeypatch):
    first = app.begin(endless)
    failing = threading.Event()

    def fail(trainer, images):
        failing.set()
        monkeypatch.undo()
        raise RuntimeError("the cat sat on the cable")

    monkeypatch.setattr(Trainer, "step", fail)
    assert failing.wait(30)
    session.starter.train(config)  # before the failure is taken in
    app.wait_until(lambda: len(session.project.runs) == 2 and session.training.state == "idle")
    assert (first.status, session.project.shown.status) == ("failed", "finished")


def test_a_picture_that_cannot_be_decoded_does_not_touch_the_training(app, session, told, endless):
    run = app.begin(endless)
    app.decode(np.zeros(3))
    app.wait_until(lambda: told.messages)
    assert told.messages[0].text.startswith("The picture could not be made")
    assert (session.training.state, session.project.active) == ("training", [run])
    app.stop()
    assert run.status == "stopped"


# Pictures


def test_the_picture_of_a_point_is_that_of_the_model_on_screen(app, session, told, config):
    first = app.train(config)
    second = app.train(RunConfig(config.dataset, ModelConfig("ae", 2, hidden=(8,)), config.training))
    app.decode(np.zeros(2))
    app.wait_until(lambda: told.heard("picture_decoded"))
    decoded = told.heard("picture_decoded")[-1]
    assert (decoded.run_id, decoded.request_id, decoded.step) == (second.id, session.inference.last_request, 2 * EPOCH)
    assert decoded.picture.shape == (8, 8, 1)
    session.project.show(first)
    app.decode(np.zeros(2))
    app.wait_until(lambda: told.heard("picture_decoded")[-1].run_id == first.id)
    assert (told.heard("picture_decoded")[-1].picture != decoded.picture).any()


# Files


def test_a_model_is_opened_and_shown(app, session, told, model_file, checkpoint):
    session.library.open(model_file)
    assert session.training.state == "loading"
    app.wait_for_state("idle")
    run = session.project.shown
    assert told.heard("file_opened") == [model_file]
    assert (run.status, run.path, run.snapshot.step) == ("opened", model_file, 2 * EPOCH)
    assert run.is_saved
    assert np.array_equal(run.codes.mean, checkpoint.codes.mean)
    app.decode(np.zeros(2))
    app.wait_until(lambda: told.heard("picture_decoded"))


@pytest.mark.parametrize("is_read", [True, False])
def test_of_files_that_were_opened_at_once_the_last_stays_on_screen(
    app, session, told, model_file, tmp_path, monkeypatch, is_read
):
    """The first one takes longer to read, and is shown only where the other one is no model."""
    slow, load, goes_on = tmp_path / "slow.safetensors", checkpoints.load_checkpoints, threading.Event()
    slow.write_bytes(model_file.read_bytes())
    if not is_read:
        model_file.write_bytes(b"")

    def wait_and_load(path):
        assert path != slow or goes_on.wait(60)
        return load(path)

    monkeypatch.setattr(checkpoints, "load_checkpoints", wait_and_load)
    session.library.open(slow)
    session.library.open(model_file)
    app.wait_until(lambda: told.messages or session.project.runs)
    goes_on.set()
    app.wait_until(lambda: slow in told.heard("file_opened") and session.training.state == "idle")
    assert session.project.shown.path == (model_file if is_read else slow)
    assert len(session.project.runs) == 1 + is_read


@pytest.mark.parametrize("content", [b"", b"no model at all, but more than a few bytes", None])
def test_a_file_that_is_no_model_changes_nothing(app, session, told, model_file, tmp_path, content):
    session.library.open(model_file)
    app.wait_for_state("idle")
    shown = session.project.shown
    other = tmp_path / "other.safetensors"
    other.write_bytes(model_file.read_bytes()[:-1] if content is None else content)
    session.library.open(other)
    app.wait_until(lambda: told.messages)
    assert told.messages[0].text.startswith("Cannot open other.safetensors: ")
    assert told.messages[0].details == ""
    assert session.project.shown is shown
    assert list(session.project.runs.values()) == [shown]
    assert told.heard("file_opened") == [model_file]
    assert session.training.state == "idle"


def test_a_finished_model_is_saved(app, session, told, config, tmp_path):
    run = app.train(config)
    path = tmp_path / "saved.safetensors"
    session.training.save(path, [session.project.shown])
    app.wait_until(lambda: told.heard("file_saved"))
    assert told.heard("file_saved") == [path]
    assert run.path == path
    assert run.is_saved
    assert load_checkpoint(path).snapshot.step == 2 * EPOCH


def test_a_model_is_saved_while_it_trains(app, session, told, endless, tmp_path):
    run = app.begin(endless)
    path = tmp_path / "saved.safetensors"
    session.training.save(path, [session.project.shown])
    app.wait_until(lambda: told.heard("file_saved"))
    assert session.training.state == "training"
    saved = load_checkpoint(path)
    assert saved.snapshot.step == len(saved.history.training) == run.saved_step > 0
    assert saved.can_continue_exactly
    app.stop()
    assert not run.is_saved


def test_a_target_that_cannot_be_written_is_never_called_saved(app, session, told, config, tmp_path):
    run = app.train(config)
    session.training.save(tmp_path / "nowhere" / "model.safetensors", [session.project.shown])
    app.wait_until(lambda: told.messages)
    assert told.messages[0].text.startswith(f"Cannot write {tmp_path / 'nowhere'}")
    assert told.heard("file_saved") == []
    assert (run.is_saved, run.path) == (False, None)


def test_without_a_model_there_is_nothing_to_save(app, session, told, tmp_path):
    session.training.save(tmp_path / "model.safetensors", [])
    assert told.told == []
    assert list(tmp_path.iterdir()) == []


# Removing


def test_a_removed_model_is_kept_and_its_neighbour_comes_on_screen(app, session, told, config, monkeypatch):
    monkeypatch.setattr(type(session.saver), "autosave", lambda *_: None)
    first, second = app.train(config), app.train(config)
    session.library.remove(second)
    assert session.project.runs == {first.id: first}
    assert (session.project.shown, told.heard("run_shown")[-1]) == (first, first)
    (path,) = app.autosaves.files()
    assert load_checkpoint(path).snapshot is not None
    assert session.training.newest_snapshot(second) is second.snapshot
    assert session.inference.newest(second.id) is None


def test_nothing_comes_of_what_was_asked_of_a_removed_model(app, session, told, config):
    first, second = app.train(config), app.train(config)
    app.decode(np.zeros(2))
    session.library.remove(second)
    app.decode(np.ones(2))
    app.wait_until(lambda: told.heard("picture_decoded"))
    assert {answer.run_id for answer in told.heard("picture_decoded")} == {first.id}
    assert told.messages == []


def test_a_set_is_removed_as_a_whole(app, session, config):
    for _ in range(2):
        session.starter.compare([config, config.with_settings(beta=4.0)])
        app.wait_until(lambda: session.project.active)
        app.wait_for_state("idle")
    first, second = session.project.comparisons
    assert "compared" in session.library.why_not_removed(second.runs[0])
    session.library.remove(first.runs[1])
    assert session.project.comparisons == [second]
    assert list(session.project.runs.values()) == list(second.runs)


def test_removals_are_undone_from_the_last_on_sets_as_a_whole(app, session, told, config):
    app.train(config)
    for _ in range(2):
        session.starter.compare([config, config.with_settings(beta=4.0)])
        app.wait_until(lambda: session.project.active)
        app.wait_for_state("idle")
    last = app.train(config)
    runs, sets = dict(session.project.runs), list(session.project.comparisons)
    autosaves, saved = [run.autosave for run in runs.values()], [run.is_saved for run in runs.values()]
    assert session.project.shown is last
    session.library.remove(last)
    session.library.remove(sets[0].runs[1])
    assert len(session.project.runs) == len(runs) - 3
    assert session.project.undo_removal() == sets[0].runs
    assert session.project.shown is not last
    assert session.project.undo_removal() == (last,)
    assert (session.project.shown, told.heard("run_shown")[-1]) == (last, last)
    assert list(session.project.runs.items()) == list(runs.items())
    assert session.project.comparisons == sets
    assert [run.is_saved for run in runs.values()] == saved
    assert all(path is None or run.autosave == path for run, path in zip(runs.values(), autosaves, strict=True))
    app.decode(np.ones(2))
    app.wait_until(lambda: told.heard("picture_decoded"))
    assert told.heard("picture_decoded")[-1].run_id == last.id
    assert not session.project.can_undo_removal
    assert session.project.undo_removal() == ()


def test_what_trains_and_the_only_model_stay(app, session, config, endless):
    only = app.train(config)
    assert "the only model" in session.library.why_not_removed(only)
    run = app.begin(endless)
    assert "stop it" in session.library.why_not_removed(run)
    for entry in (run, only):
        session.library.remove(entry)
    assert list(session.project.runs.values()) == [run]
    app.stop()


def test_what_cannot_be_kept_is_not_removed(app, session, told, config, monkeypatch):
    monkeypatch.setattr(type(session.saver), "autosave", lambda *_: None)
    app.autosaves.folder.parent.write_text("in the way")
    _, second = app.train(config), app.train(config)
    session.library.remove(second)
    assert second.id in session.project.runs
    assert "Cannot make the folder" in told.messages[-1].text
    app.autosaves.folder.parent.unlink()


# Closing


def test_closing_in_mid_training_keeps_the_model(app, session, endless):
    run = app.begin(endless)
    assert session.close(timeout=30) is None
    assert living_threads() == []
    (path,) = app.autosaves.files()
    kept = load_checkpoint(path)
    assert kept.snapshot.step == len(kept.history.training) == len(run.history.training) > 0
    assert kept.can_continue_exactly
    assert run.is_kept


def test_a_kept_model_is_offered_until_it_is_saved(app, session, told, config, tmp_path):
    app.train(config)
    assert session.close(timeout=30) is None
    (kept,) = app.autosaves.files()

    next_time = App(type(app.inbox)(), tmp_path)
    next_time.session.library.open(kept, origin="autosave")
    next_time.wait_for_state("idle")
    run = next_time.session.project.shown
    assert (run.autosave, run.is_saved) == (kept, False)
    assert next_time.told.heard("file_opened") == []
    next_time.session.training.save(tmp_path / "saved.safetensors", [run])
    next_time.wait_until(lambda: next_time.told.heard("file_saved"))
    assert app.autosaves.files() == []
    assert next_time.session.close(timeout=30) is None
    assert app.autosaves.files() == []


def test_a_training_is_kept_while_it_goes_on(app, session, endless, monkeypatch):
    """Each time in the same file, whole, and up to date when it is paused or stopped."""
    monkeypatch.setattr(trainer, "SECURE_INTERVAL", 0.1)
    run = app.begin(endless)
    app.wait_until(lambda: run.kept_step > 0)
    (path,) = app.autosaves.files()
    first = run.kept_step
    app.wait_until(lambda: run.kept_step > first)
    assert session.training.state == "training"
    session.training.pause()
    app.wait_until(lambda: run.status == "paused" and run.kept_step == len(run.history.training))
    kept = load_checkpoint(path)
    assert kept.snapshot.step == run.kept_step
    assert kept.can_continue_exactly
    session.training.resume()
    app.stop()
    app.wait_until(lambda: run.is_kept)
    assert app.autosaves.files() == [path]
    assert load_checkpoint(path).snapshot.step == run.snapshot.step
    assert not run.is_saved


def test_models_in_lockstep_are_kept_in_one_file_while_they_train(app, session, endless, monkeypatch):
    monkeypatch.setattr(trainer, "SECURE_INTERVAL", 0.1)
    session.starter.compare([endless, endless.with_settings(beta=4.0)])
    app.wait_until(lambda: session.project.runs and all(run.kept_step > 0 for run in session.project.runs.values()))
    (path,) = app.autosaves.files()
    steps = {checkpoint.snapshot.step for checkpoint in load_checkpoints(path)}
    assert len(steps) == 1
    app.stop()


def test_a_training_that_cannot_be_kept_goes_on_and_says_so_once(app, session, told, endless, monkeypatch):
    monkeypatch.setattr(trainer, "SECURE_INTERVAL", 0.05)
    app.autosaves.folder.parent.write_text("in the way")
    run = app.begin(endless)
    app.wait_until(lambda: told.messages)
    steps = len(run.history.training)
    app.wait_until(lambda: len(run.history.training) > steps + 500)
    assert [message.text.split(" /")[0] for message in told.messages] == ["Cannot make the folder"]
    app.autosaves.folder.parent.unlink()
    app.wait_until(lambda: run.kept_step > 0)
    app.stop()


def test_what_was_saved_is_not_kept_besides(app, session, told, config, tmp_path):
    run = app.train(config)
    app.wait_until(lambda: run.is_kept)
    session.training.save(tmp_path / "saved.safetensors", [run])
    app.wait_until(lambda: told.heard("file_saved"))
    assert app.autosaves.files() == []


@pytest.mark.parametrize("case", ["never used", "only opened", "saved"])
def test_what_is_safe_is_not_kept_again(app, session, told, config, model_file, tmp_path, case):
    if case == "only opened":
        session.library.open(model_file)
        app.wait_for_state("idle")
    elif case == "saved":
        app.train(config)
        session.training.save(tmp_path / "saved.safetensors", [session.project.shown])
        app.wait_until(lambda: told.heard("file_saved"))
    assert session.close(timeout=30) is None
    assert app.autosaves.files() == []
    assert living_threads() == []


@pytest.mark.parametrize("training", [False, True])
def test_what_is_being_saved_when_the_window_closes_is_saved(
    app, session, told, config, endless, tmp_path, monkeypatch, training
):
    if training:
        app.begin(endless)
    else:
        app.train(config)
    path = tmp_path / "saved.safetensors"
    session.training.save(path, [session.project.shown])
    assert session.close(timeout=30) is None
    assert told.heard("file_saved") == [path]
    assert load_checkpoint(path).snapshot.step == session.project.shown.saved_step > 0
    assert living_threads() == []
    assert len(app.autosaves.files()) == (0 if session.project.shown.is_saved else 1)


def test_closing_while_a_data_set_is_loaded_begins_nothing(app, session, config):
    session.starter.train(config)
    assert session.close(timeout=30) is None
    assert session.project.runs == {}


def test_a_model_that_cannot_be_kept_is_an_error_after_which_all_goes_on(app, session, told, config, endless):
    settings = app.autosaves.folder.parent
    settings.write_text("in the way")
    run = app.begin(endless)
    error = session.close(timeout=30)
    assert isinstance(error, UserError)
    assert "Cannot make the folder" in str(error)
    assert (session.project.shown, run.is_kept) == (run, False)
    app.decode(np.zeros(2))
    app.wait_until(lambda: told.heard("picture_decoded"))
    assert app.train(config).status == "finished"
    settings.unlink()
    assert session.close(timeout=30) is None
    assert len(app.autosaves.files()) == 2


@pytest.mark.parametrize("is_early", [True, False])
def test_a_model_from_a_device_that_is_missing_runs_on_what_is_there_and_says_so(
    app, session, told, checkpoint, tmp_path, is_early
):
    path = tmp_path / "from another machine.safetensors"
    elsewhere = replace(checkpoint, config=checkpoint.config.with_settings(device="mps"))
    save_checkpoints(path, [elsewhere])
    if not is_early:
        session.training.warm_up()
        app.wait_until(lambda: told.heard("devices_found"))
    session.library.open(path)
    app.wait_until(lambda: session.project.shown)
    session.training.warm_up()
    app.wait_until(lambda: told.messages)
    assert "was trained on MPS, which this machine lacks. Here it runs on CPU." in told.messages[0].text
    session.starter.continue_training(session.project.shown, session.project.shown.config)
    app.wait_until(lambda: session.project.shown.status == "finished")


def test_a_download_that_fails_can_be_tried_again(app, session, told, monkeypatch):
    """Where nothing answers: a port that nobody listens at."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        nobody = f"http://127.0.0.1:{taken.getsockname()[1]}/"
        monkeypatch.setitem(MNIST_SETS, "mnist", replace(MNIST_SETS["mnist"], mirrors=(nobody,)))
        session.starter.load_dataset(DatasetConfig("mnist"))
        app.wait_until(lambda: told.messages)
        assert told.messages[-1].action == "download"
        for _ in range(2):
            told.told.clear()
            session.starter.download(session.datasets.missing)
            app.wait_until(lambda: told.messages)
            assert told.messages[-1].action == "retry"
            assert "the server cannot be reached" in told.messages[-1].text
            assert len(told.heard("message_posted")) == 1


@pytest.mark.parametrize("then", ["again", "close"])
def test_a_download_is_cancelled_at_once(app, session, told, monkeypatch, then):
    """A server that takes the call and says nothing: neither another try nor the window waits for it."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        mirror = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        monkeypatch.setitem(MNIST_SETS, "mnist", replace(MNIST_SETS["mnist"], mirrors=(mirror,)))
        session.starter.download(DatasetConfig("mnist"))
        first, _ = silent.accept()
        if then == "again":
            session.starter.cancel_fetching()
            assert len([what for what in told.told if what[0] == "fetching_ended"]) == 1
            session.starter.download(DatasetConfig("mnist"))
            second, _ = silent.accept()
            second.close()
        began = time.monotonic()
        assert session.close() is None
        assert time.monotonic() - began < 10  # it would wait 15 seconds for the server
        first.close()
    for thread in threading.enumerate():
        if thread.name.startswith(THREADS):
            thread.join(30)
    assert living_threads() == []


def test_gradient_norms_are_told_while_they_are_wanted_and_are_those_of_steps_taken(app, endless):
    run = app.begin(endless)
    app.wait_until(lambda: len(run.history.training) > 2)
    assert len(run.history.gradient_norms) == 0
    app.session.training.follow_gradient(True)
    app.wait_until(lambda: len(run.history.gradient_norms) > 2)
    app.stop()
    steps, norms = run.history.gradient_norms.T
    assert (np.diff(steps) > 0).all()
    assert 0 < steps[0] <= steps[-1] <= run.snapshot.step
    assert (norms > 0).all()


def test_a_training_that_could_not_load_pytorch_tries_anew_at_the_next_train(app, session, told, config, monkeypatch):
    def fail():
        raise ImportError("no libtorch")

    with monkeypatch.context() as patch:
        patch.setattr(devices, "find_devices", fail)
        for count in (1, 2):
            session.starter.train(config)
            app.wait_until(lambda count=count: len(told.messages) >= count and not session.starter.is_beginning)
            assert (session.training.state, told.messages[-1].level) == ("failed", "error")
    assert app.train(config).step == 24


def test_a_data_set_whose_reading_is_given_up_by_all_is_no_longer_being_read(app, session, monkeypatch):
    def never_ends(config, data_dir, progress, learned):
        while True:
            progress.check()
            time.sleep(0.01)

    ended = []
    session.datasets.ended.connect(lambda: ended.append(True))
    monkeypatch.setattr("vae_desktop.data.load.load_dataset", never_ends)
    session.datasets.load(DatasetConfig("digits"), lambda dataset: None)
    session.tasks.cancel_all()
    app.wait_until(lambda: ended)


def test_what_was_measured_stays_where_measuring_again_fails(app, session, told, config, monkeypatch):
    run = app.train(config)
    session.measurements.start([run], QUICK)
    app.wait_until(lambda: not session.measurements.is_running)
    known = dict(run.measures)

    def fail(*arguments):
        raise OSError("no memory")

    monkeypatch.setattr("vae_desktop.latent.measuring.measuring", fail)
    session.measurements.start([run], QUICK)
    app.wait_until(lambda: not session.measurements.is_running)
    assert "no memory" in told.messages[-1].text
    assert run.measures == known != {}
