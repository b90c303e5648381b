"""Flat views of a latent space: along two of its axes, or along the directions in which the codes vary most."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vae_desktop.language import tr
from vae_desktop.latent.codes import Floats
from vae_desktop.latent.measures import dimension_name

_SAME_PLANE = 0.98
_HEIGHT = 10 / 3  # over which a one-dimensional latent space is spread
MOST_NUMBERS = 20_000_000  # products in a covariance; of more codes, an even choice is fitted


@dataclass(frozen=True, eq=False)
class Plane:
    """A straight view along one or two orthonormal directions; no length in it is stretched.

    Attributes
    ----------
    basis : array (k, d), float32, k = 1 or 2
        The directions.
    labels : sequence of k str
        What stands along the axes.
    """

    basis: Floats
    labels: Sequence[str]

    @property
    def latent_dim(self) -> int:
        return self.basis.shape[1]

    def project(self, codes: Floats) -> Floats:
        """Places (N, k) of codes (N, d)."""
        return codes @ self.basis.T

    def unproject(self, positions: Floats, code: Floats) -> Floats:
        """Codes (M, d) that lie at positions (M, k) and differ from a code (d,) only within the plane."""
        return (code + (positions - code @ self.basis.T) @ self.basis).astype(np.float32, copy=False)

    def covariance(self, stddev: Floats) -> npt.NDArray[np.float64]:
        """Covariance (k, k) in the plane of a normal distribution with standard deviations (d,) along the axes."""
        scaled = self.basis.astype(np.float64) * stddev
        return scaled @ scaled.T


def axis_plane(dimensions: Sequence[int], latent_dim: int) -> Plane:
    """The view along one or two latent dimensions, counted from 0."""
    basis = np.zeros((len(dimensions), latent_dim), np.float32)
    basis[np.arange(len(dimensions)), dimensions] = 1
    return Plane(basis, [dimension_name(dimension) for dimension in dimensions])


def principal_plane(means: Floats, before: Plane | None = None) -> Plane:
    """The view along the two directions in which codes (N, d), d >= 2, vary most.

    Directions keep the sign that they have in `before`, so that a cloud that moves does not flip. Rows that are not
    finite do not count. Where nothing varies, the first two axes are taken.
    """
    latent_dim = means.shape[1]
    chosen = means[:: max(1, -(-means.size * latent_dim // MOST_NUMBERS))]
    chosen = chosen[np.isfinite(chosen).all(1)].astype(np.float64)
    if len(chosen) < 2:
        return axis_plane((0, 1), latent_dim)
    centred = chosen - chosen.mean(0)
    variances, directions = np.linalg.eigh(centred.T @ centred / len(chosen))
    if not variances[-1] > 0:
        return axis_plane((0, 1), latent_dim)
    basis = directions[:, :-3:-1].T
    if before is not None:
        basis = basis * np.where((basis * before.basis).sum(1, keepdims=True) < 0, -1, 1)
    fractions = variances[:-3:-1].clip(min=0) / variances.clip(min=0).sum()
    labels = [
        tr("PC {number} ({fraction:.0%})").format(number=number, fraction=fraction)
        for number, fraction in enumerate(fractions, 1)
    ]
    return Plane(np.ascontiguousarray(basis, np.float32), labels)


def followed_plane(means: Floats, before: Plane) -> Plane:
    """The plane of largest variance of codes that move: `before` until it has clearly turned.

    A plane that trembles is hard to read, and all that is drawn in it would have to be decoded anew.
    """
    plane = principal_plane(means, before)
    within = np.linalg.svd(plane.basis @ before.basis.T, compute_uv=False).min()  # cosine of an angle
    return before if within > _SAME_PLANE else plane


def class_heights(labels: npt.NDArray[np.int64] | None, count: int, classes: int) -> Floats:
    """Heights (N,) that part the classes of a one-dimensional latent space, or without any spread at random.

    The heights mean nothing else; together they are about as high as the prior is wide.
    """
    jitter = np.random.default_rng(0).uniform(-0.4, 0.4, count)
    rows = np.zeros(count) if labels is None else labels
    classes = max(classes, 1)
    return ((rows + jitter - (classes - 1) / 2) * _HEIGHT / classes).astype(np.float32)


def prior_mass(radius: float, dimensions: int) -> float:
    """Share of N(0, I) within a radius of 0, for 1 or 2 dimensions; also of what it casts on such a plane."""
    return math.erf(radius / math.sqrt(2)) if dimensions == 1 else 1 - math.exp(-(radius**2) / 2)


def searchable(positions: Floats) -> npt.NDArray[np.float64]:
    """Positions (N, 2) by column (2, N), as :func:`nearest_position` takes them; infinite where one is not finite."""
    return np.ascontiguousarray(np.where(np.isfinite(positions).all(1), positions.T, np.inf), np.float64)


def nearest_position(columns: npt.NDArray[np.float64], centre: tuple[float, float], reach: float) -> int | None:
    """Index of the position nearest to a centre, if one is within reach; all in the plane's units.

    A look at all of them: 0.1 ms at 70,000, for which an index by cells takes as long and 17 ms to build.
    """
    if not columns.size:
        return None
    squared = np.square(columns[0] - centre[0])
    squared += np.square(columns[1] - centre[1])
    nearest = int(squared.argmin())
    return nearest if np.isfinite(squared[nearest]) and squared[nearest] <= reach**2 else None
