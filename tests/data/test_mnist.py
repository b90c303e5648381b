import gzip
import struct
import subprocess
import sys
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from vae_desktop.config import DatasetConfig
from vae_desktop.data.load import load_dataset
from vae_desktop.data.mnist import load_mnist, raw_folder
from vae_desktop.errors import DataError, DatasetMissing

MNIST = DatasetConfig("mnist")
IMAGES = "train-images-idx3-ubyte"
LABELS = "train-labels-idx1-ubyte"


def _assert_holds(dataset, arrays):
    for split, prefix in ((dataset.train, "train"), (dataset.test, "t10k")):
        np.testing.assert_array_equal(split.images[:, 0], arrays[f"{prefix}-images-idx3-ubyte"])
        np.testing.assert_array_equal(split.labels, arrays[f"{prefix}-labels-idx1-ubyte"])


def test_files_come_back_as_they_are(data_dir, arrays):
    dataset = load_mnist(MNIST, data_dir)
    _assert_holds(dataset, arrays)
    assert dataset.config is MNIST
    assert dataset.image_shape == (1, 28, 28)
    assert dataset.class_names == tuple("0123456789")
    for split in (dataset.train, dataset.test):
        assert split.images.dtype == np.uint8
        assert split.labels.dtype == np.int64
        assert split.images.flags.c_contiguous
        assert split.images.flags.writeable  # torch warns of read-only arrays


def test_packed_files_serve_as_well(packed_data_dir, arrays):
    _assert_holds(load_mnist(MNIST, packed_data_dir), arrays)


def test_plain_file_comes_before_the_packed_one(data_dir, arrays):
    (raw_folder(data_dir) / f"{IMAGES}.gz").write_bytes(b"not even gzip")
    _assert_holds(load_mnist(MNIST, data_dir), arrays)


def test_loading_by_name_resizes(data_dir):
    dataset = load_dataset(DatasetConfig("mnist", image_size=14), data_dir)
    assert dataset.train.images.shape == (60, 1, 14, 14)
    assert dataset.test.images.shape == (20, 1, 14, 14)


def test_loading_writes_nothing(packed_data_dir):
    before = sorted(packed_data_dir.rglob("*"))
    load_mnist(MNIST, packed_data_dir)
    assert sorted(packed_data_dir.rglob("*")) == before


def test_oblong_images_are_fine(data_dir, to_idx):
    for prefix, count in (("train", 60), ("t10k", 20)):
        path = raw_folder(data_dir) / f"{prefix}-images-idx3-ubyte"
        path.write_bytes(to_idx(np.zeros((count, 5, 9), np.uint8)))
    assert load_mnist(MNIST, data_dir).image_shape == (1, 5, 9)


def test_missing_data_folder_is_told_apart(tmp_path):
    folder = tmp_path / "nowhere"
    with pytest.raises(DatasetMissing, match="there is no data folder") as caught:
        load_mnist(MNIST, folder)
    assert str(folder) in str(caught.value)
    assert "Download it, or choose another data folder" in str(caught.value)
    assert not folder.exists()


def test_data_folder_without_mnist_is_named(tmp_path):
    with pytest.raises(DatasetMissing, match="Download it, or choose another data folder") as caught:
        load_mnist(MNIST, tmp_path)
    assert str(raw_folder(tmp_path)) in str(caught.value)


@pytest.mark.parametrize("name", [IMAGES, LABELS, "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"])
def test_one_missing_file_is_named(data_dir, name):
    (raw_folder(data_dir) / name).unlink()
    with pytest.raises(DatasetMissing, match=f"has no {name}\\."):
        load_mnist(MNIST, data_dir)


def _with_header(whole: bytes, *header: int) -> bytes:
    return bytes(header) + whole[4:]


BREAKAGES = {
    "empty": lambda whole: b"",
    "cut in the magic": lambda whole: whole[:3],
    "cut in the header": lambda whole: whole[:10],
    "header alone": lambda whole: whole[:16],
    "cut by a byte": lambda whole: whole[:-1],
    "cut in half": lambda whole: whole[: len(whole) // 2],
    "a byte too long": lambda whole: whole + b"\0",
    "web page": lambda whole: b"<!DOCTYPE html><title>Not found</title>",
    "wrong magic": lambda whole: _with_header(whole, 1, 0, 8, 3),
    "floats": lambda whole: _with_header(whole, 0, 0, 13, 3),
    "wrong rank": lambda whole: _with_header(whole, 0, 0, 8, 1),
    "no images": lambda whole: whole[:4] + struct.pack(">3I", 0, 28, 28),
    "no pixels": lambda whole: whole[:4] + struct.pack(">3I", 60, 0, 28),
    "huge header": lambda whole: whole[:4] + struct.pack(">3I", *[2**32 - 1] * 3) + whole[16:],
}


@pytest.mark.parametrize("breakage", BREAKAGES)
def test_broken_file_is_named(data_dir, breakage):
    path = raw_folder(data_dir) / IMAGES
    path.write_bytes(BREAKAGES[breakage](path.read_bytes()))
    _assert_broken(data_dir, path)


@pytest.mark.parametrize("breakage", BREAKAGES)
def test_broken_content_of_packed_file_is_named(packed_data_dir, breakage):
    path = raw_folder(packed_data_dir) / f"{IMAGES}.gz"
    path.write_bytes(gzip.compress(BREAKAGES[breakage](gzip.decompress(path.read_bytes()))))
    _assert_broken(packed_data_dir, path)


@pytest.mark.parametrize(
    "broken",
    [
        lambda packed: packed[: len(packed) // 2],
        lambda packed: packed[:-4],
        lambda packed: packed[:-8] + bytes(4) + packed[-4:],
        lambda packed: packed[:10] + b"\x07" + packed[11:],  # a kind of block that there is not
        lambda packed: b"<html></html>",
    ],
    ids=["cut in half", "cut in the trailer", "wrong checksum", "garbled", "web page"],
)
def test_broken_packing_is_named(packed_data_dir, broken):
    path = raw_folder(packed_data_dir) / f"{IMAGES}.gz"
    path.write_bytes(broken(path.read_bytes()))
    _assert_broken(packed_data_dir, path)


def test_lying_header_takes_no_memory(packed_data_dir):
    lie = bytes((0, 0, 8, 3)) + struct.pack(">3I", 1 << 20, 32, 32)  # 1 GiB of images
    for name, content in ((IMAGES, lie), (f"{IMAGES}.gz", gzip.compress(lie))):
        path = raw_folder(packed_data_dir) / name
        path.write_bytes(content)
        tracemalloc.start()
        _assert_broken(packed_data_dir, path)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 10 << 20
        path.unlink()


def _assert_broken(data_dir: Path, path: Path) -> None:
    with pytest.raises(DataError, match=r"is broken: .*\. Download it again\.") as caught:
        load_mnist(MNIST, data_dir)
    assert not isinstance(caught.value, DatasetMissing)
    assert str(path).removesuffix(".gz") in str(caught.value)


def test_unreadable_file_is_named(data_dir):
    path = raw_folder(data_dir) / IMAGES
    path.unlink()
    path.mkdir()
    with pytest.raises(DataError, match="Cannot read") as caught:
        load_mnist(MNIST, data_dir)
    assert str(path) in str(caught.value)


def test_label_above_nine_is_refused(data_dir, arrays, to_idx):
    arrays[LABELS][3] = 10
    (raw_folder(data_dir) / LABELS).write_bytes(to_idx(arrays[LABELS]))
    with pytest.raises(DataError, match=f"{LABELS} is broken: a label is 10"):
        load_mnist(MNIST, data_dir)


def test_images_and_labels_must_agree_in_number(data_dir, arrays, to_idx):
    (raw_folder(data_dir) / LABELS).write_bytes(to_idx(arrays[LABELS][:-1]))
    with pytest.raises(DataError, match="60 train images have 59 labels"):
        load_mnist(MNIST, data_dir)


def test_splits_must_agree_in_image_size(data_dir, to_idx):
    (raw_folder(data_dir) / IMAGES).write_bytes(to_idx(np.zeros((60, 14, 14), np.uint8)))
    with pytest.raises(DataError, match="differ in size"):
        load_mnist(MNIST, data_dir)


def test_real_mnist(real_data_dir):
    dataset = load_mnist(MNIST, real_data_dir)
    assert dataset.train.images.shape == (60_000, 1, 28, 28)
    assert dataset.test.images.shape == (10_000, 1, 28, 28)
    assert dataset.train.labels[:8].tolist() == [5, 0, 4, 1, 9, 2, 1, 3]
    assert dataset.test.labels[:8].tolist() == [7, 2, 1, 0, 4, 1, 4, 9]
    assert dataset.train.images.mean() == pytest.approx(33.318, abs=0.001)


def test_reading_and_downloading_need_no_torch():
    code = (
        "import sys, vae_desktop.data.load, vae_desktop.data.download;"
        "print({'torch', 'torchvision', 'sklearn'} & set(sys.modules))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "set()"
