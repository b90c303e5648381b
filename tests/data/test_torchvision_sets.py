"""torchvision's sets, read from small stand-ins in its layout by its own classes."""

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.data.torchvision_standins import STANDINS, TEST, TRAIN, write
from vae_desktop.config import DatasetConfig
from vae_desktop.data.load import load_dataset
from vae_desktop.data.torchvision_files import files_of
from vae_desktop.data.torchvision_reading import load_torchvision
from vae_desktop.data.torchvision_sets import TORCHVISION_SETS
from vae_desktop.dataset_catalog import DATASETS
from vae_desktop.errors import Cancelled, DatasetBroken, DatasetMissing
from vae_desktop.progress import Progress, ignore


@pytest.fixture(scope="module")
def sets() -> Any:
    """torchvision's module of data sets, which takes seconds to import."""
    import torchvision.datasets

    return torchvision.datasets


@pytest.fixture
def standin(tmp_path, sets):
    """Lay a set out in a folder and load it."""

    def load(name: str, root: Path | None = None, progress: Progress = ignore, **settings: Any):
        kind, files = STANDINS[name](root or tmp_path, sets)
        return load_torchvision(DatasetConfig(name, **settings), tmp_path, progress, kind, files)

    return load


SHAPES = {
    "qmnist": (1, 28, 28),
    "usps": (1, 16, 16),
    "svhn": (3, 32, 32),
    "cifar-10": (3, 32, 32),
    "cifar-100": (3, 32, 32),
    "stl-10": (3, 64, 64),
    "omniglot": (1, 28, 28),
    "oxford-pets": (3, 64, 64),
    "flowers-102": (3, 64, 64),
    "celeba": (3, 64, 64),
}


def test_each_set_has_its_row_and_its_stand_in():
    rows = {name for name, kind in DATASETS.items() if kind.torchvision and name in TORCHVISION_SETS}
    assert rows == set(TORCHVISION_SETS) == set(STANDINS) == set(SHAPES)
    for name in rows:
        kind = DATASETS[name]
        assert kind.terms
        assert kind.page.startswith("http")
        assert f"{sum(kind.counts):,} " in kind.help or name == "stl-10"


@pytest.mark.parametrize("name", STANDINS)
def test_a_set_is_read_from_torchvisions_layout(standin, name):
    dataset = standin(name)
    assert dataset.image_shape == SHAPES[name]
    count = TRAIN // 5 * 5 if name == "cifar-10" else TRAIN  # five files
    assert (len(dataset.train), len(dataset.test)) == (count, TEST)
    for split in (dataset.train, dataset.test):
        assert split.images.dtype == np.uint8
        assert 0 <= split.labels.min() <= split.labels.max() < len(dataset.class_names)
        assert split.images.flags.c_contiguous
        assert len(split.origins) == len(split)
        assert all(Path(split.origins[number].file).is_file() for number in range(len(split)))


@pytest.mark.parametrize("name", ["cifar-10", "stl-10", "omniglot", "oxford-pets"])
def test_size_and_colours_are_as_wanted(standin, name):
    assert standin(name, image_size=12, colours="grey").image_shape == (1, 12, 12)
    assert standin(name, image_size=12, colours="colour").image_shape == (3, 12, 12)


def test_cifars_pixels_and_classes_are_those_of_its_files(standin, tmp_path):
    dataset = standin("cifar-10")
    rows = [
        pickle.loads((tmp_path / f"cifar-10-batches-py/data_batch_{number}").read_bytes()) for number in range(1, 6)
    ]
    np.testing.assert_array_equal(dataset.train.images.reshape(-1, 3072), np.concatenate([row["data"] for row in rows]))
    np.testing.assert_array_equal(dataset.train.labels, np.concatenate([row["labels"] for row in rows]))
    assert dataset.class_names[:2] == ("class 0", "class 1")


def test_validation_images_are_held_out_of_the_training_images(tmp_path, sets, monkeypatch):
    kind, _ = STANDINS["cifar-10"](tmp_path, sets)
    for name in ("train_list", "test_list", "meta"):
        monkeypatch.setattr(sets.CIFAR10, name, getattr(kind, name))
    whole = load_dataset(DatasetConfig("cifar-10"), tmp_path)
    held_out = load_dataset(DatasetConfig("cifar-10", measured_on="validation"), tmp_path)
    assert (len(held_out.train), len(held_out.test)) == (19, 1)
    both = [*map(bytes, held_out.train.images), *map(bytes, held_out.test.images)]
    assert sorted(both) == sorted(map(bytes, whole.train.images))


def test_a_digit_of_svhn_is_its_class_ten_at_zero(standin):
    dataset = standin("svhn")
    np.testing.assert_array_equal(dataset.train.labels, (np.arange(TRAIN) % 10 + 1) % 10)
    assert dataset.class_names == tuple("0123456789")


def test_classes_of_qmnist_are_the_first_of_its_numbers(standin):
    np.testing.assert_array_equal(standin("qmnist").train.labels, np.arange(TRAIN) % 10)


def test_the_classes_of_omniglot_are_its_alphabets(standin):
    dataset = standin("omniglot")
    assert dataset.class_names == ("Greek", "Latin", "Tengwar")
    assert set(dataset.train.labels) == {0, 1}
    assert set(dataset.test.labels) == {2}


def test_classes_of_pets_are_breeds_and_images_become_squares_by_the_rule(standin, tmp_path):
    dataset = standin("oxford-pets", image_size=32)
    assert dataset.class_names == ("Abyssinian", "Great Pyrenees")
    assert dataset.report.converted[0].startswith("scaled to 32 × 32 pixels: 36.")
    first = Image.open(tmp_path / "oxford-iiit-pet/images/Abyssinian_trainval0.jpg")  # 70 × 90
    middle = first.resize((32, 32), Image.Resampling.BICUBIC, box=(0, 10, 70, 80))
    np.testing.assert_allclose(np.moveaxis(dataset.train.images[0], 0, -1), np.asarray(middle), atol=1)


def test_factors_of_celeba_are_its_attributes_and_its_class_is_the_smile(standin):
    dataset = standin("celeba", image_size=8)
    assert dataset.factor_names == ("5 o Clock Shadow", "Smiling")
    numbers = np.arange(TRAIN)
    np.testing.assert_array_equal(dataset.train.factors, np.stack([numbers % 2, numbers % 3 == 0], axis=1))
    np.testing.assert_array_equal(dataset.train.labels, dataset.train.factors[:, 1])
    assert dataset.class_names == ("not smiling", "smiling")


def test_a_set_in_a_folder_of_its_own_is_found(standin, tmp_path):
    assert len(standin("svhn", tmp_path / "SVHN").train) == TRAIN
    assert TORCHVISION_SETS["svhn"].is_there(tmp_path)


@pytest.mark.parametrize("name", STANDINS)
def test_a_set_that_is_absent_is_missing_and_says_what_to_do(tmp_path, name):
    assert not TORCHVISION_SETS[name].is_there(tmp_path)
    with pytest.raises(DatasetMissing) as caught:
        load_dataset(DatasetConfig(name), tmp_path)
    assert str(caught.value).startswith(f"{DATASETS[name].label} is not there: {tmp_path} has no ")
    assert f"terms: {DATASETS[name].terms})" in str(caught.value)
    wanted = "Download it (" if DATASETS[name].download_bytes else f"put them into {tmp_path / 'celeba'}"
    assert wanted in str(caught.value)


def test_an_archive_that_a_person_has_fetched_is_to_be_unpacked(tmp_path):
    write(tmp_path / "celeba" / "img_align_celeba.zip", b"")
    with pytest.raises(DatasetMissing, match=r"CelebA is not there yet: unpack .*img_align_celeba\.zip in its folder"):
        load_dataset(DatasetConfig("celeba"), tmp_path)


class Canary:
    """A pickle that makes a file when it is loaded."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


@pytest.mark.parametrize("file", ["data_batch_3", "test_batch", "batches.meta"])
def test_a_pickle_with_another_md5_is_never_loaded(tmp_path, sets, file):
    kind, _ = STANDINS["cifar-10"](tmp_path, sets)
    write(tmp_path / "cifar-10-batches-py" / file, pickle.dumps(Canary(tmp_path / "sang")))
    with pytest.raises(DatasetBroken, match=rf"{file}: .* MD5 differs.*Download it again") as caught:
        load_torchvision(DatasetConfig("cifar-10"), tmp_path, ignore, kind)
    assert str(caught.value).startswith("CIFAR-10 cannot be read from")
    assert not (tmp_path / "sang").exists()


@pytest.mark.parametrize(
    ("name", "file"),
    [("qmnist", "QMNIST/raw/qmnist-test-images-idx3-ubyte"), ("oxford-pets", "oxford-iiit-pet/annotations/test.txt")],
)
def test_a_file_that_is_cut_off_is_broken(tmp_path, sets, name, file):
    kind, files = STANDINS[name](tmp_path, sets)
    path = tmp_path / file
    path.write_bytes(path.read_bytes()[:-3])
    with pytest.raises(DatasetBroken, match="cannot be read from"):
        load_torchvision(DatasetConfig(name), tmp_path, ignore, kind, files)


def test_a_file_that_is_absent_among_others_is_not_called_another(tmp_path, sets):
    kind, _ = STANDINS["cifar-10"](tmp_path, sets)
    (tmp_path / "cifar-10-batches-py" / "data_batch_2").unlink()
    with pytest.raises(DatasetBroken, match=r"data_batch_2: it is not there\. Download it again"):
        load_torchvision(DatasetConfig("cifar-10"), tmp_path, ignore, kind)


@pytest.mark.parametrize(("name", "file"), [("qmnist", TORCHVISION_SETS["qmnist"].files[0]), ("usps", "usps.bz2")])
def test_a_file_that_is_far_too_large_is_not_read(tmp_path, sets, name, file):
    kind, _ = STANDINS[name](tmp_path, sets)
    with (tmp_path / file).open("r+b") as opened:
        opened.truncate(10**10)  # holes take no room
    with pytest.raises(DatasetBroken, match="far larger than it should be"):
        load_torchvision(DatasetConfig(name), tmp_path, ignore, kind)


def test_an_old_pickle_of_torchvision_beside_qmnist_is_not_read(tmp_path, sets):
    STANDINS["qmnist"](tmp_path, sets)
    for name in ("train.pt", "test.pt"):
        write(tmp_path / "QMNIST" / "processed" / name, pickle.dumps(Canary(tmp_path / "sang")))
    assert len(load_dataset(DatasetConfig("qmnist"), tmp_path).train) == TRAIN
    assert not (tmp_path / "sang").exists()


def test_one_unreadable_image_is_named_and_many_are_a_broken_set(tmp_path, sets):
    kind, _ = STANDINS["celeba"](tmp_path, sets)
    images = sorted((tmp_path / "celeba" / "img_align_celeba").iterdir())
    images[0].write_bytes(b"")
    with pytest.raises(DatasetBroken, match=r"1 of 36 images cannot be read, such as 000001\.jpg: an empty file"):
        load_torchvision(DatasetConfig("celeba", image_size=8), tmp_path, ignore, kind)


def test_reading_can_be_cancelled(standin):
    done = []
    with pytest.raises(Cancelled):
        standin("celeba", progress=Progress(lambda *counts: done.append(counts), lambda: bool(done)))


def test_nothing_of_torchvision_is_needed_to_know_what_is_there(tmp_path):
    import subprocess
    import sys

    code = (
        "import sys; from pathlib import Path; from vae_desktop.data.torchvision_sets import TORCHVISION_SETS\n"
        "import vae_desktop.data.load\n"
        "[entry.is_there(Path('.')) for entry in TORCHVISION_SETS.values()]\n"
        "print(*{'torch', 'torchvision', 'scipy'} & set(sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "\n"


def test_where_files_come_from_is_what_torchvision_says(sets):
    cifar = files_of(sets.CIFAR10)
    assert cifar.sources[0].url == sets.CIFAR10.url
    assert cifar.md5["cifar-10-batches-py/batches.meta"] == sets.CIFAR10.meta["md5"]
    for name, entry in TORCHVISION_SETS.items():
        files = files_of(getattr(sets, entry.kind))
        assert bool(files.sources) == bool(DATASETS[name].download_bytes)
        given = {path for source in files.sources for path in source.gives}
        assert not files.sources or set(entry.files) <= given
