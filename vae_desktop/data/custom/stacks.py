"""Stacks of images, of any numbers and layout, by the one rule; read in blocks, so that no stack is in memory whole."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from vae_desktop.config import DatasetConfig
from vae_desktop.data.custom.assembled import Assembled, check_count
from vae_desktop.data.custom.canvas import Canvas
from vae_desktop.data.custom.levels import Levels, levels_of, to_bytes
from vae_desktop.data.custom.picture import ALPHA
from vae_desktop.data.custom.square import choose_side, scaling_line, to_square
from vae_desktop.data.dataset import Images
from vae_desktop.errors import DataError
from vae_desktop.progress import Progress

_CHANNELS = (1, 3, 4)
_BLOCK = 1 << 22  # values that are converted together


@dataclass(frozen=True, eq=False)
class Stack:
    """A part of the images, and their classes where there are any.

    Attributes
    ----------
    shape : (N, H, W), (N, H, W, C) or (N, C, H, W)
        C being 1, 3 or 4.
    dtype : numpy.dtype
        Booleans, integers or floats.
    read : callable
        Called with a number n, gives the images in blocks (n, ...) from the first to the last, each time anew.
    classes : array (N,) of whole numbers or names, or None
    """

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    read: Callable[[int], Iterator[npt.NDArray[Any]]]
    classes: npt.NDArray[Any] | None

    def __len__(self) -> int:
        return self.shape[0]

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """(H, W, C)."""
        if len(self.shape) == 3:
            _, height, width = self.shape
            channels = 1
        elif self.shape[3] in _CHANNELS:
            _, height, width, channels = self.shape
        else:
            _, channels, height, width = self.shape
        return height, width, channels


def check_shape(shape: tuple[int, ...]) -> None:
    """Raise ValueError, in words, unless it is one of a stack of images."""
    if len(shape) == 3 or (len(shape) == 4 and (shape[3] in _CHANNELS or shape[1] in _CHANNELS)):
        return
    sizes = " × ".join(map(str, shape))
    raise ValueError(
        f"it is an array of {sizes or 'no dimension'}, not of images × height × width, "
        "with 1, 3 or 4 channels before or after them"
    )


def assemble_stacks(
    stacks: Sequence[Stack],
    source: object,
    config: DatasetConfig,
    progress: Progress,
    skipped: Sequence[str] = (),
) -> Assembled:
    """Convert one stack, or two of which the second is for the test.

    Parameters
    ----------
    stacks : sequence of Stack
    source : object
        What messages name.
    config : DatasetConfig
    progress : Progress
        Told the images done and the images in total, after some megabytes each.
    skipped : sequence of str
        Lines of the report.

    Raises
    ------
    DataError
        If the pixels are no finite numbers or, being integers, not within 0 to 255, or there are too few images.
    Cancelled
        If `progress` raised it.
    """
    counts = [len(stack) for stack in stacks]
    total = sum(counts)
    check_count(total, source)
    sizes = np.concatenate([np.full((len(stack), 2), stack.image_shape[1::-1]) for stack in stacks])
    side = choose_side(sizes, config.image_size)
    canvas = Canvas(total, side, config.colours, any(stack.image_shape[2] > 1 for stack in stacks))
    levels, found = _levels(stacks, source, progress)
    done = transparent = 0
    for block in _blocks(stacks, 3 * side * side, progress):
        pixels = to_bytes(block, levels)
        canvas.put(done, _squares(pixels, side))
        transparent += int((pixels[..., 3:] < 255).any(axis=(1, 2, 3)).sum())
        done += len(block)
        progress(done, total)
    converted = [f"{levels.rule} (they are {found}): {total:,}"] if levels.rule else []
    converted += scaling_line(int((sizes != side).any(axis=1).sum()), side)
    converted += [f"{ALPHA}: {transparent:,}"] if transparent else []
    is_test = np.repeat([False, True], counts) if len(counts) == 2 else None
    classes, unused = _classes(stacks)
    return Assembled(canvas.finish(), classes, is_test, converted, [*skipped, *unused])


def _channels_last(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """A view (N, H, W, C) of the values; where either could be the channels, it is the last."""
    if values.ndim == 3:
        return values[..., None]
    return values if values.shape[3] in _CHANNELS else np.moveaxis(values, 1, 3)


def _blocks(stacks: Sequence[Stack], least: int, progress: Progress) -> Iterator[npt.NDArray[Any]]:
    """Some images (n, H, W, C) after the other, as many as are soon done if each is of at least so many values."""
    for stack in stacks:
        for block in stack.read(max(1, _BLOCK // max(math.prod(stack.shape[1:]), least))):
            progress.check()
            yield _channels_last(block)


def _levels(stacks: Sequence[Stack], source: object, progress: Progress) -> tuple[Levels, str]:
    """The one rule for the pixels of all parts, and their range in words."""
    are_floats = {stack.dtype.kind == "f" for stack in stacks}
    are_bytes = all(stack.dtype == np.uint8 for stack in stacks)
    ranges: list[tuple[float, float]] = []
    for block in _blocks(stacks, 1, progress):
        ranges.append((block.min().item(), block.max().item()))
        if are_bytes and ranges[-1][1] > 1:  # the rule is known, and to read on would only tell the range
            break
    try:
        if len(are_floats) == 2:
            raise ValueError("only one of its two parts has float pixels")
        levels = levels_of(ranges, are_floats.pop())
    except ValueError as error:
        raise DataError(f"{source} cannot be used: {error}. Scale them to 0 to 1, or to 0 to 255.") from error
    return levels, f"{min(low for low, _ in ranges):.4g} to {max(high for _, high in ranges):.4g}"


def _squares(pixels: Images, side: int) -> Images:
    """Images (n, H, W, C) as squares (n, S, S) or (n, S, S, 3)."""
    height, width, channels = pixels.shape[1:]
    if channels == 1:
        pixels = pixels[..., 0]
    if height == width == side and channels != 4:
        return pixels
    return np.stack([to_square(Image.fromarray(image), side) for image in pixels])


def _classes(stacks: Sequence[Stack]) -> tuple[npt.NDArray[Any] | None, list[str]]:
    """The classes of all, and what the report says of those that are left out because a part has none."""
    known = [stack.classes for stack in stacks if stack.classes is not None]
    if len(known) == len(stacks):
        return np.concatenate(known), []
    return None, ["labels: not used, as only one of two parts has them"] if known else []
