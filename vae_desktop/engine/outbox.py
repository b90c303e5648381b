"""How values cross between threads: as calls, which the thread that owns the state makes in its own time."""

import threading
from collections.abc import Callable, Hashable
from functools import partial

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
