"""Tar archives: where each file in them lies, without believing their records."""

import io
import tarfile
import threading
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, cast

from vae_desktop.data.custom.archive_members import BROKEN, Hollow, Members, check_memory, is_bomb, too_large
from vae_desktop.data.custom.files import Found
from vae_desktop.data.custom.messages import shown
from vae_desktop.data.stored_array import BrokenFile
from vae_desktop.language import tr
from vae_desktop.progress import Progress

_MANY, _FEW = 5_000, 10  # empty files, and as many more for each other
_MOST_AT_ONCE = 1 << 20  # bytes of a tar archive's own records


def tar_members(path: Path, stream: BinaryIO, is_stream: bool, progress: Progress) -> Found:
    members = Members(path)
    packed = path.stat().st_size
    lock = threading.Lock()
    archive: Any = tarfile.TarFile(fileobj=cast(BinaryIO, _Records(stream)), mode="r")
    try:
        end = empty = 0
        while (info := archive.next()) is not None:
            progress.check()
            if info.size < 0 or archive.offset <= end:  # a size that leads back would be followed for ever
                raise tarfile.ReadError
            end = archive.offset
            reason, open_member = "", None
            empty += info.isreg() and info.size == 0
            if empty > _MANY + _FEW * len(members.files):
                raise Hollow
            if is_stream and is_bomb(info.offset_data + info.size, packed):
                reason = too_large(info.offset_data + info.size, packed)
                raise BrokenFile(tr("{path} cannot be used: {reason}.").format(path=path, reason=reason))
            if info.issym() or info.islnk():
                reason = tr("a link, which is not followed in an archive")
            elif info.issparse() or not (info.isreg() or info.isdir()):
                reason = tr("no ordinary file")
            elif info.isreg() and is_stream:
                open_member = partial(_read_through, stream, lock, info.offset_data, info.size)
            elif info.isreg():
                open_member = partial(_open_section, path, info.offset_data, info.size)
            members.add(info.name, info.size, open_member, reason)
            archive.members.clear()  # they would take more memory than the files
        stream.seek(archive.offset)
        ending = stream.read(tarfile.BLOCKSIZE)
        if not ending or ending.strip(b"\0"):
            raise tarfile.ReadError
    except BROKEN as error:
        if not members.files or isinstance(error, Hollow):
            raise
        text = tr("{archive}: cut off or damaged: what may have followed is missing")
        members.skipped.append(text.format(archive=shown(path.name)))
    return members.found(is_stream)


def is_tar(block: bytes) -> bool:
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


def _read_through(stream: BinaryIO, lock: threading.Lock, start: int, size: int) -> BinaryIO:
    check_memory(size)
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
