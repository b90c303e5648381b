"""Reading over a network: servers that know no parts of files, lie about sizes, send without end, or nothing."""

import contextlib
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import fsspec.asyn
import pytest

from vae_desktop.training.run_folder.protocols import FileGone, SourceError
from vae_desktop.training.run_folder.source import Source

pytest.importorskip("aiohttp")

DATA = bytes(range(256)) * 4000


@pytest.fixture(autouse=True, scope="session")
def _fsspec_threads() -> None:
    """The thread of fsspec, and the one that helps it, stay until the process ends."""
    helper = ThreadPoolExecutor(1)
    helper.submit(int).result()
    fsspec.asyn.get_loop().set_default_executor(helper)


class Server(ThreadingHTTPServer):
    """Answers each path with a kind of mischief, and counts the bytes that it has sent."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.ended = threading.Event()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/run?key=1"

    def handle_error(self, request: object, client_address: object) -> None:
        """Whoever reads has had enough."""


class Handler(BaseHTTPRequestHandler):
    server: Server

    def log_message(self, format: str, *args: object) -> None:
        pass

    def do_GET(self) -> None:
        name = self.path.removeprefix("/run/").removesuffix("?key=1")
        first, last = (int(part) for part in self.headers["Range"].removeprefix("bytes=").split("-"))
        if name.isdecimal():
            self.send_error(int(name))
        elif name == "parts":
            if first >= len(DATA):
                self.send_error(416)
                return
            part = DATA[first : last + 1]
            self._answer(206, len(part), part)
        elif name == "whole":
            self._answer(200, len(DATA), DATA)
        elif name == "too_long":
            self._answer(200, len(DATA) + 1000, DATA)
        elif name == "too_short":
            self._answer(200, 1000, DATA)
        elif name == "endless":
            self._answer(200, None, b"")
            while not self.server.ended.is_set():
                self.wfile.write(DATA)

    def _answer(self, status: int, size: int | None, data: bytes) -> None:
        self.send_response(status)
        if size is not None:
            self.send_header("Content-Length", str(size))
        self.end_headers()
        self.wfile.write(data)


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.ended.set()
        server.shutdown()
        thread.join()


@pytest.fixture
def source(server):
    return Source(server.address)


@pytest.mark.parametrize("name", ["parts", "whole"])
def test_any_part_is_read_from_any_server(source, name):
    assert source.read(name, 2 * len(DATA)) == DATA
    assert source.read(name, 300, 500_000) == DATA[500_000:500_300]
    assert source.read(name, 300, len(DATA) - 10) == DATA[-10:]
    assert source.read(name, 300, len(DATA) + 10) == b""


def test_what_is_thrown_away_counts_as_traffic(source):
    source.read("whole", 300, 500_000)
    assert source.traffic.total >= 500_300


def test_no_more_is_read_than_is_wanted(source):
    assert len(source.read("endless", 10_000)) == 10_000
    assert source.traffic.total < 1_000_000
    with pytest.raises(SourceError, match="larger"):
        source.read_whole("endless", 10_000)


def test_a_size_that_is_too_large_is_a_broken_link(source):
    with pytest.raises(SourceError, match="cannot be read"):
        source.read("too_long", 2 * len(DATA))
    assert source.read("parts", 10) == DATA[:10]


def test_a_size_that_is_too_small_gives_no_more(server, source):
    found = b""
    with contextlib.suppress(SourceError):  # if what follows is seen, which is no answer of any server
        found = source.read("too_short", 2 * len(DATA))
    assert found in (b"", DATA[:1000])
    assert Source(server.address).read("parts", 10) == DATA[:10]


@pytest.mark.parametrize(("status", "words"), [(403, "permission"), (500, "500")])
def test_what_a_server_refuses_is_said(source, status, words):
    with pytest.raises(SourceError, match=words):
        source.read(str(status), 10)


def test_what_a_server_has_not_is_gone(source):
    with pytest.raises(FileGone):
        source.read("404", 10)


def test_a_server_that_is_gone_is_said(server):
    with Server() as gone:
        address = gone.address
    with pytest.raises(SourceError, match="connection is broken"):
        Source(address).read("parts", 10)
