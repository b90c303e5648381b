"""The mark of a window that is open, and what is found of one that ended without closing."""

import subprocess
import sys

import pytest

from vae_desktop.gui.controllers.process import Instance

CODE = """
import signal, sys
from pathlib import Path
from vae_desktop.gui.controllers.process import Instance
instance = Instance(Path(sys.argv[1]))
instance.record_crash()
"""


@pytest.fixture
def run(tmp_path):
    """Start a process that has a window's marks in the folder."""

    def start(code: str, **options) -> subprocess.Popen:
        return subprocess.Popen([sys.executable, "-c", CODE + code, str(tmp_path)], text=True, **options)

    return start


CLOSED_AND_CRASHED = """
print(len(list(Path(sys.argv[1]).iterdir())))
instance.end()
print(len(list(Path(sys.argv[1]).iterdir())), flush=True)
instance = Instance(Path(sys.argv[1]))
instance.record_crash()
signal.raise_signal(signal.SIGSEGV)
"""


def test_a_window_that_closes_leaves_nothing_and_a_crash_is_told_once(tmp_path, run) -> None:
    with run(CLOSED_AND_CRASHED, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        files = process.stdout.read().split()  # while the first is open, and when it has closed
        assert process.wait(60) != 0
    assert files == ["2", "0"]
    later = Instance(tmp_path)
    (crash,) = later.crashes
    assert "Segmentation fault" in crash.words
    assert 'File "<string>", line 13' in crash.words
    later.end()
    assert Instance(tmp_path).crashes == []


def test_only_a_process_that_has_ended_has_crashed(tmp_path, run) -> None:
    """Of the window that can, the report is kept; of the other only its name is known."""
    code = "silent = Instance(Path(sys.argv[1])); print(instance.name, silent.name, flush=True); input()"
    with run(code, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        name, silent = process.stdout.readline().split()
        with (tmp_path / f"window-{name}.txt").open("a") as file:  # as faulthandler does for a fault that is survived
            file.write("Current thread 0x1 (most recent call first):\n")
        assert Instance(tmp_path).crashes == []
        process.kill()
    unknown, crash = Instance(tmp_path).crashes
    assert unknown == (silent, "")
    assert crash.name == name
    assert "most recent call first" in crash.words


def test_windows_that_are_open_have_not_crashed(tmp_path) -> None:
    first = Instance(tmp_path)
    second = Instance(tmp_path)
    assert first.crashes == second.crashes == []
    first.end()
    assert Instance(tmp_path).crashes == []


def test_without_a_folder_that_can_be_written_to_there_is_no_mark(tmp_path, caplog) -> None:
    (tmp_path / "file").write_text("in the way")
    instance = Instance(tmp_path / "file" / "autosaves")
    assert instance.crashes == []
    instance.record_crash()
    assert "could not be recorded" in caplog.text
    instance.end()
