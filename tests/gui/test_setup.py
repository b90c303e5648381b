"""The settings form: presets, what is in sight, a person's own images, and what β does before it does it."""

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QAction, QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QComboBox, QFileDialog, QLabel, QToolButton

from vae_desktop.presets import PRESETS
from vae_desktop.training.checkpoint import load_checkpoint
from vae_desktop.training.devices import Device


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


def choose(driver, name, value):
    box = driver.find(name, QComboBox)
    box.setCurrentIndex(box.findData(value))


def choose_preset(driver, name):
    box = driver.find("presetCombo", QComboBox)
    box.setFocus()
    box.setCurrentIndex(box.findData(name))
    box.activated.emit(box.currentIndex())


def in_sight(driver, name):
    return not driver.find(name).isHidden()


def test_a_preset_fills_the_form_and_an_edit_leaves_it(driver):
    box = driver.find("presetCombo", QComboBox)
    assert box.currentData() == "note"
    driver.type("latentDimField", "5")
    choose_preset(driver, "best")
    config = driver.window.setup.form.config()
    assert config == PRESETS["best"].applied_to(config)
    assert (config.model.latent_dim, config.dataset.name) == (5, "digits")
    assert box.currentData() == "best"
    driver.type("learningRateField", "0.0123")
    assert box.currentText() == "Custom"


def test_epochs_of_a_preset_follow_the_data_set(driver):
    choose_preset(driver, "quick")
    choose(driver, "datasetCombo", "shapes")
    assert driver.find("epochsField").text() == "4"
    assert driver.find("presetCombo", QComboBox).currentData() == "quick"


def test_a_preset_follows_the_number_of_dimensions(driver):
    choose_preset(driver, "best")
    architecture = driver.find("architectureCombo", QComboBox)
    assert architecture.currentData() == "mlp"
    for texts, expected in ((("2", "20"), "convolutional"), (("", "3"), "mlp")):
        for text in texts:
            driver.find("latentDimField").setText(text)
        assert architecture.currentData() == expected
        assert driver.find("presetCombo", QComboBox).currentData() == "best"


def test_only_what_matters_is_in_sight(driver):
    assert not in_sight(driver, "noiseCombo")
    assert driver.find("betaField").isEnabled()
    choose(driver, "modelCombo", "denoising-ae")
    assert in_sight(driver, "noiseCombo")
    assert in_sight(driver, "noiseStrengthField")
    assert not driver.find("betaField").isEnabled()
    assert not in_sight(driver, "activationCombo")
    driver.find("moreSettingsButton", QToolButton).click()
    assert in_sight(driver, "activationCombo")
    assert not in_sight(driver, "betaWarmUpField")
    choose(driver, "modelCombo", "vae")
    assert in_sight(driver, "betaWarmUpField")
    assert not in_sight(driver, "noiseCombo")


def test_beta_that_must_empty_dimensions_is_said_before_training(driver):
    warning = driver.find("betaNote", QLabel)
    form = driver.window.setup.form
    driver.wait(lambda: form.dataset.has_spectrum)
    assert warning.isHidden()
    driver.type("betaField", "13")
    assert "only 1 of the 2 latent dimensions" in warning.text()
    assert not warning.isHidden()
    choose(driver, "modelCombo", "ae")
    assert warning.isHidden()
    choose(driver, "modelCombo", "vae")
    choose(driver, "likelihoodCombo", "bernoulli")
    assert warning.isHidden()  # the same β, on another scale
    driver.type("betaField", "1")
    assert driver.state == "idle"


def test_a_warm_up_that_the_run_does_not_finish_is_said_beside_it(driver):
    note, form = driver.find("betaWarmUpNote", QLabel), driver.window.setup.form
    more = driver.find("moreSettingsButton", QToolButton)
    more.click()
    driver.type("epochsField", "20")
    driver.type("betaWarmUpField", "50")
    assert note.text() == "β reaches 0.4 of 1: the warm-up takes 50 epochs, the run 20."
    driver.wait(note.isVisible)
    entry = form.field("beta_warm_up")
    driver.wait(lambda: 0 <= note.geometry().top() - entry.geometry().bottom() <= entry.height())
    assert entry.accessibleDescription() == note.text()
    more.click()
    assert note.isVisible()  # with its field, although few people need that
    assert driver.find("betaWarmUpField").isVisible()
    assert not driver.find("activationCombo").isVisible()
    choose(driver, "modelCombo", "ae")
    assert note.isHidden()
    choose(driver, "modelCombo", "vae")
    assert note.isVisible()
    driver.type("epochsField", "50")
    assert note.isHidden()
    assert not driver.find("betaWarmUpField").isVisible()
    assert driver.window.setup.form.is_valid


def test_a_likelihood_that_does_not_fit_the_images_is_said_beside_it(driver, photos):
    form, note = driver.window.setup.form, driver.find("likelihoodNote", QLabel)
    choose(driver, "likelihoodCombo", "bernoulli")
    driver.wait(lambda: driver.has_dataset)
    assert note.isHidden()  # of digits
    form.choose_dataset(str(photos))
    driver.wait(note.isVisible)
    assert "of the pixels are shades between" in note.text()
    choose(driver, "likelihoodCombo", "gaussian-calibrated")
    assert note.isHidden()


@pytest.mark.parametrize("way", ["menu", "drop"])
def test_a_folder_of_colour_pictures_trains_and_explores(driver, photos, monkeypatch, way):
    if way == "menu":
        monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(photos))
        driver.find("openFolderAction", QAction).trigger()
    else:
        dropped = QMimeData()
        dropped.setUrls([QUrl.fromLocalFile(str(photos))])
        none, left = Qt.KeyboardModifier.NoModifier, Qt.MouseButton.LeftButton
        entering = QDragEnterEvent(QPoint(300, 300), Qt.DropAction.CopyAction, dropped, left, none)
        QApplication.sendEvent(driver.window, entering)
        assert entering.isAccepted()
        event = QDropEvent(QPointF(300, 300), Qt.DropAction.CopyAction, dropped, left, none)
        QApplication.sendEvent(driver.window, event)
    form = driver.window.setup.form
    driver.wait(lambda: form.dataset is not None and form.dataset.config.is_custom)
    assert driver.find("datasetCombo", QComboBox).currentText() == "photos"
    banner = driver.window.banner
    assert "40 images in 2 classes" in banner.text()
    assert "notes.txt" in banner.message.details
    assert driver.find("batchSizeField").text() == "32"  # all training images there are
    driver.type("hiddenField", "16")
    driver.type("epochsField", "2")
    driver.click("trainButton")
    driver.wait(lambda: driver.window.controller.engine.project.shown is not None and driver.state == "idle")
    run = driver.window.controller.engine.project.shown
    assert (run.image_shape, run.class_names) == ((3, 12, 12), ("blue", "red"))
    before = driver.picture
    driver.window.controller.point.set_coordinate(0, 2.0)
    driver.wait(lambda: driver.picture != before)
    assert driver.window.panel.image.picture.shape == (12, 12, 3)


def test_what_is_out_of_sight_never_holds_training_up(driver):
    choose(driver, "modelCombo", "denoising-ae")
    driver.type("noiseStrengthField", "5")
    assert not driver.find("trainButton").isEnabled()
    choose(driver, "modelCombo", "vae")
    assert driver.find("trainButton").isEnabled()


def test_devices_say_why_they_are_missing_and_cards_have_numbers(driver):
    driver.wait(lambda: driver.window.controller.engine.tracker.devices)
    box, form = driver.find("deviceCombo", QComboBox), driver.window.setup.form
    about = "The NVIDIA driver on your system is too old (found version 11040)."
    form.set_devices([Device("cuda", about, is_there=False), Device("cpu", "The processor.")])
    assert about in box.toolTip()
    assert not box.model().item(box.findData("cuda")).isEnabled()
    assert box.itemData(box.findData("cuda"), Qt.ItemDataRole.ToolTipRole) == about
    names = ["cuda", "cuda:0", "cuda:1", "mps", "cpu"]
    form.set_devices([Device(name, f"about {name}") for name in names])
    assert [box.itemData(index) for index in range(box.count())] == ["auto", *names]
    assert about not in box.toolTip()
    choose(driver, "deviceCombo", "cuda:1")
    assert form.config().training.device == "cuda:1"
    form.set_devices([Device("cpu", "The processor.")])  # as on another machine
    assert box.currentData() == "auto"


def test_a_model_of_one_of_several_cards_can_be_shown_before_they_are_known(driver):
    form = driver.window.setup.form
    form.set_config(form.config().with_settings(device="cuda:3"))
    assert form.config().training.device == "cuda:3"


def test_a_small_data_set_lowers_the_batch_only_for_itself(driver, photos):
    driver.window.images_chosen.emit(photos)
    form = driver.window.setup.form
    driver.wait(lambda: form.dataset is not None and form.dataset.config.is_custom)
    assert driver.find("batchSizeField").text() == "32"
    choose(driver, "datasetCombo", "digits")
    driver.wait(lambda: form.dataset is not None)
    assert driver.find("batchSizeField").text() == "128"
    assert driver.find("presetCombo", QComboBox).currentData() == "note"


def test_images_added_to_a_folder_are_read(driver, photos):
    form = driver.window.setup.form
    driver.window.images_chosen.emit(photos)
    driver.wait(lambda: form.dataset is not None and form.dataset.config.is_custom)
    for number in range(20):
        Image.new("RGB", (16, 12), (40, number, 40)).save(photos / "blue" / f"more{number}.png")
    driver.window.images_chosen.emit(photos)
    driver.wait(lambda: form.dataset is not None and len(form.dataset.train) + len(form.dataset.test) == 60)


def test_going_on_with_a_folder_that_gained_a_class_can_be_saved_and_opened(driver, photos, tmp_path):
    form = driver.window.setup.form
    driver.window.images_chosen.emit(photos)
    driver.wait(lambda: form.dataset is not None and form.dataset.config.is_custom)
    driver.type("hiddenField", "8")
    driver.type("epochsField", "1")
    driver.click("trainButton")
    session = driver.window.controller.engine
    driver.wait(lambda: session.project.shown is not None and driver.state == "idle")
    (photos / "green").mkdir()
    for number in range(20):
        Image.new("RGB", (16, 12), (40, 200, number)).save(photos / "green" / f"{number}.png")
    driver.window.images_chosen.emit(photos)
    driver.wait(lambda: form.dataset is not None and len(form.dataset.class_names) == 3)
    driver.click("continueButton")
    driver.wait(lambda: driver.state == "training" or len(session.project.shown.history.training) > 1)
    driver.wait(lambda: driver.state == "idle")
    driver.window.controller.files.save(tmp_path / "grown.safetensors")
    driver.wait(lambda: session.project.shown.is_saved)
    assert load_checkpoint(tmp_path / "grown.safetensors").class_names == ("blue", "green", "red")


def test_a_folder_without_images_changes_nothing(driver, tmp_path):
    driver.train_to_the_end()
    shown, picture = driver.window.controller.engine.project.shown, driver.picture
    (tmp_path / "empty").mkdir()
    driver.window.images_chosen.emit(tmp_path / "empty")
    driver.wait(lambda: "empty" in driver.window.banner.text())
    assert driver.window.controller.engine.project.shown is shown
    assert driver.picture == picture


def test_a_dialog_that_is_left_changes_nothing(driver, monkeypatch):
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: "")
    box = driver.find("datasetCombo", QComboBox)
    before = [box.itemData(index) for index in range(box.count())]
    driver.find("openFolderAction", QAction).trigger()
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
