"""Pictures of a path as files that other programs show."""

import io

import numpy as np
from PIL import Image

from vae_desktop.latent.codes import Picture

_GIF_SIDE, _STRIP_SIDE = 256, 112  # px, that a small picture is enlarged to, about
_WIDEST = 16_384  # px, of a strip whose pictures are enlarged
_LEAST_PAUSE = 20  # ms; many programs slow down what is meant to be quicker


def as_gif(pictures: Picture, seconds: float) -> bytes:
    """An endless GIF animation of pictures (N, H, W, C), uint8, that takes so many seconds.

    Each is a frame; one that equals the frame before makes that one stay longer. Small pictures are enlarged with
    square pixels. Grey ones keep all their levels; colours are reduced to 256.
    """
    scale = max(1, _GIF_SIDE // max(pictures.shape[1:3]))
    frames = [_image(picture.repeat(scale, 0).repeat(scale, 1)) for picture in pictures]
    pause = max(_LEAST_PAUSE, round(1000 * seconds / len(frames) / 10) * 10)  # the format counts in hundredths
    target = io.BytesIO()
    frames[0].save(target, "GIF", save_all=True, append_images=frames[1:], duration=pause, loop=0, optimize=False)
    return target.getvalue()


def as_strip(pictures: Picture) -> bytes:
    """A PNG picture of pictures (N, H, W, C), uint8, in a row; small ones are enlarged with square pixels."""
    count, height, width, channels = pictures.shape
    scale = max(1, min(_STRIP_SIDE // max(height, width), _WIDEST // (count * width)))
    row = pictures.swapaxes(0, 1).reshape(height, count * width, channels)
    target = io.BytesIO()
    _image(row.repeat(scale, 0).repeat(scale, 1)).save(target, "PNG")
    return target.getvalue()


def _image(pixels: Picture) -> Image.Image:
    """An image of pixels (H, W, C), grey or colour; of other numbers of channels the first is shown."""
    return Image.fromarray(np.ascontiguousarray(pixels if pixels.shape[2] == 3 else pixels[..., 0]))
