"""What the codes of many images say of a latent space, dimension by dimension."""

from typing import Any

import numpy as np
import numpy.typing as npt

from vae_desktop.latent.codes import Codes, Floats
from vae_desktop.models.losses import kl_divergence

_ACTIVE = 0.01  # the threshold of Burda et al.


def figures_of(codes: Codes) -> dict[str, Any]:
    """The figures that codes alone give, by the keys of latent.measures.MEASURES; none of codes that are not finite."""
    if not codes.are_finite:
        return {}
    stddev = codes.log_stddev
    return {
        "active_units": None if stddev is None else active_units(codes.mean),
        "mean_sigma": None if stddev is None else mean_sigma(stddev),
        "spread_of_means": spread_of_means(codes.mean),
    }


def active_units(means: Floats) -> int:
    """How many latent dimensions tell images apart: the variance of their mean over images exceeds 0.01.

    Burda, Grosse & Salakhutdinov 2016, arXiv 1509.00519, section 5.2.

    Parameters
    ----------
    means : array (N, d)
    """
    return int(is_active(means).sum())


def spread_of_means(means: Floats) -> npt.NDArray[np.float64]:
    """Standard deviation (d,) over images of each dimension of the means (N, d)."""
    return means.std(0, dtype=np.float64)


def mean_sigma(log_stddev: Floats) -> npt.NDArray[np.float64]:
    """Mean (d,) over images of each dimension's σ, from log σ (N, d)."""
    return np.exp(log_stddev.astype(np.float64)).mean(0)


def sampled(codes: Codes, noise: Floats) -> Codes:
    """The codes with one drawn from each image's posterior, μ + σ·ε with noise ε (N, d), in place of its mean."""
    assert codes.log_stddev is not None
    drawn = codes.mean + np.exp(codes.log_stddev) * noise
    return Codes(drawn.astype(np.float32, copy=False), None, codes.labels)


def kl_by_dimension(codes: Codes) -> npt.NDArray[np.float64]:
    """Mean (d,) over images of each dimension's KL divergence from N(0, 1), in nats.

    As models.losses.kl_divergence says, of codes whose posteriors are known.
    """
    assert codes.log_stddev is not None
    # A dimension at a time: several times as quick as along the first axis.
    parts = (np.ascontiguousarray(part.T, np.float64) for part in (codes.mean, codes.log_stddev))
    return kl_divergence(*parts).mean(1)


def is_active(means: Floats) -> npt.NDArray[np.bool_]:
    """Whether each dimension (d,) tells images apart, by the rule of :func:`active_units`."""
    return np.ascontiguousarray(means.T, np.float64).var(1) > _ACTIVE
