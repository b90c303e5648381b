"""How well a model explains images: its loss, a tighter bound on their likelihood, and the noise that it takes out."""

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from vae_desktop.config import RunConfig
from vae_desktop.latent.embed import chunk_length, joined, to_unit, unit_chunks
from vae_desktop.models.autoencoder import Autoencoder, Posterior
from vae_desktop.models.losses import squared_error
from vae_desktop.models.randomness import corrupted, generator
from vae_desktop.progress import Progress, ignore


class MeanTerms(NamedTuple):
    """The loss's terms, means over images, and the posterior of each image.

    `reconstruction` is in the likelihood's unit, `kl` and its part of each latent dimension in nats; they are None
    without a posterior.
    """

    reconstruction: float
    kl: float | None
    kl_per_dimension: tuple[float, ...] | None
    posterior: Posterior


class ChunkTerms(NamedTuple):
    """The loss's terms, sums over the images of a chunk: KL (d,) of each latent dimension, or None; and posteriors."""

    reconstruction: float
    kl: Tensor | None
    posterior: Posterior


def mean_terms(config: RunConfig, model: Autoencoder, images: Tensor, progress: Progress = ignore) -> MeanTerms:
    """Terms of the loss of uint8 images (N, C, H, W), with the same noise each time; see :func:`chunk_terms`."""
    return mean_of(chunk_terms(config, model, images, progress), len(images))


@torch.inference_mode()
def chunk_terms(
    config: RunConfig,
    model: Autoencoder,
    images: Tensor,
    progress: Progress = ignore,
    share: Callable[[int], slice] = slice,
) -> list[ChunkTerms]:
    """Terms of the loss, chunk by chunk, with the same noise each time: what training's evaluations are made of.

    Parameters
    ----------
    config : RunConfig
        The run's: its seed, and how a denoising model's images are corrupted. Such a model is judged by how it
        restores them; the posterior is that of the clean images.
    model : Autoencoder
    images : Tensor (N, C, H, W), uint8
    share : callable
        Which of so many chunks are wanted; by default all are.
    """
    device = model.device
    random = generator(config.training.seed, "evaluation", device=device)
    settings = config.model
    wanted = share(-(-len(images) // chunk_length(images.shape[1:])))
    found = []
    for number, clean in enumerate(unit_chunks(images, device, progress)):
        if number >= wanted.stop:
            break
        noise = torch.randn(len(clean), model.latent_dim, generator=random, device=device)
        inputs = clean
        if settings.traits.is_denoising:
            inputs = corrupted(clean, settings.noise, settings.noise_strength, random)
        if number < (wanted.start or 0):
            continue  # the noise had to be drawn, as that of later ones follows it
        terms = model.loss_terms(clean, noise, inputs)
        posterior = terms.posterior if inputs is clean else model.encode(clean)
        kl = None if terms.kl is None else terms.kl.sum(0).cpu().double()
        found.append(ChunkTerms(float(terms.reconstruction.sum()), kl, posterior))
    return found


def mean_of(chunks: Sequence[ChunkTerms], count: int) -> MeanTerms:
    """The means over all `count` images from the terms of their chunks."""
    first, *others = chunks
    reconstruction, kl = first.reconstruction, first.kl
    for chunk in others:
        reconstruction += chunk.reconstruction
        kl = None if kl is None or chunk.kl is None else kl + chunk.kl
    posterior = joined([chunk.posterior for chunk in chunks])
    if kl is None:
        return MeanTerms(reconstruction / count, None, None, posterior)
    kl = kl / count
    return MeanTerms(reconstruction / count, float(kl.sum()), tuple(kl.tolist()), posterior)


@torch.inference_mode()
def importance_weighted_bound(
    model: Autoencoder, images: Tensor, samples: int, seed: int, progress: Progress = ignore
) -> float:
    """Mean over images of −log (1/k) Σᵢ p(x|zᵢ) p(zᵢ) / q(zᵢ|x), with zᵢ drawn from q(z|x).

    An upper bound on −log p(x) that only gets tighter, in expectation, with more samples; with one it is the negative
    ELBO (Burda, Grosse & Salakhutdinov 2016, arXiv 1509.00519, equation 8 and theorem 1). It takes the reconstruction
    term as −log p(x|z): of squared error it therefore leaves out the constant (D/2)·ln π.

    Parameters
    ----------
    model : Autoencoder
        A variational one.
    images : Tensor (N, C, H, W), uint8
    samples : int
        k, > 0.
    seed : int

    Returns
    -------
    float
        In the likelihood's unit, per image.
    """
    total, done = 0.0, 0
    chunks = images.split(chunk_length(model.image_shape))
    for number, chunk in enumerate(chunks):
        random = generator(seed, "importance", number)
        clean = to_unit(chunk.to(model.device))
        posterior = model.encode(clean)
        # Summed as it goes: memory does not grow with the samples.
        log_sum = torch.full((len(chunk),), -math.inf, dtype=torch.float64)
        for _ in range(samples):
            progress(done, samples * len(chunks))
            noise = torch.randn(len(chunk), model.latent_dim, generator=random).to(model.device)
            log_sum = torch.logaddexp(log_sum, _log_weight(model, clean, posterior, noise).cpu().double())
            done += 1
        total -= float((log_sum - math.log(samples)).sum())
    return total / len(images)


def _log_weight(model: Autoencoder, images: Tensor, posterior: Posterior, noise: Tensor) -> Tensor:
    """log p(x|z) p(z) / q(z|x) of the codes that the noise (N, d) gives: (N,)."""
    assert posterior.log_stddev is not None
    codes = posterior.sample(noise)
    # (z − μ) / σ is the noise itself, and the normal densities' constants cancel.
    log_ratio = 0.5 * (noise.square() - codes.square()) + posterior.log_stddev
    return log_ratio.sum(1) - model.decoder.reconstruction_error(images, codes)


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
        As `vae_desktop.models.randomness.corrupted` takes them.
    seed : int
    """
    random = generator(seed, "restoration", device=model.device)
    noisy = restored = 0.0
    for clean in unit_chunks(images, model.device, progress):
        inputs = corrupted(clean, noise, strength, random)
        noisy += float(squared_error(clean, inputs).sum())
        restored += float(squared_error(clean, model.reconstruct(inputs)).sum())
    return Restoration(noisy / len(images), restored / len(images))
