import gzip
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from vae_desktop.config import DatasetConfig
from vae_desktop.data.load import load_dataset
from vae_desktop.data.mnist import MNIST_SETS, load_mnist
from vae_desktop.dataset_catalog import DATASETS
from vae_desktop.errors import DataError, DatasetBroken, DatasetMissing

MNIST = DatasetConfig("mnist")
LETTERS = MNIST_SETS["emnist-letters"]
IMAGES = "train-images-idx3-ubyte"
LABELS = "train-labels-idx1-ubyte"


def raw_folder(data_dir: Path) -> Path:
    return MNIST_SETS["mnist"].raw_folder(data_dir)


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


def test_old_pickled_caches_are_left_alone(data_dir, arrays):
    processed = data_dir / "MNIST" / "processed"
    processed.mkdir()
    for name in ("training.pt", "test.pt"):
        (processed / name).write_bytes(b"\x80\x02 surely no tensors")
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


@pytest.mark.parametrize("name", ["fashion-mnist", "kmnist"])
def test_relatives_lie_in_their_own_folder(data_dir, arrays, name):
    (data_dir / "MNIST").rename(data_dir / {"fashion-mnist": "FashionMNIST", "kmnist": "KMNIST"}[name])
    dataset = load_dataset(DatasetConfig(name), data_dir)
    _assert_holds(dataset, arrays)
    assert len(dataset.class_names) == 10
    with pytest.raises(DatasetMissing, match=r"^MNIST is not there"):
        load_mnist(MNIST, data_dir)


@pytest.fixture
def letters_dir(tmp_path, to_idx) -> Path:
    """A data folder with an L in the top left corner for each class, transposed as EMNIST is."""
    upright = np.zeros((28, 28), np.uint8)
    upright[2:10, 2] = upright[9, 2:6] = 255
    raw = LETTERS.raw_folder(tmp_path)
    raw.mkdir(parents=True)
    for prefix in LETTERS.prefixes:
        (raw / f"{prefix}-images-idx3-ubyte").write_bytes(to_idx(np.tile(upright.T, (26, 1, 1))))
        (raw / f"{prefix}-labels-idx1-ubyte").write_bytes(to_idx(np.arange(1, 27, dtype=np.uint8)))
    return tmp_path


def test_letters_stand_upright_and_are_counted_from_0(letters_dir):
    dataset = load_dataset(DatasetConfig("emnist-letters"), letters_dir)
    assert dataset.class_names == tuple("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    for split in (dataset.train, dataset.test):
        assert split.labels.tolist() == list(range(26))
        assert split.images.shape == (26, 1, 28, 28)
        assert split.images.flags.c_contiguous
        stem, foot = split.images[0, 0, 2:10, 2], split.images[0, 0, 9, 2:6]
        assert (stem == 255).all()
        assert (foot == 255).all()
        assert np.count_nonzero(split.images[0]) == 11


@pytest.mark.parametrize("label", [0, 27])
def test_label_that_is_no_letter_is_refused(letters_dir, to_idx, label):
    name = "emnist-letters-train-labels-idx1-ubyte"
    labels = np.arange(1, 27, dtype=np.uint8)
    labels[3] = label
    (LETTERS.raw_folder(letters_dir) / name).write_bytes(to_idx(labels))
    with pytest.raises(DatasetBroken, match=f"{name} is broken: a label is {label}, not 1 to 26"):
        load_mnist(DatasetConfig("emnist-letters"), letters_dir)


def test_missing_data_folder_is_told_apart(tmp_path):
    folder = tmp_path / "nowhere"
    for name in MNIST_SETS:
        with pytest.raises(DatasetMissing, match="there is no data folder") as caught:
            load_mnist(DatasetConfig(name), folder)
        assert str(caught.value).startswith(DATASETS[name].label)
        assert str(folder) in str(caught.value)
        assert "Download it, or choose another data folder" in str(caught.value)
        assert not folder.exists()


def test_data_folder_without_the_data_set_is_named(tmp_path):
    for name, entry in MNIST_SETS.items():
        with pytest.raises(DatasetMissing, match="Download it, or choose another data folder") as caught:
            load_mnist(DatasetConfig(name), tmp_path)
        assert str(caught.value).startswith(f"{DATASETS[name].label} is not there: ")
        assert str(entry.raw_folder(tmp_path)) in str(caught.value)


def test_the_first_missing_file_is_named(data_dir):
    for name in ("t10k-labels-idx1-ubyte", "t10k-images-idx3-ubyte", LABELS, IMAGES):
        (raw_folder(data_dir) / name).unlink()
        with pytest.raises(DatasetMissing, match=f"has no {name}\\."):
            load_mnist(MNIST, data_dir)


BREAKAGES = {
    "empty": lambda whole: b"",
    "cut by a byte": lambda whole: whole[:-1],
    "cut in half": lambda whole: whole[: len(whole) // 2],
    "a byte too long": lambda whole: whole + b"\0",
    "web page": lambda whole: b"<!DOCTYPE html><title>Not found</title>",
    "of the other kind": lambda whole: bytes((0, 0, 8, 1, 0, 0, 0, 1, 0)),
}


def test_broken_file_is_named(data_dir):
    path = raw_folder(data_dir) / IMAGES
    whole = path.read_bytes()
    for damage in BREAKAGES.values():
        path.write_bytes(damage(whole))
        _assert_broken(data_dir, path)


def test_broken_content_of_packed_file_is_named(packed_data_dir):
    path = raw_folder(packed_data_dir) / f"{IMAGES}.gz"
    whole = gzip.decompress(path.read_bytes())
    for damage in BREAKAGES.values():
        path.write_bytes(gzip.compress(damage(whole)))
        _assert_broken(packed_data_dir, path)


def test_broken_packing_is_named(packed_data_dir):
    path = raw_folder(packed_data_dir) / f"{IMAGES}.gz"
    path.write_bytes(path.read_bytes()[:-4])
    _assert_broken(packed_data_dir, path)


def _assert_broken(data_dir: Path, path: Path) -> None:
    with pytest.raises(DatasetBroken, match=r"cannot be used: .*\. Download it again\.$") as caught:
        load_mnist(MNIST, data_dir)
    assert str(path) in str(caught.value)


def test_unreadable_file_is_named_and_no_download_offered(data_dir):
    path = raw_folder(data_dir) / IMAGES
    path.unlink()
    path.mkdir()
    with pytest.raises(DataError, match=r"^Cannot read .* Choose another data folder") as caught:
        load_mnist(MNIST, data_dir)
    assert str(path) in str(caught.value)
    assert not isinstance(caught.value, (DatasetMissing, DatasetBroken))


def test_label_above_nine_is_refused(data_dir, arrays, to_idx):
    labels = arrays[LABELS].copy()
    labels[3] = 10
    (raw_folder(data_dir) / LABELS).write_bytes(to_idx(labels))
    with pytest.raises(DatasetBroken, match=f"{LABELS} is broken: a label is 10, not 0 to 9"):
        load_mnist(MNIST, data_dir)


def test_images_and_labels_must_agree_in_number(data_dir, arrays, to_idx):
    (raw_folder(data_dir) / LABELS).write_bytes(to_idx(arrays[LABELS][:-1]))
    with pytest.raises(DatasetBroken, match="60 train images have 59 labels"):
        load_mnist(MNIST, data_dir)


def test_splits_must_agree_in_image_size(data_dir, to_idx):
    (raw_folder(data_dir) / IMAGES).write_bytes(to_idx(np.zeros((60, 14, 14), np.uint8)))
    with pytest.raises(DatasetBroken, match="differ in size"):
        load_mnist(MNIST, data_dir)


def test_real_mnist(real_mnist_dir):
    dataset = load_mnist(MNIST, real_mnist_dir)
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
