"""The file that keeps a trained model: one safetensors file, never a pickle.

Weights, the optimizer's moments, the test set's codes and the whole history are tensors, exact and compact,
so the header stays small however long a run was, and a larger one is refused before it is read. What it says
of models and tensors is checked in full before any tensor is read. The frames of a timeline, where one is saved
with the model, lie beside it and are read one by one when they are wanted. The metadata is one JSON value: several keys
would be written in random order, and the same model would not give the same bytes. Models that are compared lie
in one such file together: the tensors of each under its number, and under another key a list of what would be
the metadata of each alone.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import starmap
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from vae_desktop.config import RunConfig
from vae_desktop.data.fingerprint import Fingerprint
from vae_desktop.errors import CheckpointError, UserError
from vae_desktop.files import size_in_words, write_atomically
from vae_desktop.language import tr
from vae_desktop.latent.codes import Codes
from vae_desktop.models.architecture import ImageShape
from vae_desktop.models.snapshot import Snapshot
from vae_desktop.training import tensor_file
from vae_desktop.training.description import PLAIN_VERSION, Description, under
from vae_desktop.training.history import History
from vae_desktop.training.saved_parts import add_timelines, add_words, metadata_of, tensors_of
from vae_desktop.training.saved_timeline import PREFIX
from vae_desktop.training.saved_words import PREFIX as WORDS
from vae_desktop.training.saved_words import read_words
from vae_desktop.training.tensor_file import Array, TensorInfo, require
from vae_desktop.training.timeline import NO_FRAMES, Frame, Timeline
from vae_desktop.variants import FEWEST, MOST, check_comparison

if TYPE_CHECKING:
    from vae_desktop.words.latent_diffusion import LatentDiffusion

_KEY, _SET_KEY = "vae_desktop", "vae_desktop_set"
_MAX_FREE_BYTES = 2**30  # of codes and histories: a day at a thousand steps a second, or a million images' codes


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """A trained model with all that is needed to show it, to judge it and to go on training it.

    Attributes
    ----------
    codes : Codes, or None
        Codes of the test set, for the scatter.
    format_version : int
        Format of the file that it was read from.
    timeline : Timeline, or None
        The frames of its training that lie in that file.
    images : Fingerprint, or None
        Which of a person's own images it has learned; unknown in files of earlier versions. None for a built-in set.
    has_newer_timeline : bool
        Whether frames lie there that this version cannot read.
    diffusion : LatentDiffusion, or None
        What draws codes for words, fitted to the model's codes; old once the model has trained on.
    words_fault : str
        Why that which lies in the file cannot be used, in a sentence; "" if it can, or there is none.
    """

    config: RunConfig
    image_shape: ImageShape
    class_names: tuple[str, ...]
    snapshot: Snapshot
    history: History
    codes: Codes | None
    format_version: int = PLAIN_VERSION
    timeline: Timeline | None = None
    images: Fingerprint | None = None
    has_newer_timeline: bool = False
    diffusion: "LatentDiffusion | None" = None
    words_fault: str = ""

    @property
    def has_old_words(self) -> bool:
        """Whether its diffusion was fitted to codes that the model had at another step."""
        return self.diffusion is not None and self.diffusion.step != self.snapshot.step

    @property
    def parameters(self) -> int:
        """How many numbers the model has learned."""
        return sum(values.size for values in self.snapshot.weights.values())

    @property
    def steps_per_epoch(self) -> int:
        """How many batches an epoch of the model's training had."""
        if self.snapshot.span is not None:
            return self.snapshot.span.per_epoch
        # Files of earlier versions do not say it.
        evaluated = [evaluation.step for evaluation in self.history.evaluations]
        return max(evaluated[1] - evaluated[0] if len(evaluated) > 1 else self.snapshot.step, 1)

    @property
    def can_continue_exactly(self) -> bool:
        """Whether going on gives what an uninterrupted run would have given; after its end a cycle begins anew."""
        if self.snapshot.step == 0:
            return True
        has_place = self.config.training.schedule == "constant" or self.snapshot.is_interrupted
        return self.snapshot.optimizer is not None and has_place

    def at(self, step: int) -> "Checkpoint":
        """The model as it was at a step of its timeline, with the settings of then; going on continues from there.

        Raises
        ------
        UserError
            If that step was not kept, and then the nearest is named; or if its frame is damaged or gone.
        """
        return self.as_of((self.timeline or NO_FRAMES).read(step))

    def as_of(self, frame: Frame) -> "Checkpoint":
        """The model as it was at a frame of its timeline, with the words of that step only; otherwise as `at`."""
        step = frame.step
        settings: dict[str, Any] = (self.timeline or NO_FRAMES).settings_at(step, self.history.changes)
        span = frame.snapshot.span
        if span is not None:
            settings["epochs"] = max((span.last - span.first) // span.per_epoch, 1)
        return replace(
            self,
            config=self.config.with_settings(**settings),
            snapshot=frame.snapshot,
            history=self.history.until(step),
            codes=frame.codes,
            diffusion=self.diffusion if self.diffusion is not None and self.diffusion.step == step else None,
        )


def save_checkpoints(
    path: Path,
    checkpoints: Sequence[Checkpoint],
    half_precision: bool = False,
    watch: Callable[[Path], object] = lambda part: None,
    timelines: Sequence[Timeline | None] = (),
) -> None:
    """Write one to four checkpoints as one file; the file at `path` is the old or the new one, never half.

    Parameters
    ----------
    path : Path
    checkpoints : sequence of Checkpoint
    half_precision : bool
        Keep weights, codes and words as 16-bit numbers: half the size, and no metric changes visibly.
    watch : callable
        Called with the temporary file, as `write_atomically` says.
    timelines : sequence of Timeline or None, optional
        Of each checkpoint, to be saved with it; frames for which a file has no room are left out, the others stay. By
        default none is saved.

    Raises
    ------
    UserError
        If the file cannot be written, or would be larger than one that can be opened even without the optimizer's
        moments, which are left out before that.
    """
    described = [metadata_of(checkpoint) for checkpoint in checkpoints]
    tensors = [tensors_of(checkpoint, half_precision) for checkpoint in checkpoints]
    add_words(described, tensors, checkpoints)
    if _bytes(tensors) > tensor_file.MAX_FILE_BYTES:
        tensors = [{name: own[name] for name in own if not name.startswith("optimizer.")} for own in tensors]
    if _bytes(tensors) > tensor_file.MAX_FILE_BYTES:
        taken, most = (size_in_words(size) for size in (_bytes(tensors), tensor_file.MAX_FILE_BYTES))
        text = tr("Cannot save {name}: it would take {taken}, and a model file at most {most}.")
        raise UserError(text.format(name=path.name, taken=taken, most=most))
    if timelines:
        room = tensor_file.MAX_FILE_BYTES - _bytes(tensors)
        add_timelines(described, tensors, checkpoints, timelines, half_precision, room)
    if len(checkpoints) == 1:
        parts = tensor_file.file_parts(tensors[0], {_KEY: _json(described[0])})
    else:
        numbered = {f"{number}.{name}": tensor for number, own in enumerate(tensors) for name, tensor in own.items()}
        parts = tensor_file.file_parts(numbered, {_SET_KEY: _json(described)})
    write_atomically(path, parts, watch)


def load_checkpoint(path: Path) -> Checkpoint:
    """Read the checkpoint of one model, trusting nothing in it.

    Raises
    ------
    CheckpointError
        If the file is no model of this app, damaged, of a newer format, or holds several models; the message names
        file and reason.
    """
    checkpoints = load_checkpoints(path)
    if len(checkpoints) > 1:
        text = tr(
            "Cannot open {name}: it holds {count} models to be compared in the window. "
            "Save the one you want from there."
        )
        raise CheckpointError(text.format(name=path.name or path, count=len(checkpoints)))
    return checkpoints[0]


def load_checkpoints(path: Path) -> tuple[Checkpoint, ...]:
    """Read the checkpoints of one to four models; otherwise as `load_checkpoint`."""
    with tensor_file.opened(path) as (file, size):
        return tuple(starmap(partial(_checkpoint, path, file), _read_head(file, size)))


def is_half_precision(path: Path) -> bool:
    """Whether the weights lie in a file as 16-bit numbers; errors as of `load_checkpoint`."""
    with tensor_file.opened(path) as (file, size):
        models = _read_head(file, size)
    return any(info.dtype == np.float16 for _, infos in models for info in under("weights", infos).values())


def read_descriptions(path: Path) -> tuple[Description, ...]:
    """Read what a file says of its one to four models, not their tensors; errors as of `load_checkpoint`."""
    with tensor_file.opened(path) as (file, size):
        return tuple(description for description, _ in _read_head(file, size))


def read_last_losses(path: Path) -> tuple[float | None, ...]:
    """Read the last loss on the test images of each model in a file; errors as of `load_checkpoint`."""
    losses: list[float | None] = []
    with tensor_file.opened(path) as (file, size):
        for _, infos in _read_head(file, size):
            evaluations = tensor_file.read_tensor(file, infos["history.evaluations"])
            losses.append(float(evaluations[-1, 1]) if len(evaluations) else None)
    return tuple(losses)


def _json(value: Any) -> str:
    return json.dumps(value, allow_nan=False, ensure_ascii=False, separators=(",", ":"))


def _bytes(tensors: Sequence[Mapping[str, Array]]) -> int:
    """How many bytes a file of such tensors takes, with the longest header that is read."""
    return tensor_file.MAX_HEADER_BYTES + sum(tensor.nbytes for own in tensors for tensor in own.values())


def _read_head(file: BinaryIO, size: int) -> list[tuple[Description, Mapping[str, TensorInfo]]]:
    """What a file says of each of its models and of that model's tensors; all is checked before any tensor is read."""
    header = tensor_file.read_header(file, size)
    entries, is_one = _entries(header.metadata)
    descriptions = [Description.of(entry) for entry in entries]
    # One of them may have been trained on alone, longer or elsewhere.
    check_comparison([description.config.with_settings(epochs=1, device="auto") for description in descriptions])
    shapes = {description.image_shape for description in descriptions}
    require(len(shapes) == 1, tr("its models are of images of different shapes."))
    infos = [header.infos] if is_one else [under(str(number), header.infos) for number in range(len(entries))]
    require(sum(map(len, infos)) == len(header.infos), tr("it holds what no model of this app has."))
    models = list(zip(descriptions, infos, strict=True))
    free = sum(starmap(Description.check_tensors, models))
    require(
        free <= _MAX_FREE_BYTES, tr("its codes and its loss history are larger than those of any model of this app.")
    )
    return models


def _entries(metadata: Mapping[str, Any]) -> tuple[list[Mapping[str, Any]], bool]:
    """What a file says of each of its models, and whether it is the file of one."""
    key = next((key for key in (_KEY, _SET_KEY) if isinstance(metadata.get(key), str)), None)
    found = None if key is None else tensor_file.strict_json(metadata[key])
    entries = [found] if key == _KEY else found
    if not isinstance(entries, list) or not entries or not all(isinstance(entry, dict) for entry in entries):
        raise CheckpointError(tr("it is a safetensors file, but not a model of this app."))
    is_comparable = key == _KEY or FEWEST <= len(entries) <= MOST
    reason = tr("it holds {count} models, and between {fewest} and {most} can be compared.")
    require(is_comparable, reason.format(count=len(entries), fewest=FEWEST, most=MOST))
    return entries, key == _KEY


def _checkpoint(path: Path, file: BinaryIO, said: Description, infos: Mapping[str, TensorInfo]) -> Checkpoint:
    frames = under(PREFIX, infos)
    own = {name: info for name, info in infos.items() if not name.startswith((f"{PREFIX}.", f"{WORDS}."))}
    tensors = {name: tensor_file.read_tensor(file, info) for name, info in own.items()}
    snapshot, history, codes = said.snapshot(tensors), said.history(tensors), said.codes(tensors)
    labels = None if codes is None else codes.labels
    timeline = None
    if said.timeline is not None:
        timeline = said.timeline.opened(path, file, frames, said.layout, history, labels)
    of_words = {name: info for name, info in infos.items() if name.startswith(f"{WORDS}.")}
    words = read_words(path.name or str(path), file, said.words, of_words, said.config.model.latent_dim)
    parts = snapshot, history, codes, said.version, timeline, said.images_of(tensors), said.has_newer_timeline, *words
    return Checkpoint(said.config, said.image_shape, said.class_names, *parts)
