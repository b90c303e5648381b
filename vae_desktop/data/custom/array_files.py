"""Files of arrays of every format: which reader a file has, and which file of a folder it is that is read."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from vae_desktop.config import DatasetConfig
from vae_desktop.data.custom.archives import is_archive_name
from vae_desktop.data.custom.arrays import are_classes, assemble_arrays, assemble_classes
from vae_desktop.data.custom.assembled import Assembled
from vae_desktop.data.custom.beside import (
    entries_of,
    held_out_beside,
    is_for_training,
    is_idx_name,
    labels_beside,
    neighbours,
    several_sets,
)
from vae_desktop.data.custom.csv_file import assemble_csv, is_csv_name
from vae_desktop.data.custom.files import is_unseen
from vae_desktop.data.custom.hdf5_file import assemble_hdf5, is_hdf5_name
from vae_desktop.data.custom.idx import assemble_idx
from vae_desktop.data.custom.mat_file import assemble_mat, is_hdf5_mat
from vae_desktop.data.custom.messages import not_used
from vae_desktop.data.custom.parquet_files import assemble_parquet, is_parquet_name, parquet_in, shards_of
from vae_desktop.progress import Progress

Reader = Callable[[Path, DatasetConfig, Progress], Assembled]

_PICTURES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp", ".jp2", ".avif", ".heic", ".ppm")


def reader_of(path: Path) -> Reader | None:
    """What reads a file of arrays, told by its name; None if it is none."""
    name = path.name.lower()
    if is_idx_name(name):
        return assemble_idx
    if name.endswith((".npy", ".npz")):
        return assemble_arrays
    if is_csv_name(name):
        return assemble_csv
    if name.endswith(".mat"):
        return assemble_hdf5 if is_hdf5_mat(path) else assemble_mat
    if is_hdf5_name(name):
        return assemble_hdf5
    return _assemble_shards if is_parquet_name(name) else None


def assemble_arrays_of(folder: Path, config: DatasetConfig, progress: Progress) -> Assembled | None:
    """Read the arrays of a folder that holds nothing but these; None if it is another one.

    Files that belong together by their names are one data set, see `beside`; of several, the one for training is read,
    or all as classes, see `are_classes`.

    Raises
    ------
    DataError
        If the folder holds several data sets, or for the reasons that the file's reader has.
    Cancelled
        If `progress` raised it.
    """
    entries = [path for path in entries_of(folder) if not is_unseen(path.name)]  # listed once: it may hold any number
    if any(is_parquet_name(path.name) or path.name == "data" for path in entries) and (shards := parquet_in(folder)):
        return assemble_parquet(folder, shards, config, progress)
    files = _arrays_among(entries)
    beside = neighbours(entries) if files else {}
    belonging = {other for file in files for other in (labels_beside(file, beside), *held_out_beside(file, beside))}
    first = [file for file in files if file not in belonging]
    if len(first) > 1:
        training = [file for file in first if is_for_training(file)]
        if not training and are_classes(first):
            return assemble_classes(folder, first, config, progress)
        if len(training) != 1:
            raise several_sets(folder, first)
        others = [not_used(file.name) for file in first if file not in training]
        first = training
    else:
        others = []
    reader = reader_of(first[0]) if first else None
    if reader is None:
        return None
    assembled = reader(first[0], config, progress)
    return replace(assembled, skipped=[*assembled.skipped, *others])


def _arrays_among(entries: Sequence[Path]) -> list[Path]:
    """The files of arrays in a folder without subfolders and pictures; tables only where there are no others.

    A table beside an archive rather tells the labels of what is in that. IDX comes before all others.
    """
    idx = _plain_first([path for path in entries if is_idx_name(path.name)])
    if idx or any(path.suffix.lower() in _PICTURES or path.is_dir() for path in entries):
        return idx
    files = _plain_first([path for path in entries if reader_of(path) is not None and path.is_file()])
    arrays = [path for path in files if not is_csv_name(path.name)]
    return [] if not arrays and any(is_archive_name(path.name) for path in entries) else arrays or files


def _plain_first(files: Sequence[Path]) -> list[Path]:
    """The files in order, without packed ones of those that are there unpacked."""
    names = {path.name for path in files}
    return sorted(path for path in files if path.suffix != ".gz" or path.name.removesuffix(".gz") not in names)


def _assemble_shards(path: Path, config: DatasetConfig, progress: Progress) -> Assembled:
    return assemble_parquet(path, shards_of(path), config, progress)
