"""Which numbers are black and white: the rules by which pixels of any type become bytes."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from vae_desktop.data.dataset import Images

_SLACK = 1e-3  # resampling and rounding go a little past 0 and 1


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
