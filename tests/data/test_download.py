"""Downloads against a real local server that misbehaves in each way that servers do."""

import ast
import contextlib
import gzip
import hashlib
import importlib.util
import io
import socket
import subprocess
import sys
import threading
import tracemalloc
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from vae_desktop.catalog import DATASETS
from vae_desktop.config import DatasetConfig
from vae_desktop.data.download import download_dataset, download_mnist
from vae_desktop.data.mnist import load_mnist
from vae_desktop.data.mnist_sets import MNIST_SETS, MnistSet, Resource
from vae_desktop.errors import Cancelled, DataError, DatasetBroken, UserError
from vae_desktop.progress import Progress

FIRST = "train-images-idx3-ubyte"
LETTERS = "emnist-letters-train-images-idx3-ubyte"
SILENCE = 0.5  # seconds until a stalling server is given up


class _Server(ThreadingHTTPServer):
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
    server: _Server

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


def _resource(name: str, body: bytes) -> Resource:
    return Resource(name, hashlib.md5(body, usedforsecurity=False).hexdigest(), len(body))


@pytest.fixture(scope="module")
def bodies(arrays, to_idx) -> dict[str, bytes]:
    """What the server has of the small MNIST, by file name."""
    return {f"{name}.gz": gzip.compress(to_idx(values), mtime=0) for name, values in arrays.items()}


@pytest.fixture(scope="module")
def small(bodies) -> MnistSet:
    """The small MNIST."""
    resources = tuple(_resource(*item) for item in bodies.items())
    return replace(MNIST_SETS["mnist"], counts=(60, 20), resources=resources)


@pytest.fixture(scope="module")
def archive(arrays, to_idx) -> bytes:
    """The same images as letters in an archive as EMNIST's, with 8 MB of other sets beside them."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as target:
        target.writestr("gzip/emnist-byclass-train-images-idx3-ubyte.gz", np.random.default_rng(0).bytes(8 << 20))
        for name, values in arrays.items():
            name = name.replace("train", "emnist-letters-train").replace("t10k", "emnist-letters-test")
            stored = values.swapaxes(1, 2) if values.ndim == 3 else values + np.uint8(1)
            target.writestr(f"gzip/{name}.gz", gzip.compress(to_idx(stored)))
    return packed.getvalue()


@pytest.fixture(scope="module")
def letters(archive) -> MnistSet:
    """The small letters."""
    return replace(MNIST_SETS["emnist-letters"], counts=(60, 20), resources=(_resource("gzip.zip", archive),))


@pytest.fixture
def server(bodies, archive, monkeypatch) -> Iterator[_Server]:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with _Server({**bodies, "gzip.zip": archive}) as running:
        thread = threading.Thread(target=partial(running.serve_forever, poll_interval=0.01))
        thread.start()
        yield running
        running.closing.set()
        running.shutdown()
        thread.join()


def _download(
    entry, folder, mirrors, progress=lambda done, total: None, is_cancelled=lambda: False, timeout=30.0
) -> None:
    """Download a small data set into a folder from the given mirrors."""
    download_mnist(replace(entry, mirrors=tuple(mirrors)), folder, Progress(progress, is_cancelled), timeout)


@pytest.fixture
def download(small):
    """Download the small MNIST."""
    return partial(_download, small)


@pytest.fixture
def download_letters(letters):
    """Download the small letters."""
    return partial(_download, letters)


@pytest.fixture
def refused() -> str:
    """Address of a port where nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}/"


def raw_folder(data_dir: Path, name: str = "mnist") -> Path:
    return MNIST_SETS[name].raw_folder(data_dir)


def _assert_whole(folder: Path, arrays: dict[str, np.ndarray], name: str = "mnist") -> None:
    assert {path.name for path in raw_folder(folder, name).iterdir()} == set(MNIST_SETS[name].shapes)
    dataset = load_mnist(DatasetConfig(name), folder)
    np.testing.assert_array_equal(dataset.train.images[:, 0], arrays[FIRST])
    np.testing.assert_array_equal(dataset.train.labels, arrays["train-labels-idx1-ubyte"])
    np.testing.assert_array_equal(dataset.test.images[:, 0], arrays["t10k-images-idx3-ubyte"])
    np.testing.assert_array_equal(dataset.test.labels, arrays["t10k-labels-idx1-ubyte"])


def test_download_makes_the_folder_and_leaves_the_plain_files(tmp_path, server, download, arrays):
    folder = tmp_path / "new" / "data"
    download(folder, [server.mirror("good")])
    _assert_whole(folder, arrays)


def test_progress_counts_bytes_over_all_files(tmp_path, server, download, small):
    seen = []
    download(tmp_path, [server.mirror("good")], progress=lambda *counts: seen.append(counts))
    done, totals = zip(*seen, strict=True)
    total = sum(resource.size for resource in small.resources)
    assert set(totals) == {total}
    assert list(done) == sorted(done)
    assert (done[0], done[-1]) == (0, total)
    assert {resource.size for resource in small.resources} & set(done)  # told in between as well


FAULTS = {
    "forbidden": "answered 403",
    "absent": "answered 404",
    "html": "perhaps a web page",
    "damaged": "damaged or different",
    "endless": "damaged or different",
    "cut": "cut off",
    "short": "cut off",
    "empty": "cut off",
    "hangup": "cannot be reached",
}
SILENT_FAULTS = {
    "silent": "did not answer in time",
    "stall": "did not answer in time",
    "drip": "sends next to nothing",
}


@pytest.mark.parametrize(("faults", "timeout"), [(FAULTS, 30.0), (SILENT_FAULTS, SILENCE)], ids=["at once", "silent"])
def test_each_fault_is_told_in_plain_words_and_the_next_mirror_helps(
    data_dir, server, download, arrays, faults, timeout
):
    (raw_folder(data_dir) / FIRST).unlink()  # one file is enough: each stall takes its time
    faulty = [server.mirror(fault) for fault in faults]
    with pytest.raises(DataError) as caught:
        download(data_dir, faulty, timeout=timeout)
    message = str(caught.value)
    assert message.startswith("MNIST could not be downloaded (127.0.0.1:")
    assert message.endswith("). Check the connection and try again.")
    for told, reason in zip(message.split("; "), faults.values(), strict=True):
        assert reason in told
    assert not (raw_folder(data_dir) / FIRST).exists()
    assert len(list(raw_folder(data_dir).iterdir())) == 3

    server.requests.clear()
    download(data_dir, [*faulty, server.mirror("good")], timeout=timeout)
    _assert_whole(data_dir, arrays)
    assert server.requests == [f"/{fault}/{FIRST}.gz" for fault in (*faults, "good")]


def test_refused_connection_goes_to_the_next_mirror(tmp_path, server, download, arrays, refused):
    with pytest.raises(DataError, match="cannot be reached"):
        download(tmp_path, [refused])
    download(tmp_path, [refused, server.mirror("good")])
    _assert_whole(tmp_path, arrays)


def test_progress_falls_back_when_a_mirror_fails(tmp_path, server, download):
    done = []
    mirrors = [server.mirror("cut"), server.mirror("good")]
    download(tmp_path, mirrors, progress=lambda received, total: done.append(received))
    assert any(later < earlier for earlier, later in pairwise(done))
    assert done[-1] == max(done)


def test_cancel_in_mid_file_leaves_nothing_of_it(tmp_path, server, download):
    done = [0]
    with pytest.raises(Cancelled):
        download(
            tmp_path,
            [server.mirror("stall")],  # only half of the file ever comes, so this is surely mid-file
            progress=lambda received, total: done.append(received),
            is_cancelled=lambda: done[-1] > 0,
        )
    assert list(raw_folder(tmp_path).iterdir()) == []


def test_cancel_while_the_last_mirror_is_silent_is_no_failure(tmp_path, server, download):
    done = []
    with pytest.raises(Cancelled):
        download(
            tmp_path,
            [server.mirror("silent")],
            progress=lambda received, total: done.append(received),
            is_cancelled=lambda: bool(done),  # not before the first request
            timeout=SILENCE,
        )
    assert server.requests == [f"/silent/{FIRST}.gz"]


def test_cancelled_download_goes_on_where_it_stopped(tmp_path, server, download, arrays, small):
    first, *others = small.resources
    done = [0]
    with pytest.raises(Cancelled):
        download(
            tmp_path,
            [server.mirror("good")],
            progress=lambda received, total: done.append(received),
            is_cancelled=lambda: done[-1] >= first.size,
        )
    assert [path.name for path in raw_folder(tmp_path).iterdir()] == [FIRST]

    server.requests.clear()
    download(tmp_path, [server.mirror("good")])
    assert server.requests == [f"/good/{resource.name}" for resource in others]
    _assert_whole(tmp_path, arrays)


def test_whole_files_are_not_asked_for(data_dir, server, download, small):
    seen = []
    download(data_dir, [server.mirror("good")], progress=lambda *counts: seen.append(counts))
    assert server.requests == []
    total = sum(resource.size for resource in small.resources)
    assert seen[-1] == (total, total)


def test_broken_file_is_repaired(data_dir, server, download, arrays):
    path = raw_folder(data_dir) / FIRST
    whole = path.read_bytes()
    for broken in (whole[:-1], whole + b"\0", b""):
        path.write_bytes(broken)
        server.requests.clear()
        download(data_dir, [server.mirror("good")])
        assert server.requests == [f"/good/{FIRST}.gz"]
        _assert_whole(data_dir, arrays)


def test_file_that_does_not_belong_is_replaced(data_dir, server, download, arrays, to_idx):
    (raw_folder(data_dir) / FIRST).write_bytes(to_idx(np.zeros((59, 28, 28), np.uint8)))
    download(data_dir, [server.mirror("good")])
    _assert_whole(data_dir, arrays)


def test_failed_repair_leaves_the_old_file(data_dir, server, download):
    path = raw_folder(data_dir) / FIRST
    path.write_bytes(b"broken")
    with pytest.raises(DataError):
        download(data_dir, [server.mirror("damaged")])
    assert path.read_bytes() == b"broken"


def test_data_folder_that_cannot_be_made_is_named(tmp_path, server, download):
    blocked = tmp_path / "file"
    blocked.write_bytes(b"")
    with pytest.raises(UserError, match="Cannot make the folder") as caught:
        download(blocked, [server.mirror("good")])
    assert str(blocked) in str(caught.value)
    assert server.requests == []


def test_file_that_cannot_be_written_is_named(tmp_path, server, download):
    blocked = raw_folder(tmp_path) / FIRST
    blocked.mkdir(parents=True)
    with pytest.raises(UserError, match="Cannot write") as caught:
        download(tmp_path, [server.mirror("good")])
    assert str(blocked) in str(caught.value)


def test_repaired_file_loads_again(data_dir, server, download, arrays):
    path = raw_folder(data_dir) / "train-labels-idx1-ubyte"
    path.write_bytes(path.read_bytes()[:-1] + b"\xff")  # whole, but with a label that there is not
    with pytest.raises(DatasetBroken):
        load_mnist(DatasetConfig("mnist"), data_dir)
    download(data_dir, [server.mirror("good")])
    assert server.requests == [f"/good/{path.name}.gz"]
    _assert_whole(data_dir, arrays)


def test_whole_packed_files_are_not_asked_for(packed_data_dir, server, download):
    broken = raw_folder(packed_data_dir) / f"{FIRST}.gz"
    broken.write_bytes(broken.read_bytes()[:-1])
    download(packed_data_dir, [server.mirror("good")])
    assert server.requests == [f"/good/{FIRST}.gz"]
    load_mnist(DatasetConfig("mnist"), packed_data_dir)


def test_letters_come_out_of_the_archive_and_nothing_else_does(tmp_path, server, download_letters, arrays, archive):
    seen = []
    download_letters(tmp_path, [server.mirror("good")], progress=lambda *counts: seen.append(counts))
    _assert_whole(tmp_path, arrays, "emnist-letters")
    assert server.requests == ["/good/gzip.zip"]
    assert seen[0] == (0, len(archive))
    assert seen[-1] == (len(archive), len(archive))


def test_archive_is_not_held_in_memory(tmp_path, server, download_letters, archive):
    tracemalloc.start()
    download_letters(tmp_path, [server.mirror("good")])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < len(archive) / 2


def test_faulty_archives_leave_nothing(tmp_path, server, download_letters):
    faults = ("html", "damaged", "endless", "cut", "absent")
    with pytest.raises(DataError, match=r"^EMNIST letters could not be downloaded") as caught:
        download_letters(tmp_path, [server.mirror(fault) for fault in faults])
    for told, fault in zip(str(caught.value).split("; "), faults, strict=True):
        assert FAULTS[fault] in told
    assert list(raw_folder(tmp_path, "emnist-letters").iterdir()) == []


def test_archive_comes_from_the_next_mirror_after_a_fault(tmp_path, server, download_letters, arrays):
    download_letters(tmp_path, [server.mirror("cut"), server.mirror("good")])
    _assert_whole(tmp_path, arrays, "emnist-letters")


def test_cancel_in_mid_archive_leaves_nothing(tmp_path, server, download_letters):
    done = [0]
    with pytest.raises(Cancelled):
        download_letters(
            tmp_path,
            [server.mirror("stall")],
            progress=lambda received, total: done.append(received),
            is_cancelled=lambda: done[-1] > 1 << 20,
        )
    assert list(raw_folder(tmp_path, "emnist-letters").iterdir()) == []


def test_killed_process_leaves_nothing(tmp_path, server, letters):
    entry = replace(letters, mirrors=(server.mirror("stall"),))
    code = f"""
from pathlib import Path
from vae_desktop.data.download import download_mnist
from vae_desktop.data.mnist_sets import MnistSet, Resource
from vae_desktop.progress import Progress

def progress(done, total):
    if done > 1 << 20:
        print("in the middle", flush=True)

download_mnist({entry!r}, Path({str(tmp_path)!r}), Progress(progress))
"""
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "in the middle\n"
        process.kill()
    assert list(raw_folder(tmp_path, "emnist-letters").iterdir()) == []


def test_only_the_broken_letters_are_replaced(tmp_path, server, download_letters, arrays):
    download_letters(tmp_path, [server.mirror("good")])
    raw = raw_folder(tmp_path, "emnist-letters")
    (raw / LETTERS).write_bytes(b"broken")
    before = {path.name: path.stat().st_mtime_ns for path in raw.iterdir()}
    download_letters(tmp_path, [server.mirror("good")])
    _assert_whole(tmp_path, arrays, "emnist-letters")
    assert {path.name for path in raw.iterdir() if path.stat().st_mtime_ns != before[path.name]} == {LETTERS}

    server.requests.clear()
    download_letters(tmp_path, [server.mirror("good")])
    assert server.requests == []


def test_full_disk_is_told_and_no_mirror_blamed(tmp_path, server, download_letters):
    limits = pytest.importorskip("resource")
    before = limits.getrlimit(limits.RLIMIT_FSIZE)
    limits.setrlimit(limits.RLIMIT_FSIZE, (1 << 20, before[1]))
    try:
        with pytest.raises(UserError, match=r"^Cannot write in .*: File too large\. Make room") as caught:
            download_letters(tmp_path, [server.mirror("good"), server.mirror("absent")])
    finally:
        limits.setrlimit(limits.RLIMIT_FSIZE, before)
    assert not isinstance(caught.value, DataError)
    assert server.requests == ["/good/gzip.zip"]
    assert list(raw_folder(tmp_path, "emnist-letters").iterdir()) == []


def test_data_sets_are_found_by_name(tmp_path):
    for name in MNIST_SETS:
        with pytest.raises(Cancelled):  # before anything is asked for
            download_dataset(name, tmp_path, Progress(is_cancelled=lambda: True))
        assert raw_folder(tmp_path, name).is_dir()


def test_sizes_agree_with_the_catalogue():
    for name, entry in MNIST_SETS.items():
        assert sum(resource.size for resource in entry.resources) == DATASETS[name].download_bytes


def _declared_by_torchvision() -> dict[str, dict[str, Any]]:
    """Literal attributes of torchvision's data sets by class, from its source: to import it takes seconds."""
    (package,) = importlib.util.find_spec("torchvision").submodule_search_locations
    tree = ast.parse((Path(package) / "datasets" / "mnist.py").read_text(encoding="utf-8"))
    declared: dict[str, dict[str, Any]] = {}
    for kind in (node for node in tree.body if isinstance(node, ast.ClassDef)):
        for line in (node for node in kind.body if isinstance(node, ast.Assign)):
            with contextlib.suppress(ValueError):
                declared.setdefault(kind.name, {})[line.targets[0].id] = ast.literal_eval(line.value)
    return declared


def test_folders_names_and_hashes_are_torchvisions():
    declared = _declared_by_torchvision()
    for name in ("mnist", "fashion-mnist", "kmnist"):
        entry = MNIST_SETS[name]
        theirs = declared[entry.folder]
        assert [(resource.name, resource.md5) for resource in entry.resources] == theirs["resources"]
        assert entry.mirrors[0] == theirs["mirrors"][0]
        assert list(entry.class_names) == [label.partition(" - ")[0] for label in theirs["classes"]]
    letters, theirs = MNIST_SETS["emnist-letters"], declared["EMNIST"]
    (archive,) = letters.resources
    assert (letters.mirrors[0] + archive.name, archive.md5) == (theirs["url"], theirs["md5"])
    assert letters.prefixes == ("emnist-letters-train", "emnist-letters-test")
    assert "letters" in theirs["splits"]


def test_real_mnist_is_whole(real_data_dir):
    entry = replace(MNIST_SETS["mnist"], mirrors=())
    seen = []
    download_mnist(entry, real_data_dir, Progress(lambda *counts: seen.append(counts)))
    assert [done for done, _ in seen] == np.cumsum([resource.size for resource in entry.resources]).tolist()
