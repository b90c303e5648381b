"""MNIST and the data sets in its format, read from torchvision's folder layout without torch."""

from pathlib import Path

import numpy as np

from vae_desktop.config import DatasetConfig
from vae_desktop.data.dataset import Dataset, Images, Split, resize
from vae_desktop.data.idx import open_idx
from vae_desktop.data.mnist_sets import MNIST_SETS, MnistSet, images_file, labels_file
from vae_desktop.data.stored_array import BrokenFile
from vae_desktop.errors import DataError, DatasetBroken, DatasetMissing


def load_mnist(config: DatasetConfig, data_dir: Path) -> Dataset:
    """Load one of MNIST_SETS, such as MNIST from ``data_dir/MNIST/raw``; nothing is written.

    Each file may be plain or, where the plain one is absent, packed as ``.gz``.

    Returns
    -------
    Dataset
        Images (N, 1, H, W), uint8, 0 to 255, upright, at their own size unless ``config.image_size`` is given.

    Raises
    ------
    DatasetMissing
        If a file is absent, or the data folder itself.
    DatasetBroken
        If a file is broken or does not belong with the others.
    DataError
        If a file cannot be read.
    """
    entry = MNIST_SETS[config.name]
    try:
        train, test = (_read_split(entry, data_dir, prefix) for prefix in entry.prefixes)
        if train.images.shape[1:] != test.images.shape[1:]:
            raise _mismatch(entry, data_dir, "training and test images differ in size")
    except BrokenFile as error:
        raise DatasetBroken(f"{error} Download it again.") from error
    return Dataset(
        config,
        Split(resize(train.images, config.image_size), train.labels),
        Split(resize(test.images, config.image_size), test.labels),
        entry.class_names,
    )


def read_file(entry: MnistSet, data_dir: Path, name: str) -> Images:
    """Read one of a data set's four files, or its packed form where the plain one is absent.

    Parameters
    ----------
    entry : MnistSet
    data_dir : Path
    name : str
        One of ``entry.shapes``.

    Returns
    -------
    array of uint8
        As stored: images (N, H, W), or labels (N,) from ``entry.first_label`` on; never empty.

    Raises
    ------
    DatasetMissing
        If it is absent, or the data folder itself.
    BrokenFile
        If it is broken; the message does not say what to do.
    DataError
        If it cannot be opened.
    """
    path = _find(entry, data_dir, name)
    values = open_idx(path, rank=len(entry.shapes[name])).read()
    first, last = entry.first_label, entry.first_label + len(entry.class_names) - 1
    for label in (values.min(), values.max()) if values.ndim == 1 else ():
        if not first <= label <= last:
            raise BrokenFile(f"{path} is broken: a label is {label}, not {first} to {last}.")
    return values


def _read_split(entry: MnistSet, data_dir: Path, prefix: str) -> Split:
    images = read_file(entry, data_dir, images_file(prefix))
    labels = read_file(entry, data_dir, labels_file(prefix))
    if len(images) != len(labels):
        raise _mismatch(entry, data_dir, f"{len(images)} {prefix} images have {len(labels)} labels")
    if entry.is_transposed:
        images = np.ascontiguousarray(images.swapaxes(1, 2))
    return Split(images[:, None], labels.astype(np.int64) - entry.first_label)


def _mismatch(entry: MnistSet, data_dir: Path, reason: str) -> BrokenFile:
    return BrokenFile(f"{entry.label} in {entry.raw_folder(data_dir)} is broken: {reason}.")


def _find(entry: MnistSet, data_dir: Path, name: str) -> Path:
    """Path of a file that can be opened."""
    folder = entry.raw_folder(data_dir)
    for path in (folder / name, folder / f"{name}.gz"):
        try:
            path.open("rb").close()
            return path
        except FileNotFoundError:
            continue
        except OSError as error:
            reason = error.strerror or str(error)
            raise DataError(f"Cannot read {path}: {reason}. Choose another data folder.") from error
    if not data_dir.is_dir():
        found = f"{entry.label} cannot be read: there is no data folder {data_dir}"
    else:
        found = f"{entry.label} is not there: {folder} has no {name}"
    raise DatasetMissing(
        f"{found}. Download it, or choose another data folder: by File ▸ Data folder…, or by --data-dir."
    )
