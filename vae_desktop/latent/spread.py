"""The unit in which a model's codes are spread: what makes positions in different latent spaces comparable."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vae_desktop.latent.codes import Codes, Floats

_LEAST = 1e-3  # a spread below it is that of a collapsed dimension of an autoencoder


@dataclass(frozen=True, eq=False)
class CodeSpread:
    """Middle and standard deviation, dimension by dimension, of all codes that a decoder is given.

    These are the codes of all images, each drawn from its posterior: their variance is that of the means plus the mean
    of σ² (law of total variance). An autoencoder's codes are its means.

    Attributes
    ----------
    middle, stddev : array (d,), float32
    """

    middle: Floats
    stddev: Floats

    @classmethod
    def of(cls, codes: Codes) -> "CodeSpread":
        """The spread of codes (N, d); rows that are not finite do not count."""
        there = np.isfinite(codes.mean).all(1)
        mean = codes.mean[there].astype(np.float64)
        if not len(mean):
            return cls.of_prior(codes.latent_dim)
        variance = mean.var(0)
        if codes.log_stddev is not None:
            variance = variance + np.exp(2 * codes.log_stddev[there].astype(np.float64)).mean(0)
        stddev = np.sqrt(variance).clip(min=_LEAST)
        return cls(mean.mean(0).astype(np.float32), stddev.astype(np.float32))

    @classmethod
    def of_prior(cls, latent_dim: int) -> "CodeSpread":
        """The spread of N(0, I)."""
        return cls(np.zeros(latent_dim, np.float32), np.ones(latent_dim, np.float32))

    def to_codes(self, units: Floats) -> Floats:
        """Codes (..., d) that lie so many standard deviations from the middle."""
        return (self.middle + self.stddev * units).astype(np.float32)

    def to_units(self, codes: Floats) -> Floats:
        """How many standard deviations codes (..., d) lie from the middle."""
        return ((codes - self.middle) / self.stddev).astype(np.float32)

    def along(self, basis: Floats) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """Middle and standard deviation (k,) along directions (k, d), as if dimensions were independent."""
        exact, stddev = basis.astype(np.float64), self.stddev.astype(np.float64)
        return exact @ self.middle.astype(np.float64), np.sqrt(exact**2 @ stddev**2)
