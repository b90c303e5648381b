"""The array in which the squares of a data set are collected, in grey or in colour."""

import threading

import numpy as np
import numpy.typing as npt
from PIL import Image

from vae_desktop.data.dataset import Images, move_to_front
from vae_desktop.errors import DataError
from vae_desktop.files import size_in_words

MAX_BYTES = 4 * 10**9  # of pixels: no data set of this app is larger


def check_room(count: int, side: int, has_colour: bool) -> None:
    """Raise DataError, with the number that fits, if so many squares would take more than 4 GB."""
    fitting = MAX_BYTES // ((3 if has_colour else 1) * side * side)
    if count > fitting:
        raise DataError(
            f"There are too many images: of {side} × {side} pixels in {'colour' if has_colour else 'grey'}, "
            f"{fitting:,} fit into the {size_in_words(MAX_BYTES)} that a data set may take. "
            "Choose a smaller image size or fewer images."
        )


class Canvas:
    """An array (N, C, S, S) to be filled; several threads may fill different parts of it at once.

    Parameters
    ----------
    count, side : int
        N and S.
    colours : {"auto", "grey", "colour"}
        See DatasetConfig; "auto" is grey until an image with colour comes.
    may_have_colour : bool
        False if all images are grey by their kind.

    Raises
    ------
    DataError
        If it could take more than 4 GB, or more than there is.
    """

    def __init__(self, count: int, side: int, colours: str, may_have_colour: bool) -> None:
        check_room(count, side, colours == "colour" or (colours == "auto" and may_have_colour))
        self._images = _empty(count, 3 if colours == "colour" else 1, side)
        self._may_gain_colour = colours == "auto"
        self._end = 0  # of what is filled
        self._lock = threading.Lock()

    def put(self, first: int, pixels: Images) -> None:
        """Write squares (n, S, S) or (n, S, S, 3) as the images from number `first` on."""
        with self._lock:  # another thread may be about to replace the array
            self._end = max(self._end, first + len(pixels))
            if self._may_gain_colour and pixels.ndim == 4 and (pixels[..., 1:] != pixels[..., :1]).any():
                self._gain_colour()
            target = self._images[first : first + len(pixels)]
            if pixels.ndim == 3:
                target[:] = pixels[:, None]
            elif target.shape[1] == 1:
                one_below_another = Image.fromarray(pixels.reshape(-1, *pixels.shape[2:]))
                target[:, 0] = np.asarray(one_below_another.convert("L")).reshape(pixels.shape[:3])  # by ITU-R BT.601
            else:
                target[:] = np.moveaxis(pixels, -1, 1)

    def _gain_colour(self) -> None:
        """Go on with three channels, which grey images need not take."""
        coloured = _empty(len(self._images), 3, self._images.shape[-1])
        coloured[: self._end] = self._images[: self._end]
        self._images = coloured
        self._may_gain_colour = False

    def finish(self, kept: npt.NDArray[np.int64] | None = None) -> Images:
        """The images, or those of the numbers `kept`, which ascend. One channel if no colour came or was asked for."""
        return self._images if kept is None else move_to_front(self._images, kept)


def _empty(count: int, channels: int, side: int) -> Images:
    try:
        return np.empty((count, channels, side, side), np.uint8)
    except MemoryError as error:
        size = size_in_words(count * channels * side * side)
        raise DataError(
            f"These images do not fit into memory: {count:,} of {side} × {side} pixels take {size}. "
            "Choose a smaller image size or fewer images, or close other programs."
        ) from error
