"""What the views of the latent space need decoded at the current point."""

import time
from dataclasses import dataclass
from functools import partial

import numpy as np
from PySide6.QtCore import QObject, QRectF, QTimer, Slot

from vae_desktop.engine.engine import Engine
from vae_desktop.engine.inference import InferenceThread
from vae_desktop.engine.pacing import Pacer
from vae_desktop.engine.run import Run
from vae_desktop.engine.view_requests import DistanceRequest, SheetRequest
from vae_desktop.gui.controllers.latent_point import LatentPoint
from vae_desktop.gui.views.point.slider_groove import FRAME
from vae_desktop.gui.views.point.slider_list import SliderList
from vae_desktop.gui.views.stage.manifold_view import tiled
from vae_desktop.gui.views.stage.stage import Stage
from vae_desktop.latent.codes import Floats, Picture
from vae_desktop.latent.grid import coarse_first, evenly, grid_positions
from vae_desktop.latent.plane import Plane, axis_plane

_TILE = 28  # px, of the manifold under the points
_HOLE_CELL = 7  # px
_FOLLOW_INTERVAL = 50  # ms between two requests while the point moves
_HOLES_INTERVAL = 1.0  # seconds between two maps of holes while training
_PATIENCE = 10.0  # seconds, for a map of holes; one that failed is never answered
_MOST_TILES, _MOST_CELLS = 900, 8000


@dataclass(frozen=True)
class _Cells:
    """A rectangle in the axes' units, and the cells that cover it."""

    rect: QRectF
    columns: int
    rows: int


class ViewFeeds(QObject):
    """Asks for films, grid, manifold and holes as point, plane, codes and view change."""

    def __init__(
        self, stage: Stage, sliders: SliderList, point: LatentPoint, session: Engine, requests: InferenceThread
    ) -> None:
        super().__init__(stage)
        self._scatter, self._manifold = stage.scatter, stage.manifold
        self._sliders = sliders
        self._point = point
        self._session = session
        self._plane: Plane = axis_plane((0, 1), 2)
        self._requests = requests
        self._is_suspended = True
        self._films: dict[str, int] = {}  # the dimension of each film that is asked for, by view
        self._has_moved = False
        self._following = QTimer(self, singleShot=True, interval=_FOLLOW_INTERVAL)
        self._following.timeout.connect(self._catch_up)
        self._holes_pacer = Pacer(_HOLES_INTERVAL, fraction=0.2)
        self._holes_asked: float | None = None  # when, until they are answered
        sliders.films_outdated.connect(self.ask_films)
        stage.scatter.plot.view_changed.connect(self.ask_fields)
        stage.scatter.tools.overlays_changed.connect(self.ask_fields)
        stage.manifold.board.resized.connect(self.ask_grid)
        stage.views_changed.connect(self.ask_plane)

    def suspend(self) -> None:
        """Ask for nothing until a plane is set: another model comes on screen, and its views change one by one."""
        for view in (*self._films, "grid", "manifold", "holes"):
            self._requests.forget(view)
        self._films.clear()
        self._holes_asked = None
        self._is_suspended = True

    def set_plane(self, plane: Plane) -> None:
        """Decode in a plane from now on; what is needed of it is asked for with the methods below."""
        self._plane = plane
        self._is_suspended = False

    def follow_point(self) -> None:
        """The point has moved, and with it what is drawn along other directions; a hand moves faster than one looks."""
        self._has_moved = True
        if not self._following.isActive():
            self._catch_up()

    def follow_codes(self, run: Run) -> None:
        """The codes have moved, and with them the holes between them."""
        # One at a time: at each move of the codes a new one would begin, and none would ever be done.
        now = time.monotonic()
        is_waiting = self._holes_asked is not None and now - self._holes_asked < _PATIENCE
        if (not is_waiting and self._holes_pacer.is_due(now)) or run.status != "training":
            self._ask_holes()

    @Slot()
    def _catch_up(self) -> None:
        if not self._has_moved:
            return
        self._has_moved = False
        self._following.start()
        self.ask_films()
        if self._plane.latent_dim > len(self._plane.basis):
            self.ask_plane()

    @Slot()
    def ask_films(self) -> None:
        """Ask for the films of the sliders in sight; moving a slider leaves its own as it is."""
        run = self._session.project.shown
        if run is None or self._is_suspended:
            return
        wanted = {f"film {dimension}": dimension for dimension in self._sliders.visible_dimensions()}
        for view in self._films.keys() - wanted.keys():
            self._requests.forget(view)
        self._films = wanted
        side = round(FRAME * self._sliders.devicePixelRatioF())
        for view, dimension in wanted.items():
            values = self._sliders.frames(dimension)
            codes = np.repeat(self._point.code[None], len(values), axis=0)
            codes[:, dimension] = values
            request = SheetRequest(view, run.id, codes, side)
            self._requests.ask(request, partial(self._sliders.set_film, dimension))

    @Slot()
    def ask_grid(self) -> None:
        """Ask for the pictures of the grid, if it is in sight."""
        run = self._session.project.shown
        if run is None or self._is_suspended or not self._manifold.isVisible():
            self._requests.forget("grid")
            return
        codes = self._plane.unproject(self._manifold.places(), self._point.code)
        passes = coarse_first(*self._manifold.grid_shape())
        request = SheetRequest("grid", run.id, codes, self._manifold.tile_side(), passes)
        self._requests.ask(request, self._manifold.show_pictures)

    @Slot()
    def ask_fields(self) -> None:
        """Ask for what lies under the points in sight."""
        self._ask_manifold()
        self._ask_holes()

    @Slot()
    def ask_plane(self) -> None:
        """Ask for all that is decoded in the plane."""
        self.ask_grid()
        self.ask_fields()

    def _ask_manifold(self) -> None:
        run = self._session.project.shown
        if run is None or not self._wants("manifold"):
            self._requests.forget("manifold")
            return
        cells = self._cells(_TILE, _MOST_TILES)
        if len(self._plane.basis) == 1:  # one row of pictures, at the lower edge
            rect = QRectF(cells.rect)
            rect.setBottom(rect.top() + rect.width() / cells.columns)
            cells = _Cells(rect, cells.columns, 1)
        codes = self._plane.unproject(self._places(cells), self._point.code)
        side = round(_TILE * self._scatter.devicePixelRatioF())
        request = SheetRequest("manifold", run.id, codes, side, coarse_first(cells.columns, cells.rows))
        self._requests.ask(request, partial(self._show_manifold, cells))

    def _ask_holes(self) -> None:
        run = self._session.project.shown
        codes = None if run is None else run.all_codes
        if run is None or codes is None or not self._wants("holes"):
            self._requests.forget("holes")
            self._holes_asked = None
            return
        cells = self._cells(_HOLE_CELL, _MOST_CELLS)
        self._holes_asked = time.monotonic()
        request = DistanceRequest("holes", run.id, self._plane.unproject(self._places(cells), self._point.code), codes)
        self._requests.ask(request, partial(self._show_holes, cells))

    def _show_manifold(self, cells: _Cells, pictures: Picture) -> None:
        self._scatter.overlays.set_manifold(tiled(pictures, cells.columns), cells.rect)

    def _show_holes(self, cells: _Cells, distances: Floats) -> None:
        if self._holes_asked is not None:
            self._holes_pacer.ran(self._holes_asked, time.monotonic())
            self._holes_asked = None
        self._scatter.show_holes(distances.reshape(-1, cells.columns), cells.rect)

    def _wants(self, overlay: str) -> bool:
        tools = self._scatter.tools
        is_shown = overlay in tools.overlays and self._scatter.isVisible() and not self._is_suspended
        return is_shown and tools.projection != "tsne"

    def _cells(self, pixels: int, most: int) -> _Cells:
        """Cells of so many pixels, or larger ones, that cover what is in sight."""
        rect, pixel = self._scatter.plot.view_rect(), self._scatter.plot.pixel_size()
        width, height = rect.width() / pixel, rect.height() / pixel
        size = max(pixels, (width * height / most) ** 0.5)
        return _Cells(rect, max(1, round(width / size)), max(1, round(height / size)))

    def _places(self, cells: _Cells) -> Floats:
        """The middles (rows · columns, k) of cells, in a one-dimensional latent space those of a row."""
        rect = cells.rect
        has_rows = len(self._plane.basis) > 1
        rows = evenly(cells.rows, rect.top(), rect.bottom()) if has_rows else None
        return grid_positions(evenly(cells.columns, rect.left(), rect.right()), rows)
