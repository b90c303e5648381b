"""What the linear models that are best on the training images reach on others: the yardstick for nonlinear ones."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from vae_desktop.latent.embed import chunk_length, unit_chunks
from vae_desktop.models.randomness import generator
from vae_desktop.progress import Progress, ignore

MOST_PIXELS = 1024  # of which the whole covariance is taken apart
MOST_NUMBERS = 2**28  # in the images of a fit; of more, an even choice
ITERATIONS = 6
_SPARE = 10  # dimensions more than asked for, with which the iteration ends sooner


@dataclass(frozen=True, eq=False)
class PrincipalComponents:
    """Principal components of images of P pixels from 0 to 1.

    Attributes
    ----------
    mean : Tensor (P,)
    components : Tensor (P, K)
        Orthonormal columns, that of the largest variance first.
    variances : Tensor (K,), float64, on the CPU
        Along each, of the images that they were fitted to.
    """

    mean: Tensor
    components: Tensor
    variances: Tensor


class Spread(NamedTuple):
    """Mean squared distance of images from a fit's mean: along each component (K,), and in all."""

    along: Tensor
    total: float


@torch.inference_mode()
def fit_components(images: Tensor, count: int, progress: Progress = ignore) -> PrincipalComponents:
    """The first principal components of images.

    Exact up to 1,024 pixels; of larger images by subspace iteration from a random start (Halko, Martinsson & Tropp
    2011, arXiv 0909.4061, algorithm 4.4). Of more images than 2²⁸ pixels in all, an even choice is fitted.

    Parameters
    ----------
    images : Tensor (N, C, H, W), uint8
    count : int
        K, > 0; at most as many as there are pixels.
    """
    images = images[:: -(-images.numel() // MOST_NUMBERS)]
    mean = _mean(images, progress)
    fit = _whole if len(mean) <= MOST_PIXELS else _iterated
    variances, components = fit(images, mean, min(count, len(mean)), progress)
    return PrincipalComponents(mean, components.float().to(images.device), variances.clamp(min=0))


@torch.inference_mode()
def spread_along(fitted: PrincipalComponents, images: Tensor, progress: Progress = ignore) -> Spread:
    """Mean squared distance of images (N, C, H, W), uint8, from a fit's mean, along its components and in all."""
    along, total = torch.zeros(fitted.components.shape[1], dtype=torch.float64), 0.0
    for centred in _centred(images, fitted.mean, progress):
        along += (centred @ fitted.components).square().sum(0).cpu().double()
        total += float(centred.square().sum())
    return Spread(along / len(images), total / len(images))


def pca_squared_error(spread: Spread) -> float:
    """Squared error per image, summed over pixels, of images put together again from a fit's principal components.

    On the images of the fit no linear autoencoder has a lower error; on others, one might have.
    """
    return max(spread.total - float(spread.along.sum()), 0.0)


def linear_vae_optimum(fitted: PrincipalComponents, spread: Spread, beta: float) -> float:
    """Squared error + β·KL of the best linear VAE of the training images with as many dimensions as components.

    On the training images no linear VAE has a lower loss; on others, another one might have.

    Divided by β the loss is, up to a constant, the negative ELBO of a normal decoder of variance β/2, and of a linear
    decoder that bound is tight: probabilistic PCA of known noise (Tipping & Bishop 1999, section 3.2; Lucas et al.
    2019, arXiv 1911.02469, section 4). Components whose variance lᵢ on the training images exceeds β/2 are kept; with
    vᵢ the variance along them of the images that are measured, the loss is

        Σ_left out vᵢ + (β/2) Σ_kept (vᵢ/lᵢ + log(2 lᵢ/β)).

    Parameters
    ----------
    fitted : PrincipalComponents
        Of the training images.
    spread : Spread
        Of the images that are measured.
    beta : float
        Weight of the KL divergence, not negative; at 0 this is the error of PCA.

    Returns
    -------
    float
        Per image; squared error summed over pixels, KL in nats.
    """
    noise = beta / 2
    kept = fitted.variances > noise
    left_out = spread.total - float(spread.along[kept].sum())
    if noise == 0:
        return max(left_out, 0.0)
    ratio = fitted.variances[kept] / noise
    return left_out + float((spread.along[kept] / ratio).sum()) + noise * float(ratio.log().sum())


def _mean(images: Tensor, progress: Progress) -> Tensor:
    total = torch.zeros(images[0].numel(), dtype=torch.int64, device=images.device)
    for chunk in images.split(chunk_length(images.shape[1:])):
        progress(0, 1)
        total += chunk.flatten(1).sum(0)
    return total.float() / (255 * len(images))


def _whole(images: Tensor, mean: Tensor, count: int, progress: Progress) -> tuple[Tensor, Tensor]:
    """Variances (count,) and components (P, count), from the covariance."""
    covariance = torch.zeros(len(mean), len(mean), dtype=torch.float64)
    for centred in _centred(images, mean, progress):
        covariance += (centred.T @ centred).cpu().double()
    variances, components = torch.linalg.eigh(covariance / len(images))
    return _leading(variances, components, count)


def _iterated(images: Tensor, mean: Tensor, count: int, progress: Progress) -> tuple[Tensor, Tensor]:
    """Variances (count,) and components (P, count), from passes over the images without the covariance."""
    basis = torch.randn(
        len(mean), min(count + _SPARE, len(mean)), generator=generator(0, "principal components")
    ).double()
    for step in range(ITERATIONS):
        step_progress = progress.part(step, 1, ITERATIONS)
        basis = torch.linalg.qr(_covariance_times(basis, images, mean, step_progress)).Q
    variances, rotation = torch.linalg.eigh(basis.T @ _covariance_times(basis, images, mean, ignore))
    return _leading(variances, basis @ rotation, count)


def _covariance_times(basis: Tensor, images: Tensor, mean: Tensor, progress: Progress) -> Tensor:
    """The images' covariance times a matrix (P, K), both float64 on the CPU."""
    factor = basis.float().to(images.device)
    product = torch.zeros_like(basis)
    for centred in _centred(images, mean, progress):
        product += (centred.T @ (centred @ factor)).cpu()
    return product / len(images)


def _leading(ascending: Tensor, columns: Tensor, count: int) -> tuple[Tensor, Tensor]:
    return ascending.flip(0)[:count], columns.flip(1)[:, :count]


def _centred(images: Tensor, mean: Tensor, progress: Progress) -> Iterator[Tensor]:
    """Chunks (n, P) of images less the mean."""
    for chunk in unit_chunks(images, images.device, progress):
        yield chunk.flatten(1).sub_(mean)
