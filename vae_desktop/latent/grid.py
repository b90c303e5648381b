"""Regular grids in a plane: where their places are, and in which order a picture of them forms quickest."""

from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from vae_desktop.latent.codes import Floats

Places = npt.NDArray[np.int64]


def quantiles(count: int) -> Floats:
    """Places (count,) between which N(0, 1) has equal shares, ascending: the middles of these shares."""
    normal = NormalDist()
    return np.array([normal.inv_cdf((number + 0.5) / count) for number in range(count)], np.float32)


def evenly(count: int, low: float, high: float) -> Floats:
    """The middles (count,) of equal parts of a range, ascending."""
    return (low + (np.arange(count) + 0.5) * (high - low) / count).astype(np.float32)


def grid_places(columns: Floats, rows: Floats | None) -> Floats:
    """Places (rows · columns, k) row by row, the highest row first, as a picture is read; k is 1 without rows."""
    if rows is None:
        return columns[:, None]
    x, y = np.meshgrid(columns, rows[::-1])
    return np.stack((x.ravel(), y.ravel()), axis=1)


def coarse_first(columns: int, rows: int, finest: int = 8) -> list[tuple[Places, Places]]:
    """Stages in which a grid is filled, each twice as fine as the one before.

    Parameters
    ----------
    finest : int
        The first stage has about so many places along the longer side; grids of less than twice that have one stage.

    Returns
    -------
    list of (new, source)
        The places, counted row by row, that a stage adds; and for all places the one that stands for it by then.
    """
    stride = 1
    while max(columns, rows) >= 2 * finest * stride:
        stride *= 2
    stages = []
    known = np.zeros((rows, columns), bool)
    row, column = np.indices((rows, columns))
    while stride:
        stands = (row % stride == 0) & (column % stride == 0)
        source = (row - row % stride) * columns + column - column % stride
        stages.append((np.flatnonzero(stands & ~known), source.ravel()))
        known |= stands
        stride //= 2
    return stages
