"""How much the images of a set vary, and in how many directions: what decides which β a latent space survives.

Also which values their pixels take: what decides which likelihood fits.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_limits

_MOST_IMAGES = 3000
_MOST_PIXELS = 1500  # above it the images' products with each other are cheaper than the pixels' covariance
_FEW_IMAGES = 1000
_NEARLY = 0.1  # so close to black or white a pixel counts as either
_LEAST_VARIANCE = 1e-2  # of a coin: pixels that are nearly always black weigh no more than that

Variances = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Spectrum:
    """Variances of the images along their principal components, the largest first.

    Attributes
    ----------
    variances : array (K,)
        Of images with pixels from 0 to 1.
    coin_variances : array (K,)
        Of images each of whose pixels is divided by the standard deviation of a coin of its mean.
    pixels : int
        Numbers in an image.
    shades : float
        Fraction of those numbers that are neither nearly 0 nor nearly 1: from a tenth to nine tenths.
    is_grey : bool
        Whether all channels of each image are equal.
    """

    variances: Variances
    coin_variances: Variances
    pixels: int
    shades: float
    is_grey: bool

    def useful_dimensions(self, likelihood: str, beta: float, latent_dim: int) -> int:
        """How many of the latent dimensions can hold anything against the KL divergence's weight, 0 to `latent_dim`."""
        useful = np.flatnonzero(self._largest_betas(likelihood)[:latent_dim] > beta)
        return int(useful[-1]) + 1 if len(useful) else 0

    def largest_beta(self, likelihood: str, latent_dim: int) -> float:
        """The largest weight of the KL divergence with which all latent dimensions can hold something; 0 if none is."""
        betas = self._largest_betas(likelihood)
        return float(np.nextafter(betas[latent_dim - 1], 0)) if latent_dim <= len(betas) else 0.0

    def _largest_betas(self, likelihood: str) -> Variances:
        """For each number of dimensions from 1 on, the β below which the last of them is worth having.

        Exact for linear models (Lucas et al. 2019, arXiv 1911.02469): a dimension is worth having only where the
        variance along it exceeds β times the decoder's noise. Of deeper ones it is what lets them leave the
        collapsed state. Squared error is a decoder of variance ½; cross-entropy is taken as its second-order
        expansion at the mean image. A calibrated decoder's variance is what its k dimensions leave over,
        Σ of the other variances / (pixels − k β); solved for β, that is the last line.
        """
        if likelihood == "bernoulli":
            return self.coin_variances
        if likelihood == "squared-error":
            return 2 * self.variances
        if likelihood != "gaussian-calibrated":
            raise NotImplementedError(f"which β the likelihood {likelihood!r} bears")
        left = self.variances.sum() - self.variances.cumsum()
        along = np.arange(1, len(self.variances) + 1) * self.variances
        return self.variances * self.pixels / np.maximum(left + along, np.finfo(np.float64).tiny)


def spectrum_of(images: npt.NDArray[np.uint8]) -> Spectrum:
    """Measure images (N, C, H, W), uint8; of many, an even choice of them."""
    pixels = images[0].size
    most = _MOST_IMAGES if pixels <= _MOST_PIXELS else _FEW_IMAGES
    chosen = images[:: -(-len(images) // most)]
    values = chosen.reshape(len(chosen), pixels).astype(np.float32) / np.float32(255)
    shades = float(((values > _NEARLY) & (values < 1 - _NEARLY)).mean())
    mean = values.mean(0)
    values -= mean
    coin = np.sqrt(np.maximum(mean * (1 - mean), _LEAST_VARIANCE))
    return Spectrum(_variances(values), _variances(values / coin), pixels, shades, _are_grey(images))


def _are_grey(images: npt.NDArray[np.uint8]) -> bool:
    """Whether all channels are equal; some images at a time, and no further than the first in colour."""
    parts = (images[first : first + _FEW_IMAGES] for first in range(0, len(images), _FEW_IMAGES))
    return all(bool((part == part[:, :1]).all()) for part in parts)


def _variances(centred: npt.NDArray[np.floating]) -> Variances:
    count, pixels = centred.shape
    # One thread: beside a training, several take ten times as long and hold it up.
    with threadpool_limits(1, user_api="blas"):
        products = centred.T @ centred if pixels <= count else centred @ centred.T
        variances = np.linalg.eigvalsh(products)[::-1]
    return np.maximum(variances.astype(np.float64), 0) / count
