"""A diffusion in pixels and one in codes, fitted side by side in the background, for whoever wants to compare them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from psygnal import Signal

from vae_desktop.engine.datasets import DatasetLoader
from vae_desktop.engine.processor import yield_to_window
from vae_desktop.engine.project import Project
from vae_desktop.engine.run import Run
from vae_desktop.engine.tasks import Task, Tasks
from vae_desktop.engine.training import Training
from vae_desktop.engine.words import BesideTraining
from vae_desktop.models.snapshot import Snapshot
from vae_desktop.progress import Progress

if TYPE_CHECKING:
    from vae_desktop.words.pixels import PixelsBesideCodes

_FIT = "fit pixels beside codes"


@dataclass(eq=False)
class PixelDiffusion:
    """Keeps of each model what was fitted last.

    Attributes
    ----------
    steps : int
        Of a fitting; 0 are as many as usual.
    fitted : Run, or None
        The model that it is being fitted for.
    """

    progressed = Signal(int, int)  # done, of how much
    ended = Signal()  # or cancelled, or failed

    _tasks: Tasks
    _project: Project
    _datasets: DatasetLoader
    _training: Training
    _cache_dir: Path | None
    steps: int = 0

    def __post_init__(self) -> None:
        self.fitted: Run | None = None
        self._found: WeakKeyDictionary[Run, tuple[Snapshot, PixelsBesideCodes]] = WeakKeyDictionary()

    def of(self, run: Run | None) -> PixelsBesideCodes | None:
        """What was fitted for a model as it is shown now; None if nothing was."""
        if run is None or run not in self._found:
            return None
        fitted_to, found = self._found[run]
        return found if fitted_to.is_same(self._training.shown_snapshot(run)) else None

    def fit(self, run: Run) -> None:
        """Begin with a model as it is shown now, unless one is under way."""
        snapshot = self._training.shown_snapshot(run)
        if self.fitted is not None or snapshot is None:
            return
        self._training.warm_up()
        config, learned, steps = run.shown_config, run.images, self.steps
        data_dir, cache_dir = self._datasets.data_dir, self._cache_dir
        held = self._datasets.held(config.dataset, learned)

        def is_training() -> bool:
            return any(run.status == "training" for run in list(self._project.active))

        def work(task: Task) -> PixelsBesideCodes:
            yield_to_window()
            import torch

            from vae_desktop.data.load import load_dataset
            from vae_desktop.models.autoencoder import restored_model
            from vae_desktop.training.devices import ALL_THREADS, use_threads
            from vae_desktop.words.pixels import FITTING, pixels_beside_codes

            reading = Progress(is_cancelled=task.is_cancelled)
            dataset = held or load_dataset(config.dataset, data_dir, reading, learned)
            beside = BesideTraining(is_training, task.is_cancelled, use_threads, ALL_THREADS)
            model = restored_model(config.model, run.image_shape, snapshot.weights)
            model = model.to(memory_format=torch.channels_last)
            progress = Progress(task.progress, beside.rest)
            return pixels_beside_codes(model, dataset, cache_dir, progress, steps or FITTING)

        def end(*_: Any) -> None:
            self.fitted = None
            self.ended.emit()

        def finished(found: PixelsBesideCodes) -> None:
            self._found[run] = snapshot, found
            end()

        def failed(error: Exception, details: str) -> None:
            end()
            self._datasets.report(config.dataset, error, details)

        self.fitted = run
        self._tasks.run(work, finished, failed, end, self.progressed.emit, key=_FIT)

    def cancel(self) -> None:
        """End what is under way."""
        self._tasks.cancel(_FIT)
