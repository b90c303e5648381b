"""Work on many files in a few threads; Pillow lets go of the interpreter while it decodes."""

import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from vae_desktop.errors import Cancelled

ItemT = TypeVar("ItemT")
ResultT = TypeVar("ResultT")

_THREADS = min(4, os.cpu_count() or 1)
_TOGETHER = 25  # files per task: few enough for smooth progress, enough to hide what a task costs
_PATIENCE = 0.1  # seconds between two questions whether to stop


def check(is_cancelled: Callable[[], bool]) -> None:
    """Raise Cancelled if `is_cancelled` returns true."""
    if is_cancelled():
        raise Cancelled


def for_each(
    work: Callable[[ItemT], ResultT],
    items: Sequence[ItemT],
    advance: Callable[[int], None],
    is_cancelled: Callable[[], bool],
) -> list[ResultT]:
    """The results of `work` on each item, in their order.

    Parameters
    ----------
    work : callable
        Called in other threads, several at a time.
    advance : callable
        Called in this thread with the number of items done, which only grows.
    is_cancelled : callable
        Asked in this thread, at least every 0.1 seconds.

    Raises
    ------
    Cancelled
        If `is_cancelled` returned true. The call does not wait for a work in progress, no other is begun.
    """
    stop = threading.Event()

    def do(some: Sequence[ItemT]) -> list[ResultT]:
        return [work(item) for item in some if not stop.is_set()]

    results: list[ResultT] = []
    executor = ThreadPoolExecutor(_THREADS, "images")
    try:
        tasks = [executor.submit(do, items[place : place + _TOGETHER]) for place in range(0, len(items), _TOGETHER)]
        for task in tasks:
            results += _wait_for(task, is_cancelled)
            advance(len(results))
        return results
    finally:
        stop.set()
        executor.shutdown(wait=False, cancel_futures=True)


def _wait_for(task: Future[list[ResultT]], is_cancelled: Callable[[], bool]) -> list[ResultT]:
    while True:
        check(is_cancelled)
        try:
            return task.result(_PATIENCE)
        except TimeoutError:
            continue
