"""How a drawing becomes an image like those of a data set."""

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageChops

from vae_desktop.data.dataset import Images, channels_first
from vae_desktop.dataset_catalog import DrawingPreprocessing

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
    channels, height, width = image_shape
    drawing = Image.fromarray(canvas[..., 0] if channels == 1 else canvas)
    blank = Image.new(drawing.mode, drawing.size, (paper,) * channels)
    difference = np.asarray(ImageChops.difference(drawing, blank)).reshape(canvas.shape).max(axis=2)
    box = Image.fromarray(np.uint8(255) * (difference > _INK)).getbbox()
    if preprocessing is None or box is None:
        return channels_first(np.asarray(drawing.resize((width, height), Image.Resampling.BOX)))
    scale = preprocessing.fraction * min(height, width) / max(box[2] - box[0], box[3] - box[1])
    size = [max(1, round(scale * (box[axis + 2] - box[axis]))) for axis in (0, 1)]
    ink = drawing.crop(box).resize((size[0], size[1]), Image.Resampling.BOX)
    centre = _centre_of_mass(ink, paper) if preprocessing.by_mass else np.array(size) / 2
    # MNIST's middle of a side is the middle of the pixel after it; whole pixels, as a shift by parts would blur.
    middle = np.array([width, height]) / 2 + (0.5 if preprocessing.by_mass else 0.0)
    left, top = np.round(middle - centre).astype(int).tolist()
    image = blank.resize((width, height))
    image.paste(ink, (left, top))
    return channels_first(np.asarray(image))


def paper_of(images: Images) -> int:
    """The grey, 0 or 255, that the borders of images (N, C, H, W) are nearer to."""
    borders = (images[..., 0, :], images[..., -1, :], images[..., :, 0], images[..., :, -1])
    return 255 if np.mean([border.mean(dtype=np.float64) for border in borders]) > 127.5 else 0


def _centre_of_mass(ink: Image.Image, paper: int) -> npt.NDArray[np.float64]:
    """Across and down, in pixels from the upper left corner."""
    mass = np.abs(np.atleast_3d(np.asarray(ink, np.float64)) - paper).sum(axis=2)
    across, down = (np.arange(side) + 0.5 for side in ink.size)
    return np.array([mass.sum(axis=0) @ across, mass.sum(axis=1) @ down]) / mass.sum()
