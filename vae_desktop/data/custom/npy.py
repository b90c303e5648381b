"""NumPy's files, read without unpickling: nothing in them can run, and no header is believed."""

import math
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt
from numpy.lib import format as npy_format

from vae_desktop.data.custom.messages import shown
from vae_desktop.errors import DataError
from vae_desktop.file_kinds import BEGINNING, kind_of
from vae_desktop.progress import Progress

_PIECE = 1 << 23  # bytes between two questions whether to stop
_DEFLATE_LIMIT = 1032  # deflate never packs tighter, so a size that promises more than this is a lie
_ARCHIVE_MAGIC = b"PK\x03\x04"
_ENCRYPTED = 0x1
_HEADER_READERS = {(1, 0): npy_format.read_array_header_1_0, (2, 0): npy_format.read_array_header_2_0}


@dataclass(frozen=True)
class Stored:
    """An array in a file: a name for messages, how to open its bytes, and how many there are at most."""

    where: str
    open: Callable[[], IO[bytes]]
    size: int


@dataclass(frozen=True)
class Header:
    """What an array says of itself."""

    shape: tuple[int, ...]
    is_fortran: bool
    dtype: np.dtype[Any]

    @property
    def nbytes(self) -> int:
        """Bytes that its values take."""
        return math.prod(self.shape) * self.dtype.itemsize


@contextmanager
def open_arrays(path: Path) -> Iterator[dict[str, Stored]]:
    """The arrays of an .npz file by their names, or the one of an .npy file by the name "", while it is open.

    Raises
    ------
    DataError
        If it cannot be opened, or an .npz file has no arrays in it.
    """
    if path.suffix.lower() == ".npy":
        with _telling(path):
            size = path.stat().st_size
        yield {"": Stored(str(path), lambda: path.open("rb"), size)}
        return
    with _telling(path):
        archive = _open_archive(path)
    with archive:
        members = {info.filename.removesuffix(".npy"): info for info in archive.infolist()}
        arrays = {name: info for name, info in members.items() if info.filename != name}
        if not arrays:
            raise DataError(f"{path} cannot be used: there are no arrays (.npy) in it. Choose another file.")
        yield {name: _stored_in(archive, info, f"{shown(name)} in {path}") for name, info in arrays.items()}


def _open_archive(path: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(path)
    except zipfile.BadZipFile as error:
        with path.open("rb") as file:
            beginning = file.read(BEGINNING)
        if beginning.startswith(_ARCHIVE_MAGIC):  # what should be at its end is not
            raise ValueError("it is cut off or damaged") from error
        raise ValueError(f"it is {kind_of(beginning) or 'not an archive of NumPy arrays'}") from error


def read_header(stored: Stored) -> Header:
    """Read what an array says of itself.

    Raises
    ------
    DataError
        If it cannot be read, holds Python objects, or promises more than the file holds; nothing is believed.
    """
    with _telling(stored.where), stored.open() as stream:
        header = _parse_header(stream)
        if header.dtype.hasobject:
            raise ValueError("it holds Python objects, which are never read. Save it with a dtype such as uint8")
        if any(size <= 0 for size in header.shape) or header.nbytes == 0:
            raise ValueError("it holds nothing")
        if header.nbytes > stored.size - stream.tell():
            raise ValueError("it promises more than the file holds; it is cut off")
        return header


def read_values(stored: Stored, header: Header, progress: Progress) -> npt.NDArray[Any]:
    """Read an array whose header was read before.

    Raises
    ------
    DataError
        If it cannot be read or does not fit into memory.
    Cancelled
        If `progress` raised it.
    """
    with _telling(stored.where), stored.open() as stream:
        _parse_header(stream)
        values = _read(stream, math.prod(header.shape), header.dtype, progress)
    return values.reshape(header.shape, order="F" if header.is_fortran else "C")


def read_blocks(
    stored: Stored, header: Header, together: int, progress: Progress
) -> Iterator[npt.NDArray[Any]]:
    """Read an array whose header was read before in blocks of so many entries of its first axis; errors as above."""
    if header.is_fortran:  # what belongs to an entry lies all over the file
        values = read_values(stored, header, progress)
        yield from (values[first : first + together] for first in range(0, len(values), together))
        return
    count, *entry = header.shape
    with _telling(stored.where), stored.open() as stream:
        _parse_header(stream)
        for first in range(0, count, together):
            shape = (min(together, count - first), *entry)
            yield _read(stream, math.prod(shape), header.dtype, progress).reshape(shape)


def _read(stream: IO[bytes], count: int, dtype: np.dtype[Any], progress: Progress) -> npt.NDArray[Any]:
    """The next numbers of a stream."""
    values = np.empty(count, dtype)
    into = values.view(np.uint8).data
    done = 0
    while done < len(into):
        progress.check()
        read = stream.readinto(into[done : done + _PIECE])  # type: ignore[attr-defined]
        if not read:
            raise ValueError("it is cut off")
        done += read
    return values


def _parse_header(stream: IO[bytes]) -> Header:
    try:
        version = npy_format.read_magic(stream)
    except ValueError as error:
        stream.seek(0)
        raise ValueError(f"it is {kind_of(stream.read(BEGINNING)) or 'not a NumPy array'}") from error
    if version not in _HEADER_READERS:
        raise ValueError("it is of a version of NumPy's format that only tables need")
    try:
        return Header(*_HEADER_READERS[version](stream))
    except Exception as error:  # Python's own parser is at work, which fails in many ways
        raise ValueError("its header is broken") from error


def _stored_in(archive: zipfile.ZipFile, info: zipfile.ZipInfo, where: str) -> Stored:
    def open_member() -> IO[bytes]:
        if info.flag_bits & _ENCRYPTED:
            raise ValueError("it is encrypted")
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise ValueError("it is packed in a way that NumPy does not use")
        if info.file_size > info.compress_size * _DEFLATE_LIMIT:
            raise ValueError("it promises more than the file holds")
        return archive.open(info)

    return Stored(where, open_member, info.file_size)


@contextmanager
def _telling(where: object) -> Iterator[None]:
    """Turn what goes wrong with a file into a DataError that names it."""
    try:
        yield
    except (ValueError, EOFError, NotImplementedError, RuntimeError, zlib.error, zipfile.BadZipFile) as error:
        raise DataError(f"{where} cannot be used: {str(error) or 'it is cut off'}. Choose another file.") from error
    except MemoryError as error:
        raise DataError(f"{where} does not fit into memory. Choose a smaller file.") from error
    except OSError as error:
        raise DataError(f"{where} cannot be read: {error.strerror or error}. Choose another file.") from error
