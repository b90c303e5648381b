"""What a data set is read from, told without reading it: the names, sizes and times of its files."""

import os
from collections.abc import Iterator
from pathlib import Path

from vae_desktop.config import DatasetConfig
from vae_desktop.data.custom.beside import held_out_beside, labels_beside
from vae_desktop.data.custom.folder import find_files
from vae_desktop.data.custom.parquet_files import is_parquet_name, shards_of
from vae_desktop.dataset_catalog import describe_dataset
from vae_desktop.errors import DataError
from vae_desktop.progress import Progress

_HEADER = 4096  # bytes of a file that tell it from another of its size and time


def listing(config: DatasetConfig, data_dir: Path, progress: Progress) -> list[str] | None:
    """A line for each file that a data set is read from; None if they are not there.

    Raises
    ------
    Cancelled
        If `progress`, asked now and then, raised it.
    """
    path = Path(config.name) if config.is_custom else data_dir / describe_dataset(config.name).folder
    try:
        if path.is_dir():
            return [_line(Path(file.path), "/".join(file.parts)) for file in find_files(path, progress).files]
        if not path.is_file():  # to open a pipe would wait for ever
            return None
        with path.open("rb") as file:
            header = file.read(_HEADER).hex()
        return [header, *(_line(file, file.name) for file in _together(path))]
    except (OSError, ValueError, DataError):
        return None


def _line(path: Path, name: str) -> str:
    status = os.stat(path)
    return f"{name} {status.st_size} {status.st_mtime_ns}"


def _together(path: Path) -> Iterator[Path]:
    """A file and those that are read with it."""
    if is_parquet_name(path.name.lower()):
        yield from shards_of(path)
    else:
        parts = [path, *(part for part in held_out_beside(path) if part is not None)]
        yield from parts
        yield from (labels for part in parts if (labels := labels_beside(part)) is not None)
