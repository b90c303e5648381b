"""IDX, the format of MNIST's files and its relatives', read without trusting a byte of it."""

import gzip
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from io import BufferedIOBase
from pathlib import Path

import numpy as np

from vae_desktop.data.stored_array import DEFLATE_LIMIT, StoredArray, naming_the_file
from vae_desktop.file_kinds import BEGINNING, IDX, kind_of

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
        limit = path.stat().st_size * (DEFLATE_LIMIT if isinstance(stream, gzip.GzipFile) else 1)
        shape = _read_shape(stream, rank)
        array = StoredArray(str(path), partial(_opened, path), stream.tell(), shape, np.dtype(np.uint8), is_last=True)
        array.check_size(limit)
        return array


@contextmanager
def _opened(path: Path) -> Iterator[BufferedIOBase]:
    """The file's content, unpacked."""
    with path.open("rb") as stored:
        is_packed = stored.read(2) == _GZIP_MAGIC
        stored.seek(0)
        if is_packed:
            with gzip.open(stored) as stream:
                yield stream
        else:
            yield stored


def _read_shape(stream: BufferedIOBase, rank: int) -> tuple[int, ...]:
    magic = stream.read(4)
    if magic != bytes((0, 0, _UINT8, rank)):
        kind = kind_of(magic + stream.read(BEGINNING - 4))
        if kind is not None and kind.what != IDX:
            raise ValueError(f"it is {kind}")
        raise ValueError(f"it is not an IDX file of bytes in {rank} dimension{'s' * (rank != 1)}")
    sizes = stream.read(4 * rank)
    if len(sizes) < 4 * rank:
        raise ValueError("it is cut off")
    return struct.unpack(f">{rank}I", sizes)
