"""Arrays of images, of any numbers and layout, become squares; read in blocks, so that none is in memory whole."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from vae_desktop.config import DatasetConfig
from vae_desktop.data.custom.array_layout import ArrayLayout, layout_of
from vae_desktop.data.custom.assembled import Assembled, check_count
from vae_desktop.data.custom.conversion import Canvas, choose_side, scaling_line, to_square
from vae_desktop.data.custom.eight_bits import ALPHA
from vae_desktop.data.custom.levels import Levels, Values, levels_of, not_finite_lines, rule_in_words, to_bytes
from vae_desktop.data.custom.messages import counted
from vae_desktop.data.dataset import Images
from vae_desktop.data.origins import Origins
from vae_desktop.data.stored_array import NumberArray
from vae_desktop.errors import DataError
from vae_desktop.language import tr
from vae_desktop.progress import Progress

_BLOCK = 1 << 22  # values that are converted together


@dataclass(frozen=True, eq=False)
class Stack:
    """A part of the images, and their classes where there are any.

    Attributes
    ----------
    images : NumberArray
        Of booleans, integers or floats, in one of the layouts of `array_layout.layout_of`.
    classes : array (N,) of whole numbers or names, or None
    file : str
        Where the images lie, as in Origin.
    note : str
        A line of the report about the labels, or "".
    """

    images: NumberArray
    classes: npt.NDArray[Any] | None
    file: str
    note: str = ""

    @cached_property
    def layout(self) -> ArrayLayout:
        """How the images lie in the array."""
        return layout_of(self.images.shape)

    def __len__(self) -> int:
        return self.layout.count

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """(H, W, C)."""
        return self.layout.image_shape

    def blocks(self, least: int, progress: Progress) -> Iterator[npt.NDArray[Any]]:
        """Blocks of images (n, H, W, C) in their order; n images of at least `least` values each are soon converted."""
        together = max(1, _BLOCK // max(math.prod(self.image_shape), least))
        turned = self.images.reversed() if self.layout.kind == "images last" else None
        if turned is not None:
            blocks = (block.T for block in turned.blocks(together, progress))
            blocks = (self.layout.images(block) for block in blocks)
        elif self.layout.kind == "images last":  # what belongs to an image lies all over the file
            images = self.layout.images(self.images.read(progress))
            blocks = (images[first : first + together] for first in range(0, len(images), together))
        else:
            blocks = (self.layout.images(block) for block in self.images.blocks(together, progress))
        for block in blocks:
            progress.check()
            yield block


def assemble_stacks(
    stacks: Sequence[Stack],
    source: object,
    config: DatasetConfig,
    progress: Progress,
    skipped: Sequence[str] = (),
    notes: Sequence[str] = (),
    has_split: bool = True,
) -> Assembled:
    """Convert one stack, or two of which the second is for the test, or any number of them that are no split.

    Parameters
    ----------
    stacks : sequence of Stack
    source : object
        What messages name.
    config : DatasetConfig
    progress : Progress
        Told the images done and the images in total, after some megabytes each.
    skipped, notes : sequences of str
        Lines of the report: what is left out, and what else to know.
    has_split : bool
        Whether the second of two stacks is for the test.

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
    transparent = _fill(canvas, stacks, levels, side, progress)
    rule = rule_in_words([levels], values)
    converted = [*notes, *([counted(rule, total)] if rule else [])]
    converted += not_finite_lines([values])
    converted += dict.fromkeys(stack.layout.note for stack in stacks if stack.layout.note)
    converted += scaling_line(int((sizes != side).any(axis=1).sum()), side)
    converted += [counted(tr(ALPHA), transparent)] if transparent else []
    skipped = [*skipped, *dict.fromkeys(stack.note for stack in stacks if stack.note)]
    known = [stack.classes for stack in stacks if stack.classes is not None]
    is_test = np.repeat([False, True], counts) if has_split and len(counts) == 2 else None
    if 0 < len(known) < len(stacks):
        known, skipped = [], [*skipped, tr("labels: not used, as only one of two parts has them")]
    classes = _joined(known) if known else None
    origins = Origins.of_rows((stack.file, len(stack)) for stack in stacks)
    return Assembled(canvas.finish(), classes, is_test, converted, skipped, origins, levels=rule)


def _fill(canvas: Canvas, stacks: Sequence[Stack], levels: Levels, side: int, progress: Progress) -> int:
    """Convert all images; returns how many of them are transparent."""
    done, transparent = 0, sum(canvas.records)
    for stack in stacks:
        for block in stack.blocks(3 * side * side, progress):
            done += len(block)
            if done > canvas.done:  # else it is there from an earlier time
                pixels = to_bytes(block, levels)
                canvas.put(done - len(block), _squares(pixels, side))
                found = int((pixels[..., 3:] < 255).any(axis=(1, 2, 3)).sum())
                canvas.note(done, found)
                transparent += found
            progress(done, sum(map(len, stacks)))
    return transparent


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


def _joined(classes: Sequence[npt.NDArray[Any]]) -> npt.NDArray[Any]:
    """The classes of all parts: names, unless all of them are numbers."""
    are_names = [part.dtype.kind in "US" for part in classes]
    if any(are_names) and not all(are_names):
        classes = [part.astype(np.str_) for part in classes]
    return np.concatenate(classes)


def _squares(pixels: Images, side: int) -> Images:
    """Images (n, H, W, C) as squares (n, S, S) or (n, S, S, 3)."""
    height, width, channels = pixels.shape[1:]
    if channels == 1:
        pixels = pixels[..., 0]
    if height == width == side and channels != 4:
        return pixels
    return np.stack([to_square(Image.fromarray(image), side) for image in pixels])
