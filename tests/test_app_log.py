"""The log: nothing is lost, nothing keeps the app from starting."""

import logging
from logging.handlers import RotatingFileHandler

import pytest

from vae_desktop import app_log
from vae_desktop.app_log import Repeats

_log = logging.getLogger("vae_desktop.test")


@pytest.fixture
def start():
    """Start logs in this process."""
    yield app_log.start
    app_log.end()


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
    start(tmp_path / "file" / "logs")
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
    (file,) = [entry for entry in logging.getLogger().handlers if isinstance(entry, RotatingFileHandler)]
    file.handle(wrong)  # the tests' own handlers would raise
    _log.warning("the next one")
    assert "the next one" in app_log.tail()


def test_the_same_thing_is_news_again_after_a_while() -> None:
    now = [0.0]
    repeats = Repeats(lambda: now[0])
    assert [repeats.count("a"), repeats.count("b"), repeats.count("a")] == [1, 1, 0]
    now[0] = 9.0
    assert repeats.count("a") == 0
    now[0] = 20.0
    assert repeats.count("a") == 1


def test_only_so_many_things_are_remembered() -> None:
    repeats = Repeats()
    for number in range(1000):
        repeats.count(number)
    assert repeats.count(999) == 0
    assert repeats.count(0) == 1


def test_powers_of_ten_are_told() -> None:
    repeats = Repeats(lambda: 0.0)
    assert [count for count in (repeats.count("a") for _ in range(1200)) if count] == [1, 10, 100, 1000]
