"""Small data sets and models whose measures take milliseconds."""

from collections.abc import Callable

import numpy as np
import pytest

from vae_desktop.config import DatasetConfig, ModelConfig, RunConfig, TrainingConfig
from vae_desktop.data.dataset import Dataset, Split
from vae_desktop.data.load import load_digits
from vae_desktop.models.autoencoder import Autoencoder, new_model


@pytest.fixture(scope="session")
def digits() -> Dataset:
    """The bundled digits at their own 8×8 pixels."""
    return load_digits(DatasetConfig("digits", 8))


@pytest.fixture(scope="session")
def few() -> Dataset:
    """Coloured, unlabelled noise with factors: five training and three test images."""
    random = np.random.default_rng(0)
    train, test = (
        Split(random.integers(0, 256, (count, 3, 8, 8), np.uint8), None, random.random((count, 2), np.float32))
        for count in (5, 3)
    )
    return Dataset(DatasetConfig(), train, test, (), ("size", "angle"))


@pytest.fixture(scope="session")
def run_config() -> Callable[..., RunConfig]:
    """Make the settings of a run of a small model."""

    def make(kind: str = "vae", latent_dim: int = 2, beta: float = 1.0, **model: object) -> RunConfig:
        return RunConfig(
            DatasetConfig("digits", 8),
            ModelConfig(kind, latent_dim, hidden=(16,), **model),
            TrainingConfig(beta=beta, seed=3),
        )

    return make


@pytest.fixture(scope="session")
def fresh_model() -> Callable[[RunConfig, Dataset], Autoencoder]:
    """Make the model of a run as it is before training."""
    return lambda config, dataset: new_model(config.model, dataset.image_shape, config.training.seed)
