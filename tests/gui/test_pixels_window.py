"""The window in which a diffusion in pixels stands beside one in codes."""

from dataclasses import replace

import pytest
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QDialog, QLabel, QProgressBar

from tests.words.quick_fits import fit_quickly


@pytest.fixture(scope="module")
def run(_shared_driver):
    """A small model of the digits."""
    _shared_driver.train_to_the_end(latentDim="8")
    return _shared_driver.shown


@pytest.fixture
def driver(shared_driver, monkeypatch):
    """The window of all these tests, whose fits are short."""
    fit_quickly(monkeypatch)
    shared_driver.engine.pixels.steps = 20
    return shared_driver


@pytest.fixture
def window(driver, run):
    """The window, in front, for the small model, of which nothing is known yet."""
    driver.engine.project.show(run)
    driver.find("pixelsAction", QAction).trigger()
    driver.wait(lambda: any(each.isVisible() for each in driver.window.findChildren(QDialog, "pixelsWindow")))
    yield driver.window.controller.pixels.view
    driver.window.controller.pixels.view.close()


def figures(window, side):
    names = "products", "seconds", "precision", "recall"
    return [window.findChild(QLabel, f"{side}_{name}").text() for name in names]


def test_a_fit_can_be_cancelled(window, driver):
    driver.engine.pixels.steps = 100_000
    window.fit_button.click()
    driver.wait(lambda: window.findChild(QProgressBar).value() > 0)
    window.fit_button.click()
    driver.wait(lambda: driver.engine.pixels.fitted is None)
    assert driver.engine.pixels.of(driver.shown) is None
    assert window.fit_button.isEnabled()
    assert window.fit_button.text() == "Fit both"


def test_both_are_fitted_shown_and_judged(window, driver):
    assert not window.isModal()
    assert figures(window, "codes") == ["–"] * 4
    assert "Nothing" in window.boards["pixels"].empty_text
    window.fit_button.click()
    bar = window.findChild(QProgressBar)
    assert window.fit_button.text() == "Cancel"
    driver.wait(lambda: driver.engine.pixels.of(driver.shown) is not None)
    assert window.fit_button.text() == "Fit both"
    assert not bar.isVisible()
    assert [board.pictures.shape for board in window.boards.values()] == [(36, 8, 8, 1)] * 2
    found = driver.engine.pixels.of(driver.shown)
    for side, drawn in (("pixels", found.pixels), ("codes", found.codes)):
        assert figures(window, side)[2:] == [f"{drawn.quality.precision:.0%}", f"{drawn.quality.recall:.0%}"]
    assert (found.pixels.numbers, found.codes.numbers) == (64, 8)
    assert found.codes.products < found.pixels.products
    run, fitted = driver.shown, driver.shown.snapshot
    run.snapshot = replace(fitted, weights={name: values + 1 for name, values in fitted.weights.items()})
    assert driver.engine.pixels.of(run) is None  # it came to the same step another way
    run.snapshot = fitted
    assert driver.engine.pixels.of(run) is found
    driver.engine.playhead.go_to([run], 2)
    driver.wait(lambda: figures(window, "codes") == ["–"] * 4)  # it was fitted to what the model is now
    driver.engine.playhead.go_live([run])
    driver.wait(lambda: "–" not in figures(window, "codes"))
    driver.show("vae-20d")  # another model, of which nothing is known
    assert figures(window, "codes") == ["–"] * 4
    assert window.boards["codes"].pictures is None


def test_images_that_are_not_there_are_told(driver, expect_error):
    driver.show("vae-20d")
    driver.find("pixelsAction", QAction).trigger()
    view = driver.window.controller.pixels.view
    view.fit_button.click()
    driver.wait(lambda: driver.engine.pixels.fitted is None)
    assert driver.engine.datasets.missing.name == "mnist"  # which the window offers to download
    view.close()
