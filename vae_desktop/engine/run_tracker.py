"""What the training thread says of its runs, taken into the state of the app."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from psygnal import Signal

from vae_desktop.config import RunConfig
from vae_desktop.engine.messages import Message, Messages
from vae_desktop.engine.pace import Progress, ProgressMeter
from vae_desktop.engine.project import Project
from vae_desktop.engine.run import Run
from vae_desktop.engine.saving import ModelSaver
from vae_desktop.errors import InvalidSetting
from vae_desktop.language import tr
from vae_desktop.latent.codes import Codes, Floats
from vae_desktop.models.snapshot import Snapshot, Span
from vae_desktop.training.causes import may_be_the_rate, why_diverged
from vae_desktop.training.history import Change, Evaluation

if TYPE_CHECKING:
    from vae_desktop.training.devices import Device
    from vae_desktop.training.observed_step import ObservedStep

Outcome = Literal["finished", "stopped", "diverged"]


@dataclass(eq=False)
class RunTracker:
    """Follows runs from their beginning to their end: the training thread's calls arrive here, in the owner's thread.

    Attributes
    ----------
    devices : tuple of Device
        What can be trained on, the quickest first; empty until torch is loaded.
    starting : list of Run
        Sent to the thread, not yet begun.
    compares : bool
        Whether the runs that were sent last belong together.
    slower : (Run, RunConfig), or None
        What diverged last, and how to go on with it.
    """

    progressed = Signal(Progress)
    devices_found = Signal(tuple)

    _project: Project
    _saver: ModelSaver
    _messages: Messages

    def __post_init__(self) -> None:
        self.devices: tuple[Device, ...] = ()
        self.starting: list[Run] = []
        self.compares = self.is_stopping = self.has_failed = False
        self.is_closing = False  # and what ends must not begin other work
        self.slower: tuple[Run, RunConfig] | None = None
        self._meter: ProgressMeter | None = None
        self._metered: Run | None = None  # whose pace it measures
        self._train_images = 0

    def expect(self, runs: Sequence[Run], compares: bool, train_images: int) -> None:
        """Take in that runs were sent to the thread, to be trained on so many images."""
        self.starting, self.compares, self._train_images = list(runs), compares, train_images

    def devices_known(self, devices: tuple[Device, ...]) -> None:
        """Take in that torch is loaded, and which devices there are."""
        self.devices = devices
        self.devices_found.emit(devices)
        self.leave_missing_devices(self._project.runs.values())

    def thread_told(self, text: str) -> None:
        """Tell what the thread has to say: of a device that does not work, or a folder that cannot be written."""
        self._messages.inform(text, is_added=True)

    def run_started(self, run: Run, device: str, parameters: int, span: Span, step: int) -> None:
        """Take in that a run's next step is about to be taken, after `step` of them."""
        self.starting.remove(run)
        self.has_failed = False  # a failure of the run before may have been heard of since
        run.forget_after(step)
        if step == 0:  # it is evaluated before its first step, again if it was stopped there
            run.history.evaluations.clear()
        run.device, run.parameters, run.steps_per_epoch, run.last_step = device, parameters, span.per_epoch, span.last
        progress = Progress(step, span.first, span.last, span.per_epoch)
        if not self._project.active:  # of several the first one's progress is that of all
            self._meter, self._metered = ProgressMeter(progress, self._train_images), run
        self._project.active.append(run)
        self._project.add(run)
        self._project.set_status(run, "training")
        comparison = self._project.comparison_of(run)
        if comparison is None or not self.compares:
            self._project.show(run)
        elif run is self._project.active[0]:
            self._project.show_comparison(comparison)
        self.progressed.emit(progress)

    def run_stepped(self, run: Run, rows: Floats) -> None:
        """Take in the metrics (n, terms) of the steps since the last time; the columns are history.TERMS."""
        run.history.append(rows)
        if self._meter is not None and run is self._metered:
            if run.status == "paused":  # a single step waited for the person
                self._meter.restart_clock()
            self._meter.advance(len(rows))
            self.progressed.emit(self._meter.progress)
        self._project.metrics_changed.emit(run)

    def run_evaluated(self, run: Run, evaluation: Evaluation) -> None:
        """Take in the loss on the test set."""
        run.history.evaluations.append(evaluation)
        self._project.metrics_changed.emit(run)
        self._project.runs_changed.emit()

    def run_embedded(self, run: Run, codes: Codes) -> None:
        """Take in codes of the test images; while training, some are a moment older than others."""
        run.newest_codes = codes
        if run.moment is None:
            self._project.codes_changed.emit(run)

    def training_images_embedded(self, run: Run, codes: Codes) -> None:
        """Take in codes of the training images; those that have not had their turn yet are NaN."""
        if self._project.shows_training_images and run is self._project.shown:
            run.train_codes, run.train_codes_step = codes, -1
            self._project.codes_changed.emit(run)

    def run_adjusted(self, run: Run, change: Change, last_step: int) -> None:
        """Take in that a setting was changed; with it the last step may have moved."""
        run.set_training(change.name, change.value)
        run.last_step = last_step
        self._project.name_models(self._project.comparison_of(run))
        run.history.changes.append(change)
        if self._meter is not None and run is self._metered:
            self._meter.set_last_step(last_step)
            self.progressed.emit(self._meter.progress)
        self._project.metrics_changed.emit(run)

    def run_observed(self, run: Run, observed: ObservedStep) -> None:
        """Take in what a single step of a held training did."""
        run.observed = observed
        if self._meter is not None and run is self._metered:
            self._meter.restart_clock()
            self.progressed.emit(self._meter.progress)
        self._project.step_observed.emit(run)

    def run_paused(self, run: Run) -> None:
        self._project.set_status(run, "paused")

    def run_resumed(self, run: Run) -> None:
        if self._meter is not None and run is self._metered:
            self._meter.restart_clock()
        self._project.set_status(run, "training")

    def run_captured(self, run: Run, snapshot: Snapshot, codes: Codes) -> None:
        """Take in the whole state of a model in training, which was asked for."""
        self._saver.take_captured(run, run.checkpoint(snapshot, codes))

    def run_secured(self, run: Run, snapshot: Snapshot, codes: Codes | None = None) -> None:
        """Take in the whole state of a model in training; ahead of its codes, where they take too long to wait for."""
        run.snapshot = snapshot
        if codes is not None:  # they are kept with it
            self.run_embedded(run, codes)
        active = self._project.active
        if active and run is active[-1]:  # those of a comparison come one after the other, and are kept together
            self._autosave(active)

    def run_ended(self, run: Run, outcome: Outcome, snapshot: Snapshot, codes: Codes, at_step: int) -> None:
        """Take in that a run is over: where it diverged, at `at_step`, the snapshot is the last good one."""
        self._leave(run)
        run.snapshot = snapshot
        self._project.set_status(run, outcome)  # first: of codes that still move, views show some only
        self.run_embedded(run, codes)
        self._saver.take_ended(run)
        if not self._project.active:
            self._autosave([run])
        if outcome == "diverged":
            self._tell_diverged(run, snapshot.step, at_step)

    def run_failed(self, run: Run | None, words: str, details: str, snapshot: Snapshot | None) -> None:
        """Take in that a run has ended for an error, with its last good state; or that none could begin, for None."""
        ended = [entry for entry in self.starting if run in (None, entry)]
        self.starting = [entry for entry in self.starting if entry not in ended]
        for entry in ended:
            entry.status = "failed"
        if run is not None and run in self._project.active:
            self._leave(run)
            run.snapshot = snapshot or run.snapshot
            self._project.set_status(run, "failed")
            self._saver.take_ended(run)
        if not self._project.active:
            self._autosave(list(self._project.runs.values()))
        self.has_failed = not self._project.active
        self.is_stopping &= bool(self._project.active)
        prefix = "" if run is None else self._project.message_prefix(run)
        self._messages.complain(prefix + words, details)

    def leave_missing_devices(self, runs: Iterable[Run]) -> None:
        """Have models that were trained on what this machine lacks go on on what it has, and say so."""
        there = [device.name for device in self.devices if device.is_there]
        for run in runs:
            device = run.config.training.device
            if there and device not in (*there, "auto"):
                run.config = run.config.with_settings(device="auto")
                text = tr("{model} was trained on {device}, which this machine lacks. Here it runs on {other}.")
                self._messages.inform(text.format(model=run.title, device=device.upper(), other=there[0].upper()))

    def _autosave(self, runs: Sequence[Run]) -> None:
        """Keep models in the background, unless all is about to be kept."""
        if not self.is_closing:
            self._saver.autosave(list(runs))

    def _tell_diverged(self, run: Run, good_step: int, at_step: int) -> None:
        text = tr(
            "{prefix}Training was halted: near step {step:,} the loss or the weights became infinite or NaN. The model "
            "is back at step {good:,}, the last good one. {why}"
        )
        why, prefix = why_diverged(run.config, at_step), self._project.message_prefix(run)
        text = text.format(prefix=prefix, step=at_step, good=good_step, why=why)
        slower = None if self._project.comparison_of(run) is not None else _slower(run.config)
        if slower is not None:
            self.slower = run, slower
            question = tr("{message} Go on from there with a tenth of the learning rate, {rate:g}?")
            text = question.format(message=text, rate=slower.training.learning_rate)
        self._messages.posted.emit(Message("error", text, action="" if slower is None else "slower"))

    def _leave(self, run: Run) -> None:
        active = self._project.active
        active.remove(run)
        self.is_stopping &= bool(active)
        if run is self._metered and active and self._meter is not None:
            self._metered = active[0]
            step, last_step = len(self._metered.history.training), self._metered.last_step
            progress = replace(self._meter.progress, step=step, last_step=last_step)
            self._meter = ProgressMeter(progress, self._train_images)


def _slower(config: RunConfig) -> RunConfig | None:
    """With a tenth of the learning rate, if that can help and is not lower than any."""
    if not may_be_the_rate(config.training):
        return None
    try:
        return config.with_settings(learning_rate=config.training.learning_rate / 10)
    except InvalidSetting:
        return None
