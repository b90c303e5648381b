"""Words fitted to a model beside all else: what becomes of them as it is saved, trained on, and closed."""

import threading
import time
from types import SimpleNamespace

import pytest

from tests.engine.conftest import App
from tests.words.quick_fits import fit_quickly
from vae_desktop.engine.words import BesideTraining
from vae_desktop.errors import UserError
from vae_desktop.models.snapshot import are_equal
from vae_desktop.training.checkpoint import load_checkpoint
from vae_desktop.training.timeline import Frame
from vae_desktop.words import of_model


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    fit_quickly(monkeypatch)


@pytest.fixture
def fit(app):
    """Fit words to a run, and wait until it has them."""

    def call(run):
        before = run.diffusion
        assert app.session.words.fit(run)
        app.wait_until(lambda: run.diffusion is not before)
        return run.diffusion

    return call


@pytest.fixture
def endless_fit(monkeypatch):
    """Fits that go on until they are cancelled; an event is set once one has begun."""
    begun = threading.Event()

    def work(*arguments):
        progress = arguments[-1]
        for done in range(100_000):
            progress(done, 100_000)
            begun.set()
            time.sleep(0.002)
        raise AssertionError("it was not cancelled")

    monkeypatch.setattr(of_model, "fit_to_model", work)
    return begun


def wait_for_tasks():
    """Whatever is at work ends long before `endless_fit` would by itself."""
    for thread in [entry for entry in threading.enumerate() if entry.name == "task"]:
        thread.join(60)
        assert not thread.is_alive()


def save(app, path, run, with_timeline=False):
    app.session.training.save(path, [run], with_timeline)
    app.wait_until(lambda: path in app.told.heard("file_saved"))


def test_an_autoencoder_has_them_too_though_it_has_no_kl_divergence(app, config, fit):
    run = app.train(config.with_settings(kind="ae"))
    assert fit(run).step == run.step


def test_a_model_that_was_saved_is_not_any_longer_until_its_words_are(app, config, fit, tmp_path):
    run, path = app.train(config), tmp_path / "model.safetensors"
    save(app, path, run)
    assert run.is_saved
    progress = []
    app.session.words.progressed.connect(lambda run, pace: progress.append(pace))
    diffusion = fit(run)
    assert app.session.words.fitted is None
    assert diffusion.step == run.step
    assert diffusion.understand("three").refusal == ""
    assert not run.has_old_words
    assert progress
    assert all(0 <= pace.step <= pace.last_step for pace in progress)
    assert not run.is_saved
    app.wait_until(lambda: run.autosave is not None and run.is_kept)
    assert are_equal(load_checkpoint(run.autosave).diffusion.tensors(), diffusion.tensors())
    app.told.told.clear()
    save(app, path, run)
    assert run.is_saved
    assert run.autosave is None
    assert not app.autosaves.files()
    assert are_equal(load_checkpoint(path).diffusion.tensors(), diffusion.tensors())


def test_training_on_makes_them_old_and_keeps_them(app, session, config, fit):
    run = app.train(config)
    diffusion = fit(run)
    session.starter.continue_training(run, config)
    app.wait_until(lambda: run.status == "training")
    app.wait_for_state("idle")
    assert run.diffusion is diffusion
    assert run.has_old_words
    app.wait_until(lambda: run.is_kept)
    kept = load_checkpoint(run.autosave)
    assert kept.has_old_words
    assert kept.diffusion.step == diffusion.step < kept.snapshot.step


def test_what_a_window_has_kept_of_them_is_recovered(app, session, config, fit, tmp_path):
    run = app.train(config)
    diffusion = fit(run)
    app.wait_until(lambda: run.is_kept)
    path = run.autosave.rename(tmp_path / "autosave-20260101-000000-other-0001.safetensors")
    session.library.open(path, "autosave")
    app.wait_until(lambda: session.project.shown is not run)
    assert are_equal(session.project.shown.diffusion.tensors(), diffusion.tensors())
    assert session.project.shown.is_kept


def test_a_file_with_damaged_words_is_opened_with_one_message(app, session, config, fit, tmp_path):
    run, path = app.train(config), tmp_path / "model.safetensors"
    fit(run)
    save(app, path, run)
    content = bytearray(path.read_bytes())
    content[content.index(b'\\"digest\\":\\"') + 14] ^= 1
    path.write_bytes(content)
    session.library.open(path)
    app.wait_until(lambda: session.project.shown is not run)
    assert session.project.shown.diffusion is None
    (message,) = [entry for entry in app.told.messages if "words" in entry.text]
    assert message.text.startswith("The words in model.safetensors are damaged")


def test_a_fork_does_not_take_them_over(app, session, config, fit):
    run = app.train(config)
    diffusion = fit(run)
    run.moment = Frame(run.snapshot, run.newest_codes)
    session.fork_starter.fork(run, config.with_settings(epochs=3))
    app.wait_until(lambda: session.project.shown is not run)
    app.wait_for_state("idle")
    assert session.project.shown.forked_from == (run.id, run.snapshot.step)
    assert session.project.shown.diffusion is None
    assert run.diffusion is diffusion


def test_going_back_to_an_earlier_step_forgets_them(app, config, fit):
    run = app.train(config)
    step = fit(run).step
    run.forget_after(step)
    assert run.diffusion is not None
    run.forget_after(step - 1)
    assert run.diffusion is None


def test_cancelling_ends_it_within_a_second(app, config, endless_fit):
    run = app.train(config)
    words, ended = app.session.words, []
    words.ended.connect(ended.append)
    assert words.fit(run)
    assert words.fitted is run
    assert endless_fit.wait(30)
    words.cancel()
    assert (words.fitted, ended) == (None, [run])
    wait_for_tasks()
    app.inbox.take()
    assert (run.diffusion, ended) == (None, [run])


def test_taking_the_model_off_the_list_ends_it(app, config, endless_fit):
    app.train(config)  # the only one stays
    run, words = app.train(config), app.session.words
    assert words.fit(run)
    assert endless_fit.wait(30)
    app.session.library.remove(run)
    assert words.fitted is None
    wait_for_tasks()


def test_closing_ends_it(inbox, tmp_path, config, endless_fit):
    app = App(inbox, tmp_path)
    assert app.session.words.fit(app.train(config))
    assert endless_fit.wait(30)
    assert app.session.close(timeout=30) is None
    wait_for_tasks()


def test_a_fit_that_fails_is_told_and_leaves_the_model_as_it_was(app, config, monkeypatch):
    def fail(*arguments):
        raise UserError("There is nothing to learn.")

    monkeypatch.setattr(of_model, "fit_to_model", fail)
    run = app.train(config)
    assert app.session.words.fit(run)
    app.wait_until(lambda: app.session.words.fitted is None)
    assert app.told.messages[-1].text == "There is nothing to learn."
    assert run.diffusion is None


def test_beside_a_training_work_has_one_thread_and_rests(monkeypatch):
    training, threads, spent = [True], [], [0.0]
    clock = SimpleNamespace(monotonic=lambda: sum(spent), sleep=spent.append)
    monkeypatch.setattr("vae_desktop.engine.words.time", clock)
    beside = BesideTraining(lambda: bool(training), lambda: False, threads.append, 4)
    spent.append(0.05)  # with work
    beside.rest()
    assert threads[-1] == 1
    assert sum(spent) > 0.2  # some five times as long as the work
    training.clear()
    before = sum(spent)
    beside.rest()
    assert threads[-1] == 4
    assert sum(spent) == before
