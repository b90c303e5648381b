"""From a data set's settings to its images."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from vae_desktop.catalog import describe_dataset
from vae_desktop.config import DatasetConfig
from vae_desktop.data.custom.load import load_custom
from vae_desktop.data.dataset import Dataset
from vae_desktop.data.digits import load_digits
from vae_desktop.data.mnist import load_mnist
from vae_desktop.data.shapes import load_shapes
from vae_desktop.errors import DataError
from vae_desktop.progress import Progress, ignore

_HELD_OUT = 12  # one in so many training images is for validation: 5,000 of MNIST's 60,000


def load_dataset(config: DatasetConfig, data_dir: Path, progress: Progress = ignore) -> Dataset:
    """Load a data set; `data_dir` and a person's own files are only read.

    Parameters
    ----------
    config : DatasetConfig
    data_dir : Path
        Folder of downloaded data sets.
    progress : Progress
        Told now and then the files done and the files in total, where there are many, and asked whether to stop.

    Raises
    ------
    DatasetMissing
        If its files are not there.
    DatasetBroken
        If they are there and broken, and a download would mend them.
    DataError
        If they cannot be used for another reason.
    Cancelled
        If `progress` raised it.
    """
    dataset = _load(config, data_dir, progress)
    return dataset if config.measured_on == "test" else _with_validation(dataset)


def _load(config: DatasetConfig, data_dir: Path, progress: Progress) -> Dataset:
    if config.is_custom:
        return load_custom(config, progress)
    if config.name == "digits":
        dataset = load_digits(config)
    elif config.name == "shapes":
        dataset = load_shapes(config, progress)
    else:
        dataset = load_mnist(config, data_dir)
    if config.colours != "colour":
        return dataset
    train, test = (  # all of them are grey
        replace(split, images=np.repeat(split.images, 3, axis=1)) for split in (dataset.train, dataset.test)
    )
    return replace(dataset, train=train, test=test)


def _with_validation(dataset: Dataset) -> Dataset:
    """The data set with a fixed part of its training images in place of the test images."""
    train = dataset.train
    held_out = len(train) // _HELD_OUT
    if held_out == 0:
        label = describe_dataset(dataset.config.name).label
        raise DataError(f"{label} has only {len(train)} training images, too few to hold any out.")
    is_held_out = np.zeros(len(train), np.bool_)
    is_held_out[np.random.default_rng(0).permutation(len(train))[:held_out]] = True
    train, test = train.parted(is_held_out)  # only this function has it
    return replace(dataset, train=train, test=test)
