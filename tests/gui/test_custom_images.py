"""A person's own images in a real window: chosen, dropped, changed meanwhile, and files that are broken."""

import csv
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QAction
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox, QFileDialog, QLabel, QLineEdit, QToolButton

from tests.gui.pointing import drop
from vae_desktop.config import DatasetConfig
from vae_desktop.training.checkpoint import load_checkpoint

_EXEC = QFileDialog.exec


@pytest.fixture
def photos(tmp_path):
    """Forty colour pictures in two subfolders, and a file that is none."""
    random = np.random.default_rng(0)
    for name, shade in (("red", (200, 40, 40)), ("blue", (40, 40, 200))):
        (tmp_path / "photos" / name).mkdir(parents=True)
        for number in range(20):
            pixels = np.clip(random.normal(shade, 30, (12, 16, 3)), 0, 255).astype(np.uint8)
            Image.fromarray(pixels).save(tmp_path / "photos" / name / f"{number}.png")
    (tmp_path / "photos" / "red" / "notes.txt").write_text("not a picture")
    return tmp_path / "photos"


@pytest.fixture
def chooser(shared_driver, first_settings):
    """The window of most of these tests: its form is as at first, the digits are behind it, and nothing is said."""
    form = shared_driver.window.setup.form
    form.set_config(first_settings)
    form.choose_dataset("digits")
    shared_driver.wait(lambda: shared_driver.has_dataset)
    shared_driver.window.banner.dismiss()
    return shared_driver


def choose(driver, name, value):
    box = driver.find(name, QComboBox)
    box.setCurrentIndex(box.findData(value))


def test_a_likelihood_that_does_not_fit_the_images_is_said_beside_it(chooser, photos):
    form, note = chooser.window.setup.form, chooser.find("likelihoodNote", QLabel)
    choose(chooser, "likelihoodCombo", "bernoulli")
    chooser.wait(lambda: chooser.has_dataset)
    assert note.isHidden()  # of digits
    form.choose_dataset(str(photos))
    chooser.wait(note.isVisible)
    assert "of the pixels are shades between" in note.text()
    choose(chooser, "likelihoodCombo", "gaussian-calibrated")
    assert note.isHidden()


def answer_dialog(monkeypatch, text: str, folders: list[str] | None = None) -> None:
    """Type into the next dialog for files, and press Enter; note in which folder it began."""

    def answer(dialog):
        if folders is not None:
            folders.append(dialog.directory().absolutePath())
        entry = dialog.findChild(QLineEdit, "fileNameEdit")

        def type_and_enter():
            entry.setText(text)
            QTest.keyClick(entry, Qt.Key.Key_Return)

        QTimer.singleShot(50, type_and_enter)
        return _EXEC(dialog)

    monkeypatch.setattr(QFileDialog, "exec", answer)


def test_the_folder_that_is_typed_is_read_and_remembered(open_window, photos, monkeypatch):
    driver, began = open_window(), []
    name = next(entry.name for entry in sorted(photos.iterdir()) if entry.is_dir())
    box = driver.find("datasetCombo", QComboBox)
    answer_dialog(monkeypatch, str(photos), began)
    driver.find("openFolderAction", QAction).trigger()
    assert box.currentData() == str(photos)
    answer_dialog(monkeypatch, f"{photos}/{name}", began)
    driver.find("openFolderAction", QAction).trigger()
    assert box.currentData() == str(photos / name)
    driver.window.close()
    following = open_window()
    answer_dialog(monkeypatch, "", began)
    following.find("openFolderAction", QAction).trigger()
    assert began[1:] == [str(photos.parent), str(photos)]


@pytest.mark.parametrize("way", ["menu", "drop"])
def test_a_folder_of_colour_pictures_trains_and_explores(chooser, photos, monkeypatch, way):
    if way == "menu":
        answer_dialog(monkeypatch, str(photos))
        chooser.find("openFolderAction", QAction).trigger()
    else:
        drop(chooser.window, photos)
    form = chooser.window.setup.form
    chooser.wait(lambda: form.dataset is not None and form.dataset.config.is_custom)
    assert chooser.find("datasetCombo", QComboBox).currentText() == "photos"
    banner = chooser.window.banner
    assert "40 images in 2 classes" in banner.text()
    assert "notes.txt" in banner.message.details
    assert chooser.find("batchSizeField").text() == "32"  # all training images there are
    chooser.type("hiddenField", "16")
    chooser.type("epochsField", "2")
    earlier = chooser.shown
    chooser.click("trainButton")
    chooser.wait(lambda: chooser.shown is not earlier and chooser.state == "idle")
    run = chooser.shown
    assert (run.image_shape, run.class_names) == ((3, 12, 12), ("blue", "red"))
    before, point = chooser.picture, chooser.window.controller.point
    point.set_coordinate(0, point.code[0] + 2.0)
    chooser.wait(lambda: chooser.picture != before)
    assert chooser.window.panel.image.picture.shape == (12, 12, 3)
    target = photos.parent / "codes.csv"
    monkeypatch.setattr(type(chooser.window), "ask_for_export", lambda *_: target)
    chooser.find("exportCodesAction", QAction).trigger()
    chooser.wait(target.exists)
    with target.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len({row["file"] for row in rows}) == len(rows) == 8
    assert all(row["class"] == Path(row["file"]).parent.name for row in rows)


def test_a_zip_of_pictures_is_read_as_the_folder(chooser, photos, tmp_path):
    archive = Path(shutil.make_archive(str(tmp_path / "packed"), "zip", photos.parent, "photos"))
    chooser.window.images_chosen.emit(archive)
    form = chooser.window.setup.form
    chooser.wait(lambda: form.dataset is not None and form.dataset.config.is_custom)
    assert chooser.find("datasetCombo", QComboBox).currentText() == "packed.zip"
    assert "40 images in 2 classes" in chooser.window.banner.text()
    assert form.dataset.test.origins[0].file.startswith(f"{archive}/photos/")


def test_a_small_data_set_lowers_the_batch_only_for_itself(chooser, photos):
    chooser.window.images_chosen.emit(photos)
    form = chooser.window.setup.form
    chooser.wait(lambda: form.dataset is not None and form.dataset.config.is_custom)
    assert chooser.find("batchSizeField").text() == "32"
    choose(chooser, "datasetCombo", "digits")
    chooser.wait(lambda: form.dataset is not None)
    assert chooser.find("batchSizeField").text() == "128"
    assert chooser.find("presetCombo", QComboBox).currentData() == "note"


def test_images_added_to_a_folder_are_read(chooser, photos):
    form = chooser.window.setup.form
    chooser.window.images_chosen.emit(photos)
    chooser.wait(lambda: form.dataset is not None and form.dataset.config.is_custom)
    for number in range(20):
        Image.new("RGB", (16, 12), (40, number, 40)).save(photos / "blue" / f"more{number}.png")
    chooser.window.images_chosen.emit(photos)
    chooser.wait(lambda: form.dataset is not None and len(form.dataset.train) + len(form.dataset.test) == 60)


def test_going_on_with_a_folder_that_gained_a_class_can_be_saved_and_opened(chooser, photos, tmp_path):
    form = chooser.window.setup.form
    chooser.window.images_chosen.emit(photos)
    chooser.wait(lambda: form.dataset is not None and form.dataset.config.is_custom)
    chooser.type("hiddenField", "8")
    chooser.type("epochsField", "1")
    session, earlier = chooser.window.controller.engine, chooser.shown
    chooser.click("trainButton")
    chooser.wait(lambda: chooser.shown is not earlier and chooser.state == "idle")
    (photos / "green").mkdir()
    for number in range(20):
        Image.new("RGB", (16, 12), (40, 200, number)).save(photos / "green" / f"{number}.png")
    chooser.window.images_chosen.emit(photos)
    chooser.wait(lambda: form.dataset is not None and len(form.dataset.class_names) == 3)
    chooser.click("continueButton")
    chooser.wait(lambda: chooser.state == "training" or len(session.project.shown.history.training) > 1)
    chooser.wait(lambda: chooser.state == "idle")
    chooser.window.controller.files.save(tmp_path / "grown.safetensors")
    chooser.wait(lambda: session.project.shown.is_saved)
    assert load_checkpoint(tmp_path / "grown.safetensors").class_names == ("blue", "green", "red")


def test_a_folder_without_images_changes_nothing(chooser, tmp_path):
    chooser.train_to_the_end()
    shown, picture = chooser.window.controller.engine.project.shown, chooser.picture
    (tmp_path / "empty").mkdir()
    chooser.window.images_chosen.emit(tmp_path / "empty")
    chooser.wait(lambda: "empty" in chooser.window.banner.text())
    assert chooser.window.controller.engine.project.shown is shown
    assert chooser.picture == picture
    box = chooser.find("datasetCombo", QComboBox)
    assert box.currentText() == "Digits"  # the one before; what cannot be read is not listed
    assert box.findData(str(tmp_path / "empty")) < 0
    assert "empty" in chooser.window.banner.text()


def test_a_folder_without_images_is_said_though_others_are_read_again(chooser, photos, tmp_path, monkeypatch):
    """What was excluded meanwhile has the images before be read once more: that is no news."""
    monkeypatch.setattr("vae_desktop.paths.default_settings_dir", lambda: tmp_path)
    chooser.window.controller.training.open_images(photos)
    chooser.wait(lambda: "40 images" in chooser.window.banner.text())
    datasets = chooser.engine.datasets
    chooser.engine.marks.exclude(datasets.held(DatasetConfig(str(photos))), [3])
    (tmp_path / "empty").mkdir()
    chooser.window.controller.training.open_images(tmp_path / "empty")
    chooser.wait(lambda: "empty" in chooser.window.banner.text())
    with_exclusion = chooser.engine.marks.applied(DatasetConfig(str(photos)))
    chooser.wait(lambda: datasets.held(with_exclusion) is not None)
    assert "empty" in chooser.window.banner.text()


def test_reading_that_is_cancelled_is_said(chooser, photos):
    chooser.window.controller.training.open_images(photos)
    chooser.window.fetching.cancel_requested.emit()
    assert not chooser.engine.datasets.is_loading
    assert "not read to its end" in chooser.window.banner.text()


def test_images_that_are_chosen_no_longer_are_not_read_on(chooser, photos, tmp_path):
    """A model's own images, which nobody has asked for, take the place of those that are being read."""
    chooser.wait(lambda: chooser.has_dataset)
    chooser.window.controller.training.open_images(photos)
    assert chooser.engine.datasets.is_loading
    form = chooser.window.setup.form
    config = form.config()
    form.set_config(replace(config, dataset=DatasetConfig(str(tmp_path / "of a model"))))
    chooser.window.controller.training.load_chosen_dataset()
    assert not chooser.engine.datasets.is_loading


def test_a_dialog_that_is_left_changes_nothing(chooser, monkeypatch):
    monkeypatch.setattr(QFileDialog, "exec", lambda dialog: False)
    box = chooser.find("datasetCombo", QComboBox)
    before = [box.itemData(index) for index in range(box.count())]
    chooser.find("openFolderAction", QAction).trigger()
    assert box.currentData() == "digits"
    assert [box.itemData(index) for index in range(box.count())] == before


def test_a_broken_file_of_a_downloaded_set_is_offered_for_repair(driver, tmp_path):
    folder = tmp_path / "data" / "MNIST" / "raw"
    folder.mkdir(parents=True)
    for prefix in ("train", "t10k"):
        for name in ("images-idx3", "labels-idx1"):
            (folder / f"{prefix}-{name}-ubyte").write_bytes(bytes((0, 0, 8, 1 if "labels" in name else 3, 0)))
    choose(driver, "datasetCombo", "mnist")
    banner = driver.window.banner
    driver.wait(lambda: "broken" in banner.text())
    button = banner.findChild(QToolButton, "messageActionButton")
    assert (button.text(), button.isHidden()) == ("Download again", False)
    assert driver.window.controller.engine.datasets.missing.name == "mnist"
