"""Where the name of each class belongs among codes."""

import numpy as np
import numpy.typing as npt

from vae_desktop.latent.codes import Floats

_OWN, _ALONE = 0.4, 0.55  # of the codes around a median, and around another spot, at least, are of the class
_CELLS = 14  # along a side, each of which holds as many codes as the others
_LEAST, _FEW = 0.04, 20  # of a class's codes, and codes, in and around the spot that it has for itself

_Labels = npt.NDArray[np.int64]


def class_middles(positions: Floats, labels: _Labels, class_count: int) -> dict[int, Floats]:
    """A position (2,) for each class that has a place of its own, the largest class first.

    That is the median of its codes, if most codes around it are of this class, else the spot at which it has most
    codes among those of others. Where classes lie on one another a name would say what is not so.
    """
    there = np.isfinite(positions).all(1)
    positions, labels = positions[there], labels[there]
    counts = np.bincount(labels, minlength=class_count)[:class_count]
    middles, spots = {}, None
    for index in np.argsort(-counts, kind="stable").tolist():
        if not counts[index]:
            break
        own = labels == index
        middle = np.median(positions[own], axis=0)
        distances = ((positions - middle) ** 2).sum(1)
        near = distances <= np.median(distances[own])
        if own[near].mean() < _OWN:
            spots = spots or _Spots(positions)
            found = spots.of(own)
            if found is None:
                continue
            middle = found
        middles[index] = middle
    return middles


class _Spots:
    """Codes (N, 2) in cells whose edges are quantiles: what is dense is looked at closely."""

    def __init__(self, positions: Floats) -> None:
        self._positions = positions
        quantiles = np.linspace(0, 1, _CELLS + 1)[1:-1]
        self._cells = np.stack([np.searchsorted(np.quantile(axis, quantiles), axis) for axis in positions.T])
        self._all = self._around(np.ones(len(positions), bool))

    def of(self, own: npt.NDArray[np.bool_]) -> Floats | None:
        """The median of a class's codes in and around the cell where it has most, for a good part for itself."""
        counts = self._around(own)
        has_place = (counts >= _ALONE * self._all) & (counts >= max(_LEAST * own.sum(), _FEW))
        if not has_place.any():
            return None
        row, column = np.unravel_index(np.where(has_place, counts, -1).argmax(), counts.shape)
        is_near = (np.abs(self._cells - [[row], [column]]) <= 1).all(0)
        return np.median(self._positions[own & is_near], axis=0)

    def _around(self, which: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
        """How many of some codes lie in each cell and the eight around it."""
        counts = np.zeros((_CELLS + 2, _CELLS + 2), np.int64)
        np.add.at(counts, (self._cells[0, which] + 1, self._cells[1, which] + 1), 1)
        rows = counts[:-2] + counts[1:-1] + counts[2:]
        return rows[:, :-2] + rows[:, 1:-1] + rows[:, 2:]
