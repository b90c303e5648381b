"""What one image becomes in a model, how much noise is taken out of it, and which real images it resembles most."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from vae_desktop.catalog import ModelKind
from vae_desktop.config import RunConfig
from vae_desktop.data.dataset import Images
from vae_desktop.latent.codes import Codes, Floats, Picture
from vae_desktop.latent.embed import to_codes, to_pictures
from vae_desktop.models.autoencoder import Autoencoder, Posterior
from vae_desktop.models.losses import kl_divergence, squared_error, total_loss
from vae_desktop.models.randomness import corrupted, generator

# Pixels of samples decoded at a time, three of MNIST: what waits in between, the next stroke above all, then waits a
# millisecond.
_AT_A_TIME = 2400


@dataclass(frozen=True, eq=False)
class ImageLoss:
    """The loss of one image and what it is the sum of.

    Attributes
    ----------
    reconstruction : float, or None where the image is not at hand
        Mean over the samples, in the likelihood's unit.
    kl_per_dimension : array (d,), float32, or None
        In nats.
    kind : ModelKind
        Says how the reconstruction is weighed.
    kl_weight : float
        Weight of the KL divergence in the loss.
    pixel_stddev : float, or None
        σ of every pixel, of a calibrated decoder.
    """

    reconstruction: float | None
    kl_per_dimension: Floats | None
    kind: ModelKind
    kl_weight: float
    pixel_stddev: float | None = None

    @property
    def kl(self) -> float | None:
        """KL divergence, in nats."""
        return None if self.kl_per_dimension is None else float(self.kl_per_dimension.sum(dtype=np.float64))

    @property
    def total(self) -> float | None:
        """The weighted sum of the terms; None as long as one of them is not known."""
        known = self.reconstruction
        return None if known is None else total_loss(self.kind, known, self.kl, self.kl_weight)


@dataclass(frozen=True, eq=False)
class Coded:
    """One image as a model codes and decodes it.

    Attributes
    ----------
    codes : Codes
        Of the one image.
    reconstruction : array (H, W, C), uint8
        Decoded from the posterior's mean.
    noise, drawn : array (K, d), float32
        ε from N(0, I), and z = μ + σ·ε, codes drawn from the posterior; an autoencoder's one code (1, d) is its own.
    loss : ImageLoss, or None as long as it is not known
    samples : array (K, H, W, C), uint8, or None as long as they are not known
        Decoded from `drawn`; of an autoencoder one, its reconstruction.
    """

    codes: Codes
    reconstruction: Picture
    noise: Floats
    drawn: Floats
    loss: ImageLoss | None = None
    samples: Picture | None = None


@dataclass(frozen=True, eq=False)
class Restored:
    """One image with noise, and what a model makes of it.

    Attributes
    ----------
    noisy, restored, reconstruction : array (H, W, C), uint8
        The last one is what the model makes of the image without noise.
    noisy_error, restored_error, reconstruction_error : float
        Squared error of each against the clean image, summed over pixels from 0 to 1.
    """

    noisy: Picture
    restored: Picture
    reconstruction: Picture
    noisy_error: float
    restored_error: float
    reconstruction_error: float


@torch.inference_mode()
def code_image(model: Autoencoder, config: RunConfig, image: Images, noise: Floats) -> Iterator[Coded | None]:
    """Send an image through a model.

    Parameters
    ----------
    model : Autoencoder
        On the CPU.
    config : RunConfig
        The run's: kind and β say what the loss is.
    image : array (C, H, W), uint8
    noise : array (K, d), float32
        From N(0, I): the samples of the posterior.

    Yields
    ------
    Coded, or None
        First what an eye waits for, then None after each part of the work, and at the end all of it.
    """
    pixels = _pixels(image)
    yield from _decoded(model, config, model.encode(pixels), noise, pixels)


@torch.inference_mode()
def decode_posterior(model: Autoencoder, config: RunConfig, codes: Codes, noise: Floats) -> Iterator[Coded | None]:
    """Do the same with the posterior of one image that is not at hand: its reconstruction error stays unknown."""
    log_stddev = None if codes.log_stddev is None else torch.tensor(codes.log_stddev)
    yield from _decoded(model, config, Posterior(torch.tensor(codes.mean), log_stddev), noise)


def _decoded(
    model: Autoencoder, config: RunConfig, posterior: Posterior, noise: Floats, pixels: Tensor | None = None
) -> Iterator[Coded | None]:
    drawn = posterior.sample(torch.from_numpy(noise))  # of an autoencoder its one code
    reconstruction = to_pictures(model.decode(posterior.mean))[0]
    coded = Coded(to_codes(posterior), reconstruction, noise, drawn.numpy())
    yield coded
    at_a_time = max(1, _AT_A_TIME // reconstruction.size)
    errors: list[Tensor] = []
    samples: list[Picture] = []
    for codes in drawn.split(at_a_time):
        if samples:
            yield None
        logits = model.decoder.logits(codes)
        if pixels is not None:
            errors.append(model.decoder.error_of(pixels.expand_as(logits), logits))
        samples.append(to_pictures(logits.sigmoid()))
    kl = None
    if posterior.log_stddev is not None:
        kl = kl_divergence(posterior.mean, posterior.log_stddev)[0].numpy()
    error = float(torch.cat(errors).mean()) if errors else None
    calibrated = config.model.likelihood == "gaussian-calibrated"
    stddev = float(model.decoder.log_stddev.exp()) if calibrated else None
    loss = ImageLoss(error, kl, config.model.traits, config.kl_weight, stddev)
    yield replace(coded, loss=loss, samples=np.concatenate(samples))


@torch.inference_mode()
def restore_image(model: Autoencoder, image: Images, noise: str, strength: float, seed: int) -> Restored:
    """Corrupt an image (C, H, W), uint8, code it, and decode the mean; noise as `corrupted` takes it."""
    clean = _pixels(image)
    inputs = corrupted(clean, noise, strength, generator(seed, "restoration"))
    parts = (inputs, *model.reconstruct(torch.cat((inputs, clean))).split(1))
    errors = [float(squared_error(clean, part)) for part in parts]
    return Restored(*(to_pictures(part)[0] for part in parts), *errors)


def _pixels(image: Images) -> Tensor:
    """Pixels (1, C, H, W), 0 to 1."""
    return torch.from_numpy(image[None].astype(np.float32)).div_(255)


NUMBERS = 2_000_000  # of images looked at, and of distances, at a time: some milliseconds
_ASKED = 100  # test images that say how near a real one is to its nearest


@dataclass(frozen=True, eq=False)
class Nearest:
    """Indices (k,) of images and their squared distances (k,), summed over pixels from 0 to 1, nearest first."""

    indices: npt.NDArray[np.int64]
    squared: Floats


@torch.inference_mode()
def nearest_images(pictures: Images, images: Images, count: int) -> Iterator[list[Nearest]]:
    """Find the images (N, C, H, W) that are nearest, pixel by pixel, to each of some pictures (M, C, H, W), uint8.

    Of images at the same distance the one that comes first is nearer. No table of all M × N distances is ever made.

    Yields
    ------
    list of M
        After each part of the work: nothing, and all at the end.
    """
    # Whole numbers in 64 bits: their products are exact, so that a copy is at distance 0.
    asked = _numbers(pictures)
    lengths = asked.square().sum(1, keepdim=True)
    # The nearest so far, each as squared distance · N + index, by which no two are alike: exact below 2⁵³, and
    # the most, 255² · D · N, of the largest data set is a thirtieth of that.
    best = torch.empty(len(asked), 0, dtype=torch.float64)
    step = max(1, NUMBERS // max(*asked.shape, 1))
    for start in range(0, len(images), step):
        pixels = _numbers(images[start : start + step])
        # ‖x‖² − 2 x·y + ‖y‖²: one product of matrices instead of a table of differences.
        squared = pixels.square().sum(1) - 2 * asked @ pixels.T + lengths
        keys = torch.cat([best, squared * len(images) + torch.arange(start, start + len(pixels))], 1)
        best = keys.topk(min(count, keys.shape[1]), largest=False).values
        yield []
    keys = best.long()
    indices, near = keys % max(len(images), 1), (keys // max(len(images), 1)).double() / 255**2
    yield [Nearest(row.numpy(), own.float().numpy()) for row, own in zip(indices, near, strict=True)]


def _numbers(images: Images) -> torch.Tensor:
    """The bytes of images (N, C, H, W) as numbers (N, D)."""
    return torch.from_numpy(images.reshape(len(images), -1).astype(np.float64))


def typical_distance(test: Images, train: Images) -> Iterator[float | None]:
    """Median squared distance of a test image from its nearest training image: how near new real images are.

    Of many test images an even choice is looked at. Yields None after each part of the work, and the number at the end.
    """
    chosen = test[:: max(1, -(-len(test) // _ASKED))]
    for found in nearest_images(chosen, train, 1):
        yield float(np.median([near.squared[0] for near in found])) if found else None
