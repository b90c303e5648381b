"""The playhead of the models in sight: what the strip shows of their training, and where a hand has put it."""

from __future__ import annotations

import contextlib
import math
import time
from dataclasses import replace

from PySide6.QtCore import QObject, QTimer, Slot

from vae_desktop.config import TrainingConfig
from vae_desktop.engine.engine import Engine
from vae_desktop.engine.playhead import common_steps
from vae_desktop.engine.run import Run
from vae_desktop.errors import InvalidSetting
from vae_desktop.gui.controllers.timeline_play import TimelinePlayer
from vae_desktop.gui.controllers.window_settings import WindowSettings
from vae_desktop.gui.views.curves.curve import MARKED
from vae_desktop.gui.views.timeline.strip import Past
from vae_desktop.gui.views.window.main_window import MainWindow
from vae_desktop.gui.widgets.theme import MODEL_COLOURS
from vae_desktop.language import sentences, tr
from vae_desktop.latent.codes import Floats
from vae_desktop.progress import Pacer

_INTERVAL, _FRACTION = 0.25, 0.02  # seconds between two looks at a training that goes on, and of the time


class TimelineController(QObject):
    """Keeps the strip at the model on screen, or at the first of those side by side; all of them move together."""

    def __init__(self, window: MainWindow, engine: Engine, settings: WindowSettings) -> None:
        super().__init__(window)
        self._window, self._engine = window, engine
        self._project, self._playhead = engine.project, engine.playhead
        self._panel = window.timeline
        self._pacer = Pacer(_INTERVAL, _FRACTION)
        self._later = QTimer(self, singleShot=True, interval=round(1000 * _INTERVAL))
        self._later.timeout.connect(self._show)
        project = self._project
        for signal in (project.shown_changed, project.compared_changed, project.runs_changed):
            signal.connect(self._show, max_args=0)
        project.metrics_changed.connect(self._note)
        project.timeline_changed.connect(self._note)
        project.moment_changed.connect(self._show_step, max_args=0)
        engine.datasets.loaded.connect(self._complete, max_args=0)
        window.workspace_changed.connect(self._show)
        for goes_on in (window.setup.controls.step_requested, window.setup.controls.continue_requested):
            goes_on.connect(self._go_live)  # training goes on from the newest step: that is then to be seen
        self._panel.pointed.connect(self._go_to)
        self._panel.live_wanted.connect(self._go_live)
        self._panel.fork_wanted.connect(self._fork)
        self._panel.return_wanted.connect(self._go_back)
        self._player = TimelinePlayer(self._panel.play, self._playhead, lambda: self.runs, settings)
        window.losses.step_chosen.connect(self._go_to)
        window.comparison.curves.step_chosen.connect(self._go_to)

    @property
    def runs(self) -> list[Run]:
        """The models in sight, those with a timeline."""
        in_sight = self._project.in_sight(self._window.workspace == "comparison")
        return [run for run in in_sight if run.timeline is not None and run.timeline.frames]

    def _note(self, run: Run) -> None:
        """Follow a training, at a rate that can be read."""
        if self._pacer.is_due(time.monotonic()):
            self._show()
        elif not self._later.isActive():
            self._later.start()

    @Slot()
    def _show(self) -> None:
        began, runs = time.monotonic(), self.runs
        if not runs:
            self._panel.show_past(Past())
        else:
            self._panel.show_past(self._past(runs))
        self._show_step()
        self._pacer.ran(began, time.monotonic())

    def _past(self, runs: list[Run]) -> Past:
        """What the strip shows of models; side by side, each has the colour of its column."""
        marks = sorted({change.step for run in runs for change in run.history.changes if change.name in MARKED})
        forks = sorted({step for run in runs for step in self._project.forks(run)})
        past = Past(_losses(runs[0]), common_steps(runs), marks, _best(runs[0]), forks)
        if self._window.workspace != "comparison":
            return past
        places = {run: place for place, run in enumerate(self._project.in_sight(compares=True))}
        own, *others = ((MODEL_COLOURS[places[run]], _losses(run)) for run in runs)
        are_of_one_unit = len({run.config.model.judged_by.unit for run in runs}) == 1
        return replace(past, best=None, colour=own[0], others=others, are_of_one_unit=are_of_one_unit)

    @Slot()
    def _show_step(self) -> None:
        runs = self.runs
        is_live = not any(run.moment is not None for run in runs)
        step = runs[0].shown_step if runs else 0
        trains_here = not any(run.followed is not None for run in runs)
        self._panel.show_step(step, is_live, self._window.workspace == "playground", trains_here)
        curves = self._window.comparison.curves if self._window.workspace == "comparison" else self._window.losses
        curves.set_playhead(None if is_live else step)

    @Slot(int)
    def _go_to(self, step: int) -> None:
        """Show a step that a hand has pointed at; it ends the play."""
        self._player.stop()
        self._playhead.go_to(self.runs, step)

    def _complete(self) -> None:
        self._playhead.complete(self.runs)

    @Slot(bool)
    def _fork(self, compares: bool) -> None:
        """Train on from the moment on screen as another model, with the training settings of the form."""
        run = self._project.shown
        if run is None:
            return
        self._player.stop()
        self._window.banner.clear_news()
        with contextlib.suppress(InvalidSetting):  # marked where it stands
            self._engine.fork_starter.fork(run, self._window.setup.form.config(), compares)

    @Slot()
    def _go_back(self) -> None:
        """Train the model on screen on from its moment on screen."""
        run = self._project.shown
        if run is None or run.moment is None or self._engine.starter.is_beginning:
            return
        frame, form, settings = run.moment, self._window.setup.form, run.settings_until(run.moment.step)
        for name, value in settings.items():
            form.field(name).set_value(value)  # as it was trained then: another rate may be what ruined it
        with contextlib.suppress(InvalidSetting):
            config = form.config()
            self._go_live()
            self._window.banner.clear_news()
            self._engine.starter.go_back(run, frame, config)
            self._tell_of_return(run, frame.step, config.training)

    def _tell_of_return(self, run: Run, step: int, training: TrainingConfig) -> None:
        """Say with what a model is trained on from an earlier step, and where it is as it was."""
        text = tr("#{id} trains on from step {step}, at the rate it had there, {rate}")
        if run.config.model.traits.kl_weight is None:
            text = tr("#{id} trains on from step {step}, with rate and β as they were there, {rate} and {beta}")
        text = text.format(id=run.id, step=f"{step:,}", rate=f"{training.learning_rate:g}", beta=f"{training.beta:g}")
        kept = tr("As it was stays under File ▸ Open recent.")
        self._engine.messages.inform(sentences(tr("{sentence}.").format(sentence=text), kept))

    @Slot()
    def _go_live(self) -> None:
        self._player.stop()
        self._playhead.go_live(self.runs)


def _losses(run: Run) -> Floats:
    """The loss of each step; NaN where it is in another unit than now."""
    losses = run.history.training[:, 0].copy()
    losses[: run.history.unit_from] = math.nan
    return losses


def _best(run: Run) -> int | None:
    """The kept step with the lowest loss on the test images, of those with the β of now; the newest needs no mark."""
    assert run.timeline is not None
    frames, judged = run.timeline.frames, {entry.step for entry in run.history.comparable}
    losses = {info.step: info.evaluation.total for info in frames if info.evaluation is not None}
    losses = {step: loss for step, loss in losses.items() if step in judged and math.isfinite(loss)}
    best = min(losses, key=lambda step: losses[step], default=None)
    return None if best in (0, frames[-1].step) else best
