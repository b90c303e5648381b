"""A model of a person's own images knows them again: none that it learned is tested on, whatever becomes of them."""

from dataclasses import replace

import numpy as np
import pytest

from vae_desktop.config import DatasetConfig
from vae_desktop.data.load import load_dataset
from vae_desktop.training.checkpoint import load_checkpoint, save_checkpoints

IMAGES = np.random.default_rng(0).integers(0, 256, (120, 8, 8), np.uint8)
OPTIONS = ("--hidden", 8, "--device", "cpu", "--batch-size", 10)


@pytest.fixture
def data(tmp_path):
    """Where the images lie."""
    return tmp_path / "own.npy"


@pytest.fixture
def model(data, run, tmp_path):
    """A model of the first 60 images."""
    np.save(data, IMAGES[:60])
    file = tmp_path / "own.safetensors"
    assert run("train", "--dataset", data, *OPTIONS, "--epochs", 1, "--output", file).status == 0
    return file


def of_training(file):
    return set(load_checkpoint(file).images.train.tolist())


def of_test(file):
    return set(load_checkpoint(file).images.test.tolist())


def test_the_file_says_which_images_were_learned(model, data, run):
    dataset = load_dataset(DatasetConfig(str(data)), data)
    assert of_training(model) == set(dataset.train.hashes.tolist())
    assert of_test(model) == set(dataset.test.hashes.tolist())
    (line,) = run("info", model, "--json").lines
    assert line["images"] == {"fingerprint": load_checkpoint(model).images.digest, "train": 48, "test": 12}
    assert "48, tested on 12; fingerprint " in run("info", model).out
    (line,) = run("evaluate", model, "--quick", "--json").lines
    assert line["images_differ"] == {"new": 0, "gone": 0, "changed": 0}


def test_evaluate_warns_and_tests_on_nothing_that_was_learned(model, data, run):
    dataset = load_dataset(DatasetConfig(str(data)), data)
    np.save(data, np.concatenate((dataset.train.images[:, 0], IMAGES[60:])))
    result = run("evaluate", model, "--quick", "--json", "--device", "cpu")
    assert "not the images that the model was trained on (new: 60, gone: 12, changed: 0)" in result.err
    (line,) = result.lines
    assert line["images_differ"] == {"new": 60, "gone": 12, "changed": 0}
    dataset = load_dataset(DatasetConfig(str(data)), data, learned=load_checkpoint(model).images)
    assert line["images"] == len(dataset.test)
    assert not of_training(model) & set(dataset.test.hashes.tolist())
    # As a new model would have its images parted, some of them were learned.
    assert of_training(model) & set(load_dataset(DatasetConfig(str(data)), data).test.hashes.tolist())


def test_going_on_forgets_nothing_and_tests_nothing_learned(model, data, run, tmp_path):
    before = of_training(model)
    np.save(data, IMAGES[20:100])
    result = run("train", "--continue", model, "--epochs", 1)
    assert result.status == 0
    assert "not the images that the model was trained on" in result.err
    assert before < of_training(model)
    assert not of_training(model) & of_test(model)
    np.save(data, IMAGES)
    fork = tmp_path / "fork.safetensors"
    result = run("fork", model, "--epochs", 4, "--output", fork)
    assert "not the images that the model was trained on" in result.err
    assert of_training(model) < of_training(fork)
    assert not of_training(fork) & of_test(fork)
    (line,) = run("evaluate", fork, "--quick", "--json").lines
    assert line["images"] == len(of_test(fork))


def test_what_was_learned_elsewhere_is_known_as_well(model, run, tmp_path):
    other = tmp_path / "other.npy"
    np.save(other, IMAGES[::-1])
    assert run("evaluate", model, "--quick", "--dataset", other, "--json").status == 0
    dataset = load_dataset(DatasetConfig(str(other)), other, learned=load_checkpoint(model).images)
    assert not of_training(model) & set(dataset.test.hashes.tolist())


def test_a_model_of_an_earlier_version_says_that_it_does_not_know(model, run):
    save_checkpoints(model, [replace(load_checkpoint(model), images=None)])
    assert load_checkpoint(model).format_version < 5
    result = run("evaluate", model, "--quick", "--json")
    assert "Nothing says which images this model has learned" in result.err
    assert result.lines[0]["images_differ"] is None
    assert run("info", model, "--json").lines[0]["images"] is None
    assert "not in the file" in run("info", model).out
    assert run("train", "--continue", model, "--epochs", 1).status == 0
    assert not load_checkpoint(model).images.is_unknown  # from now on


def test_nothing_is_said_of_a_built_in_set(vae_file, run):
    result = run("evaluate", vae_file, "--quick", "--json", "--device", "cpu")
    assert (result.err, result.lines[0]["images_differ"]) == ("", None)
    assert "earned images" not in run("info", vae_file).out


def test_excluded_images_are_left_out_by_every_command(data, run, tmp_path, monkeypatch):
    monkeypatch.setattr("vae_desktop.paths.default_settings_dir", lambda: tmp_path / "settings")
    np.save(data, IMAGES[:60])
    listed = tmp_path / "listed.csv"
    listed.write_text(f"file,part\n{data},3\n{data},7\n{data},900\n", encoding="utf-8")
    (line,) = run("data", data, "--exclude", listed, "--json").lines
    assert line["training_images"] + line["test_images"] == 58
    assert line["skipped"] == ["excluded by you: 2"]
    file = tmp_path / "own.safetensors"
    result = run("train", "--dataset", data, *OPTIONS, "--epochs", 1, "--output", file, "--exclude", listed)
    assert "skipped excluded by you: 2" in result.err
    checkpoint = load_checkpoint(file)
    assert (checkpoint.format_version, len(of_training(file)) + len(of_test(file))) == (5, 58)
    # The list is found again, wherever the one that was given went.
    listed.unlink()
    result = run("evaluate", file, "--quick", "--json")
    assert "excluded by you: 2" in result.err
    assert result.lines[0]["images_differ"] == {"new": 0, "gone": 0, "changed": 0}
    assert run("train", "--continue", file, "--epochs", 1).status == 0
    assert len(of_training(file)) + len(of_test(file)) == 58
    run("train", "--continue", file, "--epochs", 1, "--exclude", data).assert_refused(2, "--exclude")
    run("data", data, "--exclude", tmp_path / "none").assert_refused(1, "none cannot be read")


def test_outliers_are_listed_with_file_and_reason(data, run, tmp_path):
    images = np.clip(np.random.default_rng(1).normal(128, 5, (60, 8, 8)), 0, 255).astype(np.uint8)
    images[7] = 255 * (np.arange(64).reshape(8, 8) % 2)
    np.save(data, images)
    file = tmp_path / "own.safetensors"
    assert run("train", "--dataset", data, *OPTIONS, "--epochs", 2, "--output", file).status == 0
    (line,) = run("evaluate", file, "--quick", "--outliers", 3, "--json").lines
    assert len(line["outliers"]) == 3
    first = line["outliers"][0]
    assert (first["file"], first["part"], first["class"]) == (str(data), 7, None)
    dataset = load_dataset(DatasetConfig(str(data)), data)
    split = getattr(dataset, first["split"])
    assert split.origins[first["image"]].part == 7
    assert first["hash"] == f"{split.hashes[first['image']]:016x}"
    assert first["reasons"][0]["deviation"] == first["score"] > 3
    shown = run("evaluate", file, "--quick", "--outliers", 1).out
    assert "\nOutliers\nown.npy, row 7 (" in shown
    assert "× the median" in shown
    assert "outliers" not in run("evaluate", file, "--quick", "--json").lines[0]


def test_near_duplicates_are_said_with_their_files(run, tmp_path):
    images = {"x_train": IMAGES[:60], "x_test": np.concatenate((IMAGES[60:79], IMAGES[:1] ^ 1))}
    data, file = tmp_path / "own.npz", tmp_path / "own.safetensors"
    np.savez(data, **images)
    (line,) = run("data", data, "--duplicates", "--json").lines
    (pair,) = line["near_duplicates"]
    assert pair["test"] == {"image": 19, "file": f"{data}/x_test", "part": 19}
    assert pair["train"] == {"image": 0, "file": f"{data}/x_train", "part": 0}
    assert "x_test, row 19 ~ x_train, row 0" in run("data", data, "--duplicates").out
    assert "near_duplicates" not in run("data", data, "--json").lines[0]
    assert run("train", "--dataset", data, *OPTIONS, "--epochs", 1, "--output", file).status == 0
    result = run("evaluate", file, "--importance-samples", 0, "--sampling", 0, "--json")
    assert "1 of 20 test images nearly equals a training image" in result.err
    assert "x_test, row 19 ~ x_train, row 0" in result.err
    assert result.lines[0]["near_duplicates"][0]["test"]["part"] == 19


def test_a_fork_on_other_images_tests_on_none_that_its_parent_has_learned(model, run, tmp_path):
    other, fork = tmp_path / "other.npy", tmp_path / "fork.safetensors"
    np.save(other, IMAGES[::-1])
    assert run("fork", model, "--set", f"dataset={other}", "--epochs", 3, "--output", fork).status == 0
    assert load_checkpoint(fork).config.dataset.name == str(other)
    assert of_training(model) < of_training(fork)
    assert not of_training(fork) & of_test(fork)
