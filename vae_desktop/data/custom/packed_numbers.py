"""The pixels of images as texts, as FER2013 has them: "70 80 82 …", or with brackets and commas."""

import contextlib
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from vae_desktop.data.custom.array_layout import layout_of
from vae_desktop.data.custom.messages import shown
from vae_desktop.language import tr

MOST_PIXELS = 300_000  # of an image: 512 × 512 in grey
_SIGNS = str.maketrans("[](),;\t\n", " " * 8)


def count_in(text: str) -> int:
    """How many pixels a text holds; 0 if these are no image."""
    if not 0 < text.count(" ") + text.count(",") < 2 * MOST_PIXELS:
        return 0
    values = text.translate(_SIGNS).split()
    return len(values) if is_image(len(values)) and all(map(is_number, values)) else 0


def is_image(count: int) -> bool:
    """Whether so many pixels can be an image."""
    try:
        layout_of((1, count))
    except ValueError:
        return False
    return count > 0


def is_number(text: str) -> bool:
    """Whether a text is a number, or empty, for one that is missing."""
    try:
        float(text or "nan")
    except ValueError:
        return False
    return True


def pixels_of(texts: Sequence[str], count: int, first: int) -> npt.NDArray[Any]:
    """The pixels (N, D) of texts of `count` each; raises ValueError, with the number of its line, if one has others."""
    if not all(text.count(" ") == count - 1 for text in texts) or any(text[:1] in "[(" for text in texts):
        texts = [" ".join(text.translate(_SIGNS).split()) for text in texts]
    wrong = next((number for number, text in enumerate(texts) if text.count(" ") != count - 1), None)
    if wrong is not None:
        text = tr("its line {number:,} has {found:,} pixels, not {count:,} as others")
        raise ValueError(text.format(number=first + wrong, found=len(texts[wrong].split()), count=count))
    with contextlib.suppress(ValueError):  # floats, or no numbers
        pixels = np.fromstring(" ".join(texts), np.int64, sep=" ")
        if pixels.size == count * len(texts):
            return pixels.reshape(-1, count)
    try:
        return np.loadtxt(texts, ndmin=2, comments=None)
    except ValueError:
        bad = ((number, value) for number, text in enumerate(texts) for value in text.split() if not is_number(value))
        number, value = next(bad)
        line = tr("its line {number:,} has “{text}” for a number").format(number=first + number, text=shown(value))
        raise ValueError(line) from None
