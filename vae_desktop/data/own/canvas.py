"""Squares as they are collected, in grey or in colour."""

import numpy as np
import numpy.typing as npt

from vae_desktop.data.dataset import Images
from vae_desktop.errors import DataError

MAX_BYTES = 4 * 2**30  # of pixels: no data set of this app is larger


class Canvas:
    """An array (N, C, S, S) to be filled; different places may be filled by several threads at once.

    Parameters
    ----------
    count, side : int
        N and S.
    colours : {"auto", "grey", "colour"}
        See DatasetConfig; "auto" is decided when all are in.
    may_have_colour : bool
        False if all images are grey by their kind.

    Raises
    ------
    DataError
        If it would take more than 4 GB.
    """

    def __init__(self, count: int, side: int, colours: str, may_have_colour: bool) -> None:
        channels = 3 if colours == "colour" or (colours == "auto" and may_have_colour) else 1
        size = count * channels * side * side
        if size > MAX_BYTES:
            raise DataError(
                f"{count:,} images of {side} × {side} pixels take {size / 2**30:,.1f} GB, more than "
                f"{MAX_BYTES >> 30} GB. Choose a smaller image size or fewer images."
            )
        self._images = np.empty((count, channels, side, side), np.uint8)
        self._has_colour = colours == "colour"

    def put(self, first: int, pixels: Images) -> None:
        """Write squares (n, S, S) or (n, S, S, 3) from the place `first` on."""
        target = self._images[first : first + len(pixels)]
        if pixels.ndim == 3:
            target[:] = pixels[:, None]
        elif target.shape[1] == 1:
            target[:, 0] = luminance(pixels)
        else:
            target[:] = np.moveaxis(pixels, -1, 1)
            self._has_colour = self._has_colour or bool((pixels[..., 1:] != pixels[..., :1]).any())

    def finish(self, kept: npt.NDArray[np.int64] | slice = slice(None)) -> Images:
        """The images at these places, with one channel if no image has colour and none was asked for."""
        return self._images[kept, : 3 if self._has_colour else 1]


def luminance(pixels: Images) -> Images:
    """Brightness (...) of colours (..., 3), by ITU-R BT.601: 0.299 red, 0.587 green, 0.114 blue."""
    weighted = pixels.astype(np.uint32) @ np.array([19595, 38470, 7471], np.uint32)
    return (weighted + (1 << 15) >> 16).astype(np.uint8)
