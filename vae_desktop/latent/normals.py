"""The KL divergence between two normal distributions in several ways, and formulas of it with a slip."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from vae_desktop.language import N_
from vae_desktop.libraries import load_torch
from vae_desktop.models.losses import kl_divergence
from vae_desktop.seeds import random_numbers

DRAWS = 20_000  # of a Monte-Carlo estimate


class Normal(NamedTuple):
    """A normal distribution of one number; the standard deviation is positive."""

    mean: float
    stddev: float


PRIOR = Normal(0.0, 1.0)


class Estimate(NamedTuple):
    """A Monte-Carlo estimate and its standard error."""

    value: float
    error: float


def kl_terms(p: Normal, q: Normal) -> tuple[float, float, float]:
    """log(σ_Q/σ_P), (σ_P² + (μ_P − μ_Q)²) / (2 σ_Q²) and −½, whose sum is the KL divergence of P from Q, in nats."""
    log_ratio = math.log(q.stddev / p.stddev)
    return log_ratio, (p.stddev**2 + (p.mean - q.mean) ** 2) / (2 * q.stddev**2), -0.5


def kl_by_closed_form(p: Normal) -> float:
    """The KL divergence of P from N(0, 1), in nats, as the loss of a model has it."""
    return float(kl_divergence(np.array([p.mean]), np.array([math.log(p.stddev)]))[0])


def kl_by_torch(p: Normal, q: Normal) -> float:
    """The KL divergence of P from Q, in nats, by torch.distributions."""
    load_torch()
    import torch
    from torch import distributions

    one, other = (distributions.Normal(*torch.tensor(each, dtype=torch.float64)) for each in (p, q))
    return float(distributions.kl_divergence(one, other))


def kl_by_draws(p: Normal, q: Normal, seed: int, draws: int = DRAWS) -> Estimate:
    """The mean of log P(z) − log Q(z) over z drawn from P: what the KL divergence is by its definition."""
    noise = random_numbers(seed, "kl between normals").standard_normal(draws)
    codes = p.mean + p.stddev * noise
    ratios = math.log(q.stddev / p.stddev) + ((codes - q.mean) / q.stddev) ** 2 / 2 - noise**2 / 2
    return Estimate(float(ratios.mean()), float(ratios.std(ddof=1) / math.sqrt(draws)))


def density(normal: Normal, places: np.ndarray) -> np.ndarray:
    """Density of a normal distribution at places (N,)."""
    scaled = (places - normal.mean) / normal.stddev
    return np.exp(-(scaled**2) / 2) / (normal.stddev * math.sqrt(math.tau))


@dataclass(frozen=True)
class Slip:
    """A slip in a formula that is easily made, and what comes of it.

    Attributes
    ----------
    name : str
    title : str
        What was done wrong.
    right, wrong : str
        The formula as it is, and with the slip, in LaTeX.
    why : str
        What comes of it, with the fields `best`, as below, and `least`, the number that is had there.
    compute : callable
        The number with the slip, of a posterior N(μ, σ²).
    best : float
        The σ at which it is smallest; of the right formula it is 1.
    """

    name: str
    title: str
    right: str
    wrong: str
    why: str
    compute: Callable[[Normal], float]
    best: float = 1 / math.sqrt(2)


def _without_half(p: Normal) -> float:
    return p.stddev**2 + p.mean**2 - math.log(p.stddev) - 1


def _mixed(p: Normal) -> float:
    log_stddev = math.log(p.stddev)
    return -0.5 * (1 + log_stddev - p.mean**2 - math.exp(log_stddev) ** 2)


SLIPS = (
    Slip(
        "half",
        N_("½ dropped, log σ for log σ²"),
        r"\tfrac{1}{2}(\sigma^2 + \mu^2 - \log \sigma^2 - 1)",
        r"\sigma^2 + \mu^2 - \log \sigma - 1",
        N_(
            "It is smallest at σ = {best:.2f} instead of 1, where it is {least:.2f}; a divergence is never negative, "
            "and is 0 only where P is N(0, 1)."
        ),
        _without_half,
    ),
    Slip(
        "mixed",
        N_("log σ² and log σ mixed"),
        r"-\tfrac{1}{2}(1 + 2 \log \sigma - \mu^2 - e^{2 \log \sigma})",
        r"-\tfrac{1}{2}(1 + \log \sigma - \mu^2 - (e^{\log \sigma})^2)",
        N_(
            "The 2 before log σ is lost: training would draw every σ to {best:.2f} instead of 1, where it says "
            "{least:.2f} nats."
        ),
        _mixed,
    ),
)


def least_with(slip: Slip) -> float:
    """The smallest number that the formula with a slip gives."""
    return slip.compute(Normal(0.0, slip.best))


class MeanOverPixels(NamedTuple):
    """What the mean over pixels in place of the sum does to a loss, with its two terms weighted alike.

    Attributes
    ----------
    right, wrong : float
        The loss.
    right_share, wrong_share : float
        The KL divergence's part of it, 0 to 1.
    """

    right: float
    wrong: float
    right_share: float
    wrong_share: float


def mean_over_pixels(error: float, divergence: float, pixels: int) -> MeanOverPixels:
    """Compare Σ + KL with Σ/D + KL, of an error summed over D pixels: the KL divergence weighs D times as much."""
    right, wrong = error + divergence, error / pixels + divergence
    return MeanOverPixels(right, wrong, divergence / right, divergence / wrong)
