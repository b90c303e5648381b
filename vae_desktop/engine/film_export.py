"""The training of a model as a film, made in the background and written where the person wants it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from psygnal import Signal

from vae_desktop.engine.datasets import DatasetLoader
from vae_desktop.engine.messages import Messages
from vae_desktop.engine.project import Project
from vae_desktop.engine.run import Run
from vae_desktop.engine.tasks import Task, Tasks
from vae_desktop.engine.timeline_store import pinned
from vae_desktop.errors import UserError
from vae_desktop.language import tr
from vae_desktop.latent.codes import Floats
from vae_desktop.training.timeline import NO_FRAMES

if TYPE_CHECKING:
    from vae_desktop.data.dataset import Split
    from vae_desktop.film.scenes import Of
    from vae_desktop.training.checkpoint import Checkpoint

_FILM = "film"  # the task, and what a message is about
_READING, _DRAWING, _ALL = 200, 800, 1000  # parts of the work


@dataclass(frozen=True, eq=False)
class FilmRequest:
    """What a film is to show.

    Attributes
    ----------
    of : {"scatter", "grid", "samples", "point"}
    is_dark : bool
        Whether it has the colours of the dark theme.
    codes : array (N, d), or None
        Those that are decoded, of samples or of the one point.
    """

    of: Of
    is_dark: bool
    codes: Floats | None = None


@dataclass(eq=False)
class FilmExport:
    """Makes one film at a time, of what has been kept of a training by now; the training may go on."""

    progressed = Signal(int, int)  # done, of how much
    ended = Signal()
    exported = Signal(Path)

    _tasks: Tasks
    _project: Project
    _datasets: DatasetLoader
    _messages: Messages

    def start(self, run: Run, request: FilmRequest, path: Path) -> None:
        """Begin with a film of a model; what cannot be written at `path` is told."""
        if self._tasks.is_running(_FILM):
            self._messages.complain(tr("A film is being exported. Wait for it, or cancel it, before the next one."))
            return
        state, test_images = self._state_of(run), self._test_images_of(run)
        threads = 1 if self._project.active else None  # more would hold a training up
        class_names = run.class_names if request.of == "scatter" else ()
        origin = run.forked_from
        names = f"#{run.id}", None if origin is None else (f"#{origin[0]}", origin[1])

        def work(task: Task) -> list[str]:
            from vae_desktop.film.film import Film
            from vae_desktop.film.scenes import make_scene
            from vae_desktop.film.sheet import Look
            from vae_desktop.film.writing import check_target, write_film
            from vae_desktop.training.devices import ALL_THREADS, use_threads

            check_target(path)
            use_threads(threads or ALL_THREADS)
            look, checkpoint = Look(is_dark=request.is_dark), state()
            reading, drawing = task.progress.part(0, _READING, _ALL), task.progress.part(_READING, _DRAWING, _ALL)
            with pinned(checkpoint.timeline or NO_FRAMES) as timeline:
                checkpoint = replace(checkpoint, timeline=timeline)
                scene, left_out = make_scene(request.of, checkpoint, look, request.codes, test_images, reading)
                film = Film(checkpoint, scene, look, class_names, *names)
                write_film(film, path, progress=drawing, watch=task.watch)
            return left_out

        def finished(left_out: list[str]) -> None:
            self.ended.emit()
            self._messages.withdrawn.emit(_FILM)
            if left_out:
                text = tr("The film is there, but not with every kept step; details say why.")
                self._messages.inform(text, "\n".join(left_out))
            self.exported.emit(path)

        def failed(error: Exception, details: str) -> None:
            self.ended.emit()
            self._messages.report(error, details, about=_FILM)

        self.progressed.emit(0, 1)
        self._tasks.run(
            work, finished, failed, self.ended.emit, self.progressed.emit, key=_FILM, writes=path
        )

    def cancel(self) -> None:
        """Make no film; nothing of it stays."""
        self._tasks.cancel(_FILM)

    def _state_of(self, run: Run) -> Callable[[], Checkpoint]:
        """What gives the model with its timeline, as it is now; of one in training, as its newest frame has it."""
        timeline = run.timeline
        assert timeline is not None, "a run without a timeline has no film"
        if run.snapshot is not None and run not in self._project.active:
            checkpoint = run.checkpoint()

            def at_rest() -> Checkpoint:
                timeline.finish()
                return replace(checkpoint, timeline=timeline)

            return at_rest
        step, config = timeline.steps[-1], run.config
        history, image_shape, class_names = run.history.until(step), run.image_shape, run.class_names

        def in_training() -> Checkpoint:
            from vae_desktop.training.checkpoint import Checkpoint

            frame = timeline.read(step)
            return Checkpoint(
                config, image_shape, class_names, frame.snapshot, history, frame.codes, timeline=timeline
            )

        return in_training

    def _test_images_of(self, run: Run) -> Callable[[], Split]:
        """What gives the test images of a model; they are loaded where they are not in memory."""
        held, config, data_dir = self._datasets.of(run), run.config.dataset, self._datasets.data_dir
        learned = run.images

        def test_images() -> Split:
            from vae_desktop.data.load import load_dataset

            dataset = held or load_dataset(config, data_dir, learned=learned)
            if dataset.image_shape != run.image_shape:
                raise UserError(tr("This model was made for images of another shape than those of the data set."))
            return dataset.test

        return test_images
