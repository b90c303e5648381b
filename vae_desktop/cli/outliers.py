"""Prints which images a model finds unlike the others, and why."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from vae_desktop.cli.duplicates import image_values
from vae_desktop.cli.output import print_table
from vae_desktop.language import N_, tr
from vae_desktop.settings import Setting

if TYPE_CHECKING:
    from vae_desktop.data.dataset import Dataset, Split
    from vae_desktop.latent.outliers import Outlier

OUTLIERS = Setting(
    N_("Outliers"),
    N_("How many images are listed that are least like the others to the model, each with why; training images too."),
    minimum=0,
    maximum=1_000_000,
)


def outlier_values(outliers: "Sequence[Outlier]", dataset: "Dataset") -> list[dict[str, Any]]:
    """What is known of each outlier, as plain JSON values."""
    return [_values(outlier, dataset) for outlier in outliers]


def print_outliers(outliers: "Sequence[Outlier]", dataset: "Dataset") -> None:
    """Print a line for each: where the image came from, and why it is one."""
    if not outliers:
        return
    print(f"\n{tr('Outliers')}")
    rows = []
    for outlier in outliers:
        where = dataset.place_of(_split(outlier, dataset), outlier.image) or str(outlier.image)
        text = tr("{where} (test)") if outlier.part == "test" else tr("{where} (training)")
        rows.append((text.format(where=where), tr("; ").join(map(str, outlier.reasons))))
    print_table(rows)


def _split(outlier: "Outlier", dataset: "Dataset") -> "Split":
    return dataset.test if outlier.part == "test" else dataset.train


def _values(outlier: "Outlier", dataset: "Dataset") -> dict[str, Any]:
    split = _split(outlier, dataset)
    label = None if split.labels is None or not dataset.class_names else split.labels[outlier.image]
    return {
        "split": outlier.part,
        **image_values(split, outlier.image),
        "hash": f"{split.hashes[outlier.image]:016x}",
        "class": None if label is None else dataset.class_names[label],
        "score": outlier.score,
        "reasons": [
            {"kind": reason.kind, "ratio": reason.ratio, "deviation": reason.deviation, "text": str(reason)}
            for reason in outlier.reasons
        ],
    }
