"""Says which test images nearly equal a training image."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vae_desktop.data.dataset import Dataset, Split
    from vae_desktop.data.duplicates import Pair


def duplicate_values(pairs: "Sequence[Pair]", dataset: "Dataset") -> list[dict[str, Any]]:
    """What is known of each pair, as plain JSON values."""
    return [
        {
            "likeness": pair.likeness,
            "test": image_values(dataset.test, pair.test),
            "train": image_values(dataset.train, pair.train),
        }
        for pair in pairs
    ]


def image_values(split: "Split", number: int) -> dict[str, Any]:
    """Which image of a split it is, and where it came from, as plain JSON values."""
    origin = None if split.origins is None else split.origins[number]
    return {
        "image": number,
        "file": None if origin is None else origin.file,
        "part": None if origin is None else origin.part,
    }
