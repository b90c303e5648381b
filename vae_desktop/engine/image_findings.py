"""Which images are unlike the others to a model, and which nearly equal one another: found out in the background."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from psygnal import Signal

from vae_desktop.data.dataset import Dataset
from vae_desktop.engine.datasets import DatasetLoader
from vae_desktop.engine.project import Project
from vae_desktop.engine.run import Run
from vae_desktop.engine.tasks import Task, Tasks
from vae_desktop.engine.training import Training

if TYPE_CHECKING:
    from vae_desktop.data.duplicates import Pair
    from vae_desktop.latent.outliers import OutlierScores

_OUTLIERS, _DUPLICATES = "score outliers", "find near-duplicates"


@dataclass(eq=False)
class ImageFindings:
    """Keeps what was found last: of one model at one step, and of one data set."""

    progressed = Signal(int, int)  # done, of how much
    found = Signal()

    _tasks: Tasks
    _project: Project
    _datasets: DatasetLoader
    _training: Training

    def __post_init__(self) -> None:
        self._scores: tuple[Run, int, Dataset, OutlierScores] | None = None
        self._pairs: tuple[Dataset, list[Pair]] | None = None

    def outliers(self, run: Run | None, dataset: Dataset) -> OutlierScores | None:
        """How unlike the others each image was to a model when that was found out last."""
        known = self._scores
        return known[3] if known is not None and (known[0], known[2]) == (run, dataset) else None

    def is_outdated(self, run: Run, dataset: Dataset) -> bool:
        """Whether nothing is known of a model as it is shown now."""
        known = self._scores
        return known is None or (known[0], known[2]) != (run, dataset) or known[1] != run.shown_step

    def duplicates(self, dataset: Dataset) -> list[Pair] | None:
        """The test images that nearly equal a training image, if they were looked for."""
        return self._pairs[1] if self._pairs is not None and self._pairs[0] is dataset else None

    def find_outliers(self, run: Run) -> bool:
        """Find out how unlike the others each image is to a model as it is shown, unless that is under way of any.

        Returns
        -------
        bool
            Whether it is under way: its images must be at hand, and it must have begun.
        """
        if self._tasks.is_running(_OUTLIERS):
            return True
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
            self._scores = run, snapshot.step, dataset, scores
            self.found.emit()

        self._tasks.run(work, finished, on_progress=self.progressed.emit, key=_OUTLIERS)
        return True

    def find_duplicates(self, dataset: Dataset) -> None:
        """Look for test images that nearly equal a training image, unless that is under way."""
        if self._tasks.is_running(_DUPLICATES):
            return

        def work(task: Task) -> list[Pair]:
            from vae_desktop.data.duplicates import near_duplicates

            return near_duplicates(dataset, task.progress)

        def finished(pairs: list[Pair]) -> None:
            self._pairs = dataset, pairs
            self.found.emit()

        self._tasks.run(work, finished, on_progress=self.progressed.emit, key=_DUPLICATES)
