"""Zip and tar archives of image files, read where they are: nothing is unpacked to the disk, no link is followed."""

import bz2
import gzip
import io
import lzma
import re
import stat
import struct
import tarfile
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, cast

from vae_desktop.data.custom.archive_members import BROKEN, Hollow, Members, check_memory, is_bomb, too_large
from vae_desktop.data.custom.files import Found
from vae_desktop.data.custom.messages import because
from vae_desktop.data.custom.tar_archive import is_tar, tar_members
from vae_desktop.data.stored_array import BrokenFile
from vae_desktop.language import tr
from vae_desktop.progress import Progress

_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_PACKED: dict[bytes, Callable[[BinaryIO], Any]] = {  # by their first bytes
    b"\x1f\x8b": lambda stream: gzip.GzipFile(fileobj=stream),
    b"BZh": bz2.BZ2File,
    b"\xfd7zXZ\0": lzma.LZMAFile,
}

_ENDING = re.compile(r"\.(zip|tar|tgz|tbz2|txz|tar\.\w+)$", re.IGNORECASE)
_IMAGE = re.compile(r"\.(png|jpe?g|bmp|gif|tiff?|webp|p[gbpn]m|jp2|j2k|avif|hei[cf])$", re.IGNORECASE)

_ENCRYPTED, _UTF8 = 0x1, 0x800

_TAIL = (1 << 16) + 200  # bytes at the end of a zip, among which it says how long the list of its members is
_ENDS = ((b"PK\6\6", "<40x2Q"), (b"PK\5\6", "<12x2I"))
_LONG = 1 << 19  # bytes of a list


def is_archive_name(name: str) -> bool:
    """Whether a file is called as archives are."""
    return _ENDING.search(name) is not None


def is_archive(path: Path) -> bool:
    """Whether a file is an archive that `opened` reads, by its first bytes."""
    try:
        with path.open("rb") as stream:
            if stream.read(4) in _ZIP:
                return True
            return is_tar(_unpacked(stream).read(tarfile.BLOCKSIZE))
    except BROKEN:
        return False


@contextmanager
def opened(path: Path, progress: Progress) -> Iterator[Found]:
    """The files in an archive, in natural order, or in their own where it can only be read from its beginning.

    Names are no more than names: a file is where they say, but one whose name leads out of the archive is left out, and
    so are links. What an archive unpacks to is bounded by a hundred times its size.

    Raises
    ------
    BrokenFile
        If it cannot be read.
    Cancelled
        If `progress` raised it.
    """
    with ExitStack() as open_files:
        try:
            stream = open_files.enter_context(path.open("rb"))
            if stream.read(4) in _ZIP:
                _check_members(stream)
                found = _zip_members(path, open_files.enter_context(zipfile.ZipFile(path)), progress)
            else:
                unpacked = open_files.enter_context(_unpacked(stream))
                found = tar_members(path, unpacked, unpacked is not stream, progress)
        except BROKEN as error:
            reason = getattr(error, "strerror", None) or tr("it is cut off or damaged")
            reason = str(error) if isinstance(error, Hollow) else reason
            raise BrokenFile(tr("{path} cannot be used: {reason}.").format(path=path, reason=reason)) from error
        yield found


@contextmanager
def opened_within(found: Found, progress: Progress) -> Iterator[Found]:
    """What lies in a folder, of which archives are opened as folders of their names; errors as of `opened`.

    That is what sets are that come in several archives. Where image files lie beside them, they may be what these were
    unpacked from, and are left as they are.
    """
    archives = [file for file in found.files if is_archive_name(file.parts[-1])]
    if not archives or any(_IMAGE.search(file.parts[-1]) for file in found.files):
        yield found
        return
    with ExitStack() as open_archives:
        files = [file for file in found.files if file not in archives]
        folders, skipped, is_stream = list(found.folders), list(found.skipped), False
        for archive in archives:
            inside = open_archives.enter_context(opened(Path(archive.path), progress))
            top = (*archive.parts[:-1], _ENDING.sub("", archive.parts[-1]))
            files += [replace(file, parts=(*top, *file.parts)) for file in inside.files]
            folders += [replace(folder, parts=(*top, *folder.parts)) for folder in inside.folders]
            skipped += [because(archive.name, line) for line in inside.skipped]
            is_stream = is_stream or inside.is_stream
        yield Found(files, folders, skipped, is_stream)


def _check_members(stream: BinaryIO) -> None:
    """Raise Hollow if the list of a zip's members, which takes seconds and much memory, is longer than all of them."""
    size = stream.seek(0, io.SEEK_END)
    tail = stream.read(_TAIL) if stream.seek(max(0, size - _TAIL)) >= 0 else b""
    for magic, layout in _ENDS:
        start = tail.rfind(magic)
        if start >= 0 and len(tail) - start >= struct.calcsize(layout):
            listed, members = struct.unpack_from(layout, tail, start)
            if members < listed > _LONG:
                raise Hollow
            return


def _zip_members(path: Path, archive: zipfile.ZipFile, progress: Progress) -> Found:
    members = Members(path)
    infos = archive.infolist()
    for info, name in zip(infos, _names_of(infos), strict=True):
        progress.check()
        reason = ""
        if stat.S_ISLNK(info.external_attr >> 16):
            reason = tr("a link, which is not followed in an archive")
        elif info.flag_bits & _ENCRYPTED:
            reason = tr("encrypted (unpack the archive and choose the folder)")
        elif is_bomb(info.file_size, info.compress_size):
            reason = too_large(info.file_size, info.compress_size)
        open_member = None if info.is_dir() else partial(_open_zipped, archive, info)
        members.add(name, info.file_size, open_member, reason)
    return members.found(is_stream=False)


def _names_of(infos: Sequence[zipfile.ZipInfo]) -> list[str]:
    """The members' names, which many programs write in the system's own encoding without saying so."""
    stored = [None if info.flag_bits & _UTF8 else info.filename.encode("cp437", "replace") for info in infos]
    for encoding in ("utf-8", "gb2312"):  # the latter as on Chinese Windows; Western names are hardly ever read so
        with suppress(UnicodeDecodeError):
            pairs = zip(infos, stored, strict=True)
            return [info.filename if name is None else name.decode(encoding) for info, name in pairs]
    return [info.filename for info in infos]


def _open_zipped(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> BinaryIO:
    stream = cast(zipfile.ZipExtFile, archive.open(info))
    if stream.peek(4)[:2] not in (b"II", b"MM"):
        return cast(BinaryIO, stream)
    with stream:  # a TIFF is read to and fro, for which packed bytes would be unpacked again and again
        check_memory(info.file_size)
        return io.BytesIO(stream.read())


def _unpacked(stream: BinaryIO) -> BinaryIO:
    """The stream from its beginning, unpacked if it is packed."""
    stream.seek(0)
    beginning = stream.read(6)
    stream.seek(0)
    return next((unpack(stream) for magic, unpack in _PACKED.items() if beginning.startswith(magic)), stream)
