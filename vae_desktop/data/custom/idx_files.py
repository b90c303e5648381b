"""A person's own IDX files: images, the labels beside them, and the test images beside the training images."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from vae_desktop.config import DatasetConfig
from vae_desktop.data.custom.assembled import Assembled
from vae_desktop.data.custom.messages import listed
from vae_desktop.data.custom.stacks import Stack, assemble_stacks
from vae_desktop.data.idx import read_idx, read_idx_blocks, read_idx_shape
from vae_desktop.errors import DataError
from vae_desktop.progress import Progress

_PACKED = ".gz"
_TEST_WORDS = ("t10k", "test")
_MOST_NAMES = 4


def is_idx_name(name: str) -> bool:
    """Whether a file of this name holds IDX images: ``…idx3-ubyte``, ``….idx3`` and the like, plain or packed."""
    return re.search(r"idx3([-._]?ubyte)?(\.gz)?$", name, re.IGNORECASE) is not None


def find_idx(folder: Path) -> Path | None:
    """The IDX file of images in a folder, the one for training where there are two; None if there is none.

    Raises
    ------
    DataError
        If the folder holds several data sets.
    """
    try:
        files = sorted((path for path in folder.iterdir() if is_idx_name(path.name)), reverse=True)
    except OSError:
        return None  # who lists it next says why
    by_name = {_plain_name(path): path for path in files}  # the plain file before the packed one
    tests = {_test_images(path) for path in by_name.values()}
    first = sorted(path for path in by_name.values() if path not in tests)
    if len(first) > 1:
        names = ", ".join(listed([path.name for path in first], _MOST_NAMES))
        raise DataError(f"{folder} holds several data sets: {names}. Choose one of the files.")
    return first[0] if first else None


def assemble_idx(path: Path, config: DatasetConfig, progress: Progress) -> Assembled:
    """Read an IDX file of images with what belongs to it in the same folder.

    Its labels are in the file whose name has ``labels`` and ``idx1`` for ``images`` and ``idx3``. If its name has
    ``train``, the file with ``t10k`` or ``test`` in its place is the test set.

    Raises
    ------
    DataError
        If a file is broken, or images and labels differ in number.
    Cancelled
        If `progress` raised it.
    """
    paths = [path] + ([test] if (test := _test_images(path)) else [])
    stacks = []
    for part in paths:
        progress.check()
        stacks.append(_read(part))
    return assemble_stacks(stacks, path, config, progress)


def _read(path: Path) -> Stack:
    labels = _beside(path, re.sub("idx3", "idx1", _plain_name(path).replace("images", "labels"), flags=re.IGNORECASE))

    def read(together: int) -> Iterator[npt.NDArray[Any]]:
        with _telling():
            yield from read_idx_blocks(path, 3, together)

    with _telling():
        shape, classes = read_idx_shape(path, 3), None if labels is None else read_idx(labels, 1)
    if labels is not None and classes is not None and len(classes) != shape[0]:
        raise DataError(
            f"{path} holds {shape[0]:,} images, but {labels.name} {len(classes):,} labels. "
            "Choose another file, or move the labels away."
        )
    return Stack(shape, np.dtype(np.uint8), read, classes)


@contextmanager
def _telling() -> Iterator[None]:
    """Say what to do besides what is wrong with a file."""
    try:
        yield
    except DataError as error:
        raise DataError(f"{error} Choose another file.") from error


def _test_images(path: Path) -> Path | None:
    name = _plain_name(path)
    names = [name.replace("train", word) for word in _TEST_WORDS] if "train" in name else []
    return next((test for name in names if (test := _beside(path, name))), None)


def _plain_name(path: Path) -> str:
    return path.name.removesuffix(_PACKED)


def _beside(path: Path, name: str) -> Path | None:
    """The file of this name in the same folder, plain or packed."""
    both = (path.with_name(name), path.with_name(name + _PACKED))
    return next((found for found in both if found.is_file()), None)
