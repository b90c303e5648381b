"""Codes of models that the app itself has kept: at a close in mid training there is no time to embed the images."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from vae_desktop.data.dataset import Dataset
from vae_desktop.engine.datasets import DatasetLoader
from vae_desktop.engine.project import Project
from vae_desktop.engine.run import Comparison, Run
from vae_desktop.engine.tasks import Task, Tasks
from vae_desktop.latent.codes import Codes
from vae_desktop.models.snapshot import Snapshot


@dataclass(eq=False)
class OpenedCodes:
    """Brings the test images' codes of opened models up to date, once the data set is at hand.

    They are embedded anew where codes may be older than the weights, and where a person's own test images are others by
    now.
    """

    _tasks: Tasks
    _project: Project
    _datasets: DatasetLoader

    def __post_init__(self) -> None:
        self._waiting: list[Run] = []
        self._project.shown_changed.connect(self._follow_shown)
        self._project.compared_changed.connect(self._follow_compared)
        self._datasets.loaded.connect(self._embed, max_args=0)

    def _follow_shown(self, run: Run) -> None:
        self._follow((run,))

    def _follow_compared(self, comparison: Comparison) -> None:
        self._follow(comparison.runs)

    def _follow(self, runs: Sequence[Run]) -> None:
        """Note models whose codes may be of earlier steps than their weights; files of the person's are whole."""
        for run in runs:
            may_be_old = run.kept and run.codes_are_kept
            if run.status == "opened" and run not in self._waiting and (may_be_old or run.images is not None):
                self._waiting.append(run)
        self._embed()

    def _embed(self) -> None:
        for run in list(self._waiting):
            dataset, snapshot = self._datasets.of(run), run.snapshot
            if run.status != "opened" or run.id not in self._project.runs:
                self._waiting.remove(run)
            elif dataset is not None and snapshot is not None:
                self._waiting.remove(run)
                if not (run.kept and run.codes_are_kept) and _are_its_test_images(run, dataset):
                    continue
                work = partial(codes_of, run, dataset, snapshot)
                self._tasks.run(work, partial(self._take, run), key=f"codes of {run.id}")

    def _take(self, run: Run, codes: Codes) -> None:
        if run.status == "opened":
            run.newest_codes, run.codes_are_kept = codes, False
            if run.moment is None:
                self._project.codes_changed.emit(run)


def _are_its_test_images(run: Run, dataset: Dataset) -> bool:
    """Whether the test images of a data set are those that the model's codes are of, as far as its file tells."""
    if run.images is None or run.images.is_unknown or run.images is dataset.fingerprint:
        return True
    return run.images.has_tested(dataset.test, dataset.config)


def codes_of(run: Run, dataset: Dataset, snapshot: Snapshot, task: Task) -> Codes:
    """Embed the test images by a model as it was in a snapshot."""
    from vae_desktop.latent import embed
    from vae_desktop.training.devices import use_threads

    use_threads(1)  # the window and its decoder want the others
    of_test = dataset.test.images, dataset.test.labels, task.progress
    return embed.codes_of(run.config.model, run.image_shape, snapshot.weights, *of_test)
