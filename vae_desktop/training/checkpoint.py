"""The file that keeps a trained model: one safetensors file, never a pickle.

Weights, the optimizer's moments, the test set's codes and the whole history are tensors, exact and compact,
so the header stays small however long a run was, and a larger one is refused before it is read. The metadata
is one JSON value: several keys would be written in random order, and the same model would not give the same
bytes. Models that are compared lie in one such file together: the tensors of each under its number, and under
another key a list of what would be the metadata of each alone.
"""

import json
import stat
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np
import numpy.typing as npt
import safetensors.numpy

from vae_desktop import __version__
from vae_desktop.config import RunConfig
from vae_desktop.errors import CheckpointError, InvalidSetting
from vae_desktop.files import write_atomically
from vae_desktop.latent.codes import Codes
from vae_desktop.models.architecture import ImageShape, weight_shapes
from vae_desktop.models.snapshot import Snapshot, Span
from vae_desktop.settings import config_from_json, config_to_json
from vae_desktop.training.history import TERMS, Change, Evaluation, History
from vae_desktop.variants import FEWEST, MOST, check_lockstep

Array = npt.NDArray[Any]

FORMAT_VERSION = 2  # 1 knew two kinds of model and one likelihood; what it lacks has its default
_KEY, _SET_KEY = "vae_desktop", "vae_desktop_set"
_MAX_FILE_BYTES = 4 * 2**30
_MAX_HEADER_BYTES = 2**20
_MAX_STEP = 2**53  # the history keeps steps as 64-bit floats
_HISTORY = ("history.training", "history.evaluations", "history.changes")


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """A trained model with all that is needed to show it, to judge it and to go on training it.

    Attributes
    ----------
    codes : Codes, or None
        Those of the test set, for the scatter.
    format_version : int
        That of the file it was read from.
    """

    config: RunConfig
    image_shape: ImageShape
    class_names: tuple[str, ...]
    snapshot: Snapshot
    history: History
    codes: Codes | None
    format_version: int = FORMAT_VERSION

    @property
    def parameters(self) -> int:
        """How many numbers the model has learned."""
        return sum(values.size for values in self.snapshot.weights.values())

    @property
    def can_continue_exactly(self) -> bool:
        """Whether going on gives what an uninterrupted run would have given; after its end a cycle begins anew."""
        if self.snapshot.step == 0:
            return True
        has_place = self.config.training.schedule == "constant" or self.snapshot.is_interrupted
        return self.snapshot.optimizer is not None and has_place


def save_checkpoint(path: Path, checkpoint: Checkpoint, half_precision: bool = False) -> None:
    """Write a checkpoint; the file at `path` is the old or the new one, never half.

    Parameters
    ----------
    path : Path
    checkpoint : Checkpoint
    half_precision : bool
        Keep weights and codes as 16-bit numbers: half the size, and no metric changes visibly.

    Raises
    ------
    UserError
        If the file cannot be written.
    """
    save_checkpoints(path, [checkpoint], half_precision)


def save_checkpoints(path: Path, checkpoints: Sequence[Checkpoint], half_precision: bool = False) -> None:
    """Write the checkpoint of one model, or those of two to four as one file; otherwise as `save_checkpoint`."""
    described = [_metadata(checkpoint) for checkpoint in checkpoints]
    tensors = [_tensors(checkpoint, half_precision) for checkpoint in checkpoints]
    if len(checkpoints) == 1:
        data = safetensors.numpy.save(tensors[0], {_KEY: _json(described[0])})
    else:
        numbered = {f"{place}.{name}": tensor for place, own in enumerate(tensors) for name, tensor in own.items()}
        data = safetensors.numpy.save(numbered, {_SET_KEY: _json(described)})
    write_atomically(path, data)


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
        raise CheckpointError(
            f"Cannot open {path.name or path}: it holds {len(checkpoints)} models to be compared in the window. "
            "Save the one you want from there."
        )
    return checkpoints[0]


def load_checkpoints(path: Path) -> tuple[Checkpoint, ...]:
    """Read the checkpoints of one to four models; otherwise as `load_checkpoint`."""
    try:
        return _read(path)
    except (CheckpointError, InvalidSetting) as error:
        raise CheckpointError(f"Cannot open {path.name or path}: {error}") from error


def _metadata(checkpoint: Checkpoint) -> dict[str, Any]:
    return {
        "format_version": FORMAT_VERSION,
        "written_by": f"vae_desktop {__version__}",
        "config": config_to_json(checkpoint.config),
        "image_shape": list(checkpoint.image_shape),
        "class_names": list(checkpoint.class_names),
        "step": checkpoint.snapshot.step,
        "span": None if checkpoint.snapshot.span is None else list(astuple(checkpoint.snapshot.span)),
        "changed_settings": _changed_settings(checkpoint.history),
    }


def _json(value: Any) -> str:
    return json.dumps(value, allow_nan=False, ensure_ascii=False, separators=(",", ":"))


def _tensors(checkpoint: Checkpoint, half_precision: bool) -> dict[str, Array]:
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
    if half_precision:
        tensors |= {
            name: _in_half_precision(tensor)
            for name, tensor in tensors.items()
            if name.startswith(("weights.", "codes.")) and tensor.dtype == np.float32
        }
    return {name: np.ascontiguousarray(tensor).reshape(tensor.shape) for name, tensor in tensors.items()}


def _in_half_precision(tensor: Array) -> Array:
    with np.errstate(over="ignore"):  # what is too large becomes infinite, and a file with it is refused
        return tensor.astype(np.float16)


def _changed_settings(history: History) -> list[str]:
    return sorted({change.name for change in history.changes})


def _history_tensors(history: History) -> dict[str, Array]:
    """Rows of numbers; a change's are its step, the place of its setting in the metadata, and its value."""
    names = _changed_settings(history)
    evaluations = [
        (entry.step, entry.total, entry.reconstruction)
        if entry.kl is None
        else (entry.step, entry.total, entry.reconstruction, entry.kl, *(entry.kl_per_dimension or ()))
        for entry in history.evaluations
    ]
    changes = [(change.step, names.index(change.name), change.value) for change in history.changes]
    return {
        "history.training": history.training,
        "history.evaluations": np.array(evaluations, np.float64),
        "history.changes": np.array(changes, np.float64),
    }


def _read(path: Path) -> tuple[Checkpoint, ...]:
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise CheckpointError("it is not a file.")
        if status.st_size > _MAX_FILE_BYTES:
            raise CheckpointError("it is larger than any model of this app.")
        with path.open("rb") as file:
            described = _descriptions(_header(file, status.st_size))
        data = path.read_bytes()
    except FileNotFoundError:
        raise CheckpointError("there is no such file.") from None
    except OSError as error:
        raise CheckpointError(f"it cannot be read ({error.strerror or error}).") from error
    try:
        tensors = {name: tensor.copy() for name, tensor in safetensors.numpy.load(data).items()}  # to be written to
    except Exception as error:  # the library raises several kinds, all about the file
        raise CheckpointError(f"its tensors are damaged ({error}).") from error
    try:
        if described.is_one:
            return (_checkpoint(described.entries[0], tensors),)
        return _checkpoints(described.entries, tensors)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, OverflowError) as error:
        raise CheckpointError(f"its description is damaged ({type(error).__name__}: {error}).") from error


def _header(file: BinaryIO, file_bytes: int) -> dict[str, Any]:
    """The JSON header, size-checked before it is read."""
    start = file.read(8)
    length = int.from_bytes(start, "little")
    if len(start) < 8 or length > file_bytes - 8:
        raise CheckpointError("it is not a safetensors file, or it is cut off.")
    if length > _MAX_HEADER_BYTES:
        raise CheckpointError("its header is larger than that of any model of this app.")
    header = _strict_json(file.read(length))
    if not isinstance(header, dict):
        raise CheckpointError("it is not a safetensors file.")
    return header


class _Descriptions(NamedTuple):
    """What a file says of its models, and whether it is the file of one."""

    entries: list[Mapping[str, Any]]
    is_one: bool


def _descriptions(header: Mapping[str, Any]) -> _Descriptions:
    texts = header.get("__metadata__")
    texts = texts if isinstance(texts, dict) else {}
    key = next((key for key in (_KEY, _SET_KEY) if isinstance(texts.get(key), str)), None)
    found = None if key is None else _strict_json(texts[key])
    entries = [found] if key == _KEY else found
    if not isinstance(entries, list) or not entries or not all(isinstance(entry, dict) for entry in entries):
        raise CheckpointError("it is a safetensors file, but not a model of this app.")
    if key == _SET_KEY and not FEWEST <= len(entries) <= MOST:
        raise CheckpointError(f"it holds {len(entries)} models, and between {FEWEST} and {MOST} can be compared.")
    for entry in entries:
        _check_version(entry.get("format_version"))
    return _Descriptions(entries, key == _KEY)


def _check_version(version: Any) -> None:
    if type(version) is not int or version < 1:
        raise CheckpointError("its format version is missing.")
    if version > FORMAT_VERSION:
        raise CheckpointError(
            f"it needs a newer vae_desktop (its format is {version}; this version reads up to {FORMAT_VERSION})."
        )


def _strict_json(text: bytes | str) -> Any:
    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        result = dict(pairs)
        if len(result) != len(pairs):
            raise CheckpointError("a name occurs twice in its header.")
        return result

    def refuse(constant: str) -> None:
        raise CheckpointError(f"its header holds {constant}.")

    try:
        return json.loads(text, object_pairs_hook=unique, parse_constant=refuse)
    except (ValueError, RecursionError) as error:
        raise CheckpointError("it is not a safetensors file: its header is not JSON.") from error


def _checkpoints(entries: Sequence[Mapping[str, Any]], tensors: Mapping[str, Array]) -> tuple[Checkpoint, ...]:
    """The models of a set, which must be such as can be compared."""
    own = [_under(str(place), tensors) for place in range(len(entries))]
    if sum(map(len, own)) != len(tensors):
        raise CheckpointError("it holds what no model of this app has.")
    checkpoints = tuple(_checkpoint(*of_one) for of_one in zip(entries, own, strict=True))
    # One of them may have been trained on alone, longer or elsewhere.
    check_lockstep([checkpoint.config.with_training(epochs=1, device="auto") for checkpoint in checkpoints])
    if len({checkpoint.image_shape for checkpoint in checkpoints}) > 1:
        raise CheckpointError("its models are of images of different shapes.")
    return checkpoints


def _checkpoint(metadata: Mapping[str, Any], tensors: Mapping[str, Array]) -> Checkpoint:
    version = metadata["format_version"]
    config = config_from_json(RunConfig, metadata["config"], complete=version == FORMAT_VERSION)
    image_shape = _image_shape(metadata["image_shape"])
    latent_dim = config.model.latent_dim
    weights, optimizer, codes = (_under(prefix, tensors) for prefix in ("weights", "optimizer", "codes"))
    weights, codes = _in_single_precision(weights), _in_single_precision(codes)
    unknown = len(tensors) - len(weights) - len(optimizer) - len(codes) - len(_HISTORY)
    if unknown or not all(name in tensors for name in _HISTORY):
        raise CheckpointError("its loss history is missing, or it holds what no model of this app has.")
    _check_weights(config, image_shape, weights)
    if optimizer:
        _check_optimizer(weights, optimizer)
    step = metadata["step"]
    if type(step) is not int or not 0 <= step <= _MAX_STEP:
        raise CheckpointError("its step is not a count.")
    class_names = _names(metadata["class_names"])
    codes.pop("thumbnails", None)  # small pictures that files of the first days have
    return Checkpoint(
        config,
        image_shape,
        class_names,
        Snapshot(step, weights, optimizer or None, _span(metadata.get("span"))),
        _history(latent_dim, _names(metadata["changed_settings"]), tensors),
        _codes(latent_dim, len(class_names), codes),
        version,
    )


def _span(values: Any) -> Span | None:
    if values is None:  # files of earlier versions do not say it
        return None
    first, last, per_epoch = values
    if any(type(value) is not int for value in values) or not (0 <= first <= last <= _MAX_STEP and per_epoch > 0):
        raise CheckpointError(f"it was taken in an impossible training, {values}.")
    return Span(first, last, per_epoch)


def _names(values: Any) -> tuple[str, ...]:
    if not isinstance(values, list) or not all(isinstance(name, str) for name in values):
        raise CheckpointError("a list of names in it is damaged.")
    for name in values:
        name.encode()  # JSON can hold halves of characters, which nothing can show
    return tuple(values)


def _image_shape(values: Any) -> ImageShape:
    channels, height, width = values
    for size, largest in ((channels, 4), (height, 1024), (width, 1024)):
        if type(size) is not int or not 1 <= size <= largest:
            raise CheckpointError(f"its image shape {values} is impossible.")
    return channels, height, width


def _check_weights(config: RunConfig, image_shape: ImageShape, weights: Mapping[str, Array]) -> None:
    """Raise with a list of the differences unless the weights are exactly those of the architecture."""
    wanted = weight_shapes(config.model, image_shape)
    found = _shapes(weights)
    differences = [f"{name} is missing" for name in wanted.keys() - found.keys()]
    differences += [f"{name} is not part of the model" for name in found.keys() - wanted.keys()]
    differences += [
        f"{name} has shape {found[name]} instead of {wanted[name]}"
        for name in wanted.keys() & found.keys()
        if found[name] != wanted[name]
    ]
    if differences:
        listed = "; ".join(sorted(differences)[:6]) + ("; …" if len(differences) > 6 else "")
        raise CheckpointError(f"its weights do not match its architecture: {listed}.")
    _check_finite(weights)


def _check_optimizer(weights: Mapping[str, Array], optimizer: Mapping[str, Array]) -> None:
    wanted: dict[str, tuple[int, ...]] = {}
    for name, shape in _shapes(weights).items():
        wanted |= {f"{name}.step": (), f"{name}.exp_avg": shape, f"{name}.exp_avg_sq": shape}
    if _shapes(optimizer) != wanted:
        raise CheckpointError("its optimizer state does not match its weights.")
    _check_finite(optimizer)


def _shapes(tensors: Mapping[str, Array]) -> dict[str, tuple[int, ...]]:
    return {name: tuple(tensor.shape) for name, tensor in tensors.items()}


def _check_finite(tensors: Mapping[str, Array]) -> None:
    for name, tensor in tensors.items():
        if tensor.dtype != np.float32 or not np.isfinite(tensor).all():
            raise CheckpointError(f"{name} holds values that are not finite 32-bit numbers.")


def _history(latent_dim: int, changed_settings: tuple[str, ...], tensors: Mapping[str, Array]) -> History:
    training, evaluations, changes = (tensors[name] for name in _HISTORY)
    _check_rows(training, np.float32, len(TERMS))
    _check_rows(evaluations, np.float64, 3, 4 + latent_dim)
    _check_rows(changes, np.float64, 3)
    history = History()
    history.append(training)
    for step, total, reconstruction, *kl in evaluations.tolist():
        terms = (kl[0], tuple(kl[1:])) if kl else (None, None)
        history.evaluations.append(Evaluation(int(step), total, reconstruction, *terms))
    history.changes = [
        Change(int(step), changed_settings[int(place)], value) for step, place, value in changes.tolist()
    ]
    return history


def _check_rows(rows: Array, dtype: npt.DTypeLike, *widths: int) -> None:
    right_shape = rows.shape == (0,) or (rows.ndim == 2 and rows.shape[1] in widths)
    if rows.dtype != dtype or not right_shape:
        raise CheckpointError("its loss history has the wrong shape.")


def _codes(latent_dim: int, classes: int, tensors: Mapping[str, Array]) -> Codes | None:
    if not tensors:
        return None
    if set(tensors) - {"mean", "log_stddev", "labels"}:
        raise CheckpointError("it holds what no codes of this app have.")
    mean, log_stddev, labels = tensors["mean"], tensors.get("log_stddev"), tensors.get("labels")
    same = [mean] if log_stddev is None else [mean, log_stddev]
    if any(part.shape != (len(mean), latent_dim) or part.dtype != np.float32 for part in same):
        raise CheckpointError("its codes have the wrong shape.")
    if labels is not None and (labels.shape != (len(mean),) or labels.dtype != np.int64):
        raise CheckpointError("its labels have the wrong shape.")
    if not all(np.isfinite(part).all() for part in same):
        raise CheckpointError("its codes are not finite numbers.")
    if labels is not None and not ((labels >= 0) & (labels < classes)).all():
        raise CheckpointError("its labels name classes that it does not have.")
    return Codes(mean, log_stddev, labels)


def _in_single_precision(tensors: Mapping[str, Array]) -> dict[str, Array]:
    return {
        name: tensor.astype(np.float32) if tensor.dtype == np.float16 else tensor for name, tensor in tensors.items()
    }


def _under(prefix: str, tensors: Mapping[str, Array]) -> dict[str, Array]:
    start = prefix + "."
    return {name.removeprefix(start): tensor for name, tensor in tensors.items() if name.startswith(start)}
