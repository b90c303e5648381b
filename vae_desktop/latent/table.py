"""Measured figures laid out for people, of one model or of several side by side; needs no torch."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any, Literal

from vae_desktop.config import RunConfig
from vae_desktop.latent.measures import MEASURES, PERCENTAGES, SOURCES, Measure, dimension_name

_LISTED_DIMENSIONS = 8
_GROUPS = {
    "Loss": (
        "test_loss",
        "reconstruction",
        "kl",
        "kl_per_dimension",
        "negative_elbo",
        "importance_weighted_bound",
        "importance_samples",
    ),
    "Latent space": ("active_units", "mean_sigma", "spread_of_means", "knn_accuracy", "knn_accuracy_of_samples"),
    "Beside linear models": ("squared_error", "pca_squared_error", "pca_ratio", "linear_vae_optimum"),
}


@dataclass(frozen=True)
class Row:
    """A figure: what it is called, its value with its unit, and the measures that define it."""

    label: str
    text: str
    measures: tuple[Measure, ...]


def groups_of(values: Mapping[str, Any], config: RunConfig) -> dict[str, list[Row]]:
    """The rows of the figures that are there, by heading; groups without any are left out.

    Parameters
    ----------
    values : mapping
        By the keys of MEASURES, as `measuring` yields them.
    config : RunConfig
        The run's.
    """
    groups = {
        heading: [_row(key, values[key], config) for key in keys if values.get(key) is not None]
        for heading, keys in _GROUPS.items()
    }
    groups["Denoising"] = _denoising(values.get("denoising"))
    groups["Factors"] = _factors(values.get("factors"))
    groups["Drawn images"] = _drawn(values)
    known = values.get("rows") or {}
    groups["Known figures"] = [_row(f"rows.{key}", value, config) for key, value in known.items() if value]
    return {heading: rows for heading, rows in groups.items() if rows}


def by_dimension(values: Sequence[float]) -> str:
    """A number for each latent dimension, the first few of many."""
    listed = [f"{value:.3f}" for value in values[:_LISTED_DIMENSIONS]]
    more = len(values) - len(listed)
    return f"{', '.join(listed)}{f' and {more} more' if more else ''}"


def _row(key: str, value: Any, config: RunConfig) -> Row:
    entry = MEASURES[key]
    if isinstance(value, list | tuple):
        text = by_dimension(value)
    elif key in PERCENTAGES:
        text = f"{value:.1%}"
    else:
        text = str(value) if isinstance(value, int) else f"{value:.3f}"
    return Row(entry.label, f"{text} {entry.unit_for(config.model)}".rstrip(), (entry,))


def _denoising(found: Mapping[str, Any] | None) -> list[Row]:
    if found is None:
        return []
    entries = (MEASURES["denoising.noisy"], MEASURES["denoising.restored"])
    return [
        Row(
            f"{found['noise'].replace('-', ' ').capitalize()} noise {at['strength']}",
            f"{at['noisy']:.3f} noisy, {at['restored']:.3f} restored {entries[0].unit}",
            entries,
        )
        for at in found["strengths"]
    ]


def _factors(found: Mapping[str, Any] | None) -> list[Row]:
    return [
        Row(
            name.capitalize(),
            f"{entry['best_correlation']:.2f} with {dimension_name(entry['best_dimension'])}",
            (MEASURES["factors.correlations"],),
        )
        for name, entry in (found or {}).items()
        if entry["best_dimension"] is not None
    ]


def _drawn(values: Mapping[str, Any]) -> list[Row]:
    if values.get("sampling") is None:
        return []
    rows = []
    for source, found in values["sampling"].items():
        label = SOURCES[source]
        rows.append(Row(label[0].upper() + label[1:], *_quality(found)))
    return [*rows, Row(MEASURES["classifier"].label, values["classifier"], (MEASURES["classifier"],))]


def _quality(found: Mapping[str, float | None]) -> tuple[str, tuple[Measure, ...]]:
    parts = {
        "precision": "precision {:.3f}",
        "recall": "recall {:.3f}",
        "effective_classes": "effective classes {:.2f}",
        "confidence": "confidence {:.3f}",
    }
    known = {key: text for key, text in parts.items() if found[key] is not None}
    text = "   ".join(text.format(found[key]) for key, text in known.items())
    return text, (MEASURES["sampling"], *(MEASURES[f"sampling.{key}"] for key in known))


Rank = Literal["", "best", "worst"]

_FIGURES = (
    "reconstruction",
    "kl",
    "mean_sigma",
    "spread_of_means",
    "active_units",
    "knn_accuracy",
    "knn_accuracy_of_samples",
)
_OF_SAMPLES = ("precision", "recall", "effective_classes", "confidence")
_TIE = 1e-3  # relative; figures nearer to each other are not told apart


@dataclass(frozen=True)
class Compared:
    """A model beside others: its settings and its figures, by the keys of MEASURES, as far as they are known."""

    config: RunConfig
    values: Mapping[str, Any]


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
    """

    label: str
    unit: str
    heading: str
    cells: tuple[Cell, ...]
    measure: Measure


def comparison_rows(models: Sequence[Compared]) -> list[ComparedRow]:
    """The rows of the comparison; likelihoods of different units stand in rows of their own, never in one."""
    rows = []
    for key in _FIGURES:
        measure = MEASURES[key]
        units = [measure.unit_for(model.config.model) for model in models]
        for unit in dict.fromkeys(units):
            values = [_value(model, key) if own == unit else None for model, own in zip(models, units, strict=True)]
            known = [key in model.values for model in models]
            rows.append(_compared_row(measure, unit, "", values, known, _peers(models, key)))
    for source, label in SOURCES.items():
        for key in _OF_SAMPLES:
            found = [(model.values.get("sampling") or {}).get(source, {}).get(key) for model in models]
            known = ["sampling" in model.values for model in models]
            if any(value is not None for value in found):
                peers = [key != "confidence"] * len(models)  # a classifier can be sure of noise: it has no best
                rows.append(_compared_row(MEASURES[f"sampling.{key}"], "", label, found, known, peers))
    return rows


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
