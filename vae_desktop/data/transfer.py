"""One file from one of several servers: received into a temporary file, and held against what it must be."""

import hashlib
import time
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http.client import HTTPException, IncompleteRead
from pathlib import Path
from typing import IO
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from vae_desktop.errors import DataError, UserError
from vae_desktop.language import N_, tr
from vae_desktop.progress import Progress

_CHUNK = 1 << 16
_SLOWEST = 1000  # bytes a second, on average over the time of silence that is allowed
_BEGINNINGS = {".zip": b"PK\x03\x04", ".gz": b"\x1f\x8b", ".tgz": b"\x1f\x8b", ".bz2": b"BZh", ".mat": b"MATLAB 5.0"}

CANNOT_MAKE = N_("Cannot make the folder {folder}: {reason}. Choose another data folder.")
CANNOT_WRITE = N_("Cannot write in {folder}: {reason}. Make room or choose another data folder.")


class _MirrorFailed(Exception):
    """A mirror did not deliver; the message says why, to stand behind its address."""


@dataclass(frozen=True)
class Wanted:
    """A file to receive.

    Attributes
    ----------
    label : str
        Of the data set that it belongs to.
    addresses : sequence of str
        Where it can be had, tried in order.
    md5 : str
    size : int, or None
        In bytes; None: what the server says.
    most : int
        Bytes that are taken from a server at most.
    """

    label: str
    addresses: Sequence[str]
    md5: str
    size: int | None
    most: int


@contextmanager
def naming_the_folder(text: str, folder: Path) -> Iterator[None]:
    """Put in words what fails on this machine."""
    try:
        yield
    except OSError as error:
        raise UserError(tr(text).format(folder=folder, reason=error.strerror or error)) from error


def receive(wanted: Wanted, into: IO[bytes], timeout: float, progress: Progress) -> None:
    """Write a file into `into`, from the first server that has it.

    Parameters
    ----------
    progress : Progress
        Told the bytes received, and those in total as far as they are known; the first falls back when a server fails.
    timeout : float
        Seconds of silence after which a server is given up; so is one that sends less than a kilobyte a second.

    Raises
    ------
    DataError
        If no server has it.
    Cancelled
        If `progress` raised it.
    """
    reasons = []
    progress(0, wanted.size or 0)
    for address in wanted.addresses:
        try:
            _receive(address, wanted, into, timeout, progress)
            return
        except _MirrorFailed as error:
            reasons.append(f"{urlsplit(address).netloc}: {error}")
            progress(0, wanted.size or 0)
    raise DataError(
        tr("{dataset} could not be downloaded ({reasons}). Check the connection and try again.").format(
            dataset=wanted.label, reasons="; ".join(reasons)
        )
    )


def _receive(address: str, wanted: Wanted, into: IO[bytes], timeout: float, progress: Progress) -> None:
    """Write an answer into `into` and verify it; raise _MirrorFailed if it is not the file."""
    into.seek(0)
    into.truncate()
    digest = hashlib.md5(usedforsecurity=False)
    received, size = 0, wanted.size
    with closing(_pieces(address, wanted, timeout)) as pieces:
        for piece, announced in pieces:
            size = announced if size is None else size
            into.write(piece)
            digest.update(piece)
            received += len(piece)
            total = received if size is None else size
            progress(min(received, total), total)
    into.seek(0)
    name = urlsplit(address).path
    beginning = next((start for end, start in _BEGINNINGS.items() if name.endswith(end)), b"")
    if not beginning.startswith(into.read(len(beginning))):
        raise _MirrorFailed(tr("it sent something else, perhaps a web page to log in"))
    if size is not None and received < size:
        raise _MirrorFailed(tr("the connection was cut off"))
    if digest.hexdigest() != wanted.md5:
        raise _MirrorFailed(tr("it sent a damaged or different file"))


def _pieces(address: str, wanted: Wanted, timeout: float) -> Generator[tuple[bytes, int | None], None, None]:
    """What a server answers, as it arrives, with the size that it announces; raise _MirrorFailed if it does not.

    No more is taken than a byte above the size, which tells that it is too long.
    """
    left = (wanted.most if wanted.size is None else wanted.size) + 1
    try:
        with urlopen(Request(address, headers={"User-Agent": "vae-desktop"}), timeout=timeout) as response:
            announced = response.length
            if wanted.size is None and (announced or 0) > wanted.most:
                raise _MirrorFailed(tr("it sent a damaged or different file"))
            # read1 hands over what has arrived, so a slow server does not hold up a request to cancel
            until, slowest = time.monotonic() + timeout, left - round(_SLOWEST * timeout)
            while piece := response.read1(min(_CHUNK, left)):
                left -= len(piece)
                yield piece, announced
                if time.monotonic() > until:
                    if left > slowest:
                        raise _MirrorFailed(tr("the server sends next to nothing"))
                    until, slowest = time.monotonic() + timeout, left - round(_SLOWEST * timeout)
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
