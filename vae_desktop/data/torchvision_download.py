"""Downloads of the sets that torchvision reads, from where its classes say, into its folder layout."""

import gzip
import tempfile
import zlib
from pathlib import Path
from typing import IO, Any

from vae_desktop.data.torchvision_files import Files, Source, files_of
from vae_desktop.data.torchvision_opening import UNPACKED, class_of, md5_of
from vae_desktop.data.torchvision_sets import TORCHVISION_SETS
from vae_desktop.data.transfer import CANNOT_MAKE, CANNOT_WRITE, Wanted, naming_the_folder, receive
from vae_desktop.data.unpacking import pieces_of, unpack
from vae_desktop.dataset_catalog import DATASETS
from vae_desktop.errors import DataError
from vae_desktop.files import write_atomically
from vae_desktop.language import tr
from vae_desktop.progress import Progress

_SPARE = 2  # times the size that a server's answer may have


def download_torchvision(
    name: str, data_dir: Path, progress: Progress, timeout: float = 15.0, kind: Any = None, files: Files | None = None
) -> None:
    """Bring the files of one of TORCHVISION_SETS into the data folder; those that are whole are kept.

    Each file is held against torchvision's MD5 before anything of it is used. It is put in place whole, and an archive
    folder by folder, so the call may be abandoned at any moment.

    Parameters
    ----------
    name : str
    data_dir : Path
        Made if absent.
    progress : Progress
        Told the bytes received and those in total, which are known for sure once a server has answered.
    timeout : float
        See `receive`.
    kind, files : optional
        As in `load_torchvision`.

    Raises
    ------
    Cancelled
        If `progress` raised it; files finished by then stay.
    DataError
        If a server does not have a file, an archive is not what it should be, or only a person can fetch the files.
    UserError
        If something cannot be written.
    """
    entry = TORCHVISION_SETS[name]
    if files is None:
        files = files_of(class_of(entry) if kind is None else kind)
    if not files.sources:
        text = tr("{dataset} cannot be downloaded by the app: get its files from {page}.")
        raise DataError(text.format(dataset=entry.label, page=DATASETS[name].page))
    root, total = entry.root(data_dir), DATASETS[name].download_bytes
    lacking = [source for source in files.sources if not _is_whole(root, source, files, progress)]
    done = 0
    for source in lacking or files.sources:
        folder = root / source.folder
        with naming_the_folder(CANNOT_MAKE, folder):
            folder.mkdir(parents=True, exist_ok=True)
        with naming_the_folder(CANNOT_WRITE, folder), tempfile.TemporaryFile(dir=folder) as packed:
            wanted = Wanted(entry.label, [source.url], source.md5, None, _SPARE * total)
            receive(wanted, packed, timeout, progress.after(done, total))
            done += packed.seek(0, 2)
            _put(packed, source, root, UNPACKED * total, progress)
    progress(max(done, total), max(done, total))


def _is_whole(root: Path, source: Source, files: Files, progress: Progress) -> bool:
    """Whether all that a source gives is there, and has the right MD5 as far as that is known."""
    return all(
        (root / path).exists() and (path not in files.md5 or md5_of(root / path, progress) == files.md5[path])
        for path in source.gives
    )


def _put(packed: IO[bytes], source: Source, root: Path, most: int, progress: Progress) -> None:
    """Put a verified file in its place, or what it holds."""
    if source.is_packed and source.name.endswith(".gz") and not source.name.endswith(".tar.gz"):
        packed.seek(0)
        try:
            with gzip.GzipFile(fileobj=packed) as opened:
                write_atomically(root / source.gives[0], pieces_of(opened, most, progress))
        except (EOFError, zlib.error, gzip.BadGzipFile, ValueError) as error:
            raise DataError(
                tr("{name} cannot be unpacked: {reason}.").format(name=source.name, reason=error)
            ) from error
    elif source.is_packed:
        unpack(packed, source.name, root / source.folder, most, progress)
    if source.is_kept:
        packed.seek(0)
        write_atomically(root / source.folder / source.name, pieces_of(packed, most, progress))
