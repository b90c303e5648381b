"""Where a grid's places lie, and the order in which it is filled."""

from statistics import NormalDist

import numpy as np
import pytest

from vae_desktop.latent.grid import coarse_first, evenly, grid_positions, quantiles

SIZES = [(40, 40), (5, 5), (7, 1), (1, 1), (1, 33), (17, 40)]


@pytest.mark.parametrize("count", [1, 2, 5, 40])
def test_quantiles_halve_equal_shares_of_the_normal(count):
    shares = [NormalDist().cdf(place) for place in quantiles(count).tolist()]
    assert shares == pytest.approx((np.arange(count) + 0.5) / count, abs=1e-6)


@pytest.mark.parametrize("count", [1, 2, 5, 40])
def test_quantiles_are_ascending_and_symmetric(count):
    places = quantiles(count)
    assert (places.shape, places.dtype) == ((count,), np.float32)
    assert (np.diff(places) > 0).all()
    assert places == pytest.approx(-places[::-1], abs=1e-6)


def test_even_places_are_the_middles_of_equal_parts():
    places = evenly(4, -1.0, 7.0)
    assert places.dtype == np.float32
    assert places.tolist() == [0, 2, 4, 6]
    assert evenly(1, -3.0, 1.0).tolist() == [-1]


def test_places_are_read_from_the_top_left():
    places = grid_positions(np.array([1, 2, 3], np.float32), np.array([-5, 5], np.float32))
    assert places.dtype == np.float32
    assert places.tolist() == [[1, 5], [2, 5], [3, 5], [1, -5], [2, -5], [3, -5]]


def test_without_rows_places_are_numbers():
    assert grid_positions(np.array([1, 2, 3], np.float32), None).tolist() == [[1], [2], [3]]


@pytest.mark.parametrize(("columns", "rows"), SIZES)
def test_every_place_is_added_once(columns, rows):
    added = np.concatenate([new for new, _ in coarse_first(columns, rows)])
    assert sorted(added.tolist()) == list(range(columns * rows))


@pytest.mark.parametrize(("columns", "rows"), SIZES)
def test_only_known_places_stand_for_others(columns, rows):
    known = set()
    for new, source in coarse_first(columns, rows):
        known |= set(new.tolist())
        assert len(source) == columns * rows
        assert set(source.tolist()) <= known


@pytest.mark.parametrize(("columns", "rows"), SIZES)
def test_in_the_end_each_place_stands_for_itself(columns, rows):
    _, source = coarse_first(columns, rows)[-1]
    assert source.tolist() == list(range(columns * rows))


@pytest.mark.parametrize(("columns", "rows"), SIZES)
def test_a_known_place_stands_for_itself_and_others_have_one_near(columns, rows):
    for stage, (_, source) in enumerate(reversed(coarse_first(columns, rows))):
        places = np.arange(columns * rows)
        down, right = places // columns - source // columns, places % columns - source % columns
        for distance in (down, right):
            assert distance.min() >= 0
            assert distance.max() < 2**stage
        assert (source[source] == source).all()


def test_a_large_grid_is_filled_in_stages_twice_as_fine_each():
    assert [len(new) for new, _ in coarse_first(40, 40)] == [10**2, 20**2 - 10**2, 40**2 - 20**2]


@pytest.mark.parametrize(("columns", "rows"), [(5, 5), (7, 1), (15, 15), (1, 15)])
def test_a_small_grid_is_filled_at_once(columns, rows):
    assert len(coarse_first(columns, rows)) == 1


def test_the_first_stage_can_be_chosen():
    new, _ = coarse_first(12, 6, finest=3)[0]
    assert new.tolist() == [0, 4, 8, 48, 52, 56]
