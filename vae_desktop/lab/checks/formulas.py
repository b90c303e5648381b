"""Chapter 8: one image's loss number by number, and the KL divergence with the slips that are easily made."""

from __future__ import annotations

import math

from vae_desktop.lab.outcome import Check, Outcome
from vae_desktop.lab.seen import Normals, Seen
from vae_desktop.language import tr
from vae_desktop.latent.normals import SLIPS, Normal, kl_by_closed_form, least_with

_NEAR = 0.05  # of a mean or a standard deviation that is asked for
_ALIKE = 1.25  # times as large: terms below that are about the same
_LEAST = 0.01  # nats above the smallest number, where one stands at it
_NARROW = 0.75  # a standard deviation below which a slip is plain to see


def terms_of_image(now: Seen, before: Seen) -> Outcome:
    """Which of the two terms of one image's loss is the larger one?"""
    if now.model is None:
        return Outcome("no_model")
    traits = now.model.config.model.traits
    if not traits.is_variational:
        return Outcome("no_kl", numbers={"kind": tr(traits.short)})
    if not now.shows_formulas or now.workspace != "playground":
        return Outcome("no_formulas")
    if now.image is None or now.image.kl is None:
        return Outcome("no_image")
    if now.image.error is None:
        return Outcome("no_error")
    error, divergence = now.image.error, now.image.kl
    numbers = {"error": error, "kl": divergence, "dimensions": len(now.image.mean)}
    if max(error, divergence) < _ALIKE * max(min(error, divergence), 1e-9):
        return Outcome("alike", True, numbers, 1)
    return Outcome("error_leads", True, numbers, 0) if error > divergence else Outcome("kl_leads", True, numbers, 2)


def narrower_posterior(now: Seen, before: Seen) -> Outcome:
    """Does the KL divergence grow or shrink when P becomes half as wide?"""
    window = now.normals
    if window is None:
        return Outcome("no_window")
    if not _is_near(window.q, (0.0, 1.0)):
        return Outcome("other_q", numbers={"mean": window.q[0], "stddev": window.q[1]})
    if not _is_near(window.p, (1.0, 0.5)):
        return Outcome("other_p", numbers={"mean": window.p[0], "stddev": window.p[1], "kl": window.kl})
    first = kl_by_closed_form(Normal(window.p[0], 1.0))
    numbers = {"kl": window.kl, "first": first, "ratio": window.kl / first}
    choice = 0 if window.kl > _ALIKE * first else 1 if window.kl > first / _ALIKE else 2
    return Outcome("grown" if choice == 0 else "not_grown", True, numbers, choice)


def least_with_half(now: Seen, before: Seen) -> Outcome:
    """At which σ is the formula without the ½ smallest?"""
    window = _with_slip(now, "half")
    if isinstance(window, Outcome):
        return window
    if window.wrong is None or window.right is None or window.wrong > least_with(SLIPS[0]) + _LEAST:
        return Outcome("not_least", numbers={"wrong": window.wrong or 0.0, "stddev": window.p[1]})
    stddev = window.p[1]
    numbers = {"stddev": stddev, "wrong": window.wrong, "right": window.right}
    choice = 0 if stddev < 1 - 2 * _NEAR else 1 if stddev < 1 + 2 * _NEAR else 2
    return Outcome("least", True, numbers, choice)


def below_zero_when_mixed(now: Seen, before: Seen) -> Outcome:
    """What does the code say of a narrow posterior where log σ² and log σ are mixed?"""
    window = _with_slip(now, "mixed")
    if isinstance(window, Outcome):
        return window
    if window.wrong is None or window.right is None or abs(window.p[0]) > _NEAR or window.p[1] > _NARROW:
        return Outcome("not_narrow", numbers={"mean": window.p[0], "stddev": window.p[1]})
    numbers = {"stddev": window.p[1], "wrong": window.wrong, "right": window.right}
    is_close = math.isclose(window.wrong, window.right, abs_tol=0.1)
    choice = 1 if is_close else 2 if window.wrong < window.right else 0
    return Outcome("negative" if window.wrong < 0 else "positive", True, numbers, choice)


def mean_over_pixels(now: Seen, before: Seen) -> Outcome:
    """What part of the loss is the KL divergence with a mean over pixels?"""
    window = _with_slip(now, "pixels")
    if isinstance(window, Outcome):
        return window
    if window.shares is None:
        return Outcome("unknown")
    summed, averaged = window.shares
    choice = 0 if averaged < _ALIKE * summed else 2 if averaged > 0.9 else 1
    return Outcome("all_of_it" if choice == 2 else "more_of_it", True, {"sum": summed, "mean": averaged}, choice)


def _with_slip(now: Seen, slip: str) -> Normals | Outcome:
    """The window with a slip switched in, or what is missing."""
    if now.normals is None:
        return Outcome("no_window")
    return now.normals if now.normals.slip == slip else Outcome("no_slip")


def _is_near(one: tuple[float, float], other: tuple[float, float]) -> bool:
    return all(abs(each - wanted) <= _NEAR for each, wanted in zip(one, other, strict=True))


CHECKS: tuple[Check, ...] = (
    terms_of_image,
    narrower_posterior,
    least_with_half,
    below_zero_when_mixed,
    mean_over_pixels,
)
