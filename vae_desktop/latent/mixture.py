"""A Gaussian mixture fitted to codes: the honest way to draw from an autoencoder, which has no prior."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vae_desktop.errors import UserError
from vae_desktop.latent.codes import Floats
from vae_desktop.latent.cores import count_cores
from vae_desktop.libraries import load_torch

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


def fit_mixture(codes: Floats, components: int, seed: int) -> Mixture:
    """Fit a mixture of so many components with full covariances to codes (N, d) by expectation maximisation.

    Scikit-learn's, from one start by k-means; with fewer codes than components, of as many as there are.

    Raises
    ------
    UserError
        If there are no codes with finite numbers, or all are the same.
    """
    import warnings

    load_torch()
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.mixture import GaussianMixture
    from threadpoolctl import threadpool_limits

    count_cores()
    there = codes[np.isfinite(codes).all(1)].astype(np.float64)
    there = there[:: max(1, -(-len(there) // _MOST_CODES))]
    variance = float(there.var(0).mean()) if len(there) else 0.0
    if variance == 0.0:
        raise UserError("A mixture needs codes that differ from one another; there are none.")
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
