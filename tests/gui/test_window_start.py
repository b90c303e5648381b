"""How a window starts: its layout and settings come back, damaged ones are said, nothing heavy comes before it."""

import os
import subprocess
import sys

import pytest
import torch
from PySide6.QtGui import QAction, QGuiApplication

from vae_desktop.engine.messages import Message
from vae_desktop.gui.controllers.window_settings import WindowSettings


def test_theme_and_docks_are_restored(driver, open_window) -> None:
    driver.find("darkThemeAction", QAction).trigger()
    driver.find("runsDock").close()
    driver.window.close()
    second = open_window()
    assert second.find("darkThemeAction", QAction).isChecked()
    assert not second.find("runsDock").isVisibleTo(second.window)


def test_corrupt_settings_do_not_keep_the_window_from_opening(open_window, tmp_path) -> None:
    folder = tmp_path / "settings"
    folder.mkdir()
    (folder / "settings.ini").write_bytes(b"\x00\xff[window\ngeometry=@ByteArray(junk)\ntheme=42\nrecent=\x00\n")
    driver = open_window()
    driver.wait(lambda: driver.state == "idle")
    driver.train_to_the_end()


def test_corrupt_settings_are_kept_aside_and_said(open_window, tmp_path) -> None:
    folder = tmp_path / "settings"
    folder.mkdir()
    damaged = b"[General]\ntheme=dark\n\x00\x00\x00 half a line"
    (folder / "settings.ini").write_bytes(damaged)
    driver = open_window()
    assert "settings was damaged" in driver.window.banner.text()
    assert "settings.ini.bak" in driver.window.banner.text()
    assert (folder / "settings.ini.bak").read_bytes() == damaged
    assert driver.find("systemThemeAction", QAction).isChecked()
    driver.find("lightThemeAction", QAction).trigger()
    driver.window.close()
    second = open_window()
    assert second.window.banner.text() == ""
    assert second.find("lightThemeAction", QAction).isChecked()


@pytest.fixture
def unwritable(tmp_path):
    """Settings that can be read and not be written: what the file is a link to lies in no folder."""
    path = tmp_path / "settings" / "settings.ini"
    path.parent.mkdir()
    path.symlink_to(tmp_path / "nowhere" / "settings.ini")
    return path


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_settings_that_cannot_be_written_are_told_of_once(open_window, unwritable) -> None:
    driver = open_window()
    banner = driver.window.banner
    driver.find("darkThemeAction", QAction).trigger()
    assert f"{unwritable} cannot be written" in banner.text()
    assert banner.message.level == "info"
    driver.wait(lambda: driver.has_dataset)
    assert banner.text().count("cannot be written") == 1
    banner.dismiss()
    driver.find("lightThemeAction", QAction).trigger()
    assert banner.text() == ""
    assert driver.find("lightThemeAction", QAction).isChecked()


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_settings_that_cannot_be_written_are_told_of_beside_an_offer(open_window, unwritable) -> None:
    driver = open_window()
    driver.window.banner.show_message(Message("info", "A model was kept.", action="open_kept"))
    driver.find("darkThemeAction", QAction).trigger()
    assert driver.window.banner.text().startswith("A model was kept.\nChanges of settings are not kept")
    assert driver.find("messageActionButton").isVisible()


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_settings_are_kept_again_when_they_can_be_written(unwritable) -> None:
    settings, told = WindowSettings(unwritable.parent), []
    settings.on_unwritable = lambda: told.append(True)
    settings.set_text("theme", "dark")
    unwritable.unlink()
    settings.set_text("data_dir", "somewhere")
    settings.set_text("data_dir", "somewhere")
    assert told == [True]
    again = WindowSettings(unwritable.parent)
    assert (again.text("theme"), again.text("data_dir")) == ("dark", "somewhere")


def test_good_settings_are_left_alone(driver, open_window, tmp_path) -> None:
    driver.window.close()
    assert open_window().window.banner.text() == ""
    assert not (tmp_path / "settings" / "settings.ini.bak").exists()


def test_a_window_that_was_off_screen_comes_back_into_sight(driver, open_window) -> None:
    driver.window.move(50_000, 40_000)
    driver.window.close()
    second = open_window().window
    sight = second.screen().availableGeometry()
    assert sight.contains(second.geometry().topLeft())
    assert sight.intersected(second.geometry()).width() > 500


@pytest.mark.parametrize("name", ["x" * 5000, "a\x00b", "/" + "y/" * 3000])
def test_no_name_of_the_last_model_keeps_the_window_from_opening(open_window, tmp_path, name) -> None:
    settings = WindowSettings(tmp_path / "settings")
    settings.set_text("last_model", name)
    settings.flush()
    driver = open_window()
    driver.window.controller.open_last_model()
    driver.wait(lambda: driver.window.controller.engine.project.shown is not None)
    assert driver.window.controller.engine.project.shown.is_example


BUDGETS = [("", 256_000_000), ("0", 0), ("1.5 GB", 1_500_000_000), ("x", 256_000_000)]


@pytest.mark.parametrize(("stored", "budget"), BUDGETS)
def test_what_a_timeline_may_take_is_remembered(tmp_path, stored, budget) -> None:
    settings = WindowSettings(tmp_path / "settings")
    settings.set_text("timeline", stored)
    assert settings.timeline_budget == budget
    settings.set_timeline_budget(budget)
    assert WindowSettings(tmp_path / "settings").timeline_budget == budget


def test_diagnostics_are_copied_from_the_menu_without_personal_paths(driver, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    images = tmp_path / "data of patients" / "a"
    driver.window.banner.show_message(Message("error", f"Cannot read {images}.", f"in {tmp_path / 'home' / 'x'}"))
    driver.window.controller.engine.datasets.data_dir = images.parent
    driver.find("copyDiagnosticsAction", QAction).trigger()
    text = QGuiApplication.clipboard().text()
    assert "Cannot read <path>" in text
    assert "in ~" in text
    assert "patients" not in text
    assert str(tmp_path) not in text
    for part in ("vae-desktop: ", "PySide6: ", "Qt: ", "Devices: "):
        assert part in text


@pytest.mark.skipif(sys.platform == "win32", reason="a script stands for NVIDIA's tool")
def test_diagnostics_say_what_torch_was_built_for_and_what_the_driver_says(driver, tmp_path, monkeypatch) -> None:
    tool = tmp_path / "nvidia-smi"
    tool.write_text("#!/bin/sh\necho 'NVIDIA Test, 470.82, 8192 MiB, 3 MiB'\n")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    driver.wait(lambda: driver.window.controller.engine.tracker.devices)
    driver.find("copyDiagnosticsAction", QAction).trigger()
    text = QGuiApplication.clipboard().text()
    assert f"PyTorch built for CUDA {torch.version.cuda}" in text
    assert "driver: NVIDIA Test, 470.82, 8192 MiB, 3 MiB" in text
    for device in driver.window.controller.engine.tracker.devices:
        assert f"\n  {device.name}{'' if device.is_there else ' (not there)'}: {device.about}" in text


def test_nothing_loads_torch_before_the_window_is_painted(tmp_path) -> None:
    code = f"""
import sys
from pathlib import Path
from PySide6.QtWidgets import QApplication
from vae_desktop.app import create_window
application = QApplication([])
window = create_window(Path({str(tmp_path)!r}), Path({str(tmp_path)!r}))
window.first_painted.disconnect()
window.first_painted.connect(application.quit)
window.show()
application.exec()
print([name for name in ("torch", "torchvision", "sklearn") if name in sys.modules])
"""
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, timeout=60)
    assert done.stdout.strip() == "[]", done.stderr


def test_the_last_model_follows_its_sliders_without_torch(tmp_path) -> None:
    code = f"""
import sys
sys.modules["torch"] = None
from pathlib import Path
from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QApplication
from vae_desktop.app import create_window
application = QApplication([])
window = create_window(Path({str(tmp_path)!r}), Path({str(tmp_path)!r}))
window.first_painted.disconnect()
engine = window.controller.engine
window.controller.open_last_model()
window.show()
def move():
    if engine.project.shown is not None:
        wait.stop()
        window.findChild(QObject, "latentSlider0").setValue(1.0)
def decoded(answer):
    if answer.request_id == engine.inference.last_request and not wait.isActive():
        print(answer.picture.shape, answer.picture.max() > 100, window.status.text())
        application.quit()
engine.inference.decoded.connect(decoded)
wait = QTimer(interval=1)
wait.timeout.connect(move)
wait.start()
application.exec()
"""
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, timeout=60)
    assert done.stdout == "(28, 28, 1) True PyTorch is loading; sliders work already\n", done.stderr


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="other systems always have a display")
def test_without_a_display_the_app_says_so_in_one_line() -> None:
    environment = {name: value for name, value in os.environ.items() if "DISPLAY" not in name}
    environment.pop("QT_QPA_PLATFORM")
    done = subprocess.run(
        [sys.executable, "-m", "vae_desktop"], capture_output=True, text=True, env=environment, timeout=60
    )
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert "display" in done.stderr


def test_what_qt_gives_up_for_is_one_line_too(tmp_path) -> None:
    environment = {**os.environ, "QT_QPA_PLATFORM": "none-such", "HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-m", "vae_desktop"], capture_output=True, text=True, env=environment, timeout=60
    )
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert done.stderr.startswith("vae-desktop: no window can be opened: ")


def test_a_window_for_a_script_speaks_the_language_that_was_chosen(tmp_path) -> None:
    code = "\n".join((
        "import sys",
        "from pathlib import Path",
        "from vae_desktop import language",
        "from vae_desktop.driver import fresh_window",
        "language.use('zh')",
        "with fresh_window(Path(sys.argv[1])) as driver:",
        "    sys.stdout.buffer.write(driver.window.setup.lab.show_button.text().encode())",
    ))
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, encoding="utf-8")
    assert done.stdout.split() == ["演示"], done.stderr


def test_threads_give_python_s_lock_up_soon() -> None:
    """Five milliseconds, which is Python's own, are a third of a frame."""
    code = "import sys; from vae_desktop.app import make_application as make; make(); print(sys.getswitchinterval())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert float(done.stdout) < 0.001
