"""What is known of following a training that goes on elsewhere, and how far behind it one is."""

from __future__ import annotations

import math
import re
from collections import deque
from dataclasses import dataclass

import numpy as np

from vae_desktop.language import tr

_STATUSES = 120  # that are kept, of the last ones
_SILENT = 20.0  # seconds without a word of the trainer, after which that is said
_MINUTES = 100.0  # seconds, from which on minutes are said


@dataclass(frozen=True)
class Followed:
    """How a run stands that trains elsewhere.

    Attributes
    ----------
    address : str
        Of its folder, as it may be shown.
    behind : float, or None
        Seconds that the picture is behind the training; None where it is not, since the training has ended or waits.
    silent : float
        Seconds since the trainer was last heard of.
    bytes_per_minute : int
        Of all models of its folder together, within the last minute; 0 from a disk, where they cost nothing.
    trouble : str
        What is wrong, in words; "" if nothing is.
    is_broken : bool
        Whether it is that nothing can be read now.
    is_replaced : bool
        Whether another training has begun in its folder, so that what is known of this one is here alone.
    """

    address: str
    behind: float | None = None
    silent: float = 0.0
    bytes_per_minute: int = 0
    trouble: str = ""
    is_broken: bool = False
    is_replaced: bool = False

    @property
    def folder(self) -> str:
        """The folder's own name."""
        return re.split(r"[/\\]", self.address.rstrip("/\\"))[-1] or self.address

    @property
    def in_words(self) -> str:
        """How far behind it is shown, or why that is not known; "" where it is shown as it is."""
        if self.trouble:
            return tr("no connection") if self.is_broken else ""
        if self.silent > _SILENT:
            return _time(tr("nothing heard for {seconds} s"), tr("nothing heard for {minutes} min"), self.silent)
        if self.behind is None:
            return ""
        return _time(tr("{seconds} s behind"), tr("{minutes} min behind"), self.behind)


def _time(in_seconds: str, in_minutes: str, seconds: float) -> str:
    """A time in one unit."""
    text = in_seconds if seconds < _MINUTES else in_minutes
    return text.format(seconds=f"{seconds:.0f}", minutes=f"{seconds / 60:.0f}")


class Delay:
    """How far what is shown of a training is behind it, though no clock of another machine is compared with ours.

    The trainer says how many of its own seconds have gone by at each step. The shortest time that any of its words
    took to arrive counts as none: from it follows what its seconds are by now.
    """

    def __init__(self) -> None:
        self._offset = math.inf  # between our clock and the trainer's seconds
        self._statuses: deque[tuple[int, float]] = deque(maxlen=_STATUSES)
        self._heard = -math.inf

    def note(self, step: int, seconds: float, now: float) -> None:
        """Take in that the trainer was at a step after so many of its seconds, which is known since now."""
        if self._statuses and seconds <= self._statuses[-1][1]:
            return  # nothing new
        if self._statuses and step < self._statuses[-1][0]:
            self._statuses.clear()
        self._offset = min(self._offset, now - seconds)
        self._statuses.append((step, seconds))
        self._heard = now

    def behind(self, step: int, now: float) -> float:
        """Seconds that the state after a step is behind the training."""
        if not self._statuses:
            return 0.0
        steps, seconds = zip(*self._statuses, strict=True)
        return max(0.0, now - self._offset - float(np.interp(step, steps, seconds)))

    def silent(self, now: float) -> float:
        """Seconds since something new was heard of the trainer."""
        return max(0.0, now - self._heard) if self._statuses else 0.0
