"""Something that recurs takes no more than its fraction of the time."""

import pytest

from vae_desktop.progress import Pacer


def test_the_first_time_is_at_once():
    assert Pacer(0.1, 0.5).is_due(0.0)


@pytest.mark.parametrize(
    ("cost", "due"),
    [
        (0.0, 10.2),  # costs nothing: the interval
        (0.01, 10.2),  # 5 % of the interval: just within the fraction
        (0.1, 12.0),  # costs a tenth: 5 % of two seconds
    ],
)
def test_the_next_time_is_after_the_interval_and_within_the_fraction(cost, due):
    pacer = Pacer(0.2, 0.05)
    pacer.ran(10.0, 10.0 + cost)
    assert not pacer.is_due(due - 0.001)
    assert pacer.is_due(due + 0.001)


def test_a_task_that_became_cheap_is_due_sooner_again():
    pacer = Pacer(0.1, 0.1)
    pacer.ran(0.0, 1.0)
    assert not pacer.is_due(9.9)
    pacer.ran(10.0, 10.0)
    assert pacer.is_due(10.11)
