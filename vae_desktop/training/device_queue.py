"""How far a thread may run ahead of the device that computes its steps."""

import time
from collections import deque
from collections.abc import Callable

import torch

Marker = torch.cuda.Event | torch.mps.event.Event  # a place in a device's queue of work

_LONG = 0.05  # seconds of a step from which on none waits behind it
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
        A device that computes at once, as the processor does, has no queue.
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
        before = self._ended  # also for the second of two: both have ended when the thread comes back to this model
        while len(self._waiting) > (0 if self._is_long else 1):
            self._waiting.popleft().synchronize()
            self._ended = self._clock()
            self._is_long = self._ended - before > _LONG

    def add(self) -> None:
        """Count a step that the device has just been given."""
        if self._make is not None:
            marker = self._make()
            marker.record()
            self._waiting.append(marker)
