"""Models side by side: their figures, each plainly better or worse where that can be said; needs no torch."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from statistics import fmean
from typing import Any, Literal

from vae_desktop.latent.measures import MEASURES, PERCENTAGES, SOURCES, Measure
from vae_desktop.latent.verdict import NO_VARIETY, QUESTION, Answer, Compared, verdict

Rank = Literal["", "best", "worst"]

_FIGURES = ("reconstruction", "kl", "mean_sigma", "spread_of_means", "active_units")
_NEIGHBOURS = ("knn_accuracy", "knn_accuracy_of_samples")
_OF_SAMPLES = ("precision", "recall", "effective_classes", "confidence")
_TIE = 1e-3  # relative; figures nearer to each other are not told apart


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
    for key in ("likeness", "reach"):
        values = [(model.values.get("generation") or {}).get(key) for model in models]
        known = ["generation" in model.values for model in models]
        if any(known):
            peers = [not model.has_collapsed for model in models]
            rows.append(_compared_row(MEASURES[f"generation.{key}"], "", "", values, known, peers))
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
            (found.get("recall") or 0.0) >= NO_VARIETY and not (model.has_collapsed and source != "reconstructions")
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
    ranks: dict[Answer, Rank] = {"yes": "best", "no": "worst", "hardly": "worst"}
    verdicts = [verdict(model) for model in models]
    cells = tuple(Cell(found.short or found.text, ranks.get(found.answer, "")) for found in verdicts)
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
    if key == "active_units" and len({model.config.model.latent_dim for model in models}) > 1:
        return [False] * len(models)
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
