"""Chapter 9: what is rejected, what is accepted, and what is said for and against."""

from dataclasses import replace

import numpy as np
import pytest

from tests.lab.facts import found, is_answered, is_missing, model
from vae_desktop.lab.seen import Seen
from vae_desktop.lab.seen_diffusion import Asked, Fitted
from vae_desktop.latent.sample_quality import SampleQuality
from vae_desktop.words.pixels import Drawn, PixelsBesideCodes

FITTED = Fitted(100, 60_000, 20.0)


def fitted(kind="vae", diffusion=FITTED, **facts):
    return model(kind, 20, diffusion=diffusion, **facts)


@pytest.mark.parametrize(
    "check", ["diffusion_fitted", "prior_beside_diffusion", "asked_by_words", "guidance_turned"]
)
def test_each_step_needs_a_diffusion_of_the_model_as_it_is(check):
    assert is_missing(check, "no_model", Seen())
    assert is_missing(check, "no_diffusion", Seen(model=model()))
    assert is_missing(check, "old", Seen(model=fitted(diffusion=Fitted(99, 60_000, 20.0))))


def test_how_long_the_fit_took():
    check = "diffusion_fitted"
    assert is_answered(check, "quick", 0, Seen(model=fitted()))
    assert is_answered(check, "slow", 1, Seen(model=fitted(diffusion=Fitted(100, 60_000, 100.0))))
    assert is_answered(check, "slow", 2, Seen(model=fitted(diffusion=Fitted(100, 60_000, 4000.0))))
    assert is_answered(check, "kept", None, Seen(model=fitted(diffusion=Fitted(100, 60_000))))


def judged(prior, drawn, kind="vae", **facts):
    sampling = {
        name: {"precision": precision, "recall": recall}
        for name, (precision, recall) in (("prior", prior), ("diffusion", drawn))
    }
    return Seen(model=fitted(kind, figures={"sampling": sampling}), **facts)


def test_the_diffusion_beside_the_prior():
    check = "prior_beside_diffusion"
    assert is_missing(check, "training", judged((0.2, 0.9), (0.7, 0.9), is_training=True))
    assert is_missing(check, "no_images", Seen(model=fitted(has_images=False)))
    assert is_missing(check, "not_measured", Seen(model=fitted()))
    without = fitted(figures={"sampling": {"prior": {"precision": 0.2, "recall": 0.9}}})
    assert is_missing(check, "not_measured", Seen(model=without))
    assert is_answered(check, "repaired", 0, judged((0.2, 0.9), (0.7, 0.86), "ae"))
    assert is_answered(check, "better", 0, judged((0.67, 0.9), (0.74, 0.89)))
    assert is_answered(check, "traded", 0, judged((0.67, 0.9), (0.74, 0.8)))
    assert is_answered(check, "same", 1, judged((0.67, 0.9), (0.69, 0.9)))
    assert is_answered(check, "worse", 2, judged((0.67, 0.9), (0.5, 0.9), "ae"))


def drew(*asked, **facts):
    return Seen(tool="words", model=fitted(), asked=asked, **facts)


def seven(guidance, right, spread=0.5, text="a 7", name="7", count=36):
    return Asked(text, guidance, count, name, right, spread)


@pytest.mark.parametrize("check", ["asked_by_words", "guidance_turned"])
def test_what_was_asked_for_has_to_be_counted(check):
    assert is_missing(check, "not_asked", drew())
    assert is_missing(check, "not_asked", replace(drew(seven(2, 36)), tool="path"))
    assert is_missing(check, "no_images", replace(drew(), model=fitted(has_images=False)))
    assert is_missing(check, "no_class", drew(seven(2, 0, text="thick", name="")))
    assert is_missing(check, "too_few", drew(seven(2, 4, count=4)))


def test_how_many_pictures_are_what_was_asked_for():
    check = "asked_by_words"
    assert is_answered(check, "met", 2, drew(seven(2, 35)))
    assert is_answered(check, "half", 1, drew(seven(2, 20)))
    assert is_answered(check, "missed", 0, drew(seven(2, 35), seven(2, 4)))  # the newest counts


def test_guidance_makes_pictures_surer_and_more_alike():
    check = "guidance_turned"
    assert is_missing(check, "no_high", drew(seven(1, 34)))
    assert is_missing(check, "no_low", drew(seven(4, 36)))
    assert is_missing(check, "no_low", drew(seven(1, 34, text="a 4", name="4"), seven(4, 36)))  # of other words
    assert is_answered(check, "alike", 0, drew(seven(1, 34, 0.6), seven(4, 36, 0.4)))
    assert is_answered(check, "as_varied", 1, drew(seven(4, 36, 0.6), seven(1, 34, 0.62)))
    assert is_answered(check, "varied", 2, drew(seven(1, 34, 0.4), seven(4, 36, 0.6)))


def beside(pixels, codes, **facts):
    no_pictures = np.zeros((0, 28, 28, 1), np.uint8)
    one = Drawn(784, 24_100_000, 40.0, no_pictures, SampleQuality(pixels, 0.4, None, None))
    other = Drawn(20, 12_600_000, 20.0, no_pictures, SampleQuality(codes, 0.8, None, None))
    return Seen(model=model(latent_dim=20), beside=PixelsBesideCodes(one, other, 60_000), **facts)


def test_pixels_beside_codes():
    check = "pixels_beside_codes"
    assert is_missing(check, "no_model", Seen())
    assert is_missing(check, "not_fitted", Seen(model=model()))
    assert is_missing(check, "no_images", Seen(model=model(has_images=False)))
    assert is_missing(check, "training", beside(0.2, 0.8, is_training=True))
    assert is_answered(check, "in_codes", 2, beside(0.2, 0.8))
    assert is_answered(check, "equal", 1, beside(0.8, 0.81))
    assert is_answered(check, "in_pixels", 0, beside(0.9, 0.6))
    assert found(check, beside(0.2, 0.8)).numbers["pixels_seconds"] == 40.0
