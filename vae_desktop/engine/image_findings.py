"""Which images are unlike the others to a model, and which nearly equal one another: found out in the background."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary, WeakSet

from psygnal import Signal

from vae_desktop.data.dataset import Dataset
from vae_desktop.engine.datasets import DatasetLoader
from vae_desktop.engine.messages import Messages
from vae_desktop.engine.project import Project
from vae_desktop.engine.run import Run
from vae_desktop.engine.tasks import Task, Tasks
from vae_desktop.engine.training import Training
from vae_desktop.models.snapshot import Snapshot
from vae_desktop.progress import ignore

if TYPE_CHECKING:
    from vae_desktop.data.duplicates import Lookalikes
    from vae_desktop.latent.outliers import OutlierScores

_MOST_PAIRS = 1 << 30  # of images, in which duplicates are sought unasked: some ten seconds
_OUTLIERS, _DUPLICATES = "score outliers", "find near-duplicates"


@dataclass(eq=False)
class ImageFindings:
    """Keeps what was found last of each data set: by one model at one step, and by the images alone."""

    progressed = Signal(int, int)  # done, of how much
    found = Signal()
    failed = Signal()

    _tasks: Tasks
    _project: Project
    _datasets: DatasetLoader
    _training: Training
    _messages: Messages

    def __post_init__(self) -> None:
        self._scores: WeakKeyDictionary[Dataset, tuple[Run, Snapshot, OutlierScores]] = WeakKeyDictionary()
        self._lookalikes: WeakKeyDictionary[Dataset, Lookalikes] = WeakKeyDictionary()
        self._seen: WeakSet[Dataset] = WeakSet()  # that were looked through unasked
        self._datasets.loaded.connect(self._find_unasked)

    def outliers(self, run: Run | None, dataset: Dataset) -> OutlierScores | None:
        """How unlike the others each image was to a model when that was found out last."""
        known = self._scores.get(dataset)
        return known[2] if known is not None and known[0] is run else None

    def is_outdated(self, run: Run, dataset: Dataset) -> bool:
        """Whether nothing is known of a model as it is shown now."""
        known = self._scores.get(dataset)
        return known is None or known[0] is not run or not known[1].is_same(self._training.shown_snapshot(run))

    def duplicates(self, dataset: Dataset) -> Lookalikes | None:
        """The images that nearly equal others, if they were looked for."""
        return self._lookalikes.get(dataset)

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
        snapshot = self._training.shown_snapshot(run)
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
            self._scores[dataset] = run, snapshot, scores
            self.found.emit()

        self._tasks.run(work, finished, self._fail, on_progress=self.progressed.emit, key=_OUTLIERS)
        return True

    def find_duplicates(self, dataset: Dataset, is_asked: bool = True) -> None:
        """Look for images that nearly equal others, unless that is under way.

        Where nobody has asked for it, it is told which test images nearly equal a training image; the others are looked
        for only if that is soon done too.
        """
        key = f"{_DUPLICATES} {id(dataset)}"
        if self._tasks.is_running(key):
            return

        def work(task: Task) -> tuple[tuple[str, list[str]], Lookalikes | None]:
            from vae_desktop.data.duplicates import find_lookalikes, in_words, near_duplicates

            told = ("", []) if is_asked else in_words(near_duplicates(dataset, task.progress), dataset)
            is_done = is_asked or (len(dataset.test) + len(dataset.train)) ** 2 // 2 <= _MOST_PAIRS
            return told, find_lookalikes(dataset, task.progress) if is_done else None

        def finished(result: tuple[tuple[str, list[str]], Lookalikes | None]) -> None:
            (sentence, lines), lookalikes = result
            self._seen.add(dataset)
            if lookalikes is not None:
                self._lookalikes[dataset] = lookalikes
            if lines:
                self._messages.inform(sentence, "\n".join(lines), is_added=True)
            self.found.emit()

        failed = self._fail if is_asked else None
        self._tasks.run(work, finished, failed, on_progress=self.progressed.emit if is_asked else ignore, key=key)

    def _fail(self, error: Exception, details: str) -> None:
        self._messages.report(error, details)
        self.failed.emit()

    def _find_unasked(self, dataset: Dataset) -> None:
        """Look for near-duplicates among a person's own images, if it is soon done and has not been done yet."""
        is_soon_done = len(dataset.test) * len(dataset.train) <= _MOST_PAIRS
        if dataset.config.is_custom and is_soon_done and dataset not in self._seen:
            self.find_duplicates(dataset, is_asked=False)
