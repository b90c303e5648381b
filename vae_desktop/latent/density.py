"""How densely codes lie in a plane."""

import numpy as np
import numpy.typing as npt

from vae_desktop.latent.codes import Floats


def density(places: Floats, low: tuple[float, float], high: tuple[float, float], shape: tuple[int, int]) -> Floats:
    """A kernel density estimate on a grid of cells.

    Gaussian kernels with the bandwidth of Scott's rule on a robust scale, of places counted by cell first
    (Silverman 1986, sections 3.4 and 3.5).

    Parameters
    ----------
    places : array (N, 2)
        Those that are not finite or lie outside do not count.
    low, high : (x, y)
        Corners of the grid.
    shape : (columns, rows)

    Returns
    -------
    array (columns, rows), float32
        Relative to the densest cell: 0 to 1.
    """
    finite = places[np.isfinite(places[:, 0] + places[:, 1])]
    if not len(finite):
        return np.zeros(shape, np.float32)
    spans = [(low[axis], high[axis]) for axis in range(2)]
    counts = _counted(finite, spans, shape)
    for axis, (start, end) in enumerate(spans):
        cell = (end - start) / shape[axis]
        offsets = (np.arange(shape[axis])[:, None] - np.arange(shape[axis])) * cell
        kernel = np.exp(-0.5 * (offsets / max(_bandwidth(finite[:, axis]), cell / 2)) ** 2)
        counts = kernel @ counts if axis == 0 else counts @ kernel
    return (counts / max(counts.max(), 1e-12)).astype(np.float32)


def _bandwidth(values: Floats) -> float:
    quarter, three_quarters = np.quantile(values, (0.25, 0.75))
    # As Silverman advises: a few codes far away, as autoencoders have them, must not blur all others.
    scale = min(float(values.std(dtype=np.float64)), float(three_quarters - quarter) / 1.34)
    return scale * len(values) ** (-1 / 6)


def _counted(places: Floats, spans: list[tuple[float, float]], shape: tuple[int, int]) -> npt.NDArray[np.float64]:
    """How many places lie in each cell (columns, rows); some ten times as quick as numpy's histogram2d."""
    cells = [
        np.floor((places[:, axis] - start) * (shape[axis] / (end - start))) for axis, (start, end) in enumerate(spans)
    ]
    inside = (cells[0] >= 0) & (cells[0] < shape[0]) & (cells[1] >= 0) & (cells[1] < shape[1])
    flat = cells[0][inside].astype(np.intp) * shape[1] + cells[1][inside].astype(np.intp)
    return np.bincount(flat, minlength=shape[0] * shape[1]).reshape(shape).astype(np.float64)
