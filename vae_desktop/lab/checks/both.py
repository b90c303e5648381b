"""Chapter 7: both terms of the loss together, on the model in the playground."""

from __future__ import annotations

import math

import numpy as np

from vae_desktop.lab.outcome import Check, Outcome
from vae_desktop.lab.seen import Model, Seen, Stretch
from vae_desktop.language import tr
from vae_desktop.latent.codes import CodeSpread
from vae_desktop.latent.posteriors import kl_by_dimension
from vae_desktop.latent.verdict import LIKE_ONE

_MIDDLE = 0.5  # how far from 0 the middle of the codes may lie
_BORDER = 0.2  # of a path: it leaves the codes at a border, not for good
_EMPTY = math.log(10)  # nats: less does not tell ten classes apart
_ALIKE, _AGAINST = 80.0, 100.0  # degrees between two gradients: they pull together, and against each other
_STRETCH = 48  # steps of training under one β, that it can show


def two_terms(now: Seen, before: Seen) -> Outcome:
    """What part of the loss is the KL divergence?"""
    model = _full_model(now)
    if isinstance(model, Outcome):
        return model
    if now.tool != "learningCurves" or now.workspace != "playground":
        return Outcome("no_curves")
    if "kl" not in model.losses or model.codes is None:
        return Outcome("not_judged")
    reconstruction, kl = model.losses["reconstruction"], model.losses["kl"]
    total = reconstruction + model.beta * kl
    share = model.beta * kl / total
    parts = kl_by_dimension(model.codes)
    numbers = {
        "reconstruction": reconstruction,
        "kl": kl,
        "beta": model.beta,
        "total": total,
        "share": share,
        "least": float(parts.min()),
        "most": float(parts.max()),
    }
    choice = 0 if share < 0.25 else 2 if share > 0.75 else 1
    return Outcome("drawing" if share < 0.5 else "order", True, numbers, choice)


def beta_turned(now: Seen, before: Seen) -> Outcome:
    """What did a change of β do to the two terms while the model trained?"""
    model = _full_model(now)
    if isinstance(model, Outcome):
        return model
    judged = [each for each in model.stretches if each.losses is not None and each.steps >= _STRETCH]
    if len({each.beta for each in model.stretches}) < 2:
        return Outcome("not_turned")
    if len({each.beta for each in judged}) < 2:
        return Outcome("too_early", numbers={"step": min(model.stretches[-1].steps, _STRETCH), "wanted": _STRETCH})
    numbers: dict[str, float] = {}
    for name, stretch in (("low", min(judged, key=_beta)), ("high", max(judged, key=_beta))):
        assert stretch.losses is not None
        numbers |= {name: stretch.beta, f"{name}_error": stretch.losses[0], f"{name}_kl": stretch.losses[1]}
    has_less_kl, is_worse = numbers["high_kl"] < numbers["low_kl"], numbers["high_error"] > numbers["low_error"]
    choice = 0 if has_less_kl and is_worse else 1 if has_less_kl else 2
    return Outcome("traded" if choice == 0 else "not_traded", True, numbers, choice)


def terms_in_balance(now: Seen, before: Seen) -> Outcome:
    """How do the two terms pull at the codes in a single step?"""
    model = _full_model(now)
    if isinstance(model, Outcome):
        return model
    found = model.balance
    if found is None:
        return Outcome("no_step" if not model.trains else "trains" if now.is_training else "held")
    choice = 0 if found.angle < _ALIKE else 2 if found.angle > _AGAINST else 1
    numbers = {
        "angle": found.angle,
        "narrowing": -found.narrowing,
        "widening": found.widening,
        "outwards": found.outwards,
        "inwards": -found.inwards,
    }
    return Outcome("against" if choice == 2 else "not_against", True, numbers, choice)


def path_between(now: Seen, before: Seen) -> Outcome:
    """Does the way from a 7 to a 1 leave the codes of real images?"""
    if now.model is None:
        return Outcome("no_model")
    emptied = _emptied(now.model)
    if emptied is not None:
        return emptied
    if not {"7", "1"} <= set(now.anchor_classes):
        return Outcome("no_path")
    if now.path_fraction < 0.5:
        return Outcome("not_played")
    if now.steps_off is None:
        return Outcome("unknown")
    steps, off = len(now.steps_off), int(now.steps_off.sum())
    kind = tr(now.model.config.model.traits.short)
    numbers = {"off": off, "steps": steps, "kind": kind, "at": int(now.steps_off.argmax()) + 1}
    choice = 0 if not off else 1 if off <= _BORDER * steps else 2
    return Outcome(("gradual", "border", "hole")[choice], True, numbers, choice)


def cloud_near_prior(now: Seen, before: Seen) -> Outcome:
    """Do the codes fill N(0, I), which the grid is cut from?"""
    if now.model is None or now.model.codes is None or not now.model.codes.are_finite:
        return Outcome("no_model")
    emptied = _emptied(now.model)
    if emptied is not None:
        return emptied
    if not now.shows_grid or now.workspace != "playground":
        return Outcome("no_grid")
    spread = CodeSpread.of(now.model.codes)
    width = float(np.sqrt(np.square(spread.stddev).mean()))
    away = float(np.abs(spread.middle).max())
    numbers = {"width": width, "away": away, "count": len(now.model.codes)}
    choice = 0 if width < LIKE_ONE[0] else 2 if width > LIKE_ONE[1] else 1
    return Outcome("near" if choice == 1 and away < _MIDDLE else "off", True, numbers, choice)


def _full_model(now: Seen) -> Model | Outcome:
    """The model on screen, if both terms train it; or what is missing."""
    if now.model is None:
        return Outcome("no_model")
    traits = now.model.config.model.traits
    if not traits.is_variational or not traits.reconstruction_weight or traits.kl_weight is not None:
        return Outcome("other_kind", numbers={"kind": tr(traits.short)})
    return now.model


def _emptied(model: Model) -> Outcome | None:
    """What is said of a model whose KL divergence is so small that its codes tell too little of images."""
    if model.codes is None or model.codes.log_stddev is None or not model.codes.are_finite:
        return None
    kl = float(kl_by_dimension(model.codes).sum())
    return Outcome("emptied", numbers={"kl": kl, "least": _EMPTY}) if kl < _EMPTY else None


def _beta(stretch: Stretch) -> float:
    return stretch.beta


CHECKS: tuple[Check, ...] = (two_terms, beta_turned, terms_in_balance, path_between, cloud_near_prior)
