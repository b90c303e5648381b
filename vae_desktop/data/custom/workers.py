"""Work on many files by a few threads."""

import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from typing import TypeVar

from vae_desktop.data.custom.files import Unreadable
from vae_desktop.progress import Progress

ItemT = TypeVar("ItemT")
ResultT = TypeVar("ResultT")

THREADS = min(4, os.cpu_count() or 1)  # Pillow lets go of the interpreter while it decodes
_TOGETHER = 25  # files per task: few enough for smooth progress, enough to hide what a task costs
_PATIENCE = 0.1  # seconds between two questions whether to stop


def for_each(
    work: Callable[[ItemT], ResultT],
    items: Sequence[ItemT],
    progress: Progress,
    threads: int = THREADS,
    on_results: Callable[[Sequence[ResultT | str]], object] = lambda results: None,
) -> list[ResultT | str]:
    """The results of `work` on each item, in their order, by a few threads; of an unreadable one the reason.

    Parameters
    ----------
    work : callable
        Called in other threads, several at a time.
    progress : Progress
        Told in this thread how many items are done, and asked at least every 0.1 seconds whether to stop.
    on_results : callable
        Told in this thread the next results, before that.

    Raises
    ------
    Cancelled
        If `progress` raised it. The call does not wait for a work in progress, no other is begun.
    """
    stop = threading.Event()

    def answer(item: ItemT) -> ResultT | str:
        try:
            return work(item)
        except Unreadable as error:
            return str(error)  # the error itself would keep the image in memory

    def do(some: Sequence[ItemT]) -> list[ResultT | str]:
        return [answer(item) for item in some if not stop.is_set()]

    results: list[ResultT | str] = []
    executor = ThreadPoolExecutor(threads, "images")
    try:
        tasks = [executor.submit(do, items[first : first + _TOGETHER]) for first in range(0, len(items), _TOGETHER)]
        for task in tasks:
            while not wait([task], _PATIENCE).done:
                progress.check()
            found = task.result()
            results += found
            on_results(found)
            progress(len(results), len(items))
        return results
    finally:
        stop.set()
        executor.shutdown(wait=False, cancel_futures=True)
