"""Test images that nearly equal a training image are found, whatever was done to them on the way."""

import io

import numpy as np
import pytest
from PIL import Image

from tests.data.custom_images import load
from vae_desktop.config import DatasetConfig
from vae_desktop.data.dataset import Dataset, Split
from vae_desktop.data.duplicates import find_lookalikes, in_words, near_duplicates
from vae_desktop.errors import Cancelled
from vae_desktop.progress import Progress

RANDOM = np.random.default_rng(0)


def blurred(count, channels=1, side=24):
    """Images of soft random shapes, none like another."""
    coarse = RANDOM.integers(0, 256, (count, channels, 6, 6), np.uint8)
    enlarged = [
        np.stack([np.asarray(Image.fromarray(part).resize((side, side), Image.Resampling.BICUBIC)) for part in image])
        for image in coarse
    ]
    return np.array(enlarged)


def jpeg(image):
    target = io.BytesIO()
    pixels = image[0] if len(image) == 1 else np.moveaxis(image, 0, -1)
    Image.fromarray(pixels).save(target, "JPEG", quality=60)
    return np.atleast_3d(np.asarray(Image.open(target))).transpose(2, 0, 1)


def noisy(image):
    return np.clip(image + RANDOM.normal(0, 4, image.shape), 0, 255).astype(np.uint8)


def brighter(image):
    return (image * 0.8 + 30).astype(np.uint8)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("change", [jpeg, noisy, brighter, np.array])
def test_copies_are_found_and_nothing_else(channels, change):
    train, test = blurred(300, channels), blurred(60, channels)
    copied = {number: 4 * number for number in range(0, 60, 3)}
    for number, other in copied.items():
        test[number] = change(train[other])
    pairs = near_duplicates(Dataset(DatasetConfig("/x"), Split(train, None), Split(test, None), ()))
    assert {pair.test: pair.train for pair in pairs} == copied
    likeness = [pair.likeness for pair in pairs]
    assert likeness == sorted(likeness, reverse=True)
    assert min(likeness) > 0.95


def test_images_of_one_shade_are_compared_by_it():
    train, test = blurred(50), blurred(20)
    train[3], train[4], test[5], test[6] = 40, 90, 41, 60
    (pair,) = near_duplicates(Dataset(DatasetConfig("/x"), Split(train, None), Split(test, None), ()))
    assert (pair.test, pair.train, pair.likeness) == (5, 3, 1.0)


@pytest.mark.parametrize("channels", [1, 3])
def test_copies_are_found_in_whichever_part_they_lie(channels):
    train, test = blurred(200, channels), blurred(50, channels)
    train[7] = jpeg(train[3])
    train[9] = train[8]
    test[5], test[6], train[20] = noisy(train[10]), brighter(train[10]), train[10]
    dataset = Dataset(DatasetConfig("/x"), Split(train, None), Split(test, None), ())
    lookalikes = find_lookalikes(dataset)
    groups = [sorted(group) for group in lookalikes.groups]
    assert sorted(groups) == [[5, 6, 60, 70], [53, 57], [58, 59]]
    assert groups[-1] != [58, 59]  # the most alike come first
    assert lookalikes.of(58) == [(59, 1.0)]
    assert [other for other, _ in lookalikes.of(53)] == [57]
    assert lookalikes.of(0) == []


def test_an_image_without_a_copy_is_in_no_group():
    images = blurred(60)
    lookalikes = find_lookalikes(Dataset(DatasetConfig("/x"), Split(images[:40], None), Split(images[40:], None), ()))
    assert lookalikes.groups == []


@pytest.mark.parametrize("side", [3, 8, 9, 30])
def test_any_size_will_do(side):
    train = RANDOM.integers(0, 256, (40, 1, side, side + 1), np.uint8)
    pairs = near_duplicates(Dataset(DatasetConfig("/x"), Split(train, None), Split(train[:4] ^ 1, None), ()))
    assert {pair.test: pair.train for pair in pairs} == {number: number for number in range(4)}


def test_they_are_said_with_their_files(tmp_path):
    images = blurred(60)[:, 0]
    for part, chosen in (("train", images[:40]), ("test", images[40:])):
        (tmp_path / "x" / part).mkdir(parents=True)
        for number, image in enumerate(chosen):
            Image.fromarray(image).save(tmp_path / "x" / part / f"{number}.png")
    Image.fromarray(jpeg(images[7][None])[0]).save(tmp_path / "x" / "test" / "3.png")
    dataset = load(tmp_path / "x")
    sentence, lines = in_words(near_duplicates(dataset), dataset)
    assert sentence.startswith("1 of 20 test images nearly equals a training image")
    assert lines == ["test/3.png ~ train/7.png"]
    assert in_words([], dataset) == ("None of 20 test images nearly equals a training image.", [])


def test_it_can_be_cancelled():
    images = blurred(20)
    dataset = Dataset(DatasetConfig("/x"), Split(images, None), Split(images, None), ())
    for find in (near_duplicates, find_lookalikes):
        with pytest.raises(Cancelled):
            find(dataset, Progress(is_cancelled=lambda: True))
