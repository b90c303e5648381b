"""One of the models that are compared, in its column: its latent space, and what is decoded of it."""

import re
import time
from collections.abc import Sequence
from functools import lru_cache, partial

import numpy as np
from PySide6.QtCore import QObject, QPointF, Slot
from PySide6.QtWidgets import QWidget

from vae_desktop.engine.engine import Engine
from vae_desktop.engine.view_requests import MissingRequest
from vae_desktop.gui.controllers.compared_figures import compared_figures, is_active
from vae_desktop.gui.controllers.latent_point import LatentPoint
from vae_desktop.gui.controllers.latent_space import LatentSpaceController
from vae_desktop.gui.controllers.pad_images import codes_of
from vae_desktop.gui.views.comparison.column import LEAST_TILE, ComparisonColumn
from vae_desktop.gui.views.comparison.view import ComparisonView
from vae_desktop.gui.views.stage.manifold_view import tiled
from vae_desktop.gui.views.tools.step_overlay import StepOverlay
from vae_desktop.gui.widgets.tile_board import fitting
from vae_desktop.language import tr
from vae_desktop.latent.codes import CodeSpread, Floats, Picture
from vae_desktop.latent.grid import coarse_first, evenly, grid_positions
from vae_desktop.latent.posteriors import sampled
from vae_desktop.latent.verdict import Compared, explanation, verdict
from vae_desktop.progress import Pacer

_FEWEST, _MOST = 3, 9  # pictures in a row or a column
_WHOLE = 512  # px: a picture alone, as it is
_REACH = 2.0  # standard deviations that a grid goes from the middle of the codes
_MISSING_INTERVAL = 1.0  # seconds between two counts of random codes that miss the codes
_SAME_SPREAD = 0.05  # of a standard deviation; a grid that trembles would be decoded anew each time


class ComparedModel(QObject):
    """Carries what all models share, one image, one cursor and the same random codes, into one latent space.

    Attributes
    ----------
    space : LatentSpaceController
    spread : CodeSpread
        Middle and standard deviation of the codes, in steps that can be seen.
    draw : int
        Which sample of the image's posterior is decoded, with the same ε for all models; 0 for its mean.
    random_codes : array (n, d), float32
        Those that were asked for last, as many as there is room for.
    step_overlay : StepOverlay
        How both terms of the loss pulled in a step that was taken singly.
    """

    def __init__(self, column: ComparisonColumn, view: ComparisonView, cursor: LatentPoint, engine: Engine) -> None:
        super().__init__(column)
        self.column, self.run = column, column.run
        self.latent_dim = self.run.config.model.latent_dim
        self.spread = CodeSpread.of_prior(self.latent_dim)
        self.random_codes: Floats = np.empty((0, self.latent_dim), np.float32)
        self.draw = 0
        self._view = view
        self._cursor = cursor
        self._requests, self._ask = engine.inference, engine.inference.ask_pictures
        name = f"compared {self.run.id} "
        self._names = {kind: name + kind for kind in ("image", "cursor", "grid", "random", "missing")}
        self._missed: float | None = None  # of the newest codes for which it is known
        self._missing_pacer = Pacer(_MISSING_INTERVAL, fraction=0.05)
        self._seed = 0
        self.space = LatentSpaceController(column.scatter, cursor, engine, name, has_training_images=False)
        self.space.show_run(self.run, "pca" if self.latent_dim > 2 else "axes")
        self._grid_region = self.region()
        self.step_overlay = StepOverlay(column.scatter)
        column.grid_pointed.connect(self._go_to_fractions)
        column.random_chosen.connect(self._go_to_random)

    def take_codes(self) -> None:
        """Draw the codes where they are now: means or samples of them.

        Samples fit where the KL divergence alone trains: there all means lie on one point.
        """
        traits, points = self.run.config.model.traits, self._view.points
        fits = points == "fitting" and not traits.reconstruction_weight
        self.column.scatter.set_samples(traits.is_variational and (points == "samples" or fits))
        codes = self.run.codes
        if codes is None:
            self.space.move_codes()
        elif codes.are_finite:
            self._view.set_images(len(codes))
            self.space.move_codes()
            spread, had = CodeSpread.of(codes), self.spread
            change = np.abs(np.concatenate((spread.middle - had.middle, spread.stddev - had.stddev)))
            if (change > _SAME_SPREAD * float(had.stddev.max())).any() or not self.run.is_in_motion:
                self.spread = spread
        self.space.unit = CodeSpread.of_prior(self.latent_dim) if self._view.raw_cursor.isChecked() else self.spread
        self.space.follow_point()

    def region(self) -> tuple[Floats, Floats]:
        """(k,) each: where the codes' middle is in the plane, and how far a grid goes from there."""
        middle, stddev = self.spread.along(self.space.plane.basis)
        return middle.astype(np.float32), (_REACH * stddev).astype(np.float32)

    def show_status(self) -> None:
        """Say how the model is getting on."""
        run, status = self.run, tr(self.run.status)
        if run.status == "diverged":
            status += tr("; back at the last good step")
        text = tr("{dim}-D, step {step}").format(dim=self.latent_dim, step=f"{run.shown_step:,}")
        if run.status in ("diverged", "failed"):
            text = f"{status} · {text}"
        axes = ", ".join(self.space.plane.labels)
        percents = [int(percent) for percent in re.findall(r"\((\d+)%\)", axes)]
        if percents:
            axes = tr("PC 1, 2: {percent}% of the spread").format(percent=sum(percents))
        if self.column.scatter.shows_samples:
            axes = tr("samples: {axes}").format(axes=re.split("[:\uff1a]", axes)[0])
        if run.origin:
            unchanged = tr("{origin}, unchanged").format(origin=run.origin)
            text = f"{text} · {unchanged if run.is_unchanged_fork else run.origin}"
        self.column.title.set_text(run.compared_title)
        self.column.status.set_text(text)
        self.column.codes.set_caption(axes)
        has_slider = is_active(run) and run.moment is None and run.followed is None
        self.column.set_beta(run.shown_config.training.beta, has_slider)
        self.step_overlay.show(run.newest_step if run.moment is None else None, "pulls")

    def figures(self) -> Compared:
        """The newest of the figures that training gives, with those that were measured."""
        return compared_figures(self.run, self._missed)

    # What is asked for

    def leave_sight(self) -> None:
        """Nothing is wanted any more, until `space` resumes."""
        for name in self._names.values():
            self._requests.forget(name)
        self.space.suspend()

    def ask(self, image: int, seed: int, middle: Floats, reach: Floats) -> None:
        """Ask for all that is in sight: an image, the cursor, random codes, and a grid over a region of the plane."""
        if self.space.is_suspended:
            return
        code, image_code = self.space.code, self._code_of(image)
        for kind, at, show in (("cursor", code, self._show_at_cursor), ("image", image_code, self._show_image)):
            self._ask(self._names[kind], self.run.id, None if at is None else at[None], _WHOLE, show)
        self._grid_region, self._seed = (middle, reach), seed
        self._ask_grid()
        self._ask_random()
        self._ask_missing()
        self._show_cursor()

    def _code_of(self, image: int) -> Floats | None:
        """The mean (d,) of an image's posterior, or a sample of it: its numbers are shown too."""
        codes = codes_of(self.run, image)
        if codes is None:
            return None
        if codes.log_stddev is None:
            self.column.set_posterior((tr("code"),), (codes.mean[0],))
        else:
            self.column.set_posterior(("μ", "σ"), (codes.mean[0], np.exp(codes.log_stddev[0])))
        has_sample = self.draw > 0 and codes.log_stddev is not None
        self.column.set_is_sample(has_sample)
        return (sampled(codes, noise(1, self.latent_dim, self.draw)) if has_sample else codes).mean[0]

    def _ask_grid(self) -> None:
        """Ask for a grid through the cursor, or else through the middle of the codes."""
        # While training, a grid in motion is not begun anew before it is seen, or there would never be one.
        waits = self.run.is_in_motion and self._requests.is_waiting(self._names["grid"])
        if waits or self.space.is_suspended:
            return
        columns, rows = self._count_on([column.grid for column in self._view.columns])
        columns = rows = min(columns, rows)
        axes = [evenly(columns, float(at - by), float(at + by)) for at, by in zip(*self._grid_region, strict=True)]
        positions = grid_positions(axes[0], axes[1] if len(axes) > 1 else None)
        through = self.spread.middle if self.space.code is None else self.space.code
        codes, board = self.space.plane.unproject(positions, through), self.column.grid
        side = max(4, round(min(board.width(), board.height()) * board.devicePixelRatioF() / columns))
        wanted = codes if "grid" in self._view.views else None
        passes = coarse_first(columns, len(codes) // columns)
        self._ask(self._names["grid"], self.run.id, wanted, side, partial(self._show_grid, columns), passes)

    def _ask_random(self) -> None:
        """Ask for codes from N(0, I), with the same noise for all models, or from a normal as spread as the codes.

        Its dimensions are independent, as those of the cursor's unit.
        """
        if self.space.is_suspended:
            return
        board = self.column.random
        columns, rows = self._count_on([column.random for column in self._view.columns])
        drawn = noise(_MOST**2, self.latent_dim, self._seed)[: columns * rows]
        # torch wants to own what it reads
        self.random_codes = self.spread.to_codes(drawn) if self._is_fitted else drawn.copy()
        board.set_tiles(len(drawn), self.run.image_shape[1:], columns=columns)
        wanted = self.random_codes if "random" in self._view.views else None
        text = tr("random codes, fitted normal") if self._is_fitted else tr("random codes from N(0, I)")
        self.column.random_codes.set_caption(text)
        self._ask(self._names["random"], self.run.id, wanted, board.tile_side(), board.set_pictures)

    @property
    def _is_fitted(self) -> bool:
        """Whether random codes are drawn from a normal that is fitted to the codes, not from N(0, I)."""
        return self._view.way.currentData() == "normal"

    def _count_on(self, boards: Sequence[QWidget]) -> tuple[int, int]:
        """How many pictures each board has room for, in a row and in a column: the same in all columns."""
        width, height = min(board.width() for board in boards), min(board.height() for board in boards)
        counts = fitting(width, height, self.run.image_shape[1:], LEAST_TILE)
        columns, rows = (min(max(count, _FEWEST), _MOST) for count in counts)
        return columns, rows

    def _ask_missing(self) -> None:
        """Ask how many random codes miss the codes, beside a training now and then."""
        codes, now = self.run.codes, time.monotonic()
        if codes is not None and (not self.run.is_in_motion or self._missing_pacer.is_due(now)):
            self._missing_pacer.ran(now, time.monotonic())
            request = MissingRequest(self._names["missing"], self.run.id, codes)
            self._requests.ask(request, self._take_missing)

    def _take_missing(self, missed: float) -> None:
        self._missed = missed
        self.show_caption()

    # What is shown

    def _show_at_cursor(self, pictures: Picture) -> None:
        self.column.at_cursor.set_picture(pictures[0])

    def _show_image(self, pictures: Picture) -> None:
        self.column.image.set_picture(pictures[0])
        self.column.scatter.hover.show_reconstruction(pictures[0])

    def show_caption(self) -> None:
        """Say whether the model can generate and why, by its newest figures."""
        figures = self.figures()
        found = verdict(figures)
        says = found.answer or figures.early_step is not None
        self.column.set_caption(found.text if says else "", explanation(figures), is_of_prior=not self._is_fitted)

    def _show_grid(self, columns: int, pictures: Picture) -> None:
        self.column.grid.set_sheet(tiled(pictures, columns), (columns, len(pictures) // columns))

    def _show_cursor(self) -> None:
        """Mark the cursor on the grid and among the random codes, or say why there is none.

        A code from N(0, I) is elsewhere in units of another spread: then none of the random codes is marked.
        """
        code = self.space.code
        is_near = np.zeros(1, bool) if code is None else np.isclose(self.random_codes, code, atol=1e-4).all(1)
        self.column.random.set_chosen(int(is_near.argmax()) if is_near.any() else None)
        if code is None:
            reason = tr("There is no cursor here: it has {cursor} dimensions, this model {own}.")
            self.column.set_marker(None, reason.format(cursor=len(self._cursor.code), own=self.latent_dim))
            return
        middle, reach = self._grid_region
        fractions = (self.space.plane.project(code[None])[0] - middle) / (2 * reach) + 0.5
        self.column.set_marker(QPointF(float(fractions[0]), 1 - float(fractions[1]) if len(fractions) > 1 else 0.5))

    @Slot(object)
    def _go_to_fractions(self, fractions: Floats) -> None:
        """Move the cursor to a place (k,) of the grid, from its lower left corner, each from 0 to 1."""
        middle, reach = self._grid_region
        self.space.go_to_position(middle + (2 * fractions[: len(middle)] - 1) * reach)

    @Slot(int)
    def _go_to_random(self, number: int) -> None:
        self.space.go_to(self.random_codes[number])


@lru_cache(maxsize=16)
def noise(count: int, latent_dim: int, seed: int) -> Floats:
    """Noise (count, d) from N(0, I); with fewer dimensions, the first ones are the same."""
    rows = np.random.default_rng(seed).standard_normal((latent_dim, count), np.float32)
    result = np.ascontiguousarray(rows.T)
    result.setflags(write=False)
    return result
