"""Which images are unlike the others to a model, and which nearly equal one another: found out in the background."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from psygnal import Signal

from vae_desktop.data.dataset import Dataset
from vae_desktop.engine.outliers import Outliers
from vae_desktop.engine.run import Run
from vae_desktop.engine.tasks import Task, Tasks

if TYPE_CHECKING:
    from vae_desktop.data.duplicates import Pair
    from vae_desktop.latent.outliers import OutlierScores

_DUPLICATES = "find near-duplicates"


@dataclass(eq=False)
class ImageFindings:
    """Keeps what was found last: of one model at one step, and of one data set."""

    progressed = Signal(int, int)  # done, of how much
    found = Signal()  # also where nothing could be found out

    _tasks: Tasks
    _outliers: Outliers

    def __post_init__(self) -> None:
        self._scores: tuple[Run, int, Dataset, OutlierScores] | None = None
        self._pairs: tuple[Dataset, list[Pair]] | None = None
        self._scored: tuple[Run, Dataset] | None = None  # what is being scored
        self._outliers.found.connect(self._take_scores)
        self._outliers.progressed.connect(self._tell_progress)
        self._outliers.ended.connect(self._end_scoring)

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

    def find_outliers(self, run: Run, dataset: Dataset) -> None:
        """Find out how unlike the others each image is to a model as it is shown, unless that is under way."""
        if self._scored is None and self._outliers.score(run):
            self._scored = run, dataset

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

    def _tell_progress(self, run: Run, done: int, total: int) -> None:
        self.progressed.emit(done, total)

    def _take_scores(self, run: Run, step: int, scores: OutlierScores) -> None:
        if self._scored is not None and self._scored[0] is run:
            self._scores = run, step, self._scored[1], scores

    def _end_scoring(self, run: Run) -> None:
        self._scored = None
        self.found.emit()
