"""The measures panel: figures with definitions, in the background, and a way to end it."""

import subprocess
import sys

import pytest
from PySide6.QtWidgets import QCheckBox, QDockWidget, QLabel, QPushButton, QTreeWidget

from vae_desktop.latent.measures import MEASURES


@pytest.fixture(scope="module")
def run(_shared_driver):
    """A small model."""
    _shared_driver.train_to_the_end()
    return _shared_driver.shown


@pytest.fixture
def trained(shared_driver, run):
    """A small model on screen, its quick figures measured."""
    shared_driver.engine.project.show(run)
    shared_driver.find("quickMeasuresCheck", QCheckBox).setChecked(True)
    shared_driver.click("measureButton")
    shared_driver.wait(lambda: not shared_driver.engine.measurements.is_running)
    return shared_driver


def rows(driver):
    """Value and tooltip of each row, by label."""
    tree = driver.find("measuresTree", QTreeWidget)
    groups = [tree.topLevelItem(place) for place in range(tree.topLevelItemCount())]
    items = [group.child(place) for group in groups for place in range(group.childCount())]
    return {item.text(0): (item.text(1), item.toolTip(1)) for item in items}


def test_without_a_model_there_is_nothing_to_measure(driver):
    assert not driver.find("measureButton", QPushButton).isEnabled()


def test_quick_figures_of_the_model_on_screen(trained):
    session = trained.window.controller.engine
    shown = rows(trained)
    last = session.project.shown.history.last_evaluation
    assert shown["Test loss"][0] == f"{last.total:.3f} sq. error / image"
    assert shown["KL divergence"][0] == f"{last.kl:.3f} nats / image"
    assert "Importance-weighted bound" not in shown
    for label, (_, tooltip) in shown.items():
        assert tooltip, label
    assert MEASURES["active_units"].definition in shown["Active units"][1]
    assert "1509.00519" in shown["Active units"][1]


def test_the_panel_says_if_the_model_was_trained_further_since(trained):
    panel = trained.window.measures
    step = trained.shown.measured_step
    texts = lambda: " ".join(label.text() for label in panel.findChildren(QLabel) if label.isVisible())  # noqa: E731
    trained.window.findChild(QDockWidget, "measuresDock").raise_()
    trained.wait(lambda: f"after step {step:,}" in texts())
    assert "since" not in texts()
    panel.set_current_step(step + 1)
    assert "trained further since" in texts()
    panel.set_current_step(step)
    assert "since" not in texts()


def test_another_run_has_figures_of_its_own(trained):
    session = trained.window.controller.engine
    first, before = session.project.shown, rows(trained)
    trained.train_to_the_end(seed="5")
    assert rows(trained) == {}
    session.project.show(first)
    assert rows(trained) == before


def test_a_long_measurement_can_be_cancelled_while_training_goes_on(shared_driver):
    driver = shared_driver
    driver.find("quickMeasuresCheck", QCheckBox).setChecked(False)
    driver.train(epochs="100000")
    session = driver.window.controller.engine
    driver.wait(lambda: driver.state == "training" and session.training.newest_snapshot(session.project.shown))
    driver.click("measureButton")
    assert not driver.find("measureButton", QPushButton).isEnabled()
    driver.wait(lambda: rows(driver))
    driver.click("cancelMeasuringButton")
    driver.wait(lambda: not session.measurements.is_running)
    assert driver.state == "training"
    assert driver.find("measureButton", QPushButton).isEnabled()
    driver.click("stopButton")
    driver.wait(lambda: driver.state == "idle")


_MEASURING = """
import sys
from pathlib import Path
from PySide6.QtCore import QEventLoop
from vae_desktop.app import create_window, make_application
from vae_desktop.config import DatasetConfig, ModelConfig, RunConfig, TrainingConfig
from vae_desktop.latent.measures import COMPARED

application, folder = make_application(), Path(sys.argv[1])
window = create_window(folder / "data", folder / "settings", Path(sys.argv[2]))
window.show()
session = window.controller.engine

def wait(condition):
    while not condition():
        application.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents)

dataset, training = DatasetConfig("digits", 8), TrainingConfig(epochs=1, device="cpu")
models = [ModelConfig(kind, 20, hidden=(16,)) for kind in ("ae", "vae", "kl-only")]
session.starter.compare([RunConfig(dataset, model, training) for model in models])
wait(lambda: len(session.project.runs) == 3 and session.training.state == "idle")
session.measurements.start(list(session.project.runs.values()), COMPARED)
wait(lambda: not session.measurements.is_running)
print(*(run.measures["knn_accuracy"] > 0.1 for run in session.project.runs.values()))
window.close()
"""


def test_measuring_models_of_many_dimensions_says_nothing_on_stderr(tmp_path, classifiers):
    """Libraries warn there of threads within threads, once for each product of matrices."""
    command = [sys.executable, "-c", _MEASURING, tmp_path, classifiers]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert (done.stdout, done.stderr[:500]) == ("True True True\n", "")
    assert done.returncode == 0
