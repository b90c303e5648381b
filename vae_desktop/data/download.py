"""Downloads of data sets: checked against known hashes, written whole or not at all."""

import gzip
import hashlib
import tempfile
import time
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from http.client import HTTPException, IncompleteRead
from pathlib import Path
from typing import IO
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen
from zipfile import ZipFile

from vae_desktop.data.mnist import MNIST_SETS, MnistSet, Resource, read_file
from vae_desktop.errors import DataError, UserError
from vae_desktop.files import write_atomically
from vae_desktop.language import N_, tr
from vae_desktop.progress import Progress

_CHUNK = 1 << 16
_SLOWEST = 1000  # bytes a second, on average over the time of silence that is allowed
_CANNOT_MAKE = N_("Cannot make the folder {folder}: {reason}. Choose another data folder.")
_CANNOT_WRITE = N_("Cannot write in {folder}: {reason}. Make room or choose another data folder.")
_GZIP_MAGIC, _ZIP_MAGIC = b"\x1f\x8b", b"PK\x03\x04"


class _MirrorFailed(Exception):
    """A mirror did not deliver; the message says why, to stand behind its address."""


def download_dataset(name: str, data_dir: Path, progress: Progress) -> None:
    """Download the data set called `name`, one of MNIST_SETS; see `download_mnist`."""
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
    with _naming_the_folder(_CANNOT_MAKE, folder):
        folder.mkdir(parents=True, exist_ok=True)
    total = sum(resource.size for resource in entry.resources)
    done = 0
    for resource in entry.resources:
        wanted = [name for name in entry.files_in(resource) if not _is_whole(entry, data_dir, name)]
        if wanted:
            with _naming_the_folder(_CANNOT_WRITE, folder), tempfile.TemporaryFile(dir=folder) as packed:
                _fetch_from_any(entry, resource, packed, timeout, progress.part(done, resource.size, total))
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


@contextmanager
def _naming_the_folder(text: str, folder: Path) -> Iterator[None]:
    """Put in words what fails on this machine."""
    try:
        yield
    except OSError as error:
        raise UserError(tr(text).format(folder=folder, reason=error.strerror or error)) from error


def _fetch_from_any(entry: MnistSet, resource: Resource, packed: IO[bytes], timeout: float, progress: Progress) -> None:
    """Write a resource into `packed`, from the first mirror that has it."""
    reasons = []
    progress(0, resource.size)
    for mirror in entry.mirrors:
        try:
            _receive(f"{mirror.rstrip('/')}/{resource.name}", resource, packed, timeout, progress)
            return
        except _MirrorFailed as error:
            reasons.append(f"{urlsplit(mirror).netloc}: {error}")
            progress(0, resource.size)
    raise DataError(
        tr("{dataset} could not be downloaded ({reasons}). Check the connection and try again.").format(
            dataset=entry.label, reasons="; ".join(reasons)
        )
    )


def _receive(url: str, resource: Resource, packed: IO[bytes], timeout: float, progress: Progress) -> None:
    """Write an answer into `packed` and verify it; raise _MirrorFailed if it is not the resource."""
    packed.seek(0)
    packed.truncate()
    digest = hashlib.md5(usedforsecurity=False)
    received = 0
    with closing(_pieces(url, resource.size + 1, timeout)) as pieces:  # a byte more tells that it is too long
        for piece in pieces:
            packed.write(piece)
            digest.update(piece)
            received += len(piece)
            progress(min(received, resource.size), resource.size)
    packed.seek(0)
    magic = _ZIP_MAGIC if resource.is_archive else _GZIP_MAGIC
    if not magic.startswith(packed.read(len(magic))):
        raise _MirrorFailed(tr("it sent something else, perhaps a web page to log in"))
    if received < resource.size:
        raise _MirrorFailed(tr("the connection was cut off"))
    if digest.hexdigest() != resource.md5:
        raise _MirrorFailed(tr("it sent a damaged or different file"))


def _pieces(url: str, limit: int, timeout: float) -> Generator[bytes, None, None]:
    """What a server answers, as it arrives, up to `limit` bytes; raise _MirrorFailed if it does not."""
    try:
        with urlopen(Request(url, headers={"User-Agent": "vae-desktop"}), timeout=timeout) as response:
            # read1 hands over what has arrived, so a slow server does not hold up a request to cancel
            until, wanted = time.monotonic() + timeout, limit - round(_SLOWEST * timeout)
            while piece := response.read1(min(_CHUNK, limit)):
                limit -= len(piece)
                yield piece
                if time.monotonic() > until:
                    if limit > wanted:
                        raise _MirrorFailed(tr("the server sends next to nothing"))
                    until, wanted = time.monotonic() + timeout, limit - round(_SLOWEST * timeout)
    except HTTPError as error:
        with error:  # it holds the connection
            raise _MirrorFailed(
                tr("the server answered {code} {reason}").format(code=error.code, reason=error.reason)
            ) from error
    except (OSError, HTTPException, ValueError) as error:
        raise _MirrorFailed(_in_words(error)) from error


def _in_words(error: Exception) -> str:
    if isinstance(error, URLError) and isinstance(error.reason, Exception):
        error = error.reason
    if isinstance(error, TimeoutError):
        return tr("the server did not answer in time")
    if isinstance(error, IncompleteRead):
        return tr("the connection was cut off")
    if isinstance(error, OSError):
        return tr("the server cannot be reached ({reason})").format(reason=error.strerror or error)
    return str(error) or type(error).__name__


def _unpack(packed: IO[bytes], resource: Resource, name: str) -> bytes:
    """The IDX file called `name` out of a verified resource."""
    packed.seek(0)
    if not resource.is_archive:
        return gzip.decompress(packed.read())
    with ZipFile(packed) as archive:
        return gzip.decompress(archive.read(f"gzip/{name}.gz"))
