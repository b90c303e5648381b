"""Downloads of data sets: checked against known hashes, written whole or not at all."""

import gzip
import tempfile
from pathlib import Path
from typing import IO
from zipfile import ZipFile

from vae_desktop.data.mnist import MNIST_SETS, MnistSet, Resource, read_file
from vae_desktop.data.torchvision_download import download_torchvision
from vae_desktop.data.torchvision_sets import TORCHVISION_SETS
from vae_desktop.data.transfer import CANNOT_MAKE, CANNOT_WRITE, Wanted, naming_the_folder, receive
from vae_desktop.errors import DataError
from vae_desktop.files import write_atomically
from vae_desktop.progress import Progress


def download_dataset(name: str, data_dir: Path, progress: Progress) -> None:
    """Download a data set by name, one of MNIST_SETS or TORCHVISION_SETS; see `download_mnist`."""
    if name in TORCHVISION_SETS:
        download_torchvision(name, data_dir, progress)
    else:
        download_mnist(MNIST_SETS[name], data_dir, progress)


def download_mnist(entry: MnistSet, data_dir: Path, progress: Progress, timeout: float = 15.0) -> None:
    """Bring a data set's files into its folder, unpacked; those that are whole are kept, broken ones replaced.

    What is received lies in a temporary file beside them until it is verified; the system removes that one even if the
    process is killed. The files are written atomically, so the call may be abandoned at any moment.

    Parameters
    ----------
    entry : MnistSet
    data_dir : Path
        Made if absent.
    progress : Progress
        Told the bytes done and the bytes in total over all resources, those that were not needed included, after every
        piece received. The first falls back when a mirror fails in the middle of a resource. Whether to stop is asked
        then too; a silent server delays that by `timeout` at most.
    timeout : float
        Seconds of silence, > 0, after which a mirror is given up; so is one that sends less than a kilobyte a second.

    Raises
    ------
    Cancelled
        If `progress` raised it; files finished by then stay.
    DataError
        If every mirror failed for a resource.
    UserError
        If the folder or a file cannot be written.
    """
    folder = entry.raw_folder(data_dir)
    with naming_the_folder(CANNOT_MAKE, folder):
        folder.mkdir(parents=True, exist_ok=True)
    total = sum(resource.size for resource in entry.resources)
    done = 0
    for resource in entry.resources:
        wanted = [name for name in entry.files_in(resource) if not _is_whole(entry, data_dir, name)]
        if wanted:
            with naming_the_folder(CANNOT_WRITE, folder), tempfile.TemporaryFile(dir=folder) as packed:
                addresses = [f"{mirror.rstrip('/')}/{resource.name}" for mirror in entry.mirrors]
                file = Wanted(entry.label, addresses, resource.md5, resource.size, resource.size)
                receive(file, packed, timeout, progress.part(done, resource.size, total))
                for name in wanted:
                    write_atomically(folder / name, _unpack(packed, resource, name))
        done += resource.size
        progress(done, total)


def _is_whole(entry: MnistSet, data_dir: Path, name: str) -> bool:
    # The shape too: whole files of unequal length would load as badly after the download as before.
    try:
        return read_file(entry, data_dir, name).shape == entry.shapes[name]
    except DataError:
        return False


def _unpack(packed: IO[bytes], resource: Resource, name: str) -> bytes:
    """The IDX file called `name` out of a verified resource."""
    packed.seek(0)
    if not resource.is_archive:
        return gzip.decompress(packed.read())
    with ZipFile(packed) as archive:
        return gzip.decompress(archive.read(f"gzip/{name}.gz"))
