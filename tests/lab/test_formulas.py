"""The checks of chapter 8: wrong states are rejected with what is missing, and the answer is the window's."""

import math
from dataclasses import replace

import numpy as np
import pytest

from tests.lab.facts import image, is_answered, is_missing, model
from vae_desktop.lab.seen import Normals, Seen
from vae_desktop.latent.normals import SLIPS, Normal, kl_by_closed_form

PRIOR = (0.0, 1.0)
CODED = replace(image(error=20.0), kl=5.0)
STRIP = Seen(model=model(), tool="drawing", shows_formulas=True, image=CODED)


def opened(p=PRIOR, q=PRIOR, slip="", **facts):
    """The window with P and Q, and with the numbers of a slip."""
    kl, numbers = kl_by_closed_form(Normal(*p)), {}
    for each in SLIPS:
        if each.name == slip:
            numbers = {"right": kl, "wrong": each.compute(Normal(*p))}
    return Seen(normals=Normals(p, q, kl, slip, **{**numbers, **facts}))


NO_WINDOW, PLAIN = Seen(model=model()), opened()
REJECTED = [
    ("terms_of_image", "no_model", Seen()),
    ("terms_of_image", "no_kl", replace(STRIP, model=model("ae"))),
    ("terms_of_image", "no_formulas", replace(STRIP, shows_formulas=False)),
    ("terms_of_image", "no_formulas", replace(STRIP, workspace="comparison")),
    ("terms_of_image", "no_image", replace(STRIP, image=None)),
    ("terms_of_image", "no_error", replace(STRIP, image=replace(CODED, error=None))),
    ("narrower_posterior", "no_window", NO_WINDOW),
    ("narrower_posterior", "other_q", opened((1.0, 0.5), (0.0, 2.0))),
    ("narrower_posterior", "other_p", opened((1.0, 1.0))),
    ("narrower_posterior", "other_p", opened((0.0, 0.5))),
    ("least_with_half", "no_window", NO_WINDOW),
    ("least_with_half", "no_slip", PLAIN),
    ("least_with_half", "no_slip", opened((0.0, 0.7), slip="mixed")),
    ("least_with_half", "not_least", opened((0.0, 1.0), slip="half")),
    ("least_with_half", "not_least", opened((0.5, 0.7), slip="half")),
    ("below_zero_when_mixed", "no_window", NO_WINDOW),
    ("below_zero_when_mixed", "no_slip", opened((0.0, 0.5), slip="half")),
    ("below_zero_when_mixed", "not_narrow", opened((0.0, 1.0), slip="mixed")),
    ("below_zero_when_mixed", "not_narrow", opened((1.0, 0.5), slip="mixed")),
    ("mean_over_pixels", "no_window", NO_WINDOW),
    ("mean_over_pixels", "no_slip", opened(slip="half")),
    ("mean_over_pixels", "unknown", opened(slip="pixels")),
]
ACCEPTED = [
    ("terms_of_image", "error_leads", 0, STRIP),
    ("terms_of_image", "alike", 1, replace(STRIP, image=replace(CODED, kl=19.0))),
    ("terms_of_image", "kl_leads", 2, replace(STRIP, image=replace(CODED, kl=40.0))),
    ("narrower_posterior", "grown", 0, opened((1.0, 0.5))),
    ("narrower_posterior", "not_grown", 1, Seen(normals=Normals((1.0, 0.5), PRIOR, 0.5))),
    ("least_with_half", "least", 0, opened((0.0, 0.7), slip="half")),
    ("below_zero_when_mixed", "negative", 2, opened((0.0, 0.5), slip="mixed")),
    ("below_zero_when_mixed", "positive", 2, opened((0.0, 0.2), slip="mixed")),
    ("mean_over_pixels", "all_of_it", 2, opened(slip="pixels", shares=(0.2, 0.995))),
    ("mean_over_pixels", "more_of_it", 1, opened(slip="pixels", shares=(0.2, 0.8))),
    ("mean_over_pixels", "more_of_it", 0, opened(slip="pixels", shares=(0.2, 0.21))),
]


@pytest.mark.parametrize(("check", "key", "now"), REJECTED)
def test_what_is_missing_is_said(check, key, now):
    assert is_missing(check, key, now)


@pytest.mark.parametrize(("check", "key", "choice", "now"), ACCEPTED)
def test_the_answer_is_that_of_the_window(check, key, choice, now):
    assert is_answered(check, key, choice, now)


def test_the_divergence_that_the_step_names_is_right():
    assert kl_by_closed_form(Normal(1.0, 1.0)) == pytest.approx(0.5)


def test_where_the_mixed_line_says_more_than_nothing_it_is_still_wrong():
    for sigma in np.linspace(0.1, 0.75, 14):
        wrong, right = SLIPS[1].compute(Normal(0.0, float(sigma))), kl_by_closed_form(Normal(0.0, float(sigma)))
        assert right - wrong == pytest.approx(-math.log(sigma) / 2)
