"""Trainings of the window, written to folders by the menu."""

import json

import numpy as np
import pytest
from PySide6.QtGui import QAction

from tests.same_training import assert_same_training
from vae_desktop.gui.views.window.main_window import MainWindow
from vae_desktop.training.checkpoint import load_checkpoint


@pytest.fixture
def root(shared_driver, monkeypatch, tmp_path):
    """Where trainings are written, as chosen in the menu; in the end they no longer are."""
    entry = shared_driver.find("runRootAction", QAction)
    monkeypatch.setattr(MainWindow, "ask_for_run_root", lambda _: tmp_path / "runs")
    entry.trigger()
    yield tmp_path / "runs"
    if entry.isChecked():
        entry.trigger()


def status_of(folder):
    return json.loads((folder / "status.json").read_bytes())


def rows_of(folder):
    lines = map(json.loads, (folder / "0" / "metrics.jsonl").read_bytes().splitlines())
    return np.concatenate([np.array(line["total"], np.float32) for line in lines if "first" in line])


def test_a_training_and_how_it_goes_on_have_each_a_folder(shared_driver, root):
    shared_driver.train_to_the_end(epochs="2", batchSize="128")
    shared_driver.wait(lambda: list(root.iterdir()))
    (first,) = root.iterdir()
    shared_driver.wait(lambda: status_of(first)["state"] == "finished")
    run = shared_driver.shown
    assert_same_training(load_checkpoint(first / "models.safetensors"), run.checkpoint())
    shared_driver.click("continueButton")
    shared_driver.wait(lambda: run.step == 48 and shared_driver.state == "idle")
    (second,) = set(root.iterdir()) - {first}
    shared_driver.wait(lambda: status_of(second)["state"] == "finished")
    assert np.array_equal(rows_of(second), run.history.training[:, 0])
    assert np.array_equal(rows_of(first), run.history.training[:24, 0])
    assert_same_training(load_checkpoint(second / "models.safetensors"), run.checkpoint())


def test_a_folder_that_cannot_be_made_is_told_and_the_training_goes_on(shared_driver, root):
    root.parent.mkdir(exist_ok=True)
    root.touch()
    shared_driver.train_to_the_end(epochs="1", batchSize="128")
    assert shared_driver.shown.step == 12
    assert "is not written to a folder" in shared_driver.window.banner.text()


def test_no_longer(shared_driver, root):
    entry = shared_driver.find("runRootAction", QAction)
    assert str(root) in entry.toolTip()
    entry.trigger()
    shared_driver.train_to_the_end(epochs="1", batchSize="128")
    assert not root.exists()
    assert str(root) not in entry.toolTip()
