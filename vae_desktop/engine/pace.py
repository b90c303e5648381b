"""Where a training run is, how quick it is, and how long it will take yet."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Progress:
    """Where a training run is.

    `images_per_second` and `seconds_left` are None until they are known, the second until it can be trusted; both count
    everything that training waits for, evaluations and live views too, over the last seconds.
    """

    step: int
    first_step: int
    last_step: int
    steps_per_epoch: int
    images_per_second: float | None = None
    seconds_left: float | None = None

    @property
    def epoch(self) -> float:
        return self.step / self.steps_per_epoch

    @property
    def last_epoch(self) -> float:
        return self.last_step / self.steps_per_epoch


class ProgressMeter:
    """Measures a run's pace over a sliding window, pauses left out."""

    _WINDOW = 8.0  # seconds
    _SLOW = 1.0  # seconds at the beginning, in which first steps take longer than all later ones: they do not count
    _TRUSTED = 2.0  # seconds of a pace that an estimate needs, or a fifth of the training

    def __init__(self, progress: Progress, images: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.progress = progress
        self._images_per_step = images / progress.steps_per_epoch
        self._clock = clock
        self._marks: deque[tuple[float, int]] = deque([(clock(), progress.step)])
        self._began: float | None = self._marks[0][0]  # until the slow beginning is over

    def advance(self, steps: int) -> None:
        """Note steps just taken."""
        now, step = self._clock(), self.progress.step + steps
        self._marks.append((now, step))
        while len(self._marks) > 2 and now - self._marks[0][0] > self._WINDOW:
            self._marks.popleft()
        began, first = self._marks[0]
        pace = (step - first) / (now - began) if now > began and step > first else None  # steps per second
        total = self.progress.last_step - self.progress.first_step
        is_trusted = now - began >= self._TRUSTED or 5 * (step - first) >= total
        if self._began is not None and now - self._began >= self._SLOW:
            self._began, self._marks = None, deque([(now, step)])
        self.progress = replace(
            self.progress,
            step=step,
            images_per_second=None if pace is None else pace * self._images_per_step,
            seconds_left=max(0, self.progress.last_step - step) / pace if pace is not None and is_trusted else None,
        )

    def set_last_step(self, last_step: int) -> None:
        self.progress = replace(self.progress, last_step=last_step)

    def restart_clock(self) -> None:
        """Begin measuring anew, after a pause: what was known of the pace before says nothing of what follows."""
        self.progress = replace(self.progress, images_per_second=None, seconds_left=None)
        self._marks = deque([(self._clock(), self.progress.step)])
