"""What is compared: one image, one cursor and the same random codes, carried into each model's latent space."""

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from PySide6.QtCore import QObject, QPointF, QRectF, Slot
from PySide6.QtWidgets import QWidget

from vae_desktop.data.dataset import Dataset
from vae_desktop.engine.engine import Engine
from vae_desktop.engine.pacing import Pacer
from vae_desktop.engine.run import Comparison, Run
from vae_desktop.engine.view_requests import SheetRequest
from vae_desktop.gui.controllers.compared_model import ComparedModel
from vae_desktop.gui.views.comparison.column import ComparisonColumn
from vae_desktop.gui.views.comparison.view import ComparisonView
from vae_desktop.gui.views.stage.manifold_view import tiled
from vae_desktop.gui.widgets.point_raster import bounds_of
from vae_desktop.latent.codes import Floats, Picture
from vae_desktop.latent.comparison import comparison_rows
from vae_desktop.latent.grid import Indices, coarse_first
from vae_desktop.latent.measures import COMPARED

_GRID, _RANDOM = 9, 6  # pictures in a row
_WHOLE = 512  # px: a picture alone, as it is
_KINDS = ("image", "cursor", "grid", "random")  # of what a model is asked for
_TABLE_INTERVAL = 0.5  # seconds; figures that change more often cannot be read


@dataclass(frozen=True, eq=False)
class _Shown:
    """A model and the column that shows it."""

    model: ComparedModel
    column: ComparisonColumn


class Comparer(QObject):
    """Keeps the columns at one image and one cursor, and asks the session for what they show."""

    def __init__(self, view: ComparisonView, session: Engine) -> None:
        super().__init__(view)
        self._view = view
        self._session = session
        self._shown: dict[int, _Shown] = {}
        self._cursor: Floats = np.zeros(2, np.float32)  # standard deviations from the middle, or z
        self._seed = 0
        self._image = 0
        self._room = QRectF()
        self._requests = session.inference
        self._table_pacer = Pacer(_TABLE_INTERVAL, fraction=0.03)
        self._connect()

    @property
    def cursor(self) -> Floats:
        """The shared cursor (d,): standard deviations from the middle of each model's codes, or z itself."""
        return self._cursor

    @property
    def _runs(self) -> list[Run]:
        return [shown.model.run for shown in self._shown.values()]

    # What the session says

    def show_set(self, run_set: Comparison) -> None:
        """Begin with other models, or with the same ones trained on."""
        self.leave_sight()
        is_same = tuple(self._runs) == run_set.runs
        if not is_same:
            self._view.set_set(run_set)
            self._room = QRectF()  # the new columns have their own scale until they are told
            dimensions = Counter(run.config.model.latent_dim for run in run_set.runs)
            self._cursor = np.zeros(dimensions.most_common(1)[0][0], np.float32)
            self._shown = {column.run.id: self._show_model(column) for column in self._view.columns}
        else:
            self._view.show_columns()
        for shown in self._shown.values():
            self._take_codes(shown)
        self._show_scale()
        for run in run_set.runs:
            self.show_status(run)
        self._ask_all()
        self.show_figures()

    def move_codes(self, run: Run) -> None:
        """Follow the codes of one of the models."""
        shown = self._shown.get(run.id)
        if shown is None or run.codes is None or not self._view.isVisible():
            return
        self._take_codes(shown)
        if self._view.original.picture is None:  # the first codes say how many images there are
            self.show_originals(self._session.datasets.held(run.config.dataset))
        is_common = self._view.common_scale.isChecked()
        if is_common:
            self._show_scale()
        self._ask_image(shown)
        for entry in self._shown.values() if is_common else [shown]:
            self._show_cursor(entry)
            # A grid in motion is not begun anew before it is seen, or there would never be one.
            if run.status != "training" or not self._requests.is_waiting(_view("grid", entry)):
                self._ask_spread(entry)
        self.refresh_figures()

    def show_status(self, run: Run) -> None:
        """Say how one of the models is getting on."""
        shown = self._shown.get(run.id)
        if shown is None:
            return
        words = {
            "training": self.tr("training"),
            "paused": self.tr("paused"),
            "finished": self.tr("finished"),
            "stopped": self.tr("stopped"),
            "diverged": self.tr("diverged; back at the last good step"),
            "failed": self.tr("failed"),
            "opened": self.tr("opened"),
        }
        step = len(run.history.training) if run.status in ("training", "paused") else run.progress.step
        shown.column.set_title(run.name)
        text = self.tr("{dim}-D ({axes}) · step {step} · {status}").format(
            dim=shown.model.latent_dim, axes=shown.column.axes, step=f"{step:,}", status=words[run.status]
        )
        shown.column.set_status(self.tr("samples · {text}").format(text=text) if self._as_samples(run) else text)
        beta = shown.column.beta
        if beta is not None:
            beta.setEnabled(run.status in ("training", "paused"))
            if not beta.hasFocus():
                beta.set_value(run.config.training.beta)

    def metrics_arrived(self, run: Run) -> None:
        """Losses of one of the models have come."""
        if run.id in self._shown and self._view.isVisible():
            self._view.curves.refresh()
            self.refresh_figures()

    def refresh_figures(self) -> None:
        """Show the figures, not more often than can be read."""
        now = time.monotonic()
        if self._table_pacer.is_due(now):
            self.show_figures()
            self._table_pacer.ran(now, time.monotonic())

    def show_figures(self) -> None:
        """Show the figures as they are now, with what has been measured."""
        if not self._view.isVisible():
            return
        runs, models = self._runs, [shown.model for shown in self._shown.values()]
        self._view.table.set_rows([run.name for run in runs], comparison_rows([model.figures() for model in models]))
        steps = {run.measured_step for run in runs if run.measures}
        text = self.tr("neighbours and drawn images measured after step {steps}")
        note = text.format(steps=", ".join(f"{step:,}" for step in sorted(steps))) if steps else ""
        self._view.table.set_note(note)
        for run in runs:
            self.show_status(run)

    def show_originals(self, dataset: Dataset | None) -> None:
        """Show the chosen image itself, if the data set is at hand."""
        runs = self._runs
        fits = dataset is not None and bool(runs) and dataset.config == runs[0].config.dataset
        fits = fits and dataset.image_shape == runs[0].image_shape and self._image < len(dataset.test)
        fits = fits and runs[0].codes is not None and len(runs[0].codes) == len(dataset.test)
        picture = dataset.test.images[self._image].transpose(1, 2, 0) if fits else None
        self._view.original.set_picture(picture)

    def leave_sight(self) -> None:
        """Nothing more is wanted for the columns."""
        for shown in self._shown.values():
            for kind in _KINDS:
                self._forget(kind, shown)

    def come_into_sight(self) -> None:
        """The workspace is shown: what has changed meanwhile is shown too."""
        for shown in self._shown.values():
            self._take_codes(shown)
        self._show_scale()
        self._ask_all()
        self._view.curves.redraw()
        self.show_figures()
        self.measure_trained()

    # One model

    def _show_model(self, column: ComparisonColumn) -> _Shown:
        shown = _Shown(ComparedModel(column.run), column)
        column.set_plane(shown.model.plane)
        column.place_pointed.connect(partial(self._go_to_place, shown))
        column.grid_pointed.connect(partial(self._go_to_share, shown))
        column.random_chosen.connect(partial(self._go_to_random, shown))
        column.resized.connect(partial(self._ask_spread, shown))
        return shown

    def _take_codes(self, shown: _Shown) -> None:
        """Draw the codes where they are now."""
        model, column, codes = shown.model, shown.column, shown.model.run.codes
        if codes is None or not codes.are_finite:
            return
        plane = model.plane
        model.take_codes(codes, self._as_samples(model.run))
        if model.plane is not plane:
            column.set_plane(model.plane)
        column.set_codes(model.places, codes.labels, len(model.run.class_names), glide=True)
        self._view.set_images(len(codes))

    def _as_samples(self, run: Run) -> bool:
        """Whether drawn codes are shown instead of means, which lie on one point where KL alone trains."""
        traits, points = run.config.model.traits, self._view.points.currentData()
        fits = points == "fitting" and not traits.reconstruction_weight
        return traits.is_variational and (points == "samples" or fits)

    def _show_cursor(self, shown: _Shown) -> None:
        model, code = shown.model, self._code(shown)
        if code is None:
            reason = self.tr("no cursor: it has {cursor} dimensions, this model {own}").format(
                cursor=len(self._cursor), own=model.latent_dim
            )
            shown.column.set_cursor(None, None, reason)
            self._mark_random(shown)
            return
        place = model.plane.project(code[None])[0]
        middle, reach = self._region(shown)
        shares = (place - middle) / (2 * reach) + 0.5
        share = QPointF(float(shares[0]), 1 - float(shares[1]) if len(shares) > 1 else 0.5)
        shown.column.set_cursor(place, share)
        self._mark_random(shown)

    def _mark_random(self, shown: _Shown) -> None:
        """Mark the random code that the cursor is at. One from N(0, I) is elsewhere in units of another spread."""
        code = self._code(shown)
        near = [] if code is None else np.flatnonzero(np.isclose(self._random_codes(shown), code, atol=1e-4).all(1))
        shown.column.random.set_chosen(int(near[0]) if len(near) else None)

    def _code(self, shown: _Shown) -> Floats | None:
        return shown.model.code_at(self._cursor, self._view.raw_cursor.isChecked())

    def _region(self, shown: _Shown) -> tuple[Floats, Floats]:
        """Middle and reach (k,) of a model's grid: around its own codes, or on a common scale the same for all."""
        middle, reach = shown.model.region()
        if not self._view.common_scale.isChecked():
            return middle, reach
        regions = [entry.model.region() for entry in self._shown.values()]
        widest = max(float((np.abs(at) + by).max()) for at, by in regions)
        return np.zeros_like(middle), np.full_like(reach, widest)

    # The cursor

    def _go_to_place(self, shown: _Shown, place: Floats) -> None:
        plane, code = shown.model.plane, self._code(shown)
        start = shown.model.spread.middle if code is None else code
        self._go_to(shown, plane.unproject(place[None, : len(plane.basis)], start)[0])

    def _go_to_share(self, shown: _Shown, shares: Floats) -> None:
        middle, reach = self._region(shown)
        self._go_to_place(shown, middle + (2 * shares[: len(middle)] - 1) * reach)

    def _go_to_random(self, shown: _Shown, number: int) -> None:
        self._go_to(shown, self._random_codes(shown)[number])

    def _go_to(self, shown: _Shown, code: Floats) -> None:
        """Put the cursor where this code is in that model's latent space."""
        self._cursor = shown.model.cursor_at(code, self._view.raw_cursor.isChecked())
        for entry in self._shown.values():
            self._show_cursor(entry)
            self._ask_spread(entry)  # the grid of a model of many dimensions goes through the cursor

    # What is asked for

    def _ask_all(self) -> None:
        if not self._view.isVisible():
            return
        for shown in self._shown.values():
            self._show_cursor(shown)
            self._ask_image(shown)
            self._ask_random(shown)
            self._ask_spread(shown)

    def _ask_spread(self, shown: _Shown) -> None:
        """Ask for what depends on where the codes lie."""
        self._ask_cursor(shown)
        if self._view.way.currentData() == "normal":
            self._ask_random(shown)
        if "grid" not in self._view.views:
            self._forget("grid", shown)
            return
        middle, reach = self._region(shown)
        codes = shown.model.grid_codes(_GRID, middle, reach, self._code(shown))
        self._ask("grid", shown, codes, _side(shown.column.grid, _GRID), coarse_first(_GRID, len(codes) // _GRID))

    def _ask_cursor(self, shown: _Shown) -> None:
        code = self._code(shown)
        if code is None:
            self._forget("cursor", shown)
        else:
            self._ask("cursor", shown, code[None], _WHOLE)

    def _ask_image(self, shown: _Shown) -> None:
        codes = shown.model.run.codes
        if codes is not None and self._image < len(codes):
            self._ask("image", shown, codes.mean[self._image][None], _WHOLE)

    def _ask_random(self, shown: _Shown) -> None:
        if "random" in self._view.views:
            board = shown.column.random
            board.set_tiles(_RANDOM**2, shown.model.run.image_shape[1:])
            self._ask("random", shown, self._random_codes(shown), board.tile_side())
            self._mark_random(shown)
        else:
            self._forget("random", shown)

    def _random_codes(self, shown: _Shown) -> Floats:
        return shown.model.random_codes(_RANDOM**2, self._seed, self._view.way.currentData() == "normal")

    def _ask(
        self, kind: str, shown: _Shown, codes: Floats, side: int, passes: Sequence[tuple[Indices, Indices]] = ()
    ) -> None:
        run_id = shown.model.run.id
        request = SheetRequest(_view(kind, shown), run_id, np.asarray(codes, np.float32), side, passes)
        self._requests.ask(request, partial(self._show_pictures, kind, shown))

    def _show_pictures(self, kind: str, shown: _Shown, pictures: Picture) -> None:
        column = shown.column
        if kind == "grid":
            column.grid.set_sheet(tiled(pictures, _GRID), (_GRID, len(pictures) // _GRID))
        elif kind == "random":
            column.random.set_pictures(pictures)
        elif kind == "cursor":
            column.cursor.set_picture(pictures[0])
        else:
            column.image.set_picture(pictures[0])

    def _forget(self, kind: str, shown: _Shown) -> None:
        self._requests.forget(_view(kind, shown))

    # What the person chooses

    @Slot()
    def _change_options(self) -> None:
        for shown in self._shown.values():
            self._take_codes(shown)
            self.show_status(shown.model.run)
        self._show_scale()
        self._ask_all()

    @Slot()
    def _change_unit(self) -> None:
        """Keep the cursor of the first model that has one where it is."""
        is_raw = self._view.raw_cursor.isChecked()
        for shown in self._shown.values():
            code = shown.model.code_at(self._cursor, not is_raw)
            if code is not None:
                self._cursor = shown.model.cursor_at(code, is_raw)
                break
        self._change_options()

    @Slot()
    def _draw_anew(self) -> None:
        self._seed += 1
        for shown in self._shown.values():
            self._ask_random(shown)

    @Slot(int)
    def _choose_image(self, image: int) -> None:
        self._image = image
        self.show_originals(self._session.datasets.held(self._runs[0].config.dataset) if self._runs else None)
        for shown in self._shown.values():
            self._ask_image(shown)

    def measure_trained(self) -> None:
        """Measure models on show that have been trained since they were last measured."""
        trained = [run for run in self._runs if run.status in ("finished", "stopped", "diverged")]
        stale = [run for run in trained if run.measured_step != run.progress.step]
        if stale and self._view.isVisible() and not self._session.project.active:
            self._session.measurements.start(stale, COMPARED)

    @Slot()
    def _measure(self) -> None:
        self._session.measurements.start(self._runs, COMPARED)

    def _show_scale(self) -> None:
        """Show all codes on one scale, or each model's on its own."""
        room = QRectF()
        if self._view.common_scale.isChecked():
            for shown in self._shown.values():
                room = room.united(bounds_of(shown.model.places))
        if room != self._room:
            self._room = room
            for shown in self._shown.values():
                shown.column.set_room(room)

    def _connect(self) -> None:
        view = self._view
        view.options_changed.connect(self._change_options)
        view.raw_cursor.toggled.disconnect(view.options_changed)
        view.raw_cursor.toggled.connect(self._change_unit)
        view.views_changed.connect(self._ask_all)
        view.random_wanted.connect(self._draw_anew)
        view.image_chosen.connect(self._choose_image)
        view.table.measure_requested.connect(self._measure)
        view.table.cancel_requested.connect(self._session.measurements.cancel)


def _view(kind: str, shown: _Shown) -> str:
    return f"compared {kind} {shown.model.run.id}"


def _side(board: QWidget, count: int) -> int:
    """Length in screen pixels of one of so many pictures in a row."""
    return max(4, round(board.width() * board.devicePixelRatioF() / count))
