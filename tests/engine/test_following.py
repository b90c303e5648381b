"""Trainings that go on elsewhere, followed by the app without its window."""

import json
import threading

import numpy as np
import pytest

from tests.engine.conftest import App, Inbox
from tests.run_folders import recorded, write_run
from vae_desktop.engine import follower
from vae_desktop.engine.followed import Delay
from vae_desktop.training.checkpoint import load_checkpoint
from vae_desktop.training.run_folder.reader import RunReader
from vae_desktop.training.run_folder.source import Source


@pytest.fixture
def app(tmp_path, monkeypatch):
    monkeypatch.setattr(follower, "INTERVAL", 0.02)
    monkeypatch.setattr(follower, "RESTS", 0.02)
    result = App(Inbox(), tmp_path)
    yield result
    result.session.close(timeout=30)


@pytest.fixture(scope="module")
def written(tmp_path_factory, config, dataset):
    """The folder of a training that has ended, and its model."""
    path = tmp_path_factory.mktemp("written") / "run"
    return path, write_run(path, config, dataset)


def follow(app, *paths):
    """Follow folders until all of each can be seen; returns the runs in the order of the folders."""
    app.session.following.follow([str(path) for path in paths])
    project = app.session.project
    app.wait_until(lambda: len(project.runs) == len(paths))
    runs = list(project.runs.values())
    app.wait_until(lambda: all(run.snapshot and run.codes and run.timeline for run in runs))
    addresses = [Source(str(path)).title for path in paths]
    return sorted(runs, key=lambda run: addresses.index(run.followed.address))


def test_a_run_is_shown_as_if_it_had_trained_here(app, written):
    path, model = written
    (run,) = follow(app, path)
    assert app.session.project.shown is run
    assert (run.config, run.status, run.step, run.last_step) == (model.config, "finished", 24, 24)
    assert np.array_equal(run.history.training, model.history.training, equal_nan=True)
    assert run.history.evaluations == model.history.evaluations
    assert np.array_equal(run.codes.mean, model.codes.mean)
    assert run.timeline.steps == model.timeline.steps
    assert any(info.evaluation is not None for info in run.timeline.frames)
    app.session.playhead.go_to([run], 0)
    app.wait_until(lambda: run.moment is not None)
    assert run.moment.step == 0


def test_it_is_only_read(app, written, config):
    (run,) = follow(app, written[0])
    before = {path: path.read_bytes() for path in written[0].rglob("*") if path.is_file()}
    session = app.session
    assert run.is_saved
    session.starter.continue_training(run, config)
    assert session.training.state == "idle"
    session.library.remove(run)
    session.close(timeout=30)
    assert not app.autosaves.files()
    assert before == {path: path.read_bytes() for path in written[0].rglob("*") if path.is_file()}


def test_several_stand_side_by_side(app, written, tmp_path, config, dataset):
    write_run(tmp_path / "other", config.with_settings(beta=2.0), dataset)
    runs = follow(app, written[0], tmp_path / "other")
    app.wait_until(lambda: app.session.project.compared is not None)
    assert set(app.session.project.compared.runs) == set(runs)


def test_it_is_followed_as_it_grows_and_no_longer_when_it_is_off_the_list(app, written, tmp_path, config, dataset):
    training, folder = recorded(tmp_path / "run", config.with_settings(epochs=3), dataset)
    epochs = training.epochs()
    next(epochs)
    folder.report(is_at_epoch=True, state="stopped")
    (_, run) = follow(app, written[0], tmp_path / "run")
    app.wait_until(lambda: (run.status, run.step) == ("stopped", 12))
    next(epochs)
    folder.report(is_at_epoch=True)
    app.wait_until(lambda: (run.status, run.step) == ("training", 24))
    assert run.followed.behind is not None
    assert run.followed.bytes_per_minute == 0  # from a disk they cost nothing
    app.session.project.remove((run,))
    epochs.close()
    folder.close()
    app.session.project.undo_removal()
    app.wait_until(lambda: run.status == "stopped" and run.snapshot.step == 24)
    assert run.followed.behind is None


def test_nothing_is_missed_that_is_found_while_it_is_taken_off_the_list(app, tmp_path, config, dataset, monkeypatch):
    training, folder = recorded(tmp_path / "run", config.with_settings(epochs=3), dataset)
    epochs = training.epochs()
    next(epochs)
    folder.report(is_at_epoch=True, state="stopped")
    (run,) = follow(app, tmp_path / "run")
    app.wait_until(lambda: run.step == 12)
    poll, is_found, is_off = RunReader.poll, threading.Event(), threading.Event()

    def poll_and_wait(reader):
        found = poll(reader)
        if found.models[0].lines:
            is_found.set()
            is_off.wait(60)
        return found

    monkeypatch.setattr(RunReader, "poll", poll_and_wait)
    next(epochs)
    folder.report(is_at_epoch=True, state="stopped")
    for _ in range(6000):
        app.inbox.take()
        if is_found.wait(0.01):
            break
    assert is_found.is_set()
    app.session.project.remove((run,))
    app.inbox.take()
    is_off.set()
    app.session.following._entries[0].follower.join(60)
    app.inbox.take()
    assert run.step == 12
    app.session.project.undo_removal()
    for _ in epochs:
        pass
    folder.close()
    app.wait_until(lambda: run.status == "finished" and run.snapshot.step == 36)
    history = training.models[0].history
    assert np.array_equal(run.history.training, history.training, equal_nan=True)
    assert run.history.evaluations == history.evaluations


def test_a_broken_link_is_said_and_mends_itself(app, tmp_path, config, dataset):
    write_run(tmp_path / "run", config, dataset)
    (run,) = follow(app, tmp_path / "run")
    (tmp_path / "run").rename(tmp_path / "away")
    app.wait_until(lambda: run.followed.is_broken)
    assert "is gone" in run.followed.trouble
    (tmp_path / "away").rename(tmp_path / "run")
    app.wait_until(lambda: not run.followed.is_broken)


def test_a_folder_that_is_not_there_yet_is_waited_for(app, tmp_path, config, dataset):
    app.session.following.follow([str(tmp_path / "run")])
    app.wait_until(lambda: app.told.messages)
    assert "no folder" in app.told.messages[-1].text
    write_run(tmp_path / "run", config, dataset)
    app.wait_until(lambda: app.session.project.shown is not None)
    assert app.told.heard("message_withdrawn")


def test_why_nothing_can_be_followed_is_told_once_and_no_longer_tried_when_that_is_closed(
    app, tmp_path, config, dataset, monkeypatch
):
    monkeypatch.setattr(follower, "_LONGEST", 0.02)
    looks, poll = [], RunReader.poll
    monkeypatch.setattr(RunReader, "poll", lambda reader: looks.append(reader) or poll(reader))
    app.session.following.follow([str(tmp_path / "run")])
    app.wait_until(lambda: len(looks) > 5)
    (message,) = app.told.messages
    app.session.following.give_up([message.about])
    app.session.following.follow([str(tmp_path / "other")])
    app.wait_until(lambda: looks[-1] is not looks[0])
    write_run(tmp_path / "run", config, dataset)
    looks.clear()
    app.wait_until(lambda: len(looks) > 5)
    assert not app.session.project.runs


def test_a_folder_that_was_taken_off_the_list_is_followed_anew(app, written, monkeypatch, tmp_path):
    (run,) = follow(app, written[0])
    app.session.project.remove((run,))
    monkeypatch.chdir(written[0].parent)
    (again,) = follow(app, f"{written[0].name}/")
    assert app.session.project.shown is again
    app.session.following.follow([str(written[0])])
    assert list(app.session.project.runs.values()) == [again]


def test_a_training_that_is_begun_anew_goes_on_as_the_same_run(app, tmp_path, config, dataset):
    write_run(tmp_path / "run", config, dataset)
    (run,) = follow(app, tmp_path / "run")
    before = run.history.training.copy()
    for name in ("run.json", "status.json"):
        path = tmp_path / "run" / name
        path.write_text(json.dumps({**json.loads(path.read_bytes()), "id": "another"}))
    codes = run.newest_codes
    app.wait_until(lambda: run.newest_codes not in (None, codes))
    assert list(app.session.project.runs.values()) == [run]
    assert np.array_equal(run.history.training, before, equal_nan=True)


def test_a_step_of_one_that_is_begun_anew_is_not_shown_as_it_was_before(app, tmp_path, config, dataset):
    write_run(tmp_path / "run", config, dataset)
    (run,) = follow(app, tmp_path / "run")
    playhead, timeline = app.session.playhead, run.timeline
    playhead.go_to([run], 5)
    app.wait_until(lambda: run.moment is not None)
    playhead.go_live([run])
    another = write_run(tmp_path / "another", config.with_settings(seed=7), dataset)
    (tmp_path / "run").rename(tmp_path / "away")
    (tmp_path / "another").rename(tmp_path / "run")
    app.wait_until(lambda: run.timeline not in (None, timeline) and run.codes is not None)
    assert np.array_equal(run.codes.mean, another.codes.mean)
    playhead.go_to([run], 5)
    app.wait_until(lambda: run.moment is not None)
    weights = another.timeline.read(5).snapshot.weights
    assert all(np.array_equal(weights[name], own) for name, own in run.moment.snapshot.weights.items())


def test_what_another_training_takes_the_place_of_is_here_alone_and_kept(app, tmp_path, config, dataset):
    write_run(tmp_path / "run", config, dataset)
    (run,) = follow(app, tmp_path / "run")
    session = app.session
    session.playhead.go_to([run], 5)
    app.wait_until(lambda: run.moment is not None)
    write_run(tmp_path / "another", config.with_settings(kind="vae-no-kl"), dataset)
    (tmp_path / "run").rename(tmp_path / "away")
    (tmp_path / "another").rename(tmp_path / "run")
    app.wait_until(lambda: len(session.project.runs) == 2)
    assert (run.timeline, run.moment, run.is_saved) == (None, None, False)
    session.library.remove(run)
    (path,) = app.autosaves.files()
    kept = load_checkpoint(path)
    assert kept.config == config
    assert all(np.array_equal(own, kept.snapshot.weights[name]) for name, own in run.snapshot.weights.items())


def test_an_address_that_can_never_be_read_is_refused(app):
    app.session.following.follow(["nonsense7://host/run"])
    assert "nonsense7" in app.told.messages[-1].text
    assert not app.session.project.runs


def test_the_delay_needs_no_clock_but_ones_own():
    delay = Delay()
    for step, seconds, now in ((0, 5.0, 1000.3), (100, 6.0, 1001.1), (200, 7.0, 1002.4)):
        delay.note(step, seconds, now)
    assert delay.behind(200, 1002.4) == pytest.approx(0.3)  # what came quickest took no time
    assert delay.behind(150, 1002.4) == pytest.approx(0.8)
    assert delay.silent(1012.4) == pytest.approx(10.0)
