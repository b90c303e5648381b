"""Images and labels from NumPy's .npy and .npz files, without unpickling: nothing in them can run."""

import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from io import BufferedIOBase
from pathlib import Path
from typing import cast

from numpy.lib import format as npy_format

from vae_desktop.config import DatasetConfig
from vae_desktop.data.custom.assembled import Assembled
from vae_desktop.data.custom.conversion import MAX_BYTES
from vae_desktop.data.custom.messages import listed, shown
from vae_desktop.data.custom.stacks import Stack, assemble_stacks, check_shape
from vae_desktop.data.stored_array import DEFLATE_LIMIT, BrokenFile, StoredArray, naming_the_file
from vae_desktop.errors import DataError
from vae_desktop.file_kinds import BEGINNING, kind_of
from vae_desktop.files import size_in_words
from vae_desktop.progress import Progress

_IMAGES = ("x_train", "train_images", "images", "imgs", "x", "data", "arr_0", "")
_LABELS = ("y_train", "train_labels", "labels", "y", "targets", "arr_1")
_TEST_IMAGES = ("x_test", "test_images")
_TEST_LABELS = ("y_test", "test_labels")
_MOST_NAMES = 8  # of arrays, in a message

_NUMBERS = "buif"  # NumPy's letters for booleans, integers and floats
_CLASSES = "buiUS"  # and for texts

_ARCHIVE_MAGIC = b"PK\x03\x04"
_ENCRYPTED = 0x1
_HEADER_READERS = {(1, 0): npy_format.read_array_header_1_0, (2, 0): npy_format.read_array_header_2_0}


def assemble_arrays(path: Path, config: DatasetConfig, progress: Progress) -> Assembled:
    """Read images, and labels if there are any, from an .npy or .npz file.

    In an .npz they are told by their names, capitals aside: x_train, y_train, x_test and y_test; train_images,
    train_labels, test_images and test_labels; or images, imgs, x, data or arr_0 with labels, y, targets or arr_1.
    Images are shaped and scaled as in `assemble_stacks`; labels are whole numbers or texts, one for each image.

    Raises
    ------
    BrokenFile
        If it is broken, promises more than it holds, or holds Python objects or no images.
    DataError
        If it promises more than 4 GB, or its arrays have other names.
    Cancelled
        If `progress` raised it.
    """
    with _members(path) as members:
        parts = _parts(path, members)
        arrays = {name: members[name]() for part in parts for name in part if name is not None}
        for images, labels in parts:
            _check(arrays[images], None if labels is None else arrays[labels])
        size = sum(array.nbytes for array in arrays.values())
        if size > MAX_BYTES:
            raise DataError(
                f"{path} holds {size_in_words(size)}, more than {size_in_words(MAX_BYTES)}. "
                "Save fewer or smaller images."
            )
        stacks = [
            Stack(arrays[images], None if labels is None else arrays[labels].read(progress).reshape(-1))
            for images, labels in parts
        ]
        skipped = [f"{shown(name)}: not used" for name in members if name not in arrays]
        return assemble_stacks(stacks, path, config, progress, skipped)


@contextmanager
def _members(path: Path) -> Iterator[Mapping[str, Callable[[], StoredArray]]]:
    """How to read the header of each array of an .npz file, by its name, or of the one of an .npy file, called ""."""
    if path.suffix.lower() == ".npy":
        yield {"": lambda: _read_header(str(path), lambda: path.open("rb"), path.stat().st_size)}
        return
    with naming_the_file(path):
        archive = _open_archive(path)
    with archive:
        arrays = {info.filename[:-4]: info for info in archive.infolist() if info.filename.endswith(".npy")}
        if not arrays:
            raise BrokenFile(f"{path} cannot be used: there are no arrays (.npy) in it.")
        yield {name: partial(_read_member, path, archive, name, info) for name, info in arrays.items()}


def _open_archive(path: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(path)
    except zipfile.BadZipFile as error:
        with path.open("rb") as file:
            beginning = file.read(BEGINNING)
        if beginning.startswith(_ARCHIVE_MAGIC):  # what should be at its end is not
            raise ValueError("it is cut off or damaged") from error
        raise ValueError(f"it is {kind_of(beginning) or 'not an archive of NumPy arrays'}") from error


def _read_member(path: Path, archive: zipfile.ZipFile, name: str, info: zipfile.ZipInfo) -> StoredArray:
    return _read_header(f"{shown(name)} in {path}", partial(_open_member, archive, info), info.file_size)


def _open_member(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> BufferedIOBase:
    if info.flag_bits & _ENCRYPTED:
        raise ValueError("it is encrypted")
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise ValueError("it is packed in a way that NumPy does not use")
    if info.file_size > info.compress_size * DEFLATE_LIMIT:
        raise ValueError("it promises more than the file holds")
    return cast(BufferedIOBase, archive.open(info))


def _read_header(where: str, open_stream: Callable[[], BufferedIOBase], size: int) -> StoredArray:
    """The array that a stream of `size` bytes says it holds; raises BrokenFile if it cannot be that."""
    with naming_the_file(where), open_stream() as stream:
        try:
            version = npy_format.read_magic(stream)
        except ValueError as error:
            stream.seek(0)
            raise ValueError(f"it is {kind_of(stream.read(BEGINNING)) or 'not a NumPy array'}") from error
        if version not in _HEADER_READERS:
            raise ValueError("it is of a version of NumPy's format that only tables need")
        try:
            shape, is_fortran, dtype = _HEADER_READERS[version](stream)
        except Exception as error:  # Python's own parser is at work, which fails in many ways
            raise ValueError("its header is broken") from error
        if dtype.hasobject:
            raise ValueError("it holds Python objects, which are never read. Save it with a dtype such as uint8")
        array = StoredArray(where, open_stream, stream.tell(), shape, dtype, is_fortran)
        array.check_size(size)
        return array


def _parts(path: Path, names: Iterable[str]) -> list[tuple[str, str | None]]:
    """The names of the images and the labels, of the one or two parts that there are."""
    by_lower = {name.lower(): name for name in names}
    images, labels, test_images, test_labels = (
        next((by_lower[name] for name in known if name in by_lower), None)
        for known in (_IMAGES, _LABELS, _TEST_IMAGES, _TEST_LABELS)
    )
    if images is None:
        found = ", ".join(listed([shown(name) for name in names], _MOST_NAMES))
        raise DataError(
            f"{path} cannot be used: its arrays are named {found}. Name the images “images” and their labels, "
            "if there are any, “labels”."
        )
    return [(images, labels)] + ([] if test_images is None else [(test_images, test_labels)])


def _check(images: StoredArray, labels: StoredArray | None) -> None:
    """Raise BrokenFile unless these are images, and these their labels."""
    with naming_the_file(images.where):
        if images.dtype.kind not in _NUMBERS:
            raise ValueError(f"its values are of type {images.dtype}, not numbers")
        check_shape(images.shape)
    if labels is None:
        return
    with naming_the_file(labels.where):
        if labels.dtype.kind not in _CLASSES:
            raise ValueError(f"labels of type {labels.dtype} are neither whole numbers nor texts")
        if labels.shape not in ((count := images.shape[0],), (count, 1)):
            raise ValueError(f"it has the shape {labels.shape}, not one label for each of {count:,} images")
