"""How images of any size and kind become squares, and the array that collects these."""

import threading

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps

from vae_desktop.data.dataset import Images, move_to_front
from vae_desktop.data.stored.collecting import collector
from vae_desktop.errors import DataError
from vae_desktop.files import size_in_words
from vae_desktop.language import N_, tr

CONVERSION_RULE = N_(
    "Every image becomes a square: it is scaled until its shorter side fits (bicubic, shrinking averages), then its "
    "middle is cut out."
)

SMALLEST, _LARGEST, _STEP = 8, 64, 4  # of a side that is chosen
_OWN_SIDES = range(8, 129)  # squares of one such side stay as they are


def choose_side(sizes: npt.NDArray[np.int64], wanted: int | None) -> int:
    """The side S of the squares that images of these sizes become.

    It is `wanted`, if given; the images' own side, if all are squares of one side from 8 to 128; else the median
    of their shorter sides, rounded to a multiple of 4, at least 8 and at most 64.

    Parameters
    ----------
    sizes : array (N, 2)
        Widths and heights, in pixels.
    wanted : int or None

    Returns
    -------
    int
        In pixels.
    """
    if wanted is not None:
        return wanted
    first = int(sizes[0, 0])
    if first in _OWN_SIDES and (sizes == first).all():
        return first
    return min(max(round(float(np.median(sizes.min(axis=1))) / _STEP) * _STEP, SMALLEST), _LARGEST)


def scaling_line(count: int, side: int) -> list[str]:
    """The report's line, if any, about images that were scaled."""
    line = tr("scaled to {side} × {side} pixels: {count:,}. {rule}")
    return [line.format(side=side, count=count, rule=tr(CONVERSION_RULE))] if count else []


def to_square(image: Image.Image, side: int) -> Images:
    """An image by the rule, see CONVERSION_RULE; what is transparent is laid over white.

    Parameters
    ----------
    image : Image
        Of mode L, LA, RGB or RGBA.
    side : int
        In pixels.

    Returns
    -------
    Images
        (side, side) for a grey image, (side, side, 3) for one that may have colour.
    """
    return np.asarray(ImageOps.fit(opaque(image), (side, side), Image.Resampling.BICUBIC))


def opaque(image: Image.Image) -> Image.Image:
    """An image of mode L, LA, RGB or RGBA, laid over white where it is transparent."""
    if image.mode not in ("LA", "RGBA"):
        return image
    white = Image.new(image.mode[:-1], image.size, "white")
    white.paste(image.convert(white.mode), mask=image.getchannel("A"))
    return white


class Canvas:
    """An array (N, C, S, S) to be filled; several threads may fill different parts of it at once.

    It lies in memory, or in a file where the `collector` of this thread says so; what was read into that at an earlier
    time need not be read again.

    Parameters
    ----------
    count, side : int
        N and S.
    colours : {"auto", "grey", "colour"}
        See DatasetConfig; "auto" is grey until an image with colour comes.
    may_have_colour : bool
        False if all images are grey by their kind.

    Attributes
    ----------
    done : int
        How many of the first images are there already.
    records : list
        What was noted of these.

    Raises
    ------
    DataError
        If there is no room for it.
    """

    def __init__(self, count: int, side: int, colours: str, may_have_colour: bool) -> None:
        least, most = (3 if colours == "colour" else 1), (1 if colours == "grey" else 3)
        if colours == "auto" and not may_have_colour:
            most = 1
        where = collector()
        self._file = None if where is None else where.collection(count, (least, most), side)
        self._images = _empty(count, least, side) if self._file is None else None
        self.done, self.records = (0, []) if self._file is None else (self._file.done, self._file.records)
        self._may_gain_colour = colours == "auto" and (self._file is None or self._file.shape[1] == 1)
        self._end = self.done  # of what is filled
        self._lock = threading.Lock()

    def put(self, first: int, pixels: Images) -> None:
        """Write squares (n, S, S) or (n, S, S, 3) as the images from number `first` on."""
        with self._lock:  # another thread may be about to replace the array
            self._end = max(self._end, first + len(pixels))
            if self._may_gain_colour and pixels.ndim == 4 and (pixels[..., 1:] != pixels[..., :1]).any():
                self._gain_colour()
            if self._images is not None:
                _fill(self._images[first : first + len(pixels)], pixels)
            elif self._file is not None:
                images = np.empty((len(pixels), *self._file.shape[1:]), np.uint8)
                _fill(images, pixels)
                self._file.write(first, images)

    def note(self, done: int, record: object) -> None:
        """Say that the first `done` images are filled, and what must be known of those since the last note, as JSON."""
        if self._file is not None:
            self._file.note(done, record)

    def _gain_colour(self) -> None:
        """Go on with three channels, which grey images need not take."""
        end = self._end
        if self._images is not None:
            coloured = _empty(len(self._images), 3, self._images.shape[-1])
            coloured[:end] = self._images[:end]
            self._images = coloured
        elif self._file is not None:
            self._file.gain_colour(end)
        self._may_gain_colour = False

    def finish(self, kept: npt.NDArray[np.int64] | None = None) -> Images:
        """The images, or those of the numbers `kept`, which ascend. One channel if no colour came or was asked for."""
        if self._images is not None:
            return self._images if kept is None else move_to_front(self._images, kept)
        assert self._file is not None
        return self._file.images(kept)


def _fill(target: Images, pixels: Images) -> None:
    """Write squares (n, S, S) or (n, S, S, 3) into images (n, C, S, S)."""
    if pixels.ndim == 3:
        target[:] = pixels[:, None]
    elif target.shape[1] == 1:
        one_below_another = Image.fromarray(pixels.reshape(-1, *pixels.shape[2:]))
        target[:, 0] = np.asarray(one_below_another.convert("L")).reshape(pixels.shape[:3])  # by ITU-R BT.601
    else:
        target[:] = np.moveaxis(pixels, -1, 1)


def _empty(count: int, channels: int, side: int) -> Images:
    try:
        return np.empty((count, channels, side, side), np.uint8)
    except MemoryError as error:
        size = size_in_words(count * channels * side * side)
        raise DataError(
            tr(
                "These images do not fit into memory: {count:,} of {side} × {side} pixels take {size}. Choose a "
                "smaller image size or fewer images, or close other programs."
            ).format(count=count, side=side, size=size)
        ) from error
