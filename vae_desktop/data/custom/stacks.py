"""Arrays of images, of any numbers and layout, become squares; read in blocks, so that none is in memory whole."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from vae_desktop.config import DatasetConfig
from vae_desktop.data.custom.assembled import Assembled, check_count
from vae_desktop.data.custom.conversion import Canvas, choose_side, scaling_line, to_square
from vae_desktop.data.custom.image_file import ALPHA
from vae_desktop.data.custom.levels import Levels, Values, levels_of, not_finite_lines, to_bytes
from vae_desktop.data.dataset import Images
from vae_desktop.data.origins import Origins
from vae_desktop.data.stored_array import StoredArray
from vae_desktop.errors import DataError
from vae_desktop.language import tr
from vae_desktop.progress import Progress

_CHANNELS = (1, 3, 4)
_BLOCK = 1 << 22  # values that are converted together


@dataclass(frozen=True, eq=False)
class Stack:
    """A part of the images, and their classes where there are any.

    Attributes
    ----------
    images : StoredArray
        (N, H, W), (N, H, W, C) or (N, C, H, W) of booleans, integers or floats, C being 1, 3 or 4.
    classes : array (N,) of whole numbers or names, or None
    file : str
        Where the images lie, as in Origin.
    """

    images: StoredArray
    classes: npt.NDArray[Any] | None
    file: str

    def __len__(self) -> int:
        return self.images.shape[0]

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """(H, W, C); where either could be the channels, it is the last."""
        shape = self.images.shape[1:]
        if len(shape) == 2:
            height, width, channels = *shape, 1
        elif shape[2] in _CHANNELS:
            height, width, channels = shape
        else:
            channels, height, width = shape
        return height, width, channels

    def blocks(self, least: int, progress: Progress) -> Iterator[npt.NDArray[Any]]:
        """Blocks of images (n, H, W, C) in their order; n images of at least `least` values each are soon converted."""
        shape = self.image_shape
        are_channels_first = self.images.shape[1:] not in (shape, shape[:2])
        for block in self.images.blocks(max(1, _BLOCK // max(math.prod(shape), least)), progress):
            progress.check()
            yield np.moveaxis(block, 1, 3) if are_channels_first else block.reshape(-1, *shape)


def check_shape(shape: tuple[int, ...]) -> None:
    """Raise ValueError, in words, unless an array of this shape can be images."""
    if len(shape) == 3 or (len(shape) == 4 and (shape[3] in _CHANNELS or shape[1] in _CHANNELS)):
        return
    sizes = " × ".join(map(str, shape))
    text = tr("it is an array of {sizes}, not of images × height × width, with 1, 3 or 4 channels before or after them")
    raise ValueError(text.format(sizes=sizes or tr("no dimension")))


def assemble_stacks(
    stacks: Sequence[Stack], source: object, config: DatasetConfig, progress: Progress, skipped: Sequence[str] = ()
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
        If the pixels are mostly no finite numbers, or there are too few images.
    Cancelled
        If `progress` raised it.
    """
    counts = [len(stack) for stack in stacks]
    total = sum(counts)
    check_count(total, source)
    sizes = np.repeat([stack.image_shape[1::-1] for stack in stacks], counts, axis=0)
    side = choose_side(sizes, config.image_size)
    canvas = Canvas(total, side, config.colours, any(stack.image_shape[2] > 1 for stack in stacks))
    levels, values = _levels(stacks, source, config, progress)
    done = transparent = 0
    for stack in stacks:
        for block in stack.blocks(3 * side * side, progress):
            pixels = to_bytes(block, levels)
            canvas.put(done, _squares(pixels, side))
            transparent += int((pixels[..., 3:] < 255).any(axis=(1, 2, 3)).sum())
            done += len(block)
            progress(done, total)
    converted = [tr("{rule}; they are {found}: {count:,}").format(rule=levels.rule, found=values.found, count=total)]
    converted = [*(converted if levels.rule else []), *not_finite_lines([values])]
    converted += scaling_line(int((sizes != side).any(axis=1).sum()), side)
    converted += [f"{tr(ALPHA)}: {transparent:,}"] if transparent else []
    known = [stack.classes for stack in stacks if stack.classes is not None]
    is_test = np.repeat([False, True], counts) if len(counts) == 2 else None
    if 0 < len(known) < len(stacks):
        known, skipped = [], [*skipped, tr("labels: not used, as only one of two parts has them")]
    classes = np.concatenate(known) if known else None
    origins = Origins.of_rows((stack.file, len(stack)) for stack in stacks)
    return Assembled(canvas.finish(), classes, is_test, converted, skipped, origins)


def _levels(
    stacks: Sequence[Stack], source: object, config: DatasetConfig, progress: Progress
) -> tuple[Levels, Values]:
    """The levels for the pixels of all parts, so that they are comparable, and what is known of the pixels."""
    is_told_early = all(stack.images.dtype == np.uint8 for stack in stacks) and config.levels == "auto"
    parts: list[Values] = []
    for block in (block for stack in stacks for block in stack.blocks(1, progress)):
        parts.append(Values.of(block))
        if is_told_early and parts[-1].highest > 1:  # the rule is known, and to read on would only tell the range
            break
    try:
        values = Values.together(parts)
        return levels_of(values, config), values
    except ValueError as error:
        raise DataError(
            tr("{path} cannot be used: {error}. Scale them to 0 to 1, or to 0 to 255.").format(path=source, error=error)
        ) from error


def _squares(pixels: Images, side: int) -> Images:
    """Images (n, H, W, C) as squares (n, S, S) or (n, S, S, 3)."""
    height, width, channels = pixels.shape[1:]
    if channels == 1:
        pixels = pixels[..., 0]
    if height == width == side and channels != 4:
        return pixels
    return np.stack([to_square(Image.fromarray(image), side) for image in pixels])
