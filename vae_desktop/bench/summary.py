"""What many measurements come to in a row."""

import math
import statistics
from collections.abc import Callable

from vae_desktop.bench.probes import Row


def spread(values: list[float]) -> Row:
    """The median of values, the least and the greatest."""
    return {"median": statistics.median(values), "min": min(values), "max": max(values)}


def in_turn(
    repeats: int,
    baseline: Callable[[], float],
    ours: Callable[[], float],
    name: str,
    is_inverse: bool = False,
) -> Row:
    """Measure two things in turn, so that both meet the same moods of the machine.

    Returns
    -------
    dict
        The spread of the ratios of ours to the baseline, or of the baseline to ours if `is_inverse`; the median of the
        baseline, and under `name` that of ours.
    """
    pairs = [(baseline(), ours()) for _ in range(repeats)]
    alone, found = zip(*pairs, strict=True)
    return {
        **spread([first / last if is_inverse else last / first for first, last in pairs]),
        "baseline": statistics.median(alone),
        name: statistics.median(found),
    }


def exponent(times: dict[int, float]) -> float:
    """Slope of log time along log size, by least squares."""
    sizes, durations = map(math.log, times), map(math.log, times.values())
    return float(statistics.linear_regression(list(sizes), list(durations)).slope)
