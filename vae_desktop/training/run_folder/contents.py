"""What the files of a training's folder say, checked: nothing in them is trusted, whoever has written them."""

import io
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, get_args

import numpy as np
import numpy.typing as npt

from vae_desktop.errors import CheckpointError, UserError
from vae_desktop.language import tr
from vae_desktop.latent.codes import Floats
from vae_desktop.training.description import Description
from vae_desktop.training.frames import MAX_STEP, checked_span
from vae_desktop.training.history import CHOSEN, TERMS, Change, Evaluation
from vae_desktop.training.run_folder.layout import KEY, VERSION, ModelStatus, State, Status
from vae_desktop.training.run_folder.protocols import SourceUnusable
from vae_desktop.training.tensor_file import MAX_FILE_BYTES, require, strict_json
from vae_desktop.training.timeline import TIMELINE_SETTINGS, FrameInfo
from vae_desktop.variants import MOST

MOST_STEPS = 2**30 // 12  # of a history that is kept in memory: a day at a thousand steps a second
_MOST_IMAGES = 2**27
_MOST_EVERY = 2**20  # steps that share one number
_LONGEST_TEXT = 300  # characters that are taken of a text
_CHANGING = (*TIMELINE_SETTINGS, "epochs")
Labels = npt.NDArray[np.int64]
# Whatever is raised by what is not as it should be.
FAULTS = (UserError, KeyError, TypeError, ValueError, AttributeError, IndexError, OverflowError)


@dataclass(frozen=True)
class ModelHead:
    """What is said of a model before any of it is read.

    Attributes
    ----------
    description : Description
        As a model's file has it.
    name : str
        What sets it apart from those beside it; "" for a model alone.
    parameters : int
    """

    description: Description
    name: str
    parameters: int


@dataclass(frozen=True)
class Head:
    """What a training is.

    Attributes
    ----------
    id : str
        Another one where the folder was begun anew.
    training_images, test_images, steps_per_epoch : int
    device : str
    processes : int
        How many train together.
    models : tuple of ModelHead
    """

    id: str
    training_images: int
    test_images: int
    steps_per_epoch: int
    device: str
    processes: int
    models: tuple[ModelHead, ...]


@dataclass(frozen=True, eq=False)
class Rows:
    """Metrics (n, terms) of the steps from `first` on; the columns are history.TERMS."""

    first: int
    values: Floats


Line = Rows | Evaluation | Change


def head_in(text: bytes) -> Head:
    """What ``run.json`` says.

    Raises
    ------
    SourceUnusable
        If only a newer version can read it.
    CheckpointError, or others of FAULTS
        If it is not what this app writes.
    """
    said = _versioned(text)
    models = said["models"]
    require(isinstance(models, list) and 1 <= len(models) <= MOST, tr("its models are not those of a training."))
    heads = tuple(map(_model_head, models))
    shapes = {(one.description.image_shape, one.description.config.dataset) for one in heads}
    require(len(shapes) == 1, tr("its models are of images of different shapes."))
    return Head(
        _text(said["id"]),
        _count(said["training_images"], _MOST_IMAGES),
        _count(said["test_images"], _MOST_IMAGES),
        max(1, _count(said["steps_per_epoch"])),
        _text(said["device"]),
        _count(said["processes"]),
        heads,
    )


def status_in(text: bytes) -> Status:
    """What ``status.json`` says; errors as of `head_in`."""
    said = _versioned(text)
    models = said["models"]
    require(isinstance(models, list) and 1 <= len(models) <= MOST, tr("its models are not those of a training."))
    return Status(
        _text(said["id"]),
        _count(said["beat"]),
        _number(said["seconds"]),
        _state(said["state"]),
        tuple(map(_model_status, models)),
    )


def labels_in(data: bytes, count: int, classes: int) -> Labels:
    """The labels (count,) in ``labels.npy``; errors as of `head_in`."""
    file = io.BytesIO(data)
    version = np.lib.format.read_magic(file)
    require(version == (1, 0), tr("it is no array of labels."))
    shape, _, dtype = np.lib.format.read_array_header_1_0(file)
    wrong = tr("its labels have the wrong shape.")
    require(shape == (count,) and dtype == np.dtype("<i8") and len(data) - file.tell() == 8 * count, wrong)
    labels = np.frombuffer(data, "<i8", count, file.tell()).astype(np.int64)
    are_classes = ((labels >= 0) & (labels < classes)).all()
    require(bool(are_classes), tr("its labels name classes that it does not have."))
    return labels


def timeline_in(text: bytes) -> tuple[Mapping[str, float], tuple[FrameInfo, ...]]:
    """The settings at the first frame, and the frames, that ``timeline.json`` names; errors as of `head_in`."""
    said = strict_json(text)
    settings, wrong = said["settings"], tr("what it says of its timeline is damaged.")
    require(isinstance(settings, dict) and settings.keys() in (set(), set(TIMELINE_SETTINGS)), wrong)
    frames: list[FrameInfo] = []
    for step, size, moments, is_exact, is_change, span in said["frames"]:
        counts = _count(step), _count(size), _count(moments)
        require(not frames or frames[-1].step < step, wrong)
        require(type(is_exact) is bool and type(is_change) is bool, wrong)
        frames.append(FrameInfo(*counts, is_exact, is_change, None, None if span is None else checked_span(span)))
    return {name: _number(value) for name, value in settings.items()}, tuple(frames)


def line_in(text: bytes, model: Description) -> Line:
    """What a line of a model's metrics says; errors as of `head_in`."""
    said = strict_json(text)
    if "evaluation" in said:
        return _evaluation(said["evaluation"], model)
    if "change" in said:
        return _change(said["change"], model)
    first, every = _count(said["first"]), _count(said["every"], _MOST_EVERY)
    require(first > 0 and every > 0, tr("its metrics are damaged."))
    total = _column(said["total"])
    kl = [math.nan] * len(total) if said["kl"] is None else _column(said["kl"])
    columns = total, _column(said["reconstruction"]), kl
    require(len(set(map(len, columns))) == 1 and len(columns) == len(TERMS), tr("its metrics are damaged."))
    require(first + every * len(total) <= MOST_STEPS, tr("it has more steps than can be shown."))
    with np.errstate(over="ignore"):
        values = np.array(columns, np.float64).T.astype(np.float32)
    return Rows(first, np.repeat(values, every, axis=0))


def _evaluation(said: Mapping[str, Any], model: Description) -> Evaluation:
    step, kl, per_dimension = _count(said["step"]), said["kl"], said["kl_per_dimension"]
    is_variational = model.config.model.traits.is_variational
    require((kl is not None) == is_variational == (per_dimension is not None), tr("its metrics are damaged."))
    kl = None if kl is None else _number(kl)
    if per_dimension is not None:
        per_dimension = tuple(map(_number, per_dimension))
        require(len(per_dimension) == model.config.model.latent_dim, tr("its metrics are damaged."))
    return Evaluation(step, _number(said["total"]), _number(said["reconstruction"]), kl, per_dimension)


def _change(said: Mapping[str, Any], model: Description) -> Change:
    name, value, chosen = said["name"], _number(said["value"]), said["chosen"]
    require(name in (CHOSEN if chosen else _CHANGING), tr("its metrics are damaged."))
    if not chosen:
        model.config.adjusted(name, value)
    return Change(_count(said["step"]), name, value, _text(chosen))


def _model_head(said: Mapping[str, Any]) -> ModelHead:
    head = ModelHead(Description.of(said["said"]), _text(said["name"]), _count(said["parameters"]))
    size = head.description.layout.weight_bytes
    require(size <= MAX_FILE_BYTES, tr("it is larger than any model of this app."))
    return head


def _model_status(said: Mapping[str, Any]) -> ModelStatus:
    newest, newest_codes = (None if said[name] is None else _count(said[name]) for name in ("newest", "newest_codes"))
    return ModelStatus(
        _count(said["step"]),
        _count(said["last_step"]),
        _state(said["state"]),
        _text(said["reason"]),
        _count(said["metrics"]),
        newest,
        newest_codes,
        _count(said["frames"]),
    )


def _versioned(text: bytes) -> dict[str, Any]:
    said = strict_json(text)
    version: Any = said.get(KEY) if isinstance(said, dict) else None
    require(type(version) is int and version >= 1, tr("it is not of a training's folder."))
    if version > VERSION:
        text_ = tr("its format is {version}, and this vae_desktop reads up to {known}: a newer one is needed.")
        raise SourceUnusable(text_.format(version=version, known=VERSION))
    return said


def _state(value: Any) -> State:
    require(value in get_args(State), tr("it stands as no training does."))
    return value


def _column(values: Any) -> list[float]:
    require(isinstance(values, list), tr("its metrics are damaged."))
    return [math.nan if value is None else _number(value) for value in values]


def _number(value: Any) -> float:
    if type(value) not in (int, float):
        raise CheckpointError(tr("there is something else where a number should be."))
    return float(value)


def _count(value: Any, most: int = MAX_STEP) -> int:
    if type(value) is not int or not 0 <= value <= most:
        raise CheckpointError(tr("there is something else where a count should be."))
    return value


def _text(value: Any) -> str:
    require(isinstance(value, str), tr("there is something else where a text should be."))
    value.encode()  # JSON can hold halves of characters, which nothing can show
    return "".join(character for character in value[:_LONGEST_TEXT] if character.isprintable())
