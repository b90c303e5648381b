"""The codes of a set of images, and the unit in which they are spread; needs no torch."""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Picture = npt.NDArray[np.uint8]  # (H, W, C), or a stack of them (N, H, W, C)


@dataclass(frozen=True, eq=False)
class Codes:
    """Posterior of each image of a set.

    Attributes
    ----------
    mean : array (N, d), float32
    log_stddev : array (N, d), float32, or None
        None for an autoencoder, whose codes are points.
    labels : array (N,), int64, or None
    since : int, or None
        The training step that none of them is older than, while they follow a training; else None.
    """

    mean: Floats
    log_stddev: Floats | None
    labels: npt.NDArray[np.int64] | None
    since: int | None = None

    def __len__(self) -> int:
        return len(self.mean)

    @property
    def latent_dim(self) -> int:
        return self.mean.shape[1]

    @property
    def nbytes(self) -> int:
        """The memory of means and log σ."""
        return self.mean.nbytes + (0 if self.log_stddev is None else self.log_stddev.nbytes)

    def followed_by(self, others: "Codes") -> "Codes":
        """These codes and others of the same model, one after the other."""
        pairs = (self.mean, others.mean), (self.log_stddev, others.log_stddev), (self.labels, others.labels)
        parts = [None if one is None or other is None else np.concatenate((one, other)) for one, other in pairs]
        return Codes(*parts)  # type: ignore[arg-type]  # both have means

    @property
    def are_finite(self) -> bool:
        """Whether no number is infinite or NaN."""
        parts = (self.mean,) if self.log_stddev is None else (self.mean, self.log_stddev)
        return all(bool(np.isfinite(part).all()) for part in parts)


class Place(IntEnum):
    """Where a point lies with respect to the codes of real images."""

    AMONG = 0
    INSIDE = 1  # nearer to their middle than hardly any of them
    OUTSIDE = 2  # further from it
    HOLE = 3  # as far from it as they are, but further from all of them than they are from one another


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
