"""Which of many points lies nearest to a place, without looking at all of them."""

import math

import numpy as np
import numpy.typing as npt

from vae_desktop.latent.codes import Floats

_MOST_CELLS = 256  # along a side: a cell's number fits 16 bits, which numpy sorts by radix
_PER_CELL = 4  # points, on average


class PointIndex:
    """A grid of cells over points (N, 2); those that are not finite are never found.

    Building it sorts the points once; a query looks at the few cells within reach.
    """

    def __init__(self, points: Floats) -> None:
        self._points = points
        self._members = np.flatnonzero(np.isfinite(points).all(1))
        finite = points[self._members]
        self._side = int(np.clip(math.sqrt(len(finite) / _PER_CELL), 1, _MOST_CELLS))
        self._low = finite.min(0).astype(np.float64) if len(finite) else np.zeros(2)
        extent = finite.max(0) - self._low if len(finite) else np.ones(2)
        self._cell = np.maximum(extent / self._side, 1e-12)
        places = self._cells_of(finite)
        cells = (places[:, 0] * self._side + places[:, 1]).astype(np.uint16)
        order = np.argsort(cells, kind="stable")
        self._members = self._members[order]
        self._starts = np.searchsorted(cells[order], np.arange(self._side**2 + 1))

    def nearest(self, place: tuple[float, float], reach: float) -> int | None:
        """The point nearest to a place, if any is within reach; both in the points' units."""
        centre = np.array(place)
        low, high = self._cells_of(np.array([centre - reach, centre + reach]))
        if math.isinf(reach):
            found = self._members
        else:
            columns = np.arange(low[0], high[0] + 1) * self._side
            spans = zip(self._starts[columns + low[1]], self._starts[columns + high[1] + 1], strict=True)
            found = np.concatenate([self._members[start:end] for start, end in spans])
        if not len(found):
            return None
        squared = ((self._points[found] - centre) ** 2).sum(1)
        best = squared.argmin()
        return int(found[best]) if squared[best] <= reach**2 else None

    def _cells_of(self, points: Floats | npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
        """Column and row (N, 2) of the cells that hold points, or are next to those outside."""
        with np.errstate(invalid="ignore"):
            cells = np.floor((points - self._low) / self._cell)
        return np.nan_to_num(cells).clip(0, self._side - 1).astype(np.int64)
