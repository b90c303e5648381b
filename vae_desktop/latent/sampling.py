"""Ways of drawing codes, among them a Gaussian mixture: the honest one for an autoencoder, which has no prior.

What is fitted to a model's codes is fitted to those that its decoder is given (`sample_posteriors`).
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vae_desktop.errors import UserError
from vae_desktop.language import tr
from vae_desktop.latent.codes import Codes, Floats
from vae_desktop.latent.posteriors import sampled
from vae_desktop.libraries import prepare_sklearn
from vae_desktop.seeds import random_numbers

COMPONENTS = 10  # of a mixture, as usual
_MOST_CODES = 10_000  # that are looked at; of more, an even choice
_FLOOR = 1e-6  # of the codes' mean variance, added to each component's: a collapsed dimension has none of its own


@dataclass(frozen=True, eq=False)
class Mixture:
    """K normal distributions.

    Attributes
    ----------
    weights : array (K,), float64
        How often each is drawn from; the sum is 1.
    means : array (K, d), float32
    factors : array (K, d, d), float32
        L of each covariance L·Lᵀ.
    """

    weights: npt.NDArray[np.float64]
    means: Floats
    factors: Floats


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


def fit_mixture(codes: Floats, components: int, seed: int) -> Mixture:
    """Fit a mixture of so many components with full covariances to codes (N, d) by expectation maximisation.

    Scikit-learn's, from one start by k-means; with fewer codes than components, of as many as there are.

    Raises
    ------
    UserError
        If there are no codes with finite numbers, or all are the same.
    """
    import warnings

    prepare_sklearn()
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.mixture import GaussianMixture
    from threadpoolctl import threadpool_limits

    there = codes[np.isfinite(codes).all(1)].astype(np.float64)
    there = there[:: max(1, -(-len(there) // _MOST_CODES))]
    variance = float(there.var(0).mean()) if len(there) else 0.0
    if variance == 0.0:
        raise UserError(tr("A mixture needs codes that differ from one another; there are none."))
    # In units of the codes' own spread, so that the floor means the same for all models.
    middle, scale = there.mean(0), np.sqrt(variance)
    mixture = GaussianMixture(min(components, len(there)), reg_covar=_FLOOR, random_state=seed, max_iter=100)
    # One thread: k-means would otherwise fight with a training over the processor.
    with warnings.catch_warnings(), threadpool_limits(1, user_api="openmp"):
        warnings.simplefilter("ignore", ConvergenceWarning)  # near enough for drawing
        mixture.fit((there - middle) / scale)
    factors = np.linalg.cholesky(mixture.covariances_) * scale
    found = (mixture.means_ * scale + middle).astype(np.float32)
    return Mixture(mixture.weights_, found, factors.astype(np.float32))
