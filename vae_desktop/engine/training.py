"""The training that runs: begun, steered, ended, and the state that the app is in."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from psygnal import Signal

from vae_desktop.data.dataset import Dataset
from vae_desktop.engine.inference import InferenceThread
from vae_desktop.engine.project import Project
from vae_desktop.engine.run import Entry, Run
from vae_desktop.engine.run_tracker import RunTracker
from vae_desktop.engine.saving import ModelSaver
from vae_desktop.engine.tasks import Outbox, Tasks
from vae_desktop.engine.timelines import Timelines
from vae_desktop.engine.trainer import TrainingThread
from vae_desktop.models.snapshot import Snapshot

State = Literal["idle", "loading", "training", "paused", "stopping", "failed"]

BURST = 10.0  # seconds; changes that follow each other sooner are one, as those of a field that is dragged


@dataclass(eq=False)
class Training:
    """Steers the thread that trains one to four models.

    Attributes
    ----------
    run_root : Path, or None
        Where each training is written into a folder of its own, from the next one on.
    """

    state_changed = Signal(str)

    _outbox: Outbox
    _tasks: Tasks
    _project: Project
    _saver: ModelSaver
    _tracker: RunTracker
    _inference: InferenceThread
    _timelines: Timelines
    run_root: Path | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        self._thread = TrainingThread(self._outbox, self._inference, self._tracker)
        self._last_change = -math.inf  # when one of the two rates was changed while training
        self._rates: dict[tuple[str, int], float] = {}  # what acts at once, as last sent to the thread, by run
        self._told_state: State = "idle"
        self._follows_gradient = False
        self._project.shown_changed.connect(self._send_wish_for_training_images)

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
    def is_closing(self) -> bool:
        """Whether the app is about to end, so that nothing new may begin."""
        return self._tracker.is_closing

    def newest_snapshot(self, run: Run) -> Snapshot | None:
        """The weights of a model as they are now, or were last seen."""
        return self._inference.newest_snapshot(run.id) if run in self._project.active else run.snapshot

    def shown_snapshot(self, run: Run) -> Snapshot | None:
        """The weights of a model as it is shown."""
        return self.newest_snapshot(run) if run.moment is None else run.moment.snapshot

    # What is asked for

    def warm_up(self) -> None:
        """Start the thread that trains, which loads torch, unless it runs; one that could not load it tries anew."""
        if self._thread.has_died and not self.is_closing:
            self._renew()
        self._thread.start()

    def _renew(self) -> None:
        """Have another thread, which begins when the one there was has ended."""
        self._thread = TrainingThread(self._outbox, self._inference, self._tracker, self._thread)
        self.follow_gradient(self._follows_gradient)

    def begin(self, runs: Sequence[Run], compares: bool, dataset: Dataset, is_held: bool = False) -> None:
        """Train runs that are alike in data set, seed and length; one that is trained already is stopped for it.

        One that `is_held` takes its first step alone, and waits.
        """
        self._tracker.expect(runs, compares, len(dataset.train))
        self._last_change = -math.inf
        rates = ("epochs", "learning_rate", "beta")
        self._rates = {(name, run.id): getattr(run.config.training, name) for run in runs for name in rates}
        # A single run comes on screen when it starts, so its codes are wanted from the first on.
        on_screen = self._project.shown if compares else runs[0]
        wanted = {run.id for run in runs if run is on_screen and self._project.shows_training_images}
        entries = tuple(map(self._entry, runs))
        self.warm_up()
        self._thread.send(self._thread.begin, entries, dataset, wanted, is_held, self.run_root)
        if is_held:
            self._thread.send(self._thread.take_step)

    def _entry(self, run: Run) -> Entry:
        """What the thread needs to train a run."""
        step = 0 if run.snapshot is None else run.snapshot.step
        history = None if self.run_root is None else run.history.until(step)
        return Entry(run, run.config, run.snapshot, self._timelines.recording_of(run), history)

    def pause(self) -> None:
        self._thread.send(self._thread.pause)

    def take_step(self) -> None:
        """Take one step of the training that is held, or that runs and is held for it."""
        self._thread.send(self._thread.pause)
        self._thread.send(self._thread.take_step)

    def resume(self) -> None:
        self._thread.send(self._thread.resume)

    def stop(self, then: Callable[[], object] | None = None) -> None:
        """Stop the training, and do something after its models have ended; they stay."""
        if self._project.active or self._tracker.starting:
            self._tracker.is_stopping = True
            self._thread.send(self._thread.stop)
        if then is not None:
            self._thread.send(self._outbox.call, then)
        self.tell_state()

    def adjust(self, name: str, value: float, run: Run | None = None) -> None:
        """Change a setting of the training that runs, if one does: of one run, or of all."""
        running = [entry for entry in (*self._project.active, *self._tracker.starting) if run in (None, entry)]
        changing = [entry for entry in running if self._rates.get((name, entry.id)) != value]
        self._rates |= {(name, entry.id): value for entry in changing}
        if changing:
            self._keep_before(name, [entry for entry in changing if entry in self._project.active])
            self._thread.send(self._thread.adjust, name, value, None if run is None else run.id)

    def save(self, path: Path, runs: Sequence[Run], with_timeline: bool = False) -> None:
        """Save a model, or several in one file, in the background, as they are at this moment; perhaps with frames."""
        there = [run for run in runs if run in self._project.active or run.snapshot is not None]
        if there:
            self._timelines.take_over(there)  # one may lie in the very file that is written
            self._capture(self._saver.save(path, there, self._project.active, with_timeline=with_timeline))

    def embed_training_images(self, wanted: bool) -> None:
        """Have codes of the training images too, of the model on screen while it is trained."""
        self._project.shows_training_images = wanted
        self._send_wish_for_training_images()

    def follow_gradient(self, wanted: bool) -> None:
        """Have the norm of the gradient told while models train, which takes time."""
        self._follows_gradient = wanted
        self._thread.send(self._thread.follow_gradient, wanted)

    def _send_wish_for_training_images(self) -> None:
        """Have the thread send codes of the training images of the model on screen, as far as they are wanted."""
        shown, is_wanted = self._project.shown, self._project.shows_training_images
        self._thread.send(self._thread.embed_training_images, {shown.id} if is_wanted and shown is not None else set())

    def _keep_before(self, name: str, runs: Sequence[Run]) -> None:
        """Have models in training kept as they are before a rate is changed, the first time in a burst of changes."""
        if name not in ("beta", "learning_rate") or not runs:
            return
        now = time.monotonic()
        is_first, self._last_change = now - self._last_change > BURST, now
        if is_first:
            together = self._project.together(runs[0]) if self._tracker.compares else (runs[0],)
            there = [run for run in together if run in self._project.active or run.snapshot is not None]
            self._capture(self._saver.save(None, there, self._project.active, "changed"))

    def _capture(self, run_ids: frozenset[int]) -> None:
        """Have the thread send the whole state of these models."""
        if run_ids:
            self._thread.send(self._thread.capture, run_ids)

    # The end

    def halt(self, timeout: float) -> bool:
        """End the thread; return whether it ended within `timeout` seconds, which a step may outlast."""
        self._tracker.is_closing = True  # what ends now must not begin other work
        return self._thread.close(timeout)

    def end_without_thread(self) -> None:
        """Take in that the thread is not waited for: what was seen last of its models is what is left of them."""
        for run in self._project.active:
            newest = self._inference.newest_snapshot(run.id)
            if newest is not None and (run.snapshot is None or newest.step > run.snapshot.step):
                run.snapshot = newest
            self._saver.take_ended(run)

    def go_on(self) -> None:
        """Be of use again after :meth:`halt`; what was trained has been stopped."""
        self._renew()
        self._tracker.is_closing = False
