"""Training images on the device, and which of them each step sees."""

import torch
from torch import Tensor

from vae_desktop.data.dataset import Images
from vae_desktop.latent.embed import to_unit
from vae_desktop.models.randomness import generator


class Batches:
    """The batch of any step: a pure function of (images, batch size, seed, step).

    The images are one uint8 tensor on the device and a batch is a slice of an epoch's permutation, so
    nothing is loaded, copied or decoded while training.

    Parameters
    ----------
    images : array (N, C, H, W), uint8

    Attributes
    ----------
    images : Tensor (N, C, H, W), uint8, on the device
    """

    def __init__(self, images: Images, batch_size: int, seed: int, device: torch.device) -> None:
        self.images = torch.from_numpy(images).to(device)
        self._batch_size = batch_size
        self._seed = seed
        self._epoch = -1
        self._order: Tensor
        self.per_epoch = -(-len(images) // batch_size)

    def at(self, step: int) -> Tensor:
        """Images (n, C, H, W), float, 0 to 1, of a step counted from 0; an epoch's last batch may be smaller."""
        epoch, position = divmod(step, self.per_epoch)
        if epoch != self._epoch:
            order = torch.randperm(len(self.images), generator=generator(self._seed, "shuffle", epoch))
            self._order = order.to(self.images.device)
            self._epoch = epoch
        chosen = self._order[position * self._batch_size : (position + 1) * self._batch_size]
        return to_unit(self.images[chosen])
