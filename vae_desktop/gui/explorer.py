"""What is explored of the model on screen: the plane, and what its views need decoded at the current point."""

import time
from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QObject, QRectF, Slot

from vae_desktop.data.dataset import Dataset
from vae_desktop.engine.messages import Decoded, ViewAnswered
from vae_desktop.engine.pacing import Pacer
from vae_desktop.engine.run import Run
from vae_desktop.engine.session import Session
from vae_desktop.engine.view_requests import HolesRequest, SheetRequest, ViewRequest
from vae_desktop.errors import UserError
from vae_desktop.gui.latent_panel import LatentPanel
from vae_desktop.gui.latent_point import LatentPoint
from vae_desktop.gui.manifold_view import tiled
from vae_desktop.gui.slider_groove import FRAME
from vae_desktop.gui.stage import Stage
from vae_desktop.latent.codes import Codes, Floats, Picture
from vae_desktop.latent.grid import coarse_first, evenly, grid_places
from vae_desktop.latent.plane import Plane, axis_plane, principal_plane
from vae_desktop.latent.posteriors import kl_by_dimension

_TILE = 28  # px, of the manifold under the points
_HOLE_CELL = 7  # px
_PANEL_INTERVAL = 0.5  # seconds; order and ranges that change more often cannot be read
_HOLES_INTERVAL = 1.0  # seconds between two maps of holes while training
_MOST_TILES, _MOST_CELLS = 900, 8000


class Explorer(QObject):
    """Keeps scatter, sliders and grid in one plane and at one point, and asks the session for what they show."""

    def __init__(self, stage: Stage, panel: LatentPanel, point: LatentPoint, session: Session) -> None:
        super().__init__(stage)
        self._stage = stage
        self._scatter, self._manifold, self._tools = stage.scatter, stage.manifold, stage.scatter.tools
        self._panel = panel
        self._point = point
        self._session = session
        self._plane: Plane = axis_plane((0, 1), 2)
        self._layout_step = -1  # of the model whose codes are laid out
        self._asked: dict[str, ViewRequest] = {}
        self._film_plan: list[tuple[int, int]] = []  # dimension and number of frames
        self._fields: dict[str, tuple[QRectF, int]] = {}  # where a field lies, and its columns
        self._panel_pacer = Pacer(_PANEL_INTERVAL, share=0.03)
        self._holes_pacer = Pacer(_HOLES_INTERVAL, share=0.2)
        self._holes_asked: float | None = None  # when, until they are answered
        self._random = np.random.default_rng()
        self._connect()

    # What the session says of the run on screen

    def show_run(self, run: Run) -> None:
        """Begin with another model."""
        latent_dim = run.config.model.latent_dim
        self._end_layout()
        self._tools.set_latent_dim(latent_dim)
        self._tools.set_projection("axes")
        self._tools.note.set_text("")
        codes = run.codes
        if latent_dim > 2 and codes is not None and codes.log_stddev is not None and codes.are_finite:
            self._tools.set_axes(np.sort(np.argsort(-kl_by_dimension(codes), kind="stable")[:2]).tolist())
        self._plane = self._chosen_plane(latent_dim, None)
        self._scatter.set_model(all_codes(run), run.class_names, self._plane)
        self._panel.set_latent_dim(latent_dim)
        self._asked.clear()
        self._holes_asked = None
        self._panel.sliders.clear_films()
        self._manifold.board.set_sheet(None)
        self._point.resize(latent_dim)
        if codes is not None:
            self._panel.set_codes(codes, is_new=True)
        self._show_in_grid()

    def move_codes(self, run: Run) -> None:
        """Follow the codes of the model on screen."""
        codes = all_codes(run)
        if codes is None or run.codes is None:
            return
        is_first = self._scatter.drawn is None
        if self._tools.projection == "pca":
            self._plane = principal_plane(run.codes.mean, self._plane)
            self._scatter.set_codes(codes, self._plane)
        else:
            self._scatter.set_codes(codes)
        if self._tools.projection == "tsne":
            self._describe_layout(run)
        if self._point.is_peeking and self._scatter.hover.index is not None:
            self._peek_at_image(self._scatter.hover.index)
        now = time.monotonic()
        if is_first or run.status != "training" or self._panel_pacer.is_due(now):
            self._panel.set_codes(run.codes, is_new=is_first)
            self._panel_pacer.ran(now, time.monotonic())
            if self._manifold.spans_matter():
                self._show_in_grid(with_fields=False)
        # One at a time: at each move of the codes a new one would begin, and none would ever be done.
        if run.status != "training" or (self._holes_asked is None and self._holes_pacer.is_due(now)):
            self._ask_holes()

    def show_originals(self, run: Run, dataset: Dataset | None) -> None:
        """Show the images behind the codes, as far as they are at hand."""
        is_there = dataset is not None and run.codes is not None and len(dataset.test) == len(run.codes)
        self._scatter.set_originals(
            _Originals(dataset) if is_there else (),
            self.tr("Load {data} to see the originals").format(data=run.config.dataset.label),
        )
        is_same = is_there and dataset.image_shape == run.image_shape
        reason = self.tr("Load {data} to see its training images").format(data=run.config.dataset.label)
        self._tools.set_can_embed_training("" if is_same else reason)

    def show_picture(self, decoded: Decoded) -> None:
        """Show the picture of the newest point, or of the code that is peeked at."""
        self._panel.image.set_picture(decoded.picture)
        if self._point.is_peeking and decoded.request_id == self._session.last_request:
            self._scatter.hover.show_reconstruction(decoded.picture)

    def show_answer(self, answer: ViewAnswered) -> None:
        """Show what a view has asked for, unless it has asked for something else since."""
        view = answer.request.view
        if self._asked.get(view) is not answer.request:
            return
        if view == "films":
            self._show_films(answer.value)
        elif view == "grid":
            self._manifold.show_pictures(answer.value)
        elif view == "manifold":
            rect, columns = self._fields[view]
            self._scatter.overlays.set_manifold(tiled(answer.value, columns), rect)
        elif view == "holes":
            if self._holes_asked is not None:
                self._holes_pacer.ran(self._holes_asked, time.monotonic())
                self._holes_asked = None
            rect, columns = self._fields[view]
            self._scatter.show_holes(answer.value.reshape(-1, columns), rect)

    # The current point

    @Slot(object)
    def _follow_point(self, code: Floats) -> None:
        """The point has moved; what is drawn along other directions has changed with it."""
        self._scatter.set_point(code)
        self._manifold.set_place(self._plane.project(code[None])[0])
        self._ask_films()
        if self._plane.latent_dim > len(self._plane.basis):
            self._ask_grid()
            self._ask_manifold()
            self._ask_holes()
        self._show_can_reset()

    @Slot(object)
    def _show_locks(self, locked: frozenset[int]) -> None:
        self._panel.sliders.set_locked(locked)
        self._show_can_reset()

    def _show_can_reset(self) -> None:
        code = self._point.code
        free = [dimension for dimension in range(len(code)) if dimension not in self._point.locked]
        self._panel.set_can_reset(bool(np.any(code[free] != 0)))

    @Slot(object)
    def _go_to_place(self, place: Floats) -> None:
        self._scatter.set_chosen(None)
        self._point.move_to(self._plane.lift(place[None], self._point.code)[0])

    @Slot(int)
    def _go_to_image(self, image: int) -> None:
        codes = self._scatter.drawn
        if codes is not None and image < len(codes):
            self._point.move_to(codes.mean[image])
            self._scatter.set_chosen(image)
            self._scatter.end_invitation()
            if self._tools.projection == "tsne":
                self._tools.note.set_text(
                    self.tr("at image {number}, the nearest code: t-SNE has no inverse").format(number=f"{image:,}")
                )

    @Slot(int)
    def _peek_at_image(self, image: int) -> None:
        codes = self._scatter.drawn
        if codes is not None and image < len(codes):
            self._point.peek_at(codes.mean[image])

    @Slot(int, float)
    def _set_coordinate(self, dimension: int, value: float) -> None:
        self._scatter.end_invitation()
        self._point.set_coordinate(dimension, value)

    @Slot()
    def _reset_point(self) -> None:
        self._point.move_to(np.zeros_like(self._point.code))

    @Slot(float)
    def _randomise_point(self, temperature: float) -> None:
        self._point.move_to(temperature * self._random.standard_normal(len(self._point.code)))

    # The plane

    def _chosen_plane(self, latent_dim: int, codes: Codes | None) -> Plane:
        if latent_dim == 1:
            return axis_plane((0,), 1)
        if self._tools.projection == "pca" and codes is not None:
            return principal_plane(codes.mean)
        return axis_plane(self._tools.axes, latent_dim)

    @Slot()
    def _change_plane(self) -> None:
        run = self._session.shown
        self._end_layout()
        self._tools.note.set_text("")
        if run is None:
            return
        if self._tools.projection == "tsne":
            self._lay_out()
            return
        self._plane = self._chosen_plane(run.config.model.latent_dim, run.codes)
        self._scatter.set_plane(self._plane)
        self._show_in_grid()

    @Slot()
    def _lay_out(self) -> None:
        """Begin t-SNE of the codes as they are now; until there is a layout, the plane stays in sight."""
        run, codes = self._session.shown, self._scatter.drawn
        if run is None or codes is None:
            self._tools.set_projection("axes")
            return
        self._layout_step = len(run.history.training)
        self._tools.show_progress(0, 1)
        self._tools.note.set_text(self.tr("looking for neighbours…"))
        self._session.lay_out(codes.mean, self._show_layout, self._layout_ended, self._layout_progressed)

    def _show_layout(self, places: Floats) -> None:
        if self._scatter.drawn is not None and len(places) == len(self._scatter.drawn):
            self._scatter.set_layout(places)

    def _layout_progressed(self, done: int, total: int) -> None:
        self._tools.show_progress(done, total)
        if done:
            self._tools.note.set_text(self.tr("t-SNE, step {done} of {total}").format(done=done, total=total))

    def _layout_ended(self, error: Exception | None) -> None:
        self._tools.end_progress(can_update=error is None)
        run = self._session.shown
        if error is None and run is not None:
            self._describe_layout(run)
            return
        self._tools.set_projection("axes")
        self._change_plane()
        self._tools.note.set_text(str(error) if isinstance(error, UserError) else "")
        if error is not None and not isinstance(error, UserError):
            raise error

    def _describe_layout(self, run: Run) -> None:
        if not self._session.layouts.is_running:
            has_moved = len(run.history.training) != self._layout_step
            self._tools.note.set_text(
                self.tr("codes after step {step}; they have moved since").format(step=f"{self._layout_step:,}")
                if has_moved
                else self.tr("neighbourhoods, without a scale")
            )

    @Slot()
    def _cancel_layout(self) -> None:
        has_places = self._scatter.has_layout
        self._end_layout()
        if has_places:
            self._tools.end_progress(can_update=True)
            self._tools.note.set_text(self.tr("t-SNE, ended before it was done"))
        else:
            self._tools.set_projection("axes")
            self._change_plane()

    def _end_layout(self) -> None:
        self._session.layouts.cancel()
        self._tools.end_progress()

    # What the views need

    def _ask(self, request: ViewRequest) -> None:
        self._asked[request.view] = request
        self._session.ask_view(request)

    def _forget(self, view: str) -> None:
        if self._asked.pop(view, None) is not None:
            self._session.forget_view(view)

    @Slot()
    def _ask_films(self) -> None:
        run = self._session.shown
        sliders = self._panel.sliders
        dimensions = sliders.visible_dimensions()
        if run is None or not dimensions:
            return
        codes, self._film_plan = [], []
        for dimension in dimensions:
            values = sliders.frames(dimension)
            film = np.repeat(self._point.code[None], len(values), axis=0)
            film[:, dimension] = values
            codes.append(film)
            self._film_plan.append((dimension, len(values)))
        side = round(FRAME * self._panel.devicePixelRatioF())
        self._ask(SheetRequest("films", run.id, np.concatenate(codes), side))

    def _show_films(self, pictures: Picture) -> None:
        start = 0
        for dimension, count in self._film_plan:
            self._panel.sliders.set_film(dimension, pictures[start : start + count])
            start += count

    @Slot()
    def _show_in_grid(self, with_fields: bool = True) -> None:
        """Show the plane in the grid, and what has to be decoded for it and under the points."""
        self._manifold.set_plane(self._plane, self._spans())
        self._manifold.set_place(self._plane.project(self._point.code[None])[0])
        self._ask_grid()
        if with_fields:
            self._ask_fields()

    def _spans(self) -> list[tuple[float, float]]:
        """The ranges of the codes along the plane's directions, at least that of the prior's middle."""
        run = self._session.shown
        prior = [(-1.0, 1.0)] * len(self._plane.basis)
        if run is None or run.codes is None:
            return prior
        places = self._plane.project(run.codes.mean)
        places = places[np.isfinite(places).all(1)]
        if not len(places):
            return prior
        return [_round_span(low, high) for low, high in zip(places.min(0), places.max(0), strict=True)]

    @Slot()
    def _ask_grid(self) -> None:
        run = self._session.shown
        if run is None or not self._manifold.isVisible():
            self._forget("grid")
            return
        codes = self._plane.lift(self._manifold.places(), self._point.code)
        stages = coarse_first(*self._manifold.grid_shape())
        self._ask(SheetRequest("grid", run.id, codes, self._manifold.tile_side(), stages))

    @Slot()
    def _ask_manifold(self) -> None:
        """Ask for what the decoder draws under the points in sight."""
        run = self._session.shown
        if run is None or not self._wants("manifold"):
            self._forget("manifold")
            return
        rect, columns, rows = self._cells(_TILE, _MOST_TILES)
        has_rows = len(self._plane.basis) > 1
        if not has_rows:  # one row, at the lower edge
            rect.setBottom(rect.top() + rect.width() / columns)
            rows = 1
        places = grid_places(
            evenly(columns, rect.left(), rect.right()), evenly(rows, rect.top(), rect.bottom()) if has_rows else None
        )
        codes = self._plane.lift(places, self._point.code)
        self._fields["manifold"] = rect, columns
        side = round(_TILE * self._scatter.devicePixelRatioF())
        self._ask(SheetRequest("manifold", run.id, codes, side, coarse_first(columns, rows)))

    @Slot()
    def _ask_holes(self) -> None:
        run = self._session.shown
        codes = None if run is None else all_codes(run)
        if run is None or codes is None or not self._wants("holes"):
            self._forget("holes")
            self._holes_asked = None
            return
        rect, columns, rows = self._cells(_HOLE_CELL, _MOST_CELLS)
        y = evenly(rows, rect.top(), rect.bottom()) if len(self._plane.basis) > 1 else None
        places = grid_places(evenly(columns, rect.left(), rect.right()), y)
        self._fields["holes"] = rect, columns
        self._holes_asked = time.monotonic()
        self._ask(HolesRequest("holes", run.id, self._plane.lift(places, self._point.code), codes))

    def _wants(self, overlay: str) -> bool:
        is_shown = overlay in self._tools.overlays and self._scatter.isVisible()
        return is_shown and self._tools.projection != "tsne"

    def _cells(self, pixels: int, most: int) -> tuple[QRectF, int, int]:
        """What is in sight, and how many columns and rows of cells of so many pixels, or larger ones, cover it."""
        rect, pixel = self._scatter.plot.view_rect(), self._scatter.plot.pixel_size()
        width, height = rect.width() / pixel, rect.height() / pixel
        size = max(pixels, (width * height / most) ** 0.5)
        return rect, max(1, round(width / size)), max(1, round(height / size))

    @Slot()
    def _ask_fields(self) -> None:
        self._ask_manifold()
        self._ask_holes()

    @Slot()
    def _ask_all(self) -> None:
        self._ask_grid()
        self._ask_fields()

    def _connect(self) -> None:
        point, scatter, tools, sliders = self._point, self._scatter, self._tools, self._panel.sliders
        point.seen.connect(self._session.decode)
        point.seen.connect(self._panel.set_point)
        point.moved.connect(self._follow_point)
        point.locks_changed.connect(self._show_locks)
        scatter.place_pointed.connect(self._go_to_place)
        scatter.image_chosen.connect(self._go_to_image)
        scatter.image_hovered.connect(self._peek_at_image)
        scatter.hover_ended.connect(point.put_back)
        scatter.plot.view_changed.connect(self._ask_fields)
        self._manifold.place_pointed.connect(self._go_to_place)
        self._manifold.grid_changed.connect(self._show_in_grid)
        self._manifold.board.resized.connect(self._ask_grid)
        tools.projection_chosen.connect(self._change_plane)
        tools.axes_chosen.connect(self._change_plane)
        tools.overlays_changed.connect(self._ask_fields)
        tools.cancel_requested.connect(self._cancel_layout)
        tools.update_requested.connect(self._lay_out)
        tools.training_images_wanted.connect(self._session.embed_training)
        sliders.coordinate_changed.connect(self._set_coordinate)
        sliders.lock_toggled.connect(point.set_locked)
        sliders.films_outdated.connect(self._ask_films)
        self._panel.reset_requested.connect(self._reset_point)
        self._panel.randomise_requested.connect(self._randomise_point)
        self._stage.views_changed.connect(self._ask_all)


class _Originals(Sequence[Picture]):
    """The images (H, W, C) of a data set: those of the test set, then the training images."""

    def __init__(self, dataset: Dataset) -> None:
        self._parts = dataset.test.images, dataset.train.images

    def __len__(self) -> int:
        return sum(map(len, self._parts))

    def __getitem__(self, place: int) -> Picture:  # type: ignore[override]
        test, train = self._parts
        image = test[place] if place < len(test) else train[place - len(test)]
        return image.transpose(1, 2, 0)


def all_codes(run: Run) -> Codes | None:
    """The codes of the test images, then those of the training images if they are there."""
    test, train = run.codes, run.train_codes
    if test is None or train is None:
        return test
    has_stddev = test.log_stddev is not None and train.log_stddev is not None
    return Codes(
        np.concatenate((test.mean, train.mean)),
        np.concatenate((test.log_stddev, train.log_stddev)) if has_stddev else None,
        np.concatenate((test.labels, train.labels)) if test.labels is not None and train.labels is not None else None,
    )


def _round_span(low: float, high: float) -> tuple[float, float]:
    """A range widened to steps, so that a grid over it does not tremble while codes move."""
    step = 2.0 ** np.floor(np.log2(max(high - low, 0.5))) / 8
    return float(np.floor(low / step) * step), float(np.ceil(high / step) * step)
