"""Training images on the device, which of them each step sees, and the random numbers of that step."""

from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np
import torch
from torch import Tensor

from vae_desktop.config import ModelConfig
from vae_desktop.data.dataset import Images
from vae_desktop.data.stored.mapped import is_mapped
from vae_desktop.latent.embed import to_unit
from vae_desktop.models.randomness import corrupted, generator
from vae_desktop.seeds import derive_seed
from vae_desktop.training.devices import placed, to_device
from vae_desktop.training.processes import ALONE, Processes

_ORDERS_KEPT = 4  # models that train together can be in different epochs


class Batch:
    """The images of one step, and its random numbers, which models that train together share.

    Each is drawn once, however many models ask for it, and is what a model alone would have drawn. Where several
    processes train together, the images are this one's share, with the noise that they have in the whole batch.

    Attributes
    ----------
    images : Tensor (n, C, H, W), float, 0 to 1
    indices : Tensor (n,), int64
        Which of the training images they are.
    size : int
        How many images the whole batch has, >= n.
    step : int
        Counted from 0.
    """

    def __init__(
        self, images: Tensor, indices: Tensor, size: int, part: slice, step: int, seed: int, random: torch.Generator
    ) -> None:
        self.images = images
        self.indices = indices
        self.size = size
        self.step = step
        self._part = part
        self._seed = seed
        self._random = random
        self._noise: dict[int, Tensor] = {}
        self._corrupted: dict[tuple[str, float], Tensor] = {}

    def noise(self, latent_dim: int) -> Tensor:
        """Noise (n, d) from N(0, I), with which codes are drawn from posteriors."""
        if latent_dim not in self._noise:
            device = self.images.device
            shape = self.size, latent_dim
            self._noise[latent_dim] = torch.randn(shape, generator=self._stream("noise"), device=device)[self._part]
        return self._noise[latent_dim]

    def corrupted(self, model: ModelConfig) -> Tensor:
        """What a denoising model sees in place of the images."""
        key = model.noise, model.noise_strength
        if key not in self._corrupted:
            stream = self._stream("corruption")
            self._corrupted[key] = corrupted(self.images, *key, stream, self.size, self._part)
        return self._corrupted[key]

    def _stream(self, purpose: str) -> torch.Generator:
        """The random numbers of this step for one purpose, to be drawn before those for another."""
        return self._random.manual_seed(derive_seed(self._seed, purpose, self.step))


class Batches:
    """The batch of any step: a pure function of (images, batch size, seed, step).

    The images are one uint8 tensor on the device and a batch is a slice of an epoch's permutation, so
    nothing is loaded, copied or decoded while training. Images that would fill the device's memory stay in the
    main one, from where each batch is copied. Of images in a file a thread reads the next batch during a step.

    Parameters
    ----------
    images : array (N, C, H, W), uint8
    batch_size : int
        Of all processes together.

    Attributes
    ----------
    images : Tensor (N, C, H, W), uint8, on the device or in the main memory
    device : torch.device
    processes : Processes
        Those that train together; a batch has this one's share of its images.
    """

    def __init__(
        self, images: Images, batch_size: int, seed: int, device: torch.device, processes: Processes = ALONE
    ) -> None:
        self.images = placed(images, device)
        is_ahead = is_mapped(images) and self.images.device.type == "cpu"
        self._ahead = _Ahead(images) if is_ahead else None
        self.device = device
        self.processes = processes
        self._batch_size = batch_size
        self._seed = seed
        self._random = torch.Generator(device)
        self._orders: dict[int, Tensor] = {}  # by epoch
        self._newest: Batch | None = None
        self.per_epoch = -(-len(images) // batch_size)

    def at(self, step: int) -> Batch:
        """The batch of a step counted from 0, the same object if it was the last; an epoch's last may be smaller."""
        if self._newest is None or self._newest.step != step:
            chosen, size, part = self._chosen(step)
            if self._ahead is None:
                images = self.images.index_select(0, chosen)
            else:
                images = self._ahead.images(step, chosen)
                self._ahead.read(step + 1, self._chosen(step + 1)[0])
            images = to_unit(to_device(images, self.device))
            self._newest = Batch(images, chosen, size, part, step, self._seed, self._random)
        return self._newest

    def _chosen(self, step: int) -> tuple[Tensor, int, slice]:
        """The numbers of the images that this process sees in a step, how many all see, and which of these it does."""
        epoch, position = divmod(step, self.per_epoch)
        chosen = self._order(epoch)[position * self._batch_size : (position + 1) * self._batch_size]
        part = self.processes.share(len(chosen))
        return chosen[part], len(chosen), part

    def _order(self, epoch: int) -> Tensor:
        if epoch not in self._orders:
            while len(self._orders) >= _ORDERS_KEPT:
                del self._orders[next(iter(self._orders))]
            order = torch.randperm(len(self.images), generator=generator(self._seed, "shuffle", epoch))
            self._orders[epoch] = order.to(self.images.device)
        return self._orders[epoch]


class _Ahead:
    """Reads the images of a step before they are asked for, in a thread.

    Parameters
    ----------
    images : array (N, C, H, W), uint8
    """

    def __init__(self, images: Images) -> None:
        self._images = images
        self._thread = ThreadPoolExecutor(1, "batches")
        self._next: tuple[int, Future[Images]] | None = None

    def images(self, step: int, chosen: Tensor) -> Tensor:
        """The images of a step, which are read now if the thread has not begun with them."""
        if self._next is not None and self._next[0] == step and not self._next[1].cancel():
            return torch.from_numpy(self._next[1].result())
        return torch.from_numpy(np.take(self._images, chosen.numpy(), 0))

    def read(self, step: int, chosen: Tensor) -> None:
        """Begin to read the images of a step."""
        # By numpy: a thread of its own in torch would have a team of its own, at the cost of the step's.
        self._next = step, self._thread.submit(np.take, self._images, chosen.numpy(), 0)
