"""Whether a model can generate, in words and by figures, and why; needs no torch.

A model can generate if codes drawn from N(0, I), which know nothing of the data, decode to what codes of real images
decode to, and to as much of it. Each sentence here is put together from figures, by the thresholds below.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import fmean
from typing import Any, Literal

from vae_desktop.config import RunConfig
from vae_desktop.language import N_, sentences, tr
from vae_desktop.latent.measures import Measure

Answer = Literal["", "yes", "hardly", "no"]

# Of likeness and reach, whichever is smaller. Measured on MNIST and Digits with 2 and 20 latent dimensions: 0.66 to
# 0.93 of VAEs, 0.09 to 0.49 of autoencoders and VAEs without KL.
_NO, _YES = 0.2, 0.6
_COARSE = 0.25  # of the real images' variety: reconstructions that cover less are coarse
NO_VARIETY = 0.05  # of recall: below it there is none
ONE_PICTURE = 1.5  # effective classes, below which samples without variety are one picture
_MOST = 0.5

LIKE_ONE = (0.7, 1.4)  # a spread between them is not told from that of N(0, I)

QUESTION = Measure(
    "verdict",
    N_("Do random codes from N(0, I) decode to images?"),
    "",
    N_(
        "Each model's random pictures stand beside its own reconstructions of real images. They look like them where "
        "they are as near to one as its nearest few are to each other, in the features of a classifier. Their variety "
        "is how many of the reconstructions a random picture comes near to. Yes: at least 60 % of both. No: less than "
        "20 % of either, or always the same picture. Hardly: in between."
    ),
    better="higher",
)


@dataclass(frozen=True)
class Compared:
    """A model beside others.

    Attributes
    ----------
    config : RunConfig
    values : mapping
        Its figures by the keys of MEASURES, as far as they are known.
    missed : float, or None
        Fraction of codes from N(0, I) that lie further from the model's codes than real ones do, as long as known; see
        latent.code_distances.fraction_missing.
    early_step : int, or None
        The step at which the model is, where that is too early to say anything of it.
    """

    config: RunConfig
    values: Mapping[str, Any]
    missed: float | None = None
    early_step: int | None = None

    @property
    def has_collapsed(self) -> bool:
        """Whether no latent dimension tells images apart."""
        return self.values.get("active_units") == 0


@dataclass(frozen=True)
class Verdict:
    """Whether a model can generate: the answer, "" as long as it is not known, and the sentence, also in a word."""

    answer: Answer
    text: str
    short: str = ""


def verdict(model: Compared) -> Verdict:
    """Whether a model can generate from N(0, I), in words, by the rules of QUESTION.

    Before images are drawn and judged, the distance of random codes from the model's own is a first hint.
    """
    if model.early_step is not None:
        return Verdict("", tr("too early to say: step {step:,}").format(step=model.early_step))
    found, sampling = model.values.get("generation"), model.values.get("sampling")
    if found is None or sampling is None:
        if model.has_collapsed:
            return Verdict("no", tr("no: it ignores the code"))
        return Verdict("", "" if model.missed is None else _of_codes(model.missed, _MISS, _FALL))
    drawn = sampling["prior"]
    classes = drawn["effective_classes"]
    if model.has_collapsed or (drawn["recall"] < NO_VARIETY and classes is not None and classes < ONE_PICTURE):
        return Verdict("no", tr("no: always the same picture"))
    likeness, reach = found["likeness"], found["reach"]
    least = min(likeness, reach)
    answer: Answer = "no" if least < _NO else "hardly" if least < _YES else "yes"
    if answer == "yes":
        text = tr("yes: {look} look like its reconstructions, and they reach {variety} of their variety")
    elif likeness >= _YES:
        text = tr("{answer}: {look} look like its reconstructions, but they reach only {variety} of their variety")
    else:
        text = tr("{answer}: only {look} look like its reconstructions, and they reach {variety} of their variety")
    said = {"no": tr("no"), "hardly": tr("hardly"), "yes": tr("yes")}[answer]
    return Verdict(answer, text.format(answer=said, look=_percent(likeness), variety=_percent(reach)), said)


def explanation(model: Compared) -> str:
    """Why a model's random codes decode to what one sees, in a sentence or two; "" before that can be said."""
    spread, sigma = model.values.get("spread_of_means"), model.values.get("mean_sigma")
    if spread is None or model.early_step is not None:
        return ""
    traits, weight = model.config.model.traits, model.config.kl_weight
    if model.has_collapsed and weight:
        text = tr("The KL term, alone, made every image's code the same {code}: the decoder cannot know which to draw.")
        if traits.reconstruction_weight:
            text = tr(
                "At β = {beta:g} the KL term made every image's code the same {code}: the decoder cannot know which to "
                "draw."
            )
        code = "N(0, I)" if sigma is None else tr("N(0, I) (mean σ {sigma:.2f})").format(sigma=fmean(sigma))
        return text.format(beta=weight, code=code)
    reach = math.sqrt(
        fmean(s**2 + t**2 for s, t in zip(spread, [0.0] * len(spread) if sigma is None else sigma, strict=True))
    )
    if weight:
        active = model.values.get("active_units")
        where = tr("spread {reach:.2g}")
        if active is not None:
            where = tr("spread {reach:.2g}, {active} of {count} dimensions used")
        where, texts = where.format(reach=reach, active=active, count=len(spread)), _PRESSED
    else:
        own = [] if sigma is None else [tr("σ shrank to {sigma:.2g}").format(sigma=fmean(sigma))]
        if not LIKE_ONE[0] < reach < LIKE_ONE[1]:
            own.append(tr("they spread {reach:.2g} instead of 1").format(reach=reach))
        where = tr("{first} and {second}").format(first=own[0], second=own[1]) if len(own) > 1 else "".join(own)
        texts = _FREE if own else _FREE_AS_IT_IS
        if reach > LIKE_ONE[1]:
            texts = _WIDE
    why = tr(texts[0]).format(where=where)
    if model.missed is not None:
        why = _of_codes(model.missed, *texts[1:], where)
    return sentences(why, _coarseness(model))


def _coarseness(model: Compared) -> str:
    """That a model's reconstructions themselves are coarse, if they are: that is not what the verdict is about."""
    own = (model.values.get("sampling") or {}).get("reconstructions")
    if own is None or model.values.get("generation") is None or own["recall"] >= _COARSE:
        return ""
    text = tr("{dim}-D: even reconstructions are coarse ({variety} of real variety).")
    return text.format(dim=model.config.model.latent_dim, variety=_percent(own["recall"]))


# How many random codes lie off the codes of the data, or among them: alone, then after where those codes are.
_MISS, _FALL = N_("{part} of random codes miss them"), N_("{part} of random codes fall among them")
_PRESSED = (
    N_("The KL term keeps its codes near N(0, I) ({where})."),
    N_("The KL term keeps its codes near N(0, I) ({where}), yet {part} of random codes miss them."),
    N_("The KL term keeps its codes near N(0, I) ({where}), so {part} of random codes fall among them."),
)
_FREE = (
    N_("Without the KL term nothing pulls its codes towards N(0, I): {where}."),
    N_("Without the KL term nothing pulls its codes towards N(0, I): {where}, so {part} of random codes miss them."),
    N_(
        "Without the KL term nothing pulls its codes towards N(0, I): {where}, yet {part} of random codes fall among "
        "them."
    ),
)
_WIDE = (*_FREE[:2], N_("Without the KL term nothing pulls its codes towards N(0, I): {where}, so random codes reach "
                        "only a part of them."))
_FREE_AS_IT_IS = (
    N_("Without the KL term nothing pulls its codes towards N(0, I)."),
    N_("Without the KL term nothing pulls its codes towards N(0, I), so {part} of random codes miss them."),
    N_("Without the KL term nothing pulls its codes towards N(0, I), yet {part} of random codes fall among them."),
)


def _of_codes(missed: float, miss: str, fall: str, where: str = "") -> str:
    """The text about those that are more, filled in."""
    text, part = (miss, missed) if missed >= _MOST else (fall, 1 - missed)
    return tr(text).format(part=_percent(part), where=where)


def _percent(fraction: float) -> str:
    return f"{fraction:.0%}"
