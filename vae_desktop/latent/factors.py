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
    load_torch()
    from scipy.stats import rankdata

    ranks = rankdata(np.concatenate((means, factors), axis=1), axis=0)
    with np.errstate(invalid="ignore"):  # 0/0 where all ranks are equal
        correlations = np.corrcoef(ranks, rowvar=False)
    return np.abs(correlations[: means.shape[1], means.shape[1] :])
