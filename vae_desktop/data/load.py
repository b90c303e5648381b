"""From a data set's settings to its images."""

from pathlib import Path

from vae_desktop.config import DatasetConfig
from vae_desktop.data.dataset import Dataset
from vae_desktop.data.digits import load_digits
from vae_desktop.data.mnist import load_mnist


def load_dataset(config: DatasetConfig, data_dir: Path) -> Dataset:
    """Load a data set; `data_dir` is only read.

    Raises
    ------
    DatasetMissing
        If its files are not there.
    DataError
        If they are there and broken.
    """
    if config.name == "digits":
        return load_digits(config)
    return load_mnist(config, data_dir)
