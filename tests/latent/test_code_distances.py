"""Distances from the data against differences taken one by one."""

import numpy as np
import pytest

from vae_desktop.latent import code_distances as module
from vae_desktop.latent.code_distances import code_distances, fraction_missing, median_neighbour_distance, places
from vae_desktop.latent.codes import Codes, Place


@pytest.fixture
def random():
    return np.random.default_rng(0)


def posteriors(random, count, latent_dim):
    mean = random.normal(size=(count, latent_dim)) * 3 + 1
    log_stddev = random.normal(loc=-2, size=(count, latent_dim))
    return Codes(mean.astype(np.float32), log_stddev.astype(np.float32), None)


def point_codes(mean):
    return Codes(np.asarray(mean, np.float32), None, None)


def distances(points, codes):
    return np.concatenate(list(code_distances(np.asarray(points, np.float32), codes)))


def median_spacing(means):
    """The unit that distances from codes without σ have: that of a point which is 1000 away from the nearest."""
    beside = means[means[:, 0].argmax()] + np.float32([1000] + [0] * (means.shape[1] - 1))
    return np.sqrt(((means.astype(np.float64) - beside) ** 2).sum(1)).min() / distances([beside], point_codes(means))[0]


def nearest_neighbours(means):
    """Distance of each code from the nearest other one."""
    means = means.astype(np.float64)
    result = []
    for place, code in enumerate(means):
        squared = ((means - code) ** 2).sum(1)
        squared[place] = np.inf
        result.append(np.sqrt(squared.min()))
    return np.array(result)


@pytest.mark.parametrize("latent_dim", [1, 2, 5, 32])
def test_of_posteriors_it_is_in_the_nearest_codes_own_sigma(random, latent_dim):
    codes = posteriors(random, 300, latent_dim)
    points = random.normal(scale=4, size=(60, latent_dim)).astype(np.float32)
    mean, stddev = codes.mean.astype(np.float64), np.exp(codes.log_stddev.astype(np.float64))
    expected = [np.sqrt((((place - mean) / stddev) ** 2).sum(1)).min() for place in points.astype(np.float64)]
    found = distances(points, codes)
    assert found.dtype == np.float32
    assert found == pytest.approx(expected, rel=1e-5, abs=1e-4)


@pytest.mark.parametrize("latent_dim", [1, 2, 5, 32])
def test_of_points_it_is_in_the_median_distance_between_neighbours(random, latent_dim):
    codes = point_codes(random.normal(scale=3, size=(301, latent_dim)))
    points = random.normal(scale=4, size=(60, latent_dim)).astype(np.float32)
    unit = np.median(nearest_neighbours(codes.mean))
    expected = [np.sqrt(((place - codes.mean.astype(np.float64)) ** 2).sum(1)).min() for place in points]
    assert distances(points, codes) == pytest.approx(np.array(expected) / unit, rel=1e-3, abs=1e-3)


def test_work_in_parts_gives_the_same(random, monkeypatch):
    codes = posteriors(random, 100, 3)
    points = random.normal(scale=4, size=(25, 3)).astype(np.float32)
    whole = distances(points, codes)
    monkeypatch.setattr(module, "PRODUCTS", 700)
    parts = list(code_distances(points, codes))
    assert [len(part) for part in parts] == [7, 7, 7, 4]
    assert np.concatenate(parts) == pytest.approx(whole, rel=1e-6)


def test_one_sigma_from_a_lone_code_is_one():
    codes = Codes(np.array([[2, -1]], np.float32), np.log(np.array([[0.5, 3]], np.float32)), None)
    points = [[2.5, -1], [1.5, -1], [2, 2], [2, -4], [3, -1], [2.5, 2]]
    assert distances(points, codes) == pytest.approx([1, 1, 1, 1, 2, np.sqrt(2)], rel=1e-5)


@pytest.mark.parametrize("latent_dim", [1, 2, 32])
def test_on_a_code_it_is_nothing(random, latent_dim):
    codes = posteriors(random, 200, latent_dim)
    assert distances(codes.mean, codes) == pytest.approx(0, abs=1e-4)
    assert distances(codes.mean, point_codes(codes.mean)) == pytest.approx(0, abs=1e-3)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("has_sigma", [True, False])
def test_codes_that_are_not_finite_do_not_count(random, value, has_sigma):
    codes = posteriors(random, 90, 2)
    if not has_sigma:
        codes = point_codes(codes.mean)
    kept = np.arange(90) % 3 > 0
    broken = codes.mean.copy()
    broken[~kept, 1] = value
    points = random.normal(scale=4, size=(30, 2))
    log_stddev = codes.log_stddev
    expected = distances(points, Codes(codes.mean[kept], None if log_stddev is None else log_stddev[kept], None))
    assert distances(points, Codes(broken, log_stddev, None)) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_codes_whose_sigma_is_not_finite_do_not_count(random, value):
    codes = posteriors(random, 90, 2)
    kept = np.arange(90) % 3 > 0
    log_stddev = codes.log_stddev.copy()
    log_stddev[~kept, 1] = value
    points = random.normal(scale=4, size=(30, 2))
    expected = distances(points, Codes(codes.mean[kept], codes.log_stddev[kept], None))
    assert distances(points, Codes(codes.mean, log_stddev, None)) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("count", [0, 4])
@pytest.mark.parametrize("has_sigma", [True, False])
def test_without_codes_all_is_infinitely_far(count, has_sigma):
    mean = np.full((count, 2), np.nan, np.float32)
    codes = Codes(mean, np.zeros_like(mean) if has_sigma else None, None)
    assert distances(np.zeros((3, 2)), codes).tolist() == [np.inf] * 3


def test_a_lone_point_or_equal_ones_have_the_axes_unit():
    assert distances([[3, 4]], point_codes([[0, 0]])) == pytest.approx([5])
    assert distances([[3, 4]], point_codes([[0, 0]] * 20)) == pytest.approx([5])


@pytest.mark.parametrize("latent_dim", [1, 2, 8])
def test_spacing_is_the_median_distance_between_neighbours(random, latent_dim):
    means = random.normal(size=(201, latent_dim)).astype(np.float32)
    assert median_spacing(means) == pytest.approx(np.median(nearest_neighbours(means)), rel=1e-3)


def test_spacing_of_many_codes_is_that_of_an_even_choice(random):
    means = random.normal(size=(1497, 2)).astype(np.float32)
    assert median_spacing(means) == pytest.approx(np.median(nearest_neighbours(means)[::3]), rel=1e-3)


def test_spacing_is_right_for_dense_clumps_that_are_far_apart(random):
    clumps = np.array([[40, 0], [-40, 10], [0, -40]])
    means = (clumps[np.arange(999) % 3] + random.normal(scale=0.02, size=(999, 2))).astype(np.float32)
    assert median_spacing(means) == pytest.approx(np.median(nearest_neighbours(means)[::2]), rel=1e-3)


@pytest.mark.parametrize("count", [3, 40, 1300])
def test_codes_are_so_far_from_one_another_in_the_median(count):
    random = np.random.default_rng(0)
    codes = Codes(normal(random, count, 5), normal(random, count, 5, 0.1), None)
    asked = codes.mean[:: max(1, -(-count // 500))]
    points = np.arange(count)[:: max(1, -(-count // 500))]
    nearest = []
    for place, code in zip(points, asked, strict=True):
        distances = np.sqrt((((code - codes.mean) / np.exp(codes.log_stddev)) ** 2).sum(1))
        nearest.append(np.delete(distances, place).min())
    assert list(median_neighbour_distance(codes))[-1] == pytest.approx(np.median(nearest), rel=1e-3)


def test_codes_of_an_autoencoder_are_one_spacing_from_one_another():
    means = normal(np.random.default_rng(1), 200, 3)
    assert list(median_neighbour_distance(Codes(means, None, None)))[-1] == pytest.approx(1)


def test_a_single_code_is_far_from_others_that_are_not_there():
    lone = Codes(np.zeros((1, 2), np.float32), np.zeros((1, 2), np.float32), None)
    assert list(median_neighbour_distance(lone))[-1] == np.inf


def normal(random, count, dimensions, scale=1.0):
    return (scale * random.standard_normal((count, dimensions))).astype(np.float32)


def missing(means, log_stddev=None):
    return [part for part in fraction_missing(Codes(means, log_stddev, None)) if part is not None][-1]


def test_random_codes_miss_codes_that_lie_elsewhere_and_no_others():
    random = np.random.default_rng(1)
    means = random.standard_normal((1000, 5)).astype(np.float32)
    assert missing(means) < 0.15
    assert missing(means + 6) > 0.9
    assert missing(6 * np.sign(means)) > 0.9  # clusters around the middle
    wide = random.standard_normal((1000, 20)).astype(np.float32)
    assert missing(wide) < 0.15
    assert missing(6 * wide) > 0.9  # its middle is empty
    # Posteriors of N(0, I) leave nothing to miss, though their means lie on one point.
    assert missing(np.zeros_like(means), np.zeros_like(means)) < 0.15
    assert missing(np.zeros_like(means), np.full_like(means, -5)) > 0.9
    assert not list(fraction_missing(Codes(means[:1], None, None)))


def test_points_off_the_codes_lie_inside_them_outside_or_in_a_hole():
    random = np.random.default_rng(1)
    directions = random.standard_normal((2000, 2))
    ring = directions / np.linalg.norm(directions, axis=1, keepdims=True) * random.uniform(3, 4, (2000, 1))
    ring = ring[np.abs(np.arctan2(ring[:, 1], ring[:, 0])) > 0.5]  # it is open at the right
    points = np.float32([[0, 0], [-9, 0], [3.5, 0], [-3.5, 0]])
    found = [part for part in places(points, point_codes(ring)) if part is not None][-1]
    assert found.tolist() == [Place.INSIDE, Place.OUTSIDE, Place.HOLE, Place.AMONG]


def test_random_codes_miss_a_wide_cloud_of_many_dimensions_in_its_middle():
    means = 4 * np.random.default_rng(1).standard_normal((2000, 20)).astype(np.float32)
    assert missing(means) > 0.9
