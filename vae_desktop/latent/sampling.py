"""Drawing codes and laying decoded images out."""

import math

import numpy as np
import torch

from vae_desktop.latent.codes import Picture
from vae_desktop.models.autoencoder import Decoder
from vae_desktop.models.randomness import generator


def sample_prior(count: int, latent_dim: int, seed: int) -> torch.Tensor:
    """Codes (count, latent_dim) from the prior N(0, I)."""
    return torch.randn(count, latent_dim, generator=generator(seed, "prior"))


@torch.inference_mode()
def decode_to_pictures(decoder: Decoder, codes: torch.Tensor) -> Picture:
    """Pictures (N, H, W, C), uint8, contiguous, of codes (N, d)."""
    images = decoder(codes).clamp_(0, 1).mul_(255).round_().to(torch.uint8)
    return images.permute(0, 2, 3, 1).contiguous().numpy()


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
