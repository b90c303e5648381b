"""Runs the probes, each in a process of its own, and reads what they found."""

import compileall
import json
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

from vae_desktop.errors import LibraryMissing, UserError
from vae_desktop.language import tr
from vae_desktop.system_libraries import how_to_install, missing_libraries

Row = dict[str, Any]

_TIMEOUT = 300  # seconds, for one probe


def dataset_in(data_dir: Path) -> str:
    """The data set to measure on: MNIST if its folder is there, else the bundled digits."""
    return "mnist" if (data_dir / "MNIST" / "raw").is_dir() else "digits"


def on_dataset(data_dir: Path) -> dict[str, str]:
    """The options of a probe that takes the row's data set."""
    return {"data_dir": str(data_dir), "dataset": dataset_in(data_dir)}


def require_mnist(data_dir: Path) -> None:
    """Raise UserError unless MNIST is there."""
    if dataset_in(data_dir) != "mnist":
        text = tr("This is measured on MNIST, which is not in {folder}. Name its folder with --data-dir.")
        raise UserError(text.format(folder=data_dir))


def python(code: str) -> str:
    """What code prints in a process of its own."""
    return subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout


def pace(data_dir: Path, **options: Any) -> float:
    """Steps per second without a window."""
    return probe("training.headless", **on_dataset(data_dir), **options)["steps_per_second"]


@cache
def _compile_sources() -> None:
    """Leave bytecode beside the sources, as installers do; where Python may not write any, each start would compile."""
    compileall.compile_dir(Path(__file__).parents[1], quiet=2)


def in_window(what: str, data_dir: Path, **options: Any) -> Row:
    """What a probe of a window finds, by default on the row's data set."""
    return probe("window.measure", **{"what": what, **on_dataset(data_dir), **options})


def probe(what: str, /, **options: Any) -> Row:
    """Run a probe, "module.function", in a process of its own with such options, and return what it found."""
    _compile_sources()
    command = [sys.executable, "-m", "vae_desktop.bench", what, json.dumps(options)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_TIMEOUT)
    except subprocess.TimeoutExpired:
        text = tr("The measurement {name!r} did not end within {seconds} s.")
        raise UserError(text.format(name=what, seconds=_TIMEOUT)) from None
    if done.returncode != 0:
        if libraries := missing_libraries(done.stderr):
            raise LibraryMissing(how_to_install(libraries))
        last_line = (done.stderr.strip().splitlines() or [tr("it said nothing")])[-1]
        text = tr("The measurement {name!r} could not run (a window needs a display): {error}")
        raise UserError(text.format(name=what, error=last_line))
    return json.loads(done.stdout.splitlines()[-1])
