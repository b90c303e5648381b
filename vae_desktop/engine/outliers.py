"""Which images a model in the window finds unlike the others, worked out in the background."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from psygnal import Signal

from vae_desktop.engine.datasets import DatasetLoader
from vae_desktop.engine.messages import Messages
from vae_desktop.engine.project import Project
from vae_desktop.engine.run import Run
from vae_desktop.engine.tasks import Task, Tasks
from vae_desktop.engine.training import Training

if TYPE_CHECKING:
    from vae_desktop.latent.outliers import OutlierScores

_SCORE = "score outliers"


@dataclass(eq=False)
class Outliers:
    """Scores the images of one model at a time; a newer request takes the place of an older one."""

    progressed = Signal(Run, int, int)  # done, of how much
    found = Signal(Run, int, object)  # at which step, and the OutlierScores
    ended = Signal(Run)  # also when it was cancelled or failed, which is told

    _tasks: Tasks
    _project: Project
    _datasets: DatasetLoader
    _training: Training
    _messages: Messages
    _asked: int = field(default=0, init=False)  # how often

    def score(self, run: Run) -> bool:
        """Score the images of a model as it is shown; return whether its images are at hand and it has begun."""
        dataset = self._datasets.of(run)
        snapshot = self._training.newest_snapshot(run) if run.moment is None else run.moment.snapshot
        if dataset is None or snapshot is None:
            return False
        threads = 1 if self._project.active else None  # more would hold a training up

        def work(task: Task) -> OutlierScores:
            from vae_desktop.latent.outliers import score_outliers
            from vae_desktop.models.autoencoder import restored_model
            from vae_desktop.training.devices import ALL_THREADS, use_threads

            use_threads(threads or ALL_THREADS)
            model = restored_model(run.config.model, run.image_shape, snapshot.weights)
            return score_outliers(model, dataset, task.progress)

        def finished(scores: OutlierScores) -> None:
            self.found.emit(run, snapshot.step, scores)
            self.ended.emit(run)

        def failed(error: Exception, details: str) -> None:
            self.ended.emit(run)
            self._messages.report(error, details)

        def cancelled() -> None:
            if self._asked == asked:  # else a newer request has taken its place
                self.ended.emit(run)

        self._asked = asked = self._asked + 1
        self._tasks.run(work, finished, failed, cancelled, partial(self.progressed.emit, run), key=_SCORE)
        return True

    def cancel(self) -> None:
        """Give up what is under way."""
        self._tasks.cancel(_SCORE)
