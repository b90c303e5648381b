"""Flat views of a latent space against matrices written out, scikit-learn's PCA and samples."""

import numpy as np
import pytest
from sklearn.decomposition import PCA

from vae_desktop.latent import plane as plane_module
from vae_desktop.latent.plane import Plane, axis_plane, principal_plane, prior_mass


@pytest.fixture
def random():
    return np.random.default_rng(0)


@pytest.fixture
def means(random):
    """Codes in five dimensions far from 0, whose spread differs from direction to direction."""
    mixing = random.normal(size=(5, 5)) * [4, 2, 1, 0.5, 0.1]
    return (random.normal(size=(400, 5)) @ mixing.T + [10, -4, 7, 0, 2]).astype(np.float32)


@pytest.fixture
def slanted(random):
    """A plane along no axis."""
    basis = np.linalg.qr(random.normal(size=(5, 2)))[0].T
    return Plane(basis.astype(np.float32), ["a", "b"])


@pytest.fixture(params=["axis", "axes", "slanted"])
def plane(request, slanted):
    return {"axis": axis_plane((3,), 5), "axes": axis_plane((4, 1), 5), "slanted": slanted}[request.param]


def test_along_axes_it_shows_these_coordinates(means):
    plane = axis_plane((3, 0), 5)
    assert (plane.project(means) == means[:, [3, 0]]).all()
    assert plane.labels == ["z₃", "z₀"]
    assert plane.latent_dim == 5


def test_one_axis_is_a_line(means):
    plane = axis_plane((2,), 5)
    assert (plane.project(means) == means[:, [2]]).all()
    assert plane.labels == ["z₂"]


def test_a_lifted_code_lies_at_the_asked_place(plane, means, random):
    places = random.normal(scale=3, size=(20, len(plane.basis))).astype(np.float32)
    lifted = plane.unproject(places, means[0])
    assert lifted.dtype == np.float32
    assert plane.project(lifted) == pytest.approx(places, abs=1e-5)


def test_a_lifted_code_differs_only_within_the_plane(plane, means, random):
    places = random.normal(scale=3, size=(20, len(plane.basis))).astype(np.float32)
    moved = plane.unproject(places, means[0]) - means[0]
    across = np.eye(5) - plane.basis.T @ plane.basis
    assert moved @ across == pytest.approx(0, abs=1e-5)
    assert np.abs(moved).max() > 1


def test_along_axes_the_other_coordinates_stay_exactly(means):
    lifted = axis_plane((4, 1), 5).unproject(np.array([[1, 2], [-3, 0]], np.float32), means[0])
    assert (lifted[:, [0, 2, 3]] == means[0, [0, 2, 3]]).all()
    assert lifted[:, [4, 1]] == pytest.approx(np.array([[1, 2], [-3, 0]]), abs=1e-5)


def test_lifting_a_code_to_its_own_place_gives_the_code(plane, means):
    for code in means[:10]:
        assert plane.unproject(plane.project(code[None]), code)[0] == pytest.approx(code, abs=1e-5)


def test_the_covariance_is_that_of_projected_samples(plane, random):
    stddev = np.array([0.5, 2, 1, 0.1, 3], np.float32)
    samples = plane.project((random.normal(size=(50_000, 5)) * stddev).astype(np.float32))
    found = plane.covariance(stddev)
    assert found == pytest.approx(plane.basis @ np.diag(stddev**2) @ plane.basis.T, abs=1e-5)
    assert found == pytest.approx(np.atleast_2d(np.cov(samples.T)), abs=0.2)
    assert found.shape == (len(plane.basis),) * 2


def test_along_axes_one_sigma_is_the_codes_own(means):
    stddev = np.array([0.5, 2, 1, 0.1, 3], np.float32)
    assert axis_plane((4, 1), 5).covariance(stddev) == pytest.approx(np.diag([9, 4]))
    assert axis_plane((3,), 5).covariance(stddev) == pytest.approx(np.array([[0.01]]))


def test_principal_directions_are_scikit_learns(means):
    plane = principal_plane(means)
    reference = PCA(2).fit(means.astype(np.float64))
    signs = np.sign((plane.basis * reference.components_).sum(1, keepdims=True))
    assert plane.basis == pytest.approx(reference.components_ * signs, abs=1e-5)
    assert plane.labels == [f"PC {n} ({share:.0%})" for n, share in enumerate(reference.explained_variance_ratio_, 1)]


@pytest.mark.parametrize("latent_dim", [2, 3, 40])
def test_principal_directions_are_orthonormal(random, latent_dim):
    codes = random.normal(size=(30, latent_dim)).astype(np.float32)
    basis = principal_plane(codes).basis
    assert (basis.shape, basis.dtype) == ((2, latent_dim), np.float32)
    assert basis @ basis.T == pytest.approx(np.eye(2), abs=1e-6)


def test_they_stay_orthonormal_where_codes_vary_along_one_line_only():
    codes = np.arange(20, dtype=np.float32)[:, None] * np.array([3, 0, 4], np.float32)
    plane = principal_plane(codes)
    assert np.abs(plane.basis[0]) == pytest.approx([0.6, 0, 0.8], abs=1e-6)
    assert plane.basis @ plane.basis.T == pytest.approx(np.eye(2), abs=1e-6)
    assert plane.labels == ["PC 1 (100%)", "PC 2 (0%)"]


@pytest.mark.parametrize("signs", [(1, 1), (1, -1), (-1, 1), (-1, -1)])
def test_directions_keep_the_signs_that_they_had(means, random, signs):
    first = principal_plane(means)
    before = Plane(first.basis * np.array(signs, np.float32)[:, None], first.labels)
    moved = means + random.normal(scale=0.05, size=means.shape).astype(np.float32)
    after = principal_plane(moved, before)
    assert (after.basis * before.basis).sum(1) == pytest.approx([1, 1], abs=1e-2)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_codes_that_are_not_finite_do_not_count(means, value):
    broken = means.copy()
    broken[::7, 2] = value
    finite = np.delete(means, np.s_[::7], axis=0)
    expected = principal_plane(finite)
    assert principal_plane(broken, expected).basis == pytest.approx(expected.basis, abs=1e-6)


def test_of_very_many_codes_an_even_choice_is_fitted(means, monkeypatch):
    expected = principal_plane(means[::3])
    monkeypatch.setattr(plane_module, "MOST_NUMBERS", means.size * 5 // 3 + 1)
    assert principal_plane(means, expected).basis == pytest.approx(expected.basis, abs=1e-6)


@pytest.mark.parametrize(
    "codes",
    [
        np.full((1000, 3), 0.1, np.float32),
        np.full((7, 3), -12345.678, np.float32),
        np.ones((1, 3), np.float32),
        np.ones((0, 3), np.float32),
        np.full((5, 3), np.nan, np.float32),
        np.array([[1, 2, 3], [np.nan, 0, 0]], np.float32),
    ],
    ids=["constant", "constant and large", "one", "none", "not finite", "one finite"],
)
def test_where_nothing_varies_the_first_axes_are_taken(codes):
    plane = principal_plane(codes)
    assert (plane.basis == [[1, 0, 0], [0, 1, 0]]).all()
    assert plane.labels == ["z₀", "z₁"]


@pytest.mark.parametrize(
    ("radius", "dimensions", "share"),
    [(1, 1, 0.6827), (2, 1, 0.9545), (1, 2, 0.3935), (2, 2, 0.8647), (0, 1, 0), (0, 2, 0), (9, 1, 1), (9, 2, 1)],
)
def test_the_prior_has_the_known_shares_within_a_radius(radius, dimensions, share):
    assert prior_mass(radius, dimensions) == pytest.approx(share, abs=1e-4)


@pytest.mark.parametrize("radius", [0.5, 1, 2, 3])
def test_these_are_the_shares_of_samples_in_any_plane(slanted, random, radius):
    places = slanted.project(random.normal(size=(50_000, 5)).astype(np.float32))
    distances = np.hypot(*places.T)
    assert (distances < radius).mean() == pytest.approx(prior_mass(radius, 2), abs=0.008)
    assert (np.abs(places[:, 0]) < radius).mean() == pytest.approx(prior_mass(radius, 1), abs=0.008)
