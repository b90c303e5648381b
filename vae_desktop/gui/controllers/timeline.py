"""The playhead of the models in sight: what the strip shows of their training, and where a hand has put it."""

from __future__ import annotations

import contextlib
import math
import time

from PySide6.QtCore import QObject, QTimer, Slot

from vae_desktop.engine.engine import Engine
from vae_desktop.engine.playhead import common_steps
from vae_desktop.engine.processor import Pacer
from vae_desktop.engine.run import Run
from vae_desktop.errors import InvalidSetting
from vae_desktop.gui.controllers.timeline_play import TimelinePlayer
from vae_desktop.gui.controllers.window_settings import WindowSettings
from vae_desktop.gui.views.curves.curve_pane import MARKED
from vae_desktop.gui.views.timeline.strip import Past
from vae_desktop.gui.views.window.main_window import MainWindow
from vae_desktop.language import sentences, tr

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
            run = runs[0]
            assert run.timeline is not None
            why = run.timeline.reasons
            best = next((step for step, reason in why.items() if reason == "best"), None)
            marks = sorted({change.step for change in run.history.changes if change.name in MARKED})
            losses = run.history.training[:, 0].copy()
            losses[: run.history.unit_from] = math.nan  # in another unit
            forks = sorted({step for run in runs for step in self._project.forks(run)})
            self._panel.show_past(Past(losses, common_steps(runs), marks, best, forks))
        self._show_step()
        self._pacer.ran(began, time.monotonic())

    @Slot()
    def _show_step(self) -> None:
        runs = self.runs
        is_live = not any(run.moment is not None for run in runs)
        step = runs[0].shown_step if runs else 0
        self._panel.show_step(step, is_live, can_fork=self._window.workspace == "playground")
        curves = self._window.comparison.curves if self._window.workspace == "comparison" else self._window.losses
        curves.set_playhead(None if is_live else step)

    @Slot(int)
    def _go_to(self, step: int) -> None:
        """Show a step that a hand has pointed at; it ends the play."""
        self._player.stop()
        self._playhead.go_to(self.runs, step)

    @Slot(bool)
    def _fork(self, compares: bool) -> None:
        """Train on from the moment on screen as another model, with the training settings of the form."""
        run = self._project.shown
        if run is None:
            return
        self._player.stop()
        self._window.banner.clear_news()
        with contextlib.suppress(InvalidSetting):  # marked where it stands
            self._engine.starter.fork(run, self._window.setup.form.config(), compares)

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
            self._tell_of_return(run, frame.step)

    def _tell_of_return(self, run: Run, step: int) -> None:
        """Say with what a model is trained on from an earlier step, and where it is as it was."""
        training = self._window.setup.form.config().training
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
