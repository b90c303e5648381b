"""Regular grids in a plane: their cells' positions, in which order a picture forms quickest, how densely codes lie."""

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


def density(positions: Floats, low: tuple[float, float], high: tuple[float, float], shape: tuple[int, int]) -> Floats:
    """A kernel density estimate on a grid of cells.

    Gaussian kernels with the bandwidth of Scott's rule on a robust scale, of positions counted by cell first
    (Silverman 1986, sections 3.4 and 3.5).

    Parameters
    ----------
    positions : array (N, 2)
        Positions that are not finite or lie outside the grid do not count.
    low, high : (x, y)
        Corners of the grid.
    shape : (columns, rows)

    Returns
    -------
    array (columns, rows), float32
        Relative to the densest cell: 0 to 1.
    """
    x, y = positions.T
    # NaN is not inside: all comparisons with it are false.
    inside = positions[(x >= low[0]) & (x < high[0]) & (y >= low[1]) & (y < high[1])]
    if not len(inside):
        return np.zeros(shape, np.float32)
    spans = [(low[axis], high[axis]) for axis in range(2)]
    counts = _counted(inside, spans, shape)
    for axis, (start, end) in enumerate(spans):
        cell = (end - start) / shape[axis]
        offsets = (np.arange(shape[axis])[:, None] - np.arange(shape[axis])) * cell
        kernel = np.exp(-0.5 * (offsets / max(_bandwidth(inside[:, axis]), cell / 2)) ** 2)
        counts = kernel @ counts if axis == 0 else counts @ kernel
    return (counts / max(counts.max(), 1e-12)).astype(np.float32)


def _bandwidth(values: Floats) -> float:
    quarter, three_quarters = np.quantile(values, (0.25, 0.75))
    # As Silverman advises: a few codes far away, as autoencoders have them, must not blur all others.
    scale = min(float(values.std(dtype=np.float64)), float(three_quarters - quarter) / 1.34)
    return scale * len(values) ** (-1 / 6)


def _counted(positions: Floats, spans: list[tuple[float, float]], shape: tuple[int, int]) -> npt.NDArray[np.float64]:
    """How many positions lie in each cell (columns, rows); some ten times as quick as numpy's histogram2d."""
    columns, rows = (
        ((positions[:, axis] - start) * (shape[axis] / (end - start))).astype(np.intp).clip(0, shape[axis] - 1)
        for axis, (start, end) in enumerate(spans)
    )
    flat = columns * shape[1] + rows
    return np.bincount(flat, minlength=shape[0] * shape[1]).reshape(shape).astype(np.float64)
