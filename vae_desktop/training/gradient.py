"""The loss of a batch and its gradient, which ends in each parameter's `grad`."""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from vae_desktop.config import ModelConfig
from vae_desktop.models.autoencoder import Autoencoder
from vae_desktop.models.losses import total_loss


class Loss(NamedTuple):
    """Means over the images of a batch (): total, reconstruction, and KL or None; on the device."""

    total: Tensor
    reconstruction: Tensor
    kl: Tensor | None


# What sets each parameter's `grad` to the gradient of the loss, from
#     images : Tensor (N, C, H, W), 0 to 1
#     noise : Tensor (N, d) from N(0, I), for codes that are drawn; or None
#     inputs : Tensor (N, C, H, W), what the encoder sees, if not the images; or None
#     kl_weight : float, or Tensor () on the device; a number 0 leaves the divergence out
Gradient = Callable[[Tensor, Tensor | None, Tensor | None, float | Tensor], Loss]


class AutogradGradient:
    """The gradient of any model on any device, by torch's own differentiation.

    Parameters
    ----------
    config : ModelConfig
    model : Autoencoder
    is_mixed : bool
        Whether layers compute in bfloat16.
    """

    def __init__(self, config: ModelConfig, model: Autoencoder, is_mixed: bool) -> None:
        self._traits = config.traits
        self._model = model
        self._parameters = list(model.parameters())
        self._device_type = self._parameters[0].device.type
        self._is_mixed = is_mixed

    def __call__(self, images: Tensor, noise: Tensor | None, inputs: Tensor | None, kl_weight: float | Tensor) -> Loss:
        """As `Gradient` says."""
        for parameter in self._parameters:
            parameter.grad = None
        with torch.autocast(self._device_type, torch.bfloat16, enabled=self._is_mixed):
            terms = self._model.loss_terms(images, noise, inputs)
        reconstruction = terms.reconstruction.mean()
        kl = None if terms.kl is None else terms.kl.sum(1).mean()
        total = total_loss(self._traits, reconstruction, kl, kl_weight)
        total.backward()
        return Loss(total.detach(), reconstruction.detach(), None if kl is None else kl.detach())
