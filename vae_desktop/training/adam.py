"""Adam, all parameters in one operation."""

import torch
from torch import Tensor, nn

from vae_desktop.models.snapshot import Weights

_FIRST_DECAY, _SECOND_DECAY, _EPSILON = 0.9, 0.999, 1e-8
_MOMENTS = ("exp_avg", "exp_avg_sq")
_STEP = "step"


class Adam:
    """Adam (Kingma & Ba 2015, arXiv 1412.6980, algorithm 1) by torch's fused operation.

    It computes what `torch.optim.Adam(fused=True)` does, bit for bit. That class imports torch's compiler, which takes
    more than a second and 150 MB and is not used here.

    Parameters
    ----------
    model : nn.Module
        Its parameters keep their gradients in `grad`.
    """

    def __init__(self, model: nn.Module) -> None:
        self._names = [name for name, _ in model.named_parameters()]
        self._parameters: list[Tensor] = list(model.parameters())
        self._averages = [torch.zeros_like(parameter, requires_grad=False) for parameter in self._parameters]
        self._squares = [torch.zeros_like(parameter, requires_grad=False) for parameter in self._parameters]
        self._counts = torch.zeros(len(self._parameters), device=self._parameters[0].device)
        self._steps = list(self._counts.unbind())

    @property
    def tensors(self) -> list[Tensor]:
        """All that changes with a step, but for the parameters."""
        return [*self._averages, *self._squares, self._counts]

    @torch.inference_mode()
    def step(self, learning_rate: float | Tensor) -> None:
        """Move the parameters against their gradients, at a rate that may be a tensor () of the device."""
        self._counts.add_(1)
        torch._fused_adam_(
            self._parameters,
            [parameter.grad for parameter in self._parameters if parameter.grad is not None],
            self._averages,
            self._squares,
            [],
            self._steps,
            lr=learning_rate,
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
