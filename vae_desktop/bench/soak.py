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

from PySide6.QtCore import QObject, QTimer, qInstallMessageHandler
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QApplication, QCheckBox, QDockWidget, QPushButton

from vae_desktop.app import create_window, make_application
from vae_desktop.bench.memory import resident_megabytes
from vae_desktop.examples import examples
from vae_desktop.gui.views.point.latent_slider import LatentSlider
from vae_desktop.gui.views.window.main_window import MainWindow
from vae_desktop.variants import Variant

# ms between two moves of the slider, two actions, two of those that take long, two lines
_SWEEP, _ACT, _WORK, _LOOK = 16, 500, 10_000, 20_000
_TRAINING = 120.0  # seconds until a new one begins
_MODELS = 6  # in the list when a training begins
_VIEWS = ("codes", "grid", "both")
_WORKSPACES = ("comparison", "playground")
_COMPARED = tuple(Variant(kind, latent_dim=20) for kind in ("ae", "vae", "kl-only"))
_ALONE = "alone"  # this process is that of the window


class Moment(NamedTuple):
    """What the process holds."""

    megabytes: float
    threads: int
    objects: int


class Soak(QObject):
    """One long use of a window."""

    def __init__(self, window: MainWindow, minutes: float, exports: Path) -> None:
        super().__init__(window)
        self._window = window
        self._exports = exports
        self._engine = window.controller.engine
        self._end = time.monotonic() + 60 * minutes
        self._began = self._trained_at = time.monotonic()
        self._moments: list[Moment] = []
        self._actions = itertools.cycle(
            [self._toggle_dock, self._show_tool, self._show_model, self._toggle_overlay, self._show_views]
        )
        self._works = itertools.cycle([self._measure, self._export, self._change_workspace])
        self._kinds, self._kind = itertools.cycle(_WORKSPACES), "playground"  # of trainings, by their workspace
        self._is_to_measure = False
        self._formats = itertools.cycle(("gif", "png", "csv"))
        self._count = 0
        self._docks = window.findChildren(QDockWidget)
        actions = window.findChildren(QAction)
        self._overlays = [action for action in actions if action.objectName().endswith("OverlayAction")]
        window.setup.form.choose_dataset("mnist")
        window.setup.form.field("epochs").set_value(100_000)
        window.findChild(QCheckBox, "quickMeasuresCheck").setChecked(True)
        window.ask_for_export = self._name_export  # nobody would answer a dialog
        every = ((_SWEEP, self._sweep), (_ACT, self._act), (_WORK, self._work), (_LOOK, self._look))
        for interval, act in every:
            timer = QTimer(self, interval=interval)
            timer.timeout.connect(act)
            timer.start()

    def _sweep(self) -> None:
        slider = self._window.findChild(LatentSlider, "latentSlider0")
        if slider is not None:
            slider.setValue(2 * math.sin(2 * time.monotonic()))

    def _act(self) -> None:
        state, now = self._engine.training.state, time.monotonic()
        if state == "idle":
            self._advance_idle(now)
        elif state == "training" and now - self._trained_at > _TRAINING:
            self._window.setup.controls.stop_button.click()
        self._count += 1
        next(self._actions)()

    def _advance_idle(self, now: float) -> None:
        """Measure what was trained, with all threads, which none has beside a training; then begin another one."""
        if self._engine.measurements.is_running:
            return
        if self._is_to_measure:
            self._window.show_workspace(self._kind)
            self._measure()
            self._is_to_measure = False
        else:
            self._remove_old()
            self._kind = next(self._kinds)
            self._begin_training()
            self._trained_at, self._is_to_measure = now, True

    def _begin_training(self) -> None:
        self._window.show_workspace(self._kind)
        if self._kind == "comparison":
            self._window.comparison.editor.compare_requested.emit(list(_COMPARED))
        else:
            self._window.setup.controls.train_button.click()

    def _work(self) -> None:
        next(self._works)()

    def _measure(self) -> None:
        name = "measureAllButton" if self._window.workspace == "comparison" else "measureButton"
        self._window.findChild(QPushButton, name).click()

    def _export(self) -> None:
        path = self._window.tools.get("path")
        if path is not None and path.class_menu.actions():  # with a model on screen
            if not path.anchors.labels():
                path.class_menu.actions()[0].trigger()  # all classes
            self._window.findChild(QAction, f"{next(self._formats)}PathAction").trigger()

    def _name_export(self, title: str, suggestion: Path, kind: str) -> None:
        self._window.export_named.emit(self._exports / f"export{suggestion.suffix}")

    def _change_workspace(self) -> None:
        other = _WORKSPACES[self._window.workspace == "comparison"]
        self._window.show_workspace(other)

    def _remove_old(self) -> None:
        for run in list(self._engine.project.runs.values())[:-_MODELS]:
            self._engine.library.remove(run)

    def _toggle_dock(self) -> None:
        self._docks[self._count // 5 % len(self._docks)].toggleViewAction().trigger()

    def _show_tool(self) -> None:
        names = list(self._window.tools)
        if names:
            self._window.show_tool(names[self._count // 5 % len(names)])

    def _show_model(self) -> None:
        if len(self._engine.project.runs) < _MODELS:
            bundled = examples()
            self._engine.library.open(bundled[self._count // 5 % len(bundled)].path, "example")
        else:
            runs = list(self._engine.project.runs.values())
            run = runs[self._count // 5 % len(runs)]
            project = self._engine.project
            if run is not project.shown and (run.snapshot is not None or run in project.active):
                project.show(run)

    def _toggle_overlay(self) -> None:
        self._overlays[self._count // 5 % len(self._overlays)].trigger()

    def _show_views(self) -> None:
        self._window.stage.show_views(_VIEWS[self._count // 5 % len(_VIEWS)])

    def _look(self) -> None:
        now = Moment(resident_megabytes(), threading.active_count(), _count_objects(self._window))
        self._moments.append(now)
        steps = sum(len(run.history.training) for run in self._engine.project.active)
        print(
            f"{(time.monotonic() - self._began) / 60:5.1f} min  {steps:8,} steps  {now.megabytes:6.0f} MB  "
            f"{now.threads} threads  {now.objects:,} objects  {len(self._engine.project.runs)} models",
            flush=True,
        )
        if time.monotonic() > self._end:
            self._report()
            self._window.close()
            QApplication.quit()

    def _report(self) -> None:
        tenth = max(len(self._moments) // 10, 1)
        early, late = self._moments[2 * tenth : 3 * tenth] or self._moments[:1], self._moments[-tenth:]
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
    application = make_application()
    with tempfile.TemporaryDirectory() as settings_dir:
        window = create_window(Path(options["data_dir"]), Path(settings_dir))
        window.controller.open_last_model()
        soak = Soak(window, float(options.get("minutes", "30")), Path(settings_dir))
        soak.setObjectName("soak")
        window.resize(1280, 800)
        window.show()
        application.exec()
    os._exit(0)  # as the command does: what is still loading in a thread cannot be ended cleanly


if __name__ == "__main__":
    given = dict(argument.split("=", 1) for argument in sys.argv[1:])
    if _ALONE in given:
        _use_window(given)
    sys.exit(main(sys.argv[1:]))
