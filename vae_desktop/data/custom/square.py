"""The one rule by which images of any size and kind become squares of bytes."""

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps

from vae_desktop.data.dataset import Images

CONVERSION_RULE = (
    "Every image becomes a square: it is scaled until its shorter side fits (bicubic, shrinking averages), "
    "then its middle is cut out."
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
    return [f"scaled to {side} × {side} pixels: {count:,}. {CONVERSION_RULE}"] if count else []


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
    if image.mode in ("LA", "RGBA"):
        opaque = Image.new(image.mode[:-1], image.size, "white")
        opaque.paste(image.convert(opaque.mode), mask=image.getchannel("A"))
        image = opaque
    return np.asarray(ImageOps.fit(image, (side, side), Image.Resampling.BICUBIC))
