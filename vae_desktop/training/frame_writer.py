"""Writes frames beside the training, one after the other."""

import logging
import threading
from collections import deque
from collections.abc import Callable

_log = logging.getLogger(__name__)


class FrameWriter:
    """Does what it is given in a thread of its own, which ends when there is nothing left to do.

    Several models share one, so that they do not fight over the disk.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._jobs: deque[tuple[Callable[[], object], int]] = deque()
        self._thread: threading.Thread | None = None
        self._waiting = 0

    @property
    def waiting_bytes(self) -> int:
        """How much memory is held by what has not been written yet."""
        return self._waiting

    def add(self, job: Callable[[], object], held: int = 0) -> None:
        """Have something done after all that came before; until then it holds so many bytes."""
        with self._changed:
            self._jobs.append((job, held))
            self._waiting += held
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="frames", daemon=True)
                self._thread.start()

    def join(self, timeout: float | None = None) -> bool:
        """Wait until all is done, at most so many seconds; return whether it is."""
        with self._changed:
            return self._changed.wait_for(lambda: self._thread is None, timeout)

    def _work(self) -> None:
        while True:
            with self._changed:
                if not self._jobs:
                    self._thread = None
                    self._changed.notify_all()
                    return
                job, held = self._jobs.popleft()
            try:
                job()
            except Exception:  # noqa: BLE001 - the edge of the thread: training goes on whatever becomes of a frame
                _log.exception("a frame of a timeline could not be kept")
            del job
            with self._changed:
                self._waiting -= held
