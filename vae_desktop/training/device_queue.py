"""How far a thread may run ahead of the device that computes its steps."""

import time
from collections import deque
from collections.abc import Callable
from typing import Protocol

import torch

_LONG = 0.05  # seconds of a step from which on none waits behind it


class Marker(Protocol):
    """A place in a device's queue of work, as `torch.cuda.Event` is one."""

    def record(self) -> object:
        """Be the place behind all work that this thread has given to the device."""
        ...

    def synchronize(self) -> object:
        """Wait until the device has come to the place."""
        ...


# A waiting thread sleeps: by default CUDA has it spin, on a core that the window needs.
MARKERS: dict[str, Callable[[], Marker]] = {
    "cuda": lambda: torch.cuda.Event(blocking=True),
    "mps": torch.mps.event.Event,
}


class DeviceQueue:
    """Keeps at most two steps in a device's queue, so that whatever is asked of the thread is acted on soon.

    Launching a step takes a fraction of what computing it does: without a bound hundreds are in the queue, and a Pause
    waits for all of them. Two are enough for the device never to wait; of steps that are long one is.

    Parameters
    ----------
    device : torch.device
        One that computes at once, as the processor does, has no queue.
    clock : callable
        Seconds.
    """

    def __init__(self, device: torch.device, clock: Callable[[], float] = time.monotonic) -> None:
        self._make = MARKERS.get(device.type)
        self._clock = clock
        self._waiting: deque[Marker] = deque()  # one for each step in the queue
        self._ended = clock()  # when a step was last seen to have ended
        self._is_long = False

    def make_room(self) -> None:
        """Wait until another step may be given to the device."""
        while len(self._waiting) > (0 if self._is_long else 1):
            self._waiting.popleft().synchronize()
            now = self._clock()
            self._is_long = now - self._ended > _LONG
            self._ended = now

    def add(self) -> None:
        """Count a step that the device has just been given."""
        if self._make is not None:
            marker = self._make()
            marker.record()
            self._waiting.append(marker)
