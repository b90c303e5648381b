"""A window whose process is killed in the middle of a training, and the next one."""

import os
import shutil
import signal
import subprocess
import sys

import pytest

CODE = """
import sys
from pathlib import Path
from PySide6.QtCore import QTimer
from vae_desktop.app import create_window, make_application
from vae_desktop.engine import trainer
trainer.SECURE_INTERVAL = 0.5
application = make_application()
folder = Path(sys.argv[1])
window = create_window(folder / "data", folder / "settings", folder / "cache")
window.setup.form.field("epochs").set_value(5000)
window.setup.form.field("hidden").set_value((32,))
def look():
    run = next(iter(window.controller.engine.project.active), None)
    if window.property("state") == "idle":
        window.setup.controls.train_button.click()
    elif run is not None and run.kept_step > 0:
        print("kept", flush=True)
timer = QTimer(interval=20)
timer.timeout.connect(look)
timer.start()
window.show()
application.exec()
"""


@pytest.fixture(scope="module")
def left_over(tmp_path_factory):
    """The folder of a window that was killed in its training."""
    folder = tmp_path_factory.mktemp("killed")
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    process = subprocess.Popen(
        [sys.executable, "-c", CODE, str(folder)], stdout=subprocess.PIPE, text=True, env=environment
    )
    with process:
        assert process.stdout.readline() == "kept\n"
        process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    return folder


@pytest.fixture
def killed(tmp_path, left_over):
    """Leaves behind what a window does that is killed in its training."""
    shutil.copytree(left_over, tmp_path, dirs_exist_ok=True)


@pytest.mark.usefixtures("killed")
def test_a_killed_training_is_offered_and_goes_on_to_its_end(open_window) -> None:
    driver = open_window()
    driver.wait(lambda: "ended unexpectedly" in driver.window.banner.text())
    assert "of 5000" in driver.window.banner.text()
    driver.find("messageActionButton").click()
    driver.wait(lambda: driver.state == "training")
    run = driver.window.controller.engine.project.shown
    begun = run.snapshot.step
    assert 0 < begun < run.last_step == 5000 * run.steps_per_epoch
    assert len(run.history.training) >= begun
    driver.window.close()
    assert "ended unexpectedly" not in open_window().window.banner.text()  # told of once


@pytest.mark.usefixtures("killed")
def test_a_killed_training_can_be_discarded(open_window) -> None:
    driver = open_window()
    driver.wait(lambda: "ended unexpectedly" in driver.window.banner.text())
    driver.find("messageAlternativeButton").click()
    assert driver.window.controller.engine.saver.autosaves.files() == []


@pytest.mark.usefixtures("killed")
def test_the_offer_does_not_hide_that_the_settings_are_lost(open_window, tmp_path) -> None:
    (tmp_path / "settings" / "settings.ini").write_bytes(b"\x00" * 100)
    driver = open_window()
    driver.wait(lambda: "ended unexpectedly" in driver.window.banner.text())
    assert "settings was damaged" in driver.window.banner.text()
    assert driver.find("messageActionButton").isVisible()
