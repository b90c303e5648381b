"""The density of places against one summed kernel by kernel."""

import numpy as np
import pytest
from scipy.stats import gaussian_kde

from vae_desktop.latent.grid import density

LOW, HIGH = (-4.0, -8.0), (4.0, 8.0)


@pytest.fixture
def places():
    """Two clumps and their mirror images: x and y do not go together, as the estimate takes it."""
    random = np.random.default_rng(0)
    clump = random.normal(size=(400, 2)) * [0.4, 1] + [1.2, 2]
    right = np.concatenate((clump, clump * [0.5, -1]))
    return np.concatenate((right, right * [-1, 1])).astype(np.float32)


def centres(shape):
    return [low + (np.arange(n) + 0.5) * (high - low) / n for low, high, n in zip(LOW, HIGH, shape, strict=True)]


def test_it_is_the_kernel_estimate_with_scotts_bandwidth(places):
    found = density(places, LOW, HIGH, (60, 80))
    x, y = np.meshgrid(*centres((60, 80)), indexing="ij")
    expected = gaussian_kde(places.T.astype(np.float64))(np.stack((x.ravel(), y.ravel()))).reshape(60, 80)
    assert (found.shape, found.dtype) == ((60, 80), np.float32)
    assert found == pytest.approx(expected / expected.max(), abs=0.02)
    assert expected.min() / expected.max() < 0.01


def test_columns_come_first_and_rows_ascend():
    found = density(np.array([[3.9, -7.9]], np.float32), LOW, HIGH, (8, 4))
    assert np.unravel_index(found.argmax(), found.shape) == (7, 0)


def test_the_densest_cell_has_one(places):
    found = density(places, LOW, HIGH, (30, 30))
    assert found.max() == 1
    assert found.min() >= 0


def test_a_single_place_is_a_spot_of_about_a_cell():
    found = density(np.array([[0.1, 0.1]], np.float32), (-2.0, -2.0), (2.0, 2.0), (4, 4))
    assert found[2, 2] == 1
    assert found[1, 2] == found[2, 1] == pytest.approx(np.exp(-2), abs=1e-6)
    assert found[0, 2] < 0.001


def test_more_places_in_a_cell_make_it_denser():
    places = np.array([[-3, 0]] * 3 + [[3, 0]], np.float32)
    found = density(places, LOW, HIGH, (80, 4))
    assert found[10].max() == 1
    assert 0.3 < found[70].max() < 0.4


def test_a_few_far_away_in_sight_do_not_blur_the_others():
    cloud = np.random.default_rng(0).normal(scale=4, size=(2000, 2))
    far = [[190, 190], [-190, 190], [190, -190]]
    found, alone = (
        density(some.astype(np.float32), (-200, -200), (200, 200), (200, 200))
        for some in (np.concatenate((cloud, far)), cloud)
    )
    assert np.abs(found - alone).max() < 0.05
    assert found[195, 195] > 0


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_places_that_are_not_finite_do_not_count(places, value):
    broken = np.concatenate((places, [[value, 0], [0, value], [value, value]])).astype(np.float32)
    assert (density(broken, LOW, HIGH, (20, 30)) == density(places, LOW, HIGH, (20, 30))).all()


def test_places_outside_do_not_count(places):
    outside = np.array([[1000, 0], [0, -1000], [-4.1, 0], [0, 8.1], [3e38, 0], [0, -3e38]], np.float32)
    found = density(np.concatenate((places, outside)), LOW, HIGH, (20, 30))
    assert found == pytest.approx(density(places, LOW, HIGH, (20, 30)), abs=1e-6)


@pytest.mark.parametrize(
    "places",
    [np.zeros((0, 2), np.float32), np.full((3, 2), np.nan, np.float32), np.full((3, 2), 100, np.float32)],
    ids=["none", "not finite", "outside"],
)
def test_with_nothing_to_show_it_is_nowhere_dense(places):
    found = density(places, LOW, HIGH, (5, 6))
    assert found.tolist() == np.zeros((5, 6)).tolist()
