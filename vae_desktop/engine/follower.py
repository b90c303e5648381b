"""The thread that follows one training's folder: it looks, hands over what is new, and mends itself."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from vae_desktop.errors import UserError
from vae_desktop.language import tr
from vae_desktop.training.run_folder.protocols import SourceUnusable

if TYPE_CHECKING:
    from vae_desktop.training.run_folder.reader import Poll, RunReader

INTERVAL = 1.0  # seconds between two looks
RESTS = 5.0  # seconds between two at a training that has ended: it may go on
_LONGEST = 10.0  # seconds between two attempts with a broken link
_FEW = 2  # attempts that fail before that is told: a folder that is begun anew has nothing to read for a moment
_log = logging.getLogger(__name__)


class Follower:
    """Looks at a folder again and again; a look begins when what the last one found has been taken in.

    So nothing queues up: what comes too fast for the link, or for the window, is skipped.

    Parameters
    ----------
    reader : RunReader
    tell : callable
        Is given each Poll, in this thread; whoever takes it in calls `taken`.
    complain : callable
        Is given, in this thread, why nothing can be read, in words, and whether that is for good.
    """

    def __init__(
        self, reader: RunReader, tell: Callable[[Poll], object], complain: Callable[[str, bool], object]
    ) -> None:
        self.reader = reader
        self._tell, self._complain = tell, complain
        self._taken = threading.Event()
        self._ended: threading.Event | None = None
        self._thread: threading.Thread | None = None

    @property
    def is_running(self) -> bool:
        return self._ended is not None

    def start(self) -> None:
        """Begin, or go on after `stop`."""
        if self._ended is None:
            self.reader.source.open()
            self._ended = threading.Event()
            arguments = self._ended, self._thread
            self._thread = threading.Thread(target=self._main, args=arguments, name="following", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Look no more; waits for nothing."""
        if self._ended is not None:
            self.reader.source.close()
            self._ended.set()
            self._ended = None

    def join(self, timeout: float) -> None:
        """Wait until the thread has ended, at most so many seconds."""
        if self._thread is not None:
            self._thread.join(timeout)

    def taken(self) -> None:
        """Note that what was told has been taken in."""
        self._taken.set()

    def _main(self, ended: threading.Event, before: threading.Thread | None) -> None:
        if before is not None:
            before.join()
        failures, pause = 0, 0.0
        while not ended.wait(pause):
            try:
                pause = self._look(ended)
                failures = 0
            except Exception as error:  # noqa: BLE001 - the edge of the thread
                if ended.is_set():
                    break
                failures += 1
                pause = min(2.0 ** min(failures - 2, 9), _LONGEST)
                if not self._has_hope(error, failures):
                    break
        self.reader.source.disconnect()

    def _look(self, ended: threading.Event) -> float:
        """Look once, and return after how many seconds to look again."""
        began = time.monotonic()
        poll = self.reader.poll()
        self._taken.clear()
        self._tell(poll)
        while not self._taken.wait(0.5):
            if ended.is_set():
                break
        if poll.has_more:
            return 0.0
        rests = poll.status.state not in ("training", "paused")
        return max(0.0, began + (RESTS if rests else INTERVAL) - time.monotonic())

    def _has_hope(self, error: Exception, failures: int) -> bool:
        """Tell why a look has failed; return whether another one may not."""
        if not isinstance(error, UserError):
            _log.error("following %s failed", self.reader.source.title, exc_info=error)
            text = tr("An unexpected error: {error}").format(error=error)
        else:
            text = str(error)
        is_final = isinstance(error, SourceUnusable)
        if is_final or failures >= _FEW:
            self._complain(text, is_final)
        self.reader.source.disconnect()
        return not is_final
