"""How a drawing becomes an image like those of a data set."""

import numpy as np
import numpy.typing as npt
from PIL import Image

from vae_desktop.catalog import DrawingPreprocessing
from vae_desktop.data.dataset import Images

_INK = 8  # of 255: what differs from the paper by more is ink


def image_of_drawing(
    canvas: Images, paper: int, image_shape: tuple[int, int, int], preprocessing: DrawingPreprocessing | None
) -> Images:
    """An image (C, H, W) of a drawing, uint8.

    Parameters
    ----------
    canvas : array (h, w, C), uint8
        As large as the image or larger.
    paper : int
        Grey of what nothing was drawn on, 0 to 255.
    image_shape : (C, H, W)
    preprocessing : DrawingPreprocessing or None
        How the ink is scaled and moved; None: the drawing is only made smaller.
    """
    _, height, width = image_shape
    box = None if preprocessing is None else _ink_box(canvas, paper)
    if preprocessing is None or box is None:
        return np.ascontiguousarray(_resized(canvas, width, height).transpose(2, 0, 1))
    ink = canvas[box]
    scale = preprocessing.fraction * min(height, width) / max(ink.shape[:2])
    size = [max(1, round(scale * side)) for side in ink.shape[:2]]
    ink = _resized(ink, size[1], size[0])
    centre = _centre_of_mass(ink, paper) if preprocessing.by_mass else np.array(size) / 2
    # MNIST's middle of a side is the middle of the pixel after it; whole pixels, as a shift by parts would blur.
    middle = np.array([height, width]) / 2 + (0.5 if preprocessing.by_mass else 0.0)
    top, left = np.round(middle - centre).astype(int).tolist()
    image = np.full((height, width, canvas.shape[2]), paper, np.uint8)
    _paste(image, ink, top, left)
    return np.ascontiguousarray(image.transpose(2, 0, 1))


def canvas_of_image(image: Images, size: tuple[int, int]) -> Images:
    """A canvas (h, w, C) that shows an image (C, H, W) with square pixels, h and w multiples of H and W."""
    pixels = image.transpose(1, 2, 0)
    down, across = size[0] // pixels.shape[0], size[1] // pixels.shape[1]
    return np.ascontiguousarray(pixels.repeat(down, axis=0).repeat(across, axis=1))


def paper_of(images: Images) -> int:
    """The grey, 0 or 255, that the borders of images (N, C, H, W) are nearer to."""
    borders = (images[..., 0, :], images[..., -1, :], images[..., :, 0], images[..., :, -1])
    return 255 if np.mean([border.mean(dtype=np.float64) for border in borders]) > 127.5 else 0


def _ink_box(pixels: Images, paper: int) -> tuple[slice, slice] | None:
    """The smallest box that holds all ink; None without ink."""
    has_ink = np.abs(pixels.astype(np.int16) - paper).max(axis=2) > _INK
    rows, columns = np.flatnonzero(has_ink.any(axis=1)), np.flatnonzero(has_ink.any(axis=0))
    if not len(rows):
        return None
    return slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)


def _centre_of_mass(ink: Images, paper: int) -> npt.NDArray[np.float64]:
    """Down and across, in pixels from the upper left corner."""
    mass = np.abs(ink.astype(np.float64) - paper).sum(2)
    down, across = (np.arange(side) + 0.5 for side in mass.shape)
    return np.array([(mass.sum(1) * down).sum(), (mass.sum(0) * across).sum()]) / mass.sum()


def _resized(pixels: Images, width: int, height: int) -> Images:
    """Pixels (h, w, C) at another size, (height, width, C); shrinking averages over what is covered."""
    if pixels.shape[:2] == (height, width):
        return pixels
    source = Image.fromarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels)
    return np.asarray(source.resize((width, height), Image.Resampling.BOX)).reshape(height, width, -1)


def _paste(image: Images, ink: Images, top: int, left: int) -> None:
    """Lay ink (h, w, C) on an image (H, W, C), as far as it lies within it."""
    rows, columns = slice(max(top, 0), top + ink.shape[0]), slice(max(left, 0), left + ink.shape[1])
    target = image[rows, columns]
    target[:] = ink[max(-top, 0) :, max(-left, 0) :][: target.shape[0], : target.shape[1]]
