"""How far places in a latent space are from the codes of the data: where they are far, the decoder has to guess."""

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from vae_desktop.latent.codes import Codes, Floats

_PRODUCTS = 2_000_000  # of a place with a code, at a time: some milliseconds
_ASKED = 500  # codes whose nearest neighbours say how close to one another codes lie


@torch.inference_mode()
def hole_distances(places: Floats, codes: Codes, rank: int = 1) -> Iterator[Floats]:
    """Distance of each place from the nearest code, in units of that code's own σ.

    √(Σ ((z − μ)/σ)²) over all latent dimensions, the smallest over the codes. The codes of an autoencoder have no σ;
    there the median distance of a code from its nearest neighbour is the unit (see :func:`spacing`).

    Parameters
    ----------
    places : array (M, d)
    codes : Codes
        Those that are not finite do not count.
    rank : int
        1 for the nearest code, 2 for the one after it.

    Yields
    ------
    array (m,), float32
        Of the next m places, which may be none yet; inf if there are no codes.
    """
    kept = np.isfinite(codes.mean).all(1)
    if codes.log_stddev is not None:
        kept &= np.isfinite(codes.log_stddev).all(1)
    mean = torch.from_numpy(codes.mean[kept]).double()
    if codes.log_stddev is None:
        nearest = []
        for part in _nearest_neighbours(codes.mean[kept]):
            nearest.append(part)
            yield np.empty(0, np.float32)
        unit = _median(nearest) or 1.0
        precision = torch.full_like(mean, unit**-2)
    else:
        precision = torch.from_numpy(codes.log_stddev[kept]).double().mul_(-2).exp_()
    # Σ (z² w − 2 z μ w + μ² w), w = 1/σ²: two products of matrices instead of a table of differences.
    linear, constant = -2 * mean * precision, (mean.square() * precision).sum(1)
    for chunk in torch.from_numpy(places).double().split(max(1, _PRODUCTS // max(len(mean), 1))):
        yield _nearest(chunk, precision, linear, constant, rank)


def usual_distance(codes: Codes) -> Iterator[float]:
    """Median distance of a code from the nearest other one, measured as by :func:`hole_distances`.

    In many dimensions even the codes of real images are many σ from one another; what is not further from them is in no
    hole. Of many codes an even choice is asked. Yields NaN after each part of the work, and the number at the end.
    """
    means = codes.mean[np.isfinite(codes.mean).all(1)]
    asked = means[:: max(1, -(-len(means) // _ASKED))]
    found = []
    for part in hole_distances(asked, codes, rank=2):
        found.append(part)
        yield float("nan")
    yield float(np.median(np.concatenate(found))) if found else float("nan")


def spacing(means: Floats) -> float:
    """Median distance of a code (of N, d) from its nearest neighbour; of many codes, of an even choice of them."""
    return _median(list(_nearest_neighbours(means)))


def _nearest_neighbours(means: Floats) -> Iterator[Tensor]:
    """Distances (m,) of the next m codes asked, of N, from their nearest neighbours; none of fewer than two."""
    if len(means) < 2:
        return
    codes = torch.from_numpy(means).double()
    asked = codes[:: -(-len(means) // _ASKED)]
    for chunk in asked.split(max(1, _PRODUCTS // 4 // len(means))):
        # By differences: the squares of codes that lie far out are larger than what parts two close ones.
        distances = torch.cdist(chunk, codes, compute_mode="donot_use_mm_for_euclid_dist")
        yield distances.topk(2, largest=False).values[:, 1]


def _median(parts: list[Tensor]) -> float:
    return float(torch.cat(parts).quantile(0.5)) if parts else 0.0


def _nearest(places: Tensor, precision: Tensor, linear: Tensor, constant: Tensor, rank: int) -> Floats:
    if len(constant) < rank:
        return np.full(len(places), np.inf, np.float32)
    squared = places.square() @ precision.T
    squared.addmm_(places, linear.T).add_(constant)
    smallest = squared.amin(1) if rank == 1 else squared.kthvalue(rank, dim=1).values
    return smallest.clamp_(min=0).sqrt().float().numpy()
