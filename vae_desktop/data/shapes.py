"""Squares, ellipses and hearts of known position, size and rotation, drawn on the fly: white on black.

Every shape is a signed distance, negative inside, in coordinates in which its area is 1 and its centre of mass is 0.
"""

import math
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from vae_desktop.config import DatasetConfig
from vae_desktop.data.dataset import Dataset, Factors, Images, Labels, Split
from vae_desktop.data.origins import Origins
from vae_desktop.language import N_
from vae_desktop.progress import Progress, ignore

FACTOR_NAMES = ("x", "y", N_("scale"), N_("rotation"))

_TRAIN, _TEST = 20_000, 4_000
_DEFAULT_SIDE = 32
# No shape leaves the image: a scale of 0.3 reaches 0.24 from its centre. A square looks the same every 90°. All shapes
# share that range, so that no factor tells anything of another or of the shape.
_RANGES = ((0.25, 0.75), (0.25, 0.75), (0.15, 0.3), (0.0, 90.0))
_CHUNK = 1 << 18  # pixels at a time, so that intermediate results stay in the processor's cache

_Floats = npt.NDArray[np.floating]


def load_shapes(config: DatasetConfig, progress: Progress) -> Dataset:
    """Draw 20,000 training and 4,000 test images, always the same.

    Shapes and factors are drawn uniformly and independently; factors are named by FACTOR_NAMES, see `draw_shapes`:
    x and y 0.25 to 0.75, scale 0.15 to 0.3, rotation 0 to 90 degrees.

    Raises
    ------
    Cancelled
        If `progress`, asked now and then, raised it.
    """
    random = np.random.default_rng(0)
    count = _TRAIN + _TEST
    labels = random.integers(len(_SHAPES), size=count)
    lowest, highest = np.array(_RANGES).T
    factors = random.uniform(lowest, highest, (count, len(FACTOR_NAMES))).astype(np.float32)
    images = draw_shapes(labels, factors, config.image_size or _DEFAULT_SIDE, progress)
    origins = Origins.of_rows([("shapes", count)])
    train, test = (
        Split(images[part], labels[part], factors[part], origins.chosen(np.arange(count)[part]))
        for part in (slice(_TRAIN), slice(_TRAIN, count))
    )
    return Dataset(config, train, test, tuple(_SHAPES), FACTOR_NAMES)


def draw_shapes(labels: Labels, factors: Factors, side: int, progress: Progress = ignore) -> Images:
    """Draw shapes with smooth edges.

    Parameters
    ----------
    labels : array (N,)
        0: square, 1: ellipse, 2: heart.
    factors : array (N, 4)
        x and y: centre of mass from the left and from the top, as fractions of the image's side. scale: square root of
        the area, as a fraction of the side. rotation: clockwise, in degrees; at 0 a square's edges lie along the axes,
        an ellipse lies, a heart stands.
    side : int
        Of the images, in pixels, > 0.
    progress : Progress
        Asked now and then whether to stop.

    Returns
    -------
    Images
        (N, 1, side, side), uint8, 0 to 255.

    Raises
    ------
    Cancelled
        If `progress` raised it.
    """
    images = np.empty((len(labels), 1, side, side), np.uint8)
    together = max(1, _CHUNK // side**2)
    for label, distance in enumerate(_SHAPES.values()):
        alike = np.flatnonzero(labels == label)
        for start in range(0, len(alike), together):
            progress.check()
            chunk = alike[start : start + together]
            images[chunk, 0] = _draw(distance, factors[chunk].astype(np.float32), side)
    return images


def _draw(distance: Callable[[_Floats, _Floats], _Floats], factors: _Floats, side: int) -> npt.NDArray[np.uint8]:
    """Images (N, side, side) of one shape; a pixel is as bright as it is covered."""
    x, y, scale, rotation = factors.T[:, :, None, None]
    pixels = (np.arange(side, dtype=np.float32) + 0.5) / side
    across, down = (pixels - x) / scale, (pixels[:, None] - y) / scale
    cosine, sine = np.cos(np.radians(rotation)), np.sin(np.radians(rotation))
    u, v = cosine * across + sine * down, cosine * down - sine * across
    coverage = 0.5 - distance(u, v) * (scale * side)  # to first order, for an edge that is straight within a pixel
    return np.rint(255 * np.clip(coverage, 0, 1)).astype(np.uint8)


def _square(u: _Floats, v: _Floats) -> _Floats:
    return np.maximum(np.abs(u), np.abs(v)) - 0.5


def _ellipse(u: _Floats, v: _Floats) -> _Floats:
    """Twice as long as wide; the distance is the implicit function's over its gradient's length, right at the edge."""
    half_width = math.sqrt(0.5 / math.pi)
    u, v = u / (2 * half_width), v / half_width
    radius, tiny = np.hypot(u, v), 1e-6  # the centre has no gradient
    return (radius - 1) * (radius + tiny) / (np.hypot(u / 2, v) + tiny) * half_width


def _heart(u: _Floats, v: _Floats) -> _Floats:
    """A square on its corner with a half disc on each upper edge."""
    edge = 1 / math.sqrt(1 + math.pi / 4)
    lift = math.sqrt(2) * (math.pi / 16 + 1 / 12) * edge**3  # of the centre of mass above the square's centre
    u, v = np.abs(u), v - lift
    along, out = (u + v) / math.sqrt(2), (u - v) / math.sqrt(2)  # the right upper edge lies at out = edge / 2
    square = np.maximum(np.abs(along), np.abs(out)) - edge / 2
    disc = np.hypot(along, out - edge / 2) - edge / 2
    return np.minimum(square, disc)


_SHAPES = {N_("Square"): _square, N_("Ellipse"): _ellipse, N_("Heart"): _heart}
