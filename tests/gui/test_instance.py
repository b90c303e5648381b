"""The mark of a window that is open, and what is found of one that ended without closing."""

import subprocess
import sys

import pytest

from vae_desktop.gui.controllers.process import Instance

CODE = """
import faulthandler, sys
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


def test_a_crash_is_told_at_the_next_start_and_only_then(tmp_path, run) -> None:
    with run("faulthandler._sigsegv()", stderr=subprocess.DEVNULL) as process:
        assert process.wait(60) != 0
    later = Instance(tmp_path)
    (crash,) = later.crashes
    assert "Segmentation fault" in crash.words
    assert 'File "<string>", line 7' in crash.words
    later.end()
    assert Instance(tmp_path).crashes == []


def test_what_a_living_process_has_written_is_no_crash(tmp_path, run) -> None:
    code = "print(instance.name, flush=True); input()"
    with run(code, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        name = process.stdout.readline().strip()
        with (tmp_path / f"window-{name}.txt").open("a") as file:  # as faulthandler does for a fault that is survived
            file.write("Current thread 0x1 (most recent call first):\n")
        assert Instance(tmp_path).crashes == []
        process.kill()
    (crash,) = Instance(tmp_path).crashes
    assert crash.name == name
    assert "most recent call first" in crash.words


def test_of_a_process_that_was_killed_only_its_name_is_known(tmp_path, run) -> None:
    with run("print(instance.name, flush=True); input()", stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        name = process.stdout.readline().strip()
        process.kill()
    assert Instance(tmp_path).crashes == [(name, "")]


def test_a_window_that_closes_leaves_nothing(tmp_path, run) -> None:
    code = "print(len(list(Path(sys.argv[1]).iterdir()))); instance.end()"
    with run(code, stdout=subprocess.PIPE) as process:
        assert process.stdout.readline().strip() == "2"
    assert list(tmp_path.iterdir()) == []


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
