"""``vae-desktop data``: what would be read, and which data sets are known."""

import numpy as np
from PIL import Image

from vae_desktop.dataset_catalog import DATASETS


def test_known_sets_are_listed_with_whether_they_are_there(run, tmp_path):
    (listed,) = run("data", "--data-dir", tmp_path, "--json").lines
    found = {entry["name"]: entry for entry in listed["datasets"]}
    assert list(found) == list(DATASETS)
    assert found["digits"]["state"] == "there"
    assert found["cifar-10"]["state"] == "downloadable"
    assert found["celeba"]["state"] == "by hand"
    assert (found["cifar-10"]["training_images"], found["cifar-10"]["classes"]) == (50_000, 10)
    assert found["svhn"]["terms"] == "for non-commercial use only"
    assert found["omniglot"]["torchvision"] == "Omniglot"
    rows = dict(line.split("  ", 1) for line in run("data", "--data-dir", tmp_path).out.splitlines())
    assert rows["cifar-10"].strip().startswith("to be downloaded: 60,000 photographs")
    assert rows["celeba"].strip().startswith("to be fetched by you: ")


def test_what_a_known_set_holds(run, tmp_path):
    (told,) = run("data", "digits", "--image-size", 8, "--data-dir", tmp_path, "--json").lines
    assert (told["training_images"], told["test_images"]) == DATASETS["digits"].counts
    assert (told["image_shape"], told["range"], told["image_size"]) == ([1, 8, 8], [0, 255], 8)
    assert [entry["name"] for entry in told["classes"]] == list("0123456789")
    assert sum(entry["training_images"] for entry in told["classes"]) == told["training_images"]
    assert told["skipped"] == []


def test_what_is_read_of_images_of_ones_own_and_why_not_of_others(run, tmp_path):
    for number in range(12):
        folder = tmp_path / "own" / ("cat", "dog")[number % 2]
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.full((20, 10 + number), 7 * number, np.uint8)).save(folder / f"{number}.png")
    (tmp_path / "own" / "cat" / "notes.txt").write_text("no image")
    (told,) = run("data", tmp_path / "own", "--image-size", 8, "--json").lines
    assert (told["training_images"], told["test_images"]) == (10, 2)
    assert told["range"] == [0, 77]
    assert {entry["name"] for entry in told["classes"]} == {"cat", "dog"}
    assert told["converted"][0].startswith("scaled to 8 × 8 pixels: 12.")
    assert told["skipped"] == ["cat/notes.txt: not an image"]
    rows = run("data", tmp_path / "own", "--image-size", 8).out
    assert "cat/notes.txt: not an image" in rows
    assert "scaled to 8 × 8 pixels: 12." in rows


def test_what_cannot_be_read_is_said_with_exit_status_1(run, tmp_path):
    (tmp_path / "empty").mkdir()
    run("data", tmp_path / "empty", "--json").assert_refused(1, "is empty")
    run("data", "cifar-10", "--data-dir", tmp_path).assert_refused(1, "CIFAR-10 is not there", "cifar-10-batches-py")
    run("data", "cats").assert_refused(2, "cats")


def test_a_set_larger_than_its_memory_is_kept_in_the_cache_and_listed_there(run, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    np.save(tmp_path / "own.npy", np.random.default_rng(0).integers(0, 256, (40, 12, 12), np.uint8))
    (told,) = run("data", tmp_path / "own.npy", "--memory", "2", "kB", "--json").lines
    assert (told["is_in_cache"], told["bytes"]) == (True, 40 * 12 * 12)
    assert told["converted"][-1].startswith("the images take 5.76 kB, more than the 2 kB of memory")
    assert "5.76 kB in the cache" in run("data", tmp_path / "own.npy", "--memory", "2 kB").out
    (listed,) = run("data", "--json").lines
    assert [(entry["name"], entry["images"]) for entry in listed["stored"]] == [("own.npy", 40)]
    assert "own.npy: 40 images, " in run("data").out
    (told,) = run("data", tmp_path / "own.npy", "--memory", "1 MB", "--json").lines
    assert not told["is_in_cache"]
    run("data", tmp_path / "own.npy", "--memory", "much").assert_refused(2, "'much' is no size such as 256 MB")
