"""What is decoded and measured all over a plane, to be laid under the points of a scatter."""

import time
from dataclasses import dataclass
from functools import partial

import numpy as np
from PySide6.QtCore import QRectF

from vae_desktop.engine.inference import InferenceThread
from vae_desktop.engine.run import Run
from vae_desktop.engine.view_requests import DistanceRequest
from vae_desktop.gui.views.stage.latent_scatter import LatentScatter
from vae_desktop.gui.views.stage.manifold_view import tiled
from vae_desktop.latent.codes import Floats, Picture
from vae_desktop.latent.grid import coarse_first, evenly, grid_positions
from vae_desktop.latent.plane import Plane
from vae_desktop.progress import Pacer

_TILE = 28  # px, of the decoded manifold
_DISTANCE_CELL = 7  # px
_MOST_TILES, _MOST_CELLS = 900, 8000
_DISTANCES_INTERVAL = 1.0  # seconds between two maps of distances while training


@dataclass(frozen=True)
class _Cells:
    """A rectangle in the axes' units, and the cells that cover it."""

    rect: QRectF
    columns: int
    rows: int

    def positions(self, dimensions: int) -> Floats:
        """The middles (rows · columns, k) of the cells; in a plane of one dimension those of a row."""
        rect = self.rect
        rows = evenly(self.rows, rect.top(), rect.bottom()) if dimensions > 1 else None
        return grid_positions(evenly(self.columns, rect.left(), rect.right()), rows)


class OverlayRequests:
    """Asks for the decoded manifold and for the distances to the nearest code, as far as a scatter shows them.

    Parameters
    ----------
    scatter : LatentScatter
    requests : InferenceThread
    name : str
        Begins the names of the requests.
    """

    def __init__(self, scatter: LatentScatter, requests: InferenceThread, name: str) -> None:
        self._scatter = scatter
        self._requests = requests
        self._manifold, self._distances = f"{name}manifold", f"{name}holes"
        self._pacer = Pacer(_DISTANCES_INTERVAL, fraction=0.2)
        self._asked = 0.0  # when distances were asked for

    def ask(self, run: Run, plane: Plane, code: Floats) -> None:
        """Ask for what is shown of a plane through a code (d,)."""
        self._ask_manifold(run, plane, code)
        self._ask_distances(run, plane, code)

    def follow_codes(self, run: Run, plane: Plane, code: Floats) -> None:
        """Ask anew for what depends on the codes: they have moved."""
        # One at a time: at each move of the codes a new one would begin, and none would ever be done.
        waits = self._requests.is_waiting(self._distances) or not self._pacer.is_due(time.monotonic())
        if not waits or not run.is_in_motion:
            self._ask_distances(run, plane, code)

    def forget(self) -> None:
        """Nothing more is wanted."""
        self._requests.forget(self._manifold)
        self._requests.forget(self._distances)

    def _ask_manifold(self, run: Run, plane: Plane, code: Floats) -> None:
        if "manifold" not in self._scatter.overlays.shown:
            self._requests.forget(self._manifold)
            return
        cells = self._cells(_TILE, _MOST_TILES)
        if len(plane.basis) == 1:  # one row of pictures, at the lower edge
            rect = QRectF(cells.rect)
            rect.setBottom(rect.top() + rect.width() / cells.columns)
            cells = _Cells(rect, cells.columns, 1)
        codes = plane.unproject(cells.positions(len(plane.basis)), code)
        side = round(_TILE * self._scatter.devicePixelRatioF())
        show, passes = partial(self._show_manifold, cells), coarse_first(cells.columns, cells.rows)
        self._requests.ask_pictures(self._manifold, run.id, codes, side, show, passes)

    def _ask_distances(self, run: Run, plane: Plane, code: Floats) -> None:
        codes = run.all_codes
        if codes is None or "holes" not in self._scatter.overlays.shown:
            self._requests.forget(self._distances)
            return
        cells = self._cells(_DISTANCE_CELL, _MOST_CELLS)
        self._asked = time.monotonic()
        positions = plane.unproject(cells.positions(len(plane.basis)), code)
        request = DistanceRequest(self._distances, run.id, positions, codes)
        self._requests.ask(request, partial(self._show_distances, cells))

    def _show_manifold(self, cells: _Cells, pictures: Picture) -> None:
        self._scatter.overlays.set_manifold(tiled(pictures, cells.columns), cells.rect)

    def _show_distances(self, cells: _Cells, distances: Floats) -> None:
        self._pacer.ran(self._asked, time.monotonic())
        self._scatter.show_holes(np.reshape(distances, (-1, cells.columns)), cells.rect)

    def _cells(self, pixels: int, most: int) -> _Cells:
        """Cells of so many pixels, or larger ones, that cover what is in sight."""
        rect, pixel = self._scatter.plot.view_rect(), self._scatter.plot.pixel_size()
        width, height = rect.width() / pixel, rect.height() / pixel
        size = max(pixels, (width * height / most) ** 0.5)
        return _Cells(rect, max(1, round(width / size)), max(1, round(height / size)))
