"""Closing waits for what must be written, says what that is, and can be told to wait no longer."""

import os
import threading
from types import SimpleNamespace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QMenu

from vae_desktop.engine.live_embedding import LiveEmbedding
from vae_desktop.training.checkpoint import load_checkpoint


@pytest.fixture
def disk(monkeypatch):
    """A disk that writes nothing until `goes_on` is set, and then fails with `error` if there is one."""
    result = SimpleNamespace(goes_on=threading.Event(), begun=threading.Event(), error=None, sync=os.fsync)

    def sync(file: int) -> None:
        result.begun.set()
        assert result.goes_on.wait(60)
        if result.error is not None:
            raise result.error
        result.sync(file)

    def stop() -> None:
        monkeypatch.setattr(os, "fsync", sync)

    result.stop = stop
    yield result
    result.goes_on.set()


@pytest.fixture
def trained(driver):
    """A window with a small model that the app has kept."""
    driver.train_to_the_end()
    driver.wait(lambda: driver.window.controller.engine.project.shown.is_kept)
    return driver


def is_asking(driver) -> bool:
    return driver.find("closingPanel").isVisible()


def told(driver) -> str:
    """All that the panel says."""
    return "\n".join(label.text() for label in driver.find("closingPanel").findChildren(QLabel))


def save_slowly(driver, disk, path) -> None:
    disk.stop()
    driver.window.controller.files.save(path)
    driver.wait(disk.begun.is_set)


def test_an_export_is_waited_for_in_a_window_that_lives(trained, tmp_path) -> None:
    goes_on = threading.Event()

    def make() -> bytes:
        assert goes_on.wait(60)
        return b"GIF89a whole"

    path = tmp_path / "walk.gif"
    trained.window.controller.engine.library.export(path, make)
    assert not trained.window.close()
    assert trained.window.isVisible()
    assert "walk.gif" in told(trained)
    assert "is not written" in told(trained)
    assert "Open recent" not in told(trained)  # it is no model
    assert not trained.window.close()  # pressed again
    assert is_asking(trained)
    trained.decoded()
    picture = trained.picture
    trained.find("latentSlider0").setValue(1.0)
    trained.wait(lambda: trained.picture != picture)
    goes_on.set()
    trained.wait(lambda: not trained.window.isVisible())
    assert path.read_bytes() == b"GIF89a whole"
    assert trained.window.controller.closer.is_closed


def test_nothing_else_can_be_used_while_it_closes(trained, disk, tmp_path) -> None:
    session = trained.window.controller.engine
    save_slowly(trained, disk, tmp_path / "model.safetensors")
    assert not trained.window.close()
    assert trained.find("stayOpenButton").hasFocus()
    for name in ("trainButton", "latentSlider0", "datasetCombo", "latentScatter", "runsDock"):
        assert not trained.find(name).isEnabled(), name
    assert not trained.window.acceptDrops()
    for keys in (Qt.Key.Key_T, Qt.Key.Key_Q):
        QTest.keyClick(trained.window, keys, Qt.KeyboardModifier.ControlModifier)
    assert (is_asking(trained), session.starter.is_beginning, session.project.active) == (True, False, [])
    trained.click("stayOpenButton")
    assert not is_asking(trained)
    for name in ("trainButton", "latentSlider0", "datasetCombo", "latentScatter", "runsDock"):
        assert trained.find(name).isEnabled(), name
    assert trained.window.acceptDrops()
    disk.goes_on.set()
    trained.wait(lambda: not trained.window.isWindowModified())
    assert trained.window.isVisible()


def test_a_save_that_is_given_up_leaves_the_old_file_and_keeps_the_model(trained, disk, tmp_path) -> None:
    path = tmp_path / "models" / "model.safetensors"
    path.parent.mkdir()
    path.write_bytes(b"the old content")
    save_slowly(trained, disk, path)
    assert not trained.window.close()
    assert "model.safetensors" in told(trained)
    assert "kept under File ▸ Open recent" in told(trained)
    trained.click("giveUpButton")
    trained.wait(lambda: not trained.window.isVisible())
    assert list(path.parent.iterdir()) == [path]
    disk.goes_on.set()
    for thread in [entry for entry in threading.enumerate() if entry.name.startswith("job-")]:
        thread.join(30)
    assert list(path.parent.iterdir()) == [path]
    assert path.read_bytes() == b"the old content"
    assert len(trained.window.controller.engine.saver.autosaves.files()) == 1


@pytest.mark.parametrize("is_soon", [True, False])
def test_a_save_that_fails_keeps_the_window_open_and_loses_nothing(trained, disk, tmp_path, is_soon) -> None:
    trained.train(epochs="1000")
    disk.error = OSError(5, "Input/output error")
    save_slowly(trained, disk, tmp_path / "model.safetensors")
    failing = threading.Timer(0.1, disk.goes_on.set)
    if is_soon:  # while closing says nothing yet
        failing.start()
    assert not trained.window.close()
    if not is_soon:
        assert is_asking(trained)
    disk.goes_on.set()
    trained.wait(trained.window.banner.text)
    trained.wait(lambda: not is_asking(trained))
    assert "Input/output error" in trained.window.banner.text()
    assert trained.window.isVisible()
    assert trained.find("stopButton").isEnabled()
    assert trained.state == "training"
    disk.error = None


def test_a_save_that_waits_for_the_training_is_waited_for(driver, tmp_path, monkeypatch) -> None:
    driver.train(epochs="1000")
    run = driver.window.controller.engine.project.active[0]
    driver.wait(lambda: len(run.history.training) > 20)
    goes_on, begun, refresh = threading.Event(), threading.Event(), LiveEmbedding.refresh

    def refresh_slowly(embedding, model, step) -> None:
        begun.set()
        assert goes_on.wait(60)
        refresh(embedding, model, step)

    monkeypatch.setattr(LiveEmbedding, "refresh", refresh_slowly)
    path = tmp_path / "live.safetensors"
    driver.window.controller.files.save(path)
    assert begun.wait(30)
    assert not driver.window.close()
    assert "live.safetensors" in told(driver)
    goes_on.set()
    driver.wait(lambda: not driver.window.isVisible())
    assert load_checkpoint(path).snapshot.step == run.saved_step > 0
    assert load_checkpoint(run.autosave).snapshot.step == run.snapshot.step >= run.saved_step


def test_a_model_that_takes_long_to_keep_is_waited_for(driver, disk) -> None:
    driver.train(epochs="1000")
    run = driver.window.controller.engine.project.active[0]
    driver.wait(lambda: len(run.history.training) > 20)
    disk.stop()
    assert not driver.window.close()
    assert "Keeping models that are not saved" in told(driver)
    disk.goes_on.set()
    driver.wait(lambda: not driver.window.isVisible())
    assert load_checkpoint(run.autosave).snapshot.step == run.snapshot.step > 0


def test_a_window_that_keeps_its_models_can_stay_open_after_all(driver, disk) -> None:
    driver.train(epochs="1000")
    run = driver.window.controller.engine.project.active[0]
    disk.stop()
    assert not driver.window.close()
    driver.click("stayOpenButton")
    picture = driver.picture
    driver.find("latentSlider0").setValue(1.0)
    driver.wait(lambda: driver.picture != picture)
    disk.goes_on.set()
    driver.wait(lambda: run.is_kept)
    assert driver.window.isVisible()
    driver.train(epochs="1")


def test_what_is_not_kept_in_time_can_be_given_up(driver, disk) -> None:
    driver.train(epochs="1000")
    disk.stop()
    assert not driver.window.close()
    driver.click("giveUpButton")
    assert not driver.window.isVisible()
    folder = driver.window.controller.engine.saver.autosaves.folder
    assert [path.name for path in folder.iterdir() if path.suffix != ".lock"] == []


def test_the_system_s_wish_is_not_held_up_by_a_file_that_cannot_be_written(trained, disk, tmp_path) -> None:
    session = trained.window.controller.engine
    save_slowly(trained, disk, tmp_path / "model.safetensors")
    trained.window.controller.closer.close_for_system()
    assert is_asking(trained)
    disk.error = OSError(5, "Input/output error")
    disk.goes_on.set()
    trained.wait(lambda: not trained.window.isVisible())
    assert len(session.saver.autosaves.files()) == 1


@pytest.mark.parametrize("is_slow", [True, False])
def test_the_end_of_the_system_s_session_is_held_up_while_a_file_is_written(
    trained, disk, tmp_path, monkeypatch, is_slow
) -> None:
    monkeypatch.setattr("vae_desktop.gui.controllers.closer.LOG_OUT_PATIENCE", 0.1 if is_slow else 30)
    path, cancelled = tmp_path / "model.safetensors", []
    save_slowly(trained, disk, path)
    if not is_slow:
        disk.goes_on.set()
    manager = SimpleNamespace(cancel=lambda: cancelled.append(True))
    trained.window.controller.closer.hold_session_end(manager)
    assert cancelled == [True] * is_slow
    assert path.exists() is not is_slow
    disk.goes_on.set()


def test_the_state_before_going_on_can_be_opened_from_the_menu(driver) -> None:
    session = driver.window.controller.engine
    driver.train_to_the_end(epochs="3", beta="1")
    run = session.project.shown
    before = run.snapshot
    driver.type("betaField", "7")
    driver.click("continueButton")
    driver.wait(lambda: run.snapshot.step == 2 * before.step and driver.state == "idle")  # it may take no time at all
    menu = driver.find("recentMenu", QMenu)
    titles = []

    def listed() -> bool:
        menu.aboutToShow.emit()
        titles[:] = [action for action in menu.actions() if ", before going on" in action.text()]
        return bool(titles)

    driver.wait(listed)
    (action,) = titles
    assert action.text().startswith("VAE 2-D · Digits, epoch 3, before going on · ")
    assert isinstance(action, QAction)
    action.trigger()
    driver.wait(lambda: session.project.shown is not run)
    opened = session.project.shown.snapshot
    assert opened.step == before.step
    assert all((opened.weights[name] == before.weights[name]).all() for name in before.weights)
    assert session.project.shown.config.training.beta == 1
