"""One of the models that are compared, in its column: its latent space, and what is decoded of it."""

from functools import lru_cache

import numpy as np
from PySide6.QtCore import QObject, QPointF, Slot

from vae_desktop.engine.engine import Engine
from vae_desktop.gui.controllers.latent_point import LatentPoint
from vae_desktop.gui.controllers.latent_space import LatentSpaceController
from vae_desktop.gui.views.comparison.column import ComparisonColumn
from vae_desktop.gui.views.comparison.view import ComparisonView
from vae_desktop.gui.views.stage.manifold_view import tiled
from vae_desktop.gui.widgets.choice_box import translated
from vae_desktop.latent.codes import CodeSpread, Floats, Picture
from vae_desktop.latent.comparison import Compared
from vae_desktop.latent.grid import coarse_first, evenly, grid_positions
from vae_desktop.latent.posteriors import figures_of

_GRID, _RANDOM = 9, 6  # pictures in a row
_WHOLE = 512  # px: a picture alone, as it is
_REACH = 2.0  # standard deviations that a grid goes from the middle of the codes
_SAME_SPREAD = 0.05  # of a standard deviation; a grid that trembles would be decoded anew each time
_LIVE = ("reconstruction", "kl", "mean_sigma", "spread_of_means", "active_units")


class ComparedModel(QObject):
    """Carries what all models share, one image, one cursor and the same random codes, into one latent space.

    Attributes
    ----------
    space : LatentSpaceController
    spread : CodeSpread
        Middle and standard deviation of the codes, in steps that can be seen.
    random_codes : array (36, d), float32
        Those that were asked for last.
    """

    def __init__(self, column: ComparisonColumn, view: ComparisonView, cursor: LatentPoint, engine: Engine) -> None:
        super().__init__(column)
        self.column, self.run = column, column.run
        self.latent_dim = self.run.config.model.latent_dim
        self.spread = CodeSpread.of_prior(self.latent_dim)
        self.random_codes: Floats = np.empty((0, self.latent_dim), np.float32)
        self._view = view
        self._cursor = cursor
        self._requests, self._ask = engine.inference, engine.inference.ask_pictures
        name = f"compared {self.run.id} "
        self._names = {kind: name + kind for kind in ("image", "cursor", "grid", "random")}
        self.space = LatentSpaceController(column.scatter, cursor, engine, name, has_training_images=False)
        self.space.show_run(self.run, "pca" if self.latent_dim > 2 else "axes")
        self._grid_region = self.region()
        column.grid_pointed.connect(self._go_to_fractions)
        column.grid.resized.connect(self._ask_grid)
        column.random_chosen.connect(self._go_to_random)

    def take_codes(self) -> None:
        """Draw the codes where they are now: means or samples of them.

        Samples fit where the KL divergence alone trains: there all means lie on one point.
        """
        traits, points = self.run.config.model.traits, self._view.points.currentData()
        fits = points == "fitting" and not traits.reconstruction_weight
        self.column.scatter.set_samples(traits.is_variational and (points == "samples" or fits))
        codes = self.run.codes
        if codes is not None and codes.are_finite:
            self._view.set_images(len(codes))
            self.space.move_codes()
            spread, had = CodeSpread.of(codes), self.spread
            change = np.abs(np.concatenate((spread.middle - had.middle, spread.stddev - had.stddev)))
            if (change > _SAME_SPREAD * float(had.stddev.max())).any() or self.run.status != "training":
                self.spread = spread
        self.space.unit = CodeSpread.of_prior(self.latent_dim) if self._view.raw_cursor.isChecked() else self.spread
        self.space.follow_point()

    def region(self) -> tuple[Floats, Floats]:
        """(k,) each: where the codes' middle is in the plane, and how far a grid goes from there."""
        middle, stddev = self.spread.along(self.space.plane.basis)
        return middle.astype(np.float32), (_REACH * stddev).astype(np.float32)

    def show_status(self) -> None:
        """Say how the model is getting on."""
        run, is_active = self.run, self.run.status in ("training", "paused")
        step = len(run.history.training) if is_active else run.progress.step
        status = translated(run.status)
        if run.status == "diverged":
            status += self.tr("; back at the last good step")
        text = self.tr("{dim}-D ({axes}) · step {step} · {status}").format(
            dim=self.latent_dim, axes=", ".join(self.space.plane.labels), step=f"{step:,}", status=status
        )
        has_samples = self.column.scatter.shows_samples
        self.column.title.set_text(run.name)
        self.column.status.set_text(self.tr("samples · {text}").format(text=text) if has_samples else text)
        self.column.set_beta(run.config.training.beta, is_active)

    def figures(self) -> Compared:
        """The newest of the figures that training gives, with those that were measured."""
        live = {} if self.run.codes is None else figures_of(self.run.codes)
        evaluation = self.run.history.last_evaluation
        if evaluation is not None:
            live |= {"reconstruction": evaluation.reconstruction, "kl": evaluation.kl}
        return Compared(self.run.config, {**self.run.measures, **{name: live[name] for name in _LIVE if name in live}})

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
        code, codes = self.space.code, self.run.codes
        mean = None if codes is None or image >= len(codes) else codes.mean[image]
        for kind, at, show in (("cursor", code, self._show_at_cursor), ("image", mean, self._show_image)):
            self._ask(self._names[kind], self.run.id, None if at is None else at[None], _WHOLE, show)
        self._grid_region = middle, reach
        self._ask_grid()
        self._ask_random(seed)
        self._show_cursor()

    @Slot()
    def _ask_grid(self) -> None:
        """Ask for a grid through the cursor, or else through the middle of the codes."""
        # While training, a grid in motion is not begun anew before it is seen, or there would never be one.
        waits = self.run.status == "training" and self._requests.is_waiting(self._names["grid"])
        if waits or self.space.is_suspended:
            return
        axes = [evenly(_GRID, float(at - by), float(at + by)) for at, by in zip(*self._grid_region, strict=True)]
        positions = grid_positions(axes[0], axes[1] if len(axes) > 1 else None)
        through = self.spread.middle if self.space.code is None else self.space.code
        codes, board = self.space.plane.unproject(positions, through), self.column.grid
        side = max(4, round(board.width() * board.devicePixelRatioF() / _GRID))
        wanted, passes = codes if "grid" in self._view.views else None, coarse_first(_GRID, len(codes) // _GRID)
        self._ask(self._names["grid"], self.run.id, wanted, side, self._show_grid, passes)

    def _ask_random(self, seed: int) -> None:
        """Ask for codes from N(0, I), with the same noise for all models, or from a normal as spread as the codes.

        Its dimensions are independent, as those of the cursor's unit.
        """
        drawn, board = noise(_RANDOM**2, self.latent_dim, seed), self.column.random
        is_fitted = self._view.way.currentData() == "normal"
        # torch wants to own what it reads
        self.random_codes = self.spread.to_codes(drawn) if is_fitted else drawn.copy()
        board.set_tiles(_RANDOM**2, self.run.image_shape[1:])
        wanted = self.random_codes if "random" in self._view.views else None
        self._ask(self._names["random"], self.run.id, wanted, board.tile_side(), board.set_pictures)

    # What is shown

    def _show_at_cursor(self, pictures: Picture) -> None:
        self.column.at_cursor.set_picture(pictures[0])

    def _show_image(self, pictures: Picture) -> None:
        self.column.image.set_picture(pictures[0])
        self.column.scatter.hover.show_reconstruction(pictures[0])

    def _show_grid(self, pictures: Picture) -> None:
        self.column.grid.set_sheet(tiled(pictures, _GRID), (_GRID, len(pictures) // _GRID))

    def _show_cursor(self) -> None:
        """Mark the cursor on the grid and among the random codes, or say why there is none.

        A code from N(0, I) is elsewhere in units of another spread: then none of the random codes is marked.
        """
        code = self.space.code
        is_near = np.zeros(1, bool) if code is None else np.isclose(self.random_codes, code, atol=1e-4).all(1)
        self.column.random.set_chosen(int(is_near.argmax()) if is_near.any() else None)
        if code is None:
            reason = self.tr("no cursor: it has {cursor} dimensions, this model {own}")
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
