"""The terms of the loss, as pure functions: per image and per dimension first, sums later; torch comes with tensors.

A reconstruction term is a negative log-likelihood summed over the pixels of each image. A mean over pixels is not
offered: it would make the KL term win and the latent space collapse. Terms of different likelihoods have different
scales and are never compared.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import numpy.typing as npt

from vae_desktop.catalog import ModelKind

if TYPE_CHECKING:
    from torch import Tensor

TermT = TypeVar("TermT", "Tensor", float)
ArrayT = TypeVar("ArrayT", "Tensor", npt.NDArray[Any])


def squared_error(images: Tensor, reconstructions: Tensor) -> Tensor:
    """Squared error of each image, summed over its pixels.

    Up to the constant (D/2)·ln π this is the negative log-likelihood, in nats, of a normal decoder whose variance
    is ½ (Kingma & Welling 2014, arXiv 1312.6114, appendix C.2).

    Parameters
    ----------
    images, reconstructions : Tensor (N, C, H, W), 0 to 1

    Returns
    -------
    Tensor (N,)
    """
    return (reconstructions - images).square().flatten(1).sum(1)


def bernoulli_cross_entropy(images: Tensor, logits: Tensor) -> Tensor:
    """Binary cross-entropy of each image, in nats, summed over its pixels.

    The negative log-likelihood of a Bernoulli decoder (Kingma & Welling 2014, appendix C.1); of grey pixels, its
    mean over all ways of drawing black and white pixels with those probabilities.

    Parameters
    ----------
    images : Tensor (N, C, H, W), 0 to 1
    logits : Tensor (N, C, H, W)
        Log-odds of the reconstructed pixels, which stay exact where a probability rounds to 0 or 1.

    Returns
    -------
    Tensor (N,), not negative
    """
    from torch.nn import functional as F

    return F.binary_cross_entropy_with_logits(logits, images, reduction="none").flatten(1).sum(1)


def gaussian_negative_log_likelihood(images: Tensor, reconstructions: Tensor, log_stddev: Tensor) -> Tensor:
    """Negative log-density of each image, in nats, under a normal decoder with one variance for all pixels.

    Σ (x − x̂)² / (2σ²) + D (log σ + ½ log 2π), the calibrated decoder of σ-VAE (Rybkin et al. 2021,
    arXiv 2006.13202, section 4). A density can exceed 1, so it can be negative.

    Parameters
    ----------
    images, reconstructions : Tensor (N, C, H, W), 0 to 1
    log_stddev : Tensor ()
        log σ.

    Returns
    -------
    Tensor (N,)
    """
    pixels = images.shape[1:].numel()
    precision = (-2 * log_stddev).exp()
    return 0.5 * precision * squared_error(images, reconstructions) + pixels * (log_stddev + 0.5 * math.log(math.tau))


def kl_divergence(mean: ArrayT, log_stddev: ArrayT) -> ArrayT:
    """KL divergence, in nats, of each latent dimension's posterior N(μ, σ²) from the prior N(0, 1).

    ½ (σ² + μ² − log σ² − 1), with log σ as the argument (Kingma & Welling 2014, appendix B). The sum over
    dimensions is an image's KL; the mean of those over images is the loss's term.

    Parameters
    ----------
    mean, log_stddev : Tensor or array (N, d)

    Returns
    -------
    Tensor or array (N, d), not negative
    """
    doubled = 2 * log_stddev
    variance = np.exp(doubled) if isinstance(doubled, np.ndarray) else doubled.exp()
    return -0.5 * (1 + doubled - mean**2 - variance)


def is_left_out(kl_weight: float | Tensor) -> bool:
    """Whether a KL divergence of this weight is no part of the loss.

    With a weight of 0 nothing bounds the divergence, and 0 × ∞ is NaN. A tensor, whose value only its device knows,
    never is such a weight.
    """
    return isinstance(kl_weight, float | int) and kl_weight == 0


def total_loss(kind: ModelKind, reconstruction: TermT, kl: TermT | None, kl_weight: float | Tensor) -> TermT:
    """The weighted sum of the terms."""
    total = kind.reconstruction_weight * reconstruction
    if kl is None or is_left_out(kl_weight):
        return total
    return total + kl_weight * kl  # type: ignore[return-value]  # a weight on a device belongs to terms on it
