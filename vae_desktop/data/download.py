"""Downloads of data sets: checked against known hashes, written whole or not at all."""

import gzip
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http.client import HTTPException, IncompleteRead
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from vae_desktop.config import DATASETS
from vae_desktop.data.mnist import raw_folder, read_images, read_labels
from vae_desktop.errors import Cancelled, DataError, UserError
from vae_desktop.files import write_atomically

_CHUNK = 1 << 16
_GZIP_MAGIC = b"\x1f\x8b"

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Resource:
    """One packed IDX file: its name, its MD5 and size in bytes, and the shape of what it holds."""

    name: str
    md5: str
    size: int
    shape: tuple[int, ...]


MNIST_MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "http://yann.lecun.com/exdb/mnist/",
)
MNIST_RESOURCES = (
    Resource("train-images-idx3-ubyte.gz", "f68b3c2dcbeaaa9fbdd348bbdeb94873", 9_912_422, (60_000, 28, 28)),
    Resource("train-labels-idx1-ubyte.gz", "d53e105ee54ea40749a09fcbcd1e9432", 28_881, (60_000,)),
    Resource("t10k-images-idx3-ubyte.gz", "9fb629c4189551a2d022fa330f9573f3", 1_648_877, (10_000, 28, 28)),
    Resource("t10k-labels-idx1-ubyte.gz", "ec29112dd5afa0611ce80d1b7f02629c", 4_542, (10_000,)),
)


def download_dataset(name: str, data_dir: Path, progress: Progress, is_cancelled: Callable[[], bool]) -> None:
    """Download the data set called `name`, one whose `download_bytes` is not 0; see `download_mnist`."""
    _DOWNLOADS[name](data_dir, progress, is_cancelled)


def download_mnist(
    data_dir: Path,
    progress: Progress,
    is_cancelled: Callable[[], bool],
    mirrors: Sequence[str] = MNIST_MIRRORS,
    timeout: float = 15.0,
    resources: Sequence[Resource] = MNIST_RESOURCES,
) -> None:
    """Bring MNIST into ``data_dir/MNIST/raw``, unpacked; files that are whole are kept, broken ones replaced.

    Each file is verified in memory and then written atomically, so the call may be abandoned at any moment.

    Parameters
    ----------
    data_dir : Path
        Made if absent.
    progress : callable
        Called with the bytes done and the bytes in total over all files, those that were kept included.
        The first falls back when a mirror fails in the middle of a file.
    is_cancelled : callable
        Asked after every piece received; a silent server delays that by `timeout` at most.
    mirrors : sequence of str
        Addresses of folders, tried in order for each file.
    timeout : float
        Seconds of silence, > 0, after which a mirror is given up.
    resources : sequence of Resource
        The files.

    Raises
    ------
    Cancelled
        If `is_cancelled` returned true; files finished by then stay.
    DataError
        If every mirror failed for a file.
    UserError
        If the folder or a file cannot be written.
    """
    folder = raw_folder(data_dir)
    _make_folder(folder)
    total = sum(resource.size for resource in resources)
    done = 0

    def advance(received: int) -> None:
        progress(done + received, total)
        if is_cancelled():
            raise Cancelled

    for resource in resources:
        path = folder / resource.name.removesuffix(".gz")
        if not _is_whole(path, resource.shape):
            packed = _fetch_from_any(mirrors, resource, timeout, advance)
            write_atomically(path, gzip.decompress(packed))
        done += resource.size
        progress(done, total)


_DOWNLOADS = {"mnist": download_mnist}


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        reason = error.strerror or str(error)
        raise UserError(f"Cannot make the folder {folder}: {reason}. Choose another data folder.") from error


def _is_whole(path: Path, shape: tuple[int, ...]) -> bool:
    # The shape too: whole files of unequal length would load as badly after the download as before.
    read = read_images if len(shape) == 3 else read_labels
    try:
        return read(path).shape == shape
    except (FileNotFoundError, DataError):
        return False


def _fetch_from_any(
    mirrors: Sequence[str], resource: Resource, timeout: float, advance: Callable[[int], None]
) -> bytes:
    """The file's verified bytes, from the first mirror that has them; `advance` gets the bytes received."""
    reasons = []
    advance(0)
    for mirror in mirrors:
        try:
            packed = _fetch(f"{mirror.rstrip('/')}/{resource.name}", resource.size, timeout, advance)
            _verify(packed, resource)
            return packed
        except (OSError, HTTPException, ValueError) as error:
            reasons.append(f"{urlsplit(mirror).netloc}: {_in_words(error)}")
            advance(0)
    raise DataError(
        f"{DATASETS['mnist'].label} could not be downloaded ({'; '.join(reasons)}). "
        "Check the connection and try again."
    )


def _fetch(url: str, size: int, timeout: float, advance: Callable[[int], None]) -> bytes:
    """Body of an answer, read no further than one byte past `size`, which tells that it is too long."""
    data = bytearray()
    try:
        with urlopen(Request(url, headers={"User-Agent": "vae-desktop"}), timeout=timeout) as response:
            # read1 hands over what has arrived, so a slow server does not hold up a request to cancel
            while chunk := response.read1(min(_CHUNK, size + 1 - len(data))):
                data += chunk
                advance(min(len(data), size))
    except HTTPError as error:
        with error:  # it holds the connection
            raise ValueError(f"the server answered {error.code} {error.reason}") from error
    return bytes(data)


def _verify(packed: bytes, resource: Resource) -> None:
    """Raise ValueError, in words, unless these are the bytes that were asked for."""
    if not packed.startswith(_GZIP_MAGIC[: len(packed)]):
        raise ValueError("it sent something else, perhaps a web page to log in")
    if len(packed) < resource.size:
        raise ValueError("the connection was cut off")
    if hashlib.md5(packed, usedforsecurity=False).hexdigest() != resource.md5:
        raise ValueError("it sent a damaged or different file")


def _in_words(error: Exception) -> str:
    if isinstance(error, URLError) and isinstance(error.reason, Exception):
        error = error.reason
    if isinstance(error, TimeoutError):
        return "the server did not answer in time"
    if isinstance(error, IncompleteRead):
        return "the connection was cut off"
    if isinstance(error, OSError):
        return f"the server cannot be reached ({error.strerror or error})"
    return str(error) or type(error).__name__
