"""The learning rate and β over a run."""

import pytest

from vae_desktop.models.snapshot import Span
from vae_desktop.training.schedule import rate_factor, warm_up_factor

SPAN = Span(100, 1100, 50)


def test_a_constant_rate_is_constant():
    assert {rate_factor("constant", step, SPAN) for step in (100, 400, 1099, 5000)} == {1.0}


def test_one_cycle_rises_and_falls():
    factors = [rate_factor("one-cycle", step, SPAN) for step in range(100, 1101)]
    top = factors.index(max(factors))
    assert (factors[0], max(factors), factors[-1]) == (pytest.approx(0.04), 1.0, pytest.approx(0))
    assert top == 100
    assert factors[: top + 1] == sorted(factors[: top + 1])
    assert factors[top:] == sorted(factors[top:], reverse=True)


@pytest.mark.parametrize("step", [0, 1100, 10_000])
def test_outside_its_span_it_is_at_one_of_its_ends(step):
    assert rate_factor("one-cycle", step, SPAN) in (pytest.approx(0.04), pytest.approx(0))


def test_warm_up_is_linear_in_epochs_from_the_models_first_step():
    assert [warm_up_factor(4, step, SPAN) for step in (0, 50, 100, 200, 300)] == [0, 0.25, 0.5, 1, 1]
    assert warm_up_factor(0, 0, SPAN) == 1
