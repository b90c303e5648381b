"""How much memory reading takes: that of the images, and a working part that does not grow with them."""

import os
import struct
import tracemalloc
from functools import cache

import numpy as np
import pytest
from PIL import Image

from tests.data.custom_images import load
from vae_desktop.data.custom import image_file
from vae_desktop.data.custom.conversion import Canvas
from vae_desktop.errors import DataError
from vae_desktop.libraries import load_torch

COUNT, SIDE = 30_000, 96
LABELS = np.arange(COUNT) % 10


@cache
def noise():
    """31 MB of images, not made before a test needs them."""
    return np.random.default_rng(0).integers(0, 256, (COUNT, 32, 32), np.uint8)


def as_npy(folder):
    np.save(folder / "x.npy", noise())
    return folder / "x.npy"


def as_colour(folder):
    np.save(folder / "x.npy", noise().reshape(-1, 3, 32, 32))
    return folder / "x.npy"


def as_floats(folder):
    np.save(folder / "x.npy", (noise() / np.float32(255)).astype(np.float32))
    return folder / "x.npy"


def as_npz_with_labels(folder):
    np.savez(folder / "x.npz", images=noise(), labels=LABELS)
    return folder / "x.npz"


def as_npz_with_a_split(folder):
    half = COUNT // 2
    train, test = noise()[:half], noise()[half:]
    np.savez(folder / "x.npz", x_train=train, y_train=LABELS[:half], x_test=test, y_test=LABELS[half:])
    return folder / "x.npz"


def as_idx(folder):
    path = folder / "x-idx3-ubyte"
    path.write_bytes(bytes((0, 0, 8, 3)) + struct.pack(">3I", *noise().shape) + noise().tobytes())
    return path


def as_mat(folder):
    load_torch()  # before SciPy
    from scipy.io import savemat

    savemat(folder / "x.mat", {"X": np.moveaxis(noise().reshape(-1, 32, 32, 3), 0, -1)})
    return folder / "x.mat"


def as_folder(folder):
    return _folder(folder, np.random.default_rng(0).integers(0, 256, (900, SIDE, SIDE, 3), np.uint8))


def as_folder_with_broken_files(folder):
    root = as_folder(folder)
    for path in sorted(root.rglob("*.bmp"))[::50]:  # their headers are whole
        os.truncate(path, 200)
    return root


def as_folder_of_grey_in_rgb(folder):
    grey = np.random.default_rng(0).integers(0, 256, (1200, SIDE, SIDE, 1), np.uint8)
    return _folder(folder, np.broadcast_to(grey, (*grey.shape[:3], 3)))


def _folder(folder, images):
    for number, image in enumerate(images):
        path = folder / "pictures" / str(number % 3) / f"{number}.bmp"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.ascontiguousarray(image)).save(path)
    return folder / "pictures"


SOURCES = [
    as_npy,
    as_colour,
    as_floats,
    as_npz_with_labels,
    as_npz_with_a_split,
    as_idx,
    as_mat,
    as_folder,
    as_folder_with_broken_files,
    as_folder_of_grey_in_rgb,
]


@pytest.fixture
def traced():
    """The most that was in use at a time since the call before, in bytes."""

    def peak():
        highest = tracemalloc.get_traced_memory()[1]
        tracemalloc.reset_peak()
        return highest

    image_file.prepare()
    tracemalloc.start()
    yield peak
    tracemalloc.stop()


@pytest.mark.parametrize(("source", "measured_on"), [*((source, "test") for source in SOURCES), (as_npy, "validation")])
def test_reading_takes_little_more_than_the_images(tmp_path, traced, source, measured_on):
    path = source(tmp_path)
    before = tracemalloc.get_traced_memory()[0]
    traced()
    dataset = load(path, measured_on=measured_on)
    peak = traced() - before
    whole = dataset.train.images.nbytes + dataset.test.images.nbytes
    if measured_on == "validation":
        whole = whole * 5 // 4  # the test images were read too
    working = (40 << 20) if source is as_floats else (12 << 20)
    assert whole > 10_000_000
    assert peak < 1.22 * whole + working  # a fifth for the images that are held out, while the others move up


# What is moved comes to the right place


@pytest.mark.parametrize("bytes_together", [1, 3 * 81, 1 << 22])
@pytest.mark.parametrize("measured_on", ["test", "validation"])
def test_images_keep_their_labels_and_their_order_when_they_move(tmp_path, monkeypatch, bytes_together, measured_on):
    monkeypatch.setattr("vae_desktop.data.dataset.MOVED_TOGETHER", bytes_together)
    images = np.broadcast_to(np.arange(200, dtype=np.uint8)[:, None, None], (200, 9, 9))
    np.savez(tmp_path / "x.npz", images=images, labels=np.arange(200) % 7)
    dataset = load(tmp_path / "x.npz", measured_on=measured_on)
    for split in (dataset.train, dataset.test):
        levels = split.images[:, 0, 0, 0].astype(int)
        assert (split.images == split.images[:, :, :1, :1]).all()
        assert (levels % 7 == split.labels).all()
        assert (np.diff(levels) > 0).all()
        assert split.images.flags.c_contiguous
    both = np.concatenate([dataset.train.images, dataset.test.images])[:, 0, 0, 0]
    assert len(set(both.tolist())) == len(both) == (200 if measured_on == "test" else 160)


@pytest.mark.parametrize("is_first", [True, False])
def test_a_part_for_the_test_that_lies_together_stays_where_it_is(tmp_path, is_first):
    for name, first in (("test", 0 if is_first else 60), ("train", 60)):
        folder = tmp_path / "x" / ("val" if not is_first and name == "test" else name)
        folder.mkdir(parents=True)
        for number in range(20):
            Image.fromarray(np.full((9, 9), first + number + (100 if name == "test" else 0), np.uint8)).save(
                folder / f"{number}.png"
            )
    dataset = load(tmp_path / "x")
    assert dataset.train.images[:, 0, 0, 0].tolist() == list(range(60, 80))
    first = 100 if is_first else 160
    assert dataset.test.images[:, 0, 0, 0].tolist() == list(range(first, first + 20))


# Colour that comes late


@pytest.mark.parametrize("place", [0, 7, 19])
def test_grey_images_are_kept_when_one_with_colour_comes(place):
    canvas = Canvas(20, 2, "auto", may_have_colour=True)
    for number in range(20):
        if number != place:
            canvas.put(number, np.full((1, 2, 2), 10 * number, np.uint8))
    canvas.put(place, np.array([1, 2, 3], np.uint8) * np.ones((1, 2, 2, 1), np.uint8))
    images = canvas.finish()
    assert images.shape == (20, 3, 2, 2)
    assert images[place, :, 0, 0].tolist() == [1, 2, 3]
    others = [number for number in range(20) if number != place]
    assert (images[others] == np.array(others)[:, None, None, None] * 10).all()


def test_images_for_which_there_is_no_memory_are_refused(tmp_path, monkeypatch):
    np.save(tmp_path / "x.npy", noise()[:20])
    empty = np.empty

    def scarce(shape, *rest, **more):
        if shape == (20, 1, 64, 64):
            raise MemoryError
        return empty(shape, *rest, **more)

    monkeypatch.setattr(np, "empty", scarce)
    with pytest.raises(DataError, match=r"do not fit into memory: 20 of 64 × 64 pixels take 81\.92 kB"):
        load(tmp_path / "x.npy", image_size=64)
