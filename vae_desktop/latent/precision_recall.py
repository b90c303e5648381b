"""Whether generated images look like real ones (precision), and whether all real ones are covered (recall).

Improved precision and recall (Kynkäänniemi et al. 2019, arXiv 1904.06991): a set of images is taken to fill the union
of the balls around its members, in a feature space, that reach to each one's k-th nearest other member.
"""

from typing import NamedTuple

import torch
from torch import Tensor

from vae_desktop.latent.embed import chunks_of
from vae_desktop.progress import Progress, ignore

NEIGHBOURS = 3  # k of the paper
_CHUNK = 500  # points whose distances to all others are taken at a time


class Manifold(NamedTuple):
    """Points (N, F) of a feature space and the radii (N,) of their balls."""

    points: Tensor
    radii: Tensor


def manifold(points: Tensor, neighbours: int = NEIGHBOURS, progress: Progress = ignore) -> Manifold:
    """The balls around points (N, F), N > 1; with fewer than `neighbours` others, up to the farthest."""
    nearest = min(neighbours, len(points) - 1) + 1  # each point is its own nearest
    radii = []
    for chunk in chunks_of(points, _CHUNK, progress):
        radii.append(torch.cdist(chunk, points).topk(nearest, largest=False).values[:, -1])
    return Manifold(points, torch.cat(radii))


def covered(points: Tensor, by: Manifold, progress: Progress = ignore) -> float:
    """Fraction of points (M, F) that lie in some ball of a manifold, borders included.

    Of generated points and the real manifold that is precision, the other way round recall (equations 1 and 2).
    """
    inside = 0
    for chunk in chunks_of(points, _CHUNK, progress):
        inside += int((torch.cdist(chunk, by.points) <= by.radii).any(1).sum())
    return inside / len(points)


def precision_and_recall(real: Manifold, generated: Tensor, progress: Progress = ignore) -> tuple[float, float]:
    """Precision and recall, 0 to 1, of generated points (M, F), M > 1."""
    precision = covered(generated, real, progress.part(0, 1, 3))
    balls = manifold(generated, progress=progress.part(1, 1, 3))
    return precision, covered(real.points, balls, progress.part(2, 1, 3))
