"""Chapters 5 and 6: a VAE without the KL divergence, and the KL divergence alone, beside the full model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from vae_desktop.lab.outcome import Check, Outcome
from vae_desktop.lab.seen import Model, Seen
from vae_desktop.latent.posteriors import mean_sigma, spread_of_means
from vae_desktop.latent.verdict import LIKE_ONE, ONE_PICTURE

STEPS = 120  # of training, from which on the models of a comparison can be told apart
_LATE = 4 * STEPS  # from which on what has not come yet counts as not coming
_COLLAPSED = 0.9  # mean σ; each VAE begins so
_SAME = 0.25  # fraction, by which spreads have to differ to be called different
_SAME_CLASSES = 0.05
_ONE_POINT = 0.1  # of the means' spread
_GUESS = 0.05  # above the share of the largest class


def sigma_without_kl(now: Seen, before: Seen) -> Outcome:
    """What has become of σ without the KL divergence?"""
    models = trained_beside(now, "vae-no-kl", "vae")
    if isinstance(models, Outcome):
        return models
    without, full = (_mean_sigma(model) for model in models)
    choice = 1 if without < (1 - 2 * _SAME) * full else 2 if without > (1 + 2 * _SAME) * full else 0
    if choice != 1 and models[0].step < _LATE:
        return Outcome("too_early", numbers={"step": models[0].step, "wanted": _LATE})
    numbers = {"without": without, "full": full, "step": models[0].step}
    return Outcome("shrunk" if choice == 1 else "kept", True, numbers, choice)


def means_without_kl(now: Seen, before: Seen) -> Outcome:
    """How far have the means drifted without the KL divergence?"""
    models = trained_beside(now, "vae-no-kl", "vae")
    if isinstance(models, Outcome):
        return models
    if not now.has_common_scale:
        return Outcome("no_scale")
    without, full = (_spread(model) for model in models)
    choice = 1 if without > (1 + _SAME) * full else 2 if without < (1 - _SAME) * full else 0
    if choice != 1 and models[0].step < _LATE:
        return Outcome("too_early", numbers={"step": models[0].step, "wanted": _LATE})
    return Outcome("drifted" if choice == 1 else "near", True, {"without": without, "full": full}, choice)


def holes_without_kl(now: Seen, before: Seen) -> Outcome:
    """How many classes do random codes reach without the KL divergence, and with it?"""
    models = measured_beside(now, "vae-no-kl", "vae")
    if isinstance(models, Outcome):
        return models
    without, full = (_drawn(model) for model in models)
    ratio = without["effective_classes"] / full["effective_classes"]
    choice = 0 if ratio < 1 - _SAME_CLASSES else 2 if ratio > 1 + _SAME_CLASSES else 1
    numbers = {
        "without": without["effective_classes"],
        "full": full["effective_classes"],
        "without_recall": without["recall"],
        "full_recall": full["recall"],
    }
    has_more_recall = without["recall"] > full["recall"]
    return Outcome("not_fewer" if choice else "mixed" if has_more_recall else "fewer", True, numbers, choice)


def means_of_kl_only(now: Seen, before: Seen) -> Outcome:
    """Where are the means if the KL divergence is all that counts?"""
    models = trained_beside(now, "kl-only", "vae")
    if isinstance(models, Outcome):
        return models
    if now.compared_points != "means":
        return Outcome("no_means")
    alone, full = (_spread(model) for model in models)
    numbers = {"alone": alone, "full": full, "sigma": _mean_sigma(models[0])}
    if alone < _ONE_POINT:
        return Outcome("one_point", True, numbers, 1)
    return Outcome("apart", True, numbers, 2 if LIKE_ONE[0] < alone < LIKE_ONE[1] else 0)


def neighbours_of_kl_only(now: Seen, before: Seen) -> Outcome:
    """Can anything be told apart if the KL divergence is all that counts?"""
    models = measured_beside(now, "kl-only", "vae")
    if isinstance(models, Outcome):
        return models
    alone, full = (model.figures.get("knn_accuracy_of_samples") for model in models)
    labels = models[0].codes.labels if models[0].codes is not None else None
    if alone is None or full is None or labels is None:
        return Outcome("no_classes")
    guess = float(np.bincount(labels).max() / len(labels))
    numbers = {"alone": alone, "full": full, "guess": guess}
    if alone < guess + _GUESS:
        return Outcome("guessing", True, numbers, 2)
    return Outcome("better", True, numbers, 0 if alone > 0.65 else 1)


def pictures_of_kl_only(now: Seen, before: Seen) -> Outcome:
    """What do random codes decode to if the KL divergence is all that counts?"""
    models = measured_beside(now, "kl-only", "vae")
    if isinstance(models, Outcome):
        return models
    alone, full = (_drawn(model)["effective_classes"] for model in models)
    errors = [model.figures["reconstruction"] for model in models]
    numbers = {"alone": alone, "full": full, "error": errors[0], "full_error": errors[1]}
    is_one = alone < ONE_PICTURE
    return Outcome("one" if is_one else "several", True, numbers, 2 if is_one else 1 if alone > 0.5 * full else 0)


def argument_in_figures(now: Seen, before: Seen) -> Outcome:
    """The four models of the argument: which reaches most classes by random codes?"""
    kinds = "ae", "vae-no-kl", "kl-only", "vae"
    models = measured_beside(now, *kinds)
    if isinstance(models, Outcome):
        return models
    drawn = [_drawn(model) for model in models]
    classes = [each["effective_classes"] for each in drawn]
    numbers: dict[str, Any] = {}
    for kind, model, each in zip(("ae", "no_kl", "alone", "both"), models, drawn, strict=True):
        numbers |= {
            f"{kind}_classes": each["effective_classes"],
            f"{kind}_recall": each["recall"],
            f"{kind}_error": model.figures["reconstruction"],
            f"{kind}_spread": float(np.mean(model.figures["spread_of_means"])),
        }
    best = kinds[int(np.argmax(classes))]
    choice = {"ae": 0, "vae-no-kl": 1, "vae": 2}.get(best)
    is_full = best == "vae"
    return Outcome("as_note" if is_full else "against", True, numbers, choice)


def trained_beside(now: Seen, *kinds: str) -> tuple[Model, ...] | Outcome:
    """The models of these kinds in the comparison, if they have been trained enough; or what is missing."""
    if not now.compared or now.workspace != "comparison":
        return Outcome("no_models")
    found = [next((model for model in now.compared if model.kind == kind), None) for kind in kinds]
    models = tuple(model for model in found if model is not None)
    if len(models) < len(kinds) or len({model.latent_dim for model in models}) > 1:
        return Outcome("other_models")
    least = min(model.step for model in models)
    if least < STEPS or any(model.codes is None for model in models):
        return Outcome("too_early", numbers={"step": least, "wanted": STEPS})
    if not all(model.codes is not None and model.codes.are_finite for model in models):
        return Outcome("diverged")
    if least < _LATE and any(model.kind == "vae" and _mean_sigma(model) > _COLLAPSED for model in models):
        return Outcome("too_early", numbers={"step": least, "wanted": _LATE})
    return models


def measured_beside(now: Seen, *kinds: str) -> tuple[Model, ...] | Outcome:
    """The same, if they have been measured as they are now and their images have classes."""
    models = trained_beside(now, *kinds)
    if isinstance(models, Outcome):
        return models
    if any("sampling" not in model.figures for model in models):
        return Outcome("not_ended" if any(model.trains for model in models) else "not_measured")
    if any(_drawn(model).get("effective_classes") is None for model in models):
        return Outcome("no_classes")
    return models


def _drawn(model: Model) -> Mapping[str, float]:
    """What was measured of images that are decoded from N(0, I)."""
    drawn: Mapping[str, float] = model.figures["sampling"]["prior"]
    return drawn


def _mean_sigma(model: Model) -> float:
    assert model.codes is not None
    assert model.codes.log_stddev is not None
    return float(mean_sigma(model.codes.log_stddev).mean())


def _spread(model: Model) -> float:
    assert model.codes is not None
    return float(spread_of_means(model.codes.mean).mean())


CHECKS: tuple[Check, ...] = (
    sigma_without_kl,
    means_without_kl,
    holes_without_kl,
    means_of_kl_only,
    neighbours_of_kl_only,
    pictures_of_kl_only,
    argument_in_figures,
)
