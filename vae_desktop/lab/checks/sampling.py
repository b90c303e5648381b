"""Chapter 4: a code that is a neighbourhood."""

from __future__ import annotations

import numpy as np

from vae_desktop.lab.outcome import Check, Outcome
from vae_desktop.lab.seen import CodedImage, Model, Seen
from vae_desktop.latent.posteriors import mean_sigma, spread_of_means

_DRAWS = 3
_OUT = 10.0  # σ from the mean, where no sample ever falls
_COLLAPSED = 0.9  # mean σ


def ellipse_of_image(now: Seen, before: Seen) -> Outcome:
    """One image's σ beside the spread of all codes."""
    found = _posterior(now)
    if isinstance(found, Outcome):
        return found
    model, _, sigma = found
    if "posterior" not in now.overlays or "points" not in now.overlays:
        return Outcome("no_ellipse")
    assert model.codes is not None
    spread = spread_of_means(model.codes.mean)
    ratio = float(np.mean(sigma / np.maximum(spread, 1e-6)))
    numbers = {"sigma": float(sigma.mean()), "spread": float(spread.mean()), "ratio": ratio}
    choice = 0 if ratio < 0.2 else 1 if ratio < 0.75 else 2
    return Outcome("large" if choice == 2 else "small", True, numbers, choice)


def drawn_again(now: Seen, before: Seen) -> Outcome:
    """Several codes have been drawn for one image: is it one drawing?"""
    found = _posterior(now)
    if isinstance(found, Outcome):
        return found
    model, image, _ = found
    draws = image.draws - (0 if before.image is None else before.image.draws)
    if draws < _DRAWS:
        return Outcome("too_few", numbers={"left": _DRAWS - max(draws, 0)})
    usual = model.losses.get("reconstruction")
    if image.apart is None or not usual or not _is_squared_error(model):
        return Outcome("unknown")
    is_same = image.apart < 0.5 * usual
    numbers = {"apart": image.apart, "usual": usual}
    return Outcome("same" if is_same else "other", True, numbers, 0 if is_same else 1)


def outside_ellipse(now: Seen, before: Seen) -> Outcome:
    """The point has left an image's ellipse: is it still that image's drawing?"""
    found = _posterior(now)
    if isinstance(found, Outcome):
        return found
    model, image, sigma = found
    if now.code is None or now.picture is None or now.code.shape != image.mean.shape:
        return Outcome("unknown")
    away = float((np.abs(now.code - image.mean) / sigma).max())
    if away < _OUT:
        return Outcome("inside", numbers={"away": away})
    usual = model.losses.get("reconstruction")
    if not usual or image.picture is None or now.picture.shape != image.picture.shape or not _is_squared_error(model):
        return Outcome("unknown")
    apart = float(np.square((now.picture.astype(np.float64) - image.picture) / 255).sum())
    is_same = apart < 0.5 * usual
    return Outcome(
        "same" if is_same else "other", True, {"away": away, "apart": apart, "usual": usual}, int(not is_same)
    )


def sigma_by_dimension(now: Seen, before: Seen) -> Outcome:
    """The mean σ of many dimensions: are they alike?"""
    model = now.model
    if model is None or model.codes is None:
        return Outcome("no_model")
    if model.codes.log_stddev is None:
        return Outcome("no_sigma")
    if model.latent_dim < 10:
        return Outcome("too_few", numbers={"count": model.latent_dim})
    sigma = mean_sigma(model.codes.log_stddev)
    wide = int((sigma > _COLLAPSED).sum())
    narrow = int((sigma < 0.5).sum())
    numbers = {
        "count": model.latent_dim,
        "least": float(sigma.min()),
        "most": float(sigma.max()),
        "mean": float(sigma.mean()),
        "narrow": narrow,
        "wide": wide,
    }
    if wide == model.latent_dim:
        return Outcome("all_wide", True, numbers, 1)
    return Outcome("mixed" if wide else "all_narrow", True, numbers, 2 if wide else 0)


def _posterior(now: Seen) -> tuple[Model, CodedImage, np.ndarray] | Outcome:
    """The model, the image in sight and its σ; or what is missing."""
    if now.model is None or now.model.codes is None:
        return Outcome("no_model")
    if not now.model.config.model.traits.is_variational:
        return Outcome("no_sigma")
    if now.image is None or now.image.sigma is None or now.tool != "drawing":
        return Outcome("no_image")
    return now.model, now.image, now.image.sigma


def _is_squared_error(model: Model) -> bool:
    return model.config.model.likelihood == "squared-error"


CHECKS: tuple[Check, ...] = (ellipse_of_image, drawn_again, outside_ellipse, sigma_by_dimension)
