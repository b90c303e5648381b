"""Whether a latent dimension follows something that the images were drawn from."""

import numpy as np
import numpy.typing as npt

from vae_desktop.latent.codes import Floats


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
    products = _standard_ranks(means).T @ _standard_ranks(factors)
    return np.abs(products / len(means))


def _standard_ranks(values: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    """Ranks of each column with mean 0 and variance 1; equal values share their mean rank."""
    ranks = np.stack([_ranks(column) for column in values.T], axis=1)
    stddev = ranks.std(0)
    return (ranks - ranks.mean(0)) / np.where(stddev == 0, np.nan, stddev)


def _ranks(values: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    _, places, counts = np.unique(values, return_inverse=True, return_counts=True)
    return (np.cumsum(counts) - (counts - 1) / 2)[places]
