"""Codes of the training images beside those of the test images, for a model that does not train."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from vae_desktop.config import RunConfig
from vae_desktop.data.dataset import Dataset
from vae_desktop.engine.jobs import Answers, Job, Jobs
from vae_desktop.latent.codes import Codes

if TYPE_CHECKING:
    from vae_desktop.models.snapshot import Snapshot

Progressed = Callable[[int, int], None]
Failed = Callable[[Exception, str], None]


class TrainingCodes:
    """Embeds training images in the background, for one model at a time; a newer request ends the one before."""

    def __init__(self, jobs: Jobs) -> None:
        self._jobs = jobs
        self._job: Job | None = None

    def embed(
        self,
        config: RunConfig,
        dataset: Dataset,
        snapshot: Snapshot,
        found: Callable[[Codes], None],
        failed: Failed,
        progressed: Progressed,
    ) -> None:
        """Embed the training images of a data set by a model with the weights of a snapshot."""
        self.cancel()
        work = partial(_embed, config, dataset, snapshot)
        self._job = self._jobs.start(work, Answers(found, failed, progressed=progressed))

    def cancel(self) -> None:
        if self._job is not None:
            self._job.cancel()
            self._job = None


def _embed(config: RunConfig, dataset: Dataset, snapshot: Snapshot, job: Job) -> Codes:
    import torch

    from vae_desktop.latent.embed import embed, to_codes
    from vae_desktop.models.autoencoder import restored_model
    from vae_desktop.progress import cancellable

    torch.set_num_threads(1)  # of this thread: the window and its decoder want the others
    model = restored_model(config.model, dataset.image_shape, snapshot.weights).to(memory_format=torch.channels_last)
    images = torch.from_numpy(dataset.train.images)
    posterior = embed(model, images, cancellable(job.progress, job.is_cancelled))
    return to_codes(posterior, dataset.train.labels)
