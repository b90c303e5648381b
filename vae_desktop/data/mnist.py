"""MNIST from torchvision's folder layout, read without torch and without trusting a byte of it."""

import gzip
import io
import math
import os
import struct
import zlib
from pathlib import Path

import numpy as np

from vae_desktop.config import DatasetConfig
from vae_desktop.data.dataset import Dataset, Images, Labels, Split, resize
from vae_desktop.errors import DataError, DatasetMissing

_UINT8 = 8  # the IDX format's code for unsigned bytes
_DEFLATE_LIMIT = 1032  # deflate never packs tighter, so a header that announces more than this lies
_CLASSES = 10


def raw_folder(data_dir: Path) -> Path:
    """The folder that holds MNIST's four files."""
    return data_dir / "MNIST" / "raw"


def load_mnist(config: DatasetConfig, data_dir: Path) -> Dataset:
    """Load MNIST from ``data_dir/MNIST/raw``; nothing is written.

    Each file may be plain or, where the plain one is absent, packed as ``.gz``.

    Returns
    -------
    Dataset
        Images (N, 1, H, W), uint8, 0 to 255, at their own size unless ``config.image_size`` is given.

    Raises
    ------
    DatasetMissing
        If a file is absent, or the data folder itself.
    DataError
        If a file cannot be read, is broken, or does not belong with the others.
    """
    folder = raw_folder(data_dir)
    try:
        train, test = (_read_split(folder, prefix) for prefix in ("train", "t10k"))
    except FileNotFoundError as error:
        raise DatasetMissing(_what_is_missing(data_dir, error)) from error
    if train.images.shape[1:] != test.images.shape[1:]:
        raise DataError(
            f"MNIST in {folder} is broken: training and test images differ in size. Download it again."
        )
    return Dataset(
        config,
        Split(resize(train.images, config.image_size), train.labels),
        Split(resize(test.images, config.image_size), test.labels),
        tuple(str(digit) for digit in range(_CLASSES)),
    )


def read_images(path: Path) -> Images:
    """Read an IDX file of images, or ``path`` + ``.gz`` where the plain file is absent.

    Returns
    -------
    Images
        (N, H, W), uint8, 0 to 255, none of the sizes 0.

    Raises
    ------
    FileNotFoundError
        If neither file is there.
    DataError
        If it cannot be read or is broken.
    """
    return _read_idx(path, rank=3)


def read_labels(path: Path) -> Labels:
    """Read an IDX file of labels (N,), 0 to 9; otherwise as `read_images`."""
    labels = _read_idx(path, rank=1)
    if labels.max() >= _CLASSES:
        raise DataError(f"{path} is broken: a label is {labels.max()}, not 0 to 9. Download it again.")
    return labels.astype(np.int64)


def _read_split(folder: Path, prefix: str) -> Split:
    images = read_images(folder / f"{prefix}-images-idx3-ubyte")
    labels = read_labels(folder / f"{prefix}-labels-idx1-ubyte")
    if len(images) != len(labels):
        raise DataError(
            f"MNIST in {folder} is broken: {len(images)} {prefix} images have {len(labels)} labels. "
            "Download it again."
        )
    return Split(images[:, None], labels)


def _read_idx(path: Path, rank: int) -> Images:
    try:
        with _open(path) as stream:
            return _parse_idx(stream, rank)
    except FileNotFoundError:
        raise
    except (ValueError, EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DataError(f"{path} is broken: {error}. Download it again.") from error
    except OSError as error:
        reason = error.strerror or str(error)
        raise DataError(f"Cannot read {path}: {reason}. Choose another data folder.") from error


def _open(path: Path) -> io.BufferedIOBase:
    try:
        return path.open("rb")
    except FileNotFoundError:
        return gzip.open(path.with_name(f"{path.name}.gz"), "rb")


def _parse_idx(stream: io.BufferedIOBase, rank: int) -> Images:
    """Read a whole IDX file; its length is held against its header before memory is taken for it."""
    stored = os.fstat(stream.fileno()).st_size
    magic, sizes = stream.read(4), stream.read(4 * rank)
    if magic != bytes((0, 0, _UINT8, rank)):
        raise ValueError(f"it is not an IDX file of bytes in {rank} dimension{'s' * (rank > 1)}")
    if len(sizes) < 4 * rank:
        raise ValueError("it is cut off")
    shape = struct.unpack(f">{rank}I", sizes)
    length = math.prod(shape)
    if length == 0:
        raise ValueError("it holds nothing")
    if length > stored * (_DEFLATE_LIMIT if isinstance(stream, gzip.GzipFile) else 1):
        raise ValueError("it is cut off")
    values = np.empty(shape, np.uint8)
    if stream.readinto(values.data) != length:
        raise ValueError("it is cut off")
    if stream.read(1):
        raise ValueError("it is longer than it should be")
    return values


def _what_is_missing(data_dir: Path, error: FileNotFoundError) -> str:
    if not data_dir.is_dir():
        found = f"MNIST cannot be read: there is no data folder {data_dir}"
    else:
        found = f"MNIST is not there: {raw_folder(data_dir)} has no {Path(error.filename).stem}"
    return f"{found}. Download it, or choose another data folder."
