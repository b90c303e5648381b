"""A person's own images and labels from NumPy's .npy and .npz files, without unpickling, or from IDX files."""

import re
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
from vae_desktop.data.stored_array import DEFLATE_LIMIT, BrokenFile, StoredArray, naming_the_file, open_idx
from vae_desktop.errors import DataError
from vae_desktop.file_kinds import BEGINNING, kind_of
from vae_desktop.files import size_in_words
from vae_desktop.language import tr
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
                tr("{path} holds {size}, more than {most}. Save fewer or smaller images.").format(
                    path=path, size=size_in_words(size), most=size_in_words(MAX_BYTES)
                )
            )
        stacks = [
            Stack(
                arrays[images],
                None if labels is None else arrays[labels].read(progress).reshape(-1),
                f"{path}/{images}" if images else str(path),
            )
            for images, labels in parts
        ]
        skipped = [tr("{name}: not used").format(name=shown(name)) for name in members if name not in arrays]
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
        raise ValueError(_what_it_is(beginning, tr("it is not an archive of NumPy arrays"))) from error


def _what_it_is(beginning: bytes, otherwise: str) -> str:
    kind = kind_of(beginning)
    return otherwise if kind is None else tr("it is {kind}").format(kind=kind)


def _read_member(path: Path, archive: zipfile.ZipFile, name: str, info: zipfile.ZipInfo) -> StoredArray:
    return _read_header(
        tr("{name} in {path}").format(name=shown(name), path=path), partial(_open_member, archive, info), info.file_size
    )


def _open_member(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> BufferedIOBase:
    if info.flag_bits & _ENCRYPTED:
        raise ValueError(tr("it is encrypted"))
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise ValueError(tr("it is packed in a way that NumPy does not use"))
    if info.file_size > info.compress_size * DEFLATE_LIMIT:
        raise ValueError(tr("it promises more than the file holds"))
    return cast(BufferedIOBase, archive.open(info))


def _read_header(where: str, open_stream: Callable[[], BufferedIOBase], size: int) -> StoredArray:
    """The array that a stream of `size` bytes says it holds; raises BrokenFile if it cannot be that."""
    with naming_the_file(where), open_stream() as stream:
        try:
            version = npy_format.read_magic(stream)
        except ValueError as error:
            stream.seek(0)
            raise ValueError(_what_it_is(stream.read(BEGINNING), tr("it is not a NumPy array"))) from error
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
            tr(
                "{path} cannot be used: its arrays are named {found}. Name the images “images” and their labels, if "
                "there are any, “labels”."
            ).format(path=path, found=found)
        )
    return [(images, labels)] + ([] if test_images is None else [(test_images, test_labels)])


def _check(images: StoredArray, labels: StoredArray | None) -> None:
    """Raise BrokenFile unless these are images, and these their labels."""
    with naming_the_file(images.where):
        if images.dtype.kind not in _NUMBERS:
            raise ValueError(tr("its values are of type {kind}, not numbers").format(kind=images.dtype))
        check_shape(images.shape)
    if labels is None:
        return
    with naming_the_file(labels.where):
        if labels.dtype.kind not in _CLASSES:
            raise ValueError(tr("labels of type {kind} are neither whole numbers nor texts").format(kind=labels.dtype))
        if labels.shape not in ((count := images.shape[0],), (count, 1)):
            raise ValueError(
                tr("it has the shape {shape}, not one label for each of {count:,} images").format(
                    shape=labels.shape, count=count
                )
            )


_PACKED = ".gz"
_TEST_WORDS = ("t10k", "test")
_MOST_SETS = 4


def is_idx_name(name: str) -> bool:
    """Whether a file of this name holds IDX images: ``…idx3-ubyte``, ``….idx3`` and the like, plain or packed."""
    return re.search(r"idx3([-._]?ubyte)?(\.gz)?$", name, re.IGNORECASE) is not None


def find_idx(folder: Path) -> Path | None:
    """The IDX file of images in a folder, the one for training where there are two; None if there is none.

    Raises
    ------
    DataError
        If the folder holds several data sets.
    """
    try:
        files = sorted((path for path in folder.iterdir() if is_idx_name(path.name)), reverse=True)
    except OSError:
        return None  # who lists it next says why
    by_name = {_plain_name(path): path for path in files}  # the plain file before the packed one
    tests = {_test_images(path) for path in by_name.values()}
    first = sorted(path for path in by_name.values() if path not in tests)
    if len(first) > 1:
        names = ", ".join(listed([path.name for path in first], _MOST_SETS))
        raise DataError(
            tr("{folder} holds several data sets: {names}. Choose one of the files.").format(folder=folder, names=names)
        )
    return first[0] if first else None


def assemble_idx(path: Path, config: DatasetConfig, progress: Progress) -> Assembled:
    """Read an IDX file of images with what belongs to it in the same folder.

    Its labels are in the file whose name has ``labels`` and ``idx1`` for ``images`` and ``idx3``. If its name has
    ``train``, the file with ``t10k`` or ``test`` in its place is the test set.

    Raises
    ------
    BrokenFile
        If a file is broken.
    DataError
        If images and labels differ in number.
    Cancelled
        If `progress` raised it.
    """
    test = _test_images(path)
    stacks = [_open_stack(part, progress) for part in (path, test) if part is not None]
    return assemble_stacks(stacks, path, config, progress)


def _open_stack(path: Path, progress: Progress) -> Stack:
    images = open_idx(path, 3)
    labels = _beside(path, re.sub("idx3", "idx1", _plain_name(path).replace("images", "labels"), flags=re.IGNORECASE))
    if labels is None:
        return Stack(images, None, str(path))
    classes = open_idx(labels, 1).read(progress)
    if len(classes) != images.shape[0]:
        raise DataError(
            tr(
                "{path} holds {count:,} images, but {file} {labels:,} labels. Choose another file, or move the labels "
                "away."
            ).format(path=path, count=images.shape[0], file=labels.name, labels=len(classes))
        )
    return Stack(images, classes, str(path))


def _test_images(path: Path) -> Path | None:
    """The file of test images that belongs to a file of training images, if there is one."""
    name = _plain_name(path)
    names = [name.replace("train", word) for word in _TEST_WORDS] if "train" in name else []
    return next((test for name in names if (test := _beside(path, name))), None)


def _plain_name(path: Path) -> str:
    """The file's name as it is when it is not packed."""
    return path.name.removesuffix(_PACKED)


def _beside(path: Path, name: str) -> Path | None:
    """The file of this name in the same folder, plain or packed."""
    both = (path.with_name(name), path.with_name(name + _PACKED))
    return next((found for found in both if found.is_file()), None)
