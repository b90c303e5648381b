import gzip
import re

import numpy as np
import pytest

from tests.data.custom_images import load
from vae_desktop.errors import DataError

IMAGES, LABELS = "train-images-idx3-ubyte", "train-labels-idx1-ubyte"
TEST_IMAGES, TEST_LABELS = "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"


@pytest.fixture
def folder(data_dir):
    """The four files of the small MNIST, and nothing else."""
    return data_dir / "MNIST" / "raw"


@pytest.fixture
def packed_folder(packed_data_dir):
    return packed_data_dir / "MNIST" / "raw"


def assert_whole(dataset, arrays):
    for split, images, labels in ((dataset.train, IMAGES, LABELS), (dataset.test, TEST_IMAGES, TEST_LABELS)):
        np.testing.assert_array_equal(split.images[:, 0], arrays[images])
        np.testing.assert_array_equal(split.labels, arrays[labels])


def test_a_training_file_brings_its_labels_and_its_test_files(folder, arrays):
    dataset = load(folder / IMAGES)
    assert_whole(dataset, arrays)
    assert dataset.class_names == tuple("0123456789")
    assert dataset.report.read == (
        f"80 images in 10 classes from {IMAGES}: 28 × 28 pixels, grey; 20 of them for the test."
    )
    assert dataset.report.converted == dataset.report.skipped == ()


def test_packed_files_serve_as_well(packed_folder, arrays):
    assert_whole(load(packed_folder / f"{IMAGES}.gz"), arrays)


def test_plain_and_packed_files_may_be_mixed(folder, arrays):
    for name in (LABELS, TEST_IMAGES):
        (folder / f"{name}.gz").write_bytes(gzip.compress((folder / name).read_bytes()))
        (folder / name).unlink()
    assert_whole(load(folder / IMAGES), arrays)


@pytest.mark.parametrize("both", [False, True], ids=["plain", "plain and packed"])
def test_a_folder_of_idx_files_is_a_data_set(folder, arrays, both):
    if both:
        for name in arrays:
            (folder / f"{name}.gz").write_bytes(b"the plain file comes first")
    assert_whole(load(folder), arrays)


def test_a_folder_of_packed_files_is_a_data_set(packed_folder, arrays):
    assert_whole(load(packed_folder), arrays)


def test_the_test_file_alone_is_split(folder, arrays):
    dataset = load(folder / TEST_IMAGES)
    assert (len(dataset.train), len(dataset.test)) == (16, 4)
    both = np.concatenate([dataset.train.images, dataset.test.images])[:, 0]
    assert {image.tobytes() for image in both} == {image.tobytes() for image in arrays[TEST_IMAGES]}


def test_absent_labels_are_none(folder):
    (folder / LABELS).unlink()
    (folder / TEST_LABELS).unlink()
    dataset = load(folder / IMAGES)
    assert dataset.train.labels is dataset.test.labels is None
    assert dataset.report.skipped == ()


def test_labels_of_one_part_alone_are_not_used(folder):
    (folder / TEST_LABELS).unlink()
    dataset = load(folder)
    assert dataset.class_names == ()
    assert dataset.report.skipped == ("labels: not used, as only one of two parts has them",)


@pytest.mark.parametrize(
    ("images", "labels"),
    [
        ("train-images.idx3-ubyte", "train-labels.idx1-ubyte"),
        ("my.idx3", "my.idx1"),
        ("CATS.IDX3-UBYTE", "CATS.idx1-UBYTE"),
        ("cats-idx3_ubyte.gz", "cats-idx1_ubyte"),
    ],
)
def test_other_spellings_are_known(tmp_path, to_idx, arrays, images, labels):
    content = to_idx(arrays[IMAGES])
    (tmp_path / images).write_bytes(gzip.compress(content) if images.endswith(".gz") else content)
    (tmp_path / labels).write_bytes(to_idx(arrays[LABELS]))
    for path in (tmp_path / images, tmp_path):
        dataset = load(path)
        assert len(dataset.train) + len(dataset.test) == 60
        assert len(dataset.class_names) == 10


def test_a_pair_of_train_and_test_is_the_split(tmp_path, to_idx, arrays):
    for name, content in arrays.items():
        (tmp_path / f"letters-{name.replace('t10k', 'test')}").write_bytes(to_idx(content))
    assert_whole(load(tmp_path), arrays)


def test_images_are_scaled_by_the_rule(tmp_path, to_idx):
    wide = np.zeros((10, 24, 96), np.uint8)
    wide[:, :, 36:60] = 200
    (tmp_path / "wide-idx3-ubyte").write_bytes(to_idx(wide))
    dataset = load(tmp_path, image_size=12)
    assert (dataset.train.images[..., 2:-2, 2:-2] == 200).all()
    assert dataset.report.converted[0].startswith("scaled to 12 × 12 pixels: 10. ")


def test_a_folder_of_several_data_sets_is_refused(folder, to_idx):
    cats = folder / "cats-images-idx3-ubyte"
    cats.write_bytes(to_idx(np.zeros((10, 9, 9), np.uint8)))
    dataset = load(folder)
    assert (len(dataset.train), dataset.report.skipped) == (60, (f"{cats.name}: not used",))
    cats.rename(folder / f"cats-{IMAGES}")
    with pytest.raises(DataError, match=f"several data sets: cats-{IMAGES}, {IMAGES}. Choose one"):
        load(folder)
    assert len(load(folder / IMAGES).train) == 60


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda whole: b"", "it is an empty file"),
        (lambda whole: whole[:-1], "it promises more than the file holds"),
        (lambda whole: whole[:7] + b"\x3b" + whole[8:-1], r"their shape is \(59,\): not one for each of 60 images"),
    ],
    ids=["empty", "cut off", "another number"],
)
def test_labels_that_are_broken_do_not_cost_the_images(folder, damage, reason):
    (folder / LABELS).write_bytes(damage((folder / LABELS).read_bytes()))
    dataset = load(folder)
    assert (len(dataset.train), len(dataset.test)) == (60, 20)
    assert dataset.train.labels is None
    assert re.search(rf"{LABELS}.*{reason}", dataset.report.skipped[0])


@pytest.mark.parametrize("name", [IMAGES, TEST_IMAGES])
@pytest.mark.parametrize("damage", [lambda whole: b"", lambda whole: whole[:-1]], ids=["empty", "cut off"])
def test_broken_files_are_named(folder, name, damage):
    (folder / name).write_bytes(damage((folder / name).read_bytes()))
    with pytest.raises(DataError, match=rf"{name} cannot be used: .*\. Choose another file"):
        load(folder)


def test_too_few_images_are_counted(tmp_path, to_idx):
    (tmp_path / "x-idx3-ubyte").write_bytes(to_idx(np.zeros((3, 9, 9), np.uint8)))
    with pytest.raises(DataError, match="Only 3 images could be read"):
        load(tmp_path)


def test_more_than_200_label_values_are_dropped(tmp_path, to_idx):
    (tmp_path / "x-idx3-ubyte").write_bytes(to_idx(np.zeros((256, 9, 9), np.uint8)))
    (tmp_path / "x-idx1-ubyte").write_bytes(to_idx(np.arange(256, dtype=np.uint8)))
    dataset = load(tmp_path)
    assert dataset.train.labels is None
    assert dataset.report.converted == ("loaded without labels: 256 classes are more than 200",)
