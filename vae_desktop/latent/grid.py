"""Regular grids in a plane: the positions of their cells, and in which order a picture of them forms quickest."""

from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from vae_desktop.latent.codes import Floats

Indices = npt.NDArray[np.int64]


def quantiles(count: int) -> Floats:
    """The (i + ½)/count quantiles (count,) of N(0, 1), ascending: between two neighbours lies the same probability."""
    normal = NormalDist()
    return np.array([normal.inv_cdf((number + 0.5) / count) for number in range(count)], np.float32)


def evenly(count: int, low: float, high: float) -> Floats:
    """The middles (count,) of `count` equal parts of a range, ascending."""
    return (low + (np.arange(count) + 0.5) * (high - low) / count).astype(np.float32)


def grid_positions(columns: Floats, rows: Floats | None) -> Floats:
    """Positions (rows · columns, k) row by row, the highest row first, as a picture is read; k is 1 without rows."""
    if rows is None:
        return columns[:, None]
    x, y = np.meshgrid(columns, rows[::-1])
    return np.stack((x.ravel(), y.ravel()), axis=1)


def coarse_first(columns: int, rows: int, finest: int = 8) -> list[tuple[Indices, Indices]]:
    """The refinement passes in which a grid is filled, each twice as fine as the one before.

    Parameters
    ----------
    finest : int
        How many cells the first pass fills along the longer side, about; a grid of fewer than twice as many has one
        pass.

    Returns
    -------
    list of (new, source)
        Indices of the cells, counted row by row, that a pass adds; and for each cell of the grid the index of the one
        whose picture stands for it after that pass.
    """
    stride = 1
    while max(columns, rows) >= 2 * finest * stride:
        stride *= 2
    passes = []
    known = np.zeros((rows, columns), bool)
    row, column = np.indices((rows, columns))
    while stride:
        stands = (row % stride == 0) & (column % stride == 0)
        source = (row - row % stride) * columns + column - column % stride
        passes.append((np.flatnonzero(stands & ~known), source.ravel()))
        known |= stands
        stride //= 2
    return passes
