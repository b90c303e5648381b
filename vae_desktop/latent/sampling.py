"""Ways of drawing codes.

What is fitted to a model's codes is fitted to those that its decoder is given (`sample_posteriors`).
"""

import numpy as np

from vae_desktop.latent.codes import Codes, Floats
from vae_desktop.latent.mixture import Mixture
from vae_desktop.latent.posteriors import sampled
from vae_desktop.seeds import random_numbers


def sample_prior(count: int, latent_dim: int, seed: int, temperature: float = 1.0) -> Floats:
    """Codes (count, latent_dim) from the prior N(0, I), times the temperature."""
    noise = random_numbers(seed, "prior").standard_normal((count, latent_dim), np.float32)
    return noise * np.float32(temperature)


def sample_posteriors(codes: Codes) -> Floats:
    """Codes (M, d) as the decoder is given them, one drawn from each image's posterior; equal codes draw equal ones.

    Together they are samples of the aggregate posterior, whose covariance is that of the means plus the mean of σ²
    (law of total covariance). An autoencoder's codes are its means. What is not finite is left out.
    """
    drawn = codes.mean
    if codes.log_stddev is not None:
        noise = random_numbers(0, "posteriors").standard_normal(codes.mean.shape, np.float32)
        drawn = sampled(codes, noise).mean
    return drawn[np.isfinite(drawn).all(1)]


def sample_box(count: int, codes: Floats, seed: int, temperature: float = 1.0) -> Floats:
    """Codes (count, d), uniform in the smallest box along the axes that holds codes (N, d).

    The temperature stretches the box from its middle.
    """
    low, high = codes.min(0), codes.max(0)
    stretch = np.float32((temperature - 1) / 2) * (high - low)
    low, high = low - stretch, high + stretch
    return low + (high - low) * random_numbers(seed, "box").random((count, len(low)), np.float32)


def sample_normal(count: int, codes: Floats, seed: int, temperature: float = 1.0) -> Floats:
    """Codes (count, d) from the normal distribution with mean and covariance of codes (N, d).

    The temperature multiplies what is drawn around the mean.
    """
    covariance = np.atleast_2d(np.cov(codes, rowvar=False, bias=True, dtype=np.float64))
    # Not Cholesky's factor: a dimension that says nothing has no variance.
    variances, axes = np.linalg.eigh(covariance)
    factor = (axes * np.sqrt(variances.clip(min=0))).astype(np.float32)
    noise = random_numbers(seed, "normal").standard_normal((count, codes.shape[1]), np.float32)
    return codes.mean(0) + np.float32(temperature) * (noise @ factor.T)


def sample_mixture(count: int, mixture: Mixture, seed: int, temperature: float = 1.0) -> Floats:
    """Codes (count, d) from a Gaussian mixture; the temperature multiplies what is drawn around a component's mean."""
    # A stream each, so that the first codes stay the same when more are wanted.
    uniform = random_numbers(seed, "component").random(count)
    component = np.searchsorted(np.cumsum(mixture.weights)[:-1], uniform, side="right")
    noise = random_numbers(seed, "mixture").standard_normal((count, mixture.means.shape[1]), np.float32)
    around = np.einsum("nij,nj->ni", mixture.factors[component], noise)
    return mixture.means[component] + np.float32(temperature) * around
