"""Chosen images of a data set as files for other programs: where they came from as a table, and their pictures."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from vae_desktop.latent.export import as_csv, origin_columns

if TYPE_CHECKING:
    from vae_desktop.data.dataset import Dataset, Split

Indices = npt.NDArray[np.int64]


def images_as_csv(dataset: Dataset, images: Indices, notes: Sequence[str], pictures: Sequence[str] = ()) -> bytes:
    """A line for each image; ``--exclude`` of the commands takes the table as it is.

    Parameters
    ----------
    dataset : Dataset
    images : array (n,)
        Numbers, the test images first, then the training images.
    notes : sequence of str
        What is noticed of each.
    pictures : sequence of str
        The name of each one's picture, where there are any.
    """
    parts = _parts(dataset, images)
    columns: dict[str, Iterable[Any]] = {
        "split": [name for name, _, _ in parts],
        "image": [number for _, _, number in parts],
    }
    if dataset.origins is not None:
        columns |= origin_columns(dataset.origins.chosen(images))
    columns["hash"] = [f"{split.hashes[number]:016x}" for _, split, number in parts]
    if dataset.class_names and dataset.train.labels is not None and dataset.test.labels is not None:
        columns["class"] = [
            "" if split.labels is None else dataset.class_names[split.labels[number]] for _, split, number in parts
        ]
    columns["note"] = notes
    return as_csv(columns | ({"picture": pictures} if pictures else {}))


def images_as_zip(dataset: Dataset, images: Indices, notes: Sequence[str]) -> bytes:
    """An archive of the images as PNG pictures, as the model gets them, and of the table."""
    parts = _parts(dataset, images)
    names = [f"{place:05}-{name}-{number}.png" for place, (name, _, number) in enumerate(parts, 1)]
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("images.csv", images_as_csv(dataset, images, notes, names))
        for name, (_, split, number) in zip(names, parts, strict=True):
            image = split.images[number]
            pixels = image[0] if len(image) != 3 else image.transpose(1, 2, 0)
            picture = io.BytesIO()
            Image.fromarray(np.ascontiguousarray(pixels)).save(picture, "PNG")
            archive.writestr(name, picture.getvalue())
    return target.getvalue()


def _parts(dataset: Dataset, images: Indices) -> list[tuple[str, Split, int]]:
    """The name of the split that each image is in, the split, and its number there."""
    tests = len(dataset.test)
    return [
        ("test", dataset.test, number) if number < tests else ("train", dataset.train, number - tests)
        for number in images.tolist()
    ]
