"""The images that are nearest to a picture, against a table of all differences."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import vae_desktop
from vae_desktop.latent import one_image as module
from vae_desktop.latent.one_image import nearest_images, typical_distance

SHAPE = (3, 4, 5)


def noise(count, seed=0, shape=SHAPE):
    return np.random.default_rng(seed).integers(0, 256, (count, *shape), np.uint8)


def flat(*levels):
    """Images of one pixel."""
    return np.array(levels, np.uint8).reshape(-1, 1, 1, 1)


def table(pictures, images):
    """Squared distances (M, N), in pixels from 0 to 1."""
    return np.square((pictures[:, None].astype(float) - images[None]) / 255).sum((2, 3, 4))


def search(pictures, images, count):
    *_, found = nearest_images(pictures, images, count)
    return found


def assert_nearest(found, pictures, images, count):
    expected = table(pictures, images)
    order = expected.argsort(1)[:, :count]
    assert [near.indices.tolist() for near in found] == order.tolist()
    for near, places, squared in zip(found, order, expected, strict=True):
        assert near.squared == pytest.approx(squared[places], rel=1e-4)


@pytest.mark.parametrize("shape", [SHAPE, (1, 8, 8), (1, 6, 10)])
def test_the_nearest_come_first(shape):
    pictures, images = noise(4, seed=1, shape=shape), noise(50, shape=shape)
    assert_nearest(search(pictures, images, 7), pictures, images, 7)


@pytest.mark.parametrize(("numbers", "parts"), [(1, 50), (150, 25), (60 * 7, 8), (60 * 50, 1)])
def test_it_makes_no_difference_how_many_are_looked_at_at_a_time(monkeypatch, numbers, parts):
    monkeypatch.setattr(module, "NUMBERS", numbers)
    pictures, images = noise(4, seed=1), noise(50)
    *before, found = nearest_images(pictures, images, 7)
    assert before == [[]] * parts
    assert_nearest(found, pictures, images, 7)


def test_of_fewer_images_than_are_asked_for_all_are_found():
    pictures, images = noise(2, seed=1), noise(3)
    assert_nearest(search(pictures, images, 12), pictures, images, 3)


@pytest.mark.parametrize("shape", [SHAPE, (1, 28, 28), (3, 64, 64)])
def test_an_exact_copy_is_at_distance_0(shape):
    images = noise(30, shape=shape)
    found = search(images[10:20], images, 2)
    assert [near.indices[0] for near in found] == list(range(10, 20))
    assert [near.squared[0] for near in found] == [0] * 10


@pytest.mark.parametrize("shape", [SHAPE, (1, 28, 28), (3, 64, 64)])
def test_an_exact_copy_comes_before_images_that_are_nearly_one(shape):
    images = np.full((40, *shape), 255, np.uint8)
    images[:, 0, 0, 0] = np.arange(40)
    assert [near.indices[0] for near in search(images, images, 3)] == list(range(40))


@pytest.mark.parametrize("numbers", [1, 60 * 7, 2_000_000])
def test_of_images_at_the_same_distance_the_first_come_first(monkeypatch, numbers):
    monkeypatch.setattr(module, "NUMBERS", numbers)
    pictures, images = flat(100, 0), flat(*[101, 99, 100, 99, 101] * 20)
    near, far = search(pictures, images, 40)
    assert near.indices.tolist() == [*range(2, 100, 5), *sorted({*range(100)} - {*range(2, 100, 5)})[:20]]
    assert far.indices.tolist() == [*sorted([*range(1, 100, 5), *range(3, 100, 5)])]


SEARCH_MANY = """
import numpy as np
from pathlib import Path
from vae_desktop.latent.one_image import nearest_images

def kilobytes(key):
    return next(int(line.split()[1]) for line in Path("/proc/self/status").open() if line.startswith(key))

images = np.random.default_rng(0).integers(0, 256, (400_000, 1, 4, 4), np.uint8)
for _ in nearest_images(images[:100], images[:1000], 5):  # all libraries are loaded
    pass
before = kilobytes("VmRSS:")
*_, found = nearest_images(images[:100], images, 5)
assert [near.indices[0] for near in found] == list(range(100))
print(kilobytes("VmHWM:") - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads what Linux says of a process's memory")
def test_the_memory_it_takes_does_not_grow_with_the_images():
    environment = {**os.environ, "PYTHONPATH": str(Path(vae_desktop.__file__).parent.parent)}
    done = subprocess.run([sys.executable, "-c", SEARCH_MANY], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) < 300_000  # kB; a table of all distances takes 320,000, and to sort it as much again


# How far is usual


def test_it_is_the_median_of_the_distances_from_the_nearest():
    test, train = flat(0, 51, 204), flat(0, 102, 255)
    (*parts, value) = typical_distance(test, train)
    assert parts == [None]
    assert value == pytest.approx(0.2**2, abs=1e-6)  # of 0, 0.2 and 0.2, squared


def test_of_an_even_number_of_images_it_is_the_middle_of_two():
    *_, value = typical_distance(flat(0, 255), flat(0, 204))
    assert value == pytest.approx(0.2**2 / 2, abs=1e-6)


@pytest.mark.parametrize("numbers", [1, 2_000_000])
def test_the_nearest_may_lie_in_any_part(monkeypatch, numbers):
    monkeypatch.setattr(module, "NUMBERS", numbers)
    test, train = noise(31, seed=1), noise(20)
    *_, value = typical_distance(test, train)
    assert value == pytest.approx(np.median(table(test, train).min(1)), rel=1e-4)


@pytest.mark.parametrize("count", [150, 199, 299, 1000])
def test_of_many_test_images_those_at_the_end_count_as_much_as_those_at_the_beginning(count):
    test = flat(*np.where(np.arange(count) < 0.45 * count, 0, 255))  # most of them, the later ones, are far
    *_, value = typical_distance(test, flat(0))
    assert value == pytest.approx(1)
