"""Saving models, as the person asks for it, and keeping those that would be lost."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from vae_desktop.engine.autosave import Autosaves
from vae_desktop.engine.jobs import Answers, Job, Jobs
from vae_desktop.engine.listener import SessionListener
from vae_desktop.engine.run import Run, RunSet

if TYPE_CHECKING:
    from vae_desktop.training.checkpoint import Checkpoint

_AUTOSAVE = "autosave"  # what a message is about


@dataclass(frozen=True, eq=False)
class _Save:
    """A file to be written as soon as the state of all its models is known."""

    path: Path
    runs: tuple[Run, ...]
    states: dict[int, Checkpoint]


@dataclass(frozen=True, eq=False)
class _Unkept:
    """Runs to be kept in one file, as they were at one moment; `before` is the file that holds an earlier one."""

    runs: Sequence[Run]
    states: Sequence[Checkpoint]
    before: Path | None

    @classmethod
    def of(cls, runs: Sequence[Run]) -> _Unkept:
        paths = {run.autosave for run in runs}
        return cls(runs, [run.checkpoint() for run in runs], paths.pop() if len(paths) == 1 else None)

    def note(self, path: Path) -> None:
        """Note in each run in which file it is kept now."""
        for run, state in zip(self.runs, self.states, strict=True):
            run.autosave, run.kept_step = path, state.snapshot.step


class Keeper:
    """Writes models to files: one, or those of a set as one."""

    def __init__(
        self,
        jobs: Jobs,
        listener: SessionListener,
        autosaves: Autosaves,
        report: Callable[[Exception, str, str], None],
    ) -> None:
        self.autosaves = autosaves
        self.sets: list[RunSet] = []
        self._jobs = jobs
        self._listener = listener
        self._report = report
        self._waiting: list[_Save] = []  # for the state of models in training
        self._is_autosaving = False
        self._autosaved_next: list[Run] = []
        self._autosaves_fail = False  # which is told once, not each time

    def save(self, path: Path, runs: Sequence[Run], training: Sequence[Run]) -> frozenset[int]:
        """Save models as they are at this moment; return the ids of those whose state has to be captured first."""
        save = _Save(path, tuple(runs), {run.id: run.checkpoint() for run in runs if run not in training})
        if len(save.states) == len(runs):
            self._write(save)
            return frozenset()
        self._waiting.append(save)
        return frozenset(run.id for run in runs if run in training)

    def take_captured(self, run: Run, checkpoint: Checkpoint) -> None:
        """Take the state of a model in training for the first save that waits for it."""
        for save in self._waiting_for(run)[:1]:
            self._complete(save, run, checkpoint)

    def take_ended(self, run: Run) -> None:
        """A run that ended before its state was captured is saved as it ended."""
        for save in self._waiting_for(run):
            if run.snapshot is not None:
                self._complete(save, run, run.checkpoint())

    def keep(self, runs: Sequence[Run]) -> None:
        """Keep what would be lost: a set as one file, so that it can be opened as one.

        Raises
        ------
        UserError
            If a file cannot be written.
        """
        for unkept in self._unkept(runs):
            unkept.note(self._keep(unkept))

    def autosave(self, runs: Sequence[Run]) -> None:
        """Keep what is not, in the background, while all goes on: of these runs, with what belongs to their sets.

        What is asked for while something is being written follows it.
        """
        if self._is_autosaving:
            self._autosaved_next = list(runs)
            return
        all_unkept = self._unkept(runs)
        if not all_unkept:
            return
        self._is_autosaving = True

        def work(_: Job) -> list[Path]:
            return [self._keep(unkept) for unkept in all_unkept]

        def finished(paths: list[Path]) -> None:
            self._autosaves_fail = False
            self._listener.message_withdrawn(_AUTOSAVE)
            for unkept, path in zip(all_unkept, paths, strict=True):
                unkept.note(path)
                self._discard_autosaves(unkept.runs)  # if all was saved meanwhile
            self._listener.runs_changed()
            go_on()

        def failed(error: Exception, details: str) -> None:
            if not self._autosaves_fail:
                self._autosaves_fail = True
                self._report(error, details, _AUTOSAVE)
            go_on()

        def go_on() -> None:
            self._is_autosaving = False
            following, self._autosaved_next = self._autosaved_next, []
            self.autosave(following)

        self._jobs.start(work, Answers(finished, failed), must_finish=True)

    def _unkept(self, runs: Sequence[Run]) -> list[_Unkept]:
        """What of these runs, with those of their sets, lies in no file as it is now."""
        sets = [run_set.runs for run_set in self.sets if not set(run_set.runs).isdisjoint(runs)]
        together = {run.id for group in sets for run in group}
        groups = [*sets, *((run,) for run in runs if run.id not in together)]
        there = [[run for run in group if run.snapshot is not None] for group in groups]
        return [_Unkept.of(group) for group in there if any(not run.is_kept for run in group)]

    def _keep(self, unkept: _Unkept) -> Path:
        return self.autosaves.keep(unkept.states, unkept.runs[0].id, unkept.before)

    def _waiting_for(self, run: Run) -> list[_Save]:
        return [save for save in self._waiting if run in save.runs and run.id not in save.states]

    def _complete(self, save: _Save, run: Run, checkpoint: Checkpoint) -> None:
        save.states[run.id] = checkpoint
        if len(save.states) == len(save.runs):
            self._waiting.remove(save)
            self._write(save)

    def _write(self, save: _Save) -> None:
        checkpoints = [save.states[run.id] for run in save.runs]
        about = f"models {sorted(save.states)}"

        def work(_: Job) -> None:
            from vae_desktop.training.checkpoint import save_checkpoints

            save_checkpoints(save.path, checkpoints)

        def finished(_: None) -> None:
            for run, checkpoint in zip(save.runs, checkpoints, strict=True):
                run.saved_step = checkpoint.snapshot.step
                run.path = save.path if len(save.runs) == 1 else run.path
            for run_set in self.sets:
                if len(save.runs) > 1 and set(save.runs) <= set(run_set.runs):
                    run_set.path = save.path
            self._discard_autosaves(save.runs)
            self._listener.runs_changed()
            self._listener.message_withdrawn(about)
            self._listener.file_saved(save.path)

        def failed(error: Exception, details: str) -> None:
            self._report(error, details, about)

        self._jobs.start(work, Answers(finished, failed), must_finish=True)

    def _discard_autosaves(self, runs: Sequence[Run]) -> None:
        """Delete what the app itself has kept of models that now are saved; a set's file, when all of them are."""
        for path in {run.autosave for run in runs if run.autosave is not None}:
            kept = [run for run_set in self.sets for run in run_set.runs if run.autosave == path]
            kept = kept or [run for run in runs if run.autosave == path]
            if all(run.saved_step >= run.kept_step for run in kept):
                self.autosaves.discard(path)
                for run in kept:
                    run.autosave = None
