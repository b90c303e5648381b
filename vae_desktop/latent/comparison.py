"""Models side by side: their figures, and in words whether each can generate and why; needs no torch.

A model can generate if codes drawn from N(0, I), which know nothing of the data, decode to images that look real and
are as various as real ones. Each sentence here is put together from figures, by the thresholds below.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import fmean
from typing import Any, Literal

from vae_desktop.config import RunConfig
from vae_desktop.language import N_, tr
from vae_desktop.latent.measures import MEASURES, PERCENTAGES, SOURCES, Measure

Rank = Literal["", "best", "worst"]
Answer = Literal["", "yes", "partly", "mostly not", "hardly", "no"]

_FIGURES = ("reconstruction", "kl", "mean_sigma", "spread_of_means", "active_units")
_NEIGHBOURS = ("knn_accuracy", "knn_accuracy_of_samples")
_OF_SAMPLES = ("precision", "recall", "effective_classes", "confidence")
_TIE = 1e-3  # relative; figures nearer to each other are not told apart
_NONE, _FEW, _MOST = 0.05, 0.25, 0.5  # of precision and recall: below them no, few, not most images
_ONE_PICTURE = 1.5  # effective classes, below which samples without variety are one picture

_LIKE_ONE = (0.7, 1.4)  # a spread between them is not told from that of N(0, I)

QUESTION = Measure(
    "verdict",
    N_("Can it generate from N(0, I)?"),
    "",
    N_(
        "Of images decoded from codes of N(0, I): how many look real (precision), and how much of the variety of real "
        "ones they cover (recall). Yes: at least half of both. Partly: half look real, but not half of the variety. "
        "Mostly not: less than half look real. Hardly: less than a quarter. No: less than 5 % of either, or no active "
        "unit."
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
    """

    config: RunConfig
    values: Mapping[str, Any]
    missed: float | None = None

    @property
    def has_collapsed(self) -> bool:
        """Whether no latent dimension tells images apart."""
        return self.values.get("active_units") == 0


@dataclass(frozen=True)
class Verdict:
    """Whether a model can generate: the answer, "" as long as it is not measured, and the sentence."""

    answer: Answer
    text: str


def verdict(model: Compared) -> Verdict:
    """Whether a model can generate from N(0, I), in words, by the rules of QUESTION.

    Before images are drawn and judged, the distance of random codes from the model's own is a first hint.
    """
    drawn = (model.values.get("sampling") or {}).get("prior")
    if drawn is None:
        if model.has_collapsed:
            return Verdict("no", tr("no: it ignores the code"))
        return Verdict("", "" if model.missed is None else _of_codes(model.missed, _MISS, _FALL))
    precision, recall = drawn["precision"], drawn["recall"]
    classes = drawn.get("effective_classes")
    if model.has_collapsed or (recall < _NONE and classes is not None and classes < _ONE_PICTURE):
        return Verdict("no", tr("no: always the same picture"))
    answer: Answer = "yes"
    text = tr("yes: {look} look real, {variety} of the variety")
    if precision < _NONE:
        answer, text = "no", tr("no: {look} look real")
    elif recall < _NONE:
        answer, text = "no", tr("no: {look} look real, but {variety} of the variety")
    elif precision < _FEW:
        answer, text = "hardly", tr("hardly: {look} look real")
    elif precision < _MOST:
        answer, text = "mostly not", tr("mostly not: {look} look real")
    elif recall < _MOST:
        answer, text = "partly", tr("partly: {look} look real, but {variety} of the variety")
    return Verdict(answer, text.format(look=_percent(precision), variety=_percent(recall)))


def explanation(model: Compared) -> str:
    """Why a model's random codes decode to what one sees, in a sentence or two; "" before there are codes."""
    spread, sigma = model.values.get("spread_of_means"), model.values.get("mean_sigma")
    if spread is None:
        return ""
    traits, weight = model.config.model.traits, model.config.kl_weight
    if model.has_collapsed and weight:
        text = tr("KL alone made every image's code the same {code}: the decoder cannot know which to draw.")
        if traits.reconstruction_weight:
            text = tr(
                "KL at β = {beta:g} made every image's code the same {code}: the decoder cannot know which to draw."
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
        if not _LIKE_ONE[0] < reach < _LIKE_ONE[1]:
            own.append(tr("its codes spread {reach:.2g} instead of 1").format(reach=reach))
        where = tr("{first} and {second}").format(first=own[0], second=own[1]) if len(own) > 1 else "".join(own)
        texts = _FREE if own else _FREE_AS_IT_IS
    if model.missed is None:
        return tr(texts[0]).format(where=where)
    return _of_codes(model.missed, *texts[1:], where)


# How many random codes lie off the codes of the data, or among them: alone, then after where those codes are.
_MISS, _FALL = N_("{part} of random codes miss them"), N_("{part} of random codes fall among them")
_PRESSED = (
    N_("The KL term keeps its codes near N(0, I) ({where})."),
    N_("The KL term keeps its codes near N(0, I) ({where}), yet {part} of random codes miss them."),
    N_("The KL term keeps its codes near N(0, I) ({where}), so {part} of random codes fall among them."),
)
_FREE = (
    N_("Nothing made its codes fill N(0, I): {where}."),
    N_("Nothing made its codes fill N(0, I): {where}, so {part} of random codes miss them."),
    N_("Nothing made its codes fill N(0, I): {where}, yet {part} of random codes fall among them."),
)
_FREE_AS_IT_IS = (
    N_("Nothing made its codes fill N(0, I)."),
    N_("Nothing made its codes fill N(0, I), so {part} of random codes miss them."),
    N_("Nothing made its codes fill N(0, I), yet {part} of random codes fall among them."),
)


def _of_codes(missed: float, miss: str, fall: str, where: str = "") -> str:
    """The text about those that are more, filled in."""
    text, part = (miss, missed) if missed >= _MOST else (fall, 1 - missed)
    return tr(text).format(part=_percent(part), where=where)


def _percent(fraction: float) -> str:
    return f"{fraction:.0%}".replace("%", " %")


@dataclass(frozen=True)
class Cell:
    """A figure as it is shown, and how it stands among those that it can be compared with."""

    text: str
    rank: Rank = ""


@dataclass(frozen=True)
class ComparedRow:
    """One figure of all models.

    Attributes
    ----------
    label, unit : str
        Units differ only between rows.
    heading : str
        What a group of rows has in common, "" where they stand alone.
    cells : tuple of Cell
        One for each model, the mean where each latent dimension has a figure; "–" where a model has no such figure, ""
        where the figure is not known yet.
    measure : Measure
    is_detail : bool
        Whether it is shown only where all figures are.
    """

    label: str
    unit: str
    heading: str
    cells: tuple[Cell, ...]
    measure: Measure
    is_detail: bool = False


def comparison_rows(models: Sequence[Compared]) -> list[ComparedRow]:
    """The rows of the comparison; likelihoods of different units stand in rows of their own, never in one."""
    rows = [_verdict_row(models)]
    for key in (*_FIGURES, *_NEIGHBOURS):
        measure = MEASURES[key]
        units = [measure.unit_for(model.config.model) for model in models]
        for unit in dict.fromkeys(units):
            values = [_value(model, key) if own == unit else None for model, own in zip(models, units, strict=True)]
            known = [key in model.values for model in models]
            row = _compared_row(measure, unit, "", values, known, _peers(models, key))
            rows.append(replace(row, is_detail=key in _NEIGHBOURS))
    for source, label in SOURCES.items():
        of_source = [(model.values.get("sampling") or {}).get(source, {}) for model in models]
        # What is the same for every code is no success, however real it looks.
        is_various = [
            (found.get("recall") or 0.0) >= _NONE and not (model.has_collapsed and source != "reconstructions")
            for model, found in zip(models, of_source, strict=True)
        ]
        for key in _OF_SAMPLES:
            values = [found.get(key) for found in of_source]
            known = ["sampling" in model.values for model in models]
            if any(value is not None for value in values):
                # A classifier can be sure of noise: its confidence has no best.
                peers = is_various if key == "precision" else [key != "confidence"] * len(models)
                row = _compared_row(MEASURES[f"sampling.{key}"], "", label, values, known, peers)
                rows.append(replace(row, is_detail=True))
    return rows


def _verdict_row(models: Sequence[Compared]) -> ComparedRow:
    ranks: dict[Answer, Rank] = {"yes": "best", "no": "worst", "hardly": "worst", "mostly not": "worst"}
    verdicts = [verdict(model) for model in models]
    cells = tuple(Cell(found.text, ranks.get(found.answer, "")) for found in verdicts)
    return ComparedRow(QUESTION.label, "", "", cells, QUESTION)


def _value(model: Compared, key: str) -> float | None:
    value = model.values.get(key)
    if isinstance(value, Iterable):  # a figure of each latent dimension
        return fmean(value)
    return None if value is None else float(value)


def _compared_row(
    measure: Measure,
    unit: str,
    heading: str,
    values: Sequence[float | None],
    known: Sequence[bool],
    peers: Sequence[bool],
) -> ComparedRow:
    texts = [
        _text(measure.key, value) if value is not None else "–" if is_known else ""
        for value, is_known in zip(values, known, strict=True)
    ]
    compared = [value if peer else None for value, peer in zip(values, peers, strict=True)]
    ranks = _ranks(measure, compared)
    if len({text for text, value in zip(texts, compared, strict=True) if value is not None}) < 2:
        ranks = [""] * len(texts)  # a difference that cannot be seen is none
    cells = tuple(Cell(text, rank) for text, rank in zip(texts, ranks, strict=True))
    return ComparedRow(measure.label, unit, heading, cells, measure)


def _peers(models: Sequence[Compared], key: str) -> list[bool]:
    """Whether each model's figure can be compared: that of the most common kind, where its meaning depends on the kind.

    Active units are a number out of all dimensions; a denoising model's reconstruction is of noisy images.
    """
    kinds: list[Any] = [True] * len(models)
    if key == "active_units":
        kinds = [model.config.model.latent_dim for model in models]
    if key == "reconstruction":
        kinds = [model.config.model.traits.is_denoising for model in models]
    most = max(kinds, key=kinds.count)
    return [kind == most for kind in kinds]


def _text(key: str, value: float) -> str:
    if key in PERCENTAGES:
        return f"{value:.1%}"
    if key == "active_units":
        return f"{value:.0f}"
    return f"{value:.2f}" if abs(value) >= 0.095 or value == 0 else f"{value:.3f}"


def _ranks(measure: Measure, values: Sequence[float | None]) -> list[Rank]:
    """Which values are the best and the worst; none where neither direction is good or the values do not differ."""
    there = [value for value in values if value is not None and math.isfinite(value)]
    if not measure.better or len(there) < 2:
        return [""] * len(values)
    best, worst = (min(there), max(there)) if measure.better == "lower" else (max(there), min(there))
    near = _TIE * max(abs(best), abs(worst))
    if abs(best - worst) <= near:
        return [""] * len(values)
    return [
        "" if value is None else "best" if abs(value - best) <= near else "worst" if abs(value - worst) <= near else ""
        for value in values
    ]
