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


@pytest.fixture
def saved(driver, tmp_path) -> Path:
    driver.train_to_the_end()
    path = tmp_path / "Größe β.safetensors"
    driver.window.controller.files.save(path)
    driver.wait(path.exists)
    driver.wait(lambda: not driver.window.isWindowModified())
    return path


def test_save_clears_the_mark_and_opening_shows_the_same_model(driver, saved) -> None:
    session = driver.window.controller.engine
    first = session.project.shown
    driver.window.file_opened.emit(saved)
    driver.wait(lambda: session.project.shown is not first)
    assert session.project.shown.config == first.config
    assert (session.project.shown.codes.mean == first.codes.mean).all()
    assert session.project.shown.history.evaluations == first.history.evaluations
    driver.wait(lambda: driver.picture)


def test_an_unsaved_model_is_marked(driver) -> None:
    driver.train_to_the_end()
    assert driver.window.isWindowModified()


def test_saving_while_training_does_not_stop_it(driver, tmp_path) -> None:
    driver.train(epochs="1000")
    driver.wait(lambda: len(driver.window.controller.engine.project.active[0].history.training) > 20)
    path = tmp_path / "live.safetensors"
    driver.window.controller.files.save(path)
    driver.wait(path.exists)
    assert driver.state == "training"
    assert load_checkpoint(path).snapshot.optimizer is not None


def test_a_dropped_model_is_opened(driver, saved) -> None:
    session = driver.window.controller.engine
    first = session.project.shown
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(saved))])
    drop = QDropEvent(
        QPoint(5, 5), Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    )
    driver.window.dropEvent(drop)
    driver.wait(lambda: session.project.shown is not first)


def test_a_file_that_is_no_model_changes_nothing(driver, saved, tmp_path) -> None:
    wrong = tmp_path / "holiday.jpg"
    wrong.write_bytes(b"\xff\xd8 no model")
    shown = driver.window.controller.engine.project.shown
    driver.window.file_opened.emit(wrong)
    driver.wait(driver.window.banner.text)
    assert "holiday.jpg" in driver.window.banner.text()
    assert driver.window.controller.engine.project.shown is shown
    assert driver.find("messageBanner").isVisible()


def test_a_target_that_cannot_be_written_is_said_and_the_model_stays_unsaved(driver, tmp_path) -> None:
    driver.train_to_the_end()
    driver.window.controller.files.save(tmp_path / "no such folder" / "m.safetensors")
    driver.wait(driver.window.banner.text)
    assert "no such folder" in driver.window.banner.text()
    assert driver.window.isWindowModified()


def test_a_file_that_cannot_be_written_takes_back_that_one_was(driver, saved, tmp_path) -> None:
    window, told = driver.window, driver.window.statusBar().currentMessage
    (tmp_path / "folder.safetensors").mkdir()
    driver.wait(lambda: told().startswith(f"Saved to {saved}, "))
    window.controller.files.save(tmp_path / "folder.safetensors")
    driver.wait(lambda: "Cannot write" in window.banner.text())
    assert told() == ""
    window.controller.files.save(tmp_path / "no such folder" / "m.safetensors")
    driver.wait(lambda: "no such folder" in window.banner.text())
    assert "folder.safetensors" not in window.banner.text()  # one is not written, and only why it last was not counts
    window.controller.files.save(saved)
    driver.wait(lambda: told().startswith(f"Saved to {saved}, "))
    assert not window.banner.isVisible()


def test_an_export_that_fails_takes_back_that_one_was_written(driver, saved, tmp_path) -> None:
    window, told = driver.window, driver.window.statusBar().currentMessage
    session = window.controller.engine
    (tmp_path / "codes.csv").mkdir()
    session.library.export(tmp_path / "before.csv", lambda: b"image\r\n")
    driver.wait(lambda: told() == f"Exported to {tmp_path / 'before.csv'}")
    session.library.export(tmp_path / "codes.csv", lambda: b"image\r\n")
    driver.wait(lambda: "Cannot write" in window.banner.text())
    assert told() == ""
    window.controller.files.save(saved)
    driver.wait(lambda: told().startswith(f"Saved to {saved}, "))
    assert "codes.csv" in window.banner.text()  # which is still not there
    session.library.export(tmp_path / "after.csv", lambda: b"image\r\n")
    driver.wait(lambda: told() == f"Exported to {tmp_path / 'after.csv'}")
    assert not window.banner.isVisible()


def test_a_model_that_was_saved_takes_back_only_that_it_was_not(driver, saved, tmp_path) -> None:
    window = driver.window
    (tmp_path / "folder.safetensors").mkdir()
    window.file_opened.emit(tmp_path / "gone.safetensors")
    driver.wait(lambda: "gone" in window.banner.text())
    window.controller.files.save(tmp_path / "folder.safetensors")
    driver.wait(lambda: "Cannot write" in window.banner.text())
    assert "gone" in window.banner.text()
    window.controller.files.save(saved)
    driver.wait(lambda: "Cannot write" not in window.banner.text())
    assert "gone" in window.banner.text()
    assert window.banner.isVisible()


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="names are text there")
def test_a_dropped_folder_whose_name_is_no_text_is_refused_for_that_reason(driver, tmp_path) -> None:
    folder = tmp_path / os.fsdecode(b"bilder \xe4")
    folder.mkdir()
    data = QMimeData()
    data.setUrls([QUrl(f"{tmp_path.as_uri()}/bilder%20%E4")])
    none, left = Qt.KeyboardModifier.NoModifier, Qt.MouseButton.LeftButton
    driver.window.dropEvent(QDropEvent(QPoint(5, 5), Qt.DropAction.CopyAction, data, left, none))
    driver.wait(lambda: "whose name is not valid UTF-8 (rename it)" in driver.window.banner.text())
    driver.window.banner.dismiss()
    driver.window.controller.training.open_images(folder)
    assert "bilder � is not valid UTF-8" in driver.window.banner.text()


def test_recent_files_are_listed_and_survive_a_restart(driver, saved, open_window) -> None:
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


def test_closing_a_saved_model_keeps_nothing(driver, saved) -> None:
    driver.window.close()
    assert driver.window.controller.engine.saver.autosaves.files() == []


def test_an_opened_model_offers_its_settings_and_says_how_far_it_is(driver, saved) -> None:
    driver.type("hiddenField", "16")
    driver.type("betaField", "3")
    first = driver.window.controller.engine.project.shown
    driver.window.file_opened.emit(saved)
    driver.wait(lambda: driver.window.controller.engine.project.shown is not first)
    assert driver.window.setup.form.config().training.beta == 3  # looking changes nothing
    driver.find("useSettingsButton").click()
    assert driver.window.setup.form.config() == first.config
    assert "step 24" in driver.find("progressText", QLabel).text()
