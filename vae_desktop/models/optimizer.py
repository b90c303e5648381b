"""Adam, all parameters of one rate in one operation."""

import torch
from torch import Tensor, nn

from vae_desktop.models.snapshot import Weights

_FIRST_DECAY, _SECOND_DECAY, _EPSILON = 0.9, 0.999, 1e-8
_STATE = ("step", "exp_avg", "exp_avg_sq")  # torch.optim's names, by which a file keeps them


class Adam:
    """Adam (Kingma & Ba 2015, arXiv 1412.6980, algorithm 1) by torch's fused operation.

    Computes what `torch.optim.AdamW(fused=True)` does, bit for bit. That class imports torch's compiler, which takes
    more than a second and 150 MB and is not used here.

    Parameters
    ----------
    model : nn.Module
        A model whose parameters keep their gradients in `grad`.
    encoder_rate : float
        Learning rate of the model's `encoder`, as a multiple of the rate of all other parameters.
    weight_decay : float
        How much of each parameter a step takes away, times the rate (Loshchilov & Hutter 2019, arXiv 1711.05101).
    """

    def __init__(self, model: nn.Module, encoder_rate: float = 1.0, weight_decay: float = 0.0) -> None:
        self._weight_decay = weight_decay
        parameters: dict[str, Tensor] = dict(model.named_parameters())
        self._counts = torch.zeros(len(parameters), device=next(iter(parameters.values())).device)
        self._state = {
            name: (step, torch.zeros_like(parameter), torch.zeros_like(parameter))
            for step, (name, parameter) in zip(self._counts.unbind(), parameters.items(), strict=True)
        }
        rates = {name: encoder_rate if name.startswith("encoder.") else 1.0 for name in parameters}
        # For each rate what moves at it: the parameters, their steps, averages and squares.
        self._groups: list[tuple[float, list[Tensor], list[Tensor], list[Tensor], list[Tensor]]] = []
        for rate in sorted(set(rates.values())):
            names = [name for name in parameters if rates[name] == rate]
            steps, averages, squares = ([self._state[name][index] for name in names] for index in range(3))
            self._groups.append((rate, [parameters[name] for name in names], steps, averages, squares))

    @property
    def tensors(self) -> list[Tensor]:
        """All that changes with a step, but for the parameters."""
        return [*(moment for _, *moments in self._state.values() for moment in moments), self._counts]

    @torch.inference_mode()
    def step(self, learning_rate: float | Tensor) -> None:
        """Move the parameters against their gradients, at a rate that may be a tensor () of the device."""
        rates = [learning_rate * rate for rate, *_ in self._groups]  # all memory is taken before anything changes
        self._counts.add_(1)
        for rate, (_, parameters, steps, averages, squares) in zip(rates, self._groups, strict=True):
            torch._fused_adamw_(
                parameters,
                [parameter.grad for parameter in parameters if parameter.grad is not None],
                averages,
                squares,
                [],
                steps,
                lr=rate,
                beta1=_FIRST_DECAY,
                beta2=_SECOND_DECAY,
                weight_decay=self._weight_decay,
                eps=_EPSILON,
                amsgrad=False,
                maximize=False,
            )

    def state(self) -> Weights:
        """A copy of the moments of each parameter and of the number of steps in them, by parameter and name."""
        return {name: tensor.to("cpu", copy=True).numpy() for name, tensor in self._named().items()}

    def restore(self, state: Weights) -> None:
        """Go on from a state; a parameter that it lacks begins anew."""
        for name, tensor in self._named().items():
            if name in state:
                tensor.copy_(torch.from_numpy(state[name]))

    def _named(self) -> dict[str, Tensor]:
        return {
            f"{name}.{key}": tensor
            for name, tensors in self._state.items()
            for key, tensor in zip(_STATE, tensors, strict=True)
        }
