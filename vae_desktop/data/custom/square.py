"""The one rule by which images of any size and kind become squares of bytes."""

import numpy as np
import numpy.typing as npt
from PIL import Image

from vae_desktop.data.dataset import Images

CONVERSION_RULE = (
    "Every image becomes a square: it is scaled until its shorter side fits (bicubic, shrinking averages), "
    "then its middle is cut out."
)

_OWN_SIDES = range(8, 129)  # squares of one such side stay as they are
_SMALLEST, _LARGEST, _STEP = 8, 64, 4  # of a side that is chosen
_PREMULTIPLIED = {"LA": "La", "RGBA": "RGBa"}


def choose_side(sizes: npt.NDArray[np.int64], wanted: int | None) -> int:
    """The side S of the squares that images of these sizes become.

    It is `wanted`, if given; the images' own side, if all are squares of one side from 8 to 128; else the median
    of their shorter sides, rounded to a multiple of 4, at least 8 and at most 64.

    Parameters
    ----------
    sizes : array (N, 2)
        Widths and heights, in pixels.
    wanted : int or None

    Returns
    -------
    int
        In pixels.
    """
    if wanted is not None:
        return wanted
    first = int(sizes[0, 0])
    if first in _OWN_SIDES and (sizes == first).all():
        return first
    return _rounded(float(np.median(sizes.min(axis=1))))


def _rounded(median: float) -> int:
    return min(max(round(median / _STEP) * _STEP, _SMALLEST), _LARGEST)


class LeastSide:
    """The smallest side that `choose_side` can still name while sizes come in, of at most `total` images."""

    def __init__(self, total: int, wanted: int | None) -> None:
        self._total = total
        self._wanted = wanted
        self._shorter = np.zeros(_LARGEST + 1, np.int64)  # how many shorter sides there are of each length, up to 64
        self._first: tuple[int, int] | None = None
        self._are_alike = True

    def add(self, width: int, height: int) -> int:
        """Take the size of one more image, in pixels, and return that side."""
        self._first = self._first or (width, height)
        self._are_alike = self._are_alike and self._first == (width, height)
        self._shorter[min(width, height, _LARGEST)] += 1
        if self._wanted is not None:
            return self._wanted
        reaching = self._shorter[::-1].cumsum()[::-1]  # how many are as long as that or longer
        # Were all the others as small as can be, more than half would still lie above the median.
        side = _rounded(max(int((reaching > self._total // 2).sum()) - 1, 0))
        return min(side, width) if self._are_alike and width == height and width in _OWN_SIDES else side


def scaling_line(count: int, side: int) -> list[str]:
    """The report's line, if any, about images that were scaled."""
    return [f"scaled to {side} × {side} pixels: {count:,}. {CONVERSION_RULE}"] if count else []


def to_square(image: Image.Image, side: int) -> Images:
    """An image by the rule, see CONVERSION_RULE; transparency is laid over white.

    Parameters
    ----------
    image : Image
        Of mode L, LA, RGB or RGBA.
    side : int
        In pixels.

    Returns
    -------
    Images
        (side, side) for a grey image, (side, side, 3) for one that may have colour.
    """
    has_alpha = image.mode in _PREMULTIPLIED
    if has_alpha:  # multiplied by its alpha, a pixel averages rightly and needs only white added
        image = image.convert(_PREMULTIPLIED[image.mode])
    width, height = image.size
    if (width, height) != (side, side):
        edge = min(width, height)
        left, top = (width - edge) / 2, (height - edge) / 2
        image = image.resize((side, side), Image.Resampling.BICUBIC, box=(left, top, left + edge, top + edge))
    pixels = np.asarray(image)
    return _over_white(pixels) if has_alpha else pixels


def _over_white(pixels: Images) -> Images:
    colours, alpha = pixels[..., :-1].astype(np.uint16), pixels[..., -1:]
    laid = np.minimum(colours + (255 - alpha), 255).astype(np.uint8)
    return laid[..., 0] if laid.shape[-1] == 1 else laid
