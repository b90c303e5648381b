"""Many coloured points stamped into one picture by numpy, whatever shows it."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from vae_desktop.latent.codes import Floats

Colours = npt.NDArray[np.uint8]
Rectangle = tuple[float, float, float, float]  # left, bottom, width and height, in the axes' units
_LEVELS = 3  # of opacity at a point's rim
_RIM = 1.6  # logical px, around a marked point


@dataclass(frozen=True, eq=False)
class PointStyle:
    """How each of N points is drawn.

    Attributes
    ----------
    colour_indices : array (N,), uint16
        Of each point's colour in the palette.
    palette : array (K, 3), uint8
    behind : array (N,), bool, or None
        Points that lie below the others.
    marked : array (n,), int64
        Points on top of all others, with a rim.
    rim : (red, green, blue)
    """

    colour_indices: npt.NDArray[np.uint16]
    palette: Colours
    behind: npt.NDArray[np.bool_] | None = None
    marked: npt.NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    rim: tuple[int, int, int] = (0, 0, 0)

    def order(self) -> npt.NDArray[np.int64] | None:
        """Points from the lowest to the topmost, or None for the order that they are in."""
        return None if self.behind is None or not self.behind.any() else np.argsort(~self.behind, kind="stable")


def draw_points(
    points: Floats,
    style: PointStyle,
    view: Rectangle,
    size: tuple[int, int],
    ratio: float,
    order: npt.NDArray[np.int64] | None = None,
) -> npt.NDArray[np.uint32]:
    """Stamp a disc per point into a picture.

    It is drawn as numbers of colours, which are looked up once per pixel: few bytes are written per point.

    Parameters
    ----------
    points : array (2, N), float32
        In the axes' units; one that is not finite is left out.
    style : PointStyle
        Of as many points.
    view : (left, bottom, width, height)
        What is seen, in the axes' units.
    size : (width, height)
        Of the picture in device pixels.
    ratio : float
        Device pixels in a logical one, in which points are measured.
    order : array (N,), optional
        As `style.order()` gives it.

    Returns
    -------
    array (height, width), uint32
        Premultiplied ARGB.
    """
    width, height = size
    left, bottom, across, up = view
    radius = point_radius(points.shape[1]) * ratio
    rim = radius + _RIM * ratio
    margin = int(np.ceil(rim)) + 2
    stride = width + 2 * margin
    canvas = np.zeros((height + 2 * margin) * stride, np.uint16)
    x = (points[0] - np.float32(left)) * np.float32(width / across)
    y = (np.float32(bottom + up) - points[1]) * np.float32(height / up)
    # NaN is not seen: all comparisons with it are false.
    seen = (x > -radius) & (x < width + radius) & (y > -radius) & (y < height + radius)
    marked = style.marked[seen[style.marked]]
    shown = np.flatnonzero(seen) if order is None else order[seen[order]]

    def centres(chosen: npt.NDArray[np.int64]) -> npt.NDArray[np.intp]:
        rows, columns = y[chosen].astype(np.intp), x[chosen].astype(np.intp)
        return (rows + margin) * stride + columns + margin

    # Numbers of colours: 1 + level · (K + 1) + index; the last index is that of the rim of marked points.
    count = len(style.palette) + 1
    _stamp(canvas, centres(shown), style.colour_indices[shown], radius, stride, count)
    if len(marked):
        positions = centres(marked)
        _stamp(canvas, positions, np.uint16(count - 1), rim, stride, count)
        _stamp(canvas, positions, style.colour_indices[marked], radius, stride, count)
    inner = canvas.reshape(-1, stride)[margin : margin + height, margin : margin + width]
    return _colour_table(style).take(inner)


def point_radius(count: int) -> float:
    """Radius of a point in logical pixels: smaller, the more there are."""
    return float(np.clip(4.2 - 0.95 * np.log10(max(count, 100) / 100), 1.0, 4.2))


def _stamp(
    canvas: npt.NDArray[np.uint16],
    centres: npt.NDArray[np.intp],
    indices: npt.NDArray[np.uint16] | np.uint16,
    radius: float,
    stride: int,
    colour_count: int,
) -> None:
    # From the rim inwards: a neighbour's soft edge never lies over a point's core.
    for level, offsets in _disc(radius, stride):
        tone = indices + np.uint16(1 + (level - 1) * colour_count)
        for offset in offsets:
            canvas[centres + offset] = tone


def _disc(radius: float, stride: int) -> Iterator[tuple[int, list[int]]]:
    """A disc as (level of opacity, offsets into the canvas), the faintest first: how much of each pixel it covers."""
    reach = int(np.ceil(radius)) + 1
    levels: dict[int, list[int]] = {}
    for dy in range(-reach, reach + 1):
        for dx in range(-reach, reach + 1):
            cover = float(np.clip(radius + 0.5 - np.hypot(dx, dy), 0, 1))
            if round(cover * _LEVELS) > 0:
                levels.setdefault(round(cover * _LEVELS), []).append(dy * stride + dx)
    yield from sorted(levels.items())


def _colour_table(style: PointStyle) -> npt.NDArray[np.uint32]:
    """Premultiplied ARGB by number: nothing, then the palette and the rim at each level of opacity."""
    colours = np.concatenate((style.palette, np.array([style.rim], np.uint8))).astype(np.float64)
    rows = [np.zeros(1, np.uint32)]
    for level in range(1, _LEVELS + 1):
        red, green, blue = (colours.T * level / _LEVELS).astype(np.uint32)
        alpha = np.uint32(round(255 * level / _LEVELS) << 24)
        rows.append(alpha | (red << 16) | (green << 8) | blue)
    return np.concatenate(rows)
