"""What training says of itself: the state, how far it is, and which models the buttons act on."""

import time

from PySide6.QtCore import QObject, Slot

from vae_desktop.config import RunConfig
from vae_desktop.engine.engine import Engine
from vae_desktop.engine.pace import Progress
from vae_desktop.engine.run import Run
from vae_desktop.engine.training import State
from vae_desktop.gui.controllers.follow import following_in_words, going_on
from vae_desktop.gui.controllers.training_times import TrainingTimes
from vae_desktop.gui.views.window.main_window import MainWindow
from vae_desktop.language import tr
from vae_desktop.progress import Pacer

_PROGRESS_INTERVAL = 0.2  # seconds; figures that change more often cannot be read


class TransportController(QObject):
    """Shows the state of training on the transport bar and in the status line, and notes how long it takes."""

    def __init__(self, window: MainWindow, engine: Engine, times: TrainingTimes) -> None:
        super().__init__(window)
        self._window = window
        self._controls = window.setup.controls
        self._engine, self._project, self._training = engine, engine.project, engine.training
        self._times = times
        self._pacer = Pacer(_PROGRESS_INTERVAL, fraction=1.0)
        self._progress: Progress | None = None  # the newest, of what trains
        self._has_torch = False  # until its devices are known
        self._measured: tuple[list[RunConfig], float] | None = None  # what trains, and seconds for an epoch of it
        self._training.state_changed.connect(self._show_state)
        engine.tracker.progressed.connect(self._show_progress)
        engine.tracker.devices_found.connect(self._note_torch, max_args=0)
        engine.following.changed.connect(self._show_target, max_args=0)
        for signal in (self._project.shown_changed, self._project.compared_changed, self._project.runs_changed):
            signal.connect(self._show_target, max_args=0)
        window.workspace_changed.connect(self._show_workspace)
        controls = self._controls
        # A run that waits for a data set which is being read already changes no state, but can be stopped.
        for asked in (controls.train_requested, controls.continue_requested, controls.stop_requested):
            asked.connect(self._refresh)
        editor = window.comparison.editor
        for asked in (editor.compare_requested, editor.argument_requested):
            asked.connect(self._refresh)
        self._refresh()

    @Slot()
    def _refresh(self) -> None:
        self._show_state(self._training.state)

    def _show_state(self, state: State) -> None:
        if state not in ("training", "paused") and self._measured is not None:
            self._times.note(*self._measured)
            self._measured = None
        self._window.setProperty("state", state)
        self._controls.set_state(state, self._engine.starter.is_beginning)
        self._show_target()
        if state == "paused" and self._progress is not None:  # no further one comes that could correct what is shown
            self._controls.show_progress(self._progress)

    def _note_torch(self) -> None:
        self._has_torch = True
        self._window.status.setText(self._status_text(self._training.state))

    def _show_progress(self, progress: Progress) -> None:
        now, self._progress = time.monotonic(), progress
        if self._pacer.is_due(now) or progress.step >= progress.last_step:
            self._pacer.ran(now, now)
            self._controls.show_progress(progress)
            self._window.status.setText(self._status_text(self._training.state))
        left = progress.last_epoch - progress.epoch
        if progress.seconds_left and left > 0:
            self._measured = [run.config for run in self._project.active], progress.seconds_left / left

    @Slot(str)
    def _show_workspace(self, workspace: str) -> None:
        self._controls.set_compares(workspace == "comparison")
        self._show_target()

    def _show_target(self) -> None:
        """Say which models the buttons act on; of one that does not train, how far it has come."""
        active = self._project.active
        targets = active or self._in_sight
        compares = self._window.workspace == "comparison"
        title = self._title(targets) or (tr("No models yet") if compares else tr("No model yet"))
        if active and self._engine.tracker.compares != compares:
            where = tr("In Playground: {title}") if compares else tr("In Compare: {title}")
            title = where.format(title=title)
        self._controls.show_target(title)
        self._window.status.setText(self._status_text(self._training.state))
        if not active:
            self._controls.show_progress(going_on(targets).progress if targets else None)

    @property
    def _in_sight(self) -> list[Run]:
        return self._project.in_sight(self._window.workspace == "comparison")

    def _title(self, runs: list[Run]) -> str:
        if len(runs) < 2:
            return runs[0].title if runs else ""
        data = runs[0].config.dataset.label
        return tr("{count} models · {data}").format(count=len(runs), data=data)

    def _status_text(self, state: State) -> str:
        active = self._project.active
        if active:
            doing = {"paused": tr("Paused"), "stopping": tr("Stopping…")}.get(state, tr("Training"))
            return tr("{doing} {run} on {device}").format(
                doing=doing,
                run=active[0].title if len(active) == 1 else tr("{count} models").format(count=len(active)),
                device=active[0].device.upper(),
            )
        followed = [run for run in self._in_sight if run.followed is not None]
        if followed and state in ("idle", "loading"):
            return following_in_words(followed)
        return {
            "idle": tr("Ready") if self._has_torch else tr("PyTorch is loading; sliders work already"),
            "loading": tr("Loading…"),
            "stopping": tr("Stopping…"),
            "failed": tr("Training failed; the last good model is kept"),
        }.get(state, "")
