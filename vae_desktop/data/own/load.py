"""From the path of a person's own images to a data set."""

import os
import stat
import warnings
from collections.abc import Callable
from pathlib import Path

from vae_desktop.config import DatasetConfig
from vae_desktop.data.dataset import Dataset
from vae_desktop.data.own.arrays import gather_arrays
from vae_desktop.data.own.gathered import Gathered, to_dataset
from vae_desktop.data.own.idx_files import find_idx, gather_idx, is_idx_name
from vae_desktop.data.own.pictures import gather_folder
from vae_desktop.errors import DataError
from vae_desktop.file_kinds import kind_of_file
from vae_desktop.progress import Progress

ACCEPTED = (
    "Choose a folder of images, in which subfolders are classes, a NumPy file (.npy or .npz), "
    "or an IDX file of images (…idx3-ubyte, also .gz)."
)


def load_own(config: DatasetConfig, progress: Progress, is_cancelled: Callable[[], bool]) -> Dataset:
    """Load a person's own images; nothing is written, and nothing in them is run.

    Every image is converted by `square.CONVERSION_RULE` to the side that `square.choose_side` names. Where the
    source has no split, a fixed fifth is held out, of each class its share.

    Parameters
    ----------
    config : DatasetConfig
        Its name is the path of a folder of images, an .npy, .npz or IDX file, or a folder of IDX files.
    progress : callable
        Called now and then with the files (of a folder) or images done and those in total; the first only grows.
    is_cancelled : callable
        Asked several times a second.

    Returns
    -------
    Dataset
        Images (N, C, S, S), C being 1 or 3; its report says what was read, converted and skipped.

    Raises
    ------
    DataError
        If the path is gone or none of these, is broken, or has fewer than 10 images.
    Cancelled
        If `is_cancelled` returned true.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of Pillow and NumPy, about files; what matters is in the report
        return to_dataset(config, _gather(Path(config.name), config, progress, is_cancelled))


def _gather(path: Path, config: DatasetConfig, progress: Progress, is_cancelled: Callable[[], bool]) -> Gathered:
    mode = _mode(path)
    if stat.S_ISDIR(mode):
        idx = find_idx(path)
        if idx is None:
            return gather_folder(path, config, progress, is_cancelled)
        return gather_idx(idx, config, progress, is_cancelled)
    if stat.S_ISREG(mode) and path.suffix.lower() in (".npy", ".npz"):
        return gather_arrays(path, config, progress, is_cancelled)
    if stat.S_ISREG(mode) and is_idx_name(path.name):
        return gather_idx(path, config, progress, is_cancelled)
    kind = kind_of_file(path) if stat.S_ISREG(mode) else None
    reason = "" if kind is None else f": it is {kind}"
    raise DataError(f"{path} cannot be used as a data set{reason}. {ACCEPTED}")


def _mode(path: Path) -> int:
    try:
        return os.stat(path).st_mode
    except FileNotFoundError as error:
        kind = kind_of_file(path)
        reason = "is not there; it may have been moved or renamed" if kind is None else f"is {kind}"
        raise DataError(f"{path} {reason}. {ACCEPTED}") from error
    except (OSError, ValueError) as error:
        raise DataError(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}. {ACCEPTED}") from error
