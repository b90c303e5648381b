"""A folder somewhere, read-only: on a disk, or behind any protocol that fsspec knows; nothing in it is trusted."""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from vae_desktop.errors import UserError
from vae_desktop.files import size_in_words
from vae_desktop.language import tr
from vae_desktop.training.run_folder.protocols import (
    ANSWER,
    FileGone,
    FileTooLarge,
    SourceError,
    check_protocol,
    local_path,
    options_of,
    pieces_of,
    protocol_of,
    reason_of,
    without_secrets,
)

BUDGET = 60_000_000  # bytes a minute, over a network
_SLOWEST = 10_000  # bytes a second; what comes slower than that, and half a minute, is given up
_MINUTE = 60.0  # seconds
_SSH = ("sftp", "ssh")
_SMALL = 1.0  # seconds of the budget that small files may be ahead of it: a look reads some before each large one
_Connection = tuple[Any, str]  # fsspec's file system, and the path of the folder there


class Traffic:
    """How many bytes have come, and by that when the next large file may be asked for.

    Parameters
    ----------
    budget : int
        Bytes a minute; 0 where they cost nothing.
    clock : callable
        Seconds.
    """

    def __init__(self, budget: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.budget = budget
        self._clock = clock
        self._lock = threading.Lock()
        self._came: deque[tuple[float, int]] = deque()
        self._paid = 0.0  # the time from which on the budget has room again
        self.total = 0

    def note(self, count: int) -> None:
        """Note that so many bytes have come."""
        now = self._clock()
        with self._lock:
            self.total += count
            self._came.append((now, count))
            if self.budget:
                self._paid = max(self._paid, now) + _MINUTE * count / self.budget

    @property
    def has_room(self) -> bool:
        """Whether all that has come is about what the budget allows, so that a large file may follow."""
        return self._clock() >= self._paid - _SMALL

    @property
    def per_minute(self) -> int:
        """Bytes that have come within the last minute."""
        since = self._clock() - _MINUTE
        with self._lock:
            while self._came and self._came[0][0] < since:
                self._came.popleft()
            return sum(count for _, count in self._came)


class Source:
    """Reads files of one folder, in whole or in part; may be used by several threads.

    Parameters
    ----------
    address : str
        A path, or a URL such as ``sftp://user@host/folder``, ``s3://bucket/folder``, ``https://host/folder``.
    traffic : Traffic, optional
        Where bytes are counted; by default anew, with `BUDGET` unless the folder lies on a disk.

    Attributes
    ----------
    title : str
        The address as it may be shown, without a password.
    is_local : bool
        Whether the folder lies on a disk, or what looks like one.

    Raises
    ------
    SourceUnusable
        If the address is none, or a library for its protocol is missing; the message names the command that installs
        it.
    """

    def __init__(self, address: str, traffic: Traffic | None = None) -> None:
        self.protocol = protocol_of(address.strip())
        self.is_local = self.protocol in ("file", "local")
        self._address = local_path(address.strip()) if self.is_local else address.strip().rstrip("/")
        self.title = without_secrets(self._address)
        self.traffic = traffic or Traffic(0 if self.is_local else BUDGET)
        self._lock = threading.Lock()
        self._free: list[_Connection] = []
        self._epoch = 0  # how often all connections were let go of
        self._is_closed = False
        check_protocol(self.protocol)

    def read(self, name: str, most: int, start: int = 0) -> bytes:
        """Read a file from a byte on, at most so many bytes, whatever its size is or is said to be.

        Raises
        ------
        FileGone
            If there is no such file.
        SourceError
            If it cannot be read for another reason, in plain words.
        """
        with self._in_words(name), self._connection() as (system, folder):
            path = self._inside(folder, name)
            until = time.monotonic() + 3 * ANSWER + most / _SLOWEST
            while True:
                try:
                    return b"".join(self._pieces(system, path, start, start + most, until))
                except OSError as error:
                    was_replaced = type(error).__name__ == "FileExpired"  # meanwhile, says s3fs
                    if not was_replaced or time.monotonic() > until:
                        raise

    def _pieces(self, system: Any, path: str, start: int, end: int, until: float) -> Iterator[bytes]:
        for at, piece in pieces_of(system, self.protocol, path, start, end):
            self.traffic.note(len(piece))
            yield piece[max(start - at, 0) :]
            if self._is_closed or time.monotonic() > until:
                raise TimeoutError

    def read_whole(self, name: str, most: int) -> bytes:
        """Read a file that may not be larger than `most` bytes; errors as of `read`."""
        found = self.read(name, most + 1)
        if len(found) > most:
            text = tr("{name} in {folder} is larger than any such file of a training: more than {size}.")
            raise FileTooLarge(text.format(name=name, folder=self.title, size=size_in_words(most)))
        return found

    def close(self) -> None:
        """Have whatever is being read end soon, and nothing more be read until :meth:`open`; waits for nothing."""
        self._is_closed = True

    def open(self) -> None:
        """Have it read again."""
        self._is_closed = False

    def disconnect(self) -> None:
        """Let go of the connections, of those that are in use as soon as they are not; the next reading makes one."""
        with self._lock:
            free, self._free = self._free, []
            self._epoch += 1
        for connection in free:
            self._let_go(connection)

    @contextmanager
    def _connection(self) -> Iterator[_Connection]:
        """A connection for this reading alone: those through ssh serve one thread at a time."""
        with self._lock:
            epoch, connection = self._epoch, self._free.pop() if self._free else None
        connection = connection or self._connected()
        try:
            yield connection
        finally:
            with self._lock:
                is_kept = epoch == self._epoch
                if is_kept:
                    self._free.append(connection)
            if not is_kept:
                self._let_go(connection)

    def _connected(self) -> _Connection:
        import fsspec  # not before something is followed

        options = options_of(self._address, self.protocol)
        if self.protocol not in _SSH:
            return fsspec.core.url_to_fs(self._address, skip_instance_cache=True, **options)
        # Host and user are not those of the address alone.
        system = fsspec.filesystem(self.protocol, skip_instance_cache=True, **options)
        system.ftp.get_channel().settimeout(ANSWER)
        return system, urlsplit(self._address).path.removeprefix("/~/")  # what is relative begins at home

    def _let_go(self, connection: _Connection) -> None:
        if self.protocol in _SSH:
            connection[0].client.close()

    def _inside(self, folder: str, name: str) -> str:
        if self.protocol in ("http", "https"):  # what follows a question mark, a signature, belongs to each file
            parts = urlsplit(folder)
            return urlunsplit(parts._replace(path=f"{parts.path.rstrip('/')}/{name}"))
        return f"{folder.rstrip('/')}/{name}"

    @contextmanager
    def _in_words(self, name: str) -> Iterator[None]:
        try:
            yield
        except UserError:
            raise
        except (FileNotFoundError, NotADirectoryError) as error:
            raise FileGone(tr("There is no {name} in {folder}.").format(name=name, folder=self.title)) from error
        except Exception as error:  # whatever the library of a protocol raises
            if isinstance(error, PermissionError | IsADirectoryError):
                text = tr("{name} in {folder} cannot be read: {reason}.")
            else:
                self.disconnect()
                text = tr("{folder} cannot be read: {reason}.")
            raise SourceError(text.format(name=name, folder=self.title, reason=reason_of(error))) from error
