"""How files are read by each protocol that fsspec knows: what it needs, and what its errors mean."""

import importlib
import os
import re
import socket
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit, urlunsplit
from urllib.request import url2pathname

from vae_desktop.errors import UserError
from vae_desktop.language import tr

ANSWER = 10.0  # seconds without a byte, after which a link counts as broken
_LONGEST = 200  # characters of a reason
_PIECE = 256 * 1024  # bytes that are read in one go
_AT_ONCE = 64  # parts of a file that are asked for before the first has come
# What a protocol needs that does not come with the app, and what installs it.
_SFTP = "paramiko 'fsspec>=2026.9'"  # earlier ones trust any host
_NEEDS = {
    "http": ("aiohttp", "aiohttp"),
    "https": ("aiohttp", "aiohttp"),
    "sftp": ("paramiko", _SFTP),
    "ssh": ("paramiko", _SFTP),
    "s3": ("s3fs", "s3fs"),
    "gs": ("gcsfs", "gcsfs"),
    "gcs": ("gcsfs", "gcsfs"),
}


class SourceError(UserError):
    """Something cannot be read for now; it may be possible later."""


class FileGone(SourceError):
    """There is no such file, or no longer."""


class FileTooLarge(SourceError):
    """A file is larger than any such file can be."""


class SourceUnusable(SourceError):
    """An address that cannot be read, however often one tries: a mistake in it, or a library that is missing."""


def protocol_of(address: str) -> str:
    found = re.match(r"([a-zA-Z][a-zA-Z0-9+.-]+)://", address)  # at least two letters: one is a drive of Windows
    return found[1].lower() if found else "file"


def local_path(address: str) -> str:
    """The whole path of a folder of this machine, so that one folder has one address.

    Raises
    ------
    SourceUnusable
        If it is written as scp takes a folder of another machine.
    """
    is_url = "://" in address
    path = url2pathname(address.partition("://")[2]) if is_url else os.path.expanduser(address)
    path = os.path.abspath(path)
    elsewhere = re.fullmatch(r"((?:[\w.-]+@)?[\w.-]{2,}):([^\\]*)", address)
    if elsewhere and not is_url and not os.path.lexists(path):
        host, folder = elsewhere.groups()
        url = f"ssh://{host}{folder}" if folder.startswith("/") else f"ssh://{host}/~/{folder.removeprefix('~/')}"
        text = tr("There is no folder {folder} here. For one on another machine write {url}.")
        raise SourceUnusable(text.format(folder=address, url=url))
    return path


def check_protocol(protocol: str) -> None:
    """Raise SourceUnusable unless what a protocol needs is there."""
    import fsspec

    if protocol not in fsspec.available_protocols():
        known = "ssh, http, https, s3"
        text = tr("{protocol}:// is no way to read a folder; there are {known}, and others of fsspec.")
        raise SourceUnusable(text.format(protocol=protocol, known=known))
    package, installed = _NEEDS.get(protocol, ("", ""))
    text = tr("{protocol}:// needs {package}. Install that and start again: {command}")
    try:
        if package:
            importlib.import_module(package)
        system = fsspec.get_filesystem_class(protocol)
        if package == "paramiko" and not hasattr(importlib.import_module(system.__module__), "HOST_KEY_POLICIES"):
            raise ImportError
    except ImportError as error:
        command = f"python -m pip install {installed}" if installed else str(error)
        package = package or tr("another library")
        raise SourceUnusable(text.format(protocol=protocol, package=package, command=command)) from error


def options_of(address: str, protocol: str) -> dict[str, Any]:
    """What a file system is told: to answer or fail soon, and to keep nothing."""
    if protocol in ("http", "https"):
        import aiohttp

        timeout = aiohttp.ClientTimeout(total=None, sock_connect=ANSWER, sock_read=ANSWER)
        client = {"timeout": timeout, "trust_env": True, "headers": {"Accept-Encoding": "identity"}}
        return {"client_kwargs": client, "use_listings_cache": False}
    if protocol in ("sftp", "ssh"):
        return _ssh_options(urlsplit(address))
    return {} if protocol in ("file", "local", "memory") else {"use_listings_cache": False}


def _ssh_options(address: Any) -> dict[str, Any]:
    """How to reach a machine: as ``~/.ssh/config`` says it, and only if it is a known host."""
    import paramiko

    class KnownHosts(paramiko.MissingHostKeyPolicy):
        def missing_host_key(self, client: Any, hostname: str, key: Any) -> None:
            file = Path("~/.ssh/known_hosts").expanduser()
            if not (file.exists() and paramiko.HostKeys(str(file)).check(hostname, key)):
                text = tr("{host} is no known host. Connect to it once by ssh, which asks whether to trust it.")
                raise SourceUnusable(text.format(host=hostname))

    config = Path("~/.ssh/config").expanduser()
    said = paramiko.SSHConfig.from_path(str(config)).lookup(address.hostname or "") if config.exists() else {}
    options: dict[str, Any] = {
        "host": said.get("hostname", address.hostname),
        "port": address.port or int(said.get("port", 22)),
        "username": address.username or said.get("user"),
        "password": None if address.password is None else unquote(address.password),
        "key_filename": said.get("identityfile"),
        "host_key_policy": KnownHosts(),
        **dict.fromkeys(("timeout", "banner_timeout", "auth_timeout", "channel_timeout"), ANSWER),
    }
    return {name: value for name, value in options.items() if value is not None}


def pieces_of(system: Any, protocol: str, path: str, start: int, end: int) -> Iterator[tuple[int, bytes]]:
    """Yield what a file holds up to a byte, in pieces, each with where it begins; some may lie before the start."""
    if protocol in ("http", "https"):
        # As a stream: a size that the server names is not asked for, and no more is read than is wanted.
        headers = {"Range": f"bytes={start}-{end - 1}"}
        try:
            file = system.open(path, "rb", block_size=0, size=1, headers=headers)
        except Exception as error:
            if getattr(error, "status", None) == 416:  # it ends before that
                return
            raise
        at = start if file.r.status == 206 else 0  # a server that knows no ranges begins at the beginning
    else:
        if protocol in ("file", "local") and not stat.S_ISREG(os.stat(path).st_mode):
            raise IsADirectoryError
        file = system.open(path, "rb", cache_type="none")
        at = start
        if start:
            file.seek(start)
        if protocol in ("sftp", "ssh"):  # else a part of 32 kB is asked for when the one before has come
            file.prefetch(min(file.stat().st_size or 0, end), _AT_ONCE)
    with file:
        while at < end:
            piece = file.read(min(_PIECE, end - at))
            if not piece:
                return
            yield at, piece
            at += len(piece)


def without_secrets(address: str) -> str:
    """An address without a password, and without what a question mark begins."""
    if protocol_of(address) == "file":
        return address
    parts = urlsplit(address)
    host = parts.netloc.rpartition("@")
    user = host[0].partition(":")[0]
    netloc = f"{user}@{host[2]}" if user else host[2]
    return urlunsplit((parts.scheme, netloc, parts.path, "", ""))


def reason_of(error: Exception) -> str:
    """What went wrong with a link, in a part of a sentence."""
    status = getattr(error, "status", None)
    if isinstance(error, PermissionError) or status in (401, 403):
        return tr("there is no permission to")
    if isinstance(error, IsADirectoryError):
        return tr("there is no file where one should be")
    if isinstance(error, socket.gaierror) or type(error).__name__ == "ClientConnectorDNSError":
        return tr("no machine of that name is known")
    if isinstance(error, TimeoutError) or type(error).__name__ == "FSTimeoutError":
        return tr("it does not answer")
    if type(error).__name__ in ("AuthenticationException", "NoCredentialsError"):
        return tr("it refuses the user, or there is no key or password")
    if isinstance(status, int):
        return tr("the server answers {status}").format(status=status)
    if isinstance(error, ConnectionError) or type(error).__module__.startswith("aiohttp"):
        return tr("the connection is broken, or there is none")
    words = " ".join(str(getattr(error, "strerror", None) or error).split()).rstrip(".")
    return words[:_LONGEST] or type(error).__name__
