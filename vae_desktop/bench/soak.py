"""Uses a window for a long time and prints what it holds on to.

    python -m vae_desktop.bench.soak minutes=30 data_dir=DIR

trains on MNIST without end, one model or several of twenty dimensions side by side, sweeps a slider, shows other
models, opens and closes every panel, tool and overlay, measures, exports, and begins a new training now and then, for
which the oldest model leaves the list. Each line is a moment; the last ones compare the end with the time after
everything was used once. The exit status is 1 if the window wrote anything on stderr, logged errors included, or did
not end well.
"""

import itertools
import logging
import math
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import NamedTuple

from PySide6.QtCore import QTimer, qInstallMessageHandler
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QCheckBox, QDockWidget, QMenu, QPushButton

from vae_desktop.bench.memory import resident_megabytes
from vae_desktop.driver import WindowDriver, fresh_window
from vae_desktop.examples import examples
from vae_desktop.gui.views.point.latent_slider import LatentSlider
from vae_desktop.gui.views.tools.path_view import PathView
from vae_desktop.gui.views.window.main_window import MainWindow
from vae_desktop.variants import Variant

_SWEEP = 16  # ms between two moves of the slider
_ACT = 0.5  # seconds between two actions
_WORK, _LOOK = 20, 40  # actions between two of those that take long, and between two lines
_TRAINING = 120.0  # seconds until a new one begins
_MODELS = 6  # in the list when a training begins
_COMPARED = tuple(Variant(kind, latent_dim=20) for kind in ("ae", "vae", "kl-only"))
_ALONE = "alone"  # this process is that of the window


class Moment(NamedTuple):
    """What the process holds."""

    megabytes: float
    threads: int
    objects: int


class Soak:
    """One long use of a window."""

    def __init__(self, driver: WindowDriver, exports: Path) -> None:
        self._driver = driver
        self._window, self._project = driver.window, driver.engine.project
        self._began = self._trained_at = time.monotonic()
        self._kinds, self._kind = itertools.cycle(("comparison", "playground")), "playground"  # of trainings
        self._is_to_measure = False
        self._formats = itertools.cycle(("gif", "png", "csv"))
        self._docks = itertools.cycle(self._window.findChildren(QDockWidget))
        actions = self._window.findChildren(QAction)
        self._overlays = itertools.cycle([one for one in actions if one.objectName().endswith("OverlayAction")])
        self._views = itertools.cycle(("codes", "grid", "both"))
        self._examples = itertools.cycle(examples())
        self._tools = itertools.cycle(self._window.tools)
        self._model_turns = itertools.count()
        self._window.setup.form.choose_dataset("mnist")
        self._window.setup.form.field("epochs").set_value(100_000)
        driver.find(QCheckBox, "quickMeasuresCheck").setChecked(True)

        def name_export(title: str, suggestion: Path, kind: str) -> Path:
            return exports / f"export{suggestion.suffix}"

        self._window.ask_for_export = name_export  # type: ignore[method-assign]  # nobody would answer a dialog

    def use(self, minutes: float) -> list[Moment]:
        """Use the window for so long; each moment is printed when it comes, and returned."""
        sweep = QTimer(self._window, interval=_SWEEP)
        sweep.timeout.connect(self._sweep)
        sweep.start()
        actions = itertools.cycle(
            (
                lambda: next(self._docks).toggleViewAction().trigger(),
                lambda: self._window.show_tool(next(self._tools)),
                self._show_model,
                lambda: next(self._overlays).trigger(),
                lambda: self._window.stage.show_views(next(self._views)),
            )
        )
        works = itertools.cycle((self._measure, self._export, self._change_workspace))
        moments: list[Moment] = []
        for count in itertools.count(1):
            self._driver.wait(_ACT)
            self._advance_training()
            next(actions)()
            if count % _WORK == 0:
                next(works)()
            if count % _LOOK == 0:
                moments.append(self._look())
                if time.monotonic() - self._began > 60 * minutes:
                    break
        return moments

    def _sweep(self) -> None:
        slider = self._window.findChild(LatentSlider, "latentSlider0")
        if slider is not None:
            slider.setValue(2 * math.sin(2 * time.monotonic()))

    def _advance_training(self) -> None:
        """Stop a training after a while; measure what it gave, with all threads, then begin another one."""
        if self._driver.state == "training" and time.monotonic() - self._trained_at > _TRAINING:
            self._window.setup.controls.stop_button.click()
        elif self._driver.state != "idle" or self._driver.engine.measurements.is_running:
            return
        elif self._is_to_measure:
            self._window.show_workspace(self._kind)
            self._measure()
            self._is_to_measure = False
        else:
            for run in list(self._project.runs.values())[:-_MODELS]:
                self._driver.engine.library.remove(run)
            self._kind = next(self._kinds)
            self._window.show_workspace(self._kind)
            if self._kind == "comparison":
                self._window.comparison.editor.compare_requested.emit(list(_COMPARED))
            else:
                self._window.setup.controls.train_button.click()
            self._trained_at, self._is_to_measure = time.monotonic(), True

    def _measure(self) -> None:
        name = "measureAllButton" if self._window.workspace == "comparison" else "measureButton"
        self._driver.find(QPushButton, name).click()

    def _export(self) -> None:
        path = self._window.tools["path"]
        assert isinstance(path, PathView)
        if not path.anchors.labels():
            _choose(path.class_menu, -1)  # all classes
        _choose(path.export_menu, next(self._formats))

    def _change_workspace(self) -> None:
        other = "playground" if self._window.workspace == "comparison" else "comparison"
        self._window.show_workspace(other)

    def _show_model(self) -> None:
        runs = list(self._project.runs.values())
        if len(runs) < _MODELS:
            self._driver.engine.library.open(next(self._examples).path, "example")
            return
        run = runs[next(self._model_turns) % len(runs)]
        if run is not self._project.shown and (run.snapshot is not None or run in self._project.active):
            self._project.show(run)

    def _look(self) -> Moment:
        now = Moment(resident_megabytes(), threading.active_count(), _count_objects(self._window))
        steps = sum(len(run.history.training) for run in self._project.active)
        print(
            f"{(time.monotonic() - self._began) / 60:5.1f} min  {steps:8,} steps  {now.megabytes:6.0f} MB  "
            f"{now.threads} threads  {now.objects:,} objects  {len(self._project.runs)} models",
            flush=True,
        )
        return now


def _choose(menu: QMenu, data: object) -> None:
    """Choose an entry of a menu, if it is there."""
    for action in menu.actions():
        if action.data() == data:
            action.trigger()


def _report(moments: list[Moment]) -> None:
    tenth = max(len(moments) // 10, 1)
    early, late = moments[2 * tenth : 3 * tenth] or moments[:1], moments[-tenth:]
    for name in Moment._fields:
        first, last = (statistics.median(getattr(moment, name) for moment in part) for part in (early, late))
        print(f"{name}: {first:,.0f} in the third tenth, {last:,.0f} in the last ({last / first - 1:+.1%})")


def _count_objects(window: MainWindow) -> int:
    """How many QObjects belong to the window, counted by Qt: to have them listed would make as many of Python's."""
    lines: list[str] = []
    before = qInstallMessageHandler(lambda kind, context, text: lines.append(text))
    window.dumpObjectTree()
    qInstallMessageHandler(before)
    return len(lines)


def main(arguments: list[str]) -> int:
    """Use a window, in a process of its own, and return the exit status."""
    command = [sys.executable, "-m", "vae_desktop.bench.soak", *arguments, f"{_ALONE}=yes"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, errors="replace") as window:
        lines = 0
        for line in window.stderr or ():
            sys.stderr.write(line)
            lines += 1
    print(f"stderr: {lines:,} lines; exit status of the window: {window.returncode}")
    return int(lines > 0 or window.returncode != 0)


def _use_window(options: dict[str, str]) -> None:
    """Open a window with fresh settings and use it for so many minutes."""
    logging.basicConfig(level=logging.ERROR)
    with fresh_window(Path(options["data_dir"])) as driver, tempfile.TemporaryDirectory() as exports:
        driver.window.controller.open_last_model()
        driver.window.resize(1280, 800)
        driver.window.show()
        driver.wait_until(lambda: driver.window.tools)  # they come after the first paint
        _report(Soak(driver, Path(exports)).use(float(options.get("minutes", "30"))))
    os._exit(0)  # as the command does: what is still loading in a thread cannot be ended cleanly


if __name__ == "__main__":
    given = dict(argument.split("=", 1) for argument in sys.argv[1:])
    if _ALONE in given:
        _use_window(given)
    sys.exit(main(sys.argv[1:]))
