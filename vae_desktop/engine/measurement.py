"""The work of a job that measures a model."""

from pathlib import Path

import torch

from vae_desktop.config import RunConfig
from vae_desktop.data.dataset import Dataset
from vae_desktop.data.load import load_dataset
from vae_desktop.engine.jobs import Job
from vae_desktop.errors import UserError
from vae_desktop.latent.measures import Extent
from vae_desktop.latent.measuring import measuring
from vae_desktop.models.architecture import ImageShape
from vae_desktop.models.autoencoder import restored_model
from vae_desktop.models.snapshot import Snapshot
from vae_desktop.progress import Progress
from vae_desktop.training.threads import ALL_THREADS, use_threads


def take(
    job: Job,
    config: RunConfig,
    image_shape: ImageShape,
    snapshot: Snapshot,
    dataset: Dataset | None,
    data_dir: Path,
    extent: Extent,
    cache_dir: Path | None,
    beside_training: bool,
) -> None:
    """Measure a model on its data set, which is loaded if need be, and hand over each figure as it is known.

    Raises
    ------
    UserError
        If the data set is not there, or its images have another shape than those the model was made for.
    """
    if dataset is None:
        dataset = load_dataset(config.dataset, data_dir, Progress(is_cancelled=job.is_cancelled))
    if dataset.image_shape != image_shape:
        raise UserError("This model was made for images of another shape than those of the data set.")
    # Of this thread and of those that begin later, so it is said each time; more would hold a training up.
    use_threads(1 if beside_training else ALL_THREADS)
    model = restored_model(config.model, image_shape, snapshot.weights).to(memory_format=torch.channels_last)
    for figure in measuring(config, model, dataset, extent, cache_dir, job.progress):
        job.found(figure)
