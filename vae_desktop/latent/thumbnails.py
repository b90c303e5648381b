"""Small reconstructions of a whole set of images, for where the images themselves are not at hand."""

import numpy as np
import torch
import torch.nn.functional as F

from vae_desktop.latent.codes import Codes, Picture
from vae_desktop.latent.embed import CHUNK
from vae_desktop.models.autoencoder import Decoder

_SIDE = 10  # px: a digit can still be read, and ten thousand take a megabyte


@torch.inference_mode()
def thumbnails_of(decoder: Decoder, codes: Codes) -> Picture:
    """Pictures (N, h, w, C), uint8, of what a decoder on the CPU makes of the means; the longer side has 10 pixels."""
    pictures = []
    for chunk in torch.from_numpy(codes.mean).split(CHUNK):
        images = decoder(chunk)
        shrink = min(1.0, _SIDE / max(images.shape[2:]))
        size = [max(1, round(side * shrink)) for side in images.shape[2:]]
        small = F.interpolate(images, size, mode="bicubic", antialias=True).clamp_(0, 1)
        pictures.append(small.mul_(255).round_().to(torch.uint8).permute(0, 2, 3, 1).numpy())
    return np.concatenate(pictures)
