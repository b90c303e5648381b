"""An image with noise and restored."""

import numpy as np
import pytest
from PySide6.QtWidgets import QComboBox, QSlider, QToolButton


def open_denoising(driver):
    driver.window.show_tool("denoising")
    view = driver.window.tools["denoising"]
    driver.wait(lambda: view.picture("restored") is not None)
    return view


def error_of(view, name):
    return float(view.caption(name).split(" · ")[1])


def squared_error(view, name):
    clean, other = (view.picture(part).astype(float) / 255 for part in ("clean", name))
    return ((clean - other) ** 2).sum()


def test_clean_noisy_and_restored_side_by_side_with_their_errors(driver):
    driver.train_to_the_end(epochs="30")
    view = open_denoising(driver)
    for name in ("noisy", "restored", "reconstruction"):
        assert error_of(view, name) == pytest.approx(squared_error(view, name), abs=0.3)
    test = driver.engine.datasets.held(driver.shown.config.dataset).test
    driver.find("noisyImageSpin").setValue(9)
    driver.wait(lambda: np.array_equal(view.picture("clean"), test.images[9].transpose(1, 2, 0)))
    driver.find("noiseStrengthSlider", QSlider).setValue(0)
    driver.wait(lambda: error_of(view, "noisy") == 0)
    assert error_of(view, "restored") == error_of(view, "reconstruction")
    assert "This VAE was not trained" in view.note()


def test_other_noise_and_another_kind(driver):
    driver.train_to_the_end()
    view = open_denoising(driver)
    before = view.picture("noisy").tobytes()
    driver.find("newNoiseButton", QToolButton).click()
    driver.wait(lambda: view.picture("noisy").tobytes() != before)
    driver.find("noiseKindCombo", QComboBox).show_value("masking")
    driver.wait(lambda: (view.picture("noisy") <= view.picture("clean")).all())


def test_a_click_on_a_code_takes_its_image(driver):
    driver.train_to_the_end()
    view = open_denoising(driver)
    driver.window.stage.scatter.image_chosen.emit(17)
    assert view.number.value() == 17


def test_a_denoising_model_says_what_it_was_trained_for(driver):
    driver.find("modelCombo", QComboBox).show_value("denoising-ae")
    driver.train_to_the_end()
    view = open_denoising(driver)
    assert view.strength == pytest.approx(0.3)
    assert "Trained to take out: Gaussian, 0.3" in view.note()
    view.kind.show_value("masking")
    assert "another kind" in view.note()


def test_without_images_it_says_how_to_get_them(show):
    driver = show("vae-2d")
    driver.window.show_tool("denoising")
    view = driver.window.tools["denoising"]
    assert "MNIST" in view.reason()
    driver.find("loadNoisyDataButton", QToolButton).click()
    driver.wait(lambda: "MNIST" in driver.window.banner.text())  # it is not there: a download is offered
    view.source.show_value("drawing")
    assert "Draw" in view.reason()
