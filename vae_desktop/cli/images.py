"""Loads the images of a training, and says whether they are those that a saved model takes, or was trained on."""

import argparse
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from vae_desktop.errors import UserError
from vae_desktop.language import tr

if TYPE_CHECKING:
    from vae_desktop.config import DatasetConfig
    from vae_desktop.data.dataset import Dataset
    from vae_desktop.data.fingerprint import Fingerprint
    from vae_desktop.training.checkpoint import Checkpoint
    from vae_desktop.training.processes import Processes


def load_images(
    config: "DatasetConfig", options: argparse.Namespace, processes: "Processes", learned: "Fingerprint | None"
) -> "Dataset":
    """Load a data set in each of the processes, which share their machine's memory; errors as of `load_dataset`."""
    from vae_desktop.data.load import load_dataset
    from vae_desktop.data.stored.memory import memory_budget, use_budget

    if processes.local_count > 1:
        use_budget(memory_budget() // processes.local_count)
    return processes.leader_first(partial(load_dataset, config, options.data_dir, learned=learned))


def check_shape(path: Path, checkpoint: "Checkpoint", dataset: "Dataset") -> None:
    """Raise UserError if the images have another shape than the model in a file takes."""
    if dataset.image_shape == checkpoint.image_shape:
        return
    text = tr(
        "{file} takes images of {taken} (channels × height × width), but {dataset} has {found}. "
        "Choose another data set."
    )
    taken, found = _shape(checkpoint.image_shape), _shape(dataset.image_shape)
    raise UserError(text.format(file=path.name, taken=taken, dataset=dataset.title, found=found))


def check_images(path: Path, checkpoint: "Checkpoint", dataset: "Dataset") -> None:
    """Raise UserError unless the images can be those that the model in a file was trained and measured on."""
    check_shape(path, checkpoint, dataset)
    knows_images = checkpoint.images is not None and not checkpoint.images.is_unknown
    if knows_images and not checkpoint.snapshot.is_interrupted:
        return  # it goes on with what is there now, and none that it has learned is tested on
    span, batch_size = checkpoint.snapshot.span, checkpoint.config.training.batch_size
    batches = -(-len(dataset.train) // batch_size)
    if span is not None and span.per_epoch != batches:
        text = tr(
            "{file} was trained on other images: an epoch had {wanted:,} batches of {size:,}, and the {count:,} "
            "training images of {dataset} make {found:,}."
        )
        counts = {"wanted": span.per_epoch, "size": batch_size, "count": len(dataset.train), "found": batches}
        raise UserError(text.format(file=path.name, dataset=dataset.title, **counts))
    if checkpoint.codes is not None and len(checkpoint.codes.mean) != len(dataset.test):
        text = tr("{file} was measured on {wanted:,} other images; {dataset} has {found:,} test images.")
        counts = {"wanted": len(checkpoint.codes.mean), "found": len(dataset.test)}
        raise UserError(text.format(file=path.name, dataset=dataset.title, **counts))


def other_images(checkpoint: "Checkpoint", dataset: "Dataset") -> list[str]:
    """Whether the images are not those that a model has learned, or nobody knows it, in words."""
    text = dataset.difference_in_words(checkpoint.images)
    return [text] if text else []


def _shape(shape: tuple[int, int, int]) -> str:
    return "×".join(map(str, shape))
