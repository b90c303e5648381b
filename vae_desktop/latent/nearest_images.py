"""Which real images a picture resembles most, so that what is new can be told from what is copied."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from vae_desktop.data.dataset import Images
from vae_desktop.latent.codes import Floats

NUMBERS = 2_000_000  # of images looked at, and of distances, at a time: some milliseconds
_ASKED = 100  # test images that say how near a real one is to its nearest


@dataclass(frozen=True, eq=False)
class Nearest:
    """Indices (k,) of images and their squared distances (k,), summed over pixels from 0 to 1, nearest first."""

    indices: npt.NDArray[np.int64]
    squared: Floats


@torch.inference_mode()
def nearest_images(pictures: Images, images: Images, count: int) -> Iterator[list[Nearest]]:
    """Find the images (N, C, H, W) that are nearest, pixel by pixel, to each of some pictures (M, C, H, W), uint8.

    Of images at the same distance the one that comes first is nearer. No table of all M × N distances is ever made.

    Yields
    ------
    list of M
        After each part of the work: nothing, and all at the end.
    """
    # Whole numbers in 64 bits: their products are exact, so that a copy is at distance 0.
    asked = _numbers(pictures)
    lengths = asked.square().sum(1, keepdim=True)
    # The nearest so far, each as squared distance · N + index, by which no two are alike: exact below 2⁵³, and
    # the most, 255² · D · N, of the largest data set is a thirtieth of that.
    best = torch.empty(len(asked), 0, dtype=torch.float64)
    step = max(1, NUMBERS // max(*asked.shape, 1))
    for start in range(0, len(images), step):
        pixels = _numbers(images[start : start + step])
        # ‖x‖² − 2 x·y + ‖y‖²: one product of matrices instead of a table of differences.
        squared = pixels.square().sum(1) - 2 * asked @ pixels.T + lengths
        keys = torch.cat([best, squared * len(images) + torch.arange(start, start + len(pixels))], 1)
        best = keys.topk(min(count, keys.shape[1]), largest=False).values
        yield []
    keys = best.long()
    indices, near = keys % max(len(images), 1), (keys // max(len(images), 1)).double() / 255**2
    yield [Nearest(row.numpy(), own.float().numpy()) for row, own in zip(indices, near, strict=True)]


def _numbers(images: Images) -> torch.Tensor:
    """The bytes of images (N, C, H, W) as numbers (N, D)."""
    return torch.from_numpy(images.reshape(len(images), -1).astype(np.float64))


def typical_distance(test: Images, train: Images) -> Iterator[float]:
    """Median squared distance of a test image from its nearest training image: how near new real images are.

    Of many test images an even choice is looked at. Yields NaN after each part of the work, and the number at the end.
    """
    chosen = test[:: max(1, -(-len(test) // _ASKED))]
    for found in nearest_images(chosen, train, 1):
        yield float(np.median([near.squared[0] for near in found])) if found else float("nan")
