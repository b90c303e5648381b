"""The thread that trains: takes the waiting commands, then one step, and again."""

from __future__ import annotations

import queue
import threading
import traceback
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from vae_desktop.engine.freed_memory import give_back_memory
from vae_desktop.engine.inference import InferenceThread
from vae_desktop.engine.outbox import Outbox
from vae_desktop.engine.processor import prepare_threads, yield_to_window
from vae_desktop.errors import UserError
from vae_desktop.training.spinning import Spinning

if TYPE_CHECKING:
    from vae_desktop.data.dataset import Dataset
    from vae_desktop.engine.active_set import ActiveSet
    from vae_desktop.engine.run import Entry
    from vae_desktop.engine.run_tracker import RunTracker


class TrainingWorker:
    """Owns the one to four models in training, their optimizers and the accelerator.

    Commands are acted on between two steps, so nothing ever waits for an epoch and nothing is torn apart.
    torch is imported by the thread itself: whoever makes this object need not have it loaded. One that takes the place
    of another, which did not end in time, waits for that one's end: no two threads use an accelerator (on Apple's, that
    ends the process: pytorch's issue 197805).
    """

    def __init__(
        self, outbox: Outbox, inference: InferenceThread, tracker: RunTracker, after: TrainingWorker | None = None
    ) -> None:
        self._tracker = tracker
        self._after = after
        self._outbox = outbox
        self._inference = inference
        self._commands: queue.SimpleQueue[Callable[[], object]] = queue.SimpleQueue()
        self._set: ActiveSet | None = None
        self._paused = False
        self._closing = False
        self._thread = threading.Thread(target=self._main, name="training", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def send(self, command: Callable[..., object], *arguments: object) -> None:
        """Have a method of this object called by the thread as soon as the step under way is done."""
        self._commands.put(partial(command, *arguments))

    def close(self, timeout: float) -> bool:
        """End the run and the thread; return whether it ended within `timeout` seconds."""
        if not self._thread.is_alive():
            return True
        self.send(self._shut_down)
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def join(self) -> None:
        """Wait until the thread has ended, if it has begun."""
        if self._thread.ident is not None:
            self._thread.join()

    def _main(self) -> None:
        try:
            yield_to_window()
            prepare_threads()
            from vae_desktop.training.devices import find_devices

            self._inference.serve_views()
            if self._after is not None:
                self._after.join()
                self._after = None
            self._outbox.call(self._tracker.devices_known, find_devices())
        except Exception as error:  # noqa: BLE001 - the edge of the thread
            words = f"PyTorch could not be loaded: {error}"
            self._outbox.call(self._tracker.run_failed, None, words, traceback.format_exc(), None)
            return
        while not self._closing:
            self._commands.get()()
            if self._going:
                with Spinning():
                    self._train()
                give_back_memory()
            if self._set is not None and not self._set:  # the last model has left it
                self._end()

    def _train(self) -> None:
        """Take a step with each model, again and again, and act on what comes before the next."""
        while self._going:
            if self._commands.empty():
                self._going.advance()
            else:
                self._commands.get()()

    @property
    def _going(self) -> ActiveSet | None:
        """The models to be trained now; None if there are none."""
        return self._set if self._set and not self._paused else None

    # Commands, for `send`

    def begin(self, entries: Sequence[Entry], dataset: Dataset, embeds_training: set[int]) -> None:
        """Train one to four models together; variants.check_comparison says what they must share.

        `embeds_training` names the runs of which codes of the training images are wanted.
        """
        self._end()
        failure = None
        try:
            from vae_desktop.engine.active_set import ActiveSet

            self._set = ActiveSet(
                entries, dataset, embeds_training, self._outbox, self._tracker, self._inference
            )
        except UserError as error:
            failure = str(error), ""
        except Exception as error:  # noqa: BLE001 - the edge of the thread
            from vae_desktop.training.failures import failure_words

            failure = failure_words(error), traceback.format_exc()
        if failure is not None:  # outside the except block, which holds the memory of what failed
            self._outbox.call(self._tracker.run_failed, None, *failure, None)
            self._end()

    def stop(self) -> None:
        """End the training; the models stay."""
        self._end()

    def pause(self) -> None:
        """Hold the training of all models."""
        if self._set and not self._paused:
            self._paused = True
            self._set.pause()

    def resume(self) -> None:
        """Go on with a held training."""
        if self._set and self._paused:
            self._paused = False
            self._set.resume()

    def adjust(self, name: str, value: float, run_id: int | None) -> None:
        """Change a setting from the next step on: of one model, or of all."""
        if self._set:
            self._set.adjust(name, value, run_id)

    def embed_training_images(self, run_ids: set[int]) -> None:
        """Send codes of the training images too from now on, of these runs only."""
        if self._set:
            self._set.embed_training(run_ids)

    def capture(self, run_ids: frozenset[int]) -> None:
        """Send the whole state of these models."""
        if self._set:
            self._set.capture(run_ids)

    def _shut_down(self) -> None:
        self._closing = True
        if self._set:
            self._set.secure()
        self._end()

    def _end(self) -> None:
        if self._set is not None:
            self._set.end("stopped")
        self._set = None
        self._paused = False
        from vae_desktop.training.devices import give_back_device_memory

        give_back_device_memory()
