"""A small MNIST in the real format, 60 training and 20 test images of noise, and a server that has it."""

import gzip
import hashlib
import io
import struct
import threading
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.data.custom_images import SIDE as SQUARE
from tests.data.faulty_server import FaultyServer
from vae_desktop.data.custom.image_file import Picture, read_picture
from vae_desktop.data.download import download_mnist
from vae_desktop.data.mnist import MNIST_SETS, MnistSet, Resource
from vae_desktop.data.stored.memory import use_budget
from vae_desktop.progress import Progress

TRAIN, TEST, SIDE = 60, 20, 28


def _to_idx(values: np.ndarray) -> bytes:
    return bytes((0, 0, 8, values.ndim)) + struct.pack(f">{values.ndim}I", *values.shape) + values.tobytes()


@pytest.fixture(scope="session")
def to_idx() -> Callable[[np.ndarray], bytes]:
    """Encode an array of bytes as an IDX file."""
    return _to_idx


@pytest.fixture(scope="session")
def arrays() -> dict[str, np.ndarray]:
    """What the four files hold, by file name."""
    random = np.random.default_rng(0)
    contents = {}
    for prefix, count in (("train", TRAIN), ("t10k", TEST)):
        contents[f"{prefix}-images-idx3-ubyte"] = random.integers(0, 256, (count, SIDE, SIDE), np.uint8)
        contents[f"{prefix}-labels-idx1-ubyte"] = random.permutation(np.arange(count, dtype=np.uint8) % 10)
    return contents


@pytest.fixture
def data_dir(tmp_path: Path, arrays: dict[str, np.ndarray]) -> Path:
    """A data folder with the small MNIST in it."""
    raw = tmp_path / "data" / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for name, values in arrays.items():
        (raw / name).write_bytes(_to_idx(values))
    return tmp_path / "data"


@pytest.fixture
def packed_data_dir(data_dir: Path) -> Path:
    """The same with every file as .gz."""
    for path in list((data_dir / "MNIST" / "raw").iterdir()):
        path.with_name(f"{path.name}.gz").write_bytes(gzip.compress(path.read_bytes()))
        path.unlink()
    return data_dir


@pytest.fixture
def picture(tmp_path: Path) -> Callable[..., Picture]:
    """Save an image and read it back by the rule."""

    def save_and_read(image: Image.Image, name: str = "x.png", side: int = SQUARE, **options: object) -> Picture:
        image.save(tmp_path / name, **options)
        return read_picture(tmp_path / name, side)

    return save_and_read


@pytest.fixture
def npz(tmp_path: Path) -> Callable[..., Path]:
    """Save arrays by name; the file is returned."""

    def save(**arrays: np.ndarray) -> Path:
        np.savez_compressed(tmp_path / "x.npz", **arrays)
        return tmp_path / "x.npz"

    return save


@pytest.fixture
def cramped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[int], None]]:
    """Have so many bytes of memory for the pixels of a data set, and nothing free on the disk of an empty cache."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr("vae_desktop.data.stored.folders.free_bytes", lambda folder: 0)
    yield use_budget
    use_budget(None)


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
def server(bodies, archive, monkeypatch) -> Iterator[FaultyServer]:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with FaultyServer({**bodies, "gzip.zip": archive}) as running:
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
