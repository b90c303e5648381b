"""A person's own images and labels from IDX files, MNIST's format, told by their names."""

import re
from pathlib import Path

from vae_desktop.config import DatasetConfig
from vae_desktop.data.custom.assembled import Assembled
from vae_desktop.data.custom.beside import several_sets
from vae_desktop.data.custom.labels import read_labels
from vae_desktop.data.custom.stacks import Stack, assemble_stacks
from vae_desktop.data.stored_array import open_idx
from vae_desktop.progress import Progress

_PACKED = ".gz"
_TEST_WORDS = ("t10k", "test")


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
        raise several_sets(folder, first)
    return first[0] if first else None


def assemble_idx(path: Path, config: DatasetConfig, progress: Progress) -> Assembled:
    """Read an IDX file of images with what belongs to it in the same folder.

    Its labels are in the file whose name has ``labels`` and ``idx1`` for ``images`` and ``idx3``. If its name has
    ``train``, the file with ``t10k`` or ``test`` in its place is the test set.

    Raises
    ------
    BrokenFile
        If a file is broken.
    Cancelled
        If `progress` raised it.
    """
    test = _test_images(path)
    stacks = [_open_stack(part, progress) for part in (path, test) if part is not None]
    return assemble_stacks(stacks, path, config, progress)


def _open_stack(path: Path, progress: Progress) -> Stack:
    images = open_idx(path, 3)
    labels = _beside(path, re.sub("idx3", "idx1", _plain_name(path).replace("images", "labels"), flags=re.IGNORECASE))
    if labels is None:
        return Stack(images, None, str(path))
    found = read_labels(lambda: open_idx(labels, 1), images.shape[0], progress)
    return Stack(images, found.classes, str(path), found.note)


def _test_images(path: Path) -> Path | None:
    """The file of test images that belongs to a file of training images, if there is one."""
    name = _plain_name(path)
    names = [name.replace("train", word) for word in _TEST_WORDS] if "train" in name else []
    return next((test for name in names if (test := _beside(path, name))), None)


def _plain_name(path: Path) -> str:
    """The file's name as it is when it is not packed."""
    return path.name.removesuffix(_PACKED)


def _beside(path: Path, name: str) -> Path | None:
    """The file of this name in the same folder, plain or packed."""
    both = (path.with_name(name), path.with_name(name + _PACKED))
    return next((found for found in both if found.is_file()), None)
