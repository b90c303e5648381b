"""Measuring models in the background, one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from psygnal import Signal

from vae_desktop.engine.datasets import DatasetLoader
from vae_desktop.engine.project import Project
from vae_desktop.engine.run import Run
from vae_desktop.engine.tasks import Task, Tasks
from vae_desktop.engine.training import Training
from vae_desktop.errors import DatasetBroken, DatasetMissing, UserError
from vae_desktop.latent.measures import Extent
from vae_desktop.progress import Progress

if TYPE_CHECKING:
    from vae_desktop.models.snapshot import Snapshot

_MEASURE = "measure"


class Measurements:
    """Measures one model at a time; the others wait."""

    progressed = Signal(str, int, int)  # the title of the run; done, of how much
    ended = Signal(Run)

    def __init__(
        self, tasks: Tasks, project: Project, datasets: DatasetLoader, training: Training, cache_dir: Path | None
    ) -> None:
        self._tasks = tasks
        self._project = project
        self._datasets = datasets
        self._training = training
        self._cache_dir = cache_dir
        self._waiting: list[tuple[Run, Extent]] = []
        self._task: Task | None = None
        self._measured: Run | None = None  # the one whose turn it is, or was

    @property
    def is_running(self) -> bool:
        return self._task is not None

    def start(self, runs: Sequence[Run], extent: Extent) -> None:
        """Measure models, after those that are being measured, each as it is when its turn comes."""
        if self._training.is_closing:
            return
        self._training.warm_up()
        asked = [self._measured, *(run for run, _ in self._waiting)] if self.is_running else []
        self._waiting += [(run, extent) for run in runs if run not in asked]
        self._next()

    def cancel(self) -> None:
        """End the measurement that is under way, and those that wait."""
        self._waiting.clear()
        if self._task is not None:
            self._task.cancel()

    def _next(self) -> None:
        while self._waiting and self._task is None:
            run, extent = self._waiting.pop(0)
            snapshot = self._training.newest_snapshot(run)
            if snapshot is not None:
                self._measured, self._task = run, self._begin(run, extent, snapshot)

    def _begin(self, run: Run, extent: Extent, snapshot: Snapshot) -> Task:
        config, data_dir, held = run.config, self._datasets.data_dir, self._datasets.held(run.config.dataset)
        threads = 1 if self._project.active else None  # more would hold a training up

        def work(task: Task) -> None:
            """Measure a model on its data set, which is loaded if need be, and hand over each figure."""
            import torch

            from vae_desktop.data.load import load_dataset
            from vae_desktop.latent.measuring import measuring
            from vae_desktop.models.autoencoder import restored_model
            from vae_desktop.training.threads import ALL_THREADS, use_threads

            dataset = held or load_dataset(config.dataset, data_dir, Progress(is_cancelled=task.is_cancelled))
            if dataset.image_shape != run.image_shape:
                raise UserError("This model was made for images of another shape than those of the data set.")
            use_threads(threads or ALL_THREADS)  # of this thread and of those that begin later, so said each time
            model = restored_model(config.model, run.image_shape, snapshot.weights)
            model = model.to(memory_format=torch.channels_last)
            for figure in measuring(config, model, dataset, extent, self._cache_dir, task.progress):
                task.found(figure)

        def found(figure: tuple[str, Any]) -> None:
            run.measures[figure[0]] = figure[1]
            self._project.measures_changed.emit(run)

        def ended(*_: Any) -> None:
            self._task = None
            self.ended.emit(run)
            self._next()

        def failed(error: Exception, details: str) -> None:
            if isinstance(error, DatasetMissing | DatasetBroken):
                self._waiting.clear()  # what is missing for one is missing for all
            ended()
            self._datasets.report(config.dataset, error, details)

        run.measures, run.measured_step = {}, snapshot.step
        self._project.measures_changed.emit(run)
        self.progressed.emit(run.title, 0, 1)
        return self._tasks.run(
            work,
            ended,
            failed,
            ended,
            on_progress=partial(self.progressed.emit, run.title),
            on_part=found,
            key=_MEASURE,
        )
