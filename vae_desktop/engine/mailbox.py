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
        self._lock = threading.RLock()
        self._is_closed = False
        self._events: list[Any] = []
        self._latest: dict[Hashable, Any] = {}

    def post(self, event: Any) -> None:
        """Add an event that must arrive."""
        self._add(lambda: self._events.append(event))

    def post_latest(self, key: Hashable, event: Any) -> None:
        """Add an event that replaces an undelivered one of the same key."""
        self._add(lambda: self._latest.update({key: event}))

    def close(self) -> None:
        """Let nothing arrive any more: when this returns, the reader is not woken again and may be gone."""
        with self._lock:
            self._is_closed = True

    def _add(self, add: Callable[[], None]) -> None:
        with self._lock:
            if self._is_closed:
                return
            was_empty = not self._events and not self._latest
            add()
            if was_empty:  # under the lock, so that `close` waits for it
                self._on_filled()

    def drain(self) -> list[Any]:
        """Take everything: the ordered events first, then the newest of each key."""
        with self._lock:
            events = [*self._events, *self._latest.values()]
            self._events = []
            self._latest = {}
        return events
