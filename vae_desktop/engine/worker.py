"""The thread that trains: takes the waiting commands, then one step, and again."""

from __future__ import annotations

import queue
import re
import threading
import traceback
from typing import TYPE_CHECKING

from vae_desktop.engine.decoder import DecoderThread
from vae_desktop.engine.mailbox import Outbox
from vae_desktop.engine.messages import (
    Adjust,
    Adjusted,
    Capture,
    Captured,
    Command,
    EmbedTraining,
    EngineReady,
    Failed,
    Outcome,
    Pause,
    Paused,
    Resume,
    Resumed,
    RunEnded,
    Shutdown,
    StartRun,
    Stop,
)
from vae_desktop.engine.processor import prepare_threads
from vae_desktop.errors import UserError
from vae_desktop.training.history import Change

if TYPE_CHECKING:
    from vae_desktop.engine.active_run import ActiveRun

_NO_MEMORY = re.compile("not enough memory|can't allocate memory|out of memory", re.IGNORECASE)


class TrainingWorker:
    """Owns the models in training, their optimizers and the accelerator.

    Commands are acted on between two steps, so nothing ever waits for an epoch and nothing is torn apart.
    torch is imported by the thread itself: whoever makes this object need not have it loaded.
    """

    def __init__(self, outbox: Outbox, decoder: DecoderThread) -> None:
        self._outbox = outbox
        self._decoder = decoder
        self._commands: queue.SimpleQueue[Command] = queue.SimpleQueue()
        self._run: ActiveRun | None = None
        self._run_id: int | None = None
        self._next: StartRun | None = None  # waits until the run before it has ended, in whatever way
        self._paused = False
        self._closing = False
        self._thread = threading.Thread(target=self._main, name="training", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def send(self, command: Command) -> None:
        """Have a command acted on as soon as the step under way is done."""
        self._commands.put(command)

    def close(self, timeout: float) -> bool:
        """End the run and the thread; return whether it ended within `timeout` seconds."""
        if not self._thread.is_alive():
            return True
        self.send(Shutdown())
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def _main(self) -> None:
        try:
            prepare_threads()
            from vae_desktop.training.devices import available_devices

            self._outbox.post(EngineReady(available_devices()))
        except Exception as error:  # noqa: BLE001 - the edge of the thread
            self._outbox.post(Failed(f"PyTorch could not be loaded: {error}", traceback.format_exc()))
            return
        while not self._closing:
            failure: Failed | None = None
            try:
                self._take_turn()
            except UserError as error:
                failure = self._failure(str(error), "")
            except Exception as error:  # noqa: BLE001 - the edge of the thread
                failure = self._failure(_plain_words(error), traceback.format_exc())
            # Outside the except block, so that the traceback no longer holds the failed step's memory.
            if failure is not None:
                self._run = self._run_id = None
                self._outbox.post(failure)

    def _take_turn(self) -> None:
        from vae_desktop.engine.active_run import Diverged

        try:
            self._turn()
        except Diverged:
            self._end_diverged()

    def _turn(self) -> None:
        """Act on what waits; then take one step, or sleep until a command comes."""
        if self._next is not None:
            command, self._next = self._next, None
            self._start(command)
            return
        if self._run is None or self._paused:
            self._act(self._commands.get())
            return
        while not self._commands.empty():
            self._act(self._commands.get())
            if self._run is None or self._paused or self._closing:
                return
        if self._run.steps >= self._run.last_step:
            self._end("finished")
        else:
            self._run.advance()

    def _act(self, command: Command) -> None:
        run = self._run
        match command:
            case StartRun():
                self._next = command
                self._end("stopped")
            case Shutdown():
                self._closing = True
                self._end("stopped")
            case Stop():
                self._end("stopped")
            case Pause() if run is not None and not self._paused:
                self._pause(run)
            case Resume() if run is not None and self._paused:
                self._paused = False
                self._outbox.post(Resumed(run.run_id))
            case Adjust() if run is not None:
                self._adjust(run, command)
            case EmbedTraining(wanted) if run is not None:
                run.embed_training(wanted)
            case Capture() if run is not None:
                self._outbox.post(Captured(run.run_id, *run.settle()))

    def _start(self, command: StartRun) -> None:
        from vae_desktop.engine.active_run import ActiveRun, Diverged

        self._paused = False
        self._run_id = command.run_id
        try:
            self._run = ActiveRun(command, self._outbox, self._decoder)
        except Diverged:
            raise UserError("This model cannot be trained: its loss or its codes are infinite.") from None

    def _pause(self, run: ActiveRun) -> None:
        run.settle()
        self._paused = True
        self._outbox.post(Paused(run.run_id))

    def _adjust(self, run: ActiveRun, command: Adjust) -> None:
        run.flush()  # the steps before the change are told of before it
        getattr(run, f"set_{command.name}")(command.value)
        change = Change(run.steps, command.name, command.value)
        self._outbox.post(Adjusted(run.run_id, change, run.last_step))

    def _end(self, outcome: Outcome) -> None:
        if self._run is None:
            return
        snapshot, codes = self._run.settle()
        self._outbox.post(RunEnded(self._run.run_id, outcome, snapshot, codes, snapshot.step))
        self._run = None

    def _end_diverged(self) -> None:
        assert self._run is not None
        at_step = self._run.steps
        snapshot, codes = self._run.fall_back()
        self._outbox.post(RunEnded(self._run.run_id, "diverged", snapshot, codes, at_step))
        self._run = None

    def _failure(self, message: str, details: str) -> Failed:
        return Failed(message, details, self._run_id, None if self._run is None else self._run.last_good)


def _plain_words(error: Exception) -> str:
    # The device's allocator has a type of its own, the processor's only words, other ones on each system.
    if type(error).__name__ == "OutOfMemoryError" or _NO_MEMORY.search(str(error)):
        return "The device ran out of memory. Choose a smaller batch or narrower layers, or the CPU as the device."
    return f"Training stopped because of an unexpected error: {error}"
