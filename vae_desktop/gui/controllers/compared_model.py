"""One of the models that are compared, as geometry: its plane, the spread of its codes, and what lies where."""

from functools import lru_cache

import numpy as np

from vae_desktop.engine.run import Run
from vae_desktop.latent.codes import Codes, Floats
from vae_desktop.latent.comparison import Compared
from vae_desktop.latent.grid import evenly, grid_positions
from vae_desktop.latent.plane import Plane, axis_plane, class_heights, followed_plane, principal_plane
from vae_desktop.latent.posteriors import figures_of, sampled
from vae_desktop.latent.spread import CodeSpread

_REACH = 2.0  # standard deviations that a grid goes from the middle of the codes
_SAME_SPREAD = 0.05  # of a standard deviation; a grid that trembles would be decoded anew each time
_LIVE = ("reconstruction", "kl", "mean_sigma", "spread_of_means", "active_units")


class ComparedModel:
    """Carries what all models share into the latent space of one.

    Attributes
    ----------
    plane : Plane
        The two axes; with more dimensions, that in which the codes vary most.
    spread : CodeSpread
        The unit of a shared cursor; it follows the codes in steps that can be seen.
    places : array (N, 2), float32
        Where the codes are drawn.
    """

    def __init__(self, run: Run) -> None:
        self.run = run
        self.latent_dim = run.config.model.latent_dim
        self.plane: Plane = axis_plane((0,) if self.latent_dim == 1 else (0, 1), self.latent_dim)
        self.spread = CodeSpread.of_prior(self.latent_dim)
        self.places: Floats = np.empty((0, 2), np.float32)
        if self.latent_dim > 2 and run.codes is not None and run.codes.are_finite:
            self.plane = principal_plane(run.codes.mean)

    def take_codes(self, codes: Codes, as_samples: bool) -> None:
        """Follow the codes of the test images."""
        if as_samples and codes.log_stddev is not None:
            drawn = sampled(codes, noise(*codes.mean.shape, seed=0)).mean
        else:
            drawn = codes.mean
        had = self.spread
        if self.latent_dim > 2:
            self.plane = followed_plane(drawn, self.plane)
        spread = CodeSpread.of(codes)
        change = np.abs(np.concatenate((spread.middle - had.middle, spread.stddev - had.stddev)))
        if (change > _SAME_SPREAD * float(had.stddev.max())).any() or self.run.status != "training":
            self.spread = spread
        places = self.plane.project(drawn)
        if places.shape[1] == 1:
            heights = class_heights(codes.labels, len(codes), len(self.run.class_names))
            places = np.column_stack((places, heights))
        self.places = places

    def code_at(self, cursor: Floats, is_raw: bool) -> Floats | None:
        """The code (d,) at a cursor, given in standard deviations from the middle of the codes, or as z itself.

        None where the model has another number of dimensions.
        """
        if len(cursor) != self.latent_dim:
            return None
        return cursor if is_raw else self.spread.to_codes(cursor)

    def cursor_at(self, code: Floats, is_raw: bool) -> Floats:
        """The cursor that lies at a code (d,)."""
        return np.asarray(code if is_raw else self.spread.to_units(code), np.float32)

    def region(self) -> tuple[Floats, Floats]:
        """(k,) each: where the codes' middle is in the plane, and how far a grid goes from there."""
        middle, stddev = self.spread.along(self.plane.basis)
        return middle.astype(np.float32), (_REACH * stddev).astype(np.float32)

    def grid_codes(self, count: int, middle: Floats, reach: Floats, code: Floats | None) -> Floats:
        """Codes of a grid of so many columns over a region, through a code (d,), by default the middle of all codes."""
        axes = [evenly(count, float(at - by), float(at + by)) for at, by in zip(middle, reach, strict=True)]
        places = grid_positions(axes[0], axes[1] if len(axes) > 1 else None)
        return self.plane.unproject(places, self.spread.middle if code is None else code)

    def random_codes(self, count: int, seed: int, is_fitted: bool) -> Floats:
        """Codes (count, d) from N(0, I), with the same noise for all models, or from a normal as spread as the codes.

        Its dimensions are independent, as those of the shared cursor's unit.
        """
        drawn = noise(count, self.latent_dim, seed)
        return self.spread.to_codes(drawn) if is_fitted else drawn.copy()  # torch wants to own what it reads

    def figures(self) -> Compared:
        """The newest of the figures that training gives, with those that were measured."""
        live = {} if self.run.codes is None else figures_of(self.run.codes)
        evaluation = self.run.history.last_evaluation
        if evaluation is not None:
            live |= {"reconstruction": evaluation.reconstruction, "kl": evaluation.kl}
        return Compared(
            self.run.config, {**self.run.measures, **{name: live[name] for name in _LIVE if name in live}}
        )


@lru_cache(maxsize=16)
def noise(count: int, latent_dim: int, seed: int) -> Floats:
    """Noise (count, d) from N(0, I); with fewer dimensions, the first ones are the same."""
    rows = np.random.default_rng(seed).standard_normal((latent_dim, count), np.float32)
    result = np.ascontiguousarray(rows.T)
    result.setflags(write=False)
    return result
