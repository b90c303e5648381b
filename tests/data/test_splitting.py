"""What is held out follows the content of the images: few change sides when others come or go, equal ones never."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.data.custom_images import fill, load
from vae_desktop.config import DatasetConfig
from vae_desktop.data.fingerprint import UNKNOWN, Difference
from vae_desktop.data.hashes import hashes_of
from vae_desktop.data.load import load_dataset
from vae_desktop.data.splitting import hold_out
from vae_desktop.errors import Cancelled, DataError
from vae_desktop.progress import Progress

SIDE = 8


def noise(count, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (count, SIDE, SIDE), np.uint8)


def hashes(count, seed=0):
    return np.random.default_rng(seed).integers(0, 2**63, count).astype(np.uint64)


def rows(split):
    return {image.tobytes() for image in split.images}


def load_for(path, learned, measured_on="test"):
    return load_dataset(DatasetConfig(str(path), measured_on=measured_on), Path("nowhere"), learned=learned)


# The rule


def test_a_fifth_is_held_out():
    for count in (10, 11, 14, 15, 999):
        assert hold_out(np.zeros(count, np.int64), hashes(count)).sum() == count // 5


def test_at_most_10_000_are_held_out():
    labels = np.arange(60_000) % 10
    assert np.bincount(labels[hold_out(labels, hashes(60_000))]).tolist() == [1000] * 10


def test_each_class_gives_its_share():
    for sizes in ((100, 50, 10), (5, 5, 90), (1000, 3, 7), (33, 33, 34)):
        labels = np.random.default_rng(1).permutation(np.repeat(np.arange(len(sizes)), sizes))
        held_out = np.bincount(labels[hold_out(labels, hashes(len(labels)))], minlength=len(sizes))
        assert held_out.sum() == sum(sizes) // 5
        np.testing.assert_allclose(held_out, np.array(sizes) / 5, atol=1)


def test_classes_of_one_image_each_are_no_obstacle():
    assert hold_out(np.arange(10), hashes(10)).sum() == 2


def test_the_order_of_the_images_does_not_matter():
    labels, keys = np.arange(500) % 7, hashes(500)
    order = np.random.default_rng(2).permutation(500)
    np.testing.assert_array_equal(hold_out(labels[order], keys[order]), hold_out(labels, keys)[order])


@pytest.mark.parametrize("change", [-100, 100])
def test_few_change_sides_when_images_come_or_go(change):
    labels, keys = np.arange(2000) % 4, hashes(2000)
    count = 1000
    before, after = (hold_out(labels[:size], keys[:size]) for size in (count, count + change))
    both = min(count, count + change)
    assert (before[:both] != after[:both]).sum() <= 20  # of 1,000; a permutation would exchange some 300


def test_equal_images_lie_on_one_side():
    keys = np.repeat(hashes(100), 3)
    for labels in (np.zeros(300, np.int64), np.arange(300) % 3):  # equal ones of several classes, too
        is_test = hold_out(labels, keys).reshape(100, 3)
        assert (is_test == is_test[:, :1]).all()
        assert 51 <= is_test.sum() <= 60


def test_one_image_that_is_most_of_all_is_learned():
    keys = np.concatenate((hashes(50), np.zeros(200, np.uint64)))
    is_test = hold_out(np.zeros(250, np.int64), keys)
    assert is_test[:50].sum() == 10
    assert not is_test[50:].any()


def test_of_two_images_that_are_all_one_is_held_out():
    assert hold_out(np.zeros(10, np.int64), np.repeat(hashes(2), [6, 4])).tolist() == [False] * 6 + [True] * 4


# Pages of a file, which are nearly equal


@pytest.mark.parametrize("sizes", [[7] * 30, [100] * 3, [50, 50], [130] * 4 + [1] * 30, [1] * 300 + [20] * 4])
def test_pages_of_a_file_lie_on_one_side(sizes):
    sources = np.repeat(np.arange(len(sizes)), sizes)
    for seed in range(5):
        is_test = hold_out(sources % 3, hashes(len(sources), seed), sources)
        assert not np.isin(sources[is_test], sources[~is_test]).any()
        assert 0.1 <= is_test.mean() <= 0.5


def test_files_that_share_a_page_lie_on_one_side():
    sources = np.repeat(np.arange(60), 5)
    keys = hashes(300)
    keys[::10] = keys[5::10]  # of each two files the first pages are equal
    is_test = hold_out(np.zeros(300, np.int64), keys, sources).reshape(30, 10)
    assert (is_test == is_test[:, :1]).all()
    assert is_test.sum() == 60


@pytest.mark.parametrize("sizes", [[200], [1000, *[1] * 10]])
def test_pages_of_a_file_that_is_most_of_all_are_taken_one_by_one(sizes):
    sources = np.repeat(np.arange(len(sizes)), sizes)
    assert hold_out(sources * 0, hashes(len(sources)), sources).sum() == len(sources) // 5


@pytest.mark.parametrize("measured_on", ["test", "validation"])
def test_animations_are_held_out_as_a_whole(tmp_path, measured_on):
    def save(name, seed, pages):
        first, *others = map(Image.fromarray, noise(pages, seed))
        first.save(tmp_path / "x" / name, save_all=True, append_images=others)

    (tmp_path / "x").mkdir()
    for number in range(15):
        save(f"{number}.tif", number, 4)
    dataset = load(tmp_path / "x", measured_on=measured_on)
    files = [{split.origins[number].file for number in range(len(split))} for split in (dataset.train, dataset.test)]
    assert not files[0] & files[1]
    assert len(dataset.test) == (12 if measured_on == "test" else 4)
    assert not any("pages of one file are" in line for line in dataset.report.converted)

    learned = dataset.fingerprint
    for number in range(15):  # each has two pages more
        save(f"{number}.tif", number, 6)
    later = load_for(tmp_path / "x", learned, measured_on)
    more = [{split.origins[number].file for number in range(len(split))} for split in (later.train, later.test)]
    assert files[0] <= more[0]
    assert not more[0] & more[1]

    for number in range(1, 15):
        (tmp_path / "x" / f"{number}.tif").unlink()
    save("0.tif", 0, 40)
    dataset = load(tmp_path / "x", measured_on=measured_on)
    assert any("pages of one file are training and test images" in line for line in dataset.report.converted)


# Hashes


def test_hashes_tell_pixels_and_shape():
    images = noise(50)[:, None]
    found = hashes_of(images)
    assert found.dtype == np.uint64
    assert len(np.unique(found)) == 50
    np.testing.assert_array_equal(hashes_of(images[::-1]), found[::-1])
    assert not np.isin(hashes_of(images.reshape(50, 1, 4, 16)), found).any()
    changed = images.copy()
    changed[:, 0, 7, 7] ^= 1
    assert not np.isin(hashes_of(changed), found).any()


def test_many_large_images_have_the_same_hashes_and_can_be_cancelled():
    images = np.random.default_rng(0).integers(0, 256, (600, 3, 30, 30), np.uint8)
    found = hashes_of(images)
    assert found.tolist() == [int(hashes_of(image[None])[0]) for image in images]
    with pytest.raises(Cancelled):
        hashes_of(images, Progress(is_cancelled=lambda: True))


def test_hashes_are_the_same_in_each_version():
    """They stand in files of models."""
    images = np.arange(128, dtype=np.uint8).reshape(2, 1, 8, 8)
    assert hashes_of(images).tolist() == [4833226680331389851, 2870463550609992795]


# Data sets


@pytest.fixture
def saved(tmp_path):
    def save(images, **others):
        np.savez(tmp_path / "x.npz", images=images, **others)
        return tmp_path / "x.npz"

    return save


def test_hashes_stay_with_their_images(saved):
    dataset = load(saved(noise(100)))
    for split in (dataset.train, dataset.test):
        np.testing.assert_array_equal(split.hashes, hashes_of(split.images))


def test_test_images_that_equal_a_training_image_count_as_training_images(saved):
    images, test = noise(20), noise(12, seed=1)
    test[:3] = images[:3]
    path = saved(noise(1))
    np.savez(path, x_train=images, x_test=test)
    dataset = load(path)
    assert len(dataset.test) == 9
    assert not rows(dataset.train) & rows(dataset.test)
    assert dataset.report.converted == (
        "test images that equal a training image, and count as training images: 3 "
        "(x_test, row 0, x_test, row 1, x_test, row 2)",
    )
    np.savez(path, x_train=images, x_test=images[:12])
    assert not rows(load(path).train) & rows(load(path).test)  # none is left: a fifth is held out


def test_equal_images_alone_are_parted_somehow(saved):
    assert len(load(saved(np.zeros((20, SIDE, SIDE), np.uint8))).test) == 4


def test_validation_images_hardly_change_either(saved):
    before = load(saved(noise(600)), measured_on="validation")
    assert len(before.test) == 480 // 12
    after = load(saved(np.delete(noise(600), slice(0, 20), axis=0)), measured_on="validation")
    assert len(rows(before.test) & rows(after.test)) > 30


# For a model that has learned some of them


def test_no_image_that_was_learned_is_ever_tested_on(saved):
    """Whatever comes and goes, and in whatever order the images lie."""
    images = noise(400)
    for measured_on in ("test", "validation"):
        first = load(saved(images[:200]), measured_on=measured_on)
        learned = first.fingerprint
        random = np.random.default_rng(3)
        shuffled, fewer = random.permutation(400), random.permutation(400)[:250]
        for chosen in (slice(0, 400), slice(100, 400), slice(0, 150), shuffled, fewer):
            path = saved(images[chosen])
            dataset = load_for(path, learned, measured_on)
            assert not rows(dataset.test) & rows(first.train)
            if measured_on == "test":
                there = {image.tobytes() for image in images[chosen][:, None]}
                assert rows(first.test) & there <= rows(dataset.test)
            assert dataset.serves(learned)


def test_nothing_is_forgotten_where_training_goes_on(saved):
    images = noise(400)
    first = load(saved(images[:200]))
    second = load_for(saved(images[100:300]), first.fingerprint)
    third = load_for(saved(images), second.fingerprint)
    assert not rows(third.test) & (rows(first.train) | rows(second.train))


def test_an_image_that_was_learned_is_known_by_its_place_where_its_pixels_changed(saved):
    images = noise(200)
    first = load(saved(images))
    rows_learned = set(first.train.origins.part_of.tolist())
    dataset = load_for(saved(images ^ 1), first.fingerprint)  # as if another library had scaled them
    assert set(dataset.train.origins.part_of.tolist()) == rows_learned
    elsewhere = saved(images).rename(first.config.name + ".npz")
    assert not load_for(elsewhere, first.fingerprint).difference(first.fingerprint)  # the same pixels
    np.savez(elsewhere, images=images ^ 1)
    assert set(load_for(elsewhere, first.fingerprint).train.origins.part_of.tolist()) != rows_learned


def test_a_model_that_has_learned_everything_cannot_be_tested(saved):
    path = saved(noise(100))
    first = load(path)
    np.savez(path, images=first.train.images[:, 0])
    with pytest.raises(DataError, match=r"has learned all images of x\.npz, and there is none left to test it on"):
        load_for(path, first.fingerprint)
    with pytest.raises(DataError, match=r"has learned all training images of x\.npz"):
        load_for(saved(noise(100)), first.fingerprint, "validation")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda images: np.concatenate((images, noise(7, 9))), "new: 7, gone: 0, changed: 0"),
        (lambda images: images[5:], "new: 0, gone: 5, changed: 0"),
        (lambda images: np.concatenate((images[:1] ^ 255, images[1:])), "new: 1, gone: 1, changed: 0"),
        (lambda images: images ^ 1, "new: 0, gone: 0, changed: 100"),
        (lambda images: images[::-1], ""),
    ],
)
def test_the_difference_is_told_in_numbers(saved, change, words):
    images = noise(100)
    first = load(saved(images))
    difference = load_for(saved(change(images)), first.fingerprint).difference(first.fingerprint)
    assert bool(difference) == bool(words)
    assert words in str(difference)


def test_a_file_with_other_pixels_has_changed(tmp_path):
    fill(tmp_path / "x" / "a", 40)
    first = load(tmp_path / "x")
    fill(tmp_path / "x" / "a", 2, level=200)
    fill(tmp_path / "x" / "b", 3, level=220)
    (tmp_path / "x" / "a" / "39.png").unlink()
    dataset = load_for(tmp_path / "x", first.fingerprint)
    assert dataset.difference(first.fingerprint) == Difference(new=3, gone=1, changed=2)


def test_models_of_earlier_versions_have_the_split_of_then(saved):
    images = np.arange(100, dtype=np.uint8)[:, None, None].repeat(SIDE, 1).repeat(SIDE, 2)
    test = load_for(saved(images), UNKNOWN).test.images[:, 0, 0, 0].tolist()
    assert test == [5, 8, 9, 10, 11, 13, 16, 20, 27, 36, 37, 52, 72, 75, 81, 82, 83, 90, 93, 94]
    assert not load_for(saved(images), UNKNOWN).difference(UNKNOWN)
