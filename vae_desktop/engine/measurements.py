"""What is worked out of models in the background: figures, one model after the other, and codes of training images."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from psygnal import Signal

from vae_desktop.config import RunConfig
from vae_desktop.data.dataset import Dataset
from vae_desktop.engine.datasets import DatasetLoader
from vae_desktop.engine.known_images import KnownImages
from vae_desktop.engine.project import Project
from vae_desktop.engine.run import Run
from vae_desktop.engine.tasks import Task, Tasks
from vae_desktop.engine.training import Training
from vae_desktop.errors import DatasetBroken, DatasetMissing, UserError
from vae_desktop.language import tr
from vae_desktop.latent.codes import Codes
from vae_desktop.latent.measures import Extent
from vae_desktop.models.snapshot import Snapshot
from vae_desktop.progress import Progress
from vae_desktop.training.timeline import Frame

_MEASURE = "measure"


@dataclass(frozen=True, eq=False)
class _Wanted:
    """A model to be measured: as it was at a moment, with the settings of then, or as it is when its turn comes."""

    run: Run
    extent: Extent
    moment: Frame | None
    config: RunConfig

    @property
    def key(self) -> tuple[int, int | None]:
        """What is measured: two of the same key are of the same state."""
        return self.run.id, None if self.moment is None else self.moment.step


@dataclass(eq=False)
class Measurements:
    """Measures one model at a time; the others wait."""

    progressed = Signal(str, int, int)  # the title of the run; done, of how much
    ended = Signal(Run)

    _tasks: Tasks
    _project: Project
    _datasets: DatasetLoader
    _training: Training
    _known_images: KnownImages
    _cache_dir: Path | None

    def __post_init__(self) -> None:
        self._waiting: list[_Wanted] = []
        self._measured: _Wanted | None = None  # the one whose turn it is

    @property
    def is_running(self) -> bool:
        return self._measured is not None

    def start(self, runs: Sequence[Run], extent: Extent, of_now: bool = False) -> None:
        """Measure models, after those that are being measured.

        Each is measured as it is when its turn comes; one that is shown at an earlier step is measured as it was then,
        unless `of_now` is asked for.
        """
        if self._training.is_closing:
            return
        self._training.warm_up()
        asked = {entry.key for entry in self._waiting}
        if self._measured is not None:
            asked.add(self._measured.key)
        wanted = [_Wanted(run, extent, None if of_now else run.moment, run.shown_config) for run in runs]
        self._waiting += [entry for entry in wanted if entry.key not in asked]
        self._next()

    def cancel(self) -> None:
        """End the measurement that is under way, and those that wait."""
        self._waiting.clear()
        self._tasks.cancel(_MEASURE)

    def _next(self) -> None:
        while self._waiting and self._measured is None:
            wanted = self._waiting.pop(0)
            moment = wanted.moment
            snapshot = self._training.newest_snapshot(wanted.run) if moment is None else moment.snapshot
            if snapshot is not None:
                self._begin(wanted, snapshot)
                self._measured = wanted

    def _begin(self, wanted: _Wanted, snapshot: Snapshot) -> None:
        run, extent, learned = wanted.run, wanted.extent, wanted.run.images
        config = run.config if wanted.moment is None else wanted.config
        data_dir, step = self._datasets.data_dir, snapshot.step
        held = self._datasets.held(config.dataset, learned)
        diffusion = run.diffusion
        threads = 1 if self._project.active else None  # more would hold a training up

        def work(task: Task) -> None:
            """Measure a model on its data set, which is loaded if need be, and hand over each figure."""
            import torch

            from vae_desktop.data.load import load_dataset
            from vae_desktop.latent.measuring import measuring
            from vae_desktop.models.autoencoder import restored_model
            from vae_desktop.training.devices import ALL_THREADS, use_threads
            from vae_desktop.words.of_model import sampler

            dataset = held or load_dataset(
                config.dataset, data_dir, Progress(is_cancelled=task.is_cancelled), learned
            )
            task.found(dataset)
            if dataset.image_shape != run.image_shape:
                text = tr("This model was made for images of another shape than those of the data set.")
                raise UserError(text)
            use_threads(threads or ALL_THREADS)  # of this thread and of those that begin later, so said each time
            model = restored_model(config.model, run.image_shape, snapshot.weights)
            model = model.to(memory_format=torch.channels_last)
            draw = sampler(diffusion, step)
            for figure in measuring(config, model, dataset, extent, self._cache_dir, task.progress, draw):
                task.found(figure)

        def found(figure: tuple[str, Any] | Dataset) -> None:
            if isinstance(figure, Dataset):
                self._known_images.compare(run, figure)
                return
            values[figure[0]] = figure[1]
            self._project.measures_changed.emit(run)

        def ended(*_: Any) -> None:
            self._measured = None
            self.ended.emit(run)
            self._next()

        def failed(error: Exception, details: str) -> None:
            if isinstance(error, DatasetMissing | DatasetBroken):
                self._waiting.clear()  # what is missing for one is missing for all
            ended()
            self._datasets.report(config.dataset, error, details)

        values = run.measured.setdefault(step, {})  # what is known stays until it is known anew
        self._project.measures_changed.emit(run)
        title = run.title
        if wanted.moment is not None:
            title = tr("{title}, step {step}").format(title=title, step=f"{step:,}")
        self.progressed.emit(title, 0, 1)
        progressed = partial(self.progressed.emit, title)
        self._tasks.run(work, ended, failed, ended, progressed, found, key=_MEASURE)


_EMBED = "embed training images"


@dataclass(eq=False)
class TrainingImageCodes:
    """Keeps them up to date while they are wanted: of a model that is trained, the training thread sends them."""

    progressed = Signal(Run, int, int)  # done, of how much

    _tasks: Tasks
    _project: Project
    _datasets: DatasetLoader
    _training: Training

    def __post_init__(self) -> None:
        self._run: Run | None = None
        self._project.shown_changed.connect(self._follow_shown)
        self._project.status_changed.connect(self._follow_status)
        self._datasets.loaded.connect(self._refresh)

    def set_wanted(self, wanted: bool) -> None:
        """Have them, or no longer."""
        self._training.embed_training_images(wanted)
        if wanted:
            self._refresh()
            return
        self._tasks.cancel(_EMBED)
        if self._run is not None:
            self._run.train_codes = None
            self._project.codes_changed.emit(self._run)

    def _follow_shown(self, run: Run) -> None:
        """Forget those of the model that was on screen before."""
        if self._run is not None and self._run is not run:
            self._run.train_codes = None
            self._tasks.cancel(_EMBED)
        self._run = run
        self._refresh()

    def _follow_status(self, run: Run) -> None:
        if run is self._run:
            if _trains_here(run):
                self._tasks.cancel(_EMBED)
            else:
                self._refresh()

    def _refresh(self) -> None:
        """Embed the training images by the model on screen, as far as its data set is loaded, unless it is trained."""
        run = self._run
        if not self._project.shows_training_images or run is None or _trains_here(run):
            return
        dataset, snapshot = self._datasets.held(run.config.dataset, run.images), self._training.newest_snapshot(run)
        if dataset is None or snapshot is None or dataset.image_shape != run.image_shape:
            return
        if run.train_codes is not None and run.train_codes_step == snapshot.step:
            return

        def work(task: Task) -> Codes:
            import torch

            from vae_desktop.latent.embed import embed, to_codes
            from vae_desktop.models.autoencoder import restored_model
            from vae_desktop.training.devices import use_threads

            use_threads(1)  # the window and its decoder want the others
            model = restored_model(run.config.model, dataset.image_shape, snapshot.weights)
            model = model.to(memory_format=torch.channels_last)
            images = torch.from_numpy(dataset.train.images)
            posterior = embed(model, images, task.progress)
            return to_codes(posterior, dataset.train.labels)

        def found(codes: Codes) -> None:
            if self._project.shows_training_images and run is self._run:
                run.train_codes, run.train_codes_step = codes, snapshot.step
                self._project.codes_changed.emit(run)

        self._tasks.run(work, found, on_progress=partial(self.progressed.emit, run), key=_EMBED)


def _trains_here(run: Run) -> bool:
    """Whether the training thread sends what becomes of a model."""
    return run.status == "training" and run.followed is None
