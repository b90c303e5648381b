"""What is compared: one image, one cursor and the same random codes, carried into each model's latent space."""

import time
from collections import Counter
from dataclasses import dataclass, field

import numpy as np
from PySide6.QtCore import QObject, QPointF, QRectF, Slot

from vae_desktop.data.dataset import Dataset
from vae_desktop.engine.messages import ViewAnswered
from vae_desktop.engine.pacing import Pacer
from vae_desktop.engine.run import Run, RunSet
from vae_desktop.engine.session import Session
from vae_desktop.engine.view_requests import SheetRequest
from vae_desktop.gui.comparison.column import ComparisonColumn
from vae_desktop.gui.comparison.view import ComparisonView
from vae_desktop.gui.manifold_view import tiled
from vae_desktop.gui.point_raster import bounds_of
from vae_desktop.latent.codes import Codes, Floats
from vae_desktop.latent.comparison import Compared, comparison_rows, figures_of
from vae_desktop.latent.grid import coarse_first, evenly, grid_places
from vae_desktop.latent.measures import COMPARED
from vae_desktop.latent.plane import Plane, axis_plane, followed_plane, principal_plane
from vae_desktop.latent.posteriors import sampled
from vae_desktop.latent.spread import CodeSpread

_GRID = 9  # pictures in a row
_RANDOM_COLUMNS, _RANDOM_ROWS = 6, 6
_REACH = 2.0  # standard deviations that a grid goes from the middle of the codes
_SAME_SPREAD = 0.05  # of a standard deviation; a grid that trembles would be decoded anew each time
_TABLE_INTERVAL = 0.5  # seconds; figures that change more often cannot be read
_LIVE = ("reconstruction", "kl", "mean_sigma", "spread_of_means", "active_units")


@dataclass(eq=False)
class _Compared:
    """What is known of one model on show."""

    column: ComparisonColumn
    plane: Plane
    spread: CodeSpread
    places: Floats = field(default_factory=lambda: np.empty((0, 2), np.float32))

    @property
    def run(self) -> Run:
        return self.column.run

    @property
    def latent_dim(self) -> int:
        return self.plane.latent_dim

    def middle_and_reach(self) -> tuple[Floats, Floats]:
        """(k,) each: where the codes' middle is in the plane, and how far a grid goes from there."""
        middle, stddev = self.spread.along(self.plane.basis)
        return middle.astype(np.float32), (_REACH * stddev).astype(np.float32)


class Comparer(QObject):
    """Keeps the columns at one image and one cursor, and asks the session for what they show."""

    def __init__(self, view: ComparisonView, session: Session) -> None:
        super().__init__(view)
        self._view = view
        self._session = session
        self._models: dict[int, _Compared] = {}
        self._cursor: Floats = np.zeros(2, np.float32)  # standard deviations from the middle, or z
        self._seed = 0
        self._image = 0
        self._room = QRectF()
        self._asked: dict[str, SheetRequest] = {}
        self._noise: dict[tuple[int, int], Floats] = {}
        self._table_pacer = Pacer(_TABLE_INTERVAL, share=0.03)
        self._connect()

    @property
    def cursor(self) -> Floats:
        """The shared cursor (d,): standard deviations from the middle of each model's codes, or z itself."""
        return self._cursor

    # What the session says

    def show_set(self, run_set: RunSet) -> None:
        """Begin with other models, or with the same ones trained on."""
        self.leave_sight()
        is_same = tuple(model.run for model in self._models.values()) == run_set.runs
        if not is_same:
            self._view.set_set(run_set)
            dimensions = Counter(run.config.model.latent_dim for run in run_set.runs)
            self._cursor = np.zeros(dimensions.most_common(1)[0][0], np.float32)
            self._models = {column.run.id: self._model(column) for column in self._view.columns}
        else:
            self._view.show_columns()
        for model in self._models.values():
            self._take_codes(model)
        self._show_scale()
        for run in run_set.runs:
            self.show_status(run)
        self._ask_all()
        self.show_figures()

    def move_codes(self, run: Run) -> None:
        """Follow the codes of one of the models."""
        model = self._models.get(run.id)
        if model is None or run.codes is None or not self._view.isVisible():
            return
        has_moved = self._take_codes(model)
        if self._view.original.picture is None:  # the first codes say how many images there are
            self.show_originals(self._session.loaded(run.config.dataset))
        is_common = self._view.common_scale.isChecked()
        if is_common:
            self._show_scale()
        self._ask_image(model)
        for entry in self._models.values() if is_common and has_moved else [model]:
            self._show_cursor(entry)
            if has_moved:
                self._ask_spread(entry)
        self.refresh_figures()

    def show_answer(self, answer: ViewAnswered) -> None:
        """Show pictures of one of the models, unless others have been asked for since."""
        request = answer.request
        if self._asked.get(request.view) is not request:
            return
        column = self._models[request.run_id].column
        kind = request.view.split()[1]
        if kind == "grid":
            rows = 1 if len(self._models[request.run_id].plane.basis) == 1 else _GRID
            column.grid.set_sheet(tiled(answer.value, _GRID), (_GRID, rows))
        elif kind == "random":
            column.random.set_sheet(tiled(answer.value, _RANDOM_COLUMNS), (_RANDOM_COLUMNS, _RANDOM_ROWS))
        elif kind == "cursor":
            column.cursor.set_picture(answer.value[0])
        else:
            column.image.set_picture(answer.value[0])

    def show_status(self, run: Run) -> None:
        """Say how one of the models is getting on."""
        model = self._models.get(run.id)
        if model is None:
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
        model.column.set_title(run.name)
        text = self.tr("{dim}-D ({axes}) · step {step} · {status}").format(
            dim=model.latent_dim, axes=model.column.axes, step=f"{step:,}", status=words[run.status]
        )
        model.column.set_status(text)
        beta = model.column.beta
        if beta is not None:
            beta.setEnabled(run.status in ("training", "paused"))
            if not beta.hasFocus():
                beta.set_value(run.config.training.beta)

    def metrics_arrived(self, run: Run) -> None:
        """Losses of one of the models have come."""
        if run.id in self._models and self._view.isVisible():
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
        runs = [model.run for model in self._models.values()]
        self._view.table.set_rows([run.name for run in runs], comparison_rows([_figures(run) for run in runs]))
        steps = {run.measured_step for run in runs if run.measures}
        text = self.tr("neighbours and drawn images measured after step {steps}")
        note = text.format(steps=", ".join(f"{step:,}" for step in sorted(steps))) if steps else ""
        self._view.table.set_note(note)
        for run in runs:
            self.show_status(run)

    def show_originals(self, dataset: Dataset | None) -> None:
        """Show the chosen image itself, if the data set is at hand."""
        runs = [model.run for model in self._models.values()]
        fits = dataset is not None and bool(runs) and dataset.config == runs[0].config.dataset
        fits = fits and dataset.image_shape == runs[0].image_shape and self._image < len(dataset.test)
        fits = fits and runs[0].codes is not None and len(runs[0].codes) == len(dataset.test)
        picture = dataset.test.images[self._image].transpose(1, 2, 0) if fits else None
        self._view.original.set_picture(picture)

    def leave_sight(self) -> None:
        """Nothing more is wanted for the columns."""
        for view in self._asked:
            self._session.forget_view(view)
        self._asked.clear()

    def come_into_sight(self) -> None:
        """The workspace is shown: what has changed meanwhile is shown too."""
        for model in self._models.values():
            self._take_codes(model)
        self._show_scale()
        self._ask_all()
        self._view.curves.redraw()
        self.show_figures()
        self.measure_trained()

    # One model

    def _model(self, column: ComparisonColumn) -> _Compared:
        latent_dim = column.run.config.model.latent_dim
        plane = axis_plane((0,) if latent_dim == 1 else (0, 1), latent_dim)
        codes = column.run.codes
        if latent_dim > 2 and codes is not None and codes.are_finite:
            plane = principal_plane(codes.mean)
        model = _Compared(column, plane, CodeSpread.of_prior(latent_dim))
        column.set_plane(plane)
        run_id = column.run.id
        column.place_pointed.connect(lambda place: self._go_to_place(run_id, place))
        column.grid_pointed.connect(lambda shares: self._go_to_share(run_id, shares))
        column.random_chosen.connect(lambda number: self._go_to_random(run_id, number))
        column.resized.connect(lambda: self._ask_spread(model))
        return model

    def _take_codes(self, model: _Compared) -> bool:
        """Draw the codes where they are now; return whether their plane, middle or spread has changed visibly."""
        codes = model.run.codes
        if codes is None or not codes.are_finite:
            return False
        drawn = _drawn(codes, self._shows_samples(model.run), self._noise)
        has_turned = False
        if model.latent_dim > 2:
            plane = followed_plane(drawn.mean, model.plane)
            has_turned = plane is not model.plane
            if has_turned:
                model.plane = plane
                model.column.set_plane(plane)
        spread = CodeSpread.of(codes)
        change = np.abs(np.concatenate((spread.middle - model.spread.middle, spread.stddev - model.spread.stddev)))
        has_moved = bool((change > _SAME_SPREAD * float(model.spread.stddev.max())).any())
        if has_moved or model.run.status != "training":
            model.spread = spread
        places = model.plane.project(drawn.mean)
        if places.shape[1] == 1:
            places = np.column_stack((places, _spread_by_class(codes)))
        model.places = places
        model.column.set_codes(places, codes.labels, len(model.run.class_names), glide=True)
        self._view.set_images(len(codes))
        return has_moved or has_turned

    def _shows_samples(self, run: Run) -> bool:
        """The means of a model trained by KL alone lie on one point, and tell nothing."""
        return self._view.samples.isChecked() or not run.config.model.traits.reconstruction_weight

    def _show_cursor(self, model: _Compared) -> None:
        code = self._code(model)
        if code is None:
            reason = self.tr("no cursor: it has {cursor} dimensions, this model {own}").format(
                cursor=len(self._cursor), own=model.latent_dim
            )
            model.column.set_cursor(None, None, reason)
            return
        place = model.plane.project(code[None])[0]
        middle, reach = self._region(model)
        shares = (place - middle) / (2 * reach) + 0.5
        share = QPointF(float(shares[0]), 1 - float(shares[1]) if len(shares) > 1 else 0.5)
        model.column.set_cursor(place, share)

    def _code(self, model: _Compared) -> Floats | None:
        """The cursor as a code (d,) of a model; None where the model has other dimensions."""
        if len(self._cursor) != model.latent_dim:
            return None
        return self._cursor if self._view.raw_cursor.isChecked() else model.spread.to_codes(self._cursor)

    def _region(self, model: _Compared) -> tuple[Floats, Floats]:
        """Middle and reach (k,) of a model's grid: around its own codes, or on a common scale the same for all."""
        middle, reach = model.middle_and_reach()
        if not self._view.common_scale.isChecked():
            return middle, reach
        regions = [entry.middle_and_reach() for entry in self._models.values()]
        widest = max(float((np.abs(at) + by).max()) for at, by in regions)
        return np.zeros_like(middle), np.full_like(reach, widest)

    # The cursor

    def _go_to_place(self, run_id: int, place: Floats) -> None:
        model = self._models[run_id]
        code = self._code(model)
        start = model.spread.middle if code is None else code
        self._go_to(model, model.plane.lift(place[None, : len(model.plane.basis)], start)[0])

    def _go_to_share(self, run_id: int, shares: Floats) -> None:
        model = self._models[run_id]
        middle, reach = self._region(model)
        self._go_to_place(run_id, middle + (2 * shares[: len(middle)] - 1) * reach)

    def _go_to_random(self, run_id: int, number: int) -> None:
        model = self._models[run_id]
        self._go_to(model, self._random_codes(model)[number])

    def _go_to(self, model: _Compared, code: Floats) -> None:
        """Put the cursor where this code is in that model's latent space."""
        is_raw = self._view.raw_cursor.isChecked()
        self._cursor = np.asarray(code if is_raw else model.spread.to_units(code), np.float32)
        for entry in self._models.values():
            self._show_cursor(entry)
            self._ask_spread(entry)  # the grid of a model of many dimensions goes through the cursor

    # What is asked for

    def _ask_all(self) -> None:
        if not self._view.isVisible():
            return
        for model in self._models.values():
            self._show_cursor(model)
            self._ask_image(model)
            self._ask_random(model)
            self._ask_spread(model)

    def _ask_spread(self, model: _Compared) -> None:
        """Ask for what depends on where the codes lie."""
        self._ask_cursor(model)
        if self._view.way.currentData() == "normal":
            self._ask_random(model)
        if "grid" not in self._view.views:
            self._forget("grid", model)
            return
        middle, reach = self._region(model)
        columns = evenly(_GRID, float(middle[0] - reach[0]), float(middle[0] + reach[0]))
        rows = None
        if len(middle) > 1:
            rows = evenly(_GRID, float(middle[1] - reach[1]), float(middle[1] + reach[1]))
        code = self._code(model)
        codes = model.plane.lift(grid_places(columns, rows), model.spread.middle if code is None else code)
        side = max(4, round(model.column.grid.width() * model.column.devicePixelRatioF() / _GRID))
        self._ask("grid", model, codes, side, coarse_first(_GRID, _GRID if rows is not None else 1))

    def _ask_cursor(self, model: _Compared) -> None:
        code = self._code(model)
        if code is None:
            self._forget("cursor", model)
        else:
            self._ask("cursor", model, code[None])

    def _ask_image(self, model: _Compared) -> None:
        codes = model.run.codes
        if codes is not None and self._image < len(codes):
            self._ask("image", model, codes.mean[self._image][None])

    def _ask_random(self, model: _Compared) -> None:
        if "random" not in self._view.views:
            self._forget("random", model)
            return
        side = max(4, round(model.column.random.width() * model.column.devicePixelRatioF() / _RANDOM_COLUMNS))
        self._ask("random", model, self._random_codes(model), side)

    def _random_codes(self, model: _Compared) -> Floats:
        """The same noise for all, as far as they have dimensions; (M, d)."""
        noise = _noise(_RANDOM_COLUMNS * _RANDOM_ROWS, model.latent_dim, self._seed)
        return model.spread.to_codes(noise) if self._view.way.currentData() == "normal" else noise

    def _ask(self, kind: str, model: _Compared, codes: Floats, side: int = 512, stages: object = ()) -> None:
        view = f"compared {kind} {model.run.id}"
        request = SheetRequest(view, model.run.id, np.asarray(codes, np.float32), side, stages)
        asked = self._asked.get(view)
        if asked is not None and asked.side == side and np.array_equal(asked.codes, request.codes):
            return
        self._asked[view] = request
        self._session.ask_view(request)

    def _forget(self, kind: str, model: _Compared) -> None:
        view = f"compared {kind} {model.run.id}"
        if self._asked.pop(view, None) is not None:
            self._session.forget_view(view)

    # What the person chooses

    @Slot()
    def _change_options(self) -> None:
        for model in self._models.values():
            self._take_codes(model)
        self._show_scale()
        self._ask_all()

    @Slot()
    def _change_unit(self) -> None:
        """Keep the cursor of the first model that has one where it is."""
        is_raw = self._view.raw_cursor.isChecked()
        model = next((entry for entry in self._models.values() if entry.latent_dim == len(self._cursor)), None)
        if model is not None:
            convert = model.spread.to_codes if is_raw else model.spread.to_units
            self._cursor = convert(self._cursor)
        self._change_options()

    @Slot()
    def _draw_anew(self) -> None:
        self._seed += 1
        for model in self._models.values():
            self._ask_random(model)

    @Slot(int)
    def _choose_image(self, image: int) -> None:
        self._image = image
        runs = [model.run for model in self._models.values()]
        self.show_originals(self._session.loaded(runs[0].config.dataset) if runs else None)
        for model in self._models.values():
            self._ask_image(model)

    def measure_trained(self) -> None:
        """Measure models on show that have been trained since they were last measured."""
        runs = [model.run for model in self._models.values()]
        trained = [run for run in runs if run.status in ("finished", "stopped", "diverged")]
        stale = [run for run in trained if run.measured_step != run.progress.step]
        if stale and self._view.isVisible() and not self._session.active:
            self._session.measure(stale, COMPARED)

    @Slot()
    def _measure(self) -> None:
        self._session.measure([model.run for model in self._models.values()], COMPARED)

    def _show_scale(self) -> None:
        """Show all codes on one scale, or each model's on its own."""
        room = QRectF()
        if self._view.common_scale.isChecked():
            for model in self._models.values():
                room = room.united(bounds_of(model.places))
        if room != self._room:
            self._room = room
            for model in self._models.values():
                model.column.set_room(room)

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


def _figures(run: Run) -> Compared:
    """The figures of a run: the newest of those that training gives, with what was measured."""
    live = {} if run.codes is None else figures_of(run.codes)
    evaluation = run.history.last_evaluation
    if evaluation is not None:
        live |= {"reconstruction": evaluation.reconstruction, "kl": evaluation.kl}
    return Compared(run.config, {**run.measures, **{name: live[name] for name in _LIVE if name in live}})


def _drawn(codes: Codes, as_samples: bool, kept: dict[tuple[int, int], Floats]) -> Codes:
    """Codes, or samples in their place, always with the same noise."""
    if not as_samples or codes.log_stddev is None:
        return codes
    shape = codes.mean.shape
    if shape not in kept:
        kept[shape] = _noise(*shape, seed=0)
    return sampled(codes, kept[shape])


def _noise(count: int, latent_dim: int, seed: int) -> Floats:
    """Noise (count, d) from N(0, I); of fewer dimensions, the first ones are the same."""
    rows = np.random.default_rng(seed).standard_normal((latent_dim, count), np.float32)
    return np.ascontiguousarray(rows.T)


def _spread_by_class(codes: Codes) -> Floats:
    """Heights (N,) that part the classes of a one-dimensional latent space; they mean nothing else."""
    jitter = np.random.default_rng(0).uniform(-0.4, 0.4, len(codes))
    labels = np.zeros(len(codes)) if codes.labels is None else codes.labels
    classes = max(int(labels.max()) + 1, 1)
    return ((labels + jitter - (classes - 1) / 2) * (10 / 3) / classes).astype(np.float32)
