"""A real local server that misbehaves in each way that servers do."""

import contextlib
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SILENCE = 0.5  # seconds until a stalling server is given up


class FaultyServer(ThreadingHTTPServer):
    """Serves ``/<behaviour>/<file>``; `requests` lists the paths asked for."""

    daemon_threads = False  # so that closing the server joins its threads

    def __init__(self, files: dict[str, bytes]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.files = files
        self.requests: list[str] = []
        self.closing = threading.Event()

    def mirror(self, behaviour: str) -> str:
        return f"http://127.0.0.1:{self.server_port}/{behaviour}/"


class _Handler(BaseHTTPRequestHandler):
    server: FaultyServer

    def do_GET(self) -> None:
        self.server.requests.append(self.path)
        _, behaviour, name = self.path.split("/")
        with contextlib.suppress(ConnectionError):  # the client may have had enough
            getattr(self, f"_{behaviour}")(self.server.files[name])

    def _good(self, body: bytes) -> None:
        self._answer(body, len(body))

    def _forbidden(self, body: bytes) -> None:
        self.send_error(403)

    def _absent(self, body: bytes) -> None:
        self.send_error(404)

    def _html(self, body: bytes) -> None:
        page = b"<!DOCTYPE html><title>Welcome to the hotel</title>"
        self._answer(page, len(page))

    def _damaged(self, body: bytes) -> None:
        self._answer(body[:-9] + bytes([body[-9] ^ 1]) + body[-8:], len(body))

    def _cut(self, body: bytes) -> None:
        self._answer(body[: len(body) // 2], len(body))

    def _short(self, body: bytes) -> None:
        self._answer(body[:-1], len(body) - 1)

    def _empty(self, body: bytes) -> None:
        self._answer(b"", 0)

    def _hangup(self, body: bytes) -> None:
        pass

    def _endless(self, body: bytes) -> None:
        self._answer(body, None)
        while not self.server.closing.is_set():
            self.wfile.write(b"\xff" * (1 << 16))

    def _boast(self, body: bytes) -> None:
        self._answer(body, 10**15)

    def _silent(self, body: bytes) -> None:
        self.server.closing.wait()

    def _stall(self, body: bytes) -> None:
        self._answer(body[: len(body) // 2], len(body))
        self.server.closing.wait()

    def _drip(self, body: bytes) -> None:
        self._answer(b"", len(body))
        for place in range(len(body)):
            self.wfile.write(body[place : place + 1])
            if self.server.closing.wait(SILENCE / 10):
                return

    def _answer(self, body: bytes, announced: int | None) -> None:
        self.send_response(200)
        if announced is not None:
            self.send_header("Content-Length", str(announced))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass
