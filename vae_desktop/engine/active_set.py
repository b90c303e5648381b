"""The models in training inside the worker thread: a step each in turn, and a fault of one its own."""

import time
import traceback
from collections.abc import Callable, Sequence
from functools import partial

from vae_desktop.data.dataset import Dataset
from vae_desktop.engine.active_run import ActiveRun, Diverged, Shared
from vae_desktop.engine.inference import InferenceThread
from vae_desktop.engine.outbox import Outbox
from vae_desktop.engine.pacing import Pacer
from vae_desktop.engine.run import Entry, Run
from vae_desktop.engine.run_tracker import Outcome, RunTracker
from vae_desktop.errors import UserError
from vae_desktop.training.batches import Batches
from vae_desktop.training.causes import out_of_memory_before_training, out_of_memory_in_training, why_diverged
from vae_desktop.training.devices import placed, select_device
from vae_desktop.training.failures import failure_words, is_out_of_memory
from vae_desktop.training.history import Change
from vae_desktop.variants import check_comparison

_SECURE_INTERVAL, _SECURE_SHARE = 30.0, 0.01  # seconds between two states that are kept, and of the time
_SECURE_FIRST = 5.0  # seconds until the first


class ActiveSet:
    """One to four models that train in lockstep; one that ends or fails leaves it, and the others go on.

    Parameters
    ----------
    entries : sequence of Entry
    dataset : Dataset
    embeds_training : set of int
        The runs of which codes of the training images are wanted.
    outbox : Outbox
    inference : InferenceThread
    """

    def __init__(
        self,
        entries: Sequence[Entry],
        dataset: Dataset,
        embeds_training: set[int],
        outbox: Outbox,
        tracker: RunTracker,
        inference: InferenceThread,
    ) -> None:
        configs = [entry.config for entry in entries]
        check_comparison(configs)
        training = configs[0].training
        self._outbox = outbox
        self._tracker = tracker
        device = select_device(training.device, partial(outbox.call, tracker.device_passed_over))
        self._config, self._device = configs[0], device
        self._runs: list[ActiveRun] = []
        try:
            batches = Batches(dataset.train.images, training.batch_size, training.seed, device)
            shared = Shared(dataset, device, batches, placed(dataset.test.images, device), len(configs))
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error):
                raise
            raise UserError(self._out_of_memory(has_begun=False)) from None
        self._inference = inference
        self._secure_pacer = Pacer(_SECURE_INTERVAL, _SECURE_SHARE)
        self._secure_pacer.due = time.monotonic() + min(_SECURE_FIRST, _SECURE_INTERVAL)
        for entry in entries:
            self._guard(entry.run, None, partial(self._begin, entry, shared))
        self.embed_training(embeds_training)

    def __len__(self) -> int:
        """How many models are left."""
        return len(self._runs)

    def advance(self) -> None:
        """Take one step with each model, and publish and secure what is due; one that is at its end leaves."""
        for run in list(self._runs):
            is_done = run.steps >= run.span.last
            self._guard(run.run, run, partial(self._end, run, "finished") if is_done else run.advance)
        now = time.monotonic()
        if self._secure_pacer.is_due(now):
            self.secure()
            self._secure_pacer.ran(now, time.monotonic())

    def pause(self) -> None:
        """Bring all that is shown up to date: no step follows for a while."""
        self._each(self._settle)

    def resume(self) -> None:
        self._each(lambda run: self._outbox.call(self._tracker.run_resumed, run.run))

    def adjust(self, name: str, value: float, run_id: int | None) -> None:
        """Change a setting of one model, or of all."""
        self._each(partial(self._adjust, name, value, run_id))

    def embed_training(self, run_ids: set[int]) -> None:
        self._each(lambda run: run.embed_training(run.run.id in run_ids))

    def capture(self, run_ids: frozenset[int]) -> None:
        """Send the whole state of these models."""
        self._each(partial(self._capture, run_ids))

    def secure(self) -> None:
        """Send the whole state of all of them: now and then, and before anything that takes long."""
        self._each(lambda run: self._outbox.call(self._tracker.run_secured, run.run, run.secure()))

    def end(self, outcome: Outcome) -> None:
        """End all of them."""
        self._each(lambda run: self._end(run, outcome))

    def _begin(self, entry: Entry, shared: Shared) -> None:
        self._runs.append(ActiveRun(entry, shared, self._outbox, self._tracker, self._inference))

    def _capture(self, run_ids: frozenset[int], run: ActiveRun) -> None:
        if run.run.id in run_ids:
            self._outbox.call(self._tracker.run_captured, run.run, *run.settle())

    def _settle(self, run: ActiveRun) -> None:
        snapshot, _ = run.settle()
        self._outbox.call(self._tracker.run_secured, run.run, snapshot)
        self._outbox.call(self._tracker.run_paused, run.run)

    def _adjust(self, name: str, value: float, run_id: int | None, run: ActiveRun) -> None:
        if run_id not in (None, run.run.id):
            return
        run.flush()  # the steps before the change are told of before it
        run.adjust(name, value)
        self._outbox.call(self._tracker.run_adjusted, run.run, Change(run.steps, name, value), run.span.last)

    def _end(self, run: ActiveRun, outcome: Outcome) -> None:
        snapshot, codes = run.finish() if outcome == "finished" else run.settle()
        self._leave(run.run, self._tracker.run_ended, outcome, snapshot, codes, snapshot.step)

    def _end_diverged(self, run: ActiveRun) -> None:
        at_step = run.steps
        snapshot, codes = run.fall_back()
        self._leave(run.run, self._tracker.run_ended, "diverged", snapshot, codes, at_step)

    def _leave(self, run: Run, tell: Callable[..., object], *how: object) -> None:
        self._runs = [entry for entry in self._runs if entry.run is not run]
        self._outbox.call(tell, run, *how)

    def _each(self, do: Callable[[ActiveRun], object]) -> None:
        for run in list(self._runs):
            self._guard(run.run, run, partial(do, run))

    def _guard(self, told: Run, run: ActiveRun | None, work: Callable[[], object]) -> None:
        """Do something with a model; if that fails, it ends with the reason. None stands for one not made yet."""
        has_diverged, failure = False, None
        last_good = None if run is None else run.last_good
        try:
            work()
        except Diverged:
            has_diverged = True
        except UserError as error:
            failure = str(error), "", last_good
        except Exception as error:  # noqa: BLE001 - the edge of this model
            kept = "" if last_good is None else f"The model is kept as it was at step {last_good.step:,}."
            words = failure_words(error, kept, self._out_of_memory(has_begun=run is not None))
            failure = words, traceback.format_exc(), last_good
        # Outside the except block, so that the traceback no longer holds the failed step's memory.
        if has_diverged and run is not None:
            self._guard(told, run, partial(self._end_diverged, run))
        elif has_diverged:
            why = why_diverged(self._config, step=0)
            failure = f"This model cannot be trained: its loss or its codes are infinite. {why}", "", None
        if failure is not None:
            self._leave(told, self._tracker.run_failed, *failure)

    def _out_of_memory(self, has_begun: bool) -> str:
        if has_begun:
            return out_of_memory_in_training(self._config.training, self._device.type)
        return out_of_memory_before_training(self._device.type)
