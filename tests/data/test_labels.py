"""Labels in whatever way people store them: understood, or left out and said; they never cost the images."""

import numpy as np
import pytest

from tests.data.custom_images import everything, load
from vae_desktop.errors import DataError

COUNT, SIDE = 20, 9
IMAGES = np.tile(np.arange(COUNT, dtype=np.uint8)[:, None, None], (1, SIDE, SIDE))
HALF = np.arange(COUNT) % 2


def with_missing(values, missing):
    """Labels, of which every fifth is missing."""
    labels = np.asarray(values).copy()
    labels[::5] = missing
    return labels


@pytest.mark.parametrize(
    ("labels", "names"),
    [
        (np.eye(2)[HALF], ("0", "1")),
        (np.eye(2, dtype=np.uint8)[HALF], ("0", "1")),
        (np.eye(2, dtype=bool)[HALF] * np.float32(7), ("0", "1")),
        (HALF.astype(np.float64) + 3, ("3", "4")),
        (HALF[:, None], ("0", "1")),
        (HALF[None].astype(np.float16), ("0", "1")),
        (HALF * 2 - 1, ("-1", "1")),
        (np.array([b"cat", b"dog"])[HALF], ("cat", "dog")),
        (np.array(["cat", "dog"], "U300")[HALF], ("cat", "dog")),
    ],
    ids=[
        "one-hot floats",
        "one-hot bytes",
        "one hot of others",
        "floats",
        "column",
        "row",
        "-1 and 1",
        "bytes",
        "room",
    ],
)
def test_labels_are_understood(npz, labels, names):
    dataset = load(npz(images=IMAGES, labels=labels))
    assert dataset.class_names == names
    assert everything(dataset) == {level: level % 2 for level in range(COUNT)}
    assert dataset.report.skipped == ()


@pytest.mark.parametrize(
    ("labels", "names"),
    [
        (with_missing(HALF.astype(float), np.nan), ("0", "1", "no label")),
        (with_missing(HALF, -1), ("0", "1", "no label")),
        (with_missing(np.array(["cat", "dog"])[HALF], ""), ("cat", "dog", "no label")),
        (with_missing(np.array(["cat", "dog"])[HALF], "NaN"), ("cat", "dog", "no label")),
        (with_missing(np.eye(2)[HALF], 0), ("0", "1", "no label")),
    ],
    ids=["NaN", "-1", "empty text", "text", "one-hot without a one"],
)
def test_images_whose_label_is_missing_have_a_class_of_their_own(npz, labels, names):
    dataset = load(npz(images=IMAGES, labels=labels))
    assert dataset.class_names == names
    assert everything(dataset) == {level: 2 if level % 5 == 0 else level % 2 for level in range(COUNT)}
    assert dataset.report.skipped == ("images whose label is missing, in a class “no label” of their own: 4",)


@pytest.mark.parametrize(
    ("labels", "reason"),
    [
        (np.arange(COUNT - 1), "as their shape is (19,): not one for each of 20 images"),
        (np.array(5), "as their shape is (): not one for each of 20 images"),
        (np.zeros((COUNT, 3, 3)), "as their shape is (20, 3, 3): not one for each of 20 images"),
        (np.ones((COUNT, 5), int), "as they have 5 numbers for each image"),
        (np.linspace(0, 1, COUNT), "as they are measures, not classes: not whole numbers"),
        (np.full(COUNT, np.inf), "as they are measures, not classes: not whole numbers"),
        (np.full(COUNT, np.nan), "as all of them are missing"),
        (np.zeros(COUNT, "M8[s]"), "which are of type datetime64[s], not numbers or texts"),
        (np.zeros(COUNT, complex), "which are of type complex128, not numbers or texts"),
        (np.array(["cat", "d" * 256])[HALF], "as they are texts of more than 255 characters"),
        (np.array([b"cat", b"d" * 256])[HALF], "as they are texts of more than 255 characters"),
    ],
    ids=["length", "one", "3-D", "attributes", "measures", "infinite", "all missing", "times", "complex", "long", "S"],
)
def test_labels_that_are_none_are_left_out_and_said(npz, labels, reason):
    path = npz(images=IMAGES, labels=labels)
    dataset = load(path)
    assert everything(dataset).keys() == set(range(COUNT))
    assert dataset.class_names == ()
    assert dataset.report.skipped == (f"labels in {path}: not used as labels, {reason}",)


def test_labels_of_another_type_in_the_other_part_are_names(npz):
    dataset = load(npz(x_train=IMAGES, y_train=HALF, x_test=IMAGES + np.uint8(100), y_test=HALF.astype(str)))
    assert dataset.class_names == ("0", "1")
    assert dataset.test.labels.tolist() == HALF.tolist()


# In a second file


@pytest.mark.parametrize(
    ("images", "labels"),
    [
        ("X.npy", "y.npy"),
        ("images.npy", "labels.npy"),
        ("cats.npy", "cats_labels.npy"),
        ("cats.npy", "labels-cats.npy"),
        ("train_imgs.npz", "train_labels.npz"),
        ("Xtrain.npy", "Ytrain.npy"),
        ("x_small.npy", "Y_small.npy"),
        ("data.npy", "targets.npy"),
    ],
)
def test_labels_lie_in_a_file_beside(tmp_path, images, labels):
    for name, array in ((images, IMAGES), (labels, HALF)):
        np.savez(tmp_path / name, array) if name.endswith("npz") else np.save(tmp_path / name, array)
    dataset = load(tmp_path / images)
    assert everything(dataset) == {level: level % 2 for level in range(COUNT)}
    assert dataset.report.converted == (f"labels are those of {labels}",)


def test_kuzushiji_49_is_four_files(tmp_path):
    for part, shift in (("train", 0), ("test", 100)):
        np.savez_compressed(tmp_path / f"k49-{part}-imgs.npz", IMAGES + np.uint8(shift))
        np.savez_compressed(tmp_path / f"k49-{part}-labels.npz", np.arange(COUNT) % 4)
    dataset = load(tmp_path / "k49-train-imgs.npz")
    assert dataset.train.images[:, 0, 0, 0].tolist() == list(range(COUNT))
    assert dataset.test.images[:, 0, 0, 0].tolist() == list(range(100, 100 + COUNT))
    assert dataset.train.labels.tolist() == dataset.test.labels.tolist() == (np.arange(COUNT) % 4).tolist()
    assert dataset.report.converted == (
        "labels are those of k49-train-labels.npz",
        "test images are those of k49-test-imgs.npz",
        "labels are those of k49-test-labels.npz",
    )
    alone = load(tmp_path / "k49-test-imgs.npz")
    assert len(alone.train) + len(alone.test) == COUNT


@pytest.mark.parametrize("content", [b"", b"no array"])
def test_a_broken_file_of_labels_costs_no_image(tmp_path, content):
    np.save(tmp_path / "X.npy", IMAGES)
    (tmp_path / "y.npy").write_bytes(content)
    dataset = load(tmp_path / "X.npy")
    assert everything(dataset).keys() == set(range(COUNT))
    assert dataset.class_names == ()
    assert "y.npy" in dataset.report.skipped[0]


def test_labels_in_the_file_itself_come_first(tmp_path):
    np.savez(tmp_path / "X.npz", x=IMAGES, y=HALF)
    np.savez(tmp_path / "y.npz", y=1 - HALF)
    assert everything(load(tmp_path / "X.npz")) == {level: level % 2 for level in range(COUNT)}


def test_labels_chosen_in_place_of_images_are_refused(tmp_path):
    np.save(tmp_path / "y.npy", HALF)
    with pytest.raises(DataError, match="it is an array of 20, not of images"):
        load(tmp_path / "y.npy")


def test_a_single_array_of_images_needs_no_name(npz):
    dataset = load(npz(pictures=IMAGES, labels=HALF, note=np.arange(3)))
    assert everything(dataset) == {level: level % 2 for level in range(COUNT)}
    assert dataset.report.skipped == ("note: not used",)
