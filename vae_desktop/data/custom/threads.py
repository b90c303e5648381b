"""Work on many files in a few threads; Pillow lets go of the interpreter while it decodes."""

import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from vae_desktop.progress import Progress

ItemT = TypeVar("ItemT")
ResultT = TypeVar("ResultT")

_THREADS = min(4, os.cpu_count() or 1)
_TOGETHER = 25  # files per task: few enough for smooth progress, enough to hide what a task costs
_PATIENCE = 0.1  # seconds between two questions whether to stop


def for_each(
    work: Callable[[ItemT], ResultT],
    items: Sequence[ItemT],
    progress: Progress,
) -> list[ResultT]:
    """The results of `work` on each item, in their order.

    Parameters
    ----------
    work : callable
        Called in other threads, several at a time.
    progress : Progress
        Told in this thread how many items are done, and asked at least every 0.1 seconds whether to stop.

    Raises
    ------
    Cancelled
        If `progress` raised it. The call does not wait for a work in progress, no other is begun.
    """
    stop = threading.Event()

    def do(some: Sequence[ItemT]) -> list[ResultT]:
        return [work(item) for item in some if not stop.is_set()]

    results: list[ResultT] = []
    executor = ThreadPoolExecutor(_THREADS, "images")
    try:
        tasks = [executor.submit(do, items[place : place + _TOGETHER]) for place in range(0, len(items), _TOGETHER)]
        for task in tasks:
            results += _wait_for(task, progress)
            progress(len(results), len(items))
        return results
    finally:
        stop.set()
        executor.shutdown(wait=False, cancel_futures=True)


def _wait_for(task: Future[list[ResultT]], progress: Progress) -> list[ResultT]:
    while True:
        progress.check()
        try:
            return task.result(_PATIENCE)
        except TimeoutError:
            continue
