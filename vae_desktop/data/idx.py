"""IDX, the format of MNIST's files and its relatives', read without trusting a byte of it."""

import gzip
import io
import math
import os
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from vae_desktop.errors import DataError
from vae_desktop.file_kinds import BEGINNING, IDX, kind_of

_Stream: TypeAlias = io.BufferedReader | gzip.GzipFile
_UINT8 = 8  # the format's code for unsigned bytes
_GZIP_MAGIC = b"\x1f\x8b"
_DEFLATE_LIMIT = 1032  # deflate never packs tighter, so a header that announces more than this lies


def read_idx(path: Path, rank: int | tuple[int, ...]) -> npt.NDArray[np.uint8]:
    """Read an IDX file of unsigned bytes, plain or packed with gzip, told apart by its first bytes.

    Parameters
    ----------
    path : Path
    rank : int or tuple of int
        The number of dimensions that the array must have, or those that it may have.

    Returns
    -------
    array of uint8, 0 to 255
        As large as the file's header says, no dimension 0; C-contiguous and writeable.

    Raises
    ------
    DataError
        If it cannot be read, is broken, or holds something else; the message is one sentence that names the file.
    """
    with _opened(path, rank) as (stream, shape):
        return _read(stream, shape, is_end=True)


def read_idx_shape(path: Path, rank: int | tuple[int, ...]) -> tuple[int, ...]:
    """The shape that an IDX file's header tells; otherwise as `read_idx`."""
    with _opened(path, rank) as (_, shape):
        return shape


def read_idx_blocks(path: Path, rank: int | tuple[int, ...], together: int) -> Iterator[npt.NDArray[np.uint8]]:
    """Read an IDX file in blocks of so many entries of its first axis; otherwise as `read_idx`."""
    with _opened(path, rank) as (stream, (count, *entry)):
        for first in range(0, count, together):
            end = min(first + together, count)
            yield _read(stream, (end - first, *entry), is_end=end == count)


@contextmanager
def _opened(path: Path, rank: int | tuple[int, ...]) -> Iterator[tuple[_Stream, tuple[int, ...]]]:
    """What follows a file's header, and the shape that it tells; whatever is wrong with the file is put in words."""
    try:
        with path.open("rb") as stored:
            size = os.fstat(stored.fileno()).st_size
            is_packed = stored.read(2) == _GZIP_MAGIC
            stored.seek(0)
            if not is_packed:
                yield stored, _parse_shape(stored, rank, size)
                return
            with gzip.GzipFile(fileobj=stored) as stream:
                yield stream, _parse_shape(stream, rank, size * _DEFLATE_LIMIT)
    except (ValueError, EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DataError(f"{path} is broken: {error}.") from error
    except MemoryError as error:
        raise DataError(f"{path} does not fit into memory.") from error
    except OSError as error:
        raise DataError(f"Cannot read {path}: {error.strerror or error}.") from error


def _parse_shape(stream: _Stream, rank: int | tuple[int, ...], limit: int) -> tuple[int, ...]:
    """Read a header, which is held against `limit`, in bytes, before memory is taken for what it tells of."""
    ranks = rank if isinstance(rank, tuple) else (rank,)
    magic = stream.read(4)
    if len(magic) < 4 or magic[:3] != bytes((0, 0, _UINT8)) or magic[3] not in ranks:
        wanted = " or ".join(map(str, ranks))
        kind = kind_of(magic + stream.read(BEGINNING - 4))
        if kind is not None and kind.what != IDX:
            raise ValueError(f"it is {kind}")
        raise ValueError(f"it is not an IDX file of bytes in {wanted} dimension{'s' * (ranks != (1,))}")
    sizes = stream.read(4 * magic[3])
    if len(sizes) < 4 * magic[3]:
        raise ValueError("it is cut off")
    shape = struct.unpack(f">{magic[3]}I", sizes)
    length = math.prod(shape)
    if length == 0:
        raise ValueError("it holds nothing")
    if length > limit:
        raise ValueError("it is cut off")
    return shape


def _read(stream: _Stream, shape: tuple[int, ...], is_end: bool) -> npt.NDArray[np.uint8]:
    """The next values of a stream, which must be its last ones if `is_end`."""
    values = np.empty(shape, np.uint8)
    if stream.readinto(values.data) != values.size:
        raise ValueError("it is cut off")
    if is_end and stream.read(1):
        raise ValueError("it is longer than it should be")
    return values
