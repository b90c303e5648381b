"""A data set as a value: two stacks of uint8 images with labels, and how to show it."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from vae_desktop.config import DatasetConfig
from vae_desktop.data.origins import Origins
from vae_desktop.data.spectrum import Spectrum, spectrum_of
from vae_desktop.errors import InvalidSetting
from vae_desktop.language import tr

Images = npt.NDArray[np.uint8]
Labels = npt.NDArray[np.int64]
Factors = npt.NDArray[np.float32]

MOVED_TOGETHER = 1 << 22  # bytes of images that are moved together


@dataclass(frozen=True, eq=False)
class Split:
    """A part of the images, with what is known about each.

    Attributes
    ----------
    images : array (N, C, H, W), uint8, 0 to 255
    labels : array (N,), int64, or None where there are none
    factors : array (N, F), float32, or None
        What an image was drawn from, where that is known.
    origins : Origins or None
        Where each image came from; None if it was made for the occasion.
    """

    images: Images
    labels: Labels | None
    factors: Factors | None = None
    origins: Origins | None = None

    def __len__(self) -> int:
        return len(self.images)

    def parted(self, is_held_out: npt.NDArray[np.bool_]) -> "tuple[Split, Split]":
        """Two splits: the images that are not held out, and those that are, each in their present order, none empty.

        The images are moved within this split's own memory, of which both are views: it cannot be used any longer.
        """
        rest, held_out = np.flatnonzero(~is_held_out), np.flatnonzero(is_held_out)
        if held_out[0] != len(rest):  # else one part lies after the other already
            kept = self.images[held_out]
            move_to_front(self.images, rest)
            self.images[len(rest) :] = kept

        def part(images: Images, chosen: npt.NDArray[np.int64]) -> Split:
            labels = None if self.labels is None else self.labels[chosen]
            factors = None if self.factors is None else self.factors[chosen]
            origins = None if self.origins is None else self.origins.chosen(chosen)
            return Split(images, labels, factors, origins)

        return part(self.images[: len(rest)], rest), part(self.images[len(rest) :], held_out)


@dataclass(frozen=True)
class Report:
    """What became of a person's own images on their way in, a line each, in plain words."""

    read: str
    converted: tuple[str, ...] = ()
    skipped: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Dataset:
    """A training and a test split of one set of images; nothing of it is ever changed.

    Labels colour plots and feed measures; training never sees them. There may be none, and then no class names.
    """

    config: DatasetConfig
    train: Split
    test: Split
    class_names: tuple[str, ...]
    factor_names: tuple[str, ...] = ()
    report: Report | None = None

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """(C, H, W)."""
        channels, height, width = self.train.images.shape[1:]
        return channels, height, width

    @property
    def title(self) -> str:
        return self.config.label

    @cached_property
    def mean_image(self) -> npt.NDArray[np.float32]:
        """Mean of the training images (C, H, W), 0 to 1; takes a moment the first time."""
        mean: npt.NDArray[np.float64] = self.train.images.mean(0, dtype=np.float64) / 255
        return mean.astype(np.float32)

    @cached_property
    def spectrum(self) -> Spectrum:
        """How much the training images vary; takes a moment the first time."""
        return spectrum_of(self.train.images)

    @property
    def has_spectrum(self) -> bool:
        """Whether `spectrum` is known already."""
        return "spectrum" in self.__dict__

    def check_batch_size(self, batch_size: int) -> None:
        """Raise InvalidSetting if a batch would be larger than the training set."""
        if batch_size > len(self.train):
            raise InvalidSetting(
                "batch_size",
                tr("Batch size: {batch_size:,} is more than the {count:,} training images of {dataset}.").format(
                    batch_size=batch_size, count=len(self.train), dataset=self.title
                ),
            )


def move_to_front(images: Images, chosen: npt.NDArray[np.int64]) -> Images:
    """Move the images of these numbers, which ascend, to the front of their own array; a view of them."""
    together = max(1, MOVED_TOGETHER // max(images[:1].nbytes, 1))
    for first in range(0, len(chosen), together):
        numbers = chosen[first : first + together]
        images[first : first + len(numbers)] = images[numbers]
    return images[: len(chosen)]


def channels_first(pixels: Images) -> Images:
    """Pixels (H, W) or (H, W, C) as an image (C, H, W) with its own memory."""
    return np.atleast_3d(pixels).transpose(2, 0, 1).copy()


def resize(images: Images, side: int | None) -> Images:
    """Resample images (N, C, H, W) to (N, C, side, side), bicubic, over the full frame.

    Shrinking averages over the pixels covered; None leaves the images as they are.
    """
    count, channels, height, width = images.shape
    if side is None or (height, width) == (side, side):
        return images
    from PIL import Image  # a hundredth of the start

    result = np.empty((count, channels, side, side), np.uint8)
    for source, target in zip(images.reshape(-1, height, width), result.reshape(-1, side, side), strict=True):
        target[:] = np.asarray(Image.fromarray(source).resize((side, side), Image.Resampling.BICUBIC))
    return result
