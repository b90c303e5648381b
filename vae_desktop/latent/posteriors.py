"""What the codes of many images say of a latent space: of its dimensions, of the factors and classes of the images."""

from typing import Any

import numpy as np
import numpy.typing as npt

from vae_desktop.latent.codes import Codes, Floats
from vae_desktop.libraries import load_torch, prepare_sklearn
from vae_desktop.models.losses import kl_divergence
from vae_desktop.progress import Progress, ignore

ACTIVE = 0.01  # the threshold of Burda et al.


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
    return np.ascontiguousarray(means.T, np.float64).var(1) > ACTIVE


def factor_correlations(means: Floats, factors: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    """Absolute rank correlation of each latent dimension with each factor (Spearman 1904).

    Parameters
    ----------
    means : array (N, d)
    factors : array (N, F)

    Returns
    -------
    array (d, F), 0 to 1
        NaN where either is the same for all images.
    """
    return np.abs(_standard_ranks(means).T @ _standard_ranks(factors) / len(means))


def _standard_ranks(values: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    """Ranks of each column (N, k) with mean 0 and variance 1; equal values share their mean rank."""
    load_torch()
    from scipy.stats import rankdata

    ranks = rankdata(values, axis=0)
    stddev = ranks.std(0)
    return (ranks - ranks.mean(0)) / np.where(stddev == 0, np.nan, stddev)


_CHUNK = 500  # test codes at a time


def knn_accuracy(train: Codes, test: Codes, neighbours: int = 10, progress: Progress = ignore) -> float | None:
    """Fraction of test codes whose nearest training codes vote for their class (Cover & Hart 1967).

    Parameters
    ----------
    train, test : Codes
        Compared by their means.
    neighbours : int
        How many training codes vote; at most as many as there are.

    Returns
    -------
    float from 0 to 1, or None for unlabelled images
    """
    if train.labels is None or test.labels is None:
        return None
    prepare_sklearn()
    from sklearn.neighbors import NearestNeighbors

    found = NearestNeighbors(n_neighbors=min(neighbours, len(train))).fit(train.mean)
    classes = np.unique(train.labels)
    right = 0
    for start in range(0, len(test), _CHUNK):
        progress(start, len(test))
        chunk = slice(start, start + _CHUNK)
        nearest = train.labels[found.kneighbors(test.mean[chunk], return_distance=False)]
        votes = (nearest[..., None] == classes).sum(1)
        right += int((classes[votes.argmax(1)] == test.labels[chunk]).sum())  # of several classes the first
    return right / len(test)
