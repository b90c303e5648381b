"""The models of a window and what is on screen, as values that can be observed without Qt."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from psygnal import Signal

from vae_desktop.engine.run import Comparison, Run, RunStatus
from vae_desktop.language import tr

if TYPE_CHECKING:
    from vae_desktop.training.timeline import Frame

_REMOVALS = 5  # that can be undone; each holds its models in memory


@dataclass(frozen=True, eq=False)
class _Removal:
    """Models that were taken off the list, and what was there before."""

    runs: tuple[Run, ...]
    order: tuple[int, ...]  # ids of all runs
    comparisons: tuple[Comparison, ...]
    was_shown: Run | None  # of these


class Project:
    """The state of the app: runs, comparisons, what is shown, what trains.

    All of it belongs to one thread. Whoever shows a fact connects to its signal.

    Attributes
    ----------
    runs : dict of id to Run
        In the order of their beginning.
    comparisons : list of Comparison
        Models that were trained or opened together.
    shown : Run, or None
        The model in the playground.
    compared : Comparison, or None
        The models side by side.
    active : list of Run
        Those that are being trained, or held.
    shows_training_images : bool
        Whether codes of the training images are wanted too, of the model in the playground.
    """

    runs_changed = Signal()  # which there are, and what a list says of each: status, name, whether it is saved
    status_changed = Signal(Run)
    shown_changed = Signal(Run)
    compared_changed = Signal(Comparison)
    metrics_changed = Signal(Run)
    codes_changed = Signal(Run)
    measures_changed = Signal(Run)
    words_changed = Signal(Run)  # it was fitted with others
    step_observed = Signal(Run)
    timeline_changed = Signal(Run)  # other frames of its training are kept now
    moment_changed = Signal(Run)  # it is shown as at another kept step, or as now
    forgotten = Signal(Run)  # taken off the list so long ago that this cannot be undone any longer

    def __init__(self) -> None:
        self.runs: dict[int, Run] = {}
        self.comparisons: list[Comparison] = []
        self.shown: Run | None = None
        self.compared: Comparison | None = None
        self.active: list[Run] = []
        self.shows_training_images = False
        self._count = 0
        self._removals: deque[_Removal] = deque(maxlen=_REMOVALS)

    def next_id(self) -> int:
        """A number that no run has had yet."""
        self._count += 1
        return self._count

    def add(self, run: Run) -> Run:
        self.runs[run.id] = run
        self.runs_changed.emit()
        return run

    def add_comparison(self, runs: Sequence[Run]) -> Comparison:
        """Note that these models belong together, and name them by what sets them apart."""
        comparison = Comparison(tuple(runs))
        self.comparisons.append(comparison)
        self.name_models(comparison)
        return comparison

    def name_models(self, comparison: Comparison | None) -> None:
        """Name models by what sets them apart now."""
        if comparison is not None:
            for run, title in zip(comparison.runs, comparison.titles, strict=True):
                run.name = title
            self.runs_changed.emit()

    def set_status(self, run: Run, status: RunStatus) -> None:
        run.status = status
        self.status_changed.emit(run)
        self.runs_changed.emit()

    def show(self, run: Run) -> None:
        """Put a model on screen."""
        self.shown = run
        self.shown_changed.emit(run)

    def show_comparison(self, comparison: Comparison) -> None:
        """Put models side by side."""
        self.compared = comparison
        self.compared_changed.emit(comparison)

    def in_sight(self, compares: bool) -> list[Run]:
        """The models that Save and Continue are for: those that are compared, or the one on screen."""
        if compares:
            return [] if self.compared is None else list(self.compared.runs)
        return [] if self.shown is None else [self.shown]

    def comparison_of(self, run: Run) -> Comparison | None:
        """The newest comparison that a model belongs to."""
        return next((entry for entry in reversed(self.comparisons) if run in entry.runs), None)

    def together(self, run: Run) -> tuple[Run, ...]:
        """A model with those that it was trained or opened with."""
        comparison = self.comparison_of(run)
        return (run,) if comparison is None else comparison.runs

    def lineage(self, run: Run) -> tuple[Run, ...]:
        """A model, its parent if it is a fork, and so on, as far as they are on the list."""
        found = [run]
        while found[-1].forked_from is not None and found[-1].forked_from[0] in self.runs:
            found.append(self.runs[found[-1].forked_from[0]])
        return tuple(found)

    def owner(self, run: Run, moment: Frame) -> Run:
        """The model that a moment is of: of a fork, those before it are its parent's, if that is still there."""
        while run.forked_from is not None and moment.step < run.forked_from[1]:
            parent = self.runs.get(run.forked_from[0])
            if parent is None or run.history.shared_steps(parent.history, moment.step) < moment.step:
                break
            run = parent
        return run

    def find_parents(self) -> None:
        """Take in which models those that were opened are forks of, as far as these are on the list."""
        for run in self.runs.values():
            step = run.history.forked_at
            if run.forked_from is None and step:
                parents = (other for other in self.runs.values() if _left_at(run, other, step))
                parent = next(parents, None)
                run.forked_from = None if parent is None else (parent.id, step)
        self.runs_changed.emit()

    def forks(self, run: Run) -> set[int]:
        """The steps at which a model left its parent, and at which others left it."""
        at = run.history.forked_at
        own = {run.forked_from[1]} if run.forked_from else set() if at is None else {at}
        origins = [entry.forked_from for entry in self.runs.values() if entry.forked_from]
        return own | {step for parent, step in origins if parent == run.id}

    def message_prefix(self, run: Run) -> str:
        """What names a model in a message where others train beside it."""
        return tr("{model}: ").format(model=run.title) if self.comparison_of(run) is not None else ""

    # Taking models off the list, and back

    def shown_without(self, going: Sequence[Run]) -> Run | None:
        """What can be on screen without these models: what is, else the newest."""
        if self.shown is not None and self.shown not in going:
            return self.shown
        others = [run for run in self.runs.values() if run not in going]
        return next((run for run in reversed(others) if run.snapshot is not None or run in self.active), None)

    def remove(self, going: tuple[Run, ...]) -> None:
        """Take models off the list; the last few removals can be undone."""
        shown = self.shown if self.shown in going else None
        if len(self._removals) == self._removals.maxlen:
            for run in self._removals[0].runs:
                self.forgotten.emit(run)
        self._removals.append(_Removal(going, tuple(self.runs), tuple(self.comparisons), shown))
        self.comparisons[:] = [entry for entry in self.comparisons if set(entry.runs).isdisjoint(going)]
        following = self.shown_without(going)
        for run in going:
            del self.runs[run.id]
        if shown is not None and following is not None:
            self.show(following)
        self.runs_changed.emit()

    @property
    def can_undo_removal(self) -> bool:
        return bool(self._removals)

    def undo_removal(self) -> tuple[Run, ...]:
        """Put the models that were removed last back where they were in the list, and on screen; return them."""
        if not self._removals:
            return ()
        removal = self._removals.pop()
        there = self.runs | {run.id: run for run in removal.runs}
        ordered = {run_id: there[run_id] for run_id in (*removal.order, *there) if run_id in there}
        self.runs.clear()
        self.runs.update(ordered)
        newer = [entry for entry in self.comparisons if entry not in removal.comparisons]
        self.comparisons[:] = [*removal.comparisons, *newer]
        if removal.was_shown is not None:
            self.show(removal.was_shown)
        self.runs_changed.emit()
        return removal.runs


def _left_at(fork: Run, other: Run, step: int) -> bool:
    """Whether a fork may have left another model at a step: all losses before are the same, and it is no later fork."""
    was_there = (other.history.forked_at or 0) < step
    return was_there and fork.history.shared_steps(other.history, step) == step
