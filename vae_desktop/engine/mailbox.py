"""How values cross between threads: everything in order, or only the newest."""

import threading
from collections.abc import Callable, Hashable
from typing import Any


class Outbox:
    """Collects what threads have to say until one reader drains it.

    Events posted with :meth:`post` all arrive, in order. Of those posted with :meth:`post_latest` under one key
    only the newest arrives, for pictures and scatters, which replace each other.

    Parameters
    ----------
    on_filled : callable
        Called, in the posting thread, only when the box goes from empty to full: a reader is woken once for
        any number of events.
    """

    def __init__(self, on_filled: Callable[[], None]) -> None:
        self._on_filled = on_filled
        self._lock = threading.Lock()
        self._events: list[Any] = []
        self._latest: dict[Hashable, Any] = {}

    def post(self, event: Any) -> None:
        """Add an event that must arrive."""
        with self._lock:
            was_empty = not self._events and not self._latest
            self._events.append(event)
        if was_empty:
            self._on_filled()

    def post_latest(self, key: Hashable, event: Any) -> None:
        """Add an event that replaces an undelivered one of the same key."""
        with self._lock:
            was_empty = not self._events and not self._latest
            self._latest[key] = event
        if was_empty:
            self._on_filled()

    def drain(self) -> list[Any]:
        """Take everything: the ordered events first, then the newest of each key."""
        with self._lock:
            events = [*self._events, *self._latest.values()]
            self._events = []
            self._latest = {}
        return events
