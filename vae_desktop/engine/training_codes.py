"""The work of a job that embeds the training images by a model that does not train."""

import torch

from vae_desktop.config import RunConfig
from vae_desktop.data.dataset import Dataset
from vae_desktop.engine.jobs import Job
from vae_desktop.latent.codes import Codes
from vae_desktop.latent.embed import embed, to_codes
from vae_desktop.models.autoencoder import restored_model
from vae_desktop.models.snapshot import Snapshot
from vae_desktop.training.threads import use_threads


def embed_training_images(job: Job, config: RunConfig, dataset: Dataset, snapshot: Snapshot) -> Codes:
    """Codes of the training images of a data set, by a model with the weights of a snapshot."""
    use_threads(1)  # the window and its decoder want the others
    model = restored_model(config.model, dataset.image_shape, snapshot.weights).to(memory_format=torch.channels_last)
    images = torch.from_numpy(dataset.train.images)
    posterior = embed(model, images, job.progress)
    return to_codes(posterior, dataset.train.labels)
