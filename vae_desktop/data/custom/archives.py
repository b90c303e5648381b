"""Zip and tar archives of image files, read where they are: nothing is unpacked to the disk, no link is followed."""

import bz2
import gzip
import io
import lzma
import stat
import tarfile
import threading
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, cast

from vae_desktop.data.custom.files import File, Found, Unreadable, is_unseen
from vae_desktop.data.custom.messages import because, natural_key, shown
from vae_desktop.data.stored_array import BrokenFile
from vae_desktop.files import size_in_words
from vae_desktop.language import tr
from vae_desktop.progress import Progress

_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_PACKED: dict[bytes, Callable[[BinaryIO], Any]] = {  # by their first bytes
    b"\x1f\x8b": lambda stream: gzip.GzipFile(fileobj=stream),
    b"BZh": bz2.BZ2File,
    b"\xfd7zXZ\0": lzma.LZMAFile,
}
_BROKEN = (
    *(OSError, EOFError, ValueError, RuntimeError),
    *(zlib.error, lzma.LZMAError, tarfile.TarError, zipfile.BadZipFile),
)

_ENCRYPTED, _UTF8 = 0x1, 0x800
_SMALL = 1 << 25  # bytes that anything may be unpacked to
_PACKING = 100  # times smaller than its content; images are never packed as tightly, but for blank ones
_LARGEST = 1 << 28  # bytes of a file that has to be in memory while it is read
_MOST_AT_ONCE = 1 << 20  # bytes of a tar archive's own records


def is_archive(path: Path) -> bool:
    """Whether a file is an archive that `opened` reads, by its first bytes."""
    try:
        with path.open("rb") as stream:
            if stream.read(4) in _ZIP:
                return True
            return _is_tar(_unpacked(stream).read(tarfile.BLOCKSIZE))
    except _BROKEN:
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
                found = _zip_members(path, open_files.enter_context(zipfile.ZipFile(path)), progress)
            else:
                unpacked = open_files.enter_context(_unpacked(stream))
                found = _tar_members(path, unpacked, unpacked is not stream, progress)
        except _BROKEN as error:
            reason = getattr(error, "strerror", None) or tr("it is cut off or damaged")
            raise BrokenFile(tr("{path} cannot be used: {reason}.").format(path=path, reason=reason)) from error
        yield found


class _Members:
    """What is found in an archive, one member after the other.

    Parameters
    ----------
    path : Path
        Of the archive.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.files: dict[tuple[str, ...], File] = {}
        self.folders: dict[tuple[str, ...], File] = {}
        self.skipped: list[str] = []

    def add(self, name: str, open_member: Callable[[], BinaryIO] | None, reason: str = "") -> None:
        """A file, a folder if there is nothing to open, or, with the reason, what cannot be read."""
        parts = tuple(part for part in name.replace("\\", "/").split("/") if part not in ("", "."))
        if not parts or any(is_unseen(part) for part in parts if part != ".."):
            return
        self._add_folders(parts[:-1])
        if ".." in parts:
            reason = tr("its name leads out of the archive")
        elif open_member is not None and parts in self.files:
            reason = tr("the archive holds another file of that name")
        if reason:
            self.skipped.append(because(shown(name), reason))
        elif open_member is None:
            self._add_folders(parts)
        else:
            self.files[parts] = File(f"{self._path}/{'/'.join(parts)}", parts, open_member, in_archive=True)

    def _add_folders(self, parts: tuple[str, ...]) -> None:
        while parts and parts not in self.folders and ".." not in parts:
            self.folders[parts] = File(f"{self._path}/{'/'.join(parts)}", parts, _no_content, in_archive=True)
            parts = parts[:-1]

    def found(self, is_stream: bool) -> Found:
        """All of them, in natural order unless they have to be read in theirs."""
        files, folders = list(self.files.values()), list(self.folders.values())
        for some in (folders,) if is_stream else (folders, files):
            some.sort(key=lambda file: [natural_key(part) for part in file.parts])
        return Found(files, folders, self.skipped, is_stream)


def _no_content() -> BinaryIO:
    raise IsADirectoryError


def _is_bomb(size: int, packed: int) -> bool:
    return size > max(_SMALL, _PACKING * packed)


def _zip_members(path: Path, archive: zipfile.ZipFile, progress: Progress) -> Found:
    members = _Members(path)
    infos = archive.infolist()
    for info, name in zip(infos, _names_of(infos), strict=True):
        progress.check()
        reason = ""
        if stat.S_ISLNK(info.external_attr >> 16):
            reason = tr("a link, which is not followed in an archive")
        elif info.flag_bits & _ENCRYPTED:
            reason = tr("encrypted (unpack the archive and choose the folder)")
        elif _is_bomb(info.file_size, info.compress_size):
            reason = _too_large(info.file_size, info.compress_size)
        members.add(name, None if info.is_dir() else partial(_open_zipped, archive, info), reason)
    return members.found(is_stream=False)


def _names_of(infos: Sequence[zipfile.ZipInfo]) -> list[str]:
    """The members' names, which many programs write in the system's own encoding without saying so."""
    stored = [None if info.flag_bits & _UTF8 else info.filename.encode("cp437", "replace") for info in infos]
    for encoding in ("utf-8", "gb2312"):  # the latter as on Chinese Windows; Western names are hardly ever read so
        with suppress(UnicodeDecodeError):
            pairs = zip(infos, stored, strict=True)
            return [info.filename if name is None else name.decode(encoding) for info, name in pairs]
    return [info.filename for info in infos]


def _too_large(size: int, packed: int) -> str:
    text = tr("it would unpack from {packed} to {size}")
    return text.format(packed=size_in_words(packed), size=size_in_words(size))


def _open_zipped(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> BinaryIO:
    stream = cast(zipfile.ZipExtFile, archive.open(info))
    if stream.peek(4)[:2] not in (b"II", b"MM"):
        return cast(BinaryIO, stream)
    with stream:  # a TIFF is read to and fro, for which packed bytes would be unpacked again and again
        _check_memory(info.file_size)
        return io.BytesIO(stream.read())


def _check_memory(size: int) -> None:
    if size > _LARGEST:
        text = tr("larger than {most} (unpack the archive and choose the folder)")
        raise Unreadable(text.format(most=size_in_words(_LARGEST)))


def _unpacked(stream: BinaryIO) -> BinaryIO:
    """The stream from its beginning, unpacked if it is packed."""
    stream.seek(0)
    beginning = stream.read(6)
    stream.seek(0)
    return next((unpack(stream) for magic, unpack in _PACKED.items() if beginning.startswith(magic)), stream)


def _is_tar(block: bytes) -> bool:
    try:
        tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
    except tarfile.HeaderError:
        return False
    return True


class _Records(io.RawIOBase):
    """A tar archive whose own records, such as names, are no larger than such are; else they would fill the memory."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    def read(self, size: int = -1) -> bytes:
        if not 0 <= size <= _MOST_AT_ONCE:
            raise ValueError
        return self._stream.read(size)

    def seek(self, place: int, whence: int = 0) -> int:
        return self._stream.seek(place, whence)

    def tell(self) -> int:
        return self._stream.tell()


def _tar_members(path: Path, stream: BinaryIO, is_stream: bool, progress: Progress) -> Found:
    members = _Members(path)
    packed = path.stat().st_size
    lock = threading.Lock()
    archive: Any = tarfile.TarFile(fileobj=cast(BinaryIO, _Records(stream)), mode="r")
    try:
        while (info := archive.next()) is not None:
            progress.check()
            reason, open_member = "", None
            if is_stream and _is_bomb(info.offset_data + info.size, packed):
                reason = _too_large(info.offset_data + info.size, packed)
                raise BrokenFile(tr("{path} cannot be used: {reason}.").format(path=path, reason=reason))
            if info.issym() or info.islnk():
                reason = tr("a link, which is not followed in an archive")
            elif info.issparse() or not (info.isreg() or info.isdir()):
                reason = tr("no ordinary file")
            elif info.isreg() and is_stream:
                open_member = partial(_read_through, stream, lock, info.offset_data, info.size)
            elif info.isreg():
                open_member = partial(_open_section, path, info.offset_data, info.size)
            members.add(info.name, open_member, reason)
            archive.members.clear()  # they would take more memory than the files
        stream.seek(archive.offset)
        ending = stream.read(tarfile.BLOCKSIZE)
        if not ending or ending.strip(b"\0"):
            raise tarfile.ReadError
    except _BROKEN:
        if not members.files:
            raise
        text = tr("{archive}: cut off or damaged: what may have followed is missing")
        members.skipped.append(text.format(archive=shown(path.name)))
    return members.found(is_stream)


def _read_through(stream: BinaryIO, lock: threading.Lock, start: int, size: int) -> BinaryIO:
    _check_memory(size)
    with lock:
        stream.seek(start)
        return io.BytesIO(stream.read(size))


def _open_section(path: Path, start: int, size: int) -> BinaryIO:
    return cast(BinaryIO, io.BufferedReader(_Section(path.open("rb"), start, size)))


class _Section(io.RawIOBase):
    """A part of a file, as a file."""

    def __init__(self, file: BinaryIO, start: int, size: int) -> None:
        self._file, self._start, self._size, self._place = file, start, size, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, place: int, whence: int = 0) -> int:
        self._place = max(0, place + (0, self._place, self._size)[whence])
        return self._place

    def tell(self) -> int:
        return self._place

    def readinto(self, memory: "bytearray | memoryview") -> int:  # type: ignore[override]
        self._file.seek(self._start + self._place)
        some = self._file.read(max(0, min(len(memory), self._size - self._place)))
        memory[: len(some)] = some
        self._place += len(some)
        return len(some)

    def close(self) -> None:
        self._file.close()
        super().close()
