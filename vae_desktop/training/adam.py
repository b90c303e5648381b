"""Adam, all parameters of one rate in one operation."""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from vae_desktop.models.snapshot import Weights

_FIRST_DECAY, _SECOND_DECAY, _EPSILON = 0.9, 0.999, 1e-8
_MOMENTS = ("exp_avg", "exp_avg_sq")
_STEP = "step"


class _Group(NamedTuple):
    """What moves at one rate, as a share of the learning rate."""

    rate: float
    parameters: list[Tensor]
    averages: list[Tensor]
    squares: list[Tensor]
    steps: list[Tensor]


class Adam:
    """Adam (Kingma & Ba 2015, arXiv 1412.6980, algorithm 1) by torch's fused operation.

    It computes what `torch.optim.Adam(fused=True)` does, bit for bit. That class imports torch's compiler, which takes
    more than a second and 150 MB and is not used here.

    Parameters
    ----------
    model : nn.Module
        Its parameters keep their gradients in `grad`.
    encoder_rate : float
        Learning rate of what is in the model's `encoder`, as a share of that of all else.
    """

    def __init__(self, model: nn.Module, encoder_rate: float = 1.0) -> None:
        self._names = [name for name, _ in model.named_parameters()]
        parameters: list[Tensor] = list(model.parameters())
        self._averages = [torch.zeros_like(parameter, requires_grad=False) for parameter in parameters]
        self._squares = [torch.zeros_like(parameter, requires_grad=False) for parameter in parameters]
        self._counts = torch.zeros(len(parameters), device=parameters[0].device)
        self._steps = list(self._counts.unbind())
        rates = [encoder_rate if name.startswith("encoder.") else 1.0 for name in self._names]
        self._groups = [
            _Group(
                rate,
                *(
                    [tensor for tensor, its_rate in zip(tensors, rates, strict=True) if its_rate == rate]
                    for tensors in (parameters, self._averages, self._squares, self._steps)
                ),
            )
            for rate in sorted(set(rates))
        ]

    @property
    def tensors(self) -> list[Tensor]:
        """All that changes with a step, but for the parameters."""
        return [*self._averages, *self._squares, self._counts]

    @torch.inference_mode()
    def step(self, learning_rate: float | Tensor) -> None:
        """Move the parameters against their gradients, at a rate that may be a tensor () of the device."""
        rates = [learning_rate * group.rate for group in self._groups]  # all memory is taken before anything changes
        self._counts.add_(1)
        for group, rate in zip(self._groups, rates, strict=True):
            torch._fused_adam_(
                group.parameters,
                [parameter.grad for parameter in group.parameters if parameter.grad is not None],
                group.averages,
                group.squares,
                [],
                group.steps,
                lr=rate,
                beta1=_FIRST_DECAY,
                beta2=_SECOND_DECAY,
                weight_decay=0.0,
                eps=_EPSILON,
                amsgrad=False,
                maximize=False,
            )

    def state(self) -> Weights:
        """A copy of the moments of each parameter and of how many steps are in them, by parameter and name."""
        return {name: tensor.to("cpu", copy=True).numpy() for name, tensor in self._state().items()}

    def restore(self, state: Weights) -> None:
        """Go on from a state; a parameter that it lacks begins anew."""
        for name, tensor in self._state().items():
            if name in state:
                tensor.copy_(torch.from_numpy(state[name]))

    def _state(self) -> dict[str, Tensor]:
        return {
            f"{name}.{key}": tensor
            for name, *tensors in zip(self._names, self._steps, self._averages, self._squares, strict=True)
            for key, tensor in zip((_STEP, *_MOMENTS), tensors, strict=True)
        }
