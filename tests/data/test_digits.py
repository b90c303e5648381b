from pathlib import Path

import numpy as np
import pytest

from vae_desktop.config import DatasetConfig
from vae_desktop.data.dataset import Dataset, resize
from vae_desktop.data.load import load_dataset, load_digits


@pytest.fixture(scope="module")
def digits() -> Dataset:
    return load_digits(DatasetConfig("digits"))


def _rows(images: np.ndarray) -> set[bytes]:
    return {image.tobytes() for image in images}


def test_all_digits_are_there_at_28_pixels(digits):
    assert digits.image_shape == (1, 28, 28)
    assert len(digits.train) + len(digits.test) == 1797
    for split in (digits.train, digits.test):
        assert split.images.dtype == np.uint8
        assert split.images.shape == (len(split), 1, 28, 28)
        assert split.images.flags.c_contiguous
        assert split.images.min() == 0
        assert split.images.max() == 255


def test_labels_name_the_classes(digits):
    assert digits.class_names == tuple("0123456789")
    for split in (digits.train, digits.test):
        assert split.labels.shape == (len(split),)
        assert set(split.labels) == set(range(10))


def test_eight_pixels_are_the_original_values_scaled():
    from sklearn.datasets import load_digits as load_bundled

    small = load_digits(DatasetConfig("digits", image_size=8))
    bundled = np.round(load_bundled().images * 255 / 16).astype(np.uint8)

    assert small.image_shape == (1, 8, 8)
    # Every original is in exactly one of the splits: as multisets, they are the bundled images.
    both = np.concatenate([small.train.images, small.test.images])[:, 0]
    np.testing.assert_array_equal(_sorted(both), _sorted(bundled))


def _sorted(images: np.ndarray) -> np.ndarray:
    flat = images.reshape(len(images), -1)
    return flat[np.lexsort(flat.T)]


def test_labels_belong_to_their_images():
    from sklearn.datasets import load_digits as load_bundled

    bundled = load_bundled()
    scaled = np.round(bundled.images * 255 / 16).astype(np.uint8)
    labels = {image.tobytes(): label for image, label in zip(scaled, bundled.target, strict=True)}
    small = load_digits(DatasetConfig("digits", image_size=8))
    for split in (small.train, small.test):
        assert [labels[image.tobytes()] for image in split.images] == split.labels.tolist()


def test_split_is_stratified_and_disjoint(digits):
    assert len(digits.test) == 360
    shares = np.bincount(digits.test.labels) / np.bincount(np.concatenate([digits.train.labels, digits.test.labels]))
    np.testing.assert_allclose(shares, 0.2, atol=0.01)
    assert not _rows(digits.train.images) & _rows(digits.test.images)


def test_split_is_the_same_each_time(digits):
    np.random.seed(1)  # noqa: NPY002 - the split must not follow the global generator
    again = load_digits(DatasetConfig("digits"))
    np.testing.assert_array_equal(again.train.images, digits.train.images)
    np.testing.assert_array_equal(again.test.labels, digits.test.labels)


def test_holding_images_out_leaves_those_for_the_next_load_as_they_are():
    config = DatasetConfig("digits", image_size=8, measured_on="validation")
    first = load_dataset(config, Path("no data folder"))
    before = first.train.images.copy(), first.test.images.copy()
    again = load_dataset(config, Path("no data folder"))
    np.testing.assert_array_equal(again.train.images, before[0])
    np.testing.assert_array_equal(again.test.images, before[1])
    np.testing.assert_array_equal(again.train.labels, first.train.labels)


@pytest.mark.parametrize("side", [8, 20, 28, 64])
def test_resizing_keeps_the_full_frame(side):
    left_half = np.zeros((1, 1, 16, 16), np.uint8)
    left_half[..., :8] = 255
    resized = resize(left_half, side)[0, 0].astype(int)

    assert resized.shape == (side, side)
    assert (resized[:, 0] == 255).all()
    assert (resized[:, -1] == 0).all()
    assert (resized == resized[0]).all()
    # Half of the light is kept and the edge stays in the middle: left and right mirror each other.
    np.testing.assert_allclose(resized + resized[:, ::-1], 255, atol=1)


def test_resizing_commutes_with_flips():
    images = np.random.default_rng(0).integers(0, 256, (3, 2, 8, 8), np.uint8)
    for axis in (-1, -2):
        flipped = resize(np.ascontiguousarray(np.flip(images, axis)), 28)
        np.testing.assert_allclose(flipped.astype(int), np.flip(resize(images, 28), axis), atol=1)


def test_shrinking_averages_over_the_pixels_covered():
    checkered = (np.indices((32, 32)).sum(0) % 2 * 255).astype(np.uint8)[None, None]
    inner = resize(checkered, 8)[0, 0, 1:-1, 1:-1].astype(int)
    np.testing.assert_allclose(inner, 127.5, atol=3)


def test_resizing_keeps_order_and_channels_apart():
    levels = np.arange(6, dtype=np.uint8).reshape(3, 2, 1, 1) * 40
    resized = resize(np.tile(levels, (1, 1, 8, 8)), 12)
    np.testing.assert_array_equal(resized, np.tile(levels, (1, 1, 12, 12)))


def test_no_size_leaves_images_alone():
    images = np.zeros((2, 1, 5, 7), np.uint8)
    assert resize(images, None) is images
