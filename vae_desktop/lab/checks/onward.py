"""Chapter 9: a diffusion in the latent space, words that steer it, and what it would cost in pixels."""

from __future__ import annotations

from vae_desktop.lab.outcome import Check, Outcome
from vae_desktop.lab.seen import Model, Seen
from vae_desktop.lab.seen_diffusion import Asked, Fitted
from vae_desktop.language import tr

_SAME = 0.03  # of precision and recall
_ALIKE = 0.1  # fraction: how varied pictures are, nearer to one another counts as equal
_LOW, _HIGH = 1.5, 3.0  # guidance
_MINUTE, _HOUR = 60, 3600  # seconds
_FEW = 12  # pictures: fewer say little about a share


def diffusion_fitted(now: Seen, before: Seen) -> Outcome:
    """A diffusion was fitted to the codes of the model on screen: how long did it take?"""
    found = _fitted(now)
    if isinstance(found, Outcome):
        return found
    model, fitted = found
    numbers = {"images": fitted.images, "count": model.latent_dim, "seconds": fitted.seconds or 0.0}
    if fitted.seconds is None:
        return Outcome("kept", True, numbers)
    choice = 0 if fitted.seconds <= _MINUTE else 1 if fitted.seconds <= _HOUR else 2
    return Outcome("slow" if choice else "quick", True, numbers, choice)


def prior_beside_diffusion(now: Seen, before: Seen) -> Outcome:
    """What the diffusion draws without words was judged beside what N(0, I) draws."""
    found = _fitted(now)
    if isinstance(found, Outcome):
        return found
    model, _ = found
    if now.is_training:
        return Outcome("training")
    if not model.has_images:
        return Outcome("no_images", numbers={"data": model.config.dataset.label})
    sampling = model.figures.get("sampling") or {}
    if "diffusion" not in sampling:
        return Outcome("not_measured")
    prior, drawn = sampling["prior"], sampling["diffusion"]
    gain, loss = drawn["precision"] - prior["precision"], prior["recall"] - drawn["recall"]
    numbers = {
        "kind": tr(model.config.model.traits.short),
        "prior": prior["precision"],
        "drawn": drawn["precision"],
        "prior_recall": prior["recall"],
        "drawn_recall": drawn["recall"],
    }
    if abs(gain) <= _SAME:
        return Outcome("same", True, numbers, 1)
    if gain < 0:
        return Outcome("worse", True, numbers, 2)
    if not model.config.model.traits.is_variational:
        return Outcome("repaired", True, numbers, 0)
    return Outcome("traded" if loss > _SAME else "better", True, numbers, 0)


def asked_by_words(now: Seen, before: Seen) -> Outcome:
    """Pictures of a class were asked for by words: how many are of it?"""
    found = _asked(now)
    if isinstance(found, Outcome):
        return found
    asked = found[-1]
    share = asked.right / asked.count
    choice = 0 if share < 0.3 else 1 if share < 0.8 else 2
    numbers = {"text": asked.text, "count": asked.count, "right": asked.right, "name": asked.name, "share": share}
    return Outcome(("missed", "half", "met")[choice], True, {**numbers, "guidance": asked.guidance}, choice)


def guidance_turned(now: Seen, before: Seen) -> Outcome:
    """The same was asked for with little guidance and with much: how varied are the pictures?"""
    found = _asked(now)
    if isinstance(found, Outcome):
        return found
    newest = found[-1]
    same = [each for each in found if (each.text, each.count) == (newest.text, newest.count)]
    low, high = ([each for each in same if each.guidance <= _LOW], [each for each in same if each.guidance >= _HIGH])
    if not low:
        return Outcome("no_low", numbers={"guidance": newest.guidance, "text": newest.text})
    if not high:
        return Outcome("no_high", numbers={"guidance": newest.guidance, "text": newest.text})
    little, much = low[-1], high[-1]
    ratio = much.spread / little.spread
    choice = 1 if abs(ratio - 1) <= _ALIKE else 0 if ratio < 1 else 2
    numbers = {
        "text": newest.text,
        "low": little.guidance,
        "high": much.guidance,
        "low_share": little.right / little.count,
        "high_share": much.right / much.count,
        "low_spread": little.spread,
        "high_spread": much.spread,
    }
    return Outcome(("alike", "as_varied", "varied")[choice], True, numbers, choice)


def pixels_beside_codes(now: Seen, before: Seen) -> Outcome:
    """A diffusion in pixels and one in codes were given the same network and the same time: who draws better?"""
    model, beside = now.model, now.beside
    if model is None:
        return Outcome("no_model")
    if now.is_training:
        return Outcome("training")
    if beside is None:
        lacks = not model.has_images
        return Outcome("no_images" if lacks else "not_fitted", numbers={"data": model.config.dataset.label})
    pixels, codes = beside.pixels, beside.codes
    gain = codes.quality.precision - pixels.quality.precision
    numbers = {
        "kind": tr(model.config.model.traits.short),
        "pixels": pixels.numbers,
        "count": codes.numbers,
        "in_pixels": pixels.quality.precision,
        "in_codes": codes.quality.precision,
        "pixels_recall": pixels.quality.recall,
        "codes_recall": codes.quality.recall,
        "pixels_seconds": pixels.seconds,
        "codes_seconds": codes.seconds,
        "pixels_products": pixels.products / 1e6,
        "codes_products": codes.products / 1e6,
    }
    choice = 1 if abs(gain) <= _SAME else 2 if gain > 0 else 0
    return Outcome(("in_pixels", "equal", "in_codes")[choice], True, numbers, choice)


def _fitted(now: Seen) -> tuple[Model, Fitted] | Outcome:
    """The model on screen with its diffusion, or what is missing."""
    model = now.model
    if model is None:
        return Outcome("no_model")
    if model.diffusion is None:
        return Outcome("no_diffusion")
    if model.diffusion.step != model.step:
        return Outcome("old", numbers={"then": model.diffusion.step, "step": model.step})
    return model, model.diffusion


def _asked(now: Seen) -> tuple[Asked, ...] | Outcome:
    """What was asked for of the model on screen, or what is missing."""
    found = _fitted(now)
    if isinstance(found, Outcome):
        return found
    model, _ = found
    if not model.has_images:
        return Outcome("no_images", numbers={"data": model.config.dataset.label})
    if now.tool != "words" or not now.asked:
        return Outcome("not_asked")
    newest = now.asked[-1]
    if not newest.name:
        return Outcome("no_class", numbers={"text": newest.text})
    if newest.count < _FEW:
        return Outcome("too_few", numbers={"count": newest.count, "few": _FEW})
    return now.asked


CHECKS: tuple[Check, ...] = (
    diffusion_fitted,
    prior_beside_diffusion,
    asked_by_words,
    guidance_turned,
    pixels_beside_codes,
)
