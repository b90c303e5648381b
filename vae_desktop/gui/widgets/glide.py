"""Points on their way from one set of places to the next."""

import time
from collections.abc import Callable

import numpy as np
from PySide6.QtCore import QObject, Qt, QTimer, Slot

from vae_desktop.latent.codes import Floats

_FRAME = 1 / 30  # seconds, at least, from one frame to the next
_SHARE = 0.04  # of the time that frames may take: painting holds a training up
_LEAST_FRAMES = 3  # of one move: fewer are no glide


class Glide(QObject):
    """Moves points smoothly, as often as their measured cost allows.

    Parameters
    ----------
    show : callable
        Draws places (N, 2).
    cost : callable
        Seconds that drawing and painting a frame took last.
    """

    def __init__(self, show: Callable[[Floats], None], cost: Callable[[], float], parent: QObject) -> None:
        super().__init__(parent)
        self._show = show
        self._cost = cost
        self._start: Floats = np.empty((0, 2), np.float32)
        self._target = self._shown = self._start
        self._began, self._seconds = 0.0, 0.0
        self._timer = QTimer(self, singleShot=True, timerType=Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._advance)

    @property
    def target(self) -> Floats:
        """Where the points are going, or are."""
        return self._target

    def jump(self, places: Floats) -> None:
        """Put the points at places (N, 2) at once."""
        self._timer.stop()
        self._target = places
        self._set(places)

    def move(self, places: Floats, seconds: float) -> None:
        """Let the points glide to places (N, 2); if their number changed or there is no time for it, jump."""
        if len(places) != len(self._shown) or self._cost() > seconds / _LEAST_FRAMES:
            self.jump(places)
            return
        self._start, self._target = self._shown, places
        self._began, self._seconds = time.monotonic(), seconds
        self._timer.start(round(1000 * self._pause()))

    @Slot()
    def _advance(self) -> None:
        share = (time.monotonic() - self._began) / self._seconds
        if share >= 1:
            self._set(self._target)
            return
        eased = np.float32(share * share * (3 - 2 * share))
        places = self._start + eased * (self._target - self._start)
        fresh = np.isnan(self._start)  # a point that appears does so where it belongs
        self._set(np.where(fresh, self._target, places) if fresh.any() else places)
        self._timer.start(round(1000 * self._pause()))

    def _pause(self) -> float:
        return max(_FRAME, min(self._cost() / _SHARE, self._seconds / _LEAST_FRAMES))

    def _set(self, places: Floats) -> None:
        self._shown = places
        self._show(places)
