"""A small MNIST in the real format: 60 training and 20 test images of noise."""

import gzip
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

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
def real_data_dir() -> Path:
    """The folder of the real MNIST that may lie beside the checkout."""
    folder = Path(__file__).resolve().parents[3] / "shared" / "data"
    if not (folder / "MNIST").is_dir():
        pytest.skip("the real MNIST is not here")
    return folder
