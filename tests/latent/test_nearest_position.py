"""The nearest of many positions against distances taken one by one."""

import math

import numpy as np
import pytest

from vae_desktop.latent.plane import nearest_position, searchable


@pytest.fixture
def random():
    return np.random.default_rng(0)


def check(points, places, reaches):
    """Compare with looking at all points; return how often there was one."""
    columns = searchable(points)
    hits = 0
    for place, reach in zip(places, reaches, strict=True):
        distances = np.sqrt(((points.astype(np.float64) - place) ** 2).sum(1))
        nearest = np.nanmin(distances, initial=np.inf)
        found = nearest_position(columns, tuple(place), reach)
        assert (found is None) == (not np.isfinite(nearest) or nearest > reach)
        if found is not None:
            assert distances[found] == nearest
            hits += 1
    return hits


@pytest.mark.parametrize("count", [1, 2, 3, 10, 500, 5000])
def test_it_is_the_nearest_of_all(random, count):
    points = (random.normal(size=(count, 2)) * [3, 0.2] + [50, -1]).astype(np.float32)
    places = random.normal(size=(200, 2)) * [4, 0.4] + [50, -1]
    assert 0 < check(points, places, 10 ** random.uniform(-3, 1, 200)) < 200


@pytest.mark.parametrize("count", [1, 500])
def test_with_no_bound_there_always_is_one(random, count):
    points = random.normal(size=(count, 2)).astype(np.float32)
    places = random.normal(scale=5, size=(50, 2))
    assert check(points, places, [math.inf] * 50) == 50


def test_far_outside_there_is_one_only_with_a_long_reach(random):
    points = random.normal(size=(300, 2)).astype(np.float32)
    places = [(1e6, 0), (-1e6, 0), (0, 1e6), (0, -1e6), (1e6, -1e6)]
    assert check(points, places, [1e5] * 5) == 0
    assert check(points, places, [2e6] * 5) == 5


def test_a_place_on_a_point_finds_it_without_any_reach(random):
    points = random.normal(size=(400, 2)).astype(np.float32)
    columns = searchable(points)
    assert [nearest_position(columns, tuple(point), 0.0) for point in points.tolist()] == list(range(400))


def test_one_far_off_does_not_hide_the_others(random):
    points = random.normal(size=(1000, 2)).astype(np.float32)
    points[500] = 1e6
    assert check(points, random.normal(size=(100, 2)), [0.1] * 100) > 50
    assert nearest_position(searchable(points), (1e6, 1e6), 1.0) == 500


@pytest.mark.parametrize("axis", [0, 1])
def test_points_on_a_line_along_an_axis(random, axis):
    points = random.normal(size=(600, 2)).astype(np.float32)
    points[:, axis] = 2.5
    places = random.normal(size=(100, 2))
    places[:, axis] = 2.5 + random.normal(scale=0.05, size=100)
    assert 0 < check(points, places, [0.03] * 100) < 100


def test_without_points_there_is_none():
    columns = searchable(np.zeros((0, 2), np.float32))
    assert nearest_position(columns, (0.0, 0.0), 1.0) is None
    assert nearest_position(columns, (0.0, 0.0), math.inf) is None


def test_of_equal_points_any_is_found():
    columns = searchable(np.full((1000, 2), 3.25, np.float32))
    assert nearest_position(columns, (3.25, 3.25), 0.0) in range(1000)
    assert nearest_position(columns, (3.0, 3.25), 0.25) in range(1000)
    assert nearest_position(columns, (4.0, 3.25), math.inf) in range(1000)
    assert nearest_position(columns, (3.0, 3.25), 0.2499) is None


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_points_that_are_not_finite_are_never_found(random, value):
    points = random.normal(size=(300, 2)).astype(np.float32)
    points[::2, 0] = value
    points[1::6, 1] = value
    columns = searchable(points)
    finite = np.flatnonzero(np.isfinite(points).all(1))
    for place in random.normal(scale=2, size=(100, 2)):
        nearest = finite[((points[finite] - place) ** 2).sum(1).argmin()]
        assert nearest_position(columns, tuple(place), math.inf) == nearest
    assert nearest_position(searchable(points[::2]), (0.0, 0.0), math.inf) is None
