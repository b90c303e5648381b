"""Writes frames beside the training, some together."""

import logging
import threading
from collections import deque
from collections.abc import Callable

_GATHERED = 1.0  # seconds, in which jobs are gathered: a thread that wakes up takes a processor from a team of OpenMP's
_MUCH = 32_000_000  # bytes, from which on nothing is waited for
_log = logging.getLogger(__name__)


class FrameWriter:
    """Does what it is given, a moment later, in a thread of its own, which ends when there is nothing left to do.

    Several models share one, so that they do not fight over the disk.

    Parameters
    ----------
    gathered : float
        Seconds for which it waits for more to do.
    """

    def __init__(self, gathered: float = _GATHERED) -> None:
        self._gathered = gathered
        self._changed = threading.Condition()
        self._jobs: deque[tuple[Callable[[], object], int]] = deque()
        self._thread: threading.Thread | None = None
        self._waiting = 0
        self._is_urgent = False

    @property
    def waiting_bytes(self) -> int:
        """How much memory is held by what has not been written yet."""
        return self._waiting

    def add(self, job: Callable[[], object], held: int = 0, is_urgent: bool = False) -> None:
        """Have something done after all that came before; until then it holds so many bytes."""
        with self._changed:
            self._jobs.append((job, held))
            self._waiting += held
            self._is_urgent |= is_urgent
            self._start()
            if self._is_pressing():
                self._changed.notify_all()

    def join(self, timeout: float | None = None) -> bool:
        """Have all done at once, and wait for it, at most so many seconds; return whether it is."""
        with self._changed:
            self._start()
            self._is_urgent = self._thread is not None
            self._changed.notify_all()
            return self._changed.wait_for(lambda: self._thread is None, timeout) and not self._jobs

    def _start(self) -> None:
        """Have a thread, if there is something to do; what it cannot be had for now waits for the next attempt."""
        if self._thread is None and self._jobs:
            thread = threading.Thread(target=self._work, name="frames", daemon=True)
            try:
                thread.start()
            except RuntimeError:  # the system gives no more threads
                return
            self._thread = thread

    def _work(self) -> None:
        while True:
            with self._changed:
                if not self._jobs:
                    self._thread, self._is_urgent = None, False
                    self._changed.notify_all()
                    return
                self._changed.wait_for(self._is_pressing, self._gathered)
                jobs, held = list(self._jobs), self._waiting
                self._jobs.clear()
            while jobs:
                self._do(jobs.pop(0)[0])
            with self._changed:
                self._waiting -= held

    def _is_pressing(self) -> bool:
        return self._is_urgent or self._waiting > _MUCH

    def _do(self, job: Callable[[], object]) -> None:
        try:
            job()
        except BaseException:  # noqa: BLE001 - the edge of the thread: those who wait for it may not wait for ever
            _log.exception("a frame of a timeline could not be kept")
