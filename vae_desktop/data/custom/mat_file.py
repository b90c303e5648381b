"""A person's own images and labels from MATLAB's .mat files of version 5 to 7, of which only plain numbers are read.

The format: "MAT-File Format" of MathWorks, chapter "Level 5 MAT-Files". Nothing of cells, structs and objects is read.
"""

import math
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from io import BufferedIOBase
from pathlib import Path
from typing import Any

import numpy as np

from vae_desktop.config import DatasetConfig
from vae_desktop.data.custom.assembled import Assembled
from vae_desktop.data.custom.messages import what_it_is, within
from vae_desktop.data.custom.named_arrays import Members, Opener, assemble_named
from vae_desktop.data.stored_array import StoredArray, check_unpacked, naming_the_file
from vae_desktop.file_kinds import kind_of_file
from vae_desktop.language import N_, tr
from vae_desktop.progress import Progress

_HEADER = 128  # bytes before the first variable
_MATRIX, _COMPRESSED = 14, 15  # kinds of elements
# NumPy's types by the number of an element's type.
_TYPES = {1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8", 12: "i8", 13: "u8"}
_NUMBERS = range(6, 16)  # classes of arrays: double, single and the integers
_CLASSES = {1: N_("a cell array"), 2: N_("a struct"), 3: N_("an object"), 4: N_("a text"), 5: N_("a sparse matrix")}
_COMPLEX = 0x0800
_MOST_VARIABLES, _MOST_DIMENSIONS, _LONGEST_NAME = 1000, 32, 63
_PIECE = 1 << 16


def assemble_mat(path: Path, config: DatasetConfig, progress: Progress) -> Assembled:
    """Read images, and labels if there are any, from the variables of a .mat file, as `assemble_named` does."""
    return assemble_named(path, _opened, config, progress)


@contextmanager
def _opened(path: Path) -> Iterator[Members]:
    with naming_the_file(path):
        members = _members(path)
    yield members


def is_hdf5_mat(path: Path) -> bool:
    """Whether a .mat file is one of version 7.3, which is HDF5."""
    with naming_the_file(path), path.open("rb") as file:
        return file.read(10) == b"MATLAB 7.3"


@dataclass(frozen=True)
class _Element:
    """A variable of a file: where it begins, its bytes there, and whether these are compressed."""

    start: int
    size: int
    is_compressed: bool
    order: str


def _members(path: Path) -> Members:
    """How to read the header of each variable, by its name; raises ValueError, in words, if the file is none."""
    size = path.stat().st_size
    members: dict[str, Opener] = {}
    with path.open("rb") as file:
        header = file.read(_HEADER)
        if not header.startswith(b"MATLAB") or len(header) < _HEADER or header[126:128] not in (b"IM", b"MI"):
            raise ValueError(what_it_is(kind_of_file(path), tr("it is no MATLAB file of version 5 to 7.3")))
        order = "<" if header[126:128] == b"IM" else ">"
        start = _HEADER
        while start + 8 <= size and len(members) < _MOST_VARIABLES:
            file.seek(start)
            kind, length = struct.unpack(f"{order}II", file.read(8))
            if kind in (_MATRIX, _COMPRESSED):
                element = _Element(start, length, kind == _COMPRESSED, order)
                name = _name_of(path, element)
                if name:  # what has none is MATLAB's own
                    members[name] = partial(_open, path, name, element)
            start += 8 + length
    return members


def _name_of(path: Path, element: _Element) -> str:
    with _stream(path, element) as stream:
        return _read_head(stream, element.order)[2]


def _open(path: Path, name: str, element: _Element) -> StoredArray:
    """The array that a variable says it is; raises BrokenFile if it cannot be that."""
    where = within(name, path)
    open_stream = partial(_stream, path, element)
    with naming_the_file(where), open_stream() as stream:
        flags, shape, _ = _read_head(stream, element.order)
        if flags & 0xFF not in _NUMBERS or flags & _COMPLEX:
            what = tr(_CLASSES.get(flags & 0xFF, N_("an array of complex numbers")))
            raise ValueError(tr("it is {what}, which is not read").format(what=what))
        kind, length, small = _read_tag(stream, element.order)
        if kind not in _TYPES:
            raise ValueError(tr("its header is broken"))
        dtype = np.dtype(element.order + _TYPES[kind])
        if length != math.prod(shape) * dtype.itemsize or small:
            raise ValueError(tr("its header is broken"))
        array = StoredArray(where, open_stream, stream.tell(), shape, dtype, is_fortran=True)
        if element.is_compressed:
            check_unpacked(array.nbytes, element.size)
        array.check_size(array.start + array.nbytes if element.is_compressed else path.stat().st_size)
        return array


@contextmanager
def _stream(path: Path, element: _Element) -> Iterator[BufferedIOBase]:
    """The file at the beginning of a variable's tag, or that variable, unpacked."""
    with path.open("rb") as file:
        file.seek(element.start + (8 if element.is_compressed else 0))
        yield _Inflated(file, element.size) if element.is_compressed else file


def _read_head(stream: BufferedIOBase, order: str) -> tuple[int, tuple[int, ...], str]:
    """Flags, shape and name of a variable, from its tag on; raises ValueError if it is broken."""
    kind, *_ = _read_tag(stream, order)
    if kind != _MATRIX:
        raise ValueError(tr("its header is broken"))
    flags = _read_element(stream, order, 8)
    sizes = _read_element(stream, order, 4 * _MOST_DIMENSIONS)
    name = _read_element(stream, order, _LONGEST_NAME)
    if len(flags) != 8 or len(sizes) % 4:
        raise ValueError(tr("its header is broken"))
    shape = struct.unpack(f"{order}{len(sizes) // 4}i", sizes)
    return struct.unpack(f"{order}I", flags[:4])[0], shape, name.decode("latin-1")


def _read_element(stream: BufferedIOBase, order: str, most: int) -> bytes:
    """The bytes of a small element."""
    _, length, small = _read_tag(stream, order)
    if small:
        return small[:length]
    if length > most:
        raise ValueError(tr("its header is broken"))
    return _read(stream, (length + 7) // 8 * 8)[:length]


def _read_tag(stream: BufferedIOBase, order: str) -> tuple[int, int, bytes]:
    """Type and length of an element, and its bytes where they lie in the tag itself."""
    tag = _read(stream, 8)
    kind, length = struct.unpack(f"{order}II", tag)
    if kind >> 16:
        return kind & 0xFFFF, min(kind >> 16, 4), tag[4:]
    return kind, length, b""


def _read(stream: BufferedIOBase, count: int) -> bytes:
    content = stream.read(count)
    if len(content) < count:
        raise ValueError(tr("it is cut off"))
    return content


class _Inflated(BufferedIOBase):
    """What is compressed in a file from its place on, read forwards only; never more is unpacked than is asked for."""

    def __init__(self, file: Any, size: int) -> None:
        self._file, self._left = file, size
        self._inflater = zlib.decompressobj()
        self._place = 0

    def tell(self) -> int:
        return self._place

    def seek(self, offset: int, whence: int = 0) -> int:
        while self._place < offset and self.read(min(offset - self._place, _PIECE)):
            pass
        return self._place

    def read(self, size: int | None = -1) -> bytes:
        content = bytearray(size or 0)
        return bytes(content[: self.readinto(content)])

    def readinto(self, buffer: Any) -> int:
        done = 0
        while done < len(buffer) and not self._inflater.eof:
            packed = self._inflater.unconsumed_tail
            if not packed:
                packed = self._file.read(min(_PIECE, self._left))
                self._left -= len(packed)
            part = self._inflater.decompress(packed, len(buffer) - done)
            if not part and not packed:
                break
            buffer[done : done + len(part)] = part
            done += len(part)
        self._place += done
        return done
