"""The rules by which images of any size, kind and type of number become squares of bytes."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

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
_SLACK = 1e-3  # resampling and rounding go a little past 0 and 1


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


@dataclass(frozen=True)
class Levels:
    """The values that become 0 and 255, and the rule behind them in words ("" where bytes stay as they are)."""

    black: float
    white: float
    rule: str = ""


_BYTES = Levels(0, 255)
SIXTEEN_BITS = Levels(0, 65_535, "16 bits scaled to 8 (divided by 257)")
_BITS = Levels(0, 1, "pixels of only 0 and 1 scaled to 0 and 255")
_UNIT_FLOATS = Levels(0, 1, "float pixels from 0 to 1 scaled to 0 to 255")
_BYTE_FLOATS = Levels(0, 255, "float pixels taken as 0 to 255 and rounded")


def levels_of(ends: Sequence[float], are_floats: bool) -> Levels:
    """The rule for pixels that lie between the least and the greatest of these values.

    Floats are 0 to 1, or 0 to 255 if the maximum is above 1; where they reach further, their minimum becomes 0 and
    their maximum 255. Booleans and integers stay as they are, but 0 and 1 become 0 and 255 where there is nothing else.

    Parameters
    ----------
    ends : sequence of float
        Minima and maxima of parts of the pixels; NaN if a part holds one.
    are_floats : bool

    Raises
    ------
    ValueError
        If floats are NaN or infinite, or integers are not within 0 to 255; the message says so.
    """
    lowest, highest = min(ends), max(ends)
    if not (all(map(math.isfinite, ends)) and math.isfinite(highest - lowest)):
        raise ValueError("some of its pixels are not finite numbers (NaN or infinite)")
    if not are_floats:
        if lowest < 0 or highest > 255:
            raise ValueError(f"its pixels, whole numbers from {lowest} to {highest}, do not lie within 0 to 255")
        return _BITS if highest == 1 else _BYTES
    if lowest < -_SLACK or highest > 255 + _SLACK:
        return Levels(lowest, highest, "float pixels scaled from their minimum and maximum to 0 and 255")
    return _UNIT_FLOATS if highest <= 1 + _SLACK else _BYTE_FLOATS


def to_bytes(values: npt.NDArray[Any], levels: Levels) -> Images:
    """The values as bytes, rounded to the nearest; what lies outside the levels is cut off."""
    if levels == _BYTES and values.dtype == np.uint8:
        return values
    scaled = values.astype(np.result_type(values.dtype, np.float32))
    scaled -= levels.black
    scaled *= 255 / ((levels.white - levels.black) or 1)
    return np.clip(np.rint(scaled, out=scaled), 0, 255, out=scaled).astype(np.uint8)
