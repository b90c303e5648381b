"""A person's own images and labels from IDX files, MNIST's format, told by their names."""

from dataclasses import replace
from functools import partial
from pathlib import Path

from vae_desktop.config import DatasetConfig
from vae_desktop.data.custom.assembled import Assembled
from vae_desktop.data.custom.beside import held_out_beside, labels_beside, measured
from vae_desktop.data.custom.labels import read_labels
from vae_desktop.data.custom.messages import not_used
from vae_desktop.data.custom.stacks import Stack, assemble_stacks
from vae_desktop.data.stored_array import open_idx
from vae_desktop.progress import Progress


def assemble_idx(path: Path, config: DatasetConfig, progress: Progress) -> Assembled:
    """Read an IDX file of images with the labels and the test images beside it.

    Raises
    ------
    BrokenFile
        If a file is broken.
    Cancelled
        If `progress` raised it.
    """
    held_out = held_out_beside(path)
    second, on_validation = measured(*held_out, config.measured_on)
    skipped = [not_used(part.name) for part in held_out if part not in (None, second)]
    stacks = [_open_stack(part, progress) for part in (path, second) if part is not None]
    assembled = assemble_stacks(stacks, path, config, progress, skipped)
    return replace(assembled, on_validation=on_validation)


def _open_stack(path: Path, progress: Progress) -> Stack:
    images = open_idx(path, 3)
    labels = labels_beside(path)
    if labels is None:
        return Stack(images, None, str(path))
    found = read_labels(partial(open_idx, labels, 1), images.shape[0], progress)
    return Stack(images, found.classes, str(path), found.note)
