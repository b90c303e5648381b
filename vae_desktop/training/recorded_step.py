"""How a device is given its steps: as one launch each, where operations take longer to launch, and two at a time."""

import logging
import time
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.torch_version import TorchVersion

from vae_desktop.training.failures import is_out_of_memory

_USUAL = 3  # steps of a kind before one is recorded
_ACCURACY = 0.01  # of what a step changes, as a fraction of the change; and of what it returns

_log = logging.getLogger(__name__)

Step = Callable[..., Tensor]
Recorder = Callable[[Callable[[], Tensor]], tuple[Callable[[], object], Tensor]]


class CudaRecorder:
    """Records operations as graphs of CUDA, without computing them; all of a model in one pool of memory.

    They may share it, as none runs beside another and each result stays in use. They are recorded on a stream of the
    model's own: torch's default one belongs to the card of the first recording in the process, and cuBLAS's memory for
    it, in which all recordings of all models would compute, is freed with any of them (pytorch's issue 193402).
    """

    def __init__(self) -> None:
        self._pool = torch.cuda.graph_pool_handle()
        self._stream = torch.cuda.Stream()

    def __call__(self, work: Callable[[], Tensor]) -> tuple[Callable[[], object], Tensor]:
        """Record.

        Returns
        -------
        callable
            Has the device compute the operations.
        Tensor
            Where their result will be.
        """
        graph, stream = torch.cuda.CUDAGraph(), torch.cuda.current_stream()
        try:
            # Other threads may use the device meanwhile.
            with torch.cuda.graph(graph, pool=self._pool, stream=self._stream, capture_error_mode="thread_local"):
                result = work()
        finally:
            torch.cuda.set_stream(stream)  # a recording that fails leaves the thread on its own stream
        return graph.replay, result


def recorders(version: str) -> dict[str, Callable[[], Recorder]]:
    """By type of device.

    Until 2.14 torch's allocator was not sound after a recording that failed: its pool stayed in use for good, and the
    process could end when it was to be freed (pytorch's pull requests 180395 and 190348).
    """
    return {"cuda": CudaRecorder} if TorchVersion(version) >= "2.14" else {}


RECORDERS = recorders(torch.__version__)


@dataclass(frozen=True)
class _Recording:
    """A recorded step, and where it finds its batch and leaves its result."""

    buffers: Sequence[Tensor | None]
    launch: Callable[[], object]
    result: Tensor

    def __call__(self, tensors: Sequence[Tensor | None]) -> Tensor:
        for buffer, tensor in zip(self.buffers, tensors, strict=True):
            if buffer is not None and tensor is not None:
                buffer.copy_(tensor)
        result = torch.empty_like(self.result)  # before anything changes: there may be no memory for it
        self.launch()
        return result.copy_(self.result)


class RecordedStep:
    """Takes the steps of a training, most of them from recordings.

    A recording repeats operations in the memory and with the plain numbers that they had. So what changes with each
    step, its batch, learning rate and weight of the KL divergence, is copied into memory of its own. There is one for
    each size of batch, and for a weight of 0; the first few steps of a kind are taken as usual.

    No recording is used on trust: its first step has to change the model as the usual one does, and to return the same.
    After one that does not, or cannot be made, training goes on as usual.

    Parameters
    ----------
    step : callable
        Takes (kl_weight, learning_rate, *tensors), both numbers as tensors (), but a weight of 0 as a number; changes
        `state` in place and returns a tensor. It draws no random number and never waits for the device.
    state : sequence of Tensor
        All that a step changes and a later one reads.
    record : callable
        As a `CudaRecorder`.
    """

    def __init__(self, step: Step, state: Sequence[Tensor], record: Recorder) -> None:
        self._step = step
        self._state = state
        self._record = record
        self._is_possible = True
        self._taken: Counter[object] = Counter()  # usual steps, by kind
        self._recordings: dict[object, _Recording] = {}  # by kind
        self._kl_weight, self._learning_rate = torch.zeros(2, device=state[0].device).unbind()

    def __call__(self, kl_weight: float, learning_rate: float, *tensors: Tensor | None) -> Tensor:
        """Take a step."""
        self._kl_weight.fill_(kl_weight)
        self._learning_rate.fill_(learning_rate)
        kind = bool(kl_weight), *(None if tensor is None else tensor.shape for tensor in tensors)
        if kind in self._recordings:
            return self._recordings[kind](tensors)
        numbers = self._kl_weight if kl_weight else 0.0, self._learning_rate
        if self._taken[kind] < _USUAL or not self._is_possible:
            self._taken[kind] += 1
            return self._step(*numbers, *tensors)
        return self._take_and_record(kind, numbers, tensors)

    def _take_and_record(
        self, kind: object, numbers: tuple[float | Tensor, Tensor], tensors: Sequence[Tensor | None]
    ) -> Tensor:
        """Take a step as usual, and the same one by a new recording, which is kept if both agree."""
        before = self._copies()
        result = self._step(*numbers, *tensors)
        after = self._copies() if before else []
        if not after:
            self.give_up("there is no memory for it")
            return result
        self._put(before)
        try:
            buffers = [None if tensor is None else torch.empty_like(tensor) for tensor in tensors]
            recording = _Recording(buffers, *self._record(lambda: self._step(*numbers, *buffers)))
            is_same = torch.allclose(recording(tensors), result, rtol=_ACCURACY, equal_nan=True)
            if is_same and self._has_changed_alike(before, after):
                self._recordings[kind] = recording
            else:
                self.give_up("a recorded one was not the same")
        except Exception as error:  # noqa: BLE001 - whatever a device cannot record, it can still compute
            self.give_up(str(error))
        finally:
            self._put(after)
        return result

    def give_up(self, reason: str) -> None:
        """Take steps as usual from now on; the recordings' memory is free again."""
        if not self._is_possible:
            return
        self._is_possible = False
        self._recordings.clear()
        _log.warning("Training steps are launched operation by operation: %s", reason)

    def _has_changed_alike(self, before: Sequence[Tensor], after: Sequence[Tensor]) -> bool:
        """Whether each tensor of the state has changed as from `before` to `after`; NaN is no such change."""
        return all(
            bool((found - wanted).norm() <= _ACCURACY * (wanted - old).norm())
            for found, wanted, old in zip(self._state, after, before, strict=True)
        )

    def _copies(self) -> list[Tensor]:
        """The state as it is now; empty if there is no memory for it."""
        try:
            return [tensor.detach().clone() for tensor in self._state]
        except Exception as error:
            if is_out_of_memory(error):
                return []
            raise

    @torch.no_grad()
    def _put(self, values: Sequence[Tensor]) -> None:
        for tensor, value in zip(self._state, values, strict=True):
            tensor.copy_(value)


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
