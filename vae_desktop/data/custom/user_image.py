"""One picture that a person hands over, by file or from the clipboard, as an image like those of a model."""

from pathlib import Path

import numpy as np
from PIL import Image

from vae_desktop.data.custom.canvas import luminance
from vae_desktop.data.custom.image_file import Unreadable, read_picture
from vae_desktop.data.custom.square import to_square
from vae_desktop.data.dataset import Images
from vae_desktop.errors import DataError


def image_of_file(path: Path, image_shape: tuple[int, int, int]) -> Images:
    """Read a picture file as an image (C, H, W), by the rules for a person's own images.

    It becomes a square as large as the image's longer side, of which the middle is cut out; grey where the image has
    one channel.

    Raises
    ------
    DataError
        If it is no picture that can be read; the message names the file and the reason.
    """
    try:
        pixels = read_picture(path, max(image_shape[1:])).pixels
    except Unreadable as error:
        raise DataError(f"{path.name} cannot be put on the pad: {error}.") from error
    return _fitted(pixels, image_shape)


def image_of_pixels(pixels: Images, image_shape: tuple[int, int, int]) -> Images:
    """The same for pixels (h, w, 4), uint8: red, green, blue, and alpha, which is laid over white."""
    return _fitted(to_square(Image.fromarray(pixels, "RGBA"), max(image_shape[1:])), image_shape)


def _fitted(square: Images, image_shape: tuple[int, int, int]) -> Images:
    """A square (S, S) or (S, S, 3) as an image (C, H, W), the longer side of which is S."""
    channels, height, width = image_shape
    top, left = (square.shape[0] - height) // 2, (square.shape[1] - width) // 2
    pixels = square[top : top + height, left : left + width]
    if channels == 1:
        return (luminance(pixels) if pixels.ndim == 3 else pixels)[None].copy()
    if pixels.ndim == 2:
        pixels = np.repeat(pixels[..., None], 3, axis=2)
    return np.ascontiguousarray(pixels.transpose(2, 0, 1))
