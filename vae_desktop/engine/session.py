"""The state of the app without its window: what is loaded, what trains, what is on screen."""

from __future__ import annotations

import logging
import math
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from vae_desktop.catalog import describe_dataset
from vae_desktop.config import DatasetConfig, RunConfig
from vae_desktop.data.dataset import Dataset
from vae_desktop.engine.autosave import Autosaves, is_earlier
from vae_desktop.engine.dataset_shelf import DatasetShelf
from vae_desktop.engine.inference import InferenceThread
from vae_desktop.engine.jobs import Answers, Job, Jobs
from vae_desktop.engine.keeper import Keeper
from vae_desktop.engine.layout import Layouts
from vae_desktop.engine.listener import Action, Message, SessionListener, State
from vae_desktop.engine.mailbox import Outbox
from vae_desktop.engine.measurements import Measurements, Surroundings
from vae_desktop.engine.messages import (
    Adjust,
    Adjusted,
    Capture,
    Captured,
    Decoded,
    DecodingFailed,
    DevicePassedOver,
    Embedded,
    EmbedTraining,
    EngineReady,
    Entry,
    Evaluated,
    Failed,
    JobEnded,
    JobFound,
    JobProgressed,
    Pause,
    Paused,
    Resume,
    Resumed,
    RunEnded,
    RunStarted,
    Secured,
    StartRuns,
    Stepped,
    Stop,
    ViewAnswered,
)
from vae_desktop.engine.mixtures import Mixtures
from vae_desktop.engine.model_files import ModelFiles
from vae_desktop.engine.recovery import Recovery
from vae_desktop.engine.run import Origin, Progress, ProgressMeter, Run, RunSet, RunStatus, opened_run
from vae_desktop.engine.trainer import TrainingThread
from vae_desktop.engine.training_set import TrainingSetCodes
from vae_desktop.engine.view_requests import ViewRequest
from vae_desktop.engine.words import error_message, summary, wrong_shape
from vae_desktop.errors import DatasetBroken, DatasetMissing, InvalidSetting, UserError
from vae_desktop.files import write_atomically
from vae_desktop.latent.codes import Codes, Floats
from vae_desktop.latent.measures import Extent
from vae_desktop.training.advice import same_models
from vae_desktop.training.causes import may_be_the_rate, why_diverged
from vae_desktop.training.history import Change
from vae_desktop.variants import check_comparison

if TYPE_CHECKING:
    from vae_desktop.models.snapshot import Snapshot
    from vae_desktop.training.checkpoint import Checkpoint

_log = logging.getLogger(__name__)
_REMOVALS = 5  # that can be undone; each holds its models in memory
_EXPORT = "export"  # what a message is about
_BURST = 10.0  # seconds; changes that follow each other sooner are one, as those of a field that is dragged


@dataclass(frozen=True, eq=False)
class _Plan:
    """Runs to be started when their data set is there: new ones, or on from where `runs` are."""

    configs: list[RunConfig]
    runs: list[Run] = field(default_factory=list)
    is_set: bool = False


@dataclass(frozen=True, eq=False)
class _Removal:
    """Models that were taken off the list, and what was there before."""

    runs: tuple[Run, ...]
    order: tuple[int, ...]  # ids of all runs
    sets: tuple[RunSet, ...]
    was_shown: Run | None  # of these


class Session:
    """Everything that the window asks for, and the state that the answers leave behind.

    All methods are called from one thread; that thread also hands each event of the outbox to :meth:`handle`.
    The threads start at the first need, or with :meth:`warm_up`.
    """

    def __init__(
        self,
        outbox: Outbox,
        listener: SessionListener,
        data_dir: Path,
        autosaves: Autosaves,
        cache_dir: Path | None = None,
    ) -> None:
        self.runs: dict[int, Run] = {}
        self.shown: Run | None = None
        self.active: list[Run] = []  # the runs in the worker
        self.shown_set: RunSet | None = None
        self._listener = listener
        self._outbox = outbox
        self._warm = False
        self._is_closing = False
        self._renew_threads()
        self._jobs = Jobs(outbox, listener.file_written)
        self._shelf = DatasetShelf(self._jobs, data_dir)
        self.layouts = Layouts(self._jobs)
        self.mixtures = Mixtures(self._jobs)
        self._training_set = TrainingSetCodes(
            self._jobs, listener, lambda run_id: self._inference.newest(run_id), self.loaded, self._report
        )
        self._run_count = 0
        self._request_count = 0
        self._starting: list[Run] = []  # sent to the worker, not yet begun
        self._begins_set = False
        self._removals: deque[_Removal] = deque(maxlen=_REMOVALS)  # that can be undone
        self._awaited: _Plan | None = None  # waits for its data set
        self._devices: list[str] = []  # that are there; empty until it is known
        self._slower: tuple[Run, RunConfig] | None = None  # what diverged, and how to go on with it
        self._last_change = -math.inf  # when one of the two rates was changed while training
        self._rates: dict[tuple[str, int], float] = {}  # what acts at once, as last sent to the worker, by run
        self._stopping = False
        self._failed = False
        self.missing: DatasetConfig | None = None  # the last data set that could be downloaded
        self._keeper = Keeper(self._jobs, listener, autosaves, self._report, self.runs)
        self._files = ModelFiles(self._jobs)
        self.recovery = Recovery(self._jobs, autosaves, listener)
        self._meter: ProgressMeter | None = None
        self._metered: Run | None = None  # whose pace it measures
        self._train_images = 0
        around = Surroundings(
            self.newest_snapshot, self.loaded, lambda: self.data_dir, lambda: bool(self.active)
        )
        self.measurements = Measurements(self._jobs, listener, around, self._report_data, cache_dir)
        self._reported: Dataset | None = None  # whose report the person has been shown
        self._told_state: State = "idle"

    @property
    def state(self) -> State:
        if self._stopping:
            return "stopping"
        if self.active:
            return "paused" if all(run.status == "paused" for run in self.active) else "training"
        if self._starting or self._files.is_reading or self._shelf.is_loading:
            return "loading"
        return "failed" if self._failed else "idle"

    def in_sight(self, compares: bool) -> list[Run]:
        """The models that Save and Continue are for: those that are compared, or the one on screen."""
        if compares:
            return [] if self.shown_set is None else list(self.shown_set.runs)
        return [] if self.shown is None else [self.shown]

    @property
    def sets(self) -> list[RunSet]:
        """Models that were trained or opened together."""
        return self._keeper.sets

    @property
    def autosaves(self) -> Autosaves:
        """Models that the app itself has kept."""
        return self._keeper.autosaves

    @property
    def is_beginning(self) -> bool:
        """Whether a run has been asked for and has not begun."""
        return bool(self._starting) or self._awaited is not None

    @property
    def last_request(self) -> int:
        """Number of the newest request for a picture; the answer carries it."""
        return self._request_count

    @property
    def data_dir(self) -> Path:
        return self._shelf.data_dir

    @data_dir.setter
    def data_dir(self, folder: Path) -> None:
        self._shelf.use_folder(folder)

    def loaded(self, config: DatasetConfig) -> Dataset | None:
        """The data set of that configuration, if it is the one in memory."""
        return self._shelf.holds(config)

    def newest_snapshot(self, run: Run) -> Snapshot | None:
        """The weights of a model as they are now, or were last seen."""
        return self._inference.newest(run.id) if run in self.active else run.snapshot

    # What the window asks for

    def warm_up(self) -> None:
        """Start the thread that trains, which loads torch, unless it runs."""
        if not self._warm:
            self._warm = True
            self._worker.start()

    def load_dataset(self, config: DatasetConfig) -> None:
        """Load a data set in the background, so that its size and classes are known before a run."""
        if self._awaited is not None and self._awaited.configs[0].dataset == config:
            return  # it is being loaded, and a run waits for it
        self._awaited = None
        self._load(config, self._dataset_loaded)
        self._tell_state()

    def train(self, config: RunConfig) -> None:
        """Train a new model, unless one is about to begin; a training that runs is stopped for it."""
        self._prepare(_Plan([config]))

    def compare(self, configs: Sequence[RunConfig]) -> None:
        """Train two to four new models in lockstep; otherwise as `train`.

        Raises
        ------
        InvalidSetting
            If they cannot be trained together.
        """
        check_comparison(configs)
        same = same_models(configs)
        if same:
            self._listener.message_posted(Message("info", same))
        self._prepare(_Plan(list(configs), is_set=True))

    def continue_training(self, run: Run, config: RunConfig) -> None:
        """Train the model of a run on: its own settings, but the epochs, rates and device of `config`."""
        training = config.training
        changed = run.config.with_settings(
            epochs=training.epochs,
            learning_rate=training.learning_rate,
            beta=training.beta,
            device=training.device,
        )
        self._prepare(_Plan([changed], [run]))

    def continue_set(self, run_set: RunSet, config: RunConfig) -> None:
        """Train the models of a set on: their own settings, but the epochs, learning rate and device of `config`."""
        training = config.training
        rates = {"epochs": training.epochs, "learning_rate": training.learning_rate, "device": training.device}
        runs = [run for run in run_set.runs if run.snapshot is not None]
        self._prepare(_Plan([run.config.with_settings(**rates) for run in runs], runs, is_set=True))

    def pause(self) -> None:
        self._worker.send(Pause())

    def resume(self) -> None:
        self._worker.send(Resume())

    def stop(self) -> None:
        """Stop the training, or the preparations for one; the model stays."""
        self._awaited = None
        self._drop_loading()
        if self.active or self._starting:
            self._stopping = True
            self._worker.send(Stop())
        self._tell_state()

    def adjust(self, name: str, value: float, run: Run | None = None) -> None:
        """Change a setting of the training that runs, if one does: of one run, or of all."""
        plan = self._awaited
        is_set = self._begins_set if plan is None else plan.is_set
        if is_set and name == "beta" and run is None:
            return  # each model of a set has its own
        if plan is not None and run is None:
            self._awaited = replace(plan, configs=[config.adjusted(name, value) for config in plan.configs])
            return
        running = [entry for entry in (*self.active, *self._starting) if run in (None, entry)]
        changing = [entry for entry in running if self._rates.get((name, entry.id)) != value]
        self._rates |= {(name, entry.id): value for entry in changing}
        if changing:
            self._keep_before(name, [entry for entry in changing if entry in self.active])
            self._worker.send(Adjust(name, value, None if run is None else run.id))

    def show(self, run: Run) -> None:
        """Put a run on screen."""
        self.shown = run
        self._training_set.show(run)
        self._publish(run)
        self._worker.send(EmbedTraining(self._training_set.sent_for))
        self._listener.run_shown(run)
        self._training_set.refresh()

    def why_not_removed(self, run: Run) -> str:
        """Why a model cannot be let go of now; "" if it can."""
        going = self._together(run)
        if not set(going).isdisjoint([*self.active, *self._starting]) or self._awaited is not None:
            return "it trains; stop it first."
        if self.shown_set is not None and run in self.shown_set.runs:
            return "it is being compared; compare other models first."
        if self._next_shown(going) is None:
            return "it stays in the list as the only model."
        return ""

    def remove(self, run: Run) -> None:
        """Let go of a model, with those of its set, as far as :meth:`why_not_removed` allows it.

        What is not saved lies in the app's own files first, so that nothing is lost. The last few can be brought back.
        """
        if self.why_not_removed(run):
            return
        going = self._together(run)
        try:
            self._keeper.keep(going)
        except UserError as error:
            self._listener.message_posted(Message("error", str(error)))
            return
        shown = self.shown if self.shown in going else None
        self._removals.append(_Removal(going, tuple(self.runs), tuple(self.sets), shown))
        self.sets[:] = [run_set for run_set in self.sets if set(run_set.runs).isdisjoint(going)]
        following = self._next_shown(going)
        for entry in going:
            del self.runs[entry.id]
            self._inference.remove(entry.id)
            if self._slower is not None and self._slower[0] is entry:
                self._slower = None
        if self.shown in going and following is not None:
            self.show(following)
        self._listener.runs_changed()

    @property
    def can_undo_removal(self) -> bool:
        return bool(self._removals)

    def undo_removal(self) -> tuple[Run, ...]:
        """Put the models that were removed last back where they were in the list, and on screen; return them."""
        if not self._removals:
            return ()
        removal = self._removals.pop()
        there = self.runs | {run.id: run for run in removal.runs}
        ordered = {run_id: there[run_id] for run_id in (*removal.order, *there) if run_id in there}
        self.runs.clear()
        self.runs.update(ordered)
        self.sets[:] = [*removal.sets, *(run_set for run_set in self.sets if run_set not in removal.sets)]
        if removal.was_shown is not None:
            self.show(removal.was_shown)
        self._listener.runs_changed()
        return removal.runs

    def show_set(self, run_set: RunSet) -> None:
        """Put models side by side."""
        self.shown_set = run_set
        for run in run_set.runs:
            self._publish(run)
        self._listener.set_shown(run_set)

    def decode(self, code: Floats) -> None:
        """Ask for the picture of a code (d,) by the model on screen."""
        if self.shown is not None:
            self._inference.start()
            self._request_count += 1
            self._inference.request(self.shown.id, self._request_count, np.array(code, np.float32))

    def ask_view(self, request: ViewRequest) -> None:
        """Have something worked out for a view of the model on screen; its earlier request is forgotten."""
        self._inference.start()
        self._inference.ask(request)

    def forget_view(self, view: str) -> None:
        """Nothing more is wanted for a view."""
        self._inference.forget(view)

    def embed_training(self, wanted: bool) -> None:
        """Have codes of the training images too for the model on screen, as far as its data set is loaded."""
        self._training_set.set_wanted(wanted)
        self._worker.send(EmbedTraining(self._training_set.sent_for))

    def export(self, path: Path, table: Callable[[], bytes]) -> None:
        """Write a table in the background, under the path that the person chose."""

        def work(job: Job) -> None:
            write_atomically(path, table(), job.watch)

        def finished(_: None) -> None:
            self._listener.message_withdrawn(_EXPORT)
            self._listener.file_exported(path)

        def failed(error: Exception, details: str) -> None:
            self._report(error, details, _EXPORT)

        self._jobs.start(work, Answers(finished, failed), path)

    def open(self, path: Path, origin: Origin = "file") -> None:
        """Read a model in the background and put it on screen."""
        self._read(path, lambda checkpoints: self._show_opened(checkpoints, path, origin))

    def continue_slower(self) -> RunConfig | None:
        """Train the model that diverged last on, from its last good state; return with which settings."""
        if self._slower is None:
            return None
        (run, config), self._slower = self._slower, None
        self._prepare(_Plan([config], [run]))
        return config

    def recover(self, goes_on: bool) -> None:
        """Put what is offered on screen, and go on with its training if that is wished."""
        path = self.recovery.take()
        if path is None:
            return
        if not path.exists():
            text = "The kept model is no longer there: it was deleted or moved since it was offered."
            self._listener.message_posted(Message("error", text))
            return

        def finished(checkpoints: tuple[Checkpoint, ...]) -> None:
            runs = self._show_opened(checkpoints, path, "autosave")
            going_on = [run for run in runs if run.snapshot is not None and run.snapshot.is_interrupted]
            if goes_on and going_on:
                self._prepare(_Plan([run.config for run in going_on], going_on, is_set=len(runs) > 1))

        self._read(path, finished)

    def measure(self, runs: Sequence[Run], extent: Extent) -> None:
        """Measure models in the background, one after the other, each as it is when its turn comes."""
        if not self._is_closing:
            self.warm_up()
            self.measurements.start(runs, extent)

    def save(self, path: Path, runs: Sequence[Run]) -> None:
        """Save a model, or several in one file, in the background, as they are at this moment."""
        there = [run for run in runs if run in self.active or run.snapshot is not None]
        waiting = self._keeper.save(path, there, self.active) if there else frozenset()
        if waiting:
            self._worker.send(Capture(waiting))

    def download(self, config: DatasetConfig) -> None:
        """Fetch the files of a data set, then load it."""

        def finished() -> None:
            self._listener.fetching_ended()
            if self._awaited is None and not self._shelf.is_loading:  # else another one is wanted by now
                self.load_dataset(config)

        def failed(error: Exception, details: str) -> None:
            self._listener.fetching_ended()
            self.missing = config
            self._listener.message_posted(error_message(error, details, "retry"))

        self._shelf.download(
            config.name,
            finished,
            failed,
            lambda *progress: self._listener.fetching_progressed("downloading", *progress),
        )

    def forget_dataset(self, name: str) -> None:
        """Read that data set anew when it is asked for next."""
        self._shelf.forget(name)

    def cancel_fetching(self) -> None:
        """End the download, or the reading of a data set, that is under way."""
        self._awaited = None
        if self._shelf.cancel_download():
            self._listener.fetching_ended()
        self._drop_loading()
        self._tell_state()

    @property
    def is_halted(self) -> bool:
        """Whether the threads have been ended in order to close."""
        return self._is_closing

    @property
    def writing(self) -> list[Path]:
        """The files that the person asked for and that are not whole yet, those that wait for a model's state too.

        While it closes also the folder of autosaves, as long as models are being kept there.
        """
        writing = [path for path in self._jobs.writing if self._is_closing or path != self.autosaves.folder]
        return list(dict.fromkeys([*self._keeper.waiting, *writing]))

    def finish_writing(self, timeout: float) -> None:
        """Take in what the threads say until nothing is being written, at most `timeout` seconds."""
        deadline = time.monotonic() + timeout
        self._handle_all()
        while self.writing and time.monotonic() < deadline:
            time.sleep(0.005)  # not for a job: the state of a model that is waited for comes from none
            self._handle_all()

    def give_up_writing(self) -> None:
        """Let be what is being written: each file keeps what it holds."""
        writing = self.writing
        self._keeper.give_up(writing)
        self._jobs.cancel_writing(writing)

    def halt(self, timeout: float = 1.4) -> None:
        """End the threads, and begin to keep every model that would be lost; :meth:`close` or :meth:`go_on` follows."""
        self._awaited = None
        self._shelf.drop_request()
        self._is_closing = True  # what ends now must not begin other work
        self.measurements.cancel()
        self._jobs.cancel_all()
        if self._warm and not self._worker.close(timeout):  # a step takes longer than there is time
            self._handle_all()
            for run in self.active:
                newest = self._inference.newest(run.id)
                if newest is not None and (run.snapshot is None or newest.step > run.snapshot.step):
                    run.snapshot = newest
                self._keeper.take_ended(run)
        self._inference.close(timeout=0.2)
        self._handle_all()  # which may begin to write what waited for the training's end
        self._keeper.autosave(list(self.runs.values()))

    def go_on(self) -> None:
        """Be of use again after :meth:`halt`; what trained has been stopped."""
        self._renew_threads(after=self._worker)
        self._is_closing = False
        if self.shown is not None:
            self.show(self.shown)
        if self.shown_set is not None:
            self.show_set(self.shown_set)

    def close(self, timeout: float = 1.4, may_lose: bool = False) -> UserError | None:
        """Halt, wait until all is written and no model would be lost; return the error if keeping one failed.

        After an error the session can still be used, and closed again. If models may be lost, nothing is waited for.
        """
        if not self._is_closing:
            self.halt(timeout)
        if not may_lose:
            self.finish_writing(math.inf)
            try:
                self._keeper.keep(list(self.runs.values()))  # what could not be kept in the background is tried again
            except UserError as error:
                self.go_on()
                return error
        self._jobs.join(timeout=0.3)
        self._handle_all()
        self._outbox.close()  # a job that was not waited for must not wake a window that is gone
        return None

    # What the threads answer

    def handle(self, event: Any) -> None:
        """Take in one event and tell the listener what changed."""
        match event:
            case EngineReady(devices):
                self._devices = [device.name for device in devices if device.is_there]
                self._listener.devices_found(devices)
                self._leave_missing_devices(self.runs.values())
            case DevicePassedOver(why):
                self._listener.message_posted(Message("info", why, is_added=True))
            case RunStarted():
                self._run_started(event)
            case Stepped(run_id, rows):
                self._stepped(self.runs[run_id], rows)
            case Evaluated(run_id, evaluation):
                self.runs[run_id].history.evaluations.append(evaluation)
                self._listener.metrics_arrived(self.runs[run_id])
                self._listener.runs_changed()
            case Embedded(run_id, _, codes, "test"):
                self._move_codes(self.runs[run_id], codes)
            case Embedded(run_id, _, codes, "train"):
                self._training_set.take(self.runs[run_id], codes)
            case ViewAnswered():
                self._listener.view_answered(event)
            case Adjusted(run_id, change, last_step):
                self._adjusted(self.runs[run_id], change, last_step)
            case Secured(run_id, snapshot):
                self._secured(self.runs[run_id], snapshot)
            case Paused(run_id):
                self._set_status(self.runs[run_id], "paused")
                if self.runs[run_id] is self.shown:
                    self._training_set.refresh()
            case Resumed(run_id):
                self._resumed(self.runs[run_id])
            case Captured(run_id, snapshot, codes):
                run = self.runs[run_id]
                self._keeper.take_captured(run, run.checkpoint(snapshot, codes))
            case RunEnded():
                self._run_ended(event)
            case Failed():
                self._thread_failed(event)
            case Decoded():
                if self.shown is not None and event.run_id == self.shown.id:
                    self._listener.picture_decoded(event)
            case DecodingFailed(message, details):
                self._listener.message_posted(Message("error", message, details))
            case JobProgressed() | JobFound() | JobEnded():
                self._jobs.handle(event)
        self._tell_state()

    def _prepare(self, plan: _Plan) -> None:
        """Have the data set loaded, then start the runs."""
        if self.is_beginning:
            return
        self._failed = False
        self.warm_up()
        self._awaited = plan
        self._load(plan.configs[0].dataset, self._dataset_awaited)
        self._tell_state()

    def _load(self, config: DatasetConfig, loaded: Callable[[Dataset], None]) -> None:
        self._shelf.load(
            config,
            loaded,
            lambda *error: self._not_loaded(config, *error),
            lambda *progress: self._listener.fetching_progressed("reading", *progress),
        )

    def _drop_loading(self) -> None:
        if self._shelf.is_loading:
            self._shelf.drop_request()
            self._listener.fetching_ended()

    def _dataset_loaded(self, dataset: Dataset) -> None:
        self._listener.fetching_ended()
        self._listener.dataset_loaded(dataset)
        self._training_set.refresh()
        self._shelf.find_spectrum(dataset, self._listener.spectrum_found)
        report = dataset.report
        if report is not None and dataset is not self._reported:
            self._reported = dataset
            details = "\n".join([*report.converted, *report.skipped])
            self._listener.message_posted(Message("info", summary(report), details))

    def _dataset_awaited(self, dataset: Dataset) -> None:
        self._dataset_loaded(dataset)
        if self._awaited is None:
            return
        plan, self._awaited = self._awaited, None
        try:
            for config in plan.configs:
                dataset.check_batch_size(config.training.batch_size)
            if any(run.image_shape != dataset.image_shape for run in plan.runs):
                raise UserError(wrong_shape(plan.runs[0], dataset))
        except UserError as error:
            self._listener.message_posted(Message("error", str(error)))
            return
        going_on = [run for run in plan.runs if run.snapshot is not None]
        if going_on:
            self._keeper.keep_earlier(going_on, (), "continued")
        for run, config in zip(plan.runs, plan.configs, strict=False):
            self._note_changes(run, config)
            run.class_names = dataset.class_names  # a person's own images may have gained a class
        runs = plan.runs or [
            Run(self._next_id(), config, dataset.image_shape, dataset.class_names, "training")
            for config in plan.configs
        ]
        if plan.is_set and not plan.runs:
            self._add_set(runs)
        self._starting, self._begins_set = list(runs), plan.is_set
        self._last_change = -math.inf
        rates = ("epochs", "learning_rate", "beta")
        self._rates = {(name, run.id): getattr(run.config.training, name) for run in runs for name in rates}
        entries = tuple(Entry(run.id, run.config, run.snapshot) for run in runs)
        self._train_images = len(dataset.train)
        # A single run comes on screen when it starts, so its codes are wanted from the first on.
        on_screen = self.shown if plan.is_set else runs[0]
        wanted = {run.id for run in runs if run is on_screen and self._training_set.wanted}
        self._worker.send(StartRuns(entries, dataset, frozenset(wanted)))

    def _keep_before(self, name: str, runs: Sequence[Run]) -> None:
        """Have models in training kept as they are before a rate is changed, the first time in a burst of changes."""
        if name not in ("beta", "learning_rate") or not runs:
            return
        now = time.monotonic()
        is_first, self._last_change = now - self._last_change > _BURST, now
        if is_first:
            together = self._together(runs[0]) if self._begins_set else (runs[0],)
            there = [run for run in together if run in self.active or run.snapshot is not None]
            self._worker.send(Capture(self._keeper.keep_earlier(there, self.active, "changed")))

    def _note_changes(self, run: Run, config: RunConfig) -> None:
        for name in ("learning_rate", "beta"):
            value = getattr(config.training, name)
            if value != getattr(run.config.training, name) and run.snapshot is not None:
                run.history.changes.append(Change(run.snapshot.step, name, value))
        run.config = config

    def _run_started(self, event: RunStarted) -> None:
        run = next(entry for entry in self._starting if entry.id == event.run_id)
        self._starting.remove(run)
        self._training_set.leave_to_worker(run)
        self._failed = False  # a failure of the run before may have been heard of since
        run.history.truncate(event.step)
        if event.step == 0:  # it is evaluated before its first step, again if it was stopped there
            run.history.evaluations.clear()
        run.device, run.parameters, run.steps_per_epoch = event.device, event.parameters, event.span.per_epoch
        progress = Progress(event.step, event.span.first, event.span.last, event.span.per_epoch)
        if not self.active:  # of several the first one's progress is that of all
            self._meter, self._metered = ProgressMeter(progress, self._train_images), run
        run.last_step = event.span.last
        self.active.append(run)
        self._add_run(run)
        self._set_status(run, "training")
        run_set = self.set_of(run)
        if run_set is None or not self._begins_set:
            self.show(run)
        elif run is self.active[0]:
            self.show_set(run_set)
        self._listener.progress_made(progress)

    def _stepped(self, run: Run, rows: Floats) -> None:
        run.history.append(rows)
        if self._meter is not None and run is self._metered:
            self._meter.advance(len(rows))
            self._listener.progress_made(self._meter.progress)
        self._listener.metrics_arrived(run)

    def _move_codes(self, run: Run, codes: Codes) -> None:
        run.codes = codes
        self._listener.codes_moved(run)

    def _adjusted(self, run: Run, change: Change, last_step: int) -> None:
        run.set_training(change.name, change.value)
        run.last_step = last_step
        self._name_models(self.set_of(run))
        run.history.changes.append(change)
        if self._meter is not None and run is self._metered:
            self._meter.set_last_step(last_step)
            self._listener.progress_made(self._meter.progress)
        self._listener.metrics_arrived(run)

    def _resumed(self, run: Run) -> None:
        self._training_set.leave_to_worker(run)
        if self._meter is not None and run is self._metered:
            self._meter.restart_clock()
        self._set_status(run, "training")

    def _secured(self, run: Run, snapshot: Snapshot) -> None:
        run.snapshot = snapshot
        if self.active and run is self.active[-1]:  # those of a set come one after the other, and are kept together
            self._autosave(self.active)

    def _autosave(self, runs: Sequence[Run]) -> None:
        """Keep models in the background, unless all is about to be kept."""
        if not self._is_closing:
            self._keeper.autosave(list(runs))

    def _run_ended(self, event: RunEnded) -> None:
        run = self.runs[event.run_id]
        self._leave(run)
        run.snapshot = event.snapshot
        self._set_status(run, event.outcome)  # first: of codes that still move, views show some only
        self._move_codes(run, event.codes)
        self._keeper.take_ended(run)
        if not self.active:
            self._autosave([run])
        self._publish(run)
        if run is self.shown:
            self._training_set.refresh()
        if event.outcome == "diverged":
            self._tell_diverged(run, event)

    def _tell_diverged(self, run: Run, event: RunEnded) -> None:
        text = (
            f"{self._prefix(run)}Training was halted: near step {event.at_step:,} the loss or the weights became "
            f"infinite or NaN. The model is back at step {event.snapshot.step:,}, the last good one. "
        )
        text += why_diverged(run.config, event.at_step)
        slower = None if self.set_of(run) is not None else _slower(run.config)
        if slower is not None:
            self._slower = run, slower
            text += f" Go on from there with a tenth of the learning rate, {slower.training.learning_rate:g}?"
        self._listener.message_posted(Message("error", text, action="" if slower is None else "slower"))

    def _thread_failed(self, event: Failed) -> None:
        """Take in that one run has ended for an error, or that none could begin."""
        ended = [run for run in self._starting if event.run_id in (None, run.id)]
        self._starting = [run for run in self._starting if run not in ended]
        prefix = ""
        for run in [entry for entry in self.active if entry.id == event.run_id]:
            prefix = self._prefix(run)
            self._leave(run)
            run.snapshot = event.snapshot or run.snapshot
            self._set_status(run, "failed")
            self._keeper.take_ended(run)
        for run in ended:
            prefix = self._prefix(run)
            run.status = "failed"
        if not self.active:
            self._autosave(list(self.runs.values()))
        self._failed = not self.active
        self._stopping &= bool(self.active)
        self._listener.message_posted(Message("error", prefix + event.message, event.details))

    def _prefix(self, run: Run) -> str:
        """What names a run in a message where others train beside it."""
        return f"{run.title}: " if self.set_of(run) is not None else ""

    def _leave(self, run: Run) -> None:
        self.active.remove(run)
        self._stopping &= bool(self.active)
        if run is self._metered and self.active and self._meter is not None:
            self._metered = self.active[0]
            step, last_step = len(self._metered.history.training), self._metered.last_step
            progress = replace(self._meter.progress, step=step, last_step=last_step)
            self._meter = ProgressMeter(progress, self._train_images)

    def _not_loaded(self, config: DatasetConfig, error: Exception, details: str) -> None:
        self._awaited = None
        self._listener.fetching_ended()
        self._report_data(config, error, details)

    def _report_data(self, config: DatasetConfig, error: Exception, details: str) -> None:
        """Tell of an error that may come from a data set, with the remedy if there is one."""
        remedy: Action = ""
        if describe_dataset(config.name).download_bytes:
            remedy = "download" if isinstance(error, DatasetMissing) else remedy
            remedy = "repair" if isinstance(error, DatasetBroken) else remedy
        self.missing = config if remedy else None
        self._listener.message_posted(error_message(error, details, remedy))

    def _report(self, error: Exception, details: str, about: str = "") -> None:
        _log.warning("work beside training failed\n%s", details)
        self._listener.message_posted(error_message(error, details, about=about))

    def _read(self, path: Path, finished: Callable[[tuple[Checkpoint, ...]], object]) -> None:
        self._inference.start()
        self._files.read(path, finished, self._report)
        self._tell_state()

    def _show_opened(self, checkpoints: Sequence[Checkpoint], path: Path, origin: Origin) -> list[Run]:
        runs = [self._add_run(opened_run(self._next_id(), entry, path, origin)) for entry in checkpoints]
        if origin == "autosave" and is_earlier(path):  # nothing is written over it
            for run in runs:
                run.autosave, run.earlier = None, {path: run.kept_step}
        self._leave_missing_devices(runs)
        if origin != "autosave":
            self._listener.file_opened(path, origin)
        if len(runs) == 1:
            self.show(runs[0])
            return runs
        run_set = self._add_set(runs)
        run_set.path = path if origin == "file" else None
        for run in runs:  # none of them has a file of its own
            run.path = None
        self.show_set(run_set)
        return runs

    def _leave_missing_devices(self, runs: Iterable[Run]) -> None:
        """Have models that were trained on what this machine lacks go on on what it has, and say so."""
        for run in runs:
            device = run.config.training.device
            if self._devices and device not in (*self._devices, "auto"):
                run.config = run.config.with_settings(device="auto")
                best = self._devices[0].upper()
                text = f"{run.title} was trained on {device.upper()}, which this machine lacks. Here it runs on {best}."
                self._listener.message_posted(Message("info", text))

    # Small steps

    def _renew_threads(self, after: TrainingThread | None = None) -> None:
        """Make the threads, which start at the next need."""
        self._inference = InferenceThread(self._outbox)
        self._worker = TrainingThread(self._outbox, self._inference, after)
        self._warm = False

    def _handle_all(self) -> None:
        for event in self._outbox.drain():
            self.handle(event)

    def _next_id(self) -> int:
        self._run_count += 1
        return self._run_count

    def _add_run(self, run: Run) -> Run:
        self.runs[run.id] = run
        self._listener.runs_changed()
        return run

    def _add_set(self, runs: Sequence[Run]) -> RunSet:
        run_set = RunSet(tuple(runs))
        self._name_models(run_set)
        self.sets.append(run_set)
        return run_set

    def _name_models(self, run_set: RunSet | None) -> None:
        """Name models by what sets them apart now."""
        if run_set is not None:
            for run, title in zip(run_set.runs, run_set.titles, strict=True):
                run.name = title
            self._listener.runs_changed()

    def _set_status(self, run: Run, status: RunStatus) -> None:
        run.status = status
        self._listener.runs_changed()

    def set_of(self, run: Run) -> RunSet | None:
        """The newest set that a run belongs to."""
        return next((run_set for run_set in reversed(self.sets) if run in run_set.runs), None)

    def _together(self, run: Run) -> tuple[Run, ...]:
        """A model with those that it was trained or opened with."""
        run_set = self.set_of(run)
        return (run,) if run_set is None else run_set.runs

    def _next_shown(self, going: Sequence[Run]) -> Run | None:
        """What can be on screen without these: what is, else the newest."""
        if self.shown is not None and self.shown not in going:
            return self.shown
        others = [run for run in self.runs.values() if run not in going]
        return next((run for run in reversed(others) if run.snapshot is not None or run in self.active), None)

    def _publish(self, run: Run) -> None:
        """Have a run's model decoded as it was when it ended; one in training is published by the worker."""
        if run.snapshot is not None and run not in self.active:
            self._inference.publish(run.id, run.config.model, run.image_shape, run.snapshot)

    def _tell_state(self) -> None:
        if self.state != self._told_state:
            self._told_state = self.state
            self._listener.state_changed(self.state)


def _slower(config: RunConfig) -> RunConfig | None:
    """With a tenth of the learning rate, if that can help and is not lower than any."""
    if not may_be_the_rate(config.training):
        return None
    try:
        return config.with_settings(learning_rate=config.training.learning_rate / 10)
    except InvalidSetting:
        return None
