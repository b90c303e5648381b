"""Ways through a latent space."""

import numpy as np
import pytest

from vae_desktop.latent.path import Path


def anchors(*rows):
    return np.array(rows, np.float32)


def speeds(path, count):
    return np.linalg.norm(np.diff(path.codes(count), axis=0), axis=1)


def test_a_straight_way_goes_evenly_from_anchor_to_anchor():
    path = Path(anchors((0, 0), (3, 4), (3, 14)))
    assert path.length == pytest.approx(15)
    codes = path.codes(16)
    assert codes[0].tolist() == [0, 0]
    assert codes[5] == pytest.approx([3, 4])
    assert codes[-1] == pytest.approx([3, 14])
    assert speeds(path, 16) == pytest.approx(np.ones(15), abs=1e-5)


def test_a_spherical_way_keeps_the_distance_from_the_middle():
    path = Path(anchors((2, 0, 0), (0, 2, 0), (0, 0, 2)), "spherical")
    assert np.linalg.norm(path.codes(41), axis=1) == pytest.approx(np.full(41, 2), abs=1e-5)
    assert path.length == pytest.approx(2 * np.pi, rel=1e-3)
    assert path.at(0.25) == pytest.approx([2**0.5, 2**0.5, 0], abs=1e-3)


def test_a_spherical_way_between_distances_goes_over_all_of_them():
    path = Path(anchors((1, 0), (0, 3)), "spherical")
    norms = np.linalg.norm(path.codes(50), axis=1)
    assert (np.diff(norms) > 0).all()
    assert norms[[0, -1]] == pytest.approx([1, 3], abs=1e-5)
    steps = speeds(path, 50)
    assert steps.max() < 1.05 * steps.min()


@pytest.mark.parametrize("ends", [((1, 0), (-1, 0)), ((0, 0), (1, 2)), ((1, 1), (3, 3)), ((1, 2), (1, 2))])
def test_where_no_turn_is_defined_the_way_is_straight(ends):
    spherical, straight = Path(anchors(*ends), "spherical"), Path(anchors(*ends))
    assert spherical.codes(9) == pytest.approx(straight.codes(9), abs=1e-5)


def test_a_loop_comes_back_and_shows_no_code_twice():
    path = Path(anchors((0, 0), (1, 0), (1, 1), (0, 1)), is_loop=True)
    codes = path.codes(8)
    assert path.length == pytest.approx(4)
    assert codes[[0, 2, 4, 6]] == pytest.approx(path.anchors, abs=1e-6)
    assert codes[7] == pytest.approx([0, 0.5])
    assert path.at(1.0) == pytest.approx([0, 0], abs=1e-6)


@pytest.mark.parametrize("shape", ["straight", "spherical"])
def test_anchors_that_are_all_the_same_are_no_error(shape):
    path = Path(anchors((1, 2), (1, 2), (1, 2)), shape)
    assert path.codes(5).tolist() == [[1, 2]] * 5


def test_one_dimension():
    assert Path(anchors((-1,), (1,)), "spherical").codes(3).tolist() == [[-1], [0], [1]]


def test_the_outline_passes_through_every_anchor():
    path = Path(anchors((1, 0), (0, 2), (-3, 1)), "spherical", is_loop=True)
    outline = path.outline()
    for anchor in path.anchors:
        assert np.abs(outline - anchor).max(1).min() < 1e-5
    assert outline[0] == pytest.approx(outline[-1])
