"""Measured figures of one model laid out for people; `comparison` lays out those of several. Needs no torch."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from vae_desktop.config import RunConfig
from vae_desktop.language import N_, tr
from vae_desktop.latent.measures import MEASURES, PERCENTAGES, SOURCES, Measure, dimension_name

_LISTED_DIMENSIONS = 8
_GROUPS = {
    N_("Loss"): (
        "test_loss",
        "reconstruction",
        "kl",
        "kl_per_dimension",
        "negative_elbo",
        "importance_weighted_bound",
        "importance_samples",
    ),
    N_("Latent space"): ("active_units", "mean_sigma", "spread_of_means", "knn_accuracy", "knn_accuracy_of_samples"),
    N_("Beside linear models"): ("squared_error", "pca_squared_error", "pca_ratio", "linear_vae_optimum"),
}
_NOISES = {
    "gaussian": N_("Gaussian noise {strength}"),
    "masking": N_("Masking noise {strength}"),
    "salt-and-pepper": N_("Salt and pepper noise {strength}"),
}


@dataclass(frozen=True)
class Row:
    """A figure: its key among the values, what it is called, its value with its unit, and the measures that define it.

    Labels that stand in a table, as the headings of groups do, are in English and are translated where they are shown.
    """

    key: str
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
    groups[N_("Denoising")] = _denoising(values.get("denoising"))
    groups[N_("Factors")] = _factors(values.get("factors"))
    groups[N_("Drawn images")] = _drawn(values)
    known = values.get("rows") or {}
    groups[N_("Known figures")] = [_row(f"rows.{key}", value, config) for key, value in known.items() if value]
    return {heading: rows for heading, rows in groups.items() if rows}


def by_dimension(values: Sequence[float]) -> str:
    """A number for each latent dimension, the first few of many."""
    listed = [f"{value:.3f}" for value in values[:_LISTED_DIMENSIONS]]
    more = len(values) - len(listed)
    text = tr("{values} and {count} more") if more else "{values}"
    return text.format(values=", ".join(listed), count=more)


def _row(key: str, value: Any, config: RunConfig) -> Row:
    entry = MEASURES[key]
    if isinstance(value, list | tuple):
        text = by_dimension(value)
    elif key in PERCENTAGES:
        text = f"{value:.1%}"
    else:
        text = str(value) if isinstance(value, int) else f"{value:.3f}"
    return Row(key.partition(".")[0], entry.label, f"{text} {tr(entry.unit_for(config.model))}".rstrip(), (entry,))


def _denoising(found: Mapping[str, Any] | None) -> list[Row]:
    if found is None:
        return []
    entries = (MEASURES["denoising.noisy"], MEASURES["denoising.restored"])
    label, unit = tr(_NOISES[found["noise"]]), tr(entries[0].unit)
    text = tr("{noisy:.3f} noisy, {restored:.3f} restored {unit}")
    return [
        Row(
            "denoising",
            label.format(strength=at["strength"]),
            text.format(noisy=at["noisy"], restored=at["restored"], unit=unit),
            entries,
        )
        for at in found["strengths"]
    ]


def _factors(found: Mapping[str, Any] | None) -> list[Row]:
    text = tr("{correlation:.2f} with {dimension}")
    return [
        Row(
            "factors",
            tr(name).capitalize(),
            text.format(correlation=entry["best_correlation"], dimension=dimension_name(entry["best_dimension"])),
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
        label = tr(SOURCES[source])
        rows.append(Row("sampling", label[0].upper() + label[1:], *_quality(found)))
    generation = values.get("generation")  # which is found after the others
    measures = MEASURES["generation.likeness"], MEASURES["generation.reach"]
    if generation:
        text = f"{generation['likeness']:.3f}   " + tr("reach {value:.3f}").format(value=generation["reach"])
        rows.append(Row("generation", measures[0].label, text, measures))
    classifier = MEASURES["classifier"]
    return [*rows, Row("classifier", classifier.label, values["classifier"], (classifier,))]


def _quality(found: Mapping[str, float | None]) -> tuple[str, tuple[Measure, ...]]:
    parts = {
        "precision": N_("precision {value:.3f}"),
        "recall": N_("recall {value:.3f}"),
        "effective_classes": N_("effective classes {value:.2f}"),
        "confidence": N_("confidence {value:.3f}"),
    }
    known = {key: text for key, text in parts.items() if found[key] is not None}
    text = "   ".join(tr(text).format(value=found[key]) for key, text in known.items())
    return text, (MEASURES["sampling"], *(MEASURES[f"sampling.{key}"] for key in known))
