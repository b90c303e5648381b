"""A data set, settings and a model so small that a training run takes milliseconds."""

import numpy as np
import pytest
import torch

from vae_desktop.config import DatasetConfig, ModelConfig, RunConfig, TrainingConfig
from vae_desktop.data.dataset import Dataset, Split
from vae_desktop.errors import CheckpointError
from vae_desktop.training.checkpoint import load_checkpoint, save_checkpoints
from vae_desktop.training.history import Change
from vae_desktop.training.loop import TrainingLoop


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


@pytest.fixture(scope="session")
def checkpoint_of(dataset):
    """Train a small model and give its checkpoint."""

    def make(config):
        run = TrainingLoop([config], dataset, torch.device("cpu"))
        for _ in run.epochs():
            pass
        return run.models[0].checkpoint()

    return make


@pytest.fixture(scope="session")
def trained(checkpoint_of, config):
    result = checkpoint_of(config)
    result.history.changes = [Change(4, "beta", 0.75), Change(4, "learning_rate", 0.1), Change(5, "beta", 1.0)]
    return result


@pytest.fixture(scope="session")
def good(trained, tmp_path_factory):
    """The bytes of a good file."""
    path = tmp_path_factory.mktemp("good") / "model.safetensors"
    save_checkpoints(path, [trained])
    return path.read_bytes()


@pytest.fixture
def file(good, tmp_path):
    """A good file."""
    path = tmp_path / "model.safetensors"
    path.write_bytes(good)
    return path


@pytest.fixture
def refused(file):
    """Check that the file is refused with a message that names it and says all of some words."""

    def check(*words):
        with pytest.raises(CheckpointError) as caught:
            load_checkpoint(file)
        message = str(caught.value)
        assert message.startswith("Cannot open model.safetensors: ")
        for word in words:
            assert word in message
        return message

    return check
