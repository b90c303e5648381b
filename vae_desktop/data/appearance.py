"""What is measured of any image: how bright it is, what colours it has, and where that lies which is no background."""

from functools import cache

import numpy as np
import numpy.typing as npt

from vae_desktop.progress import Progress, ignore

Bytes = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]

APPEARANCE_NAMES = ("brightness", "x", "y", "extent", "colour", "background")
COLOURS = ("red", "orange", "yellow", "green", "blue", "purple", "pink", "brown", "black", "white", "grey")

_LUMA = np.array([0.299, 0.587, 0.114], np.float32)  # ITU-R BT.601
_NEAR = 32  # of 255: what differs from the background by less belongs to it
_PLAIN = 0.8  # of the border's pixels are near to its median, if the background is plain
_LEAST = 0.005  # of an image that is something else, or it is blank
_MOST = 0.9
_DOMINANT = 0.5  # of the pixels have the colour that an image is said to have
_TOGETHER = 1 << 22  # numbers at a time
_BITS = 5  # of each channel, that colours are told by


def measure_appearance(images: Bytes, progress: Progress = ignore) -> Floats:
    """Measure images.

    Parameters
    ----------
    images : array (N, C, H, W), uint8
    progress : Progress
        Told how many images are done; asked before each part whether to stop.

    Returns
    -------
    array (N, 6), float32
        Named by APPEARANCE_NAMES: brightness, 0 to 1, of what is no background where that is plain, else of all. Of
        images with a plain background, the centre of mass of all else, from the left and from the top, in sides of the
        image, and the square root of the fraction that it covers. Numbers, in COLOURS, of what most of it is coloured
        (of colour images), or most of the image where there is no such thing, and of a plain background. NaN where
        there is none.

    Raises
    ------
    Cancelled
        If `progress` raised it.
    """
    found = np.full((len(images), len(APPEARANCE_NAMES)), np.nan, np.float32)
    together = max(1, _TOGETHER // max(1, int(np.prod(images.shape[1:]))))
    for first in range(0, len(images), together):
        progress(first, len(images))
        found[first : first + together] = _measured(images[first : first + together])
    progress(len(images), len(images))
    return found


def _measured(images: Bytes) -> Floats:
    count, channels, height, width = images.shape
    found = np.full((count, len(APPEARANCE_NAMES)), np.nan, np.float32)
    weights = _LUMA if channels == 3 else np.full(channels, 1 / channels, np.float32)
    grey = np.einsum("nchw,c->nhw", images, weights) / np.float32(255)
    paper, is_plain = plain_background(images)
    mass = _difference(images, paper)
    is_thing = mass > _NEAR
    covered = is_thing.mean((1, 2))
    has_thing = is_plain & (covered > _LEAST) & (covered < _MOST)
    looked_at = is_thing | ~has_thing[:, None, None]
    found[:, 0] = (grey * looked_at).sum((1, 2)) / looked_at.sum((1, 2))
    mass = np.where(is_thing, mass, 0)[has_thing]
    if len(mass):
        total = mass.sum((1, 2), dtype=np.float64)
        found[has_thing, 1] = mass.sum(1, dtype=np.float64) @ ((np.arange(width) + 0.5) / width) / total
        found[has_thing, 2] = mass.sum(2, dtype=np.float64) @ ((np.arange(height) + 0.5) / height) / total
    found[has_thing, 3] = np.sqrt(covered[has_thing])
    if channels == 3:
        found[:, 4] = _dominant(colour_numbers(images), looked_at)
    shown = np.repeat(paper, 3, 1) if channels != 3 else paper
    found[is_plain, 5] = colour_numbers(shown[..., None, None])[is_plain, 0, 0]
    return found


def plain_background(images: Bytes, plain: float = _PLAIN) -> tuple[Bytes, Mask]:
    """The median (N, C) of each image's border, and whether such a fraction of the border is like that."""
    count, channels = images.shape[:2]
    lines = images[..., 0, :], images[..., -1, :], images[..., :, 0], images[..., :, -1]
    border = np.concatenate([line.reshape(count, channels, -1) for line in lines], 2)
    paper = np.median(border, 2).astype(np.uint8)
    near = (np.abs(border.astype(np.int16) - paper[..., None]) <= _NEAR).all(1)
    return paper, near.mean(1) >= plain


def _difference(images: Bytes, paper: Bytes) -> npt.NDArray[np.int16]:
    """How much each pixel (N, H, W) differs from the paper: in the channel in which it differs most."""
    return np.abs(images.astype(np.int16) - paper[:, :, None, None]).max(1)


def _dominant(numbers: Bytes, looked_at: Mask) -> Floats:
    """The colour (N,) that most of the pixels have that are looked at; NaN where none has."""
    counts = np.stack([((numbers == number) & looked_at).sum((1, 2)) for number in range(len(COLOURS))], 1)
    best = counts.argmax(1)
    is_enough = (counts.max(1) >= _DOMINANT * np.maximum(looked_at.sum((1, 2)), 1)) & (counts.max(1) > 0)
    return np.where(is_enough, best, np.nan).astype(np.float32)


def colour_numbers(images: Bytes) -> Bytes:
    """The number in COLOURS of each pixel (N, H, W) of images (N, 3, H, W)."""
    red, green, blue = (images[:, channel].astype(np.int32) >> (8 - _BITS) for channel in range(3))
    return _table()[(red << 2 * _BITS) | (green << _BITS) | blue]


@cache
def _table() -> Bytes:
    """The number of each colour there is, by hue, saturation and value: the basic colour terms of Berlin and Kay."""
    levels = (np.arange(1 << _BITS) + 0.5) * (256 >> _BITS)
    red, green, blue = (grid.ravel() for grid in np.meshgrid(levels, levels, levels, indexing="ij"))
    value, least = np.maximum(np.maximum(red, green), blue), np.minimum(np.minimum(red, green), blue)
    chroma = np.maximum(value - least, 1e-6)
    saturation = chroma / value
    hue = np.where(
        value == red,
        (green - blue) / chroma % 6,
        np.where(value == green, (blue - red) / chroma + 2, (red - green) / chroma + 4),
    )
    degrees = 60 * hue
    hues = ("red", "orange", "yellow", "green", "blue", "purple", "pink", "red")
    names = np.array(hues)[np.digitize(degrees, (14, 42, 70, 170, 255, 295, 340))]
    is_brown = (degrees > 8) & (degrees < 50) & (value < 165)
    is_pink = ((degrees < 14) | (degrees > 300)) & (saturation < 0.55) & (value > 170)
    names[is_brown], names[is_pink] = "brown", "pink"
    names[(saturation < 0.2) | (chroma < 24)] = "grey"
    names[(names == "grey") & (value > 208)] = "white"
    names[value < 48] = "black"
    return np.array([COLOURS.index(name) for name in names], np.uint8)
