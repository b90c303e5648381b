"""Saving models, as the person asks for it, and keeping those that would be lost."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from psygnal import Signal

from vae_desktop.engine.autosave import Autosaves, Reason
from vae_desktop.engine.messages import Messages
from vae_desktop.engine.project import Project
from vae_desktop.engine.run import Run
from vae_desktop.engine.tasks import Task, Tasks
from vae_desktop.errors import UserError
from vae_desktop.language import tr

if TYPE_CHECKING:
    from vae_desktop.training.checkpoint import Checkpoint

_AUTOSAVE = "autosave"  # what a message is about, and the key of the task


@dataclass(frozen=True, eq=False)
class _Save:
    """A file to be written as soon as the state of all its models is known.

    Without a path it is one of the app's own, of models before they were changed for that reason.
    """

    path: Path | None
    runs: tuple[Run, ...]
    states: dict[int, Checkpoint]
    reason: Reason
    with_timeline: bool = False

    @property
    def checkpoints(self) -> list[Checkpoint]:
        return [self.states[run.id] for run in self.runs]


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
            run.note_kept(path, state.snapshot.step, state.diffusion)


@dataclass(eq=False)
class ModelSaver:
    """Writes models to files: one, or those of a comparison as one.

    Attributes
    ----------
    autosaves : Autosaves
        The files that the app itself keeps.
    """

    saved = Signal(Path)

    _tasks: Tasks
    _project: Project
    _messages: Messages
    autosaves: Autosaves

    def __post_init__(self) -> None:
        self._waiting: list[_Save] = []  # for the state of models in training
        self._autosaved_next: list[Run] = []
        self._autosaves_fail = False  # which is told once, not each time
        self._earlier: dict[Path, tuple[Sequence[Checkpoint], Collection[Path]]] = {}  # states not written yet

    @property
    def waiting(self) -> list[Path]:
        """The files that wait for the state of models in training."""
        return [save.path for save in self._waiting if save.path is not None]

    def give_up(self, paths: Collection[Path]) -> None:
        """Let those of these files that wait for a state be."""
        self._waiting = [save for save in self._waiting if save.path not in paths]

    def save(
        self,
        path: Path | None,
        runs: Sequence[Run],
        training: Sequence[Run],
        reason: Reason = "continued",
        with_timeline: bool = False,
    ) -> frozenset[int]:
        """Save models as they are at this moment; return the ids of those whose state has to be captured first.

        Without a path they are kept as they are before a change, for that reason, besides what is kept of them later.
        With their timelines, the file holds the frames of their trainings too.
        """
        states = {run.id: run.checkpoint() for run in runs if run not in training}
        save = _Save(path, tuple(runs), states, reason, with_timeline)
        if len(save.states) < len(runs):
            self._waiting.append(save)
        else:
            self._write(save)
        return frozenset(run.id for run in runs if run in training)

    def take_captured(self, run: Run, checkpoint: Checkpoint) -> None:
        """Take the state of a model in training for the first save that waits for it."""
        for save in self._waiting_for(run)[:1]:
            self._complete(save, run, checkpoint)

    def take_ended(self, run: Run) -> None:
        """A run that ended before its state was captured is saved as it ended, if it came that far."""
        for save in self._waiting_for(run):
            if run.snapshot is not None:
                self._complete(save, run, run.checkpoint())
                continue
            self._waiting.remove(save)
            if save.path is not None:
                text = tr("{file} was not saved: {model} ended before there was anything to save.")
                self._messages.report(UserError(text.format(file=save.path.name, model=run.title)))
                self._tasks.written.emit(save.path, False)

    def keep(self, runs: Sequence[Run]) -> None:
        """Keep what would be lost: a comparison as one file, so that it can be opened as one.

        Raises
        ------
        UserError
            If a file cannot be written.
        """
        self._keep_earlier()
        for unkept in self._unkept(runs):
            unkept.note(self._keep(unkept))

    def autosave(self, runs: Sequence[Run]) -> None:
        """Keep what is not, in the background, while all goes on: of these runs, with what they are compared with.

        What is asked for while something is being written follows it.
        """
        if self._tasks.is_running(_AUTOSAVE):
            self._autosaved_next = list(dict.fromkeys((*self._autosaved_next, *runs)))
            return
        all_unkept = self._unkept(runs)
        if not all_unkept:
            return

        def work(task: Task) -> list[Path]:
            self._keep_earlier(task.watch)
            return [self._keep(unkept, task.watch) for unkept in all_unkept]

        def finished(paths: list[Path]) -> None:
            self._autosaves_fail = False
            self._messages.withdrawn.emit(_AUTOSAVE)
            for unkept, path in zip(all_unkept, paths, strict=True):
                unkept.note(path)
                self._discard(unkept.runs, [path])  # if all was saved meanwhile
            self._project.runs_changed.emit()
            go_on()

        def failed(error: Exception, details: str) -> None:
            self._tell_of_autosave(error, details)
            go_on()

        def go_on() -> None:
            following, self._autosaved_next = self._autosaved_next, []
            self.autosave(following)

        self._tasks.run(work, finished, failed, writes=self.autosaves.folder, key=_AUTOSAVE)

    def _tell_of_autosave(self, error: Exception, details: str) -> None:
        if not self._autosaves_fail:
            self._autosaves_fail = True
            self._messages.report(error, details, about=_AUTOSAVE)

    def _unkept(self, runs: Sequence[Run]) -> list[_Unkept]:
        """What of these runs, with those that they are compared with, lies in no file as it is now."""
        compared = [entry.runs for entry in self._project.comparisons if not set(entry.runs).isdisjoint(runs)]
        together = {run.id for group in compared for run in group}
        groups = [*compared, *((run,) for run in runs if run.id not in together)]
        there = [[run for run in group if run.snapshot is not None] for group in groups]
        return [_Unkept.of(group) for group in there if not all(map(_is_kept, group))]

    def _keep(self, unkept: _Unkept, watch: Callable[[Path], object] = lambda part: None) -> Path:
        return self.autosaves.keep(unkept.states, unkept.runs[0].id, unkept.before, watch)

    def _waiting_for(self, run: Run) -> list[_Save]:
        return [save for save in self._waiting if run in save.runs and run.id not in save.states]

    def _complete(self, save: _Save, run: Run, checkpoint: Checkpoint) -> None:
        save.states[run.id] = checkpoint
        if len(save.states) == len(save.runs):
            self._waiting.remove(save)
            self._write(save)

    def _write(self, save: _Save) -> None:
        if save.path is None:
            self._write_earlier(save)
        else:
            self._write_to(save.path, save)

    def _write_to(self, path: Path, save: _Save) -> None:
        checkpoints, timelines = save.checkpoints, [run.timeline for run in save.runs]
        about = f"models {sorted(run.id for run in save.runs)}"
        together = [entry.path for entry in self._project.comparisons if set(save.runs) <= set(entry.runs)]
        is_own = path in (*together, *(run.path for run in save.runs))  # which they were saved to, or opened from

        def work(task: Task) -> None:
            from vae_desktop.training.checkpoint import save_checkpoints

            for timeline in timelines:
                if timeline is not None:
                    timeline.finish()
            has_timeline = save.with_timeline or (is_own and _holds_timeline(path))
            save_checkpoints(path, checkpoints, watch=task.watch, timelines=timelines if has_timeline else ())

        def finished(_: None) -> None:
            for run, checkpoint in zip(save.runs, checkpoints, strict=True):
                own = path if len(save.runs) == 1 else None
                run.note_saved(own, checkpoint.snapshot.step, checkpoint.diffusion)
            for comparison in self._project.comparisons:
                if len(save.runs) > 1 and set(save.runs) <= set(comparison.runs):
                    comparison.path = path
            self._discard(save.runs, {path for run in save.runs for path in run.kept})
            self._project.runs_changed.emit()
            self._messages.withdrawn.emit(about)
            self.saved.emit(path)

        def failed(error: Exception, details: str) -> None:
            self._messages.report(error, details, about=about)

        self._tasks.run(work, finished, failed, writes=path)

    def _write_earlier(self, save: _Save) -> None:
        """Keep a state in a file that nothing later is written to, unless it lies in one already."""
        checkpoints, steps = save.checkpoints, {run: save.states[run.id].snapshot.step for run in save.runs}
        if all(run.is_example and run.saved_step == step for run, step in steps.items()):
            return
        noted = [{path for path, kept in run.earlier.items() if kept == step} for run, step in steps.items()]
        path = next(iter(set.intersection(*noted)), None)
        path = path or self.autosaves.earlier_path(save.runs[0].id, next(iter(steps.values())), save.reason)
        for run, step in steps.items():
            run.earlier[path] = step
        together = [entry.path for entry in self._project.comparisons if set(save.runs) <= set(entry.runs)]
        saved = {file for file in (*together, *(run.path for run in save.runs)) if file is not None}

        self._earlier[path] = checkpoints, saved

        def work(task: Task) -> None:
            self._keep_earlier(task.watch)

        def finished(_: None) -> None:
            if not any(path in run.earlier for run in save.runs):  # all was saved meanwhile
                self.autosaves.discard(path)

        self._tasks.run(work, finished, self._tell_of_autosave, writes=self.autosaves.folder)

    def _keep_earlier(self, watch: Callable[[Path], object] = lambda part: None) -> None:
        """Write the earlier states that are not: before later ones take the place of what may hold them alone."""
        for path, (checkpoints, saved) in list(self._earlier.items()):
            self.autosaves.keep_earlier(checkpoints, path, saved, watch)
            self._earlier.pop(path, None)

    def _discard(self, runs: Sequence[Run], paths: Iterable[Path]) -> None:
        """Delete what the app itself has kept of models that now are saved; a file of several, when all of them are."""
        for path in paths:
            kept = [run for run in {*runs, *self._project.runs.values()} if path in run.kept]
            if all(run.holds_no_more(path) for run in kept):
                self._earlier.pop(path, None)
                self.autosaves.discard(path)
                for run in kept:
                    run.forget(path)


def _holds_timeline(path: Path) -> bool:
    """Whether there is a file with a timeline, which then keeps one when it is saved to again."""
    from vae_desktop.training.checkpoint import read_descriptions

    try:
        return any(model.timeline is not None for model in read_descriptions(path))
    except UserError:
        return False


def _is_kept(run: Run) -> bool:
    """Whether a model lies in a file as it is now; one of the app's own may have been deleted since."""
    step = -1 if run.snapshot is None else run.snapshot.step
    return run.is_saved or (run.is_kept and any(path.exists() for path, kept in run.kept.items() if kept == step))
