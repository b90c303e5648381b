"""The settings form: presets, what is in sight, and what β does before it does it."""

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QLabel, QToolButton, QWidget

from vae_desktop.gui.widgets.labels import ElidedLabel
from vae_desktop.gui.widgets.value_slider import LogSlider
from vae_desktop.presets import PRESETS
from vae_desktop.training.devices import Device

FOLDS = ("architecture", "optimisation", "reproducibility")


@pytest.fixture
def driver(shared_driver, first_settings):
    """The window of all these tests; its form is as at first, and the digits are loaded behind it."""
    form = shared_driver.window.setup.form
    form.set_config(first_settings)
    form.choose_dataset("digits")
    shared_driver.wait(lambda: shared_driver.has_dataset)
    for name in FOLDS:
        set_open(shared_driver, name, False)
    return shared_driver


def set_open(driver, fold, is_open):
    button = driver.find(f"{fold}FoldButton", QToolButton)
    if button.isChecked() != is_open:
        button.click()


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
    set_open(driver, "architecture", True)
    assert in_sight(driver, "activationCombo")
    set_open(driver, "optimisation", True)
    assert not in_sight(driver, "betaWarmUpField")
    choose(driver, "modelCombo", "vae")
    assert in_sight(driver, "betaWarmUpField")
    assert not in_sight(driver, "noiseCombo")


def test_levels_are_in_sight_for_images_of_ones_own(driver, tmp_path):
    np.save(tmp_path / "deep.npy", np.arange(20 * 64, dtype=np.uint16).reshape(20, 8, 8))
    set_open(driver, "architecture", True)
    assert not in_sight(driver, "levelsCombo")
    form = driver.window.setup.form
    form.choose_dataset(str(tmp_path / "deep.npy"))
    assert in_sight(driver, "levelsCombo")
    assert not in_sight(driver, "whiteField")
    choose(driver, "levelsCombo", "bounds")
    driver.type("whiteField", "2000")
    driver.qtbot.keyClick(driver.find("whiteField"), Qt.Key.Key_Return)
    driver.wait(lambda: form.dataset is not None and form.dataset.config.white == 2000)
    assert form.dataset.report.converted[0].startswith("values 0 to 2,000 become 0 to 255 (as given)")
    form.choose_dataset("digits")
    assert not in_sight(driver, "whiteField")


def test_bounds_that_are_hidden_do_not_differ_from_the_model_on_screen(driver, tmp_path):
    np.save(tmp_path / "deep.npy", np.arange(400 * 64, dtype=np.uint16).reshape(400, 8, 8))
    driver.show("vae-20d")
    take, form = driver.find("useSettingsButton", QToolButton), driver.window.setup.form
    take.click()
    form.choose_dataset(str(tmp_path / "deep.npy"))
    choose(driver, "levelsCombo", "bounds")
    driver.type("whiteField", "2000")
    driver.qtbot.keyClick(driver.find("whiteField"), Qt.Key.Key_Return)
    assert take.isVisible()
    choose(driver, "levelsCombo", "auto")
    assert not take.isVisible()


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
    set_open(driver, "optimisation", True)
    driver.type("epochsField", "20")
    driver.type("betaWarmUpField", "50")
    assert note.text() == "β reaches 0.4 of 1: the warm-up takes 50 epochs, the run 20."
    driver.wait(note.isVisible)
    entry = form.field("beta_warm_up")
    assert entry.accessibleDescription() == note.text()
    assert note.text() in entry.toolTip()
    set_open(driver, "optimisation", False)
    assert note.isVisible()  # although the fold is shut
    assert not driver.find("epochsField").isVisible()
    choose(driver, "modelCombo", "ae")
    assert note.isHidden()
    choose(driver, "modelCombo", "vae")
    assert note.isVisible()
    driver.type("epochsField", "50")
    assert note.isHidden()
    assert driver.window.setup.form.is_valid


def test_nothing_moves_when_a_setting_is_warned_of_or_wrong(driver):
    names = ["betaField", "architectureFoldButton", "optimisationFoldButton", "trainButton", "stopButton"]
    parts = [driver.find(name) for name in names]

    def places():
        return [part.mapTo(driver.window, part.rect().topLeft()) for part in parts]

    form = driver.window.setup.form
    driver.wait(lambda: form.dataset.has_spectrum)
    before = places()
    driver.type("betaField", "13")
    driver.wait(driver.find("betaNote").isVisible)
    assert places() == before
    driver.type("betaField", "-3")
    error = driver.find("betaError", QLabel)
    driver.wait(error.isVisible)
    assert places() == before
    assert "-3" in error.text()
    driver.type("betaField", "1")
    driver.wait(lambda: not error.isVisible())
    assert places() == before


def test_the_settings_on_screen_can_be_taken_where_the_form_is_wrong(driver):
    driver.show("vae-2d")
    take = driver.find("useSettingsButton", QToolButton)
    take.click()
    assert not take.isVisible()
    driver.type("latentDimField", "abc")
    assert take.isVisible()
    take.click()
    assert driver.window.setup.form.is_valid
    assert driver.find("latentDimField").text() == "2"
    assert not take.isVisible()


def test_another_architecture_brings_its_own_layers_unless_some_were_typed(driver):
    choose_preset(driver, "best")
    hidden = driver.find("hiddenField")
    assert hidden.text() == "512 256 128"
    choose(driver, "architectureCombo", "convolutional")
    assert hidden.text() == "auto"
    assert any(unit.text() == "channels" for unit in hidden.findChildren(QLabel))
    driver.type("hiddenField", "16 32")
    choose(driver, "architectureCombo", "mlp")
    assert hidden.text() == "16 32"


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


def test_beta_is_dragged_or_typed(driver):
    slider, field = driver.find("betaSlider", LogSlider), driver.find("betaField")
    slider.setValue(0)
    assert field.text() == "0"
    slider.setValue(1)
    assert field.text() == "0.01"
    slider.setValue(slider.maximum())
    assert field.text() == "100"
    values = [slider.value_of(position) for position in range(slider.maximum() + 1)]
    assert values == sorted(set(values))
    assert all(float(f"{value:.2g}") == value for value in values)
    assert [slider.value_of(slider.position_of(value)) for value in values] == values
    for text, shown in (("0", "0"), ("0.002", "0.01"), ("1", "1"), ("4.07", "4"), ("250", "100")):
        driver.type("betaField", text)
        assert slider.value_of(slider.value()) == float(shown)
        assert slider.accessibleName() == f"β (KL weight), {text}"
        assert driver.window.setup.form.config().training.beta == float(text)
    choose(driver, "modelCombo", "ae")
    assert not slider.isEnabled()
    assert "no choice" in slider.toolTip()


def test_a_fold_that_is_shut_says_what_is_in_it(driver):
    summary = driver.find("optimisationFoldSummary", ElidedLabel)
    driver.type("epochsField", "30")
    driver.type("learningRateField", "0.005")
    assert summary.whole_text() == "30 epochs · rate 0.005 · batch 128"
    assert summary.isVisible()
    set_open(driver, "optimisation", True)
    assert not summary.isVisible()


def test_what_matters_needs_no_scrolling_and_nothing_scrolls_sideways(driver):
    area = driver.window.setup.form.parentWidget().parentWidget()
    assert area.verticalScrollBar().maximum() == 0
    for name in FOLDS:
        set_open(driver, name, True)
    driver.wait(lambda: area.verticalScrollBar().maximum() > 0)
    for name in ("betaField", "betaSlider", "trainButton"):
        assert driver.find(name).visibleRegion().boundingRect() == driver.find(name).rect()
    form = driver.window.setup.form
    driver.wait(lambda: form.width() == area.viewport().width())
    parts = [part for part in form.rows.findChildren(QWidget) if part.isVisible()]
    assert len(parts) > 50
    driver.wait(lambda: all(part.mapTo(form, part.rect().topRight()).x() < form.width() for part in parts))


def test_folds_stay_as_they_were_left(open_window):
    first = open_window()
    set_open(first, "reproducibility", True)
    first.window.close()
    following = open_window()
    is_open = {name: following.find(f"{name}FoldButton", QToolButton).isChecked() for name in FOLDS}
    assert is_open == {"architecture": False, "optimisation": False, "reproducibility": True}


def test_what_differs_from_the_model_on_screen_is_marked_and_taken_at_a_click(driver):
    driver.show("vae-20d")
    mark, take = driver.find("latentDimMark"), driver.find("useSettingsButton", QToolButton)
    assert "20-D · MNIST" in driver.find("onScreenTitle", ElidedLabel).whole_text()
    assert "epoch 60 of 60" in driver.find("onScreenDetail", ElidedLabel).whole_text()
    assert "On screen: 20" in mark.toolTip()
    assert mark.isVisible()
    assert "On screen: 20" in driver.find("latentDimField").accessibleDescription()
    assert not driver.find("kindMark").isVisible()
    take.click()
    config = driver.window.setup.form.config()
    assert config.model == driver.shown.config.model
    assert config.dataset.name == "digits"  # the model's own is not in the data folder
    assert not mark.isVisible()
    assert not take.isVisible()
    assert "On screen: MNIST" in driver.find("nameMark").toolTip()


def test_looking_at_models_leaves_the_setup_alone(driver):
    driver.type("epochsField", "2")
    driver.type("imageSizeField", "8")
    driver.type("hiddenField", "16")
    driver.train_to_the_end(latentDim="3")
    driver.type("latentDimField", "5")
    before = driver.window.setup.form.config()
    driver.show("vae-20d")
    table = driver.find("runsTable")
    for row in range(table.model().rowCount()):
        table.clicked.emit(table.model().index(row, 0))
    assert driver.window.setup.form.config() == before
    assert driver.find("useSettingsButton", QToolButton).isVisible()


def test_the_argument_of_a_comparison_leaves_the_setup_alone_and_says_what_trains(open_window):
    driver = open_window()
    driver.wait(lambda: driver.has_dataset)
    driver.type("epochsField", "77")
    before = driver.window.setup.form.config()
    driver.window.show_workspace("comparison")
    driver.click("compareKlTermButton")
    driver.wait(lambda: len(driver.engine.project.active) > 1)
    plan = driver.find("nextRunText", QLabel)
    assert plan.text().startswith("They train with ")
    field = driver.find("epochsField")
    field.setFocus()
    field.editingFinished.emit()  # to go through it changes nothing
    assert all(run.config.training.epochs != 77 for run in driver.engine.project.active)
    driver.window.show_workspace("playground")
    assert plan.text().startswith("They train with ")
    assert "In Compare" in plan.text()
    assert "column" not in plan.text()
    assert driver.find("actsOnText", QLabel).text().startswith("In Compare: ")
    driver.click("stopButton")
    driver.wait(lambda: driver.state == "idle")
    assert plan.text().startswith("Train makes a new VAE")
    assert driver.window.setup.form.config() == before


def test_the_sentence_says_what_continue_will_do(driver):
    driver.train_to_the_end()
    plan = driver.find("nextRunText", QLabel)
    assert "Continue: 2 more epochs, to 4." in plan.text()
    driver.type("epochsField", "10")
    driver.type("betaField", "3")
    assert "Continue: 10 more epochs, to 12, β 3 instead of 1." in plan.text()


def test_a_sentence_says_what_train_will_do(driver):
    plan = driver.find("nextRunText", QLabel)
    driver.type("epochsField", "7")
    driver.type("latentDimField", "3")
    assert plan.text().startswith("Train makes a new VAE, 3-D, on Digits: 7 epochs")
    driver.type("latentDimField", "0")
    assert plan.text().startswith("Train waits")
    assert driver.find("latentDimError", QLabel).text().startswith("Latent dimensions: 0 is out of range")
    driver.type("latentDimField", "3")
    driver.window.setup.form.choose_dataset("kmnist")
    assert "KMNIST is not in the data folder" in plan.text()


def test_in_a_comparison_what_each_model_has_of_its_own_is_greyed_and_says_why(driver):
    choose(driver, "modelCombo", "ae")
    driver.window.show_workspace("comparison")
    assert not driver.find("modelCombo").isEnabled()
    assert "a kind of its own" in driver.find("modelCombo").toolTip()
    assert driver.find("betaField").isEnabled()  # for the VAEs among them
    assert driver.find("trainButton").text() == "Train all"
    assert driver.find("nextRunText", QLabel).text().startswith("Train all makes 4 new models on Digits")
    assert driver.find("onScreenTitle", ElidedLabel).whole_text() == "No models yet"
    driver.find("removeVariant4Button", QToolButton).click()
    assert driver.find("nextRunText", QLabel).text().startswith("Train all makes 3 new models on Digits")
    driver.find("addVariantButton").click()
    assert driver.find("nextRunText", QLabel).text().startswith("Train all makes 4 new models on Digits")
    driver.window.show_workspace("playground")
    assert driver.find("modelCombo").isEnabled()
    assert not driver.find("betaField").isEnabled()
    assert driver.find("trainButton").text() == "Train"
