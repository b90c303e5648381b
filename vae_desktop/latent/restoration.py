"""How much noise a model takes out of an image."""

from typing import NamedTuple

import torch
from torch import Tensor

from vae_desktop.latent.embed import unit_chunks
from vae_desktop.models.autoencoder import Autoencoder
from vae_desktop.models.corruption import corrupted
from vae_desktop.models.losses import squared_error
from vae_desktop.models.randomness import generator
from vae_desktop.progress import Progress, ignore

STRENGTHS = (0.25, 0.5, 0.75)


class Restoration(NamedTuple):
    """Squared error against the clean images, per image and summed over pixels, of the input and of the output."""

    noisy: float
    restored: float


@torch.inference_mode()
def reconstruction_squared_error(model: Autoencoder, images: Tensor, progress: Progress = ignore) -> float:
    """Squared error, per image and summed over pixels, of uint8 images (N, C, H, W) decoded from their means."""
    error = 0.0
    for clean in unit_chunks(images, model.device, progress):
        error += float(squared_error(clean, model.reconstruct(clean)).sum())
    return error / len(images)


@torch.inference_mode()
def restoration(
    model: Autoencoder, images: Tensor, noise: str, strength: float, seed: int, progress: Progress = ignore
) -> Restoration:
    """Corrupt images, code them, and decode the means (Vincent et al. 2010, section 3).

    Parameters
    ----------
    model : Autoencoder
    images : Tensor (N, C, H, W), uint8
    noise, strength
        As `vae_desktop.models.corruption.corrupted` takes them.
    seed : int
    """
    random = generator(seed, "restoration", device=model.device)
    noisy = restored = 0.0
    for clean in unit_chunks(images, model.device, progress):
        inputs = corrupted(clean, noise, strength, random)
        noisy += float(squared_error(clean, inputs).sum())
        restored += float(squared_error(clean, model.reconstruct(inputs)).sum())
    return Restoration(noisy / len(images), restored / len(images))
