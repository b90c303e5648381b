"""Which axis of an array of images is what, told by its shape alone."""

import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from vae_desktop.data.custom.conversion import SMALLEST
from vae_desktop.language import tr

CHANNELS = (1, 3, 4)
_ELONGATED = 4  # times as long as it is wide: no usual image is that

# What makes images of an array, in Python.
_RESHAPE = "images.reshape(-1, HEIGHT, WIDTH)"
_STACK = "images.reshape(-1, {height}, {width})"
_STACK_WITH_CHANNELS = "images.reshape(-1, {}, {}, {})"
_LAST_FIRST = "np.moveaxis(images, -1, 0)"
_ONE_CHANNEL = "images[..., 0]"
_FIRST_CHANNEL = "images[:, 0]"


@dataclass(frozen=True)
class ArrayLayout:
    """How images lie in an array.

    Attributes
    ----------
    count, height, width, channels : int
    kind : {"channels last", "channels first", "images last", "rows", "planes"}
        The order of the axes; "rows" and "planes" are flat images, row by row, in one channel or three after another.
    """

    count: int
    height: int
    width: int
    channels: int
    kind: Literal["channels last", "channels first", "images last", "rows", "planes"]

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """(H, W, C)."""
        return self.height, self.width, self.channels

    @property
    def note(self) -> str:
        """The report's line about a layout that a person could have meant otherwise; "" for the usual ones."""
        texts = {
            "images last": tr("the last axis counts the images: height × width × channels × images"),
            "rows": tr("{length:,} numbers each read as {height} × {width} pixels, row by row"),
            "planes": tr(
                "{length:,} numbers each read as {height} × {width} pixels: all red ones, then green, then blue, row "
                "by row"
            ),
        }
        if self.channels == 1 and self.count == self.height != self.width:  # squares, of which the last axis counts?
            texts["channels last"] = tr("the first axis counts the images: {count:,} of {height} × {width} pixels")
        numbers = {"length": math.prod(self.image_shape), "height": self.height, "width": self.width}
        return texts.get(self.kind, "").format(count=self.count, **numbers)

    def images(self, block: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Entries of the array's first axis as images (n, H, W, C); of "images last" they are all of the array."""
        if self.kind == "channels first":
            return np.moveaxis(block, 1, 3)
        if self.kind == "planes":
            return np.moveaxis(block.reshape(-1, self.channels, self.height, self.width), 1, 3)
        if self.kind == "images last":
            block = np.moveaxis(block, -1, 0)
        return block.reshape(-1, *self.image_shape)


def layout_of(shape: tuple[int, ...]) -> ArrayLayout:
    """How images lie in an array of this shape.

    (N, H, W), (N, H, W, C) and (N, C, H, W), C being 1, 3 or 4; where either could be the channels, it is the last.
    (H, W, C, N), as MATLAB keeps them, where neither fits, and (H, W, N) of squares where (N, H, W) would be images
    more than four times as long as wide. (N, D) are flat images, D being a square, or three times one.

    Raises
    ------
    ValueError
        If it can be none of these; the message says so, and the line of NumPy that makes it one.
    """
    if len(shape) == 4:
        first, second, third, last = shape
        if last in CHANNELS:
            return ArrayLayout(first, second, third, last, "channels last")
        if second in CHANNELS:
            return ArrayLayout(first, third, last, second, "channels first")
        if third in CHANNELS:
            return ArrayLayout(last, first, second, third, "images last")
    if len(shape) == 3:
        first, height, width = shape
        if first == height and width > _ELONGATED * height:
            return ArrayLayout(width, first, height, 1, "images last")
        return ArrayLayout(first, height, width, 1, "channels last")
    if len(shape) == 2:
        for channels in (1, 3):
            side = math.isqrt(shape[1] // channels)
            if side >= SMALLEST and channels * side**2 == shape[1]:
                return ArrayLayout(shape[0], side, side, channels, "planes" if channels == 3 else "rows")
    sizes = " × ".join(map(str, shape))
    text = tr("it is an array of {sizes}, not of images × height × width, with 1, 3 or 4 channels before or after them")
    text = text.format(sizes=sizes or tr("no dimension"))
    if way_out := _way_out(shape):
        way_out = way_out.format(height=shape[-2], width=shape[-1])
        text = tr("{text} (in Python: np.save('images.npy', {way_out}))").format(text=text, way_out=way_out)
    raise ValueError(text)


def _way_out(shape: tuple[int, ...]) -> str:
    """What makes images of an array of this shape, in Python; "" if nothing does."""
    if len(shape) == 2 and shape[1] > 1:
        return _RESHAPE
    if len(shape) == 4 and min(shape[1], shape[3]) < CHANNELS[-1]:
        return _ONE_CHANNEL if shape[3] < shape[1] else _FIRST_CHANNEL
    if len(shape) == 4 and shape[0] in CHANNELS:
        return _LAST_FIRST
    if len(shape) > 4 and shape[-1] in CHANNELS:
        return _STACK_WITH_CHANNELS.format(*shape[-3:])
    return _STACK if len(shape) > 3 else ""
