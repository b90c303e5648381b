"""Going on from a model never destroys it: as it was before stays in a file of the app's own until it is saved."""

import threading

import pytest

from tests.engine.conftest import App, Inbox
from vae_desktop.engine import autosave
from vae_desktop.engine import training as training_module
from vae_desktop.engine.autosave import Autosaves
from vae_desktop.errors import UserError
from vae_desktop.training import checkpoint
from vae_desktop.training.checkpoint import load_checkpoint, load_checkpoints
from vae_desktop.variants import KL_TERM

EPOCH = 12  # steps


def earlier(app):
    """The files of earlier states, the oldest first, when nothing is being written."""
    for thread in [entry for entry in threading.enumerate() if entry.name.startswith("task")]:
        thread.join(30)
    app.inbox.take()
    return [path for path in app.autosaves.files() if path not in app.autosaves.latest()]


def continue_to_the_end(app, run, config):
    app.session.starter.continue_training(run, config)
    app.wait_until(lambda: run.status == "training")
    app.wait_for_state("idle")


def save(app, path, runs):
    app.session.training.save(path, runs)
    app.wait_until(lambda: path in app.told.heard("file_saved"))


def assert_same_weights(one, other):
    assert one.weights.keys() == other.weights.keys()
    assert have_same_weights(one, other)


def have_same_weights(one, other):
    return all((one.weights[name] == other.weights[name]).all() for name in one.weights)


def test_a_continued_model_is_still_there_as_it_was(app, config):
    run = app.train(config.with_settings(beta=2.0))
    before = run.checkpoint()
    continue_to_the_end(app, run, config.with_settings(beta=8.0))
    (path,) = earlier(app)
    kept = load_checkpoint(path)
    assert_same_weights(kept.snapshot, before.snapshot)
    assert (kept.snapshot.optimizer is None, kept.config, kept.history.changes) == (False, before.config, [])
    title = app.autosaves.title(path)
    assert title.startswith("VAE 2-D · Digits, epoch 2, before going on · ")
    assert title.endswith(f" · #{run.id} · loss {before.history.last_evaluation.total:.4g}")
    app.wait_until(lambda: run.is_kept)
    (latest,) = app.autosaves.latest()
    assert load_checkpoint(latest).snapshot.step == 4 * EPOCH


def test_the_same_state_is_kept_once(app, session, config):
    run = app.train(config)
    for beta in (2.0, 3.0, 4.0):
        session.starter.continue_training(run, config.with_settings(beta=beta))
        session.starter.stop()  # before a step is taken
        app.wait_until(lambda: run.status == "stopped" and not session.starter.is_beginning)
        assert run.snapshot.step == 2 * EPOCH
        run.status = "finished"
    assert len(earlier(app)) == 1
    continue_to_the_end(app, run, config)
    continue_to_the_end(app, run, config)
    assert [load_checkpoint(path).snapshot.step for path in earlier(app)] == [2 * EPOCH, 4 * EPOCH]


@pytest.mark.parametrize("is_there", [True, False])
def test_what_lies_in_a_saved_file_is_not_kept_besides(app, session, config, tmp_path, is_there):
    path = tmp_path / "saved.safetensors"
    save(app, path, [app.train(config)])
    session.library.open(path)
    app.wait_until(lambda: session.project.shown.path == path and session.project.shown.status == "opened")
    content = path.read_bytes()
    if not is_there:
        path.unlink()
    continue_to_the_end(app, session.project.shown, config)
    assert len(earlier(app)) == (0 if is_there else 1)
    assert not is_there or path.read_bytes() == content


def test_a_file_that_was_saved_over_counts_for_nothing(app, session, config, tmp_path):
    first, second = app.train(config), app.train(config.with_settings(seed=7))
    for run in (first, second):
        save(app, tmp_path / "saved.safetensors", [run])
        app.told.told.clear()
    continue_to_the_end(app, second, config)
    assert earlier(app) == []
    continue_to_the_end(app, first, config)
    (path,) = earlier(app)
    assert load_checkpoint(path).config.training.seed == 0


def test_saving_discards_it(app, config, tmp_path):
    run = app.train(config)
    continue_to_the_end(app, run, config)
    assert len(earlier(app)) == 1
    save(app, tmp_path / "saved.safetensors", [run])
    assert app.autosaves.files() == []


def test_it_can_be_opened_and_gone_on_with_and_stays(app, session, config, tmp_path):
    run = app.train(config)
    continue_to_the_end(app, run, config)
    (path,) = earlier(app)
    content = path.read_bytes()
    session.library.open(path, "autosave")
    app.wait_until(lambda: session.project.shown is not run)
    opened = session.project.shown
    assert (opened.is_saved, opened.is_kept) == (False, True)
    continue_to_the_end(app, opened, config)
    assert earlier(app) == [path]
    assert path.read_bytes() == content
    save(app, tmp_path / "saved.safetensors", [run])
    assert path.exists()  # the other one is not saved
    save(app, tmp_path / "other.safetensors", [opened])
    assert app.autosaves.files() == []


def test_a_model_whose_kept_file_was_deleted_is_kept_anew(app, session, config):
    run = app.train(config)
    continue_to_the_end(app, run, config)
    (path,) = earlier(app)
    session.library.open(path, "autosave")
    app.wait_until(lambda: session.project.shown is not run)
    app.wait_until(lambda: run.is_kept)
    for file in app.autosaves.files():
        file.unlink()
    assert session.close(timeout=30) is None
    steps = sorted(load_checkpoint(file).snapshot.step for file in app.autosaves.latest())
    assert steps == [2 * EPOCH, 4 * EPOCH]


@pytest.mark.parametrize("name", ["beta", "learning_rate"])
def test_a_live_change_keeps_the_state_before_the_first_of_a_burst(app, session, endless, monkeypatch, name):
    run = app.begin(endless)
    for value in (0.01, 0.02, 0.03):
        session.starter.adjust(name, value)
    app.wait_until(lambda: len(run.history.changes) == 3)
    (path,) = earlier(app)
    kept = load_checkpoint(path)
    assert kept.snapshot.step == run.history.changes[0].step
    assert kept.config == endless
    assert kept.history.changes == []
    assert kept.can_continue_exactly
    assert ", before β or the rate changed · " in app.autosaves.title(path)
    monkeypatch.setattr(training_module, "BURST", 0.0)
    session.starter.adjust(name, 0.04)
    app.wait_until(lambda: len(run.history.changes) == 4)
    assert len(earlier(app)) == 2
    session.starter.adjust("epochs", 90_000)  # which changes no weight
    app.wait_until(lambda: len(run.history.changes) == 5)
    assert len(earlier(app)) == 2
    app.stop()


def test_a_change_does_not_change_the_numbers(app, config):
    """The state is taken between two steps and touches nothing."""
    run = app.begin(config.with_settings(epochs=400))
    app.session.starter.adjust("beta", run.config.training.beta + 1)
    app.wait_until(lambda: run.history.changes)
    app.stop()
    (path,) = earlier(app)
    kept = load_checkpoint(path)
    assert (kept.history.training == run.history.training[: kept.snapshot.step]).all()


def test_compared_models_are_kept_as_one_file(app, session, config, endless):
    session.starter.compare([variant.applied_to(config) for variant in KL_TERM])
    app.wait_until(lambda: session.project.runs and session.training.state == "idle")
    run_set = session.project.compared
    before = [run.snapshot for run in run_set.runs]
    session.starter.continue_comparison(run_set, endless)
    app.wait_until(lambda: len(session.project.active) == 4)
    (path,) = earlier(app)
    for kept, snapshot in zip(load_checkpoints(path), before, strict=True):
        assert_same_weights(kept.snapshot, snapshot)
    assert app.autosaves.title(path).startswith("4 models side by side · Digits, epoch 2, before going on · ")
    # Before the next step it would be the state that is kept already.
    app.wait_until(lambda: all(len(run.history.training) > run.snapshot.step for run in run_set.runs))
    session.training.adjust("beta", 9.0, run_set.runs[3])
    session.starter.adjust("learning_rate", 2e-3)
    app.wait_until(lambda: run_set.runs[3].history.changes)
    assert len(earlier(app)) == 2
    changed = load_checkpoints(earlier(app)[1])
    assert {entry.snapshot.step for entry in changed} == {run_set.runs[3].history.changes[0].step}
    app.stop()


def test_one_of_several_is_kept_alone(app, session, config, tmp_path):
    session.starter.compare([variant.applied_to(config) for variant in KL_TERM])
    app.wait_until(lambda: session.project.runs and session.training.state == "idle")
    run = session.project.compared.runs[3]
    before = run.snapshot
    continue_to_the_end(app, run, config)
    (path,) = earlier(app)
    assert_same_weights(load_checkpoint(path).snapshot, before)
    save(app, tmp_path / "one.safetensors", [run])
    assert earlier(app) == []


def test_what_is_offered_next_time_is_the_latest(app, session, endless, tmp_path):
    run = app.begin(endless)
    app.stop()
    session.starter.continue_training(run, endless)
    app.wait_until(lambda: len(run.history.training) > run.snapshot.step)
    assert session.close(timeout=30) is None
    assert len(app.autosaves.files()) == 2
    (latest,) = App(Inbox(), tmp_path).autosaves.files_of(["0"])
    assert load_checkpoint(latest).snapshot.step == run.snapshot.step


def test_earlier_states_fall_under_the_limit_and_latest_ones_of_an_open_window_do_not(
    app, config, tmp_path, monkeypatch
):
    monkeypatch.setattr(autosave, "MOST", 3)
    state = app.train(config).checkpoint()
    autosaves = Autosaves(tmp_path / "kept", "own")
    latest = [autosaves.keep([state], number) for number in range(2)]
    paths = [autosaves.earlier_path(1, step, "continued") for step in range(10, 15)]
    for path in paths:
        autosaves.keep_earlier([state], path, ())
    left = [path for path in autosaves.files() if path not in latest]
    assert left[-1] == paths[-1]
    assert 1 <= len(left) <= 3
    assert autosaves.latest() == latest


@pytest.fixture
def full_disk(monkeypatch):
    """A disk that has no room while something stands in this list."""
    is_full, save = [], checkpoint.save_checkpoints

    def save_if_there_is_room(*arguments, **options):
        if is_full:
            raise UserError("No space left on device.")
        save(*arguments, **options)

    monkeypatch.setattr(checkpoint, "save_checkpoints", save_if_there_is_room)
    return is_full


@pytest.mark.parametrize("goes_back", [True, False])
def test_a_full_disk_loses_no_earlier_state(recording, config, full_disk, goes_back):
    app, run = recording, recording.trained(config)
    app.wait_until(lambda: run.is_kept)
    before = run.snapshot
    full_disk.append(True)
    if goes_back:
        app.session.starter.go_back(run, app.read(run, 7), config)
        app.wait_until(lambda: run.status == "training")
        app.wait_for_state("idle")
    else:
        continue_to_the_end(app, run, config)
    app.wait_until(lambda: not app.session.tasks.writing)
    assert [(entry.text, entry.about) for entry in app.told.messages if entry.level == "error"] == [
        ("No space left on device.", "autosave")
    ]
    full_disk.clear()
    following = run.snapshot  # at the same step as the one before, where it went back
    continue_to_the_end(app, run, config)
    app.wait_until(lambda: run.is_kept)
    assert set(earlier(app)) == set(run.earlier)
    for snapshot in (before, following):
        assert any(have_same_weights(load_checkpoint(path).snapshot, snapshot) for path in run.earlier)


def test_what_is_to_be_kept_while_something_is_being_written_follows(app, session, config, monkeypatch):
    runs, save, goes_on = [app.train(config) for _ in range(3)], checkpoint.save_checkpoints, threading.Event()
    app.wait_until(lambda: all(run.is_kept for run in runs))

    def wait_and_save(*arguments, **options):
        assert goes_on.wait(60)
        save(*arguments, **options)

    monkeypatch.setattr(checkpoint, "save_checkpoints", wait_and_save)
    for run in runs:
        run.kept_step = -1
        session.saver.autosave([run])
    goes_on.set()
    app.wait_until(lambda: not session.tasks.writing)
    assert [run.is_kept for run in runs] == [True, True, True]


def test_what_was_given_up_hinders_nothing_that_is_to_be_kept_later(app, session, config, monkeypatch):
    run, save, goes_on = app.train(config), checkpoint.save_checkpoints, threading.Event()
    app.wait_until(lambda: run.is_kept)

    def wait_and_save(*arguments, **options):
        assert goes_on.wait(60)
        save(*arguments, **options)

    monkeypatch.setattr(checkpoint, "save_checkpoints", wait_and_save)
    run.kept_step = -1
    session.saver.autosave([run])
    session.tasks.cancel_writing([app.autosaves.folder])
    goes_on.set()
    session.tasks.join(60)
    session.run_calls()
    session.saver.autosave([run])
    app.wait_until(lambda: run.is_kept)
