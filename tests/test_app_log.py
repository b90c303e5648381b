"""The log and the file of a crash: nothing is lost, nothing keeps the app from starting."""

import logging
import os
import subprocess
import sys
import time

import pytest

from vae_desktop import app_log, crash_file
from vae_desktop.repeats import Repeats, is_told

_log = logging.getLogger("vae_desktop.test")


@pytest.fixture
def start(monkeypatch):
    """Start logs in this process, whose own faulthandler is left to the tests' runner."""
    monkeypatch.setattr(crash_file.faulthandler, "enable", lambda file: None)
    monkeypatch.setattr(crash_file.faulthandler, "disable", lambda: None)
    yield app_log.start
    app_log.end()


def run_with_log(folder, code, **options):
    """Run code in a process of its own, with its log in a folder."""
    code = f"from pathlib import Path; from vae_desktop import app_log; app_log.start(Path({str(folder)!r}))\n{code}"
    return subprocess.Popen([sys.executable, "-c", code], text=True, stdout=subprocess.PIPE, **options)


def crash(folder):
    process = run_with_log(folder, "import faulthandler\nfaulthandler._sigsegv()", stderr=subprocess.DEVNULL)
    process.communicate(timeout=60)
    assert process.returncode != 0


def crash_files(folder):
    return list(folder.glob("crash-*"))


def test_a_crash_is_told_at_the_next_start_and_only_then(tmp_path, start) -> None:
    crash(tmp_path)
    crashes = start(tmp_path)
    assert len(crashes) == 1
    assert "Segmentation fault" in crashes[0]
    assert 'File "<string>", line 3' in crashes[0]
    assert "Segmentation fault" in app_log.tail()
    assert start(tmp_path) == []


def test_what_a_living_process_has_written_is_no_crash(tmp_path, start) -> None:
    code = "import faulthandler; faulthandler.dump_traceback(app_log._current._crash_file._file); print(1); input(2)"
    process = run_with_log(tmp_path, code, stdin=subprocess.PIPE, env={**os.environ, "PYTHONUNBUFFERED": "1"})
    process.stdout.readline()
    assert crash_files(tmp_path)[0].stat().st_size > 0
    assert start(tmp_path) == []
    app_log.end()
    assert len(crash_files(tmp_path)) == 1
    process.kill()
    process.communicate(timeout=60)
    assert len(start(tmp_path)) == 1


def test_a_process_that_ends_as_it_should_leaves_no_file(tmp_path) -> None:
    process = run_with_log(tmp_path, "import os; print(len(os.listdir(app_log._current.path.parent)))")
    assert process.communicate(timeout=60)[0].strip() == "1"
    assert crash_files(tmp_path) == []


def test_an_empty_file_goes_when_it_is_old(tmp_path, start) -> None:
    for name in ("crash-1-old.txt", "crash-2-young.txt"):
        (tmp_path / name).touch()
    long_ago = time.time() - 3600
    os.utime(tmp_path / "crash-1-old.txt", (long_ago, long_ago))
    assert start(tmp_path) == []
    app_log.end()
    assert [path.name for path in crash_files(tmp_path)] == ["crash-2-young.txt"]


def test_errors_are_written_with_their_tracebacks(tmp_path, start) -> None:
    start(tmp_path)
    try:
        raise ValueError("β")
    except ValueError:
        _log.exception("it failed")
    assert "it failed" in app_log.tail()
    assert "ValueError: β" in app_log.tail()


def test_nothing_is_written_before_there_is_something_to_tell(tmp_path, start) -> None:
    start(tmp_path)
    _log.debug("nothing")
    assert not (tmp_path / "vae_desktop.log").exists()
    assert app_log.tail() == ""


def test_a_folder_that_cannot_be_made_keeps_nothing_from_starting(tmp_path, start, capsys) -> None:
    (tmp_path / "file").touch()
    assert start(tmp_path / "file" / "logs") == []
    _log.error("first")
    _log.error("second")
    said = capsys.readouterr().err
    assert said.count("the log cannot be written") == 1
    assert "Traceback" not in said
    assert app_log.tail() == ""


def test_the_log_does_not_grow_for_ever(tmp_path, start) -> None:
    start(tmp_path)
    for number in range(400):
        _log.warning("%s", f"{number:06}" * 1000)
    files = list(tmp_path.glob("vae_desktop.log*"))
    assert len(files) == 3
    assert all(path.stat().st_size < 520_000 for path in files)


def test_what_comes_again_and_again_is_counted(tmp_path, start) -> None:
    start(tmp_path)
    for _ in range(150):
        _log.warning("painting failed")
        _log.warning("for another reason")
    lines = app_log.tail().splitlines()
    assert len(lines) == 6  # the 1st, 10th and 100th time of each
    assert sum("100 times by now: painting failed" in line for line in lines) == 1


def test_a_message_whose_arguments_fail_does_not_raise(tmp_path, start, capsys) -> None:
    start(tmp_path)
    wrong = logging.LogRecord("x", logging.WARNING, __file__, 1, "%d", ("no number",), None)
    app_log._current._handlers[0].handle(wrong)  # the tests' own handlers would raise
    _log.warning("the next one")
    assert "the next one" in app_log.tail()


def test_the_same_thing_is_news_again_after_a_while() -> None:
    now = [0.0]
    repeats = Repeats(lambda: now[0])
    assert [repeats.count("a"), repeats.count("b"), repeats.count("a")] == [1, 1, 2]
    now[0] = 9.0
    assert repeats.count("a") == 3
    now[0] = 20.0
    assert repeats.count("a") == 1


def test_only_so_many_things_are_remembered() -> None:
    repeats = Repeats()
    for number in range(1000):
        repeats.count(number)
    assert len(repeats._seen) <= 200


def test_powers_of_ten_are_told() -> None:
    assert [count for count in range(1, 1200) if is_told(count)] == [1, 10, 100, 1000]
