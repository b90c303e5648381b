"""Wrong entries and missing data: marked or said where they stand, nothing lost."""

import numpy as np
import pytest
from PySide6.QtWidgets import QLabel

WRONG = [
    ("latentDim", "0", "out of range"),
    ("latentDim", "129", "out of range"),
    ("latentDim", "2.5", "not a whole number"),
    ("learningRate", "abc", "not a number"),
    ("learningRate", "-1", "out of range"),
    ("learningRate", "nan", "not a number"),
    ("beta", "-0.1", "out of range"),
    ("epochs", "", "not a whole number"),
    ("hidden", "400 x", "not a list"),
    ("batchSize", "5000", "1,437 training images"),
]


def test_a_wrong_entry_is_marked_and_train_is_disabled(shared_driver) -> None:
    driver = shared_driver
    for name, text, reason in WRONG:
        entry = driver.find(f"{name}Field")
        good = entry.text()
        driver.type(f"{name}Field", text) if text else entry.clear()
        assert entry.property("invalid") is True, (name, text)
        assert reason in entry.error
        assert driver.find(f"{name}Error", QLabel).isVisible()
        assert not driver.find("trainButton").isEnabled()
        entry.setText(good)
        assert entry.property("invalid") is False
        assert driver.find("trainButton").isEnabled()


def test_scientific_notation_is_accepted(shared_driver) -> None:
    field = shared_driver.find("learningRateField")
    for text in ("1e-3", "0.001", " 1E-03 "):
        field.setText("1")
        field.setText(text)
        assert field.value() == 0.001


def test_missing_mnist_is_offered_and_training_without_it_starts_nothing(driver) -> None:
    driver.window.setup.form.choose_dataset("mnist")
    driver.wait(driver.window.banner.text)
    assert "MNIST" in driver.window.banner.text()
    button = driver.find("messageActionButton")
    assert (button.text(), button.isVisible()) == ("Download", True)
    assert driver.state == "idle"
    driver.window.banner.dismiss()
    driver.click("trainButton")
    driver.wait(driver.window.banner.text)
    assert driver.window.controller.engine.project.runs == {}


def test_broken_mnist_files_are_named(open_window, tmp_path) -> None:
    raw = tmp_path / "broken" / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for name in ("train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1"):
        (raw / f"{name}-ubyte").write_bytes(b"\x00\x00\x08")
    driver = open_window(tmp_path / "broken")
    driver.window.setup.form.choose_dataset("mnist")
    driver.wait(driver.window.banner.text)
    assert "ubyte" in driver.window.banner.text()


def test_an_error_in_the_worker_is_shown_and_the_last_model_stays(driver, monkeypatch, expect_error) -> None:
    from vae_desktop.training.trainer import Trainer

    expect_error("RuntimeError: the cable is out")
    driver.train_to_the_end()
    shown = driver.window.controller.engine.project.shown

    def fail(self, images):
        raise RuntimeError("the cable is out")

    monkeypatch.setattr(Trainer, "step", fail)
    driver.click("trainButton")
    driver.wait(lambda: driver.state == "failed")
    assert "the cable is out" in driver.window.banner.text()
    assert driver.find("messageDetailsButton").isVisible()
    monkeypatch.undo()
    driver.window.controller.engine.project.show(shown)
    driver.decoded()
    before = driver.picture
    driver.find("latentSlider0").setValue(2.0)
    driver.wait(lambda: driver.picture != before)
    driver.click("trainButton")
    driver.wait(lambda: driver.state == "idle")


def test_a_diverged_run_falls_back_to_the_last_good_model(driver, monkeypatch) -> None:
    from vae_desktop.training.trainer import Trainer

    step = Trainer.step

    def diverge(self, images):
        metrics = step(self, images)
        return metrics * float("nan") if self.steps > 60 else metrics

    monkeypatch.setattr(Trainer, "step", diverge)
    driver.train(epochs="1000")
    driver.wait(lambda: driver.state == "idle")
    run = driver.window.controller.engine.project.shown
    assert run.status == "diverged"
    assert "back at step" in driver.window.banner.text()
    assert all(np.isfinite(tensor).all() for tensor in run.snapshot.weights.values())
    monkeypatch.undo()
    steps = run.snapshot.step
    driver.find("messageActionButton").click()
    driver.wait(lambda: driver.state == "training" and len(run.history.training) > steps)
    assert run.config.training.learning_rate == pytest.approx(1e-4)
    assert driver.window.setup.form.config().training.learning_rate == pytest.approx(1e-4)
