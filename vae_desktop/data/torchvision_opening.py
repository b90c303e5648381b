"""Before torchvision reads a set: its class, whether the files are there, and whether they are the right ones."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from vae_desktop.data.torchvision_files import Files
from vae_desktop.data.torchvision_sets import TorchvisionSet
from vae_desktop.dataset_catalog import DATASETS
from vae_desktop.errors import Cancelled, DataError, DatasetBroken, DatasetMissing
from vae_desktop.files import size_in_words
from vae_desktop.language import tr
from vae_desktop.libraries import load_torch
from vae_desktop.progress import Progress

UNPACKED = 8  # times the size of a download may be in it
_CHUNK = 1 << 20
_MOST_BYTES = 10**9  # of a file of which nothing is known


def class_of(entry: TorchvisionSet) -> Any:
    """The class in `torchvision.datasets`; to import it the first time takes seconds.

    Raises
    ------
    DataError
        If torchvision is not there or does not fit PyTorch.
    """
    load_torch()
    try:
        import torchvision.datasets

        return getattr(torchvision.datasets, entry.kind)
    except (ImportError, RuntimeError, AttributeError) as error:
        text = tr("{dataset} cannot be read, because torchvision cannot be used: {reason}. Install it again.")
        raise DataError(text.format(dataset=entry.label, reason=error)) from error


def check_presence(entry: TorchvisionSet, data_dir: Path, root: Path) -> None:
    """Raise DatasetMissing, with what to do, unless all files are there."""
    name = next((name for name in entry.files if not (root / name).exists()), None)
    if name is None:
        return
    kind = DATASETS[entry.name]
    archive = root / f"{name}.zip"
    if archive.is_file() and not kind.download_bytes:
        text = tr("{dataset} is not there yet: unpack {archive} in its folder.")
        raise DatasetMissing(text.format(dataset=entry.label, archive=archive))
    if kind.download_bytes:
        text = tr(
            "{dataset} is not there: {folder} has no {name}. Download it ({size}; terms: {terms}), or choose another "
            "data folder: by File ▸ Data folder…, or by --data-dir."
        )
    else:
        text = tr(
            "{dataset} is not there: {folder} has no {name}. The app cannot download it: get its files from {page} "
            "(terms: {terms}) and put them into {own}, archives unpacked, as torchvision has them."
        )
    facts = {"size": size_in_words(kind.download_bytes), "terms": tr(kind.terms), "page": kind.page}
    own = data_dir / kind.folder
    raise DatasetMissing(text.format(dataset=entry.label, folder=data_dir, name=name, own=own, **facts))


def check_files(entry: TorchvisionSet, root: Path, files: Files, progress: Progress) -> None:
    """Raise DatasetBroken if a file is far too large, or has another MD5 than the one that is known of it."""
    most = UNPACKED * DATASETS[entry.name].download_bytes or _MOST_BYTES
    for name in (*entry.files, *(file for part in entry.holding for file in part)):
        path = root / name
        if path.is_file() and path.stat().st_size > most:
            raise broken(entry, path, tr("it is far larger than it should be"))
    for name, md5 in files.md5.items():
        if md5_of(root / name, progress) != md5:
            text = tr("it is not the file that torchvision knows (its MD5 differs), and is not read")
            if not (root / name).exists():
                text = tr("it is not there")
            raise broken(entry, root / name, text)


def md5_of(path: Path, progress: Progress) -> str:
    """The MD5 of a file; "" if it cannot be read."""
    digest = hashlib.md5(usedforsecurity=False)
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                progress.check()
                digest.update(chunk)
    except OSError:
        return ""
    return digest.hexdigest()


@contextmanager
def in_words(entry: TorchvisionSet, root: Path) -> Iterator[None]:
    """Say what torchvision could not read, whatever it raised."""
    try:
        yield
    except (DataError, Cancelled):
        raise
    except MemoryError as error:
        raise DataError(tr("{dataset} does not fit into memory.").format(dataset=entry.label)) from error
    except Exception as error:
        raise broken(entry, root, str(error) or type(error).__name__) from error


def broken(entry: TorchvisionSet, where: Path, reason: str) -> DatasetBroken:
    """The error that says what is wrong with the files of a set."""
    text = tr("{dataset} cannot be read from {where}: {reason}. Download it again.")
    return DatasetBroken(text.format(dataset=entry.label, where=where, reason=reason.rstrip(".")))
