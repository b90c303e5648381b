"""How subfolders become classes and a split."""

import shutil

import numpy as np
import pytest

from tests.data.custom_images import everything, fill, levels, load, spoil


@pytest.fixture
def root(tmp_path):
    return tmp_path / "pictures"


def test_subfolders_are_classes_in_natural_order(root):
    for name, level in (("b10", 30), ("b2", 20), ("A1", 10)):
        fill(root / name, 5, level)
    dataset = load(root)
    assert dataset.class_names == ("A1", "b2", "b10")
    assert everything(dataset) == {level: level // 10 - 1 for level in (*range(10, 15), *range(20, 25), *range(30, 35))}
    for split in (dataset.train, dataset.test):
        assert split.labels.dtype == np.int64
        assert split.images.dtype == np.uint8
        assert split.images.flags.c_contiguous
        assert split.images.flags.writeable
    assert dataset.image_shape == (1, 12, 12)
    assert dataset.report.read == "15 images in 3 classes from pictures: 12 × 12 pixels, grey; 3 of them for the test."
    assert dataset.report.converted == dataset.report.skipped == ()


def test_what_lies_deeper_belongs_to_the_first_subfolder(root):
    fill(root / "a" / "x", 5, 10)
    fill(root / "a" / "y" / "z", 5, 20)
    fill(root / "b", 5, 30)
    dataset = load(root)
    assert dataset.class_names == ("a", "b")
    assert {level for level, label in everything(dataset).items() if label == 0} == {*range(10, 15), *range(20, 25)}


def test_images_beside_the_classes_are_skipped(root):
    fill(root, 2, 100)
    fill(root / "a", 10)
    dataset = load(root)
    assert sorted(everything(dataset)) == list(range(10))
    assert dataset.report.skipped == ("0.png: lies beside the class folders", "1.png: lies beside the class folders")


def test_a_flat_folder_has_no_classes(root):
    fill(root, 12)
    (root / "notes").mkdir()
    (root / "notes" / "a.txt").write_text("no image makes no class")
    dataset = load(root)
    assert everything(dataset) == dict.fromkeys(range(12))
    assert dataset.class_names == ()
    assert dataset.train.labels is dataset.test.labels is None
    assert dataset.report.skipped == ("notes/a.txt: not an image",)
    assert dataset.report.read == (
        "12 images without classes from pictures: 12 × 12 pixels, grey; 2 of them for the test."
    )


def test_one_class_keeps_its_labels(root):
    fill(root / "only")
    dataset = load(root)
    assert dataset.class_names == ("only",)
    assert set(everything(dataset).values()) == {0}
    assert "10 images in 1 class from" in dataset.report.read


@pytest.mark.parametrize(
    ("train", "test"), [("train", "test"), ("Training", "TESTING"), ("train", "val"), ("train", "validation")]
)
def test_top_folders_are_the_split(root, train, test):
    fill(root / train / "a", 8, 10)
    fill(root / train / "b", 8, 20)
    fill(root / test / "b", 3, 30)
    dataset = load(root)
    assert sorted(levels(dataset.train)) == [*range(10, 18), *range(20, 28)]
    assert levels(dataset.test) == [30, 31, 32]
    assert dataset.class_names == ("a", "b")
    assert dataset.test.labels.tolist() == [1, 1, 1]


def test_test_comes_before_validation_and_the_rest_is_named(root):
    fill(root, 1, 99)
    for name, level in (("train", 10), ("val", 30), ("test", 50)):
        fill(root / name, 10, level)
    dataset = load(root)
    assert sorted(levels(dataset.train)) == list(range(10, 20))
    assert sorted(levels(dataset.test)) == list(range(50, 60))
    assert dataset.train.labels is None
    assert set(dataset.report.skipped) == {
        "val: 10 images, which are used where models are measured on validation images",
        "beside them: 1 image outside train and test",
    }


def test_test_images_without_classes_give_way_to_training_images_with_classes(root):
    fill(root / "train" / "a", 10, 10)
    fill(root / "train" / "b", 10, 20)
    fill(root / "test", 10, 30)
    dataset = load(root)
    assert dataset.class_names == ("a", "b")
    assert everything(dataset) == {10 + number: number // 10 for number in range(20)}
    assert len(dataset.test) == 4
    assert dataset.report.skipped == ("test: 10 images without classes, not used beside those with classes",)


def test_classes_of_the_test_images_alone_are_not_used(root):
    fill(root / "train", 10, 10)
    fill(root / "test" / "a", 10, 30)
    dataset = load(root)
    assert dataset.train.labels is dataset.test.labels is None
    assert sorted(levels(dataset.test)) == list(range(30, 40))
    assert dataset.report.skipped == ("class folders: not used, as only one part of the split has them",)


def test_train_alone_is_looked_into(root):
    fill(root / "train" / "a", 10, 10)
    fill(root / "train" / "b", 10, 30)
    (root / "test").mkdir()
    dataset = load(root)
    assert dataset.class_names == ("a", "b")
    assert len(dataset.test) == 4


def test_a_class_may_be_called_train(root):
    fill(root / "train", 10, 10)
    fill(root / "car", 10, 30)
    assert load(root).class_names == ("car", "train")


def test_a_test_folder_that_cannot_be_decoded_is_replaced_by_a_fifth(root):
    fill(root / "train", 10)
    fill(root / "test", 1)
    spoil(root / "test" / "0.png")
    dataset = load(root)
    assert len(dataset.test) == 2
    assert dataset.report.skipped[0].startswith("test/0.png: broken: ")


def test_more_than_200_classes_are_loaded_without_labels(root):
    for number in range(200):
        fill(root / f"class {number}", 1, number)
    dataset = load(root)
    assert dataset.class_names == tuple(f"class {number}" for number in range(200))
    assert everything(dataset) == {number: number for number in range(200)}

    fill(root / "class 200", 1, 200)
    dataset = load(root)
    assert dataset.class_names == ()
    assert dataset.train.labels is dataset.test.labels is None
    assert dataset.report.converted == ("loaded without labels: 201 classes are more than 200",)
    assert "201 images without classes" in dataset.report.read


def test_a_class_whose_images_all_fail_is_none(root):
    fill(root / "a", 10)
    fill(root / "b", 1)
    spoil(root / "b" / "0.png")
    assert load(root).class_names == ("a",)


def test_loading_writes_nothing(root):
    fill(root / "a")
    before = {path: path.stat().st_mtime_ns for path in root.rglob("*")}
    load(root)
    assert {path: path.stat().st_mtime_ns for path in root.rglob("*")} == before


def test_the_split_is_the_same_wherever_the_folder_lies(root, tmp_path):
    for name in "abc":
        fill(root / name, 10, ord(name))
    other = shutil.copytree(root, tmp_path / "copy")
    np.random.seed(3)  # noqa: NPY002 - the split must not follow the global generator
    first, second = load(root), load(other)
    np.testing.assert_array_equal(first.test.images, second.test.images)
    np.testing.assert_array_equal(first.train.labels, second.train.labels)
    assert np.bincount(first.test.labels).tolist() == [2, 2, 2]
