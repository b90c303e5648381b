"""Opening, saving, keeping: nothing is lost, and what happened is said in plain words."""

import os
import sys
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, Qt, QTimer, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import QApplication, QLabel, QMenu, QMessageBox

from vae_desktop.gui.controllers import files
from vae_desktop.training.checkpoint import load_checkpoint


def save(driver, folder) -> Path:
    """Save the model on screen."""
    path = folder / "Größe β.safetensors"
    driver.window.controller.files.save(path)
    driver.wait(path.exists)
    driver.wait(lambda: not driver.window.isWindowModified())
    return path


@pytest.fixture(scope="module")
def trained(_shared_driver):
    """A model that is trained once, for all tests that do not close the window."""
    _shared_driver.train_to_the_end()
    return _shared_driver.shown


@pytest.fixture
def shared(shared_driver, trained):
    """The window that tests share, with this model and nothing to say."""
    shared_driver.stop()
    shared_driver.engine.project.show(trained)
    shared_driver.window.banner.dismiss()
    return shared_driver


@pytest.fixture
def saved(shared, tmp_path) -> Path:
    return save(shared, tmp_path)


def test_save_clears_the_mark_and_opening_shows_the_same_model(shared, saved) -> None:
    session = shared.window.controller.engine
    first = session.project.shown
    shared.window.file_opened.emit(saved)
    shared.wait(lambda: session.project.shown is not first)
    assert session.project.shown.config == first.config
    assert (session.project.shown.codes.mean == first.codes.mean).all()
    assert session.project.shown.history.evaluations == first.history.evaluations
    shared.wait(lambda: shared.picture)


def test_an_unsaved_model_is_marked(shared) -> None:
    shared.train_to_the_end()
    assert shared.window.isWindowModified()


def test_saving_while_training_does_not_stop_it(shared, tmp_path) -> None:
    shared.train(epochs="1000")
    shared.wait(lambda: len(shared.window.controller.engine.project.active[0].history.training) > 20)
    path = tmp_path / "live.safetensors"
    shared.window.controller.files.save(path)
    shared.wait(path.exists)
    assert shared.state == "training"
    assert load_checkpoint(path).snapshot.optimizer is not None


def test_a_dropped_model_is_opened(shared, saved) -> None:
    session = shared.window.controller.engine
    first = session.project.shown
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(saved))])
    drop = QDropEvent(
        QPoint(5, 5), Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    )
    shared.window.dropEvent(drop)
    shared.wait(lambda: session.project.shown is not first)


def test_a_file_that_is_no_model_changes_nothing(shared, saved, tmp_path) -> None:
    wrong = tmp_path / "holiday.jpg"
    wrong.write_bytes(b"\xff\xd8 no model")
    shown = shared.window.controller.engine.project.shown
    shared.window.file_opened.emit(wrong)
    shared.wait(shared.window.banner.text)
    assert "holiday.jpg" in shared.window.banner.text()
    assert shared.window.controller.engine.project.shown is shown
    assert shared.find("messageBanner").isVisible()


def test_a_target_that_cannot_be_written_is_said_and_the_model_stays_unsaved(shared, tmp_path) -> None:
    shared.train_to_the_end()
    shared.window.controller.files.save(tmp_path / "no such folder" / "m.safetensors")
    shared.wait(shared.window.banner.text)
    assert "no such folder" in shared.window.banner.text()
    assert shared.window.isWindowModified()


def test_a_file_that_cannot_be_written_takes_back_that_one_was(shared, saved, tmp_path) -> None:
    window, told = shared.window, shared.window.statusBar().currentMessage
    (tmp_path / "folder.safetensors").mkdir()
    shared.wait(lambda: told().startswith(f"Saved to {saved}, "))
    window.controller.files.save(tmp_path / "folder.safetensors")
    shared.wait(lambda: "Cannot write" in window.banner.text())
    assert told() == ""
    window.controller.files.save(tmp_path / "no such folder" / "m.safetensors")
    shared.wait(lambda: "no such folder" in window.banner.text())
    assert "folder.safetensors" not in window.banner.text()  # one is not written, and only why it last was not counts
    window.controller.files.save(saved)
    shared.wait(lambda: told().startswith(f"Saved to {saved}, "))
    assert not window.banner.isVisible()


def test_an_export_that_fails_takes_back_that_one_was_written(shared, saved, tmp_path) -> None:
    window, told = shared.window, shared.window.statusBar().currentMessage
    session = window.controller.engine
    (tmp_path / "codes.csv").mkdir()
    session.library.export(tmp_path / "before.csv", lambda: b"image\r\n")
    shared.wait(lambda: told() == f"Exported to {tmp_path / 'before.csv'}")
    session.library.export(tmp_path / "codes.csv", lambda: b"image\r\n")
    shared.wait(lambda: "Cannot write" in window.banner.text())
    assert told() == ""
    window.controller.files.save(saved)
    shared.wait(lambda: told().startswith(f"Saved to {saved}, "))
    assert "codes.csv" in window.banner.text()  # which is still not there
    session.library.export(tmp_path / "after.csv", lambda: b"image\r\n")
    shared.wait(lambda: told() == f"Exported to {tmp_path / 'after.csv'}")
    assert not window.banner.isVisible()


def test_a_model_that_was_saved_takes_back_only_that_it_was_not(shared, saved, tmp_path) -> None:
    window = shared.window
    (tmp_path / "folder.safetensors").mkdir()
    window.file_opened.emit(tmp_path / "gone.safetensors")
    shared.wait(lambda: "gone" in window.banner.text())
    window.controller.files.save(tmp_path / "folder.safetensors")
    shared.wait(lambda: "Cannot write" in window.banner.text())
    assert "gone" in window.banner.text()
    window.controller.files.save(saved)
    shared.wait(lambda: "Cannot write" not in window.banner.text())
    assert "gone" in window.banner.text()
    assert window.banner.isVisible()


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="names are text there")
def test_a_dropped_folder_whose_name_is_no_text_is_refused_for_that_reason(shared, tmp_path) -> None:
    folder = tmp_path / os.fsdecode(b"bilder \xe4")
    folder.mkdir()
    data = QMimeData()
    data.setUrls([QUrl(f"{tmp_path.as_uri()}/bilder%20%E4")])
    none, left = Qt.KeyboardModifier.NoModifier, Qt.MouseButton.LeftButton
    shared.window.dropEvent(QDropEvent(QPoint(5, 5), Qt.DropAction.CopyAction, data, left, none))
    shared.wait(lambda: "whose name is not valid UTF-8 (rename it)" in shared.window.banner.text())
    shared.window.banner.dismiss()
    shared.window.controller.training.open_images(folder)
    assert "bilder � is not valid UTF-8" in shared.window.banner.text()


def test_recent_files_are_listed_and_survive_a_restart(driver, open_window, tmp_path) -> None:
    driver.train_to_the_end()
    saved = save(driver, tmp_path)
    driver.window.close()
    second = open_window()
    assert saved.name in recent(second)


def recent(driver) -> list[str]:
    """What the menu of recent files lists when it opens."""
    menu = driver.find("recentMenu", QMenu)
    menu.aboutToShow.emit()
    return [action.text() for action in menu.actions()]


def test_kept_models_are_listed_by_what_they_are(driver, monkeypatch) -> None:
    monkeypatch.setattr(files, "KEPT_LISTED", 2)
    session = driver.window.controller.engine
    for dimensions in (1, 3, 2):
        driver.train_to_the_end(latentDim=str(dimensions), epochs="1")
        driver.wait(lambda: session.project.shown.is_kept)
    names = recent(driver)
    assert names[0] == "Not saved, kept by the app:"
    assert names[1].startswith("VAE 2-D · Digits, epoch 1 · ")
    assert names[2].startswith("VAE 3-D · Digits, epoch 1 · ")
    assert names[3:] == ["All that was kept…"]
    session.project.shown.autosave.write_bytes(b"damaged")
    assert recent(driver)[1] == session.project.shown.autosave.name


def test_closing_while_training_keeps_the_model_and_offers_it(driver, open_window) -> None:
    driver.train(epochs="1000")
    run = driver.window.controller.engine.project.active[0]
    driver.wait(lambda: len(run.history.training) > 30)
    assert driver.window.close()
    second = open_window()
    second.wait(second.window.banner.text)
    assert "not at the end of its training" in second.window.banner.text()
    assert "of 1000." in second.window.banner.text()
    second.find("messageActionButton").click()
    session = second.window.controller.engine
    second.wait(lambda: session.project.active)
    assert session.project.shown.snapshot.step == run.snapshot.step
    assert session.project.shown.last_step == run.last_step
    assert second.window.isWindowModified()
    second.wait(lambda: session.project.shown.snapshot.step < len(session.project.shown.history.training))


def test_a_training_that_closing_interrupted_can_be_looked_at_without_going_on(driver, open_window) -> None:
    driver.train(epochs="1000")
    run = driver.window.controller.engine.project.active[0]
    driver.wait(lambda: len(run.history.training) > 30)
    assert driver.window.close()
    second = open_window()
    second.wait(second.window.banner.text)
    second.find("messageAlternativeButton").click()
    session = second.window.controller.engine
    second.wait(lambda: session.project.shown is not None and second.state == "idle")
    assert session.project.shown.autosave.exists()
    assert "of 1000 · step" in second.find("progressText", QLabel).text()


def test_a_declined_offer_is_not_made_again_and_nothing_is_deleted(driver, open_window) -> None:
    driver.train_to_the_end()
    driver.window.close()
    second = open_window()
    second.wait(second.window.banner.text)
    assert "What was not saved" in second.window.banner.text()
    second.window.banner.dismiss()
    second.window.close()
    third = open_window()
    third.wait(lambda: third.has_dataset)
    assert third.window.banner.text() == ""
    assert len(third.window.controller.engine.saver.autosaves.files()) == 1


@pytest.mark.parametrize("is_wanted", [True, False])
def test_a_kept_model_that_has_gone_meanwhile_is_no_error(driver, open_window, is_wanted) -> None:
    driver.train_to_the_end()
    driver.window.close()
    second = open_window()
    second.wait(second.window.banner.text)
    for path in second.window.controller.engine.saver.autosaves.files():
        path.unlink()
    second.find("messageActionButton" if is_wanted else "dismissButton").click()
    assert ("no longer there" in second.window.banner.text()) is is_wanted


def answer(qtbot, button: QMessageBox.StandardButton) -> list[str]:
    """Press a button of the question that comes next; the list gets its text."""
    asked = []

    def press() -> None:
        box = QApplication.activeModalWidget()
        if not isinstance(box, QMessageBox):
            QTimer.singleShot(20, press)
            return
        asked.append(box.text())
        box.button(button).click()

    QTimer.singleShot(20, press)
    return asked


def test_only_what_cannot_be_kept_is_asked_about(driver, tmp_path, expect_error) -> None:
    """In the middle of a training; it has been stopped by then, and its model is still there."""
    buttons = QMessageBox.StandardButton
    autosaves = driver.window.controller.engine.saver.autosaves.folder
    driver.train(epochs="1000")
    driver.wait(lambda: len(driver.window.controller.engine.project.active[0].history.training) > 20)
    autosaves.rename(tmp_path / "elsewhere")
    autosaves.write_text("in the way")
    asked = answer(driver.qtbot, buttons.Cancel)
    assert not driver.window.close()
    assert f"Cannot make the folder {autosaves}" in asked[0]
    assert driver.window.isVisible()
    driver.find("latentSlider0").setValue(1.0)
    driver.wait(lambda: driver.picture)
    asked = answer(driver.qtbot, buttons.Close)
    assert driver.window.close()
    assert len(asked) == 1
    assert not driver.window.isVisible()


def test_closing_a_saved_model_keeps_nothing(driver, tmp_path) -> None:
    driver.train_to_the_end()
    save(driver, tmp_path)
    driver.window.close()
    assert driver.window.controller.engine.saver.autosaves.files() == []


def test_an_opened_model_offers_its_settings_and_says_how_far_it_is(shared, saved) -> None:
    shared.type("hiddenField", "16")
    shared.type("betaField", "3")
    first = shared.window.controller.engine.project.shown
    shared.window.file_opened.emit(saved)
    shared.wait(lambda: shared.window.controller.engine.project.shown is not first)
    assert shared.window.setup.form.config().training.beta == 3  # looking changes nothing
    shared.find("useSettingsButton").click()
    assert shared.window.setup.form.config() == first.config
    assert "step 24" in shared.find("progressText", QLabel).text()
