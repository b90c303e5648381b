"""Work in the background beside training, and the calls by which other threads reach the one that owns the state."""

from __future__ import annotations

import contextlib
import threading
import time
import traceback
from collections.abc import Callable, Collection, Hashable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from psygnal import Signal

from vae_desktop.errors import Cancelled
from vae_desktop.progress import Progress


def _ignore(*_: Any) -> None:
    pass


@dataclass(eq=False)
class Task:
    """What a piece of work sees of itself; :meth:`Tasks.run` says what the fields are.

    Attributes
    ----------
    progress : Progress
        To be called with how far the work is; raises Cancelled once it is no longer wanted.
    has_ended : bool
        Whether whoever started it knows that it has ended.
    """

    _outbox: Outbox
    work: Callable[[Task], Any]
    on_result: Callable[[Any], object]
    on_error: Callable[[Exception, str], object]
    on_cancelled: Callable[[], object]
    _on_progress: Callable[[int, int], object]
    _on_part: Callable[[Any], object]
    writes: Path | None
    loads: bool
    has_ended: bool = field(default=False, init=False)
    _part: Path | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        self._cancelled = threading.Event()
        self.progress = Progress(self._report, self.is_cancelled)

    def cancel(self) -> None:
        """Ask the work to end; its result, if any still comes, is dropped, and a file half written is deleted."""
        self._cancelled.set()
        if self._part is not None:  # its thread may wait long for the disk, and end with the process
            with contextlib.suppress(OSError):
                self._part.unlink()

    def is_cancelled(self) -> bool:
        return self._cancelled.is_set()

    def watch(self, part: Path) -> None:
        """Note the temporary file that is being written; raises Cancelled if it is no longer wanted."""
        self._part = part  # before the question, so that `cancel` in another thread misses nothing
        self.progress.check()

    def _report(self, done: int, total: int) -> None:
        self._outbox.call_latest((self, "progress"), self._tell, self._on_progress, done, total)

    def found(self, value: Any) -> None:
        """Hand over a part of the result."""
        self._outbox.call(self._tell, self._on_part, value)

    def _tell(self, listener: Callable[..., object], *what: Any) -> None:
        if not (self.has_ended or self.is_cancelled()):
            listener(*what)


class Tasks:
    """Runs each task in a thread of its own; what it gives arrives as calls in the owner's thread.

    Parameters
    ----------
    outbox : Outbox
    on_error : callable
        Is given an error and its traceback as text, of tasks that do not say what to do then.
    """

    written = Signal(Path, bool)  # what a task was to write, and whether it has; after its other calls

    def __init__(self, outbox: Outbox, on_error: Callable[[Exception, str], object] = _ignore) -> None:
        self._outbox = outbox
        self._on_error = on_error
        self._running: dict[Task, threading.Thread] = {}
        self._by_key: dict[str, Task] = {}

    @property
    def writing(self) -> list[Path]:
        """What tasks that must finish are writing."""
        return [task.writes for task in self._running if task.writes is not None and not task.is_cancelled()]

    @property
    def is_loading(self) -> bool:
        return any(task.loads and not task.is_cancelled() for task in self._running)

    def run(
        self,
        work: Callable[[Task], Any],
        on_result: Callable[[Any], object] = _ignore,
        on_error: Callable[[Exception, str], object] | None = None,
        on_cancelled: Callable[[], object] = _ignore,
        on_progress: Callable[[int, int], object] = _ignore,
        on_part: Callable[[Any], object] = _ignore,
        key: str = "",
        writes: Path | None = None,
        loads: bool = False,
    ) -> Task:
        """Run `work` in the background.

        Parameters
        ----------
        work : callable
            Is given its Task; what it returns goes to `on_result`, what it raises with the traceback to `on_error`.
        on_cancelled : callable
            Called instead of these two where the task was cancelled.
        on_progress : callable
            Is given how much is done, of how much; the newest only.
        on_part : callable
            Is given each part of the result that comes before its end.
        key : str, optional
            Of tasks with the same key the newest wins: it cancels the one before.
        writes : Path, optional
            What the task writes; such a one is not cancelled with all others, and begins when those that write the same
            and were begun before it have ended.
        loads : bool
            Whether the app is loading as long as the task runs.
        """
        self.cancel(key)
        on_error = on_error or self._on_error
        task = Task(self._outbox, work, on_result, on_error, on_cancelled, on_progress, on_part, writes, loads)
        before = [thread for other, thread in self._running.items() if writes is not None and other.writes == writes]
        # A daemon: a server that does not answer must not keep the app from ending.
        thread = threading.Thread(target=self._work, args=(task, before), name="task", daemon=True)
        self._running[task] = thread
        if key:
            self._by_key[key] = task
        thread.start()
        return task

    def is_running(self, key: str) -> bool:
        """Whether the newest task of that key is wanted, and its end has not been heard of yet."""
        task = self._by_key.get(key)
        return task is not None and not task.is_cancelled()

    def cancel(self, key: str) -> bool:
        """Ask the task of that key to end; return whether one was running."""
        was_running = self.is_running(key)
        if was_running:
            self._by_key.pop(key).cancel()
        return was_running

    def cancel_all(self) -> None:
        """Ask all tasks to end, but those that write."""
        for task in self._running:
            if task.writes is None:
                task.cancel()

    def cancel_writing(self, paths: Collection[Path]) -> None:
        """Give up writing these: what they hold stays."""
        for task in self._running:
            if task.writes in paths:
                task.cancel()

    def join(self, timeout: float) -> None:
        """Wait until all tasks have ended, at most `timeout` seconds."""
        deadline = time.monotonic() + timeout
        for thread in self._running.values():
            thread.join(max(0.0, deadline - time.monotonic()))

    def _work(self, task: Task, before: Collection[threading.Thread]) -> None:
        for thread in before:
            thread.join()
        try:
            task.progress.check()
            told = [task.on_result, task.work(task)]
        except Cancelled:
            task.cancel()
            told = []
        except Exception as error:  # noqa: BLE001 - the edge of the thread
            told = [task.on_error, error, traceback.format_exc()]
        self._outbox.call(self._end, task, *told)

    def _end(self, task: Task, answer: Callable[..., object] = _ignore, *result: Any) -> None:
        del self._running[task]
        self._by_key = {key: newest for key, newest in self._by_key.items() if newest is not task}
        task.has_ended = True
        if task.is_cancelled():
            task.on_cancelled()
            return
        answer(*result)
        if task.writes is not None:
            self.written.emit(task.writes, answer is not task.on_error)


Call = Callable[[], object]


class Outbox:
    """Collects calls from any thread until the owner of the state takes them.

    Calls posted with :meth:`call` are all made, in order. Of those posted with :meth:`call_latest` under one key only
    the newest is made: for pictures and scatters, which replace each other.

    Parameters
    ----------
    on_filled : callable
        Called, in the posting thread, only when the box goes from empty to full: a reader is woken once for
        any number of calls.
    """

    def __init__(self, on_filled: Callable[[], object]) -> None:
        self._on_filled = on_filled
        self._lock = threading.RLock()
        self._is_closed = False
        self._calls: list[Call] = []
        self._latest: dict[Hashable, Call] = {}

    def call(self, function: Callable[..., object], *arguments: object) -> None:
        """Have the owner call a function."""
        self._add(lambda: self._calls.append(partial(function, *arguments)))

    def call_latest(self, key: Hashable, function: Callable[..., object], *arguments: object) -> None:
        """Have the owner call a function, in place of one of the same key that it has not made yet."""
        self._add(lambda: self._latest.update({key: partial(function, *arguments)}))

    def close(self) -> None:
        """Let nothing arrive any more: when this returns, the reader is not woken again and may be gone."""
        with self._lock:
            self._is_closed = True

    def take(self) -> list[Call]:
        """Take everything: the ordered calls first, then the newest of each key."""
        with self._lock:
            calls = [*self._calls, *self._latest.values()]
            self._calls, self._latest = [], {}
        return calls

    def _add(self, add: Callable[[], object]) -> None:
        with self._lock:
            if self._is_closed:
                return
            was_empty = not self._calls and not self._latest
            add()
            if was_empty:  # under the lock, so that `close` waits for it
                self._on_filled()
