"""A person's own images and labels from HDF5 files, also MATLAB's of version 7.3, by the optional library h5py.

Nothing outside the file is opened: external links and storage and virtual data sets are refused, as are filters that
are plugins, and types that hold Python objects or references.
"""

import itertools
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from vae_desktop.config import DatasetConfig
from vae_desktop.data.custom.assembled import Assembled
from vae_desktop.data.custom.extras import load_extra
from vae_desktop.data.custom.labels import names_of
from vae_desktop.data.custom.messages import what_it_is, within
from vae_desktop.data.custom.named_arrays import Members, assemble_named
from vae_desktop.data.stored_array import BrokenFile, check_unpacked, naming_the_file
from vae_desktop.file_kinds import kind_of_file
from vae_desktop.files import size_in_words
from vae_desktop.language import tr
from vae_desktop.progress import Progress, ignore

_SUFFIXES = (".h5", ".hdf5", ".hdf", ".he5")
_MOST_OBJECTS = 1000  # that are looked at
_LARGEST_CHUNK = 1 << 28  # bytes that are unpacked together
# The filters that come with HDF5 and h5py: deflate, shuffle, fletcher32, szip, nbit, scaleoffset, and LZF.
_FILTERS = (1, 2, 3, 4, 5, 6, 32_000)
_TOGETHER = 1000  # texts that are read at once
_REFERENCES = "#refs#"  # where MATLAB keeps what cells hold
_MATLAB = "MATLAB_class"  # an attribute of MATLAB's arrays, whose axes HDF5 has the other way round


def is_hdf5_name(name: str) -> bool:
    """Whether a file of this name is in HDF5."""
    return name.lower().endswith(_SUFFIXES)


def assemble_hdf5(path: Path, config: DatasetConfig, progress: Progress) -> Assembled:
    """Read images, and labels if there are any, from the data sets of an HDF5 file, as `assemble_named` does.

    Raises DataError besides if h5py is missing.
    """
    return assemble_named(path, partial(_opened, load_extra("h5py", path, tr("an HDF5 file"))), config, progress)


@contextmanager
def _opened(h5py: Any, path: Path) -> Iterator[Members]:
    """How to open each array of a file, while that is open."""
    with _naming(path):
        if not h5py.is_hdf5(path):
            raise ValueError(what_it_is(kind_of_file(path), tr("it is no HDF5 file")))
        file = h5py.File(path, "r")
    with file:
        with _naming(path):
            members = dict(itertools.islice(_members(h5py, file, path, "", set()), _MOST_OBJECTS))
        yield members


@contextmanager
def _naming(where: object) -> Iterator[None]:
    """Turn whatever goes wrong with a file into a BrokenFile that names it; h5py raises nearly anything."""
    with naming_the_file(where):
        try:
            yield
        except (KeyError, TypeError, AttributeError, RecursionError) as error:
            raise ValueError(tr("it is damaged")) from error


def _members(
    h5py: Any, group: Any, path: Path, prefix: str, seen: set[int]
) -> Iterator[tuple[str, Callable[[], "_Hdf5Array"]]]:
    """How to open each array of a group and of those in it, by its path in the file; links out of it are named too."""
    address = h5py.h5o.get_info(group.id).addr
    if address in seen:
        return  # a group can lie in itself
    seen.add(address)
    for name in itertools.islice(group, _MOST_OBJECTS):
        link = group.get(name, getlink=True)
        whole = f"{prefix}{name}"
        if not isinstance(link, h5py.HardLink):
            yield whole, partial(_refuse, whole, path, tr("it is a link, which is not followed"))
            continue
        item = group[name]
        if isinstance(item, h5py.Dataset):
            yield whole, partial(_open, h5py, item, whole, path)
        elif isinstance(item, h5py.Group) and name != _REFERENCES:
            yield from _members(h5py, item, path, f"{whole}/", seen)


def _refuse(name: str, path: Path, reason: str) -> "_Hdf5Array":
    where = within(name, path)
    raise BrokenFile(tr("{path} cannot be used: {reason}.").format(path=where, reason=reason))


def _open(h5py: Any, dataset: Any, name: str, path: Path) -> "_Hdf5Array":
    """The array that a data set says it is; raises BrokenFile if it is not to be read."""
    where = within(name, path)
    with _naming(where):
        plan = dataset.id.get_create_plist()
        if dataset.is_virtual or dataset.external:
            raise ValueError(tr("its values lie in other files, which are not opened"))
        filters = [plan.get_filter(number)[0] for number in range(plan.get_nfilters())]
        if not set(filters) <= set(_FILTERS):
            raise ValueError(tr("it is packed by a plugin, which is not run. Save it with gzip or without packing"))
        has_texts = h5py.check_string_dtype(dataset.dtype) is not None and dataset.dtype.kind == "O"
        dtype = np.dtype("U1") if has_texts else dataset.dtype
        if dtype.hasobject:
            raise ValueError(tr("it holds references or objects, which are never read"))
        if dataset.shape is None or 0 in dataset.shape:
            raise ValueError(tr("it holds nothing"))
        array = _Hdf5Array(where, dataset, dtype, _MATLAB in dataset.attrs, has_texts)
        if dataset.chunks is not None and math.prod(dataset.chunks) * dataset.dtype.itemsize > _LARGEST_CHUNK:
            size = size_in_words(math.prod(dataset.chunks) * dataset.dtype.itemsize)
            raise ValueError(tr("it is packed in pieces of {size}").format(size=size))
        if not has_texts:
            _check_size(array.nbytes, dataset.id.get_storage_size(), bool(filters))
        return array


def _check_size(size: int, stored: int, is_packed: bool) -> None:
    """Raise ValueError if so many bytes are not in what is stored."""
    if is_packed:
        check_unpacked(size, stored)
    elif size > stored:
        raise ValueError(tr("it promises more than the file holds; it is cut off"))


@dataclass(frozen=True, eq=False)
class _Hdf5Array:
    """A data set of an HDF5 file as a NumberArray.

    Attributes
    ----------
    is_reversed : bool
        Whether its axes are the other way round, as those of MATLAB's arrays are.
    has_texts : bool
        Whether its values are texts of any length.
    """

    where: str
    dataset: Any
    dtype: np.dtype[Any]
    is_reversed: bool
    has_texts: bool

    @property
    def shape(self) -> tuple[int, ...]:
        shape: tuple[int, ...] = self.dataset.shape
        return shape[::-1] if self.is_reversed else shape

    @property
    def nbytes(self) -> int:
        """Bytes that the values take."""
        return math.prod(self.shape) * self.dtype.itemsize

    def reversed(self) -> "_Hdf5Array | None":
        """The same values in the order of axes in which they lie."""
        return replace(self, is_reversed=False) if self.is_reversed else None

    def read(self, progress: Progress = ignore) -> npt.NDArray[Any]:
        """All values."""
        if self.has_texts:
            with _naming(self.where):
                texts = self.dataset.asstr(errors="replace")
                parts = range(0, self.shape[0], _TOGETHER)
                return np.concatenate([names_of(texts[first : first + _TOGETHER].reshape(-1)) for first in parts])
        (values,) = self.blocks(self.shape[0], progress)
        return values

    def blocks(self, together: int, progress: Progress = ignore) -> Iterator[npt.NDArray[Any]]:
        """The values, `together` entries of the first axis at a time, as long as the chunks on the disk at least."""
        if self.is_reversed:
            with _naming(self.where):
                values = self.dataset[()].T
            yield from (values[first : first + together] for first in range(0, len(values), together))
            return
        chunk = self.dataset.chunks[0] if self.dataset.chunks else 1
        step = max(together // chunk, 1) * chunk
        for first in range(0, self.shape[0], step):
            progress.check()
            with _naming(self.where):
                values = self.dataset[first : first + step]
            yield from (values[start : start + together] for start in range(0, len(values), together))
