"""Neighbourhoods that stay neighbourhoods, on the way to a map and at its end."""

from itertools import pairwise

import numpy as np
import pytest

from vae_desktop.errors import Cancelled, UserError
from vae_desktop.latent.tsne import neighbour_map
from vae_desktop.progress import Progress


@pytest.fixture(scope="module")
def clusters():
    """Two far clusters of 25 codes each in five dimensions."""
    codes = np.random.default_rng(0).normal(size=(50, 5)).astype(np.float32)
    codes[25:, 2] += 60
    return codes


@pytest.fixture(scope="module")
def told():
    """What was said while the map was made: how far, and the places by then."""
    return {"progress": [], "places": []}


@pytest.fixture(scope="module")
def mapped(clusters, told):
    return neighbour_map(
        clusters,
        progress=Progress(lambda done, total: told["progress"].append((done, total))),
        found=told["places"].append,
    )


@pytest.fixture
def few():
    return np.random.default_rng(1).normal(size=(10, 3)).astype(np.float32)


def test_far_clusters_stay_apart(mapped):
    parts = np.split(mapped, 2)
    widest = max(np.linalg.norm(part - part.mean(0), axis=1).max() for part in parts)
    assert np.linalg.norm(parts[0].mean(0) - parts[1].mean(0)) > 2 * widest


def test_the_progress_goes_on_to_the_end(mapped, told):
    done = [done for done, _ in told["progress"]]
    totals = {total for _, total in told["progress"]}
    assert len(totals) == 1
    assert done[0] == 0
    assert done == sorted(set(done))
    assert done[-1] == totals.pop()


def test_places_are_told_as_they_form(clusters, mapped, told):
    assert len(told["places"]) == len(told["progress"]) - 1
    assert {(places.shape, places.dtype) for places in told["places"]} == {((50, 2), np.dtype(np.float32))}
    assert all((one != other).any() for one, other in pairwise(told["places"]))
    assert told["places"][-1] == pytest.approx(mapped, abs=0.5)


def test_equal_codes_give_equal_maps(few):
    first = neighbour_map(few)
    assert (first.shape, first.dtype) == ((10, 2), np.float32)
    assert np.isfinite(first).all()
    assert (first == neighbour_map(few)).all()


def test_the_fewest_codes_can_be_mapped(few):
    found = neighbour_map(few[:4])
    assert np.isfinite(found).all()
    assert len(np.unique(found, axis=0)) == 4


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_codes_that_are_not_finite_have_no_place(few, value):
    broken = np.insert(few, [0, 4, 10], value, axis=0)
    kept = np.isfinite(broken).all(1)
    places = []
    found = neighbour_map(broken, found=places.append)
    assert kept.sum() == 10
    for some in (found, places[0], places[-1]):
        assert np.isnan(some[~kept]).all()
        assert np.isfinite(some[kept]).all()
    assert (found[kept] == neighbour_map(few)).all()


@pytest.mark.parametrize("count", [0, 1, 3])
def test_too_few_codes_are_said_so(few, count):
    broken = np.concatenate((few[:count], np.full((5, 3), np.nan, np.float32)))
    with pytest.raises(UserError, match=rf"^t-SNE needs at least 4 codes, and there are {count}\. Choose"):
        neighbour_map(broken)


def test_codes_on_one_point_are_said_so():
    with pytest.raises(UserError, match=r"^All codes lie on one point: t-SNE has nothing to lay out\."):
        neighbour_map(np.full((20, 3), 0.7, np.float32))


@pytest.mark.parametrize("reports", [1, 3, 40])
def test_it_can_be_cancelled(few, reports):
    places = []
    with pytest.raises(Cancelled):
        neighbour_map(few, progress=Progress(is_cancelled=lambda: len(places) >= reports), found=places.append)
    assert len(places) == reports
