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
    "Can it generate from N(0, I)?",
    "",
    "Of images decoded from codes of N(0, I): how many look real (precision), and how much of the variety of real ones "
    "they cover (recall). Yes: at least half of both. Partly: half look real, but not half of the variety. Mostly not: "
    "less than half look real. Hardly: less than a quarter. No: less than 5 % of either, or no active unit.",
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
            return Verdict("no", "no: it ignores the code")
        return Verdict("", "" if model.missed is None else _missing(model.missed))
    precision, recall = drawn["precision"], drawn["recall"]
    classes = drawn.get("effective_classes")
    if model.has_collapsed or (recall < _NONE and classes is not None and classes < _ONE_PICTURE):
        return Verdict("no", "no: always the same picture")
    look = f"{precision:.0%} look real".replace("%", " %")
    variety = f"{recall:.0%} of the variety".replace("%", " %")
    if precision < _NONE:
        return Verdict("no", f"no: {look}")
    if recall < _NONE:
        return Verdict("no", f"no: {look}, but {variety}")
    if precision < _MOST:
        answer: Answer = "hardly" if precision < _FEW else "mostly not"
        return Verdict(answer, f"{answer}: {look}")
    if recall < _MOST:
        return Verdict("partly", f"partly: {look}, but {variety}")
    return Verdict("yes", f"yes: {look}, {variety}")


def explanation(model: Compared) -> str:
    """Why a model's random codes decode to what one sees, in a sentence or two; "" before there are codes."""
    spread, sigma = model.values.get("spread_of_means"), model.values.get("mean_sigma")
    if spread is None:
        return ""
    traits, weight = model.config.model.traits, model.config.kl_weight
    if model.has_collapsed and weight:
        why = f"KL at β = {weight:g}" if traits.reconstruction_weight else "KL alone"
        sigma_text = f" (mean σ {fmean(sigma):.2f})" if sigma is not None else ""
        return f"{why} made every image's code the same N(0, I){sigma_text}: the decoder cannot know which to draw."
    reach = math.sqrt(
        fmean(s**2 + t**2 for s, t in zip(spread, [0.0] * len(spread) if sigma is None else sigma, strict=True))
    )
    if weight:
        active = model.values.get("active_units")
        used = "" if active is None else f", {active} of {len(spread)} dimensions used"
        where = f"The KL term keeps its codes near N(0, I) (spread {reach:.2g}{used})"
        joint = "yet " if model.missed is not None and model.missed >= _MOST else "so "
    else:
        own = [] if sigma is None else [f"σ shrank to {fmean(sigma):.2g}"]
        if not _LIKE_ONE[0] < reach < _LIKE_ONE[1]:
            own.append(f"its codes spread {reach:.2g} instead of 1")
        where = f"Nothing made its codes fill N(0, I){': ' * bool(own)}{' and '.join(own)}"
        joint = "yet " if model.missed is not None and model.missed < _MOST else "so "
    if model.missed is None:
        return f"{where}."
    return f"{where}, {joint}{_missing(model.missed)}."


def _missing(missed: float) -> str:
    """How many random codes lie off the codes of the data, or among them, whichever are more."""
    if missed >= _MOST:
        return f"{missed:.0%} of random codes miss them".replace("%", " %")
    return f"{1 - missed:.0%} of random codes fall among them".replace("%", " %")


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
