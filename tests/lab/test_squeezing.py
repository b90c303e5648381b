"""Chapters 1 and 2: what is rejected, what is accepted, and what is said for and against."""

from dataclasses import replace

import numpy as np

from tests.lab.facts import found, image, is_answered, is_missing, model, picture
from vae_desktop.lab.seen import CodedImage, Noise, Seen

DRAWING = Seen(tool="drawing", model=model(), image=image())


def test_an_image_has_its_code():
    assert is_missing("code_of_image", "no_model", Seen())
    assert is_missing("code_of_image", "no_image", replace(DRAWING, tool="samples"))
    assert is_missing("code_of_image", "no_image", replace(DRAWING, image=None))
    assert is_answered("code_of_image", "coded", 2, DRAWING)
    assert found("code_of_image", DRAWING).numbers == {"pixels": 784, "count": 2, "ratio": 392}


def test_more_numbers_are_another_answer():
    wide = CodedImage(False, np.zeros(100, np.float32), None, None, None, 0)
    assert is_answered("code_of_image", "coded", 1, replace(DRAWING, image=wide))


def at(code, shade=0, steers=None):
    steers = int(any(code)) if steers is None else steers
    return Seen(model=model(), code=np.array(code, np.float32), picture=picture(shade), steers=steers)


def test_the_point_has_to_be_moved():
    assert is_missing("point_moved", "no_model", Seen())
    assert is_missing("point_moved", "not_moved", at([0, 0]), at([0, 0]))
    assert is_missing("point_moved", "not_moved", at([0.1, 0], 200), at([0, 0]))
    assert is_missing("point_moved", "not_moved", at([1, 0, 0]), at([0, 0]))
    assert is_missing("point_moved", "not_moved", at([1, 0], 200, steers=0), at([0, 0]))  # an image was chosen


def test_how_much_of_the_drawing_has_changed():
    assert is_answered("point_moved", "moved", 2, at([1, 0], 200), at([0, 0]))
    assert is_answered("point_moved", "still", 0, at([1, 0], 200), at([0, 0], 200))
    changed = at([1, 0], 200)
    changed.picture[:3] = 0
    assert is_answered("point_moved", "moved", 1, changed, at([0, 0], 200))


def drawn(error, **facts):
    return replace(DRAWING, image=image(is_own=True, error=error), **facts)


def test_a_drawing_of_ones_own():
    assert is_missing("own_drawing", "no_model", replace(DRAWING, model=None))
    assert is_missing("own_drawing", "no_drawing", DRAWING)
    assert is_missing("own_drawing", "no_drawing", drawn(20.0, tool="path"))
    assert is_missing("own_drawing", "no_error", drawn(None))
    assert is_missing("own_drawing", "no_error", drawn(20.0, model=model(losses={})))
    assert is_answered("own_drawing", "near", 0, drawn(20.0))
    assert is_answered("own_drawing", "far", 1, drawn(52.0))
    assert found("own_drawing", drawn(52.0)).numbers["ratio"] == 2


def measured(ratio):
    return Seen(model=model("ae", figures={"pca_ratio": ratio, "squared_error": 20 * ratio, "pca_squared_error": 20.0}))


def test_beside_principal_components():
    assert is_missing("beside_pca", "no_model", Seen())
    assert is_missing("beside_pca", "not_measured", Seen(model=model("ae")))
    assert is_missing("beside_pca", "no_images", Seen(model=model("ae", has_images=False)))
    assert is_missing("beside_pca", "training", replace(measured(0.5), is_training=True))
    assert is_answered("beside_pca", "better", 2, measured(0.5))
    assert is_answered("beside_pca", "same", 1, measured(1.01))
    assert is_answered("beside_pca", "worse", 0, measured(1.3))


def noisy(strength, *errors, **facts):
    return replace(Seen(tool="denoising", model=model("ae"), noise=Noise(strength, *errors)), **facts)


def test_a_little_noise():
    assert is_missing("little_noise", "no_model", Seen())
    assert is_missing("little_noise", "no_image", Seen(tool="denoising", model=model("ae")))
    assert is_missing("little_noise", "no_image", noisy(0.2, 16.0, 10.0, 5.0, tool="drawing"))
    assert is_missing("little_noise", "is_denoiser", noisy(0.2, 16.0, 10.0, 5.0, model=model("denoising-ae")))
    assert is_missing("little_noise", "strength", noisy(0.5, 90.0, 40.0, 5.0))
    assert is_answered("little_noise", "nearer", 0, noisy(0.2, 16.0, 10.0, 5.0))
    assert is_answered("little_noise", "further", 1, noisy(0.2, 16.0, 23.0, 5.0))
    assert is_answered("little_noise", "squeezed", 1, noisy(0.2, 16.0, 30.0, 26.0))


def test_much_noise():
    assert is_missing("much_noise", "no_model", Seen())
    assert is_missing("much_noise", "is_denoiser", noisy(0.7, 140.0, 40.0, 5.0, model=model("denoising-ae")))
    assert is_missing("much_noise", "strength", noisy(0.2, 16.0, 10.0, 5.0))
    assert is_answered("much_noise", "nearer", 0, noisy(0.7, 140.0, 40.0, 5.0))
    assert is_answered("much_noise", "further", 1, noisy(0.7, 140.0, 150.0, 5.0))
    assert is_answered("much_noise", "squeezed", 1, noisy(0.7, 140.0, 190.0, 170.0))


def restoring(kind, error, noise="gaussian", **facts):
    strengths = [{"strength": each, "noisy": 92.0, "restored": error} for each in (0.25, 0.5)]
    return model(kind, figures={"denoising": {"noise": noise, "strengths": strengths}}, **facts)


def test_a_denoising_autoencoder_beside_a_plain_one():
    plain, denoiser = restoring("ae", 30.0), restoring("denoising-ae", 15.0)
    check = "denoiser_beside_plain"
    assert is_missing(check, "no_denoiser", Seen(runs=(plain,)))
    assert is_missing(check, "no_plain", Seen(runs=(denoiser,)))
    assert is_missing(check, "no_plain", Seen(runs=(restoring("ae", 30.0, latent_dim=3), denoiser)))
    assert is_missing(check, "not_measured", Seen(runs=(model("ae"), denoiser)))
    assert is_missing(check, "not_measured", Seen(runs=(plain, restoring("denoising-ae", 15.0, "masking"))))
    assert is_missing(check, "training", Seen(runs=(plain, denoiser), is_training=True))
    assert is_answered(check, "better", 0, Seen(runs=(plain, denoiser)))
    assert is_answered(check, "same", 1, Seen(runs=(plain, restoring("denoising-ae", 30.5))))
    assert is_answered(check, "worse", 2, Seen(runs=(plain, restoring("denoising-ae", 40.0))))
    assert found(check, Seen(runs=(plain, denoiser))).numbers["strength"] == 0.5
