"""The command line as a whole: dispatch, mistakes, failures, and what it imports."""

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from vae_desktop import __version__, language
from vae_desktop.cli import COMMANDS, info, main


@pytest.fixture
def window(monkeypatch):
    """Stand in for the window: a list of the arguments that it was opened with; it ends with status 7."""
    opened = []

    def run_window(*arguments):
        opened.append(arguments)
        return 7

    monkeypatch.setitem(sys.modules, "vae_desktop.app", SimpleNamespace(run_window=run_window))
    return opened


def test_without_a_command_it_opens_the_window(run, window):
    assert run().status == 7
    assert window == [(None, None, None, "", ())]


def test_the_window_gets_its_options(run, window):
    run("--language", "zh", "--model", "a/b.safetensors", "--dataset", "mnist", "--data-dir", "data")
    assert window == [(Path("a/b.safetensors"), "mnist", Path("data"), "zh", ())]


def test_a_model_file_alone_is_opened_in_the_window(run, window):
    run("a/b.safetensors", "--dataset", "mnist")
    assert window == [(Path("a/b.safetensors"), "mnist", None, "", ())]


def test_an_unknown_data_set_opens_no_window(run, window):
    run("--dataset", "cats").assert_refused(2, "cats", "digits, shapes, mnist")
    assert window == []


@pytest.mark.parametrize("arguments", [["--data-dir", "x"], ["--dataset", "mnist"], ["--model", "x"]])
def test_a_window_option_before_a_command_is_not_ignored(run, arguments):
    run(*arguments, "info", "x").assert_refused(2, arguments[0], "info")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["sing"], ["sing", "train"]),
        (["--loud"], ["--loud"]),
        (["info"], ["FILE"]),
        (["train"], ["--output"]),
        (["train", "--lat", "2", "--output", "x"], ["--lat"]),
        (["train", "--output"], ["--output"]),
    ],
)
def test_a_mistake_is_one_line_without_usage(run, arguments, words):
    run(*arguments).assert_refused(2, *words)


def test_version(capsys):
    with pytest.raises(SystemExit) as exit:
        main(["--version"])
    assert exit.value.code == 0
    assert capsys.readouterr().out == f"vae-desktop {__version__}\n"


def test_a_defect_is_one_line(run, monkeypatch):
    monkeypatch.setattr(info, "run", _fail(ZeroDivisionError("two\nlines")))
    run("info", "x").assert_refused(1, "vae-desktop info: ZeroDivisionError: two lines", "--debug")


@pytest.mark.parametrize("arguments", [["--debug", "info", "x"], ["info", "--debug", "x"]])
def test_debug_shows_the_traceback(run, monkeypatch, arguments):
    monkeypatch.setattr(info, "run", _fail(ZeroDivisionError("why")))
    result = run(*arguments)
    assert result.status == 1
    assert "Traceback" in result.err
    assert "in fail\n" in result.err


def test_ctrl_c_ends_it_quietly(run, monkeypatch):
    monkeypatch.setattr(info, "run", _fail(KeyboardInterrupt()))
    result = run("info", "x")
    assert (result.status, result.out, result.err) == (130, "", "")


def test_a_reader_that_leaves_is_no_failure(vae_file):
    reading, writing = os.pipe()
    os.close(reading)  # nobody will ever read
    with os.fdopen(writing, "wb") as output:
        process = subprocess.run(
            [sys.executable, "-m", "vae_desktop", "info", str(vae_file)], stdout=output, stderr=subprocess.PIPE
        )
    assert process.returncode == 1
    assert process.stderr == b""


def test_help_needs_no_heavy_module_and_no_unicode_terminal():
    code = (
        "import sys; from vae_desktop.cli import main\n"
        "try: main(['train', '--help'])\n"
        "except SystemExit: pass\n"
        "print('loaded:', *sorted({'torch', 'numpy', 'PIL', 'sklearn', 'tqdm', 'PySide6'} & set(sys.modules)))"
    )
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    process = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True)
    assert "(KL weight)" in process.stdout
    assert process.stdout.endswith("loaded:\n")
    assert process.stderr == ""


def test_every_command_says_what_it_does(capsys):
    with pytest.raises(SystemExit):
        main(["--help"])
    text = capsys.readouterr().out
    assert {"train", "evaluate", "sample", "info"} <= set(COMMANDS)
    for name, command in COMMANDS.items():
        assert name in text
        assert command.HELP in text


def _fail(error):
    def fail(options):
        raise error

    return fail


@pytest.fixture(autouse=True)
def english_afterwards():
    yield
    language.use("en")


@pytest.mark.parametrize("arguments", [["--language", "zh"], ["--language=zh"]])
def test_the_language_of_all_texts_can_be_chosen_before_a_command(run, arguments, vae_file):
    assert run(*arguments, "info", vae_file).status == 0
    assert language.current() == "zh"
    assert os.environ["LANGUAGE"] == "en"  # what argparse needs for its own words is gone again


def test_a_language_that_is_not_there_is_refused(run):
    run("--language", "tlh", "info").assert_refused(2, "--language", "tlh")
