"""What a run's loss has been, indexed by step and never by time; needs no torch."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from vae_desktop.config import RunConfig
from vae_desktop.latent.codes import Floats

CHOSEN = ("name", "colours", "measured_on", "likelihood", "kind")  # settings of which a fork's change is noted
_IMAGES, _UNIT = CHOSEN[:3], CHOSEN[3:]  # what the test images are by, and what unit the losses are in
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
    """A setting that was changed while training, from `step` on; one that is chosen has its value in `chosen`."""

    step: int
    name: str
    value: float
    chosen: str = ""


class _Rows:
    """Rows of numbers (n, columns) in memory that is doubled when it is full."""

    def __init__(self, columns: int, dtype: npt.DTypeLike) -> None:
        self._memory = np.empty((0, columns), dtype)
        self._count = 0

    @property
    def values(self) -> npt.NDArray[Any]:
        return self._memory[: self._count]

    def append(self, rows: npt.ArrayLike) -> None:
        rows = np.asarray(rows, self._memory.dtype)
        needed = self._count + len(rows)
        if needed > len(self._memory):
            grown = np.empty((max(needed, 2 * len(self._memory), 1024), self._memory.shape[1]), self._memory.dtype)
            grown[: self._count] = self.values
            self._memory = grown
        self._memory[self._count : needed] = rows
        self._count = needed

    def truncate(self, count: int) -> None:
        self._memory = self._memory[:count].copy() if count < self._count else self._memory
        self._count = min(self._count, count)


class History:
    """Metrics of each training step, evaluations, and changes of settings, in the order of steps.

    Attributes
    ----------
    gradient_norms : list of (step, norm)
        L2 norms of the gradients of some steps, as far as a training that is watched has told them; no file keeps them.
    forked_at : int, or None
        The step after which it is that of a fork; what came before is another model's.
    """

    def __init__(self) -> None:
        self._training = _Rows(len(TERMS), np.float32)
        self._gradient_norms = _Rows(2, np.float64)
        self.evaluations: list[Evaluation] = []
        self.changes: list[Change] = []
        self.forked_at: int | None = None

    @property
    def training(self) -> Floats:
        """Metrics (steps, 3) of each step's batch: the columns are TERMS; NaN where there is no KL.

        A view; it stays valid and is never written again.
        """
        return self._training.values

    @property
    def gradient_norms(self) -> npt.NDArray[np.float64]:
        """Steps and norms (n, 2) of the gradient at some steps, while it was wanted; no file keeps them."""
        return self._gradient_norms.values

    def append(self, rows: npt.ArrayLike) -> None:
        """Add the metrics (n, 3) of the next n steps."""
        self._training.append(rows)

    def extend(self, other: "History") -> None:
        """Add what the steps that follow gave."""
        self.append(other.training)
        self.evaluations += other.evaluations
        self.changes += other.changes

    def note_gradient_norm(self, step: int, norm: float) -> None:
        """Add the norm of the gradient after so many steps."""
        self._gradient_norms.append([(step, norm)])

    def truncate(self, step: int) -> None:
        """Forget what came after `step` steps."""
        self._training.truncate(step)
        self.evaluations = [entry for entry in self.evaluations if entry.step <= step]
        self.changes = [entry for entry in self.changes if entry.step <= step]
        self.forked_at = None if self.forked_at is None or self.forked_at > step else self.forked_at
        self._gradient_norms.truncate(int(np.searchsorted(self.gradient_norms[:, 0], step, side="right")))

    @property
    def unit_from(self) -> int:
        """The step from which on all losses are in the unit that they have now."""
        return self._last_change(_UNIT)

    @property
    def comparable(self) -> list[Evaluation]:
        """The evaluations in the unit, with the β and on the images of now."""
        first = self._last_change((*_UNIT, *_IMAGES, "beta"))
        return [entry for entry in self.evaluations if entry.step > first or not first]

    def _last_change(self, names: Collection[str]) -> int:
        return max((change.step for change in self.changes if change.name in names), default=0)

    @property
    def last_evaluation(self) -> Evaluation | None:
        return self.evaluations[-1] if self.evaluations else None

    @property
    def drawn_evaluations(self) -> list[Evaluation]:
        """Evaluations for a curve; the one before the first step, from which the line is long, only if it is alone."""
        return [entry for entry in self.evaluations if entry.step > 0] or self.evaluations

    def shared_steps(self, other: "History", most: int) -> int:
        """How many of the first steps, at most so many, are the same ones in another history."""
        one, two = (entry.training[:most] for entry in (self, other))
        count = min(len(one), len(two))
        is_other = ((one[:count] != two[:count]) & ~(np.isnan(one[:count]) & np.isnan(two[:count]))).any(axis=1)
        return int(is_other.argmax()) if is_other.any() else count

    def until(self, step: int) -> "History":
        """An independent history of the same steps, up to one."""
        result = History()
        result.append(self.training)
        result.evaluations = list(self.evaluations)
        result.changes = list(self.changes)
        result.forked_at = self.forked_at
        result.truncate(step)
        return result
