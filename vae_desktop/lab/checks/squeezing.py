"""Chapters 1 and 2: what an autoencoder squeezes, and what that is good for."""

from __future__ import annotations

import numpy as np

from vae_desktop.lab.outcome import Check, Outcome
from vae_desktop.lab.seen import Model, Seen

_VISIBLE = 25  # of 255 grey levels
_SAME = 0.05  # fraction: figures nearer to one another count as equal


def code_of_image(now: Seen, before: Seen) -> Outcome:
    """An image has been sent through a model: how many numbers is its code?"""
    if now.model is None:
        return Outcome("no_model")
    if now.image is None or now.tool != "drawing":
        return Outcome("no_image")
    count = len(now.image.mean)
    ratio = now.model.pixels / count
    choice = 2 if ratio >= 20 else 1 if ratio > 1 else 0
    return Outcome("coded", True, {"pixels": now.model.pixels, "count": count, "ratio": ratio}, choice)


def point_moved(now: Seen, before: Seen) -> Outcome:
    """The current point has been moved by hand: how much of the drawing is another?"""
    if now.code is None or now.picture is None:
        return Outcome("no_model")
    if now.steers == before.steers or before.code is None or before.picture is None:
        return Outcome("not_moved")
    if now.code.shape != before.code.shape:
        return Outcome("not_moved")
    way = float(np.abs(now.code - before.code).max())
    if way < 0.2 or now.picture.shape != before.picture.shape:
        return Outcome("not_moved")
    one, other = (picture.astype(np.int16) for picture in (now.picture, before.picture))
    has_ink = np.maximum(one, other) > _VISIBLE
    has_changed = np.abs(one - other) > _VISIBLE
    share = float(has_changed.sum() / max(int(has_ink.sum()), 1))
    choice = 0 if share < 0.02 else 1 if share < 0.2 else 2
    return Outcome("moved" if choice else "still", True, {"way": way, "share": share}, choice)


def own_drawing(now: Seen, before: Seen) -> Outcome:
    """An image of the person's own has come back: as near as test images do?"""
    model, image = now.model, now.image
    if model is None:
        return Outcome("no_model")
    if image is None or not image.is_own or now.tool != "drawing":
        return Outcome("no_drawing")
    usual = model.losses.get("reconstruction")
    if image.error is None or not usual:
        return Outcome("no_error")
    ratio = image.error / usual
    is_near = ratio < 1.25
    numbers = {"error": image.error, "usual": usual, "ratio": ratio}
    return Outcome("near" if is_near else "far", True, numbers, 0 if is_near else 1)


def beside_pca(now: Seen, before: Seen) -> Outcome:
    """The model has been measured: is it nearer to images than as many principal components?"""
    model = now.model
    if model is None:
        return Outcome("no_model")
    if now.is_training:
        return Outcome("training")
    if not model.has_images and "pca_ratio" not in model.figures:
        return Outcome("no_images", numbers={"data": model.config.dataset.label})
    ratio = model.figures.get("pca_ratio")
    if ratio is None:
        return Outcome("not_measured")
    choice = 1 if abs(ratio - 1) < _SAME else 2 if ratio < 1 else 0
    numbers = {
        "count": model.latent_dim,
        "error": model.figures["squared_error"],
        "pca": model.figures["pca_squared_error"],
        "ratio": ratio,
    }
    return Outcome(("worse", "same", "better")[choice], True, numbers, choice)


def little_noise(now: Seen, before: Seen) -> Outcome:
    """An image with a little noise went through a model that was not trained to take any out."""
    return _restored(now, 0.05, 0.3)


def much_noise(now: Seen, before: Seen) -> Outcome:
    """The same, with so much noise that an eye has trouble."""
    return _restored(now, 0.5, 1.0)


def _restored(now: Seen, least: float, most: float) -> Outcome:
    noise = now.noise
    if now.model is None:
        return Outcome("no_model")
    if now.model.config.model.traits.is_denoising:
        return Outcome("is_denoiser")
    if noise is None or now.tool != "denoising":
        return Outcome("no_image")
    if not least <= noise.strength <= most or not noise.noisy:
        return Outcome("strength", numbers={"strength": noise.strength})
    numbers = {
        "noisy": noise.noisy,
        "restored": noise.restored,
        "clean": noise.reconstruction,
        "gone": 1 - noise.restored / noise.noisy,
    }
    if noise.restored < noise.noisy:
        return Outcome("nearer", True, numbers, 0)
    return Outcome("squeezed" if noise.reconstruction > noise.noisy else "further", True, numbers, 1)


def denoiser_beside_plain(now: Seen, before: Seen) -> Outcome:
    """A denoising autoencoder and a plain one of the same data and size have been measured: who takes out more?"""
    denoisers, plain = ([run for run in now.runs if run.kind == kind] for kind in ("denoising-ae", "ae"))
    if now.is_training:
        return Outcome("training")
    if not denoisers:
        return Outcome("no_denoiser")
    denoiser = denoisers[-1]
    fellows = [
        run for run in plain if (run.config.dataset, run.latent_dim) == (denoiser.config.dataset, denoiser.latent_dim)
    ]
    if not fellows:
        return Outcome("no_plain", numbers={"count": denoiser.latent_dim, "data": denoiser.config.dataset.label})
    errors = _errors_of_noise(denoiser), _errors_of_noise(fellows[-1])
    if not errors[0] or not errors[1]:
        return Outcome("not_measured", numbers={"missing": 1 if errors[0] or errors[1] else 2})
    strength = max(set(errors[0]) & set(errors[1]), key=lambda each: -abs(each - 0.5))
    (noisy, own), (_, other) = (each[strength] for each in errors)
    choice = 1 if abs(own / other - 1) < _SAME else 0 if own < other else 2
    numbers = {"strength": strength, "noisy": noisy, "own": own, "other": other, "less": 1 - own / other}
    return Outcome(("better", "same", "worse")[choice], True, numbers, choice)


def _errors_of_noise(model: Model) -> dict[float, tuple[float, float]]:
    """Squared errors of Gaussian noise and of what the model makes of it, by the strength of the noise."""
    measured = model.figures.get("denoising")
    if not measured or measured["noise"] != "gaussian":
        return {}
    return {each["strength"]: (each["noisy"], each["restored"]) for each in measured["strengths"]}


CHECKS: tuple[Check, ...] = (
    code_of_image,
    point_moved,
    own_drawing,
    beside_pca,
    little_noise,
    much_noise,
    denoiser_beside_plain,
)
