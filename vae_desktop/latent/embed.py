"""From images to their codes, and from codes to pictures."""

import math
from collections.abc import Iterator, Sequence

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from vae_desktop.config import ModelConfig
from vae_desktop.data.dataset import Images, Labels
from vae_desktop.latent.codes import Codes, Floats, Picture
from vae_desktop.models.architecture import ImageShape
from vae_desktop.models.autoencoder import Autoencoder, Decoder, Posterior, restored_model
from vae_desktop.models.snapshot import Weights
from vae_desktop.progress import Progress, ignore

# Small enough that a layer's output stays in the processor's cache: on two cores 1.6 times as quick as
# 10,000 images at once.
CHUNK = 1000
MOST_NUMBERS = 2**20  # in the images of a chunk: large ones would fill the memory, and keep a wish to stop waiting


def chunk_length(image_shape: Sequence[int]) -> int:
    """How many images of a shape (C, H, W) are worked on at a time."""
    return max(1, min(CHUNK, MOST_NUMBERS // math.prod(image_shape)))


def chunks_of(tensor: Tensor, length: int, progress: Progress = ignore) -> Iterator[Tensor]:
    """Parts of a tensor of so many rows, the last of fewer; before each one `progress` is told how far it is."""
    chunks = tensor.split(length)
    for done, chunk in enumerate(chunks):
        progress(done, len(chunks))
        yield chunk


def unit_chunks(images: Tensor, device: torch.device, progress: Progress = ignore) -> Iterator[Tensor]:
    """Parts (n, C, H, W) of uint8 images (N, C, H, W), as floats from 0 to 1 on a device."""
    for chunk in chunks_of(images, chunk_length(images.shape[1:]), progress):
        yield to_unit(chunk.to(device))


@torch.inference_mode()
def embed(model: Autoencoder, images: Tensor, progress: Progress = ignore) -> Posterior:
    """Posterior, on the model's device, of uint8 images (N, C, H, W)."""
    return joined([model.encode(chunk) for chunk in unit_chunks(images, model.device, progress)])


def joined(parts: Sequence[Posterior]) -> Posterior:
    """One posterior of all images from the posteriors of consecutive chunks."""
    log_stddevs = [part.log_stddev for part in parts if part.log_stddev is not None]
    return Posterior(torch.cat([part.mean for part in parts]), torch.cat(log_stddevs) if log_stddevs else None)


def to_unit(images: Tensor) -> Tensor:
    """Float pixels from 0 to 1 of uint8 images."""
    return images.float().div_(255)


def to_codes(posterior: Posterior, labels: object = None) -> Codes:
    """A posterior as arrays on the CPU."""
    log_stddev = posterior.log_stddev
    return Codes(
        posterior.mean.cpu().numpy(),
        None if log_stddev is None else log_stddev.cpu().numpy(),
        labels,  # type: ignore[arg-type]
    )


def codes_of(
    config: ModelConfig,
    image_shape: ImageShape,
    weights: Weights,
    images: Images,
    labels: Labels | None = None,
    progress: Progress = ignore,
) -> Codes:
    """The codes that a model with these weights has for uint8 images (N, C, H, W)."""
    model = restored_model(config, image_shape, weights)
    model = model.to(memory_format=torch.channels_last)  # as in training: its codes to the last digit
    return to_codes(embed(model, torch.from_numpy(images), progress), labels)


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
