"""How many threads a training step's operations share on the processor: as many as make it quicker, measured."""

import statistics
import time
from collections.abc import Callable, Generator

import torch

_STEPS = 9  # of a trial; the first is not counted, which may have to start threads
_GAIN = 0.96  # share of the time that a step may take to be worth another number of threads
_HOLD, _TRIALS_SHARE = 3.0, 0.05  # seconds between searches, at least, and the share of the time that they may take


class ThreadTuner:
    """Chooses the number by what steps take: at the start, and again now and then while training goes on.

    Threads wait for each other at every operation. Where one of them has to wait for the window's as well, fewer can be
    quicker, so the best number is not that of the cores, nor always the same. It grows from 1 as long as that pays: a
    processor of many cores is never flooded by small steps.

    It acts on the thread that calls it, as torch's own setting does, and never beyond what torch itself would use.
    """

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self._clock = clock
        self._most = torch.get_num_threads()
        self._times: list[float] = []
        self.begin()

    def begin(self) -> None:
        """Other models are trained from here on."""
        self._chosen = 1
        self._last: float | None = None
        self._begin_search(self._clock())

    def end(self) -> None:
        """Nothing is trained any more: torch's own number again."""
        torch.set_num_threads(self._most)

    def step_done(self) -> None:
        """Note that a step has ended. What comes between two steps now and then does no harm."""
        now = self._clock()
        if self._last is not None:
            self._times.append(now - self._last)
        self._last = now
        if self._search is None:
            if now >= self._next_search:
                self._begin_search(now)
        elif len(self._times) == _STEPS:
            self._end_trial(now)

    def _begin_search(self, now: float) -> None:
        self._began = now
        self._search: Generator[int, float, int] | None = self._candidates()
        self._try(next(self._search))

    def _end_trial(self, now: float) -> None:
        assert self._search is not None
        try:
            self._try(self._search.send(statistics.median(self._times[1:])))
        except StopIteration as end:
            self._chosen = end.value
            torch.set_num_threads(self._chosen)
            self._search = None
            self._next_search = now + max(_HOLD, (now - self._began) / _TRIALS_SHARE)

    def _try(self, count: int) -> None:
        self._times.clear()
        torch.set_num_threads(count)

    def _candidates(self) -> Generator[int, float, int]:
        """Yield numbers of threads, be sent the seconds of a step with each, and return the best."""
        best = self._chosen
        seconds = yield best
        for following in (self._more, self._fewer):
            while (count := following(best)) != best:
                found = yield count
                if found > _GAIN * seconds:
                    break
                best, seconds = count, found
        return best

    def _more(self, count: int) -> int:
        return min(2 * count, self._most)

    def _fewer(self, count: int) -> int:
        return max(count // 2, 1)
