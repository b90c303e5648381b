"""Which real images a picture resembles most, so that what is new can be told from what is copied."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from vae_desktop.data.dataset import Images
from vae_desktop.latent.codes import Floats

_NUMBERS = 2_000_000  # of images looked at, at a time: some milliseconds
_ASKED = 100  # test images that say how near a real one is to its nearest


@dataclass(frozen=True, eq=False)
class Nearest:
    """Places (k,) of images and their squared distances (k,), summed over pixels from 0 to 1, nearest first."""

    places: npt.NDArray[np.int64]
    squared: Floats


@torch.inference_mode()
def nearest_images(pictures: Images, images: Images, count: int) -> Iterator[list[Nearest]]:
    """Find the images (N, C, H, W) that are nearest, pixel by pixel, to each of some pictures (M, C, H, W), uint8.

    Yields
    ------
    list of M
        After each part of the work: nothing, and all at the end.
    """
    # Whole numbers in 64 bits: their products are exact, so that a copy is at distance 0.
    asked = _numbers(pictures)
    found: list[torch.Tensor] = []
    step = max(1, _NUMBERS // max(asked.shape[1], 1))
    for start in range(0, len(images), step):
        pixels = _numbers(images[start : start + step])
        # ‖x‖² − 2 x·y + ‖y‖²: one product of matrices instead of a table of differences.
        found.append(pixels.square().sum(1) - 2 * asked @ pixels.T)
        yield []
    squared = (torch.cat(found, 1) + asked.square().sum(1, keepdim=True)).div_(255**2)
    best, places = squared.topk(min(count, squared.shape[1]), largest=False)
    yield [Nearest(row.numpy(), near.float().numpy()) for row, near in zip(places, best, strict=True)]


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
