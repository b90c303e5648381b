"""The thread that trains: takes the waiting commands, then one step, and again."""

from __future__ import annotations

import queue
import threading
import time
import traceback
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from vae_desktop.data.dataset import Dataset
from vae_desktop.engine.inference import InferenceThread
from vae_desktop.engine.processor import give_back_memory, prepare_threads, yield_to_window
from vae_desktop.engine.run import Entry
from vae_desktop.engine.run_tracker import RunTracker
from vae_desktop.engine.tasks import Outbox
from vae_desktop.errors import UserError
from vae_desktop.language import tr
from vae_desktop.progress import Pacer
from vae_desktop.training.failures import failure_words
from vae_desktop.training.spinning import Spinning

if TYPE_CHECKING:
    from vae_desktop.engine.publisher import Publisher
    from vae_desktop.training.loop import TrainingLoop
    from vae_desktop.training.run_folder.writer import RunFolder

_FOLDER_PATIENCE, _HELD_UP = 2.0, 0.05  # seconds, for a disk that refuses at the end, and between two looks at it
SECURE_INTERVAL, _SECURE_FRACTION = 30.0, 0.01  # seconds between two states that are kept, and of the time
_SECURE_FIRST = 5.0  # seconds until the first


@dataclass(eq=False)
class TrainingThread:
    """Steps the training loop, which owns the one to four models, their optimizers and the accelerator.

    Commands are acted on between two steps, so nothing ever waits for an epoch and nothing is torn apart.
    torch is imported by the thread itself: whoever makes this object need not have it loaded. One that takes the place
    of another, which did not end in time, waits for that one's end: no two threads use an accelerator (on Apple's, that
    ends the process: pytorch's issue 197805).

    Attributes
    ----------
    has_died : bool
        Whether it has ended since torch could not be loaded.
    """

    _outbox: Outbox
    _inference: InferenceThread
    _tracker: RunTracker
    _after: TrainingThread | None = None

    def __post_init__(self) -> None:
        self._commands: queue.SimpleQueue[Callable[[], object]] = queue.SimpleQueue()
        self._loop: TrainingLoop | None = None
        self._publishers: list[Publisher] = []  # of the models that go on
        self._folder: RunFolder | None = None
        self._paused = False
        self._closing = False
        self._follows_gradient = False
        self.has_died = False
        self._thread = threading.Thread(target=self._main, name="training", daemon=True)

    def start(self) -> None:
        """Begin, unless it has begun."""
        if self._thread.ident is None:
            self._thread.start()

    def send(self, command: Callable[..., object], *arguments: object) -> None:
        """Have a method of this object called by the thread as soon as the step under way is done."""
        self._commands.put(partial(command, *arguments))

    def close(self, timeout: float) -> bool:
        """End the run and the thread; return whether it ended within `timeout` seconds."""
        if not self._thread.is_alive():
            return True
        self.send(self.shut_down)
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
            self.has_died = True
            words = tr("PyTorch could not be loaded: {error}").format(error=error)
            self._outbox.call(self._tracker.run_failed, None, words, traceback.format_exc(), None)
            return
        while not self._closing:
            self._commands.get()()
            if self._goes_on:
                with Spinning():
                    while self._goes_on:
                        do = self._advance if self._commands.empty() else self._commands.get()
                        do()
                give_back_memory()
            if self._loop is not None and not self._publishers:  # the last model has left it
                self.stop()

    @property
    def _goes_on(self) -> bool:
        """Whether there are models to be trained now."""
        return bool(self._publishers) and not self._paused

    # Commands, for `send`

    def begin(
        self,
        entries: Sequence[Entry],
        dataset: Dataset,
        embeds_training: Collection[int],
        is_held: bool = False,
        run_root: Path | None = None,
    ) -> None:
        """Train one to four models together; variants.check_comparison says what they must share.

        `embeds_training` are the ids of the runs of which codes of the training images are wanted; `is_held` has the
        training wait before its first step; it is written into a folder of its own in `run_root`, if there is one.
        """
        self.stop()
        failure = None
        try:
            self._begin(entries, dataset)
            self.embed_training_images(embeds_training)
            if run_root is not None:
                self._write_folder(run_root, entries)
            if is_held:
                self.pause()
        except Exception as error:  # noqa: BLE001 - the edge of the thread
            failure = failure_words(error), "" if isinstance(error, UserError) else traceback.format_exc()
        if failure is not None:  # outside the except block, which holds the memory of what failed
            self._outbox.call(self._tracker.run_failed, None, *failure, None)
            self.stop()

    def stop(self) -> None:
        """End the training, and give its memory back; the models stay."""
        self._each(lambda publisher: publisher.end("stopped"))
        if self._folder is not None:
            self._folder.close(_FOLDER_PATIENCE)
        self._loop, self._publishers, self._folder = None, [], None
        self._paused = False
        from vae_desktop.training.devices import give_back_device_memory

        give_back_device_memory()

    def pause(self) -> None:
        """Hold the training of all models."""
        if self._goes_on:
            self._paused = True
            self._each(lambda publisher: publisher.pause())
            if self._folder is not None:
                self._folder.report(is_at_epoch=False, state="paused")

    def resume(self) -> None:
        """Go on with a held training."""
        if self._paused:
            self._paused = False
            self._each(lambda publisher: publisher.resume())

    def take_step(self) -> None:
        """Take one step with each model of a held training, and tell of it in every detail."""
        if self._loop is None or not self._paused:
            return
        self._each(lambda publisher: publisher.take_step())
        self._loop.end_epochs()
        self._each(lambda publisher: publisher.show_step())
        self._end_finished()

    def adjust(self, name: str, value: float, run_id: int | None = None) -> None:
        """Change a setting from the next step on: of one model, or of all."""
        self._each(lambda publisher: publisher.adjust(name, value), None if run_id is None else {run_id})

    def embed_training_images(self, run_ids: Collection[int]) -> None:
        """Send codes of the training images too from now on, of these runs only."""
        self._each(lambda publisher: publisher.embed_training(publisher.run.id in run_ids))

    def follow_gradient(self, wanted: bool) -> None:
        """Send the gradient's norm now and then, from now on, or no longer."""
        self._follows_gradient = wanted

    def capture(self, run_ids: Collection[int]) -> None:
        """Send the whole state of these models."""
        self._each(lambda publisher: publisher.capture(), run_ids)

    def shut_down(self) -> None:
        """End the training and the thread."""
        self._closing = True
        self._each(lambda publisher: publisher.secure())
        self.stop()

    def _begin(self, entries: Sequence[Entry], dataset: Dataset) -> None:
        from vae_desktop.engine.publisher import Publisher
        from vae_desktop.training.devices import select_device
        from vae_desktop.training.loop import TrainingLoop

        configs = [entry.config for entry in entries]
        device = select_device(configs[0].training.device, self._tell)
        snapshots, timelines = [entry.snapshot for entry in entries], [entry.timeline for entry in entries]
        self._loop = TrainingLoop(configs, dataset, device, snapshots, timelines=timelines)
        self._publishers = [
            Publisher(entry.run, model, len(configs), self._outbox, self._tracker, self._inference, entry.history)
            for entry, model in zip(entries, self._loop.models, strict=True)
        ]
        self._secure_pacer = Pacer(SECURE_INTERVAL, _SECURE_FRACTION)
        self._secure_pacer.due = time.monotonic() + min(_SECURE_FIRST, SECURE_INTERVAL)
        self._each(lambda publisher: publisher.begin())

    def _write_folder(self, root: Path, entries: Sequence[Entry]) -> None:
        """Have the training written into a folder of its own; one that cannot be made is told, and left out."""
        from vae_desktop.training.run_folder.writer import RunFolder, new_folder

        assert self._loop is not None
        try:
            folder = RunFolder(new_folder(root, [entry.config for entry in entries]), tell=self._tell)
        except UserError as error:
            self._tell(tr("The training is not written to a folder: {reason}").format(reason=error))
            return
        folder.begin(self._loop, [publisher.whole_history for publisher in self._publishers])
        self._folder = folder
        self._loop.reporters.append(folder)

    def _tell(self, text: str) -> None:
        self._outbox.call(self._tracker.thread_told, text)

    def _advance(self) -> None:
        """End the models that are at their end, take a step with each other one, and publish what is due."""
        assert self._loop is not None
        if self._loop.is_held_up:
            time.sleep(_HELD_UP)
            return
        self._end_finished()
        self._loop.step()
        self._loop.end_epochs()
        self._each(lambda publisher: publisher.publish_due(self._follows_gradient))
        self._loop.report_due(is_at_epoch=any(publisher.model.ends_epoch for publisher in self._publishers))
        now = time.monotonic()
        if self._secure_pacer.is_due(now):
            self._each(lambda publisher: publisher.secure())
            self._secure_pacer.ran(now, time.monotonic())

    def _end_finished(self) -> None:
        at_end = {publisher.run.id for publisher in self._publishers if publisher.model.is_finished}
        self._each(lambda publisher: publisher.end("finished"), at_end)

    def _each(self, do: Callable[[Publisher], object], run_ids: Collection[int] | None = None) -> None:
        """Do something with each model, or with these only; those that have ended or failed by then leave."""
        if self._loop is None:
            return
        for publisher in self._publishers:
            if publisher.model.failure is None and (run_ids is None or publisher.run.id in run_ids):
                self._loop.attempt(publisher.model, partial(do, publisher))
            if publisher.model.failure is not None:
                publisher.end_failed(self._loop)
        self._publishers = [publisher for publisher in self._publishers if not publisher.has_ended]
        self._loop.models = [publisher.model for publisher in self._publishers]
