"""Which value of an image becomes 0 and which 255: one rule for every kind of file, and the words that state it."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from vae_desktop.config import DatasetConfig
from vae_desktop.data.dataset import Images
from vae_desktop.language import tr

PERCENTILES = (0.5, 99.5)  # of the values, which become 0 and 255 where percentiles are asked for
_SLACK = 1e-3  # resampling and rounding go a little past 0 and 1
_MOST_BITS = 16
_LEAST_FINITE = 0.9  # of the pixels; where fewer are numbers, a file holds something else than images
_SAMPLED = 1 << 14  # values of a block of millions that stand for all


@dataclass(frozen=True)
class Levels:
    """The values that become 0 and 255, and the rule behind them in words ("": bytes stay as they are)."""

    black: float
    white: float
    rule: str = ""


BYTES = Levels(0, 255)


@dataclass(frozen=True, eq=False)
class Values:
    """What is known of the values of some images.

    Attributes
    ----------
    lowest, highest : float
        Of those that are finite.
    type_range : (float, float)
        The least and the greatest that their type can hold; of floats 0 and 1.
    are_floats : bool
    count, not_finite : int
        How many there are, and how many of them are NaN or infinite.
    sample : array (n,), float64
        Some of the finite ones, taken at random, always the same.
    """

    lowest: float
    highest: float
    type_range: tuple[float, float]
    are_floats: bool
    count: int
    not_finite: int
    sample: npt.NDArray[np.float64]

    @classmethod
    def of(cls, values: npt.NDArray[Any], sampled: int = _SAMPLED) -> "Values":
        """What is known of an array of booleans, integers or floats, from which `sampled` values are taken."""
        flat = values.reshape(-1)
        count = flat.size
        picked = np.random.default_rng(0).integers(0, count, min(sampled, count))
        sample = flat[picked].astype(np.float64)
        lowest, highest = flat.min().item(), flat.max().item()
        not_finite = 0
        if not (math.isfinite(lowest) and math.isfinite(highest)):
            finite = flat[np.isfinite(flat)]
            not_finite = count - finite.size
            sample = sample[np.isfinite(sample)]
            lowest, highest = (finite.min().item(), finite.max().item()) if finite.size else (math.inf, -math.inf)
        is_float = values.dtype.kind == "f"
        return cls(lowest, highest, _type_range(values.dtype), is_float, count, not_finite, sample)

    @classmethod
    def together(cls, parts: "Sequence[Values]") -> "Values":
        """What is known of all parts; raises ValueError, in words, if only some are floats."""
        if len({part.are_floats for part in parts}) > 1:
            raise ValueError(tr("only one of its two parts has float pixels"))
        return cls(
            min(part.lowest for part in parts),
            max(part.highest for part in parts),
            (min(part.type_range[0] for part in parts), max(part.type_range[1] for part in parts)),
            parts[0].are_floats,
            sum(part.count for part in parts),
            sum(part.not_finite for part in parts),
            np.concatenate([part.sample for part in parts]),
        )

    @property
    def found(self) -> str:
        """Their range, as a person reads it."""
        return _range_in_words(self.lowest, self.highest)


def levels_of(values: Values, config: DatasetConfig) -> Levels:
    """The levels for images whose values are these, by the setting `levels`.

    "auto" leaves whole numbers from 0 to 255 as they are, but 0 and 1 become 0 and 255 where there is nothing else.
    Whole numbers of up to 16 bits are divided by the greatest number of the fewest bits that hold them all: up to
    4,095 of 12 bits, say. Floats are 0 to 1, or 0 to 255 if the greatest is above 1. Where either reach further, the
    least becomes 0 and the greatest 255.

    Raises
    ------
    ValueError
        If more than a tenth of the values are not finite, or their range is not; the message says so.
    """
    if values.not_finite > (1 - _LEAST_FINITE) * values.count:
        raise ValueError(tr("more than a tenth of its pixels are not finite numbers (NaN or infinite)"))
    if config.levels == "bounds":
        black = values.lowest if config.black is None else config.black
        return _levels(black, values.highest if config.white is None else config.white, tr("as given"))
    if config.levels == "full-range":
        reason = tr("what floats usually hold") if values.are_floats else tr("all that their type can hold")
        return _levels(*values.type_range, reason)
    if config.levels == "percentiles":
        black, white = np.percentile(values.sample, PERCENTILES).tolist()
        reason = tr("percentiles {low:g} and {high:g}").format(low=PERCENTILES[0], high=PERCENTILES[1])
        return _levels(black, white, reason)
    if not math.isfinite(values.highest - values.lowest):
        raise ValueError(tr("its pixels reach too far for numbers of 64 bits"))
    return _automatic_floats(values) if values.are_floats else _automatic_integers(values)


def need_values(config: DatasetConfig) -> bool:
    """Whether the levels follow from the values of all images, bytes too."""
    return config.levels == "percentiles" or (config.levels == "bounds" and None in (config.black, config.white))


def _automatic_integers(values: Values) -> Levels:
    bits = int(values.highest).bit_length()
    if values.lowest < 0 or bits > _MOST_BITS:
        return _levels(values.lowest, values.highest, tr("their least and greatest"))
    if bits > 8:
        return _levels(0, 2**bits - 1, tr("{bits} bits").format(bits=bits))
    return _levels(0, 1, tr("only 0 and 1")) if values.highest == 1 else BYTES


def _automatic_floats(values: Values) -> Levels:
    if values.lowest < -_SLACK or values.highest > 255 + _SLACK:
        return _levels(values.lowest, values.highest, tr("their least and greatest"))
    if values.highest <= 1 + _SLACK:
        return _levels(0, 1, tr("floats up to 1"))
    return _levels(0, 255, tr("floats up to 255, rounded"))


def _levels(black: float, white: float, reason: str) -> Levels:
    """Levels with their rule in words; none are needed where bytes stay as they are."""
    text = tr("values {range} become 0 to 255 ({reason})")
    return Levels(black, white, text.format(range=_range_in_words(black, white), reason=reason))


def _range_in_words(lowest: float, highest: float) -> str:
    return tr("{lowest} to {highest}").format(lowest=_in_words(lowest), highest=_in_words(highest))


def _in_words(value: float) -> str:
    """A number with separators of thousands if it is whole, else with four digits that count."""
    return f"{int(value):,}" if abs(value) < 1e9 and value == int(value) else f"{value:.4g}"


def _type_range(dtype: np.dtype[Any]) -> tuple[float, float]:
    if dtype.kind not in "iu":
        return 0, 1
    limits = np.iinfo(dtype)
    return int(limits.min), int(limits.max)


def rule_in_words(levels: Iterable[Levels], values: Values | None) -> str:
    """What became of values of these levels, and which there are, where that is known.

    It is "" if all are bytes that stay as they are.
    """
    rules = tr(", ").join(dict.fromkeys(level.rule for level in levels if level.rule))
    if not rules or values is None:
        return rules
    return tr("{rule}; they are {found}").format(rule=rules, found=values.found)


def not_finite_lines(parts: Iterable[Values]) -> list[str]:
    """The report's line, if any, about values that are no numbers."""
    count = sum(part.not_finite for part in parts)
    line = tr("values that are not finite: {count:,}. NaN became black, infinity the end of the range that it lies at.")
    return [line.format(count=count)] if count else []


def to_bytes(values: npt.NDArray[Any], levels: Levels) -> Images:
    """The values as bytes, rounded to the nearest; what lies outside the levels is cut off, and NaN becomes 0."""
    if (levels.black, levels.white) == (0, 255) and values.dtype == np.uint8:
        return values
    scaled = values.astype(np.result_type(values.dtype, np.float32))
    scaled -= levels.black
    scaled *= 255 / ((levels.white - levels.black) or 1)
    np.clip(np.rint(scaled, out=scaled), 0, 255, out=scaled)
    if np.isnan(scaled.sum()):  # quicker than to look at each
        scaled[np.isnan(scaled)] = 0
    return scaled.astype(np.uint8)
