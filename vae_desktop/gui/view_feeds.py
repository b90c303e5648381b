"""What the views of the latent space need decoded at the current point, asked for and handed out."""

import time
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QObject, QRectF, Slot

from vae_desktop.engine.messages import ViewAnswered
from vae_desktop.engine.pacing import Pacer
from vae_desktop.engine.run import Run
from vae_desktop.engine.session import Session
from vae_desktop.engine.view_requests import HolesRequest, SheetRequest, ViewRequest
from vae_desktop.gui.latent_point import LatentPoint
from vae_desktop.gui.manifold_view import tiled
from vae_desktop.gui.slider_groove import FRAME
from vae_desktop.gui.slider_list import SliderList
from vae_desktop.gui.stage import Stage
from vae_desktop.latent.codes import Floats
from vae_desktop.latent.grid import coarse_first, evenly, grid_places
from vae_desktop.latent.plane import Plane, axis_plane

_TILE = 28  # px, of the manifold under the points
_HOLE_CELL = 7  # px
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
    """Asks the session for films, grid, manifold and holes, and gives each view the answer to its newest request."""

    def __init__(self, stage: Stage, sliders: SliderList, point: LatentPoint, session: Session) -> None:
        super().__init__(stage)
        self._scatter, self._manifold = stage.scatter, stage.manifold
        self._sliders = sliders
        self._point = point
        self._session = session
        self._plane: Plane = axis_plane((0, 1), 2)
        self._asked: dict[str, ViewRequest] = {}
        self._is_suspended = True
        self._films: dict[str, int] = {}  # the dimension of each film that is asked for, by view
        self._fields: dict[str, _Cells] = {}
        self._holes_pacer = Pacer(_HOLES_INTERVAL, share=0.2)
        self._holes_asked: float | None = None  # when, until they are answered
        sliders.films_outdated.connect(self.ask_films)
        stage.scatter.plot.view_changed.connect(self.ask_fields)
        stage.scatter.tools.overlays_changed.connect(self.ask_fields)
        stage.manifold.board.resized.connect(self.ask_grid)
        stage.views_changed.connect(self.ask_plane)

    def suspend(self) -> None:
        """Ask for nothing until a plane is set: another model comes on screen, and its views change one by one."""
        for view in list(self._asked):
            self._forget(view)
        self._films.clear()
        self._holes_asked = None
        self._is_suspended = True

    def set_plane(self, plane: Plane) -> None:
        """Decode in a plane from now on; what is needed of it is asked for with the methods below."""
        self._plane = plane
        self._is_suspended = False

    def follow_point(self) -> None:
        """The point has moved, and with it what is drawn along other directions."""
        self.ask_films()
        if self._plane.latent_dim > len(self._plane.basis):
            self.ask_plane()

    def follow_codes(self, run: Run) -> None:
        """The codes have moved, and with them the holes between them."""
        # One at a time: at each move of the codes a new one would begin, and none would ever be done.
        now = time.monotonic()
        is_waiting = self._holes_asked is not None and now - self._holes_asked < _PATIENCE
        if (not is_waiting and self._holes_pacer.is_due(now)) or run.status != "training":
            self._ask_holes()

    def show_answer(self, answer: ViewAnswered) -> None:
        """Show what a view has asked for, unless it has asked for something else since."""
        view = answer.request.view
        if self._asked.get(view) is not answer.request:
            return
        if view in self._films:
            self._sliders.set_film(self._films[view], answer.value)
        elif view == "grid":
            self._manifold.show_pictures(answer.value)
        elif view == "manifold":
            cells = self._fields[view]
            self._scatter.overlays.set_manifold(tiled(answer.value, cells.columns), cells.rect)
        elif view == "holes":
            cells = self._fields[view]
            if self._holes_asked is not None:
                self._holes_pacer.ran(self._holes_asked, time.monotonic())
                self._holes_asked = None
            self._scatter.show_holes(answer.value.reshape(-1, cells.columns), cells.rect)

    @Slot()
    def ask_films(self) -> None:
        """Ask for the films of the sliders in sight; moving a slider leaves its own as it is."""
        run = self._session.shown
        if run is None or self._is_suspended:
            return
        wanted = {f"film {dimension}": dimension for dimension in self._sliders.visible_dimensions()}
        for view in self._films.keys() - wanted.keys():
            self._forget(view)
        self._films = wanted
        side = round(FRAME * self._sliders.devicePixelRatioF())
        for view, dimension in wanted.items():
            values = self._sliders.frames(dimension)
            codes = np.repeat(self._point.code[None], len(values), axis=0)
            codes[:, dimension] = values
            self._ask(SheetRequest(view, run.id, codes, side))

    @Slot()
    def ask_grid(self) -> None:
        """Ask for the pictures of the grid, if it is in sight."""
        run = self._session.shown
        if run is None or self._is_suspended or not self._manifold.isVisible():
            self._forget("grid")
            return
        codes = self._plane.lift(self._manifold.places(), self._point.code)
        stages = coarse_first(*self._manifold.grid_shape())
        self._ask(SheetRequest("grid", run.id, codes, self._manifold.tile_side(), stages))

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
        run = self._session.shown
        if run is None or not self._wants("manifold"):
            self._forget("manifold")
            return
        cells = self._cells(_TILE, _MOST_TILES)
        if len(self._plane.basis) == 1:  # one row of pictures, at the lower edge
            rect = QRectF(cells.rect)
            rect.setBottom(rect.top() + rect.width() / cells.columns)
            cells = _Cells(rect, cells.columns, 1)
        self._fields["manifold"] = cells
        codes = self._plane.lift(self._places(cells), self._point.code)
        side = round(_TILE * self._scatter.devicePixelRatioF())
        self._ask(SheetRequest("manifold", run.id, codes, side, coarse_first(cells.columns, cells.rows)))

    def _ask_holes(self) -> None:
        run = self._session.shown
        codes = None if run is None else run.all_codes
        if run is None or codes is None or not self._wants("holes"):
            self._forget("holes")
            self._holes_asked = None
            return
        cells = self._fields["holes"] = self._cells(_HOLE_CELL, _MOST_CELLS)
        self._holes_asked = time.monotonic()
        self._ask(HolesRequest("holes", run.id, self._plane.lift(self._places(cells), self._point.code), codes))

    def _ask(self, request: ViewRequest) -> None:
        if self._is_suspended or _is_same(self._asked.get(request.view), request):
            return
        self._asked[request.view] = request
        self._session.ask_view(request)

    def _forget(self, view: str) -> None:
        if self._asked.pop(view, None) is not None:
            self._session.forget_view(view)

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
        return grid_places(evenly(cells.columns, rect.left(), rect.right()), rows)


def _is_same(asked: ViewRequest | None, request: ViewRequest) -> bool:
    """Whether pictures of the same codes are asked for already: to begin anew would show them coarse again."""
    if not isinstance(asked, SheetRequest) or not isinstance(request, SheetRequest):
        return False
    if (asked.run_id, asked.side, asked.codes.shape) != (request.run_id, request.side, request.codes.shape):
        return False
    return len(asked.stages) == len(request.stages) and np.allclose(asked.codes, request.codes, rtol=0, atol=1e-5)
