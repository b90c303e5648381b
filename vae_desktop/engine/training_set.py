"""Codes of the training images, besides those of the test images, of the model on screen."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from vae_desktop.config import DatasetConfig
from vae_desktop.data.dataset import Dataset
from vae_desktop.engine.jobs import Answers, Job, Jobs, LatestJob
from vae_desktop.engine.listener import SessionListener
from vae_desktop.engine.run import Run
from vae_desktop.latent.codes import Codes

if TYPE_CHECKING:
    from vae_desktop.models.snapshot import Snapshot


class TrainingSetCodes:
    """Keeps them up to date while they are wanted: of a model that trains, the worker sends them.

    Attributes
    ----------
    wanted : bool
    """

    def __init__(
        self,
        jobs: Jobs,
        listener: SessionListener,
        newest: Callable[[int], Snapshot | None],
        loaded: Callable[[DatasetConfig], Dataset | None],
        failed: Callable[[Exception, str], None],
    ) -> None:
        self.wanted = False
        self._job = LatestJob(jobs)
        self._listener = listener
        self._newest = newest
        self._loaded = loaded
        self._failed = failed
        self._run: Run | None = None

    @property
    def sent_for(self) -> frozenset[int]:
        """The run of which the worker has to send them, if it trains."""
        return frozenset((self._run.id,) if self.wanted and self._run is not None else ())

    def show(self, run: Run) -> None:
        """Another model is on screen; those of the one before are forgotten."""
        if self._run is not None and self._run is not run:
            self._run.train_codes = None
            self._job.cancel()
        self._run = run

    def set_wanted(self, wanted: bool) -> None:
        """Have them, or no longer."""
        self.wanted = wanted
        if wanted:
            self.refresh()
            return
        self._job.cancel()
        if self._run is not None:
            self._run.train_codes = None
            self._listener.codes_moved(self._run)

    def leave_to_worker(self, run: Run) -> None:
        """This model trains from here on."""
        if run is self._run:
            self._job.cancel()

    def take(self, run: Run, codes: Codes, step: int = -1) -> None:
        """Take them over; live ones are of no one step."""
        if self.wanted and run is self._run:
            run.train_codes, run.train_codes_step = codes, step
            self._listener.codes_moved(run)

    def refresh(self) -> None:
        """Embed the training images by the model on screen, as far as its data set is loaded, unless it trains."""
        run = self._run
        if not self.wanted or run is None or run.status == "training":
            return
        dataset, snapshot = self._loaded(run.config.dataset), self._newest(run.id)
        if dataset is None or snapshot is None or dataset.image_shape != run.image_shape:
            return
        if run.train_codes is not None and run.train_codes_step == snapshot.step:
            return

        def work(job: Job) -> Codes:
            from vae_desktop.engine.training_codes import embed_training_images

            return embed_training_images(job, run.config, dataset, snapshot)

        def found(codes: Codes) -> None:
            self.take(run, codes, snapshot.step)

        progressed = partial(self._listener.embedding_progressed, run)
        self._job.start(work, Answers(found, self._failed, progressed=progressed))
