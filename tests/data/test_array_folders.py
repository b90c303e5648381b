"""Folders of files of arrays: those that belong together are one data set."""

import numpy as np
import pytest
from PIL import Image

from tests.data.custom_images import everything, load
from vae_desktop.errors import DataError
from vae_desktop.libraries import load_torch

COUNT, SIDE = 20, 9
UNUSED = "{}.csv: 20 images, not used beside others for the test"
IMAGES = np.tile(np.arange(COUNT, dtype=np.uint8)[:, None, None], (1, SIDE, SIDE))
HALF = np.arange(COUNT) % 2


def save_table(path, first=0, with_labels=True):
    pixels = IMAGES.reshape(COUNT, -1) + first
    names = [f"pixel{number}" for number in range(SIDE * SIDE)]
    table = np.column_stack([HALF, pixels]) if with_labels else pixels
    header = ",".join(["label", *names] if with_labels else names)
    np.savetxt(path, table, "%d", ",", header=header, comments="")


def test_images_and_labels(tmp_path):
    for name, array in {"X": IMAGES, "y": HALF}.items():
        np.save(tmp_path / f"{name}.npy", array)
    (tmp_path / "README.txt").write_text("about them")
    (tmp_path / ".DS_Store").write_bytes(b"")
    assert everything(load(tmp_path)) == {level: level % 2 for level in range(COUNT)}


@pytest.mark.parametrize("sign", ["_", ""])
def test_four_arrays_are_both_parts_with_labels(tmp_path, sign):
    for part, images in {"train": IMAGES, "test": IMAGES + np.uint8(100)}.items():
        np.save(tmp_path / f"X{sign}{part}.npy", images)
        np.save(tmp_path / f"y{sign}{part}.npy", HALF)
    dataset = load(tmp_path)
    assert dataset.train.images[:, 0, 0, 0].tolist() == list(range(COUNT))
    assert dataset.test.images[:, 0, 0, 0].tolist() == list(range(100, 100 + COUNT))
    assert dataset.test.labels.tolist() == HALF.tolist()
    assert dataset.report.skipped == ()


def test_kaggles_digits(tmp_path):
    save_table(tmp_path / "train.csv")
    save_table(tmp_path / "test.csv", 100, with_labels=False)
    (tmp_path / "sample_submission.csv").write_text("ImageId,Label\n1,0\n2,0\n")
    dataset = load(tmp_path)
    assert everything(dataset) == {level: level % 2 for level in range(COUNT)}
    assert dataset.report.skipped == (
        "test.csv: 20 images without labels, not used; choose that file by itself to see them",
        "sample_submission.csv: not used",
    )


def test_svhn(tmp_path):
    load_torch()  # before SciPy
    from scipy.io import savemat

    for part, first in (("train", 0), ("test", 100)):
        images = np.repeat((IMAGES + np.uint8(first))[..., None], 3, axis=3)
        savemat(tmp_path / f"{part}_32x32.mat", {"X": np.moveaxis(images, 0, -1), "y": HALF[:, None]})
    for path in (tmp_path, tmp_path / "train_32x32.mat"):
        dataset = load(path)
        assert dataset.train.images[:, 0, 0, 0].tolist() == list(range(COUNT))
        assert dataset.test.images[:, 0, 0, 0].tolist() == list(range(100, 100 + COUNT))


@pytest.mark.parametrize(("measured_on", "first", "other"), [("test", 100, "val"), ("validation", 50, "test")])
@pytest.mark.parametrize("kind", ["npy", "csv"])
def test_of_test_and_validation_images_one_part_is_measured_on(tmp_path, kind, measured_on, first, other):
    for part, level in (("train", 0), ("test", 100), ("val", 50)):
        if kind == "csv":
            save_table(tmp_path / f"{part}.csv", level)
        else:
            np.save(tmp_path / f"X_{part}.npy", IMAGES + np.uint8(level))
    dataset = load(tmp_path, measured_on=measured_on)
    assert dataset.train.images[:, 0, 0, 0].tolist() == list(range(COUNT))
    assert dataset.test.images[:, 0, 0, 0].tolist() == list(range(first, first + COUNT))
    assert dataset.report.skipped == (f"X_{other}.npy: not used" if kind == "npy" else UNUSED.format(other),)


def test_tables_beside_arrays_are_about_them(tmp_path):
    np.savez(tmp_path / "shapes.npz", images=IMAGES)
    (tmp_path / "factors.csv").write_text("a,b\n1,2\n")
    assert sorted(everything(load(tmp_path))) == list(range(COUNT))


def test_several_data_sets_are_refused(tmp_path):
    for name, side in (("apple", 9), ("banana", 8)):
        np.save(tmp_path / f"{name}.npy", IMAGES[:, :side])
    with pytest.raises(DataError, match=r"holds several data sets: apple\.npy, banana\.npy\. Choose one of the files"):
        load(tmp_path)


def test_quickdraws_files_are_classes(tmp_path):
    for name, level in (("apple", 0), ("banana", 100)):
        np.save(tmp_path / f"full_numpy_bitmap_{name}.npy", IMAGES.reshape(COUNT, -1) + np.uint8(level))
    dataset = load(tmp_path)
    assert dataset.class_names == ("apple", "banana")
    assert everything(dataset) == {level: level // 100 for level in [*range(COUNT), *range(100, 100 + COUNT)]}
    assert "each file is a class" in dataset.report.converted
    assert len(dataset.test) == 8


def test_arrays_in_a_folder_of_pictures_leave_it_one(tmp_path):
    for number in range(COUNT):
        Image.fromarray(IMAGES[number]).save(tmp_path / f"{number}.png")
    np.save(tmp_path / "features.npy", np.zeros((50, 9, 9), np.uint8))
    dataset = load(tmp_path)
    assert sorted(everything(dataset)) == list(range(COUNT))
    assert any("features.npy" in line for line in dataset.report.skipped)
