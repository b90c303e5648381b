"""A person's own images and labels from NumPy's .npy and .npz files, without unpickling."""

import re
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from io import BufferedIOBase
from pathlib import Path
from typing import cast

import numpy as np
from numpy.lib import format as npy_format

from vae_desktop.config import DatasetConfig
from vae_desktop.data.custom.array_layout import layout_of
from vae_desktop.data.custom.assembled import Assembled
from vae_desktop.data.custom.messages import what_it_is, within
from vae_desktop.data.custom.named_arrays import Members, assemble_named, check_total
from vae_desktop.data.custom.stacks import Stack, assemble_stacks
from vae_desktop.data.stored_array import BrokenFile, StoredArray, check_unpacked, naming_the_file
from vae_desktop.file_kinds import BEGINNING, kind_of
from vae_desktop.language import tr
from vae_desktop.progress import Progress

_ARCHIVE_MAGIC = b"PK\x03\x04"
_ENCRYPTED = 0x1
_HEADER_READERS = {(1, 0): npy_format.read_array_header_1_0, (2, 0): npy_format.read_array_header_2_0}


def assemble_arrays(path: Path, config: DatasetConfig, progress: Progress) -> Assembled:
    """Read images, and labels if there are any, from an .npy or .npz file, as `assemble_named` does."""
    return assemble_named(path, _members, config, progress)


def are_classes(paths: Sequence[Path]) -> bool:
    """Whether some files hold images of one class each, as QuickDraw's do: .npy of images that are alike in shape."""
    if not all(path.suffix.lower() == ".npy" for path in paths):
        return False
    try:
        arrays = [_open_npy(path) for path in paths]
        layouts = {layout_of(array.shape).image_shape for array in arrays}
    except (BrokenFile, ValueError):
        return False
    return len(layouts) == 1 and len({array.dtype for array in arrays}) == 1


def assemble_classes(folder: Path, paths: Sequence[Path], config: DatasetConfig, progress: Progress) -> Assembled:
    """Read .npy files, the images in each of which are a class that has the file's name, without what all begin with.

    Raises
    ------
    BrokenFile
        If one of them is broken.
    DataError
        If they promise more than 4 GB.
    Cancelled
        If `progress` raised it.
    """
    arrays = [_open_npy(path) for path in paths]
    check_total(folder, arrays)
    words = [re.split("([-_ ])", path.stem) for path in paths]
    same = next((place for place, them in enumerate(zip(*words, strict=False)) if len(set(them)) > 1), 0)
    names = ["".join(parts[same:]) for parts in words]  # "cat" of full_numpy_bitmap_cat
    stacks = [
        Stack(array, np.full(layout_of(array.shape).count, name or path.stem), str(path))
        for array, name, path in zip(arrays, names, paths, strict=True)
    ]
    notes = [tr("each file is a class")]
    return assemble_stacks(stacks, folder, config, progress, notes=notes, has_split=False)


def _open_npy(path: Path) -> StoredArray:
    return _read_header(str(path), lambda: path.open("rb"), path.stat().st_size)


@contextmanager
def _members(path: Path) -> Iterator[Members]:
    """How to read the header of each array of an .npz file, by its name, or of the one of an .npy file, called ""."""
    if path.suffix.lower() == ".npy":
        yield {"": lambda: _open_npy(path)}
        return
    with naming_the_file(path):
        archive = _open_archive(path)
    with archive:
        arrays = {info.filename[:-4]: info for info in archive.infolist() if info.filename.endswith(".npy")}
        if not arrays:
            raise BrokenFile(tr("{path} cannot be used: there are no arrays (.npy) in it.").format(path=path))
        yield {name: partial(_read_member, path, archive, name, info) for name, info in arrays.items()}


def _open_archive(path: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(path)
    except zipfile.BadZipFile as error:
        with path.open("rb") as file:
            beginning = file.read(BEGINNING)
        if beginning.startswith(_ARCHIVE_MAGIC):  # what should be at its end is not
            raise ValueError(tr("it is cut off or damaged")) from error
        raise ValueError(what_it_is(kind_of(beginning), tr("it is not an archive of NumPy arrays"))) from error


def _read_member(path: Path, archive: zipfile.ZipFile, name: str, info: zipfile.ZipInfo) -> StoredArray:
    return _read_header(within(name, path), partial(_open_member, archive, info), info.file_size)


def _open_member(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> BufferedIOBase:
    if info.flag_bits & _ENCRYPTED:
        raise ValueError(tr("it is encrypted"))
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise ValueError(tr("it is packed in a way that NumPy does not use"))
    check_unpacked(info.file_size, info.compress_size)
    return cast(BufferedIOBase, archive.open(info))


def _read_header(where: str, open_stream: Callable[[], BufferedIOBase], size: int) -> StoredArray:
    """The array that a stream of `size` bytes says it holds; raises BrokenFile if it cannot be that."""
    with naming_the_file(where), open_stream() as stream:
        try:
            version = npy_format.read_magic(stream)
        except ValueError as error:
            stream.seek(0)
            raise ValueError(what_it_is(kind_of(stream.read(BEGINNING)), tr("it is not a NumPy array"))) from error
        if version not in _HEADER_READERS:
            raise ValueError(tr("it is of a version of NumPy's format that only tables need"))
        try:
            shape, is_fortran, dtype = _HEADER_READERS[version](stream)
        except Exception as error:  # Python's own parser is at work, which fails in many ways
            raise ValueError(tr("its header is broken")) from error
        if dtype.hasobject:
            raise ValueError(tr("it holds Python objects, which are never read. Save it with a dtype such as uint8"))
        array = StoredArray(where, open_stream, stream.tell(), shape, dtype, is_fortran)
        array.check_size(size)
        return array
