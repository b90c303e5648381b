"""Training as the window asks for it: what is to be trained, and how it is steered."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from psygnal import Signal

from vae_desktop.config import DatasetConfig, RunConfig
from vae_desktop.data.dataset import Dataset
from vae_desktop.engine.datasets import DatasetLoader
from vae_desktop.engine.inference import InferenceThread
from vae_desktop.engine.messages import Messages, wrong_shape
from vae_desktop.engine.outbox import Outbox
from vae_desktop.engine.project import Project
from vae_desktop.engine.run import Comparison, Entry, Run
from vae_desktop.engine.run_tracker import RunTracker
from vae_desktop.engine.saving import ModelSaver
from vae_desktop.engine.tasks import Tasks
from vae_desktop.engine.trainer import TrainingThread
from vae_desktop.errors import UserError
from vae_desktop.training.advice import same_models
from vae_desktop.training.history import Change
from vae_desktop.variants import check_comparison

if TYPE_CHECKING:
    from vae_desktop.models.snapshot import Snapshot

State = Literal["idle", "loading", "training", "paused", "stopping", "failed"]

_BURST = 10.0  # seconds; changes that follow each other sooner are one, as those of a field that is dragged


@dataclass(frozen=True, eq=False)
class _Plan:
    """Runs to be started when their data set is there: new ones, or on from where `runs` are."""

    configs: list[RunConfig]
    runs: list[Run] = field(default_factory=list)
    is_comparison: bool = False


class Training:
    """Begins, steers and ends the training of one to four models."""

    state_changed = Signal(str)

    def __init__(
        self,
        outbox: Outbox,
        tasks: Tasks,
        project: Project,
        datasets: DatasetLoader,
        saver: ModelSaver,
        tracker: RunTracker,
        messages: Messages,
        inference: InferenceThread,
    ) -> None:
        self._outbox = outbox
        self._tasks = tasks
        self._project = project
        self._datasets = datasets
        self._saver = saver
        self._tracker = tracker
        self._messages = messages
        self._inference = inference
        self._thread = TrainingThread(outbox, inference, tracker)
        self._is_warm = False
        self._awaited: _Plan | None = None  # waits for its data set
        self._last_change = -math.inf  # when one of the two rates was changed while training
        self._rates: dict[tuple[str, int], float] = {}  # what acts at once, as last sent to the thread, by run
        self._told_state: State = "idle"
        project.shown_changed.connect(self._send_wish_for_training_images)

    @property
    def state(self) -> State:
        active = self._project.active
        if self._tracker.is_stopping:
            return "stopping"
        if active:
            return "paused" if all(run.status == "paused" for run in active) else "training"
        if self._tracker.starting or self._tasks.is_loading:
            return "loading"
        return "failed" if self._tracker.has_failed else "idle"

    def tell_state(self) -> None:
        """Tell of the state, if it is another one than was told last."""
        if self.state != self._told_state:
            self._told_state = self.state
            self.state_changed.emit(self.state)

    @property
    def is_beginning(self) -> bool:
        """Whether a run has been asked for and has not begun."""
        return bool(self._tracker.starting) or self._awaited is not None

    @property
    def is_closing(self) -> bool:
        """Whether the app is about to end, so that nothing new may begin."""
        return self._tracker.is_closing

    def is_busy_with(self, runs: Iterable[Run]) -> bool:
        """Whether one of these is trained, or may be about to."""
        busy = [*self._project.active, *self._tracker.starting]
        return self._awaited is not None or any(run in busy for run in runs)

    def newest_snapshot(self, run: Run) -> Snapshot | None:
        """The weights of a model as they are now, or were last seen."""
        return self._inference.newest_snapshot(run.id) if run in self._project.active else run.snapshot

    # What is asked for

    def warm_up(self) -> None:
        """Start the thread that trains, which loads torch, unless it runs."""
        if not self._is_warm:
            self._is_warm = True
            self._thread.start()

    def train(self, config: RunConfig) -> None:
        """Train a new model, unless one is about to begin; a training that runs is stopped for it."""
        self._prepare(_Plan([config]))

    def compare(self, configs: Sequence[RunConfig]) -> None:
        """Train two to four new models on the same batches; otherwise as `train`.

        Raises
        ------
        InvalidSetting
            If they cannot be trained together.
        """
        check_comparison(configs)
        same = same_models(configs)
        if same:
            self._messages.inform(same)
        self._prepare(_Plan(list(configs), is_comparison=True))

    def continue_training(self, run: Run, config: RunConfig) -> None:
        """Train the model of a run on: its own settings, but the epochs, rates and device of `config`."""
        names = ("epochs", "learning_rate", "beta", "device")
        changed = run.config.with_settings(**{name: getattr(config.training, name) for name in names})
        self._prepare(_Plan([changed], [run]))

    def continue_comparison(self, comparison: Comparison, config: RunConfig) -> None:
        """Train models on together: their own settings, but the epochs, learning rate and device of `config`."""
        rates = {name: getattr(config.training, name) for name in ("epochs", "learning_rate", "device")}
        runs = [run for run in comparison.runs if run.snapshot is not None]
        self._prepare(_Plan([run.config.with_settings(**rates) for run in runs], runs, is_comparison=True))

    def go_on_with(self, runs: Sequence[Run], compares: bool) -> None:
        """Train models on as they were about to be when they were interrupted; side by side if they are compared."""
        self._prepare(_Plan([run.config for run in runs], list(runs), is_comparison=compares))

    def continue_slower(self) -> RunConfig | None:
        """Train the model that diverged last on, from its last good state; return with which settings."""
        if self._tracker.slower is None or self._tracker.slower[0].id not in self._project.runs:
            return None
        (run, config), self._tracker.slower = self._tracker.slower, None
        self._prepare(_Plan([config], [run]))
        return config

    def load_dataset(self, config: DatasetConfig) -> None:
        """Load a data set in the background, so that its size and classes are known before a run."""
        if self._awaited is not None and self._awaited.configs[0].dataset == config:
            return  # it is being loaded, and a run waits for it
        self._awaited = None
        self._datasets.load(config)
        self.tell_state()

    def download(self, config: DatasetConfig) -> None:
        """Fetch the files of a data set, then load it, unless another one is wanted by then."""

        def finished() -> None:
            if self._awaited is None and not self._datasets.is_loading:
                self.load_dataset(config)

        self._datasets.download(config, finished)

    def cancel_fetching(self) -> None:
        """End the download, or the reading of a data set, that is under way, and what waits for it."""
        self._awaited = None
        self._datasets.cancel()
        self.tell_state()

    def pause(self) -> None:
        self._thread.send(self._thread.pause)

    def resume(self) -> None:
        self._thread.send(self._thread.resume)

    def stop(self) -> None:
        """Stop the training, or the preparations for one; the model stays."""
        self._awaited = None
        self._datasets.drop_request()
        if self._project.active or self._tracker.starting:
            self._tracker.is_stopping = True
            self._thread.send(self._thread.stop)
        self.tell_state()

    def adjust(self, name: str, value: float, run: Run | None = None) -> None:
        """Change a setting of the training that runs, if one does: of one run, or of all."""
        plan = self._awaited
        is_comparison = self._tracker.compares if plan is None else plan.is_comparison
        if is_comparison and name == "beta" and run is None:
            return  # each model of a comparison has its own
        if plan is not None and run is None:
            self._awaited = replace(plan, configs=[config.adjusted(name, value) for config in plan.configs])
            return
        running = [entry for entry in (*self._project.active, *self._tracker.starting) if run in (None, entry)]
        changing = [entry for entry in running if self._rates.get((name, entry.id)) != value]
        self._rates |= {(name, entry.id): value for entry in changing}
        if changing:
            self._keep_before(name, [entry for entry in changing if entry in self._project.active])
            self._thread.send(self._thread.adjust, name, value, None if run is None else run.id)

    def save(self, path: Path, runs: Sequence[Run]) -> None:
        """Save a model, or several in one file, in the background, as they are at this moment."""
        there = [run for run in runs if run in self._project.active or run.snapshot is not None]
        if there:
            self._capture(self._saver.save(path, there, self._project.active))

    def embed_training_images(self, wanted: bool) -> None:
        """Have codes of the training images too, of the model on screen while it is trained."""
        self._project.shows_training_images = wanted
        self._send_wish_for_training_images()

    # Small steps

    def _prepare(self, plan: _Plan) -> None:
        """Have the data set loaded, then start the runs."""
        if self.is_beginning:
            return
        self._tracker.has_failed = False
        self.warm_up()
        self._awaited = plan
        self._datasets.load(plan.configs[0].dataset, self._begin_awaited, self._forget_awaited)
        self.tell_state()

    def _forget_awaited(self) -> None:
        self._awaited = None

    def _begin_awaited(self, dataset: Dataset) -> None:
        if self._awaited is None:
            return
        plan, self._awaited = self._awaited, None
        try:
            for config in plan.configs:
                dataset.check_batch_size(config.training.batch_size)
            if any(run.image_shape != dataset.image_shape for run in plan.runs):
                raise UserError(wrong_shape(plan.runs[0], dataset))
        except UserError as error:
            self._messages.complain(str(error))
            return
        going_on = [run for run in plan.runs if run.snapshot is not None]
        if going_on:
            self._saver.keep_earlier(going_on, (), "continued")
        for run, config in zip(plan.runs, plan.configs, strict=False):
            _note_changes(run, config)
            run.class_names = dataset.class_names  # a person's own images may have gained a class
        runs = plan.runs or [
            Run(self._project.next_id(), config, dataset.image_shape, dataset.class_names, "training")
            for config in plan.configs
        ]
        if plan.is_comparison and not plan.runs:
            self._project.add_comparison(runs)
        self._start(runs, plan.is_comparison, dataset)

    def _start(self, runs: Sequence[Run], is_comparison: bool, dataset: Dataset) -> None:
        self._tracker.expect(runs, is_comparison, len(dataset.train))
        self._last_change = -math.inf
        rates = ("epochs", "learning_rate", "beta")
        self._rates = {(name, run.id): getattr(run.config.training, name) for run in runs for name in rates}
        # A single run comes on screen when it starts, so its codes are wanted from the first on.
        on_screen = self._project.shown if is_comparison else runs[0]
        wanted = {run.id for run in runs if run is on_screen and self._project.shows_training_images}
        entries = tuple(Entry(run, run.config, run.snapshot) for run in runs)
        self._thread.send(self._thread.begin, entries, dataset, wanted)

    def _send_wish_for_training_images(self) -> None:
        """Have the thread send codes of the training images of the model on screen, as far as they are wanted."""
        shown, is_wanted = self._project.shown, self._project.shows_training_images
        self._thread.send(self._thread.embed_training_images, {shown.id} if is_wanted and shown is not None else set())

    def _keep_before(self, name: str, runs: Sequence[Run]) -> None:
        """Have models in training kept as they are before a rate is changed, the first time in a burst of changes."""
        if name not in ("beta", "learning_rate") or not runs:
            return
        now = time.monotonic()
        is_first, self._last_change = now - self._last_change > _BURST, now
        if is_first:
            together = self._project.together(runs[0]) if self._tracker.compares else (runs[0],)
            there = [run for run in together if run in self._project.active or run.snapshot is not None]
            self._capture(self._saver.keep_earlier(there, self._project.active, "changed"))

    def _capture(self, run_ids: frozenset[int]) -> None:
        """Have the thread send the whole state of these models."""
        if run_ids:
            self._thread.send(self._thread.capture, run_ids)

    # The end

    def halt(self, timeout: float) -> bool:
        """End the thread; return whether it ended within `timeout` seconds, which a step may outlast."""
        self._awaited = None
        self._tracker.is_closing = True  # what ends now must not begin other work
        return not self._is_warm or self._thread.close(timeout)

    def end_without_thread(self) -> None:
        """Take in that the thread is not waited for: what was seen last of its models is what is left of them."""
        for run in self._project.active:
            newest = self._inference.newest_snapshot(run.id)
            if newest is not None and (run.snapshot is None or newest.step > run.snapshot.step):
                run.snapshot = newest
            self._saver.take_ended(run)

    def go_on(self) -> None:
        """Be of use again after :meth:`halt`; what was trained has been stopped."""
        self._thread = TrainingThread(self._outbox, self._inference, self._tracker, after=self._thread)
        self._is_warm = self._tracker.is_closing = False


def _note_changes(run: Run, config: RunConfig) -> None:
    for name in ("learning_rate", "beta"):
        value = getattr(config.training, name)
        if value != getattr(run.config.training, name) and run.snapshot is not None:
            run.history.changes.append(Change(run.snapshot.step, name, value))
    run.config = config

