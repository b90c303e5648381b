"""From a data set's settings to its images; among them scikit-learn's 1,797 handwritten digits, always there."""

import contextlib
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from vae_desktop.config import DatasetConfig
from vae_desktop.data.custom.assembled import what_was_read
from vae_desktop.data.custom.load import load_custom
from vae_desktop.data.dataset import Dataset, Images, Split, resize
from vae_desktop.data.exclusions import find_exclusion
from vae_desktop.data.fingerprint import Fingerprint, Role
from vae_desktop.data.mnist import load_mnist
from vae_desktop.data.origins import Origins
from vae_desktop.data.shapes import load_shapes
from vae_desktop.data.splitting import hold_out, parted_line
from vae_desktop.data.stored.pixels import Collected
from vae_desktop.data.stored.store import ImageStore, IsStored
from vae_desktop.data.torchvision_reading import load_torchvision
from vae_desktop.data.torchvision_sets import TORCHVISION_SETS
from vae_desktop.errors import DataError
from vae_desktop.language import tr
from vae_desktop.libraries import load_torch
from vae_desktop.paths import marks_dir
from vae_desktop.progress import Progress, ignore

MOST_TESTED = 200_000  # test images that are embedded and measured
_ATTEMPTS = 3  # another process may delete what has just been stored
_HELD_OUT = 12  # one in so many training images is for validation: 5,000 of MNIST's 60,000


def load_dataset(
    config: DatasetConfig, data_dir: Path, progress: Progress = ignore, learned: Fingerprint | None = None
) -> Dataset:
    """Load a data set; `data_dir` and a person's own files are only read.

    Parameters
    ----------
    config : DatasetConfig
    data_dir : Path
        Folder of downloaded data sets.
    progress : Progress
        Told now and then the files done and the files in total, where there are many, and asked whether to stop.
    learned : Fingerprint or None
        What the model that the images are for has learned of a person's own ones: none of these is for the test,
        whatever came to the files or left them since. None for a new model.

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
    learned = learned if config.is_custom else None
    store = ImageStore(config, data_dir, learned, progress)
    dataset = store.find() or _collected(store, learned)
    if not config.is_custom:
        return dataset
    dataset = replace(dataset, fingerprint=Fingerprint.of(config, dataset.train, dataset.test, learned))
    dataset.difference(learned)  # known from here on: a window asks for it
    return dataset


def _collected(store: ImageStore, learned: Fingerprint | None) -> Dataset:
    """A data set from its files, by way of the store if it takes more than the memory it may have."""
    for _ in range(_ATTEMPTS):
        with contextlib.suppress(IsStored), store.collecting():
            dataset = _read(store.config, store.data_dir, store.progress, learned)
            if not isinstance(dataset.train.images, Collected):
                return dataset
            store.keep(dataset)
        stored = store.find()
        if stored is not None:
            return stored
    text = tr("The images are kept in {path}, and something deletes or changes them there. See to that, and try again.")
    raise DataError(text.format(path=store.root))


def _read(config: DatasetConfig, data_dir: Path, progress: Progress, learned: Fingerprint | None) -> Dataset:
    """A data set from its files, with what was chosen of its images."""
    dataset = _load(config, data_dir, progress, learned)
    if config.measured_on != "test" and not dataset.on_validation:
        dataset = _with_validation(dataset, learned)
    if config.excluded:
        dataset = _without_excluded(dataset)
    return _sampled(dataset) if len(dataset.test) > MOST_TESTED else dataset


def _sampled(dataset: Dataset) -> Dataset:
    """The data set with a sample of its test images: those with the lowest hashes, whatever their order."""
    hashes = dataset.test.hashes
    is_left_out = np.ones(len(hashes), np.bool_)
    is_left_out[np.argsort(hashes, kind="stable")[:MOST_TESTED]] = False
    text = tr("test images that scatter, codes and figures leave out, as a fixed sample of {most:,} does: {count:,}")
    line = text.format(most=MOST_TESTED, count=int(is_left_out.sum()))
    test, _ = dataset.test.parted(is_left_out)
    return replace(dataset, test=test).with_lines(skipped=[line])


def _load(config: DatasetConfig, data_dir: Path, progress: Progress, learned: Fingerprint | None) -> Dataset:
    if config.is_custom:
        return load_custom(config, progress, learned)
    if config.name in TORCHVISION_SETS:
        return load_torchvision(config, data_dir, progress)
    if config.name == "digits":
        dataset = load_digits(config)
        if config.measured_on != "test" or config.excluded:  # which move the images, and the next gets the same ones
            dataset = _with_images(dataset, lambda images: images.copy())
    elif config.name == "shapes":
        dataset = load_shapes(config, progress)
    else:
        dataset = load_mnist(config, data_dir)
    if config.colours != "colour":
        return dataset
    return _with_images(dataset, lambda images: np.repeat(images, 3, axis=1))  # all of them are grey


def _with_images(dataset: Dataset, change: Callable[[Images], Images]) -> Dataset:
    train, test = (replace(split, images=change(split.images)) for split in (dataset.train, dataset.test))
    return replace(dataset, train=train, test=test)


def _with_validation(dataset: Dataset, learned: Fingerprint | None) -> Dataset:
    """The data set with a fixed part of its training images in place of the test images."""
    train = dataset.train
    held_out = len(train) // _HELD_OUT
    if held_out == 0:
        label = replace(dataset.config, measured_on="test").label
        raise DataError(
            tr("{dataset} has only {count} training images, too few to hold any out.").format(
                dataset=label, count=len(train)
            )
        )
    if dataset.config.is_custom and not (learned is not None and learned.is_unknown):
        is_held_out = _validation_by_content(dataset, learned)
        dataset = dataset.with_lines(converted=parted_line(is_held_out, train.sources))
    else:
        is_held_out = np.zeros(len(train), np.bool_)
        is_held_out[np.random.default_rng(0).permutation(len(train))[:held_out]] = True
    train, test = train.parted(is_held_out)  # only this function has it
    return replace(dataset, train=train, test=test)


def _without_excluded(dataset: Dataset) -> Dataset:
    """The data set without the images of a list; what became of them is said in the report."""
    config = dataset.config
    exclusion = find_exclusion(config.excluded, marks_dir())
    if exclusion is None:
        text = tr("images that were excluded when the model was made: the list of them is not here, and all are read")
        return dataset.with_lines(skipped=[text])
    splits, left_out = [], 0
    for split in (dataset.train, dataset.test):
        is_out = exclusion.mask(split, config.name)
        left_out += int(is_out.sum())
        if is_out.all():
            text = tr("{dataset}: all test images, or all training images, are excluded.")
            raise DataError(text.format(dataset=dataset.title))
        splits.append(split.parted(is_out)[0] if is_out.any() else split)
    text = tr("excluded by you: {count:,}").format(count=left_out)
    report = dataset.report
    if report is not None and config.is_custom:
        report = replace(report, read=what_was_read(config, splits[0], splits[1], dataset.class_names))
    return replace(dataset, train=splits[0], test=splits[1], report=report).with_lines(skipped=[text])


def _validation_by_content(dataset: Dataset, learned: Fingerprint | None) -> npt.NDArray[np.bool_]:
    """Which of a person's own training images (N,) are held out: none that a model has learned."""
    config, train = dataset.config, dataset.train
    roles = np.zeros(len(train), np.int8) if learned is None else learned.roles(train, config.name)
    is_held_out = hold_out(np.zeros(len(train), np.int64), train.hashes, train.sources, _HELD_OUT, len(train))
    if learned is not None and learned.measured_on == "validation":
        is_held_out |= roles == Role.TESTED
    is_held_out &= roles != Role.LEARNED
    if is_held_out.any() and not is_held_out.all():
        return is_held_out
    label = replace(config, measured_on="test").label
    text = tr("{dataset} has no training images that could be held out: all are equal.")
    if learned is not None:
        text = tr("This model has learned all training images of {dataset}: measure it on the test images.")
    raise DataError(text.format(dataset=label))


_DEFAULT_SIDE = 28  # at 8×8 the squared error is so small against the KL term that a 2-D VAE collapses
_TEST_FRACTION = 0.2


@lru_cache(4)  # a few MB at most; what has been found out about them stays with them
def load_digits(config: DatasetConfig) -> Dataset:
    """Load the digits, resampled from 8×8 to 28×28 unless another size is asked for.

    The split is stratified by class and fixed: it depends on nothing.
    """
    load_torch()
    from sklearn.datasets import load_digits as load_bundled
    from sklearn.model_selection import train_test_split

    bundled = load_bundled()
    images = np.round(bundled.images * (255 / 16)).astype(np.uint8)[:, None]  # 0..16 -> 0..255
    images = resize(images, config.image_size or _DEFAULT_SIDE)
    labels = bundled.target.astype(np.int64)
    parts = train_test_split(np.arange(len(labels)), test_size=_TEST_FRACTION, stratify=labels, random_state=0)
    origins = Origins.of_rows([("digits", len(labels))])
    train, test = (Split(images[part], labels[part], origins=origins.chosen(part)) for part in parts)
    return Dataset(config, train, test, tuple("0123456789"))
