"""Arrays in files, among them IDX, MNIST's format: no byte is trusted, no memory taken for more than a file holds."""

import gzip
import math
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from io import BufferedIOBase
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from vae_desktop.errors import DataError
from vae_desktop.file_kinds import BEGINNING, IDX, kind_of
from vae_desktop.language import tr, tr_count
from vae_desktop.progress import Progress, ignore

_DEFLATE_LIMIT = 1032  # deflate never packs tighter, so a size that promises more than this is a lie
_LIKELY, _HARMLESS = 600, 1 << 26  # times and bytes; dSprites, shapes on an even ground, is packed 116 times
MOST_WHOLE = 4 * 10**9  # bytes of what has to be in memory as a whole to be read
_PIECE = 1 << 23  # bytes between two questions whether to stop
_BROKEN = (ValueError, EOFError, NotImplementedError, RuntimeError, zlib.error, zipfile.BadZipFile, gzip.BadGzipFile)


class BrokenFile(DataError):
    """A file that cannot be read; the message is one sentence that names it, to which the caller adds what to do."""


@contextmanager
def naming_the_file(where: object) -> Iterator[None]:
    """Turn whatever goes wrong with a file into a BrokenFile that names it."""
    try:
        yield
    except _BROKEN as error:
        raise BrokenFile(
            tr("{path} cannot be used: {reason}.").format(path=where, reason=str(error) or tr("it is cut off"))
        ) from error
    except MemoryError as error:
        raise BrokenFile(tr("{path} does not fit into memory.").format(path=where)) from error
    except OSError as error:
        raise BrokenFile(
            tr("{path} cannot be read: {reason}.").format(path=where, reason=error.strerror or error)
        ) from error


class NumberArray(Protocol):
    """An array in a file of any format, known before its values are read; see StoredArray."""

    @property
    def where(self) -> str: ...

    @property
    def shape(self) -> tuple[int, ...]: ...

    @property
    def dtype(self) -> np.dtype[Any]: ...

    @property
    def nbytes(self) -> int: ...

    def read(self, progress: Progress = ignore) -> npt.NDArray[Any]: ...

    def blocks(self, together: int, progress: Progress = ignore) -> Iterator[npt.NDArray[Any]]: ...

    def reversed(self) -> "NumberArray | None":
        """The same values with the order of the axes turned round, if they lie so that its blocks are read quickly."""


@dataclass(frozen=True, eq=False)
class StoredArray:
    """An array in a file, as its header describes it.

    Attributes
    ----------
    where : str
        The file's name, for messages.
    open : callable
        Returns a context that gives the file as a stream of bytes.
    start : int
        Where the first value is in that stream, in bytes.
    shape : tuple of int
    dtype : numpy.dtype
    is_fortran : bool
        Whether the first axis varies fastest.
    is_last : bool
        Whether nothing may follow the values.
    """

    where: str
    open: Callable[[], AbstractContextManager[BufferedIOBase]]
    start: int
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    is_fortran: bool = False
    is_last: bool = False

    @property
    def nbytes(self) -> int:
        """Bytes that the values take."""
        return math.prod(self.shape) * self.dtype.itemsize

    def check_size(self, limit: int) -> None:
        """Raise ValueError if there are no values, or more than fit into a stream of `limit` bytes."""
        if any(side <= 0 for side in self.shape) or self.nbytes == 0:
            raise ValueError(tr("it holds nothing"))
        if self.nbytes > limit - self.start:
            raise ValueError(tr("it promises more than the file holds; it is cut off"))

    def reversed(self) -> "StoredArray | None":
        """The same values with the order of the axes turned round, if the last one varies slowest."""
        return replace(self, shape=self.shape[::-1], is_fortran=False) if self.is_fortran else None

    def read(self, progress: Progress = ignore) -> npt.NDArray[Any]:
        """Read all values, as an array of its own; errors as in `blocks`."""
        (values,) = self.blocks(self.shape[0], progress)
        return values

    def blocks(self, together: int, progress: Progress = ignore) -> Iterator[npt.NDArray[Any]]:
        """Read the values in blocks of `together` entries of the first axis.

        Raises
        ------
        BrokenFile
            If the values cannot be read or do not fit into memory.
        Cancelled
            If `progress`, asked every few megabytes, raised it.
        """
        count, *entry = self.shape
        at_once = count if self.is_fortran else together  # or what belongs to an entry lies all over the file
        with naming_the_file(self.where), self.open() as stream:
            stream.seek(self.start)
            for first in range(0, count, at_once):
                shape = (min(at_once, count - first), *entry)
                values = np.empty(math.prod(shape), self.dtype)
                _fill(values.view(np.uint8).data, stream, progress)
                values = values.reshape(shape, order="F" if self.is_fortran else "C")
                yield from (values[start : start + together] for start in range(0, len(values), together))
            if self.is_last and stream.read(1):
                raise ValueError(tr("it is longer than it should be"))


@dataclass(frozen=True, eq=False)
class MemoryArray:
    """An array that had to be read whole to be known; see StoredArray."""

    where: str
    values: npt.NDArray[Any]

    @property
    def shape(self) -> tuple[int, ...]:
        return self.values.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        return self.values.dtype

    @property
    def nbytes(self) -> int:
        """Bytes that the values take."""
        return self.values.nbytes

    def reversed(self) -> "MemoryArray":
        """The same values with the order of the axes turned round."""
        return MemoryArray(self.where, self.values.T)

    def read(self, progress: Progress = ignore) -> npt.NDArray[Any]:
        """All values."""
        return self.values

    def blocks(self, together: int, progress: Progress = ignore) -> Iterator[npt.NDArray[Any]]:
        """The values, `together` entries of the first axis at a time."""
        return (self.values[first : first + together] for first in range(0, len(self.values), together))


def _fill(memory: memoryview, stream: BufferedIOBase, progress: Progress) -> None:
    done = 0
    while done < len(memory):
        progress.check()
        count = stream.readinto(memory[done : done + _PIECE])
        if not count:
            raise ValueError(tr("it is cut off"))
        done += count


_UINT8 = 8  # the format's code for unsigned bytes
_GZIP_MAGIC = b"\x1f\x8b"


def open_idx(path: Path, rank: int) -> StoredArray:
    """Read the header of an IDX file of unsigned bytes, plain or packed with gzip, told apart by its first bytes.

    Parameters
    ----------
    path : Path
    rank : int
        The number of dimensions that the array must have.

    Returns
    -------
    StoredArray
        Of uint8, 0 to 255; no dimension of it is 0.

    Raises
    ------
    BrokenFile
        If it cannot be read, is broken, or holds something else.
    """
    with naming_the_file(path), _opened(path) as stream:
        size = path.stat().st_size
        shape = _read_shape(stream, rank)
        array = StoredArray(str(path), partial(_opened, path), stream.tell(), shape, np.dtype(np.uint8), is_last=True)
        if isinstance(stream, gzip.GzipFile):
            check_unpacked(array.nbytes, size)
        array.check_size(size * (_DEFLATE_LIMIT if isinstance(stream, gzip.GzipFile) else 1))
        return array


def check_unpacked(unpacked: int, packed: int) -> None:
    """Raise ValueError if so many bytes cannot be packed into so few, or are only in files that are to do harm."""
    if unpacked > packed * _DEFLATE_LIMIT:
        raise ValueError(tr("it promises more than the file holds; it is cut off"))
    if unpacked > _HARMLESS and unpacked > packed * _LIKELY:
        text = tr("it unpacks to {times:,} times its size, as only files do that are to fill a memory")
        raise ValueError(text.format(times=unpacked // packed))


@contextmanager
def unpacked(path: Path) -> Iterator[tuple[BufferedIOBase, BufferedIOBase]]:
    """The file's content, unpacked where it is packed with gzip, and the file as it lies on the disk."""
    with path.open("rb") as stored:
        is_packed = stored.read(2) == _GZIP_MAGIC
        stored.seek(0)
        if is_packed:
            with gzip.open(stored) as stream:
                yield stream, stored
        else:
            yield stored, stored


@contextmanager
def _opened(path: Path) -> Iterator[BufferedIOBase]:
    """The file's content, unpacked."""
    with unpacked(path) as (stream, _):
        yield stream


def _read_shape(stream: BufferedIOBase, rank: int) -> tuple[int, ...]:
    magic = stream.read(4)
    if magic != bytes((0, 0, _UINT8, rank)):
        kind = kind_of(magic + stream.read(BEGINNING - 4))
        if kind is not None and kind.what != IDX:
            raise ValueError(tr("it is {kind}").format(kind=kind))
        text = tr_count(
            "it is not an IDX file of bytes in {count} dimension",
            "it is not an IDX file of bytes in {count} dimensions",
            rank,
        )
        raise ValueError(text.format(count=rank))
    sizes = stream.read(4 * rank)
    if len(sizes) < 4 * rank:
        raise ValueError(tr("it is cut off"))
    return struct.unpack(f">{rank}I", sizes)
