"""How far points of a latent space are from the codes of the data: far from all, in a hole, the decoder guesses."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from vae_desktop.latent.codes import Codes, CodeSpread, Floats, Place
from vae_desktop.latent.sampling import sample_posteriors, sample_prior

PRODUCTS = 2_000_000  # of a point with a code, at a time: some milliseconds
_ASKED = 500  # codes whose nearest neighbours say how close to one another codes lie
_DRAWN = 200  # codes from N(0, I)
_USUAL = 0.975  # of the codes: what holds for them is usual


@torch.inference_mode()
def code_distances(points: Floats, codes: Codes, rank: int = 1) -> Iterator[Floats]:
    """Mahalanobis distance, with diagonal σ, of each point from the nearest code.

    √(Σ ((z − μ)/σ)²) over all latent dimensions, the smallest over the codes, each with the σ of its own posterior. The
    codes of an autoencoder have no σ; there the median nearest-neighbour distance of the codes is the unit.

    Parameters
    ----------
    points : array (M, d)
    codes : Codes
        Codes that are not finite do not count.
    rank : int
        1 for the nearest code, 2 for the one after it.

    Yields
    ------
    array (m,), float32
        Distances of the next m points, which may be none yet; inf if there are no codes.
    """
    kept = np.isfinite(codes.mean).all(1)
    if codes.log_stddev is not None:
        kept &= np.isfinite(codes.log_stddev).all(1)
    mean = torch.from_numpy(codes.mean[kept]).double()
    if codes.log_stddev is None:
        nearest = []
        for part in _neighbour_distances(codes.mean[kept]):
            nearest.append(part)
            yield np.empty(0, np.float32)
        median = float(torch.cat(nearest).quantile(0.5)) if nearest else 0.0
        precision = torch.full_like(mean, (median or 1.0) ** -2)
    else:
        precision = torch.from_numpy(codes.log_stddev[kept]).double().mul_(-2).exp_()
    # Σ (z² w − 2 z μ w + μ² w), w = 1/σ²: two products of matrices instead of a table of differences.
    linear, constant = -2 * mean * precision, (mean.square() * precision).sum(1)
    for chunk in torch.from_numpy(points).double().split(max(1, PRODUCTS // max(len(mean), 1))):
        if len(mean) < rank:
            yield np.full(len(chunk), np.inf, np.float32)
            continue
        squared = (chunk.square() @ precision.T).addmm_(chunk, linear.T).add_(constant)
        smallest = squared.amin(1) if rank == 1 else squared.kthvalue(rank, dim=1).values
        yield smallest.clamp_(min=0).sqrt().float().numpy()


def median_neighbour_distance(codes: Codes) -> Iterator[float | None]:
    """Median distance of a code from the nearest other one, measured as by :func:`code_distances`.

    In many dimensions even the codes of real images are many σ from one another; what is not further from them is in no
    hole. Of many codes every n-th is asked. Yields None after each part of the work, and the median at the end.
    """
    means = codes.mean[np.isfinite(codes.mean).all(1)]
    found = []
    for part in code_distances(_every_nth(means), codes, rank=2):
        found.append(part)
        yield None
    yield float(np.median(np.concatenate(found))) if found else None


def fraction_missing(codes: Codes) -> Iterator[float | None]:
    """Which fraction of codes from N(0, I) lies where the codes of the data do not.

    See :func:`places`. Yields None after each part of the work, and the fraction at the end, unless there are fewer
    than two codes.
    """
    for found in places(sample_prior(_DRAWN, codes.latent_dim, seed=0), codes):
        yield None if found is None else float((found != Place.AMONG).mean())


def places(points: Floats, codes: Codes) -> Iterator[npt.NDArray[np.int8] | None]:
    """Where points (M, d) lie with respect to the codes that the decoder is given (`sampling.sample_posteriors`).

    A point is off them if its distance from their middle, in standard deviations dimension by dimension, is not among
    those of 97.5 % of them, or if it is further from the nearest one than 97.5 % are from one another. So at most 5 %
    of codes that are distributed as the data's are off. The first is needed in many dimensions: N(0, I) lies in the
    empty middle of an autoencoder's wide cloud, and no further from its codes than these from one another.

    Yields None after each part of the work, and an array (M,) of Place at the end, unless there are fewer than two
    codes.
    """
    given = Codes(sample_posteriors(codes), None, None)
    if len(given) < 2:
        return
    spread = CodeSpread.of(given)
    radii, of_points = (np.linalg.norm(spread.to_units(each), axis=1) for each in (given.mean, points))
    low, high = np.quantile(radii, [(1 - _USUAL) / 2, (1 + _USUAL) / 2])
    yield None
    distances: list[list[Floats]] = [[], []]
    for found, asked, rank in zip(distances, (_every_nth(given.mean), points), (2, 1), strict=True):
        for part in code_distances(asked, given, rank):
            found.append(part)
            yield None
    real, from_points = map(np.concatenate, distances)
    result = np.where(from_points > np.quantile(real, _USUAL), Place.HOLE, Place.AMONG).astype(np.int8)
    result[of_points < low], result[of_points > high] = Place.INSIDE, Place.OUTSIDE
    yield result


def _neighbour_distances(means: Floats) -> Iterator[Tensor]:
    """Euclidean distances (m,) of the next m codes from their nearest neighbours; none of fewer than two codes."""
    if len(means) < 2:
        return
    codes = torch.from_numpy(means).double()
    for chunk in torch.from_numpy(_every_nth(means)).double().split(max(1, PRODUCTS // 4 // len(means))):
        # By differences: the squares of codes that lie far out are larger than what parts two close ones.
        distances = torch.cdist(chunk, codes, compute_mode="donot_use_mm_for_euclid_dist")
        yield distances.topk(2, largest=False).values[:, 1]


def _every_nth(means: Floats) -> Floats:
    """So many of the codes, evenly chosen, as tell a median."""
    return means[:: max(1, -(-len(means) // _ASKED))]
