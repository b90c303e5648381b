"""MNIST and the data sets in its format: what they hold, where they come from, and how they are read without torch.

Folders, file names and hashes are torchvision's, so that both find each other's files.
"""

import os
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from vae_desktop.config import DatasetConfig
from vae_desktop.data.dataset import Dataset, Images, Split, resize
from vae_desktop.data.origins import Origins
from vae_desktop.data.stored_array import BrokenFile, open_idx
from vae_desktop.dataset_catalog import DATASETS
from vae_desktop.errors import DataError, DatasetBroken, DatasetMissing
from vae_desktop.language import N_, tr

SIDE = 28


@dataclass(frozen=True)
class Resource:
    """A file to download, a packed IDX file or an archive of them: its name, its MD5 and its size in bytes."""

    name: str
    md5: str
    size: int

    @property
    def is_archive(self) -> bool:
        return self.name.endswith(".zip")


@dataclass(frozen=True)
class MnistSet:
    """A data set of 28×28 grey images in four IDX files: images and labels, to train and to test with.

    Attributes
    ----------
    folder : str
        Under the data folder; the files lie in its subfolder ``raw``.
    class_names : tuple of str
    mirrors : tuple of str
        Addresses of folders that hold the resources, tried in order.
    resources : tuple of Resource
    prefixes : (str, str)
        What the names of the training and the test files begin with.
    counts : (int, int)
        Training and test images.
    first_label : int
        The label, in the files, of the first class.
    is_transposed : bool
        Rows and columns of the images are exchanged in the files.
    """

    name: str
    folder: str
    class_names: tuple[str, ...]
    mirrors: tuple[str, ...]
    resources: tuple[Resource, ...]
    prefixes: tuple[str, str] = ("train", "t10k")
    counts: tuple[int, int] = (60_000, 10_000)
    first_label: int = 0
    is_transposed: bool = False

    @property
    def label(self) -> str:
        return tr(DATASETS[self.name].label)

    def raw_folder(self, data_dir: Path) -> Path:
        """The folder of the four files."""
        return data_dir / self.folder / "raw"

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """What each of the four files holds, by its name."""
        shapes: dict[str, tuple[int, ...]] = {}
        for prefix, count in zip(self.prefixes, self.counts, strict=True):
            shapes[images_file(prefix)] = (count, SIDE, SIDE)
            shapes[labels_file(prefix)] = (count,)
        return shapes

    def files_in(self, resource: Resource) -> tuple[str, ...]:
        """Names of those of the four files that a resource holds."""
        return tuple(self.shapes) if resource.is_archive else (resource.name.removesuffix(".gz"),)


def images_file(prefix: str) -> str:
    """Name of a split's file of images."""
    return f"{prefix}-images-idx3-ubyte"


def labels_file(prefix: str) -> str:
    """Name of a split's file of labels."""
    return f"{prefix}-labels-idx1-ubyte"


MNIST_SETS = {
    entry.name: entry
    for entry in (
        MnistSet(
            "mnist",
            folder="MNIST",
            class_names=tuple("0123456789"),
            mirrors=(
                "https://ossci-datasets.s3.amazonaws.com/mnist/",
                "https://storage.googleapis.com/cvdf-datasets/mnist/",
            ),
            resources=(
                Resource("train-images-idx3-ubyte.gz", "f68b3c2dcbeaaa9fbdd348bbdeb94873", 9_912_422),
                Resource("train-labels-idx1-ubyte.gz", "d53e105ee54ea40749a09fcbcd1e9432", 28_881),
                Resource("t10k-images-idx3-ubyte.gz", "9fb629c4189551a2d022fa330f9573f3", 1_648_877),
                Resource("t10k-labels-idx1-ubyte.gz", "ec29112dd5afa0611ce80d1b7f02629c", 4_542),
            ),
        ),
        MnistSet(
            "fashion-mnist",
            folder="FashionMNIST",
            class_names=(
                N_("T-shirt/top"),
                N_("Trouser"),
                N_("Pullover"),
                N_("Dress"),
                N_("Coat"),
                N_("Sandal"),
                N_("Shirt"),
                N_("Sneaker"),
                N_("Bag"),
                N_("Ankle boot"),
            ),
            mirrors=(
                "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
                "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
            ),
            resources=(
                Resource("train-images-idx3-ubyte.gz", "8d4fb7e6c68d591d4c3dfef9ec88bf0d", 26_421_880),
                Resource("train-labels-idx1-ubyte.gz", "25c81989df183df01b3e8a0aad5dffbe", 29_515),
                Resource("t10k-images-idx3-ubyte.gz", "bef4ecab320f06d8554ea6380940ec79", 4_422_102),
                Resource("t10k-labels-idx1-ubyte.gz", "bb300cfdad3c16e7a12a480ee83cd310", 5_148),
            ),
        ),
        MnistSet(
            "kmnist",
            folder="KMNIST",
            class_names=("o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo"),
            mirrors=(
                "http://codh.rois.ac.jp/kmnist/dataset/kmnist/",
                "https://huggingface.co/datasets/tanganke/kmnist/resolve/756d43e894032ce8838db8b32e7500c9c3b5d050/raw/",
            ),
            resources=(
                Resource("train-images-idx3-ubyte.gz", "bdb82020997e1d708af4cf47b453dcf7", 18_165_135),
                Resource("train-labels-idx1-ubyte.gz", "e144d726b3acfaa3e44228e80efcd344", 29_497),
                Resource("t10k-images-idx3-ubyte.gz", "5c965bf0a639b31b8f53240b1b52f4d7", 3_041_136),
                Resource("t10k-labels-idx1-ubyte.gz", "7320c461ea6c1c855c0b718fb2a4b134", 5_120),
            ),
        ),
        MnistSet(
            "emnist-letters",
            folder="EMNIST",
            prefixes=("emnist-letters-train", "emnist-letters-test"),
            counts=(124_800, 20_800),
            class_names=tuple("ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
            mirrors=("https://biometrics.nist.gov/cs_links/EMNIST/",),
            resources=(Resource("gzip.zip", "58c8d27c78d21e728a6bc7b3cc06412e", 561_753_746),),
            first_label=1,
            is_transposed=True,
        ),
    )
}


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
            raise _mismatch(entry, data_dir, tr("training and test images differ in size"))
    except BrokenFile as error:
        raise DatasetBroken(tr("{error} Download it again.").format(error=error)) from error
    train, test = (replace(part, images=resize(part.images, config.image_size)) for part in (train, test))
    return Dataset(config, train, test, entry.class_names)


def has_files(entry: MnistSet, data_dir: Path) -> bool:
    """Whether all files of a data set are in a data folder, plain or packed; what is in them is not looked at."""
    try:
        there = set(os.listdir(entry.raw_folder(data_dir)))
    except OSError:
        return False
    return all(name in there or f"{name}.gz" in there for name in entry.shapes)


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
            raise BrokenFile(
                tr("{path} is broken: a label is {label}, not {first} to {last}.").format(
                    path=path, label=label, first=first, last=last
                )
            )
    return values


def _read_split(entry: MnistSet, data_dir: Path, prefix: str) -> Split:
    images = read_file(entry, data_dir, images_file(prefix))
    labels = read_file(entry, data_dir, labels_file(prefix))
    if len(images) != len(labels):
        raise _mismatch(
            entry,
            data_dir,
            tr("{images} {part} images have {labels} labels").format(
                images=len(images), part=prefix, labels=len(labels)
            ),
        )
    if entry.is_transposed:
        images = np.ascontiguousarray(images.swapaxes(1, 2))
    origins = Origins.of_rows([(str(_find(entry, data_dir, images_file(prefix))), len(images))])
    return Split(images[:, None], labels.astype(np.int64) - entry.first_label, origins=origins)


def _mismatch(entry: MnistSet, data_dir: Path, reason: str) -> BrokenFile:
    return BrokenFile(
        tr("{dataset} in {folder} is broken: {reason}.").format(
            dataset=entry.label, folder=entry.raw_folder(data_dir), reason=reason
        )
    )


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
            raise DataError(
                tr("Cannot read {path}: {reason}. Choose another data folder.").format(path=path, reason=reason)
            ) from error
    if not data_dir.is_dir():
        text = tr(
            "{dataset} cannot be read: there is no data folder {folder}. "
            "Download it, or choose another data folder: by File ▸ Data folder…, or by --data-dir."
        )
        raise DatasetMissing(text.format(dataset=entry.label, folder=data_dir))
    text = tr(
        "{dataset} is not there: {folder} has no {name}. "
        "Download it, or choose another data folder: by File ▸ Data folder…, or by --data-dir."
    )
    raise DatasetMissing(text.format(dataset=entry.label, folder=folder, name=name))
