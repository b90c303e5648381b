"""Codes of the training images, besides those of the test images, of the model on screen."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from psygnal import Signal

from vae_desktop.engine.datasets import DatasetLoader
from vae_desktop.engine.project import Project
from vae_desktop.engine.run import Run
from vae_desktop.engine.tasks import Task, Tasks
from vae_desktop.engine.training import Training
from vae_desktop.latent.codes import Codes

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
            if run.status == "training":
                self._tasks.cancel(_EMBED)
            else:
                self._refresh()

    def _refresh(self) -> None:
        """Embed the training images by the model on screen, as far as its data set is loaded, unless it is trained."""
        run = self._run
        if not self._project.shows_training_images or run is None or run.status == "training":
            return
        dataset, snapshot = self._datasets.held(run.config.dataset), self._training.newest_snapshot(run)
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
