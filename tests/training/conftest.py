"""A data set and settings so small that a training run takes milliseconds."""

import numpy as np
import pytest
import torch

from vae_desktop.config import DatasetConfig, ModelConfig, RunConfig, TrainingConfig
from vae_desktop.data.dataset import Dataset, Split


@pytest.fixture(scope="session")
def dataset() -> Dataset:
    """Noise in two channels, 40 training and 10 test images, in three classes."""
    random = np.random.default_rng(0)
    train, test = (
        Split(random.integers(0, 256, (count, 2, 4, 3), np.uint8), np.arange(count) % 3) for count in (40, 10)
    )
    return Dataset(DatasetConfig(), train, test, ("a", "β", "c"))


@pytest.fixture(scope="session")
def config() -> RunConfig:
    """Three epochs of a small variational autoencoder; batches of 16 make the last of an epoch smaller."""
    return RunConfig(
        model=ModelConfig("vae", 2, hidden=(6, 5)),
        training=TrainingConfig(epochs=3, learning_rate=0.01, beta=0.5, batch_size=16, seed=7, device="cpu"),
    )


@pytest.fixture(scope="session")
def device() -> torch.device:
    return torch.device("cpu")
