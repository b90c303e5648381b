"""Downloads against a real local server that misbehaves in each way that servers do."""

import contextlib
import gzip
import hashlib
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
SILENCE = 1.0  # seconds until a stalling server is given up


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


@pytest.fixture
def bodies(arrays, to_idx) -> dict[str, bytes]:
    """What the server has of the small MNIST, by file name."""
    return {f"{name}.gz": gzip.compress(to_idx(values), mtime=0) for name, values in arrays.items()}


@pytest.fixture
def small(bodies) -> MnistSet:
    """The small MNIST."""
    resources = tuple(_resource(*item) for item in bodies.items())
    return replace(MNIST_SETS["mnist"], counts=(60, 20), resources=resources)


@pytest.fixture
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


@pytest.fixture
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
    "silent": "did not answer in time",
    "stall": "did not answer in time",
    "drip": "sends next to nothing",
}


def _patience(fault: str) -> float:
    return SILENCE if fault in ("silent", "stall", "drip") else 30.0


@pytest.mark.parametrize("fault", FAULTS)
def test_fault_of_every_mirror_is_told_in_plain_words(tmp_path, server, download, fault):
    with pytest.raises(DataError) as caught:
        download(tmp_path, [server.mirror(fault)], timeout=_patience(fault))
    message = str(caught.value)
    assert message.startswith("MNIST could not be downloaded")
    assert FAULTS[fault] in message
    assert message.endswith("Check the connection and try again.")
    assert list(raw_folder(tmp_path).iterdir()) == []


@pytest.mark.parametrize("fault", FAULTS)
def test_next_mirror_helps_after_a_fault(tmp_path, server, download, arrays, fault):
    download(tmp_path, [server.mirror("good")])
    (raw_folder(tmp_path) / FIRST).unlink()  # one file is enough: each stall takes its time
    server.requests.clear()

    download(tmp_path, [server.mirror(fault), server.mirror("good")], timeout=_patience(fault))
    _assert_whole(tmp_path, arrays)
    assert server.requests == [f"/{fault}/{FIRST}.gz", f"/good/{FIRST}.gz"]


def test_refused_connection_goes_to_the_next_mirror(tmp_path, server, download, arrays, refused):
    with pytest.raises(DataError, match="cannot be reached"):
        download(tmp_path, [refused])
    download(tmp_path, [refused, server.mirror("good")])
    _assert_whole(tmp_path, arrays)


def test_message_gives_each_mirror_its_reason(tmp_path, server, download):
    with pytest.raises(DataError, match=r"answered 403 .*; .*answered 404 "):
        download(tmp_path, [server.mirror("forbidden"), server.mirror("absent")])


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


@pytest.mark.parametrize(
    "broken",
    [lambda whole: whole[:-1], lambda whole: whole + b"\0", lambda whole: b""],
    ids=["truncated", "padded", "empty"],
)
def test_broken_file_is_repaired(data_dir, server, download, arrays, broken):
    path = raw_folder(data_dir) / FIRST
    path.write_bytes(broken(path.read_bytes()))
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


@pytest.mark.parametrize("fault", ["html", "damaged", "endless", "cut", "absent"])
def test_faulty_archive_leaves_nothing(tmp_path, server, download_letters, fault):
    with pytest.raises(DataError, match=r"^EMNIST letters could not be downloaded") as caught:
        download_letters(tmp_path, [server.mirror(fault)])
    assert FAULTS[fault] in str(caught.value)
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


@pytest.mark.parametrize("name", MNIST_SETS)
def test_data_set_is_found_by_name(tmp_path, name):
    with pytest.raises(Cancelled):  # before anything is asked for
        download_dataset(name, tmp_path, Progress(is_cancelled=lambda: True))
    assert raw_folder(tmp_path, name).is_dir()


@pytest.mark.parametrize("name", MNIST_SETS)
def test_sizes_agree_with_the_catalogue(name):
    assert sum(resource.size for resource in MNIST_SETS[name].resources) == DATASETS[name].download_bytes


def test_folders_names_and_hashes_are_torchvisions():
    from torchvision import datasets

    for name, theirs in {
        "mnist": datasets.MNIST,
        "fashion-mnist": datasets.FashionMNIST,
        "kmnist": datasets.KMNIST,
    }.items():
        entry = MNIST_SETS[name]
        assert [(resource.name, resource.md5) for resource in entry.resources] == theirs.resources
        assert entry.mirrors[0] == theirs.mirrors[0]
        assert entry.folder == theirs.__name__
        assert list(entry.class_names) == [label.partition(" - ")[0] for label in theirs.classes]
    letters = MNIST_SETS["emnist-letters"]
    (archive,) = letters.resources
    assert (letters.mirrors[0] + archive.name, archive.md5) == (datasets.EMNIST.url, datasets.EMNIST.md5)
    assert [label.upper() for label in datasets.EMNIST.classes_split_dict["letters"][1:]] == list(letters.class_names)


def test_real_mnist_is_whole(real_data_dir):
    entry = replace(MNIST_SETS["mnist"], mirrors=())
    seen = []
    download_mnist(entry, real_data_dir, Progress(lambda *counts: seen.append(counts)))
    assert [done for done, _ in seen] == np.cumsum([resource.size for resource in entry.resources]).tolist()
