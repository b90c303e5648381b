"""Measures a convolutional model's epochs, ours and as it is usually trained, in a process of its own."""

import itertools
import statistics
import time
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from vae_desktop.bench.training_probe import products
from vae_desktop.config import ModelConfig, RunConfig
from vae_desktop.engine.processor import prepare_threads

if TYPE_CHECKING:
    from torch import Tensor, nn

_COUNT, _SIDE, _LATENT_DIM = 10_000, 32, 16
_BATCH_SIZE = 128  # as in the usual loop
_WARM_UP, _BLOCK = 5, 10  # steps


def _pictures() -> npt.NDArray[np.uint8]:
    """Generated images (N, 32, 32, 3)."""
    return np.random.default_rng(0).integers(0, 256, (_COUNT, _SIDE, _SIDE, 3), np.uint8)


def usual(count: int) -> dict[str, Any]:
    """The seconds of some epochs of the usual loop, evaluation not counted.

    torchvision's data set of images in memory, as its CIFAR-10 is one, a DataLoader that turns them into tensors one by
    one, and `.item()` after each step.
    """
    import torch
    from PIL import Image
    from torchvision.datasets import VisionDataset
    from torchvision.transforms import ToTensor

    from vae_desktop.bench.loop_probe import epoch_seconds

    class Pictures(VisionDataset):
        def __init__(self, images: npt.NDArray[np.uint8]) -> None:
            super().__init__(transform=ToTensor())
            self._images = images

        def __len__(self) -> int:
            return len(self._images)

        def __getitem__(self, number: int) -> Any:
            assert self.transform is not None
            return self.transform(Image.fromarray(self._images[number])), 0

    torch.manual_seed(0)
    return {"epoch_seconds": epoch_seconds(_usual_model(), Pictures(_pictures()), count)}


def ours(count: int) -> dict[str, Any]:
    """The seconds of some epochs of the app's own loop, evaluation not counted.

    And of one of its steps the milliseconds, and those of its convolutions and products of matrices alone, in turn.
    """
    prepare_threads()
    import torch

    from vae_desktop.data.dataset import Dataset, Split
    from vae_desktop.training.loop import TrainingLoop
    from vae_desktop.training.spinning import Spinning

    model = ModelConfig("vae", _LATENT_DIM, architecture="convolutional", likelihood="bernoulli")
    config = RunConfig(model=model).with_settings(epochs=100_000, batch_size=_BATCH_SIZE)
    images = np.ascontiguousarray(_pictures().transpose(0, 3, 1, 2))
    dataset = Dataset(config.dataset, Split(images, None), Split(images[:_BATCH_SIZE], None), ())
    loop = TrainingLoop([config], dataset, torch.device("cpu"))
    ends = [0.0, *(loop.training_seconds for _ in itertools.islice(loop.epochs(), count))]
    with Spinning():
        step, layers = partial(_steps, loop.step), partial(_steps, _layers())
        times = [(step(), layers()) for _ in range(5)]
    step_ms, layers_ms = (statistics.median(values) for values in zip(*times, strict=True))
    return {"epoch_seconds": np.diff(ends).tolist(), "step_ms": step_ms, "layers_ms": layers_ms}


def _usual_model() -> "nn.Module":
    """The app's automatic layers for such images, as a person would write them."""
    from torch import exp, nn, randn_like

    class Vae(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.encoder = nn.Sequential(
                *(nn.Conv2d(3, 32, 4, 2, 1), nn.ReLU(), nn.Conv2d(32, 64, 4, 2, 1), nn.ReLU()),
                *(nn.Conv2d(64, 128, 4, 2, 1), nn.ReLU(), nn.Flatten(), nn.Linear(2048, 512), nn.ReLU()),
            )
            self.mean, self.log_variance = nn.Linear(512, _LATENT_DIM), nn.Linear(512, _LATENT_DIM)
            self.decoder = nn.Sequential(
                *(nn.Linear(_LATENT_DIM, 512), nn.ReLU(), nn.Linear(512, 2048)),
                *(nn.Unflatten(1, (128, 4, 4)), nn.ReLU(), nn.ConvTranspose2d(128, 64, 4, 2, 1), nn.ReLU()),
                *(nn.ConvTranspose2d(64, 32, 4, 2, 1), nn.ReLU(), nn.ConvTranspose2d(32, 3, 4, 2, 1), nn.Flatten()),
            )

        def forward(self, images: "Tensor") -> "tuple[Tensor, Tensor, Tensor]":
            hidden = self.encoder(images)
            mean, log_variance = self.mean(hidden), self.log_variance(hidden)
            codes = mean + exp(0.5 * log_variance) * randn_like(mean)
            return self.decoder(codes), mean, log_variance

    return Vae()


def _layers() -> Callable[[], None]:
    """All convolutions and products of a step, forwards and backwards, on numbers of their own."""
    import torch

    work: list[Callable[[], object]] = []
    for position, (inputs, outputs, side) in enumerate(((3, 32, 32), (32, 64, 16), (64, 128, 8))):
        large, small = (
            torch.randn(_BATCH_SIZE, *shape).to(memory_format=torch.channels_last)
            for shape in ((inputs, side, side), (outputs, side // 2, side // 2))
        )
        weight = torch.randn(outputs, inputs, 4, 4).to(memory_format=torch.channels_last)
        for source, target, count, is_transposed in ((large, small, outputs, False), (small, large, inputs, True)):
            shape = [2, 2], [1, 1], [1, 1], is_transposed, [0, 0], 1
            wanted = [is_transposed or position > 0, True, True]  # images need no gradient
            work += [
                partial(torch.ops.aten.convolution, source, weight, torch.randn(count), *shape),
                partial(torch.ops.aten.convolution_backward, target, source, weight, [count], *shape, wanted),
            ]
    dense = (2048, 512), (512, 2 * _LATENT_DIM), (_LATENT_DIM, 512), (512, 2048)
    work += products(dense, _BATCH_SIZE)

    def compute() -> None:
        for operation in work:
            operation()

    return compute


def _steps(step: Callable[[], object]) -> float:
    """Milliseconds of one of some steps."""
    for _ in range(_WARM_UP):
        step()
    began = time.perf_counter()
    for _ in range(_BLOCK):
        step()
    return 1000 * (time.perf_counter() - began) / _BLOCK
