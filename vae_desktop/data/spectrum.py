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
        Share of those numbers that are neither nearly 0 nor nearly 1: from a tenth to nine tenths.
    is_grey : bool
        Whether all channels of each image are equal.
    """

    variances: Variances
    coin_variances: Variances
    pixels: int
    shades: float
    is_grey: bool

    def useful_dimensions(self, likelihood: str, beta: float, latent_dim: int) -> int:
        """How many of the latent dimensions can hold anything against the KL divergence's weight, 0 to `latent_dim`.

        Exact for linear models (Lucas et al. 2019, arXiv 1911.02469): a dimension is worth having only where the
        variance along it exceeds β times the decoder's noise. Of deeper ones it is what lets them leave the
        collapsed state. Squared error is a decoder of variance ½; cross-entropy is taken as its second-order
        expansion at the mean image; a calibrated decoder's variance is what its dimensions leave over.
        """
        if likelihood == "bernoulli":
            return int((self.coin_variances[:latent_dim] > beta).sum())
        if likelihood == "squared-error":
            return int((self.variances[:latent_dim] > beta / 2).sum())
        return next(
            (
                count
                for count in range(min(latent_dim, len(self.variances)), 0, -1)
                if self.variances[count - 1] > beta * self._calibrated_variance(count, beta)
            ),
            0,
        )

    def largest_beta(self, likelihood: str, latent_dim: int) -> float:
        """The weight of the KL divergence up to which all latent dimensions can hold something."""
        low, high = 0.0, 1e6
        for _ in range(60):
            middle = (low + high) / 2
            if self.useful_dimensions(likelihood, middle, latent_dim) == latent_dim:
                low = middle
            else:
                high = middle
        return low

    def _calibrated_variance(self, count: int, beta: float) -> float:
        """Noise that a linear decoder learns per pixel if it has that many dimensions."""
        share = self.pixels - count * beta
        return float(self.variances[count:].sum()) / share if share > 0 else np.inf


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
