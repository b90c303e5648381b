"""The one atomic writer: a saved file is the old one or the new one, never half of either."""

import contextlib
import errno
import os
import re
import shutil
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from vae_desktop.errors import InvalidSetting, UserError
from vae_desktop.language import tr, tr_count

_UNITS = {"": 1, "b": 1, "bytes": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9}
_SIZE = re.compile(r"(?P<number>\d{1,15}([.,]\d{1,9})?)\s*(?P<unit>|b|bytes|kb|mb|gb)", re.IGNORECASE | re.ASCII)
_PATIENCE = 2.0  # seconds, for a target that another program has open
_PART, _PART_FOLDER = ".part", ".pictures.part"  # ends of the names of temporary files and folders
_LOCK_AGE = 3.0  # seconds, from which on a lock is one that a dead process left
_PART_AGE = 3600.0  # seconds, from which on a temporary file is one that a dead process left


def write_atomically(
    path: Path,
    data: bytes | Iterable[bytes | memoryview],
    watch: Callable[[Path], object] = lambda part: None,
    is_lasting: bool = True,
) -> None:
    """Write ``data`` to ``path`` through a temporary file in the same folder.

    The file and its folder are synced before the call returns, so "saved" is true when it is said.

    Parameters
    ----------
    path : Path
    data : bytes, or iterable of them
        In one piece or several.
    watch : callable, optional
        Called with the temporary file once it is there, and again before it takes the target's place. What it raises
        ends the writing, and the target keeps what it holds.
    is_lasting : bool
        False for what is written often, is seldom read, and can be done without: its folder is not synced, and the
        system is asked to forget its contents, as fresh memory for each such file can cost more than the disk.

    Raises
    ------
    UserError
        If the target cannot be written; the old file, if any, is untouched.
    """
    temporary: Path | None = None
    try:
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, tr("it is a folder"), str(path))
        if path.exists() and not os.access(path, os.W_OK):  # replacing it needs only the folder's permission
            raise PermissionError(errno.EACCES, tr("it is write-protected"), str(path))
        beside = _beside(path, _PART)
        with beside.open("xb") as file:
            temporary = beside
            with contextlib.suppress(OSError):  # there is no such file yet, or the file system has no modes
                temporary.chmod(path.stat().st_mode & 0o777)
            watch(temporary)
            file.writelines([data] if isinstance(data, bytes) else data)
            file.flush()
            os.fsync(file.fileno())
            if not is_lasting and hasattr(os, "posix_fadvise"):
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        watch(temporary)
        _replace(temporary, path)
        temporary = None
        with contextlib.suppress(OSError):  # some folders cannot be synced, and the file is there
            if is_lasting:
                _sync_folder(path.parent)
    except OSError as error:
        reason = error.strerror or str(error)
        text = tr("Cannot write {path}: {reason}. Choose another place to save to.")
        raise UserError(text.format(path=path, reason=reason)) from error
    finally:
        if temporary is not None:
            with contextlib.suppress(OSError):
                temporary.unlink()


def make_folder(path: Path) -> None:
    """Have a folder of the app's own there, with those around it; raises UserError if it cannot be made."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        text = tr("Cannot write {path}: {reason}.")
        reason = tr("a file has that name") if isinstance(error, FileExistsError) else error.strerror or error
        raise UserError(text.format(path=path, reason=reason)) from error


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Be the only one, of all windows and commands, to read and write a file; for moments only.

    A lock that is older than three seconds is one that a dead process left.

    Raises
    ------
    UserError
        If the lock cannot be had.
    """
    make_folder(path.parent)
    lock, until = path.with_name(f"{path.name}.lock"), time.monotonic() + 2 * _LOCK_AGE
    while True:
        try:
            os.close(os.open(lock, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
            break
        except FileExistsError:
            with contextlib.suppress(OSError):
                if time.time() - lock.stat().st_mtime > _LOCK_AGE:
                    lock.unlink()
                    continue
            reason = tr("another program has it open")
        except OSError as error:
            reason, until = error.strerror or str(error), 0.0
        if time.monotonic() > until:
            raise UserError(tr("Cannot write {path}: {reason}.").format(path=path, reason=reason))
        time.sleep(0.01)
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            lock.unlink()


def write_folder(path: Path, files: Iterable[tuple[str, bytes]]) -> None:
    """Write a new folder of files, given by name and contents, which is there as a whole or not at all.

    What such a call that was killed has left beside it is deleted, once it is old enough.

    Raises
    ------
    UserError
        If it cannot be written, or there is something at `path` other than an empty folder.
    """
    temporary = _beside(path, _PART_FOLDER)
    sweep(path.parent, "*", _PART_FOLDER)
    try:
        temporary.mkdir()
        for name, data in files:
            (temporary / name).write_bytes(data)
        if path.is_dir():
            path.rmdir()
        temporary.rename(path)
    except OSError as error:
        text = tr("Cannot write {path}: {reason}. Choose another place to save to.")
        raise UserError(text.format(path=path, reason=error.strerror or error)) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)  # if it is still there


def sweep(folder: Path, pattern: str, ending: str = _PART) -> None:
    """Delete temporary files, or folders, that killed processes left long ago, for targets with such names."""
    for part in folder.glob(f".{pattern}.*{ending}"):
        with contextlib.suppress(OSError):
            if time.time() - part.stat().st_mtime > _PART_AGE:
                shutil.rmtree(part) if part.is_dir() else part.unlink()


def _beside(path: Path, ending: str) -> Path:
    """A name for what is to take the place of a file or folder; the modules of Python for it make private ones."""
    return path.with_name(f".{path.name[:40]}.{os.urandom(6).hex()}{ending}")


def _replace(temporary: Path, path: Path) -> None:
    """Put the file in its place; on Windows another program's hold on the target, a virus scanner's, soon ends."""
    until = time.monotonic() + _PATIENCE
    while True:
        try:
            temporary.replace(path)
            return
        except PermissionError:
            if time.monotonic() > until:
                raise
            time.sleep(0.05)


def _sync_folder(folder: Path) -> None:
    if os.name == "nt":  # folders cannot be opened for syncing there
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def size_in_words(count: int) -> str:
    """A number of bytes as a person reads it: 1 kB is 10³ of them, 1 MB 10⁶ and 1 GB 10⁹."""
    for unit, size in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if count >= size:
            return f"{f'{count / size:,.2f}'.rstrip('0').rstrip('.')} {unit}"
    return tr_count("{count} bytes", "{count} bytes", count).format(count=count)


def bytes_of(name: str, text: str) -> int:
    """The number of bytes that a size in words is, such as 256 MB or 0; units as of `size_in_words`.

    Raises
    ------
    InvalidSetting
        Of the setting `name`, if it is no size.
    """
    found = _SIZE.fullmatch(text.strip())
    if found is None:
        raise InvalidSetting(name, tr("{text} is no size such as 256 MB.").format(text=repr(text)))
    return round(float(found["number"].replace(",", ".")) * _UNITS[found["unit"].lower()])
