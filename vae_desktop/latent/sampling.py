"""Ways of drawing codes, and decoded images laid out."""

import math

import numpy as np
import torch
import torch.nn.functional as F

from vae_desktop.latent.codes import Floats, Picture
from vae_desktop.models.autoencoder import Decoder
from vae_desktop.models.randomness import generator


def sample_prior(count: int, latent_dim: int, seed: int) -> torch.Tensor:
    """Codes (count, latent_dim) from the prior N(0, I)."""
    return torch.randn(count, latent_dim, generator=generator(seed, "prior"))


def sample_box(count: int, means: Floats, seed: int) -> torch.Tensor:
    """Codes (count, d), uniform in the smallest box along the axes that holds the means (N, d)."""
    low, high = (torch.from_numpy(bound) for bound in (means.min(0), means.max(0)))
    return low + (high - low) * torch.rand(count, len(low), generator=generator(seed, "box"))


def sample_normal(count: int, means: Floats, seed: int) -> torch.Tensor:
    """Codes (count, d) from the normal distribution with mean and covariance of the means (N, d)."""
    covariance = np.atleast_2d(np.cov(means, rowvar=False, bias=True, dtype=np.float64))
    # Not Cholesky's factor: a dimension that says nothing has no variance.
    variances, axes = np.linalg.eigh(covariance)
    factor = torch.from_numpy(axes * np.sqrt(variances.clip(min=0))).float()
    noise = torch.randn(count, means.shape[1], generator=generator(seed, "normal"))
    return torch.from_numpy(means.mean(0)) + noise @ factor.T


@torch.inference_mode()
def decode_to_pictures(decoder: Decoder, codes: torch.Tensor) -> Picture:
    """Pictures (N, H, W, C), uint8, contiguous, of codes (N, d)."""
    images = decoder(codes).clamp_(0, 1).mul_(255).round_().to(torch.uint8)
    return images.permute(0, 2, 3, 1).contiguous().numpy()


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
    return images.clamp_(0, 1).mul_(255).round_().to(torch.uint8).permute(0, 2, 3, 1).contiguous().numpy()


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
