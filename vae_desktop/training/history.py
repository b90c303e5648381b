"""What a run's loss has been, indexed by step and never by time; needs no torch."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vae_desktop.config import RunConfig
from vae_desktop.latent.codes import Floats

TERMS = ("total", "reconstruction", "kl")  # the columns of a row of metrics
_LEAST_KL, _ROUNDING = 1e-6, 1e-9  # nats from which on a sum tells its weight, and how exactly


@dataclass(frozen=True)
class Evaluation:
    """Loss on the whole test set after `step` training steps, per image.

    `total` is reconstruction + β·KL with the β set at that moment, all of it even while a warm-up has not come so far:
    one yardstick for the whole run. `kl` (nats, summed over latent dimensions) and
    `kl_per_dimension` are None for a model without a posterior.
    """

    step: int
    total: float
    reconstruction: float
    kl: float | None
    kl_per_dimension: tuple[float, ...] | None

    def kl_weight(self, config: RunConfig) -> float:
        """Weight of the KL divergence in `total`; that of the settings of now, unless it has been changed since."""
        if self.kl is None or self.kl < _LEAST_KL:
            return config.kl_weight
        weight = (self.total - config.model.traits.reconstruction_weight * self.reconstruction) / self.kl
        is_same = abs(weight - config.kl_weight) <= _ROUNDING * max(config.kl_weight, abs(self.total) / self.kl)
        return config.kl_weight if is_same else float(f"{max(weight, 0.0):.6g}")


@dataclass(frozen=True)
class Change:
    """A setting that was changed while training, from `step` on."""

    step: int
    name: str
    value: float


class History:
    """Metrics of each training step, evaluations, and changes of settings, in the order of steps.

    Attributes
    ----------
    gradient_norms : list of (step, norm)
        L2 norms of the gradients of some steps, as far as a training that is watched has told them; no file keeps them.
    """

    def __init__(self) -> None:
        self._rows = np.empty((0, len(TERMS)), np.float32)
        self._count = 0
        self.evaluations: list[Evaluation] = []
        self.changes: list[Change] = []
        self.gradient_norms: list[tuple[int, float]] = []

    @property
    def training(self) -> Floats:
        """Metrics (steps, 3) of each step's batch: the columns are TERMS; NaN where there is no KL.

        A view; it stays valid and is never written again.
        """
        return self._rows[: self._count]

    def append(self, rows: npt.ArrayLike) -> None:
        """Add the metrics (n, 3) of the next n steps."""
        rows = np.asarray(rows, np.float32)
        needed = self._count + len(rows)
        if needed > len(self._rows):
            grown = np.empty((max(needed, 2 * len(self._rows), 1024), len(TERMS)), np.float32)
            grown[: self._count] = self.training
            self._rows = grown
        self._rows[self._count : needed] = rows
        self._count = needed

    def truncate(self, step: int) -> None:
        """Forget what came after `step` steps."""
        self._rows = self._rows[:step].copy() if step < self._count else self._rows
        self._count = min(self._count, step)
        self.evaluations = [entry for entry in self.evaluations if entry.step <= step]
        self.changes = [entry for entry in self.changes if entry.step <= step]
        self.gradient_norms = [entry for entry in self.gradient_norms if entry[0] <= step]

    @property
    def last_evaluation(self) -> Evaluation | None:
        return self.evaluations[-1] if self.evaluations else None

    @property
    def drawn_evaluations(self) -> list[Evaluation]:
        """Evaluations for a curve; the one before the first step, from which the line is long, only if it is alone."""
        return [entry for entry in self.evaluations if entry.step > 0] or self.evaluations

    def copy(self) -> "History":
        """An independent history with the same content."""
        result = History()
        result.append(self.training)
        result.evaluations = list(self.evaluations)
        result.changes = list(self.changes)
        return result
