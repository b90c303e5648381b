"""Chapter 3: why an autoencoder's latent space is hard to draw from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from vae_desktop.lab.outcome import Check, Outcome
from vae_desktop.lab.seen import Model, Samples, Seen
from vae_desktop.latent.codes import Floats
from vae_desktop.latent.posteriors import spread_of_means

_MANY = 10  # latent dimensions
_HOLE = 3.0  # times as far from every code as codes are from one another
_CIRCLE = 2.0  # σ of N(0, I)


def random_in_plane(now: Seen, before: Seen) -> Outcome:
    """Random codes from N(0, I) of an autoencoder with two dimensions: where do they fall?"""
    model = _autoencoder(now)
    if isinstance(model, Outcome):
        return model
    if model.latent_dim != 2:
        return Outcome("not_2d", numbers={"count": model.latent_dim})
    samples = _samples(now)
    if isinstance(samples, Outcome):
        return samples
    if model.codes is None:
        return Outcome("unknown")
    means = model.codes.mean
    within = float((np.linalg.norm(means, axis=1) < _CIRCLE).mean())
    return _fallen(samples, {"spread": float(spread_of_means(means).mean()), "within": within})


def random_in_space(now: Seen, before: Seen) -> Outcome:
    """The same in many dimensions."""
    model = _autoencoder(now)
    if isinstance(model, Outcome):
        return model
    if model.latent_dim < _MANY:
        return Outcome("too_few", numbers={"count": model.latent_dim})
    samples = _samples(now)
    return samples if isinstance(samples, Outcome) else _fallen(samples, {"dimensions": model.latent_dim})


def _autoencoder(now: Seen) -> Model | Outcome:
    """The autoencoder on screen, or what is missing."""
    if now.model is None:
        return Outcome("no_model")
    return Outcome("is_vae") if now.model.config.model.traits.is_variational else now.model


def _samples(now: Seen) -> Samples | Outcome:
    """Random codes from N(0, I), of which it is known where they lie, or what is missing."""
    if now.samples is None or now.tool != "samples" or not now.samples.count:
        return Outcome("no_samples")
    if now.samples.source != "prior":
        return Outcome("not_prior")
    return Outcome("unknown") if now.samples.off < 0 else now.samples


def _fallen(samples: Samples, numbers: Mapping[str, float]) -> Outcome:
    """Whether most of the random codes lie off the codes."""
    share = samples.off / samples.count
    choice = 0 if share > 0.75 else 1 if share > 0.25 else 2
    counted = {**numbers, "number": samples.count, "off": samples.off, "among": samples.count - samples.off}
    return Outcome("off" if share > 0.5 else "among", True, counted, choice)


def in_hole(now: Seen, before: Seen) -> Outcome:
    """The point stands inside an autoencoder's cloud, and far from every code."""
    model, code, distance = now.model, now.code, now.distance
    if model is None or code is None or model.codes is None:
        return Outcome("no_model")
    if model.config.model.traits.is_variational:
        return Outcome("is_vae")
    if model.latent_dim != 2:
        return Outcome("not_2d", numbers={"count": model.latent_dim})
    if distance is None or not np.isfinite(distance):
        return Outcome("unknown")
    numbers = {"distance": distance}
    if distance < _HOLE:  # beside a code one is not outside, be it the last one on its side
        return Outcome("among", numbers=numbers)
    if not _is_surrounded(code, model.codes.mean):
        return Outcome("outside")
    choice = 0 if distance < 6 else 1 if distance < 15 else 2
    return Outcome("hole" if choice else "gap", True, numbers, choice)


def _is_surrounded(code: Floats, means: Floats) -> bool:
    """Whether codes lie on all sides of a code in the plane: whether it is in their convex hull."""
    right, up = (means - code).astype(np.float64).T
    angles = np.sort(np.arctan2(up, right))
    return bool(np.diff(angles, append=angles[0] + 2 * np.pi).max() < np.pi)


def classes_reached(now: Seen, before: Seen) -> Outcome:
    """The images drawn from N(0, I) have been judged: are they digits, and of all classes?"""
    model = now.model
    if model is None:
        return Outcome("no_model")
    if model.config.model.traits.is_variational:
        return Outcome("is_vae")
    if now.is_training:
        return Outcome("training")
    figures = _of_drawn_images(model)
    if figures is None:
        has_none = not model.has_images
        return Outcome("no_images" if has_none else "not_measured", numbers={"data": model.config.dataset.label})
    drawn, own = figures
    if drawn["effective_classes"] is None:
        return Outcome("no_classes")
    numbers = {
        "classes": drawn["effective_classes"],
        "own": own["effective_classes"],
        "precision": drawn["precision"],
        "recall": drawn["recall"],
        "own_recall": own["recall"],
        "count": model.latent_dim,
    }
    if drawn["precision"] < 0.5:
        return Outcome("noise", True, numbers, 0)
    is_few = drawn["effective_classes"] < 0.75 * own["effective_classes"]
    return Outcome("few" if is_few else "all", True, numbers, 1 if is_few else 2)


def _of_drawn_images(model: Model) -> tuple[dict[str, Any], dict[str, Any]] | None:
    """The sampling measures of N(0, I) and of reconstructions, if they are known."""
    sampling = model.figures.get("sampling")
    return None if not sampling else (sampling["prior"], sampling["reconstructions"])


CHECKS: tuple[Check, ...] = (random_in_plane, random_in_space, in_hole, classes_reached)
