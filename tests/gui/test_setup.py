"""The settings form: presets, what is in sight, and what β does before it does it."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QLabel, QToolButton

from vae_desktop.presets import PRESETS
from vae_desktop.training.devices import Device


@pytest.fixture
def driver(shared_driver, first_settings):
    """The window of all these tests; its form is as at first, and the digits are loaded behind it."""
    form, more = shared_driver.window.setup.form, shared_driver.find("moreSettingsButton", QToolButton)
    form.set_config(first_settings)
    form.choose_dataset("digits")
    shared_driver.wait(lambda: shared_driver.has_dataset)
    if more.isChecked():
        more.click()
    return shared_driver


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


def test_a_model_of_one_of_several_cards_can_be_shown_before_they_are_known(open_window):
    driver = open_window()
    driver.wait(lambda: driver.has_dataset)
    form = driver.window.setup.form
    form.set_config(form.config().with_settings(device="cuda:3"))
    assert form.config().training.device == "cuda:3"
