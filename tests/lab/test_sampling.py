"""Chapter 4: what is rejected, what is accepted, and what is said for and against."""

from dataclasses import replace

import numpy as np
import pytest

from tests.lab.facts import found, image, is_answered, is_missing, model, picture
from vae_desktop.lab.seen import Seen

OVERLAYS = frozenset({"points", "posterior"})
VAE = Seen(tool="drawing", model=model(), image=image(), overlays=OVERLAYS)
BERNOULLI = replace(VAE.model, config=VAE.model.config.with_settings(likelihood="bernoulli"))


@pytest.mark.parametrize("check", ["ellipse_of_image", "drawn_again", "outside_ellipse"])
def test_there_has_to_be_a_posterior(check):
    assert is_missing(check, "no_model", Seen())
    assert is_missing(check, "no_sigma", replace(VAE, model=model("ae"), image=image(sigma=None)))
    assert is_missing(check, "no_image", replace(VAE, tool="samples"))
    assert is_missing(check, "no_image", replace(VAE, image=None))


def test_an_ellipse_beside_the_cloud():
    check = "ellipse_of_image"
    assert is_missing(check, "no_ellipse", replace(VAE, overlays=frozenset({"points"})))
    assert is_answered(check, "small", 0, VAE)
    assert is_answered(check, "small", 1, replace(VAE, image=image(sigma=0.5)))
    assert is_answered(check, "large", 2, replace(VAE, image=image(sigma=1.0), model=model(spread=0.1)))
    assert found(check, VAE).numbers["sigma"] == pytest.approx(0.1)


def drawn(draws, apart, **facts):
    return replace(VAE, image=image(draws=draws, apart=apart), **facts)


def test_several_codes_of_one_image():
    check = "drawn_again"
    assert is_missing(check, "too_few", drawn(6, 2.0), drawn(4, 2.0))
    assert found(check, drawn(6, 2.0), drawn(4, 2.0)).numbers == {"left": 1}
    assert is_missing(check, "unknown", drawn(3, None))
    assert is_missing(check, "unknown", drawn(3, 2.0, model=BERNOULLI))
    assert is_answered(check, "same", 0, drawn(7, 2.0), drawn(4, 2.0))
    assert is_answered(check, "other", 1, drawn(3, 20.0))


def away(distance, shade):
    code = np.array([distance, 0], np.float32)
    return replace(VAE, image=image(picture=picture()), code=code, picture=picture(shade))


def test_out_of_the_ellipse():
    check = "outside_ellipse"
    assert is_missing(check, "unknown", VAE)
    assert is_missing(check, "inside", away(0.5, 0))
    assert is_missing(check, "unknown", replace(away(2.0, 0), model=BERNOULLI))
    assert is_answered(check, "same", 0, away(2.0, 10))
    assert is_answered(check, "other", 1, away(2.0, 100))
    assert found(check, away(2.0, 255)).numbers == {"away": pytest.approx(20), "apart": 784, "usual": 26}


def test_sigma_of_many_dimensions():
    check = "sigma_by_dimension"
    assert is_missing(check, "no_model", Seen())
    assert is_missing(check, "no_sigma", Seen(model=model("ae", 20)))
    assert is_missing(check, "too_few", VAE)
    assert is_answered(check, "all_narrow", 0, Seen(model=model("vae", 20)))
    assert is_answered(check, "all_wide", 1, Seen(model=model("vae", 20, sigma=0.95)))
    sigma = np.array([0.1] * 10 + [1.0] * 10)
    assert is_answered(check, "mixed", 2, Seen(model=model("vae", 20, sigma=sigma)))
    assert found(check, Seen(model=model("vae", 20, sigma=sigma))).numbers["wide"] == 10
