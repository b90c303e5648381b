"""A data set as a value: two stacks of uint8 images with labels, and how to show it."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image

from vae_desktop.config import DATASETS, DatasetConfig
from vae_desktop.errors import InvalidSetting

Images = npt.NDArray[np.uint8]
Labels = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Split:
    """Images (N, C, H, W), uint8, 0 to 255, and their labels (N,), or None where there are none."""

    images: Images
    labels: Labels | None

    def __len__(self) -> int:
        return len(self.images)


@dataclass(frozen=True, eq=False)
class Dataset:
    """A training and a test split of one set of images; nothing of it is ever changed.

    Labels colour plots and feed measures; training never sees them.
    """

    config: DatasetConfig
    train: Split
    test: Split
    class_names: tuple[str, ...]

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """(C, H, W)."""
        channels, height, width = self.train.images.shape[1:]
        return channels, height, width

    @property
    def title(self) -> str:
        return DATASETS[self.config.name].label

    def check_batch_size(self, batch_size: int) -> None:
        """Raise InvalidSetting if a batch would be larger than the training set."""
        if batch_size > len(self.train):
            raise InvalidSetting(
                "batch_size",
                f"Batch size: {batch_size:,} is more than the {len(self.train):,} training images of {self.title}.",
            )


def resize(images: Images, side: int | None) -> Images:
    """Resample images (N, C, H, W) to (N, C, side, side), bicubic, over the full frame.

    Shrinking averages over the pixels covered; None leaves the images as they are.
    """
    count, channels, height, width = images.shape
    if side is None or (height, width) == (side, side):
        return images
    result = np.empty((count, channels, side, side), np.uint8)
    for source, target in zip(images.reshape(-1, height, width), result.reshape(-1, side, side), strict=True):
        target[:] = np.asarray(Image.fromarray(source).resize((side, side), Image.Resampling.BICUBIC))
    return result
