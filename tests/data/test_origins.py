"""Each image knows which file, row or page it came from, whichever way it was read and wherever it was put."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.data.custom_images import fill, load, spoil
from tests.data.test_load import CONFIGS
from vae_desktop.config import DatasetConfig
from vae_desktop.data.load import load_dataset
from vae_desktop.data.origins import Origin, Origins


def test_an_image_of_a_folder_comes_from_its_file(tmp_path):
    root = tmp_path / "pictures"
    for name, level in (("b", 20), ("a", 50)):
        fill(root / name, 10, level)
    spoil(root / "a" / "3.png")
    dataset = load(root)
    files = []
    for split in (dataset.train, dataset.test):
        assert len(split.origins) == len(split)
        for number, image in enumerate(split.images):
            origin = split.origins[number]
            assert origin.part is None
            assert str(origin) == origin.file
            np.testing.assert_array_equal(np.asarray(Image.open(origin.file)), image[0])
            files.append(origin.file)
    assert sorted(files) == sorted(str(path) for path in root.rglob("*.png") if path != root / "a" / "3.png")


def test_an_image_of_an_array_comes_from_its_row(tmp_path):
    images = np.random.default_rng(0).integers(0, 256, (40, 9, 9), np.uint8)
    path = tmp_path / "x.npy"
    np.save(path, images)
    dataset = load(path)
    for split in (dataset.train, dataset.test):
        for number, image in enumerate(split.images):
            origin = split.origins[number]
            assert origin.file == str(path)
            np.testing.assert_array_equal(images[origin.part], image[0])
            assert str(origin) == f"{path}, row {origin.part}"


def test_each_array_of_a_file_counts_its_own_rows(tmp_path):
    path = tmp_path / "x.npz"
    parts = {"x_train": np.zeros((12, 9, 9), np.uint8), "x_test": np.ones((11, 9, 9), np.uint8)}
    np.savez(path, **parts)
    dataset = load(path)
    assert dataset.train.origins[11] == Origin(f"{path}/x_train", 11)
    assert dataset.test.origins[10] == Origin(f"{path}/x_test", 10)


def test_rows_of_idx_files(data_dir):
    folder = data_dir / "MNIST" / "raw"
    for dataset in (load(folder), load_dataset(DatasetConfig("mnist"), data_dir)):
        assert dataset.train.origins[59] == Origin(str(folder / "train-images-idx3-ubyte"), 59)
        assert dataset.test.origins[19] == Origin(str(folder / "t10k-images-idx3-ubyte"), 19)


@pytest.mark.parametrize("name", CONFIGS)
def test_what_is_held_out_for_validation_keeps_its_origin(data_dir, name):
    whole = load_dataset(CONFIGS[name], data_dir)
    rows = {whole.train.origins[number]: image for number, image in enumerate(whole.train.images)}
    validated = load_dataset(replace(CONFIGS[name], measured_on="validation"), data_dir)
    for split in (validated.train, validated.test):
        for number, image in enumerate(split.images):
            np.testing.assert_array_equal(rows.pop(split.origins[number]), image)
    assert not rows


def test_files_and_pages_of_files():
    origins = Origins.of_files(["a.png", "b.tif", "b.tif", "c/d.png"], [None, 0, 1, None])
    assert [str(origins[number]) for number in range(4)] == ["a.png", "b.tif, page 0", "b.tif, page 1", "c/d.png"]
    assert origins.files == ("a.png", "b.tif", "c/d.png")
    backwards = origins.chosen(np.array([3, 1]))
    assert [backwards[number] for number in range(2)] == [Origin("c/d.png", None, "page"), Origin("b.tif", 0, "page")]
    assert Path(backwards[0].file).name == "d.png"


def test_in_few_words_below_a_folder():
    assert Origin("/photos/cat/7.png").below("/photos") == "cat/7.png"
    assert Origin("/x.npz/x_train", 7).below("/x.npz") == "x_train, row 7"
    assert Origin("/data/x.npy", 1234).below("/data/x.npy") == "x.npy, row 1,234"
    assert Origin("/data/MNIST/raw/train-images-idx3-ubyte", 7).below("") == "train-images-idx3-ubyte, row 7"
    assert Origin("C:\\photos\\cat\\7.tif", 2, "page").below("C:\\photos") == "cat\\7.tif, page 2"


def test_test_images_come_before_training_images(tmp_path):
    fill(tmp_path, 20)
    dataset = load(tmp_path)
    found = [dataset.origins[number] for number in range(20)]
    assert found == [split.origins[number] for split in (dataset.test, dataset.train) for number in range(len(split))]
