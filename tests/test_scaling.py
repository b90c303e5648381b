"""What many processes would be worth, by calculation: cases whose answer is known."""

import pytest

from vae_desktop.bench.scaling import (
    BETWEEN,
    COUNTS,
    WITHIN,
    Model,
    all_reduce_seconds,
    buckets,
    report,
    simulated_seconds,
)


def test_a_sum_over_two_processes_passes_all_bytes_once():
    assert all_reduce_seconds(0, 1) == 0
    assert all_reduce_seconds(3_000_000, 2) == pytest.approx(2 * WITHIN.latency + 3_000_000 / WITHIN.bandwidth)


def test_of_much_a_ring_is_quicker_and_of_little_a_tree():
    much, little = 10**9, 1000
    assert all_reduce_seconds(much, 8) == pytest.approx(14 * (WITHIN.latency + much / 8 / WITHIN.bandwidth))
    assert all_reduce_seconds(little, 64) == pytest.approx(12 * BETWEEN.latency + 2 * little / BETWEEN.bandwidth)


def test_gradients_are_sent_in_parts_a_small_one_first():
    parts = buckets([2**19] * 200)
    assert parts[0] == 2**20
    assert set(parts[1:-1]) == {25 * 2**20}
    assert sum(parts) == 200 * 2**19


def test_a_long_step_hides_what_is_sent_and_a_short_one_does_not():
    gradients = (10**6,) * 10
    slow, quick = (Model("", gradients, 8, {1: seconds, 10**6: seconds}) for seconds in (1.0, 1e-6))
    waited = simulated_seconds(slow, 8, 8)
    assert 1 < waited < 1.2  # for the slowest of eight
    assert simulated_seconds(quick, 8, 8) == pytest.approx(
        sum(all_reduce_seconds(part, 8) for part in buckets(gradients)), rel=0.05
    )


def test_a_report_has_a_row_for_each_number_of_processes():
    told = report(Model("", (1000,), 128, {1: 0.01, 128: 0.01}))
    assert [row["processes"] for row in told["rows"]] == list(COUNTS)
    assert told["rows"][-1]["same_batch"] is None  # 128 images are not enough for 1,024 processes
    for row in told["rows"][:-1]:
        assert row["same_batch"]["speed_up"] < 1  # a step takes as long however few its images
        assert row["same_share"]["speed_up"] > 0.8 * row["processes"]
