"""Archives, unpacked beside their place and then put there; no member leads out of it, and no bomb goes off."""

import os
import shutil
import tarfile
import tempfile
import time
import zipfile
from collections.abc import Iterator
from io import BufferedIOBase
from pathlib import Path, PurePosixPath
from typing import IO

from vae_desktop.errors import DataError
from vae_desktop.language import tr
from vae_desktop.progress import Progress

_MOST_MEMBERS = 500_000
_PIECE = 1 << 20
_PART_AGE = 3600.0  # seconds, from which on a half unpacked folder is one that a dead process left


def unpack(archive: IO[bytes], name: str, folder: Path, most: int, progress: Progress) -> None:
    """Put what a zip or tar archive holds into a folder; what is there by the same names gives way.

    Each file and folder at the top of the archive is there as a whole or not at all.

    Parameters
    ----------
    archive : file
    name : str
        Its name, which tells its kind: ``.zip``, or else a tar archive, packed or not.
    folder : Path
    most : int
        Bytes that it may hold.
    progress : Progress
        Asked now and then whether to stop.

    Raises
    ------
    DataError
        If it is broken, holds a link or a name that leads out of the folder, or more than it may.
    Cancelled
        If `progress` raised it.
    OSError
        If something cannot be written.
    """
    _sweep(folder)
    archive.seek(0)
    with tempfile.TemporaryDirectory(".part", ".", folder, ignore_cleanup_errors=True) as temporary:
        new, old = Path(temporary, "new"), Path(temporary, "old")
        new.mkdir()
        old.mkdir()
        members = _of_zip(archive) if name.endswith(".zip") else _of_tar(archive)
        try:
            _write(members, new, most, progress)
        except (tarfile.TarError, zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError, ValueError) as error:
            text = tr("{name} cannot be unpacked: {reason}.")
            raise DataError(text.format(name=name, reason=str(error) or type(error).__name__)) from error
        for entry in sorted(new.iterdir()):
            target = folder / entry.name
            if target.exists():
                os.rename(target, old / entry.name)  # deleted with the rest
            os.rename(entry, target)


def pieces_of(file: "IO[bytes] | BufferedIOBase", most: int, progress: Progress) -> Iterator[bytes]:
    """The bytes of a file in pieces; raises ValueError if there are more than `most`."""
    while piece := file.read(_PIECE):
        progress.check()
        most -= len(piece)
        if most < 0:
            raise ValueError(tr("it holds more than it should"))
        yield piece


def _write(members: "Iterator[tuple[str, IO[bytes]]]", folder: Path, most: int, progress: Progress) -> None:
    for number, (name, file) in enumerate(members):
        progress.check()
        if number == _MOST_MEMBERS:
            raise ValueError(tr("it holds more than it should"))
        target = folder / _inside(name)
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("wb") as output:
            for piece in pieces_of(file, most, progress):
                most -= len(piece)
                output.write(piece)


def _of_zip(archive: IO[bytes]) -> "Iterator[tuple[str, IO[bytes]]]":
    """Names and contents of the files in an archive."""
    with zipfile.ZipFile(archive) as opened:
        for member in opened.infolist():
            if not member.is_dir():
                with opened.open(member) as file:
                    yield member.filename, file


def _of_tar(archive: IO[bytes]) -> "Iterator[tuple[str, IO[bytes]]]":
    with tarfile.open(fileobj=archive) as opened:
        for member in opened:
            file = opened.extractfile(member) if member.isreg() else None
            if file is not None:
                yield member.name, file
            elif not member.isdir():
                raise ValueError(tr("{name} in it is a link or a device").format(name=member.name))


def _inside(name: str) -> PurePosixPath:
    """The name of a member as a path below a folder."""
    path = PurePosixPath(name.replace("\\", "/"))
    if not path.parts or path.is_absolute() or ".." in path.parts or ":" in name or "\0" in name:
        raise ValueError(tr("{name} in it leads out of its folder").format(name=name))
    return path


def _sweep(folder: Path) -> None:
    """Delete what killed processes left half unpacked."""
    for part in folder.glob(".*.part"):
        if part.is_dir() and not part.is_symlink() and time.time() - part.stat().st_mtime > _PART_AGE:
            shutil.rmtree(part, ignore_errors=True)
