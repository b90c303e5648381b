"""Measuring models in the background, one after the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vae_desktop.config import DatasetConfig
from vae_desktop.data.dataset import Dataset
from vae_desktop.engine.jobs import Answers, Job, Jobs
from vae_desktop.engine.listener import SessionListener
from vae_desktop.engine.run import Run
from vae_desktop.errors import DatasetBroken, DatasetMissing
from vae_desktop.latent.measures import Extent

if TYPE_CHECKING:
    from vae_desktop.models.snapshot import Snapshot


@dataclass(frozen=True, eq=False)
class Surroundings:
    """What a measurement needs from the session, asked for when its turn comes.

    Attributes
    ----------
    snapshot_of : callable
        The newest state of a run's model.
    loaded : callable
        The data set of a configuration, if it is in memory.
    data_dir : callable
        The folder of data sets.
    is_training : callable
        Whether a training wants the processor too.
    """

    snapshot_of: Callable[[Run], Snapshot | None]
    loaded: Callable[[DatasetConfig], Dataset | None]
    data_dir: Callable[[], Path]
    is_training: Callable[[], bool]


class Measurements:
    """Measures one model at a time; the others wait."""

    def __init__(
        self,
        jobs: Jobs,
        listener: SessionListener,
        surroundings: Surroundings,
        failed: Callable[[DatasetConfig, Exception, str], None],
        cache_dir: Path | None,
    ) -> None:
        self._jobs = jobs
        self._listener = listener
        self._around = surroundings
        self._failed = failed
        self._cache_dir = cache_dir
        self._waiting: list[tuple[Run, Extent]] = []
        self._job: Job | None = None

    @property
    def is_running(self) -> bool:
        return self._job is not None

    def start(self, runs: Sequence[Run], extent: Extent) -> None:
        """Measure models, unless others are being measured, each as it is when its turn comes."""
        if self._job is None:
            self._waiting = [(run, extent) for run in runs]
            self._next()

    def cancel(self) -> None:
        """End the measurement that is under way, and those that wait."""
        self._waiting.clear()
        if self._job is not None:
            self._job.cancel()

    def _next(self) -> None:
        while self._waiting and self._job is None:
            run, extent = self._waiting.pop(0)
            snapshot = self._around.snapshot_of(run)
            if snapshot is not None:
                self._job = self._begin(run, extent, snapshot)

    def _begin(self, run: Run, extent: Extent, snapshot: Snapshot) -> Job:
        config, around, cache_dir = run.config, self._around, self._cache_dir
        held, data_dir, beside_training = around.loaded(config.dataset), around.data_dir(), around.is_training()

        def work(job: Job) -> None:
            from vae_desktop.engine.measurement import take

            take(job, config, run.image_shape, snapshot, held, data_dir, extent, cache_dir, beside_training)

        def found(figure: tuple[str, Any]) -> None:
            run.measures[figure[0]] = figure[1]
            self._listener.measures_changed(run)

        def ended(*_: Any) -> None:
            self._job = None
            self._listener.measuring_ended(run)
            self._next()

        def failed(error: Exception, details: str) -> None:
            if isinstance(error, DatasetMissing | DatasetBroken):
                self._waiting.clear()  # what is missing for one is missing for all
            ended()
            self._failed(config.dataset, error, details)

        run.measures, run.measured_step = {}, snapshot.step
        self._listener.measures_changed(run)
        progressed = partial(self._listener.measuring_progressed, run)
        progressed(0, 1)
        return self._jobs.start(work, Answers(ended, failed, ended, progressed, found))
