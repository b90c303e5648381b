"""A training step as one launch, where launching its operations one by one takes longer than computing them."""

import logging
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

_STEADY = 3  # steps alike before one is recorded
_ACCURACY = 0.01  # of what a step changes, as a share of the change

_log = logging.getLogger(__name__)

Step = Callable[..., Tensor]
Recorder = Callable[[Callable[[], Tensor]], tuple[Callable[[], object], Tensor]]


def record_cuda(work: Callable[[], Tensor]) -> tuple[Callable[[], object], Tensor]:
    """Record operations as a graph of CUDA, without computing them.

    Returns
    -------
    callable
        Has the device compute them.
    Tensor
        Where their result will be.
    """
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph, capture_error_mode="thread_local"):  # other threads may use the device meanwhile
        result = work()
    return graph.replay, result


RECORDERS: dict[str, Recorder] = {"cuda": record_cuda}  # by type of device


class RecordedStep:
    """Takes the steps of a training, most of them from a recording.

    A recording repeats operations in the memory and with the plain numbers that they had. So what changes with each
    step, the tensors of its batch and the learning rate, is copied into memory of the recording. Whatever else changes,
    the size of the batch or the weight of the KL divergence, makes another one; until the same has come a few times,
    steps are taken as usual.

    No recording is used on trust: its first step has to change the model as the usual one does. After one that does
    not, or cannot be made, training goes on as usual.

    Parameters
    ----------
    step : callable
        Takes (kl_weight, learning_rate, *tensors), the rate as a number or a tensor (), changes `state` in place and
        returns a tensor. It draws no random number and never waits for the device.
    state : sequence of Tensor
        All that a step changes and a later one reads.
    record : callable
        As `record_cuda`.
    """

    def __init__(self, step: Step, state: Sequence[Tensor], record: Recorder) -> None:
        self._step = step
        self._state = state
        self._record = record
        self._is_possible = True
        self._recorded: object = None  # the kind of step
        self._last: object = None
        self._repeats = 0  # of the last kind, one after another

    def __call__(self, kl_weight: float, learning_rate: float, *tensors: Tensor | None) -> Tensor:
        """Take a step."""
        kind = kl_weight, *(None if tensor is None else tensor.shape for tensor in tensors)
        self._repeats = self._repeats + 1 if kind == self._last else 0
        self._last = kind
        if kind == self._recorded:
            return self._repeated(learning_rate, tensors).clone()
        if self._repeats < _STEADY or not self._is_possible:
            return self._step(kl_weight, learning_rate, *tensors)
        return self._record_and_compare(kind, kl_weight, learning_rate, tensors)

    def _record_and_compare(
        self, kind: object, kl_weight: float, learning_rate: float, tensors: Sequence[Tensor | None]
    ) -> Tensor:
        """Take a step as usual, and the same one by a new recording."""
        before = self._copies()
        result = self._step(kl_weight, learning_rate, *tensors)
        after = self._copies()
        self._put(before)
        self._recorded = None
        try:
            self._make_recording(kl_weight, tensors)
            self._repeated(learning_rate, tensors)
            if self._is_same_step(before, after):
                self._recorded = kind
            else:
                _log.warning("A recorded step was not the same as a usual one.")
        except RuntimeError as error:
            _log.warning("A step could not be recorded: %s", error)
        self._is_possible = self._recorded is not None
        self._put(after)
        return result

    def _make_recording(self, kl_weight: float, tensors: Sequence[Tensor | None]) -> None:
        self._places = [None if tensor is None else torch.empty_like(tensor) for tensor in tensors]
        self._rate = torch.zeros((), device=self._state[0].device)
        self._repeat, self._result = self._record(lambda: self._step(kl_weight, self._rate, *self._places))

    def _repeated(self, learning_rate: float, tensors: Sequence[Tensor | None]) -> Tensor:
        for place, tensor in zip(self._places, tensors, strict=True):
            if place is not None and tensor is not None:
                place.copy_(tensor)
        self._rate.fill_(learning_rate)
        self._repeat()
        return self._result

    def _is_same_step(self, before: Sequence[Tensor], after: Sequence[Tensor]) -> bool:
        """Whether each tensor of the state has changed as from `before` to `after`; NaN is no such change."""
        return all(
            bool((found - wanted).norm() <= _ACCURACY * (wanted - old).norm())
            for found, wanted, old in zip(self._copies(), after, before, strict=True)
        )

    def _copies(self) -> list[Tensor]:
        return [tensor.detach().clone() for tensor in self._state]

    @torch.no_grad()
    def _put(self, values: Sequence[Tensor]) -> None:
        for tensor, value in zip(self._state, values, strict=True):
            tensor.copy_(value)
