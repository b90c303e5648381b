"""An image with noise and restored."""

import numpy as np
import pytest
from PySide6.QtWidgets import QComboBox, QSlider, QToolButton


@pytest.fixture
def trained(shared_driver):
    """A window in which a model was trained on the digits, whose images are at hand."""
    run = shared_driver.window.controller.engine.project.shown
    if run is None or run.config.dataset.name != "digits" or run.config.model.kind != "vae":
        shared_driver.train_to_the_end()
    return shared_driver


def open_denoising(driver):
    driver.window.show_tool("denoising")
    view = driver.window.tools["denoising"]
    view.source.set_value("test")
    driver.wait(lambda: view.pictures["restored"].picture is not None)
    return view


def error_of(view, name):
    return float(view.captions[name].caption().split(" · ")[1])


def squared_error(view, name):
    clean, other = (view.pictures[part].picture.astype(float) / 255 for part in ("clean", name))
    return ((clean - other) ** 2).sum()


def test_clean_noisy_and_restored_side_by_side_with_their_errors(trained):
    driver = trained
    view = open_denoising(driver)
    for name in ("noisy", "restored", "reconstruction"):
        assert error_of(view, name) == pytest.approx(squared_error(view, name), abs=0.3)
    test = driver.engine.datasets.held(driver.shown.config.dataset).test
    driver.find("noisyImageSpin").setValue(9)
    driver.wait(lambda: np.array_equal(view.pictures["clean"].picture, test.images[9].transpose(1, 2, 0)))
    driver.find("noiseStrengthSlider", QSlider).setValue(0)
    driver.wait(lambda: error_of(view, "noisy") == 0)
    assert error_of(view, "restored") == error_of(view, "reconstruction")
    assert "This VAE was not trained" in view.note.text()


def test_it_says_whether_noise_was_taken_out(trained):
    view = open_denoising(trained)
    for strength in (5, 90):
        before = view.captions["noisy"].caption()
        trained.find("noiseStrengthSlider", QSlider).setValue(strength)
        trained.wait(lambda before=before: view.captions["noisy"].caption() != before)
        ratio = error_of(view, "restored") / error_of(view, "noisy")
        assert ("nearer" if ratio < 1 else "nothing is gained") in view.verdict.text()


def test_it_leads_to_the_denoising_autoencoder(trained):
    open_denoising(trained)
    model = trained.find("modelCombo", QComboBox)
    model.set_value("vae")
    trained.find("setUpDenoiserButton", QToolButton).click()
    assert model.currentData() == "denoising-ae"
    model.set_value("vae")


def test_other_noise_and_another_kind(trained):
    driver = trained
    view = open_denoising(driver)
    driver.find("noiseStrengthSlider", QSlider).setValue(50)
    before = view.pictures["noisy"].picture.tobytes()
    driver.find("newNoiseButton", QToolButton).click()
    driver.wait(lambda: view.pictures["noisy"].picture.tobytes() != before)
    driver.find("noiseKindCombo", QComboBox).set_value("masking")
    driver.wait(lambda: (view.pictures["noisy"].picture <= view.pictures["clean"].picture).all())


def test_a_click_on_a_code_takes_its_image(trained):
    driver = trained
    view = open_denoising(driver)
    driver.window.stage.scatter.image_chosen.emit(17)
    assert view.number.value() == 17


def test_a_denoising_model_says_what_it_was_trained_for(shared_driver):
    driver = shared_driver
    driver.find("modelCombo", QComboBox).set_value("denoising-ae")
    driver.train_to_the_end()
    driver.find("modelCombo", QComboBox).set_value("vae")
    view = open_denoising(driver)
    assert view.strength == pytest.approx(0.3)
    assert "Trained to take out: Gaussian, 0.3" in view.note.text()
    view.kind.set_value("masking")
    assert "another kind" in view.note.text()
    assert not view.denoiser_button.isVisible()


def test_without_images_it_says_how_to_get_them(shared_driver):
    driver = shared_driver.show("vae-2d")
    driver.window.show_tool("denoising")
    view = driver.window.tools["denoising"]
    assert "MNIST" in view.reason.text()
    driver.find("loadNoisyDataButton", QToolButton).click()
    driver.wait(lambda: "MNIST" in driver.window.banner.text())  # it is not there: a download is offered
    view.source.set_value("drawing")
    assert "Draw" in view.reason.text()
