"""Whether a latent dimension follows something that the images were drawn from."""

import numpy as np
import numpy.typing as npt

from vae_desktop.latent.codes import Floats
from vae_desktop.libraries import load_torch


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
