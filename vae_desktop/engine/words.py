"""Words for models: a latent diffusion fitted to a model's codes, in the background beside anything else."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from psygnal import Signal

from vae_desktop.config import RunConfig
from vae_desktop.data.dataset import Dataset
from vae_desktop.data.fingerprint import Fingerprint
from vae_desktop.engine.datasets import DatasetLoader
from vae_desktop.engine.known_images import KnownImages
from vae_desktop.engine.pace import Progress as Pace
from vae_desktop.engine.pace import ProgressMeter
from vae_desktop.engine.processor import yield_to_window
from vae_desktop.engine.project import Project
from vae_desktop.engine.run import Run
from vae_desktop.engine.saving import ModelSaver
from vae_desktop.engine.tasks import Task, Tasks
from vae_desktop.engine.training import Training
from vae_desktop.models.architecture import ImageShape
from vae_desktop.models.snapshot import Snapshot
from vae_desktop.progress import Pacer, Progress
from vae_desktop.words import BEFORE_STEPS, PARTS

if TYPE_CHECKING:
    from vae_desktop.words.latent_diffusion import LatentDiffusion

_FIT = "fit words"
_SHARE = 0.15  # of a core beside a training, as for views
_LONGEST_REST = 0.1  # seconds, after which it is asked again whether it is still wanted


@dataclass(eq=False)
class Words:
    """Fits words to one model at a time; `project.words_changed` tells of those that a model has.

    Attributes
    ----------
    fitted : Run, or None
        The model whose turn it is.
    """

    progressed = Signal(Run, Pace)  # its steps are parts of the work; `seconds_left` is None until it is known
    ended = Signal(Run)  # fitted, failed or cancelled

    _tasks: Tasks
    _project: Project
    _datasets: DatasetLoader
    _training: Training
    _saver: ModelSaver
    _known_images: KnownImages

    def __post_init__(self) -> None:
        self.fitted: Run | None = None
        self._task: Task | None = None
        self._meter: ProgressMeter | None = None
        self._project.runs_changed.connect(self._follow_list)

    def fit(self, run: Run, with_words: bool = True) -> bool:
        """Fit words to a model as it is now, or without them what draws codes like those of its images.

        Its data set is loaded if need be. Another model's fit that is under way is cancelled.

        Returns
        -------
        bool
            Whether it has begun: the model must have been trained.
        """
        snapshot = self._training.newest_snapshot(run)
        if snapshot is None or self._training.is_closing:
            return False
        self.cancel()
        self._training.warm_up()
        held = self._datasets.held(run.config.dataset, run.images)
        work = partial(self._work, run.config, run.image_shape, snapshot, held, run.images, with_words)
        last_losses = run.history.training[snapshot.step - 1 : snapshot.step].copy()

        def finished(diffusion: LatentDiffusion) -> None:
            ended()
            losses = run.history.training[snapshot.step - 1 : snapshot.step]
            if len(last_losses) and not np.array_equal(losses, last_losses, equal_nan=True):
                return  # the model went back to an earlier step meanwhile: that step is another one by now
            run.diffusion = diffusion
            self._project.words_changed.emit(run)
            self._project.runs_changed.emit()  # it is not saved any longer
            if run not in self._project.active and run.id in self._project.runs:
                self._saver.autosave([run])

        def failed(error: Exception, details: str) -> None:
            ended()
            self._datasets.report(run.config.dataset, error, details)

        def ended() -> None:
            if self._task is task:
                self._leave()

        self.fitted, self._meter = run, None
        self.progressed.emit(run, Pace(0, 0, 1, 1))
        progressed, found = partial(self._tell, run), partial(self._known_images.compare, run)
        self._task = task = self._tasks.run(work, finished, failed, ended, progressed, found, key=_FIT)
        return True

    def _work(
        self,
        config: RunConfig,
        image_shape: ImageShape,
        snapshot: Snapshot,
        held: Dataset | None,
        learned: Fingerprint | None,
        with_words: bool,
        task: Task,
    ) -> LatentDiffusion:
        """Load the data set if it is not at hand, and fit, in a thread of its own."""
        yield_to_window()
        from vae_desktop.data.load import load_dataset
        from vae_desktop.training.devices import ALL_THREADS, use_threads
        from vae_desktop.words.of_model import fit_to_model

        loading = Progress(is_cancelled=task.is_cancelled)
        dataset = held or load_dataset(config.dataset, self._datasets.data_dir, loading, learned)
        task.found(dataset)
        beside = BesideTraining(self._is_training, task.is_cancelled, use_threads, ALL_THREADS)
        progress = Progress(task.progress, beside.rest)
        return fit_to_model(config.model, image_shape, snapshot, dataset, with_words, config.training.seed, progress)

    def _tell(self, run: Run, done: int, total: int) -> None:
        """Tell how far it is, and how long it will take once its parts are alike: what comes before says nothing."""
        if total != PARTS or done < BEFORE_STEPS:
            pace = Pace(done, 0, total, 1)
        else:
            if self._meter is None:
                self._meter = ProgressMeter(Pace(done, 0, total, 1), 1)
            self._meter.advance(done - self._meter.progress.step)
            pace = self._meter.progress
        self.progressed.emit(run, pace)

    def cancel(self) -> None:
        """End the fit that is under way; the words that the model had stay."""
        if self._tasks.cancel(_FIT):
            self._leave()

    def _follow_list(self) -> None:
        """End the fit of a model that was taken off the list: nothing shows it, and nobody could end it."""
        if self.fitted is not None and self.fitted.id not in self._project.runs:
            self.cancel()

    def _leave(self) -> None:
        """Note that nothing is fitted any longer, and tell of it."""
        run, self.fitted, self._task = self.fitted, None, None
        self.ended.emit(run)

    def _is_training(self) -> bool:
        """Whether a training wants the processor; asked from other threads too."""
        return any(run.status == "training" for run in list(self._project.active))


class BesideTraining:
    """Keeps work out of the way of a training: one thread, and rests that leave it a share of a core.

    Parameters
    ----------
    is_training : callable
        Whether a training goes on.
    is_cancelled : callable
    use_threads : callable
        Is told by how many threads the work may be shared.
    most : int
        How many these are without a training.
    """

    def __init__(
        self,
        is_training: Callable[[], bool],
        is_cancelled: Callable[[], bool],
        use_threads: Callable[[int], object],
        most: int,
    ) -> None:
        self._is_training, self._is_cancelled = is_training, is_cancelled
        self._use_threads, self._most = use_threads, most
        self._pacer, self._since = Pacer(0.0, _SHARE), time.monotonic()
        self._share_work()

    def rest(self) -> bool:
        """Wait as long as a training wants the processor; return whether the work is no longer wanted."""
        now = time.monotonic()
        self._pacer.ran(self._since, now)
        while self._is_training() and not self._is_cancelled() and not self._pacer.is_due(now):
            time.sleep(min(self._pacer.due - now, _LONGEST_REST))
            now = time.monotonic()
        self._share_work()
        self._since = now
        return self._is_cancelled()

    def _share_work(self) -> None:
        self._use_threads(1 if self._is_training() else self._most)
