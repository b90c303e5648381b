"""Whether a data set is on this machine, as far as the names of its files tell; nothing heavy is imported for that."""

import os
from pathlib import Path

from vae_desktop.config import DatasetConfig
from vae_desktop.data.mnist import MNIST_SETS, has_files
from vae_desktop.data.torchvision_sets import TORCHVISION_SETS


def is_there(config: DatasetConfig, data_dir: Path) -> bool:
    """Whether a data set can be read without a download; what is in its files is not looked at."""
    if config.is_custom:
        return os.path.exists(config.name)
    if config.name in TORCHVISION_SETS:
        return TORCHVISION_SETS[config.name].is_there(data_dir)
    return config.name not in MNIST_SETS or has_files(MNIST_SETS[config.name], data_dir)
