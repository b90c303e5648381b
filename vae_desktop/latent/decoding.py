"""Codes decoded to pictures, and pictures laid out."""

import math

import numpy as np
import torch
import torch.nn.functional as F

from vae_desktop.latent.codes import Floats, Picture
from vae_desktop.latent.embed import CHUNK
from vae_desktop.models.autoencoder import Decoder


@torch.inference_mode()
def decode_to_pictures(decoder: Decoder, codes: torch.Tensor) -> Picture:
    """Pictures (N, H, W, C), uint8, contiguous, of codes (N, d)."""
    return to_pictures(decoder(codes))


def to_pictures(images: torch.Tensor) -> Picture:
    """Pictures (N, H, W, C), uint8, contiguous, of images (N, C, H, W), 0 to 1."""
    pixels = images.clamp(0, 1).mul_(255).round_().to(torch.uint8)
    return pixels.permute(0, 2, 3, 1).contiguous().numpy()


def decode_all(decoder: Decoder, codes: Floats) -> Picture:
    """Pictures (N, H, W, C), uint8, of any number of codes (N, d), a part at a time."""
    return np.concatenate([decode_to_pictures(decoder, part) for part in torch.from_numpy(codes).split(CHUNK)])


@torch.inference_mode()
def decode_to_small_pictures(decoder: Decoder, codes: torch.Tensor, side: int) -> Picture:
    """Pictures (N, h, w, C), uint8, of codes (N, d), made smaller by antialiased interpolation.

    The longer side has at most `side` pixels; a smaller picture stays as it is.
    """
    images = decoder(codes)
    height, width = images.shape[2:]
    shrink = side / max(height, width)
    if shrink < 1:
        size = [max(1, round(height * shrink)), max(1, round(width * shrink))]
        images = F.interpolate(images, size, mode="bilinear", antialias=True)
    return to_pictures(images)


def tile(pictures: Picture, gap: int = 2) -> Picture:
    """One picture (H', W', C) of pictures (N, H, W, C) in a grid as square as can be, with a gap in pixels."""
    count, height, width, channels = pictures.shape
    columns = math.ceil(math.sqrt(count))
    rows = math.ceil(count / columns)
    sheet = np.full((rows * (height + gap) - gap, columns * (width + gap) - gap, channels), 128, np.uint8)
    for index, picture in enumerate(pictures):
        top, left = (index // columns) * (height + gap), (index % columns) * (width + gap)
        sheet[top : top + height, left : left + width] = picture
    return sheet
