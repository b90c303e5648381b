"""Model files: opening them, what a window that is gone has kept, and taking models off the list."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from psygnal import Signal

from vae_desktop.engine.autosave import is_earlier
from vae_desktop.engine.inference import InferenceThread
from vae_desktop.engine.messages import Action, Message, Messages, what_was_kept
from vae_desktop.engine.project import Project
from vae_desktop.engine.run import Comparison, Origin, Run, opened_run
from vae_desktop.engine.run_starter import RunStarter
from vae_desktop.engine.run_tracker import RunTracker
from vae_desktop.engine.saving import ModelSaver
from vae_desktop.engine.tasks import Task, Tasks
from vae_desktop.engine.timelines import Timelines
from vae_desktop.engine.training import Training
from vae_desktop.errors import UserError
from vae_desktop.files import write_atomically
from vae_desktop.language import sentences, tr
from vae_desktop.models.snapshot import are_equal
from vae_desktop.training.description import Description
from vae_desktop.training.saved_timeline import newer_timeline_words

if TYPE_CHECKING:
    from vae_desktop.training.checkpoint import Checkpoint


def _ignore() -> None:
    pass


_EXPORT = "export"  # what a message is about


@dataclass(eq=False)
class Library:
    """Brings models from files into the project, and takes them off its list.

    Attributes
    ----------
    offered : Path, or None
        What a window that is gone has kept, until the person has decided what becomes of it.
    """

    opened = Signal(Path, str)  # with its origin; not the app's own files
    exported = Signal(Path)

    _tasks: Tasks
    _project: Project
    _saver: ModelSaver
    _tracker: RunTracker
    _training: Training
    _starter: RunStarter
    _messages: Messages
    _inference: InferenceThread
    _timelines: Timelines
    offered: Path | None = field(default=None, init=False)
    _asked: int = field(default=0, init=False)  # how many files were to be opened so far
    _on_screen: int = field(default=0, init=False)  # the last of these that came on screen

    def open(
        self, path: Path, origin: Origin = "file", *, goes_on: bool = False, then: Callable[[], object] = _ignore
    ) -> None:
        """Read a model in the background and put it on screen, or several side by side.

        Where one that was asked for later is there first, it stays on screen, and this one is put on the list.

        Parameters
        ----------
        path : Path
        origin : {"file", "autosave", "example"}
        goes_on : bool
            Whether a training that was interrupted goes on.
        then : callable
            Called when the model is there, or cannot be read, which is told.
        """

        self._asked += 1
        number = self._asked

        def finished(checkpoints: tuple[Checkpoint, ...]) -> None:
            runs = self._show_opened(checkpoints, path, origin, number)
            faults = dict.fromkeys(checkpoint.words_fault for checkpoint in checkpoints if checkpoint.words_fault)
            if any(checkpoint.has_newer_timeline for checkpoint in checkpoints):
                faults[newer_timeline_words(path.name)] = None
            if faults:
                self._messages.inform(sentences(*faults))
            going_on = [run for run in runs if run.snapshot is not None and run.snapshot.is_interrupted]
            if goes_on and going_on:
                self._starter.go_on_with(going_on, compares=len(runs) > 1)
            then()

        def failed(error: Exception, details: str) -> None:
            self._messages.report(error, details)
            then()

        self._read(path, finished, failed)

    def export(self, path: Path, make: Callable[[], bytes]) -> None:
        """Write what is made in the background, under the path that the person chose."""

        def finished(_: None) -> None:
            self._messages.withdrawn.emit(_EXPORT)
            self.exported.emit(path)

        def failed(error: Exception, details: str) -> None:
            self._messages.report(error, details, about=_EXPORT)

        self._tasks.run(lambda task: write_atomically(path, make(), task.watch), finished, failed, writes=path)

    # What a window that is gone has kept

    def offer(self, path: Path, has_crashed: bool, details: str = "") -> None:
        """Find out in the background what a file holds, and offer it.

        Parameters
        ----------
        path : Path
        has_crashed : bool
            Whether its window ended without closing; else it has been declined before if it is not wanted.
        details : str
            What is known of the crash, for an engineer.
        """

        def work(_: Task) -> tuple[Description, ...]:
            from vae_desktop.training.checkpoint import read_descriptions

            return read_descriptions(path)

        def finished(models: tuple[Description, ...]) -> None:
            self.offered = path
            action: Action = "recover" if models[0].is_interrupted else "open_kept"
            alternative: Action = "discard" if has_crashed else "open_kept" if action == "recover" else ""
            text = what_was_kept(models, has_crashed)
            self._messages.posted.emit(Message("info", text, details, action, alternative, is_added=True))

        def failed(error: Exception, traceback: str) -> None:
            self._messages.report(error, "\n\n".join(part for part in (traceback, details) if part))

        self._tasks.run(work, finished, failed)

    def take_offered(self) -> Path | None:
        """Return what is offered, once."""
        path, self.offered = self.offered, None
        return path

    def discard_offered(self) -> None:
        """Delete what is offered."""
        path = self.take_offered()
        if path is not None:
            self._saver.autosaves.discard(path)

    def recover(self, goes_on: bool) -> None:
        """Put what is offered on screen, and go on with its training if that is wished."""
        path = self.take_offered()
        if path is None:
            return
        if not path.exists():
            text = tr("The kept model is no longer there: it was deleted or moved since it was offered.")
            self._messages.complain(text)
            return
        self.open(path, "autosave", goes_on=goes_on)

    # Taking models off the list

    def why_not_removed(self, run: Run) -> str:
        """Why a model cannot be let go of now; "" if it can."""
        going = self._project.together(run)
        if self._starter.is_busy_with(going):
            return tr("it trains; stop it first.")
        if self._project.compared is not None and run in self._project.compared.runs:
            return tr("it is being compared; compare other models first.")
        if self._project.shown_without(going) is None:
            return tr("it stays in the list as the only model.")
        return ""

    def remove(self, run: Run) -> None:
        """Let go of a model, with those it is compared with, as far as :meth:`why_not_removed` allows it.

        What is not saved lies in the app's own files first, so that nothing is lost. The last few can be brought back.
        """
        if run.id not in self._project.runs or self.why_not_removed(run):
            return
        going = self._project.together(run)
        try:
            self._saver.keep(going)
        except UserError as error:
            self._messages.complain(str(error))
            return
        for entry in going:
            self._inference.remove(entry.id)
        self._project.remove(going)

    def _read(
        self,
        path: Path,
        finished: Callable[[tuple[Checkpoint, ...]], object],
        failed: Callable[[Exception, str], object],
    ) -> None:
        def work(_: Task) -> tuple[Checkpoint, ...]:
            from vae_desktop.training.checkpoint import load_checkpoints

            return self._timelines.found(path, load_checkpoints(path))

        self._inference.start()
        self._tasks.run(work, finished, failed, loads=True)
        self._training.tell_state()

    def _show_opened(self, checkpoints: Sequence[Checkpoint], path: Path, origin: Origin, number: int) -> list[Run]:
        there = self._open_already(checkpoints, path)
        if there is not None:
            if origin != "autosave":
                self.opened.emit(path, origin)
            self._put_on_screen(there, number)
            return list(there.runs)
        runs = [self._project.add(opened_run(self._project.next_id(), entry, path, origin)) for entry in checkpoints]
        if origin == "autosave" and is_earlier(path):  # nothing is written over it
            for run in runs:
                run.autosave, run.earlier = None, {path: run.kept_step}
        if origin == "autosave":
            self._timelines.take_over(runs)
        self._tracker.leave_missing_devices(runs)
        self._project.find_parents()
        if origin != "autosave":
            self.opened.emit(path, origin)
        if len(runs) == 1:
            self._put_on_screen(Comparison((runs[0],)), number)
            return runs
        comparison = self._project.add_comparison(runs)
        comparison.path = path if origin == "file" else None
        for run in runs:  # none of them has a file of its own
            run.path = None
        self._put_on_screen(comparison, number)
        return runs

    def _put_on_screen(self, opened: Comparison, number: int) -> None:
        """Show one model, or several side by side, unless a file that was asked for later is shown already."""
        if number < self._on_screen:
            return
        self._on_screen = number
        if len(opened.runs) == 1:
            self._project.show(opened.runs[0])
        else:
            self._project.show_comparison(opened)

    def _open_already(self, checkpoints: Sequence[Checkpoint], path: Path) -> Comparison | None:
        """What is on the list that was opened from a file and is still what it holds: one model, or several."""
        runs = self._project.runs.values()
        alone = [Comparison((run,)) for run in runs if path in (run.path, run.example, *run.kept)]
        compared = [entry for entry in self._project.comparisons if entry.path == path]
        for entry in compared if len(checkpoints) > 1 else alone:
            if len(entry.runs) == len(checkpoints) and all(map(_is_same, entry.runs, checkpoints)):
                return entry
        return None


def _is_same(run: Run, checkpoint: Checkpoint) -> bool:
    """Whether a model is as a file has it, and was not trained here; of words it may have more."""
    one, other = run.snapshot, checkpoint.snapshot
    if run.status != "opened" or one is None or one.step != other.step:
        return False
    has_words = checkpoint.diffusion is None or (
        run.diffusion is not None and are_equal(run.diffusion.tensors(), checkpoint.diffusion.tensors())
    )
    return has_words and are_equal(one.weights, other.weights)
