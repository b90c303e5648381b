"""What a file says of a model that is saved, and the tensors that it holds of it."""

from collections.abc import Sequence
from dataclasses import asdict, astuple
from typing import TYPE_CHECKING, Any

import numpy as np

from vae_desktop import __version__
from vae_desktop.config import EXCLUDED, OPTIONAL, DatasetConfig, RunConfig
from vae_desktop.data.fingerprint import Fingerprint
from vae_desktop.training.description import FORMAT_VERSION, IMAGES_VERSION, PLAIN_VERSION, TIMELINE_VERSION
from vae_desktop.training.frames import FrameLayout
from vae_desktop.training.history import Change, History
from vae_desktop.training.saved_timeline import MOST_FRAMES, timeline_parts
from vae_desktop.training.saved_words import PREFIX as WORDS
from vae_desktop.training.saved_words import said_of_words, words_tensors
from vae_desktop.training.tensor_file import Array
from vae_desktop.training.timeline import Timeline

if TYPE_CHECKING:
    from vae_desktop.training.checkpoint import Checkpoint


def metadata_of(checkpoint: "Checkpoint") -> dict[str, Any]:
    """What the metadata says of a model whose timeline is not saved with it."""
    images = _images_of(checkpoint)
    said: dict[str, Any] = {}
    if images is not None:
        said |= {"images": [images.source, images.measured_on], "fingerprint": images.digest}
    if checkpoint.history.forked_at is not None:
        said["forked_at"] = checkpoint.history.forked_at
    config = _config_of(checkpoint.config)
    version = TIMELINE_VERSION if OPTIONAL[0] in config["dataset"] else PLAIN_VERSION
    is_new = images is not None or EXCLUDED in config["dataset"]
    return {
        "format_version": IMAGES_VERSION if is_new else version,
        "written_by": f"vae_desktop {__version__}",
        "config": config,
        "image_shape": list(checkpoint.image_shape),
        "class_names": list(checkpoint.class_names),
        "step": checkpoint.snapshot.step,
        "span": None if checkpoint.snapshot.span is None else list(astuple(checkpoint.snapshot.span)),
        "changed_settings": _changed_settings(checkpoint.history),
        **said,
    }


def _config_of(config: RunConfig) -> dict[str, Any]:
    """The settings of a run; what few runs use is left out where all of it is as usual."""
    values = asdict(config)
    if all(values["dataset"][name] == getattr(DatasetConfig, name) for name in OPTIONAL):
        for name in OPTIONAL:
            del values["dataset"][name]
    if not values["dataset"][EXCLUDED]:
        del values["dataset"][EXCLUDED]
    return values


def tensors_of(checkpoint: "Checkpoint", half_precision: bool) -> dict[str, Array]:
    """The tensors of a model without its timeline; 32-bit numbers as 16-bit ones for `half_precision`."""
    snapshot, codes = checkpoint.snapshot, checkpoint.codes
    tensors: dict[str, Array] = {f"weights.{name}": tensor for name, tensor in snapshot.weights.items()}
    tensors |= {f"optimizer.{name}": tensor for name, tensor in (snapshot.optimizer or {}).items()}
    tensors |= _history_tensors(checkpoint.history)
    if codes is not None:
        tensors["codes.mean"] = codes.mean
        if codes.log_stddev is not None:
            tensors["codes.log_stddev"] = codes.log_stddev
        if codes.labels is not None:
            tensors["codes.labels"] = codes.labels
    images = _images_of(checkpoint)
    if images is not None:
        parts = {"train": images.train, "test": images.test}
        parts |= {"train_places": images.train_places, "test_places": images.test_places}
        tensors |= {f"images.{name}": hashes.astype(np.uint64) for name, hashes in parts.items()}
    if checkpoint.diffusion is not None:
        tensors |= words_tensors(checkpoint.diffusion)
    return _written(tensors, half_precision)


def add_words(
    described: Sequence[dict[str, Any]], tensors: Sequence[dict[str, Array]], checkpoints: "Sequence[Checkpoint]"
) -> None:
    """Add to what is said of each model what is said of its words, which are among its tensors."""
    for said, own, checkpoint in zip(described, tensors, checkpoints, strict=True):
        if checkpoint.diffusion is not None:
            said[WORDS] = said_of_words(checkpoint.diffusion, own)
            said["format_version"] = FORMAT_VERSION


def _images_of(checkpoint: "Checkpoint") -> Fingerprint | None:
    """The images that the model is known to have learned."""
    images = checkpoint.images
    return None if images is None or images.is_unknown else images


def add_timelines(
    described: Sequence[dict[str, Any]],
    tensors: Sequence[dict[str, Array]],
    checkpoints: "Sequence[Checkpoint]",
    timelines: Sequence[Timeline | None],
    half_precision: bool,
    room: int,
) -> None:
    """Add the frames of each model to what is said of it and to its tensors, as many as there are `room` bytes for."""
    room, most = room // len(checkpoints), MOST_FRAMES // len(checkpoints)
    for said, own, checkpoint, timeline in zip(described, tensors, checkpoints, timelines, strict=True):
        if timeline is not None and timeline.frames:
            layout = FrameLayout.of(checkpoint.config.model, checkpoint.image_shape)
            parts = timeline_parts(timeline, layout, checkpoint.snapshot.step, room, most, half_precision)
            said["timeline"], frames = parts
            said["format_version"] = max(said["format_version"], TIMELINE_VERSION)
            own |= _written(frames, half_precision)


def _written(tensors: dict[str, Array], half_precision: bool) -> dict[str, Array]:
    """Tensors as they are written: weights and codes, those of frames too, perhaps as 16-bit numbers."""
    if half_precision:
        exact = ("optimizer.", "history.")
        with np.errstate(over="ignore"):  # what is too large becomes infinite, and a file with it is refused
            tensors |= {
                name: tensor.astype(np.float16)
                for name, tensor in tensors.items()
                if not name.startswith(exact) and tensor.dtype == np.float32
            }
    return {name: np.ascontiguousarray(tensor).reshape(tensor.shape) for name, tensor in tensors.items()}


def _changed_settings(history: History) -> list[str]:
    return sorted({_said_of(change) for change in history.changes})


def _said_of(change: Change) -> str:
    """The name of a setting, with its value where that is no number."""
    return f"{change.name}={change.chosen}" if change.chosen else change.name


def _history_tensors(history: History) -> dict[str, Array]:
    """Rows of numbers; a change's are its step, the index of its setting in the metadata, and its value or 0."""
    names = _changed_settings(history)
    evaluations = []
    for entry in history.evaluations:
        kl = () if entry.kl is None else (entry.kl, *(entry.kl_per_dimension or ()))
        evaluations.append((entry.step, entry.total, entry.reconstruction, *kl))
    changes = [(change.step, names.index(_said_of(change)), change.value) for change in history.changes]
    return {
        "history.training": history.training,
        "history.evaluations": np.array(evaluations, np.float64),
        "history.changes": np.array(changes, np.float64),
    }
