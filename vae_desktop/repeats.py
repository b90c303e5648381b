"""Counting what comes again and again, so that it is told once."""

import threading
import time
from collections.abc import Callable, Hashable

_QUIET = 10.0  # seconds without it, after which the same thing is news again
_MOST = 200  # things remembered


class Repeats:
    """How often each thing has come in a row; any thread may ask."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._seen: dict[Hashable, tuple[int, float]] = {}  # how often and when, the longest ago first

    def count(self, thing: Hashable) -> int:
        """Note that it has come, and return for which time in a row."""
        now = self._clock()
        with self._lock:
            count, last = self._seen.pop(thing, (0, now))
            count = count + 1 if now - last < _QUIET else 1
            self._seen[thing] = count, now
            if len(self._seen) > _MOST:
                del self._seen[next(iter(self._seen))]
        return count


def is_told(count: int) -> bool:
    """Whether a repeat is worth a line: the 1st, 10th, 100th and so on."""
    return str(count).strip("0") == "1"
