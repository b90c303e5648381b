"""The KL divergence of two normal distributions in four ways, and formulas with a slip against what is said of them."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vae_desktop.latent.normals import (
    PRIOR,
    SLIPS,
    Normal,
    density,
    kl_by_closed_form,
    kl_by_draws,
    kl_by_torch,
    kl_terms,
    least_with,
    mean_over_pixels,
)

normals = st.builds(Normal, st.floats(-5, 5), st.floats(0.05, 5))


@given(normals, normals)
def test_the_general_formula_is_that_of_torch(p, q):
    assert sum(kl_terms(p, q)) == pytest.approx(kl_by_torch(p, q), rel=1e-9, abs=1e-9)


@given(normals)
def test_the_closed_form_is_the_general_one_against_the_prior(p):
    assert kl_by_closed_form(p) == pytest.approx(sum(kl_terms(p, PRIOR)), rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("p", [Normal(0, 1), Normal(2, 0.3), Normal(-1, 1.7)])
@pytest.mark.parametrize("q", [PRIOR, Normal(0.5, 2.0), Normal(-1, 0.8)])
def test_draws_come_to_it_within_their_standard_error(p, q):
    estimates = [kl_by_draws(p, q, seed) for seed in range(40)]
    exact = sum(kl_terms(p, q))
    for found in estimates[:3]:
        assert found.value == pytest.approx(exact, abs=5 * found.error + 1e-9)
    spread = np.std([found.value for found in estimates])
    assert np.mean([found.error for found in estimates]) == pytest.approx(spread, rel=0.4, abs=1e-9)


def test_the_same_seed_draws_the_same():
    p = Normal(1, 0.5)
    assert kl_by_draws(p, PRIOR, 3) == kl_by_draws(p, PRIOR, 3) != kl_by_draws(p, PRIOR, 4)


def test_it_is_zero_for_equal_ones_alone():
    assert sum(kl_terms(Normal(1, 2), Normal(1, 2))) == 0
    assert sum(kl_terms(Normal(1, 2), Normal(1, 2.1))) > 0


@given(normals)
def test_a_density_is_that_of_the_distribution(p):
    places = np.linspace(p.mean - 10 * p.stddev, p.mean + 10 * p.stddev, 2001)
    values = density(p, places)
    assert values.sum() * (places[1] - places[0]) == pytest.approx(1, abs=1e-6)
    assert places[values.argmax()] == pytest.approx(p.mean, abs=p.stddev / 50)


@pytest.mark.parametrize("slip", SLIPS, ids=lambda slip: slip.name)
def test_a_slip_has_its_least_where_it_is_said_and_below_zero(slip):
    sigmas = np.linspace(0.05, 3, 5901)
    found = [slip.compute(Normal(0, float(sigma))) for sigma in sigmas]
    assert sigmas[int(np.argmin(found))] == pytest.approx(slip.best, abs=1e-3)
    assert min(found) == pytest.approx(least_with(slip), abs=1e-5)
    assert least_with(slip) < -0.05
    assert slip.compute(Normal(1, 0.5)) != pytest.approx(kl_by_closed_form(Normal(1, 0.5)), abs=0.1)
    assert slip.why.format(best=slip.best, least=least_with(slip))


def test_the_slips_are_those_of_the_note():
    half, mixed = SLIPS
    assert half.compute(Normal(1, 2)) == pytest.approx(4 + 1 - math.log(2) - 1)
    assert mixed.compute(Normal(1, 2)) == pytest.approx(-0.5 * (1 + math.log(2) - 1 - 4))


def test_a_mean_over_pixels_lets_the_divergence_weigh_as_many_times_more():
    found = mean_over_pixels(20.0, 5.0, 784)
    assert found.right == 25
    assert found.right_share == pytest.approx(0.2)
    assert found.wrong == pytest.approx(20 / 784 + 5)
    weighed = 784 * found.wrong
    assert weighed == pytest.approx(20 + 784 * 5)
    assert found.wrong_share == pytest.approx(784 * 5 / weighed)
