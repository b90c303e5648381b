"""What downloads should leave, and what is said of a mirror that fails."""

from pathlib import Path

import numpy as np

from vae_desktop.config import DatasetConfig
from vae_desktop.data.mnist import MNIST_SETS, load_mnist

FIRST = "train-images-idx3-ubyte"

FAULTS = {
    "forbidden": "answered 403",
    "absent": "answered 404",
    "html": "perhaps a web page",
    "damaged": "damaged or different",
    "endless": "damaged or different",
    "cut": "cut off",
    "short": "cut off",
    "empty": "cut off",
    "hangup": "cannot be reached",
}


def raw_folder(data_dir: Path, name: str = "mnist") -> Path:
    return MNIST_SETS[name].raw_folder(data_dir)


def assert_whole(folder: Path, arrays: dict[str, np.ndarray], name: str = "mnist") -> None:
    assert {path.name for path in raw_folder(folder, name).iterdir()} == set(MNIST_SETS[name].shapes)
    dataset = load_mnist(DatasetConfig(name), folder)
    np.testing.assert_array_equal(dataset.train.images[:, 0], arrays[FIRST])
    np.testing.assert_array_equal(dataset.train.labels, arrays["train-labels-idx1-ubyte"])
    np.testing.assert_array_equal(dataset.test.images[:, 0], arrays["t10k-images-idx3-ubyte"])
    np.testing.assert_array_equal(dataset.test.labels, arrays["t10k-labels-idx1-ubyte"])
