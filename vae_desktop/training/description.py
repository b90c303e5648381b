"""What a file says of one model, and what its tensors must then be: shapes before they are read, values after."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from vae_desktop.config import EXCLUDED, OPTIONAL, DatasetConfig, ModelConfig, RunConfig, TrainingConfig
from vae_desktop.data.fingerprint import UNKNOWN, Fingerprint
from vae_desktop.language import tr
from vae_desktop.latent.codes import Codes
from vae_desktop.models.architecture import ImageShape, weight_shapes
from vae_desktop.models.snapshot import Snapshot, Span
from vae_desktop.settings import config_from_json, settings_of
from vae_desktop.training.frames import MAX_STEP, FrameLayout, checked_snapshot, checked_span, moment_shapes
from vae_desktop.training.history import CHOSEN, TERMS, Change, Evaluation, History
from vae_desktop.training.saved_timeline import SavedTimeline, is_newer
from vae_desktop.training.saved_words import PREFIX as WORDS
from vae_desktop.training.tensor_file import Array, TensorInfo, require

FORMAT_VERSION = 6  # of files with words
IMAGES_VERSION = 5  # of others that say which images the model has learned, or that some are left out
TIMELINE_VERSION = 4  # of others with a timeline, or with settings that earlier versions of the app do not know
PLAIN_VERSION = 3  # of all others, which earlier versions of the app can read too
# Settings that files of earlier formats may lack, beside OPTIONAL. 1 knew two kinds of model and one likelihood, 2 one
# learning rate.
_LACKING = {
    1: tuple(name for part in (DatasetConfig, ModelConfig, TrainingConfig) for name, *_ in settings_of(part)),
    2: ("encoder_rate",),
}
_PARTS = ("weights", "optimizer", "codes", "history", "timeline", "images", WORDS)
_IMAGES = ("train", "test", "train_places", "test_places")
_HISTORY = ("training", "evaluations", "changes")

_T = TypeVar("_T")


@dataclass(frozen=True)
class Description:
    """The metadata of one model, checked; it reads the model's parts from the tensors.

    Attributes
    ----------
    timeline : SavedTimeline, or None
        What it says of the frames of its training, if the file holds some.
    images : (str, str), or None
        The name of the data set whose images the file keeps the hashes of, and which of them it was measured on.
    has_newer_timeline : bool
        Whether the file holds some in a format that only newer versions know; here it is as if there were none.
    forked_at : int, or None
        The step at which it left another model's training, if it is a fork.
    words : object
        What it says of its words, not checked: where they are damaged, the model opens without them.
    """

    version: int
    config: RunConfig
    image_shape: ImageShape
    class_names: tuple[str, ...]
    step: int
    span: Span | None
    changed_settings: tuple[str, ...]
    timeline: SavedTimeline | None = None
    images: tuple[str, str] | None = None
    has_newer_timeline: bool = False
    forked_at: int | None = None
    words: Any = None

    @classmethod
    def of(cls, metadata: Mapping[str, Any]) -> "Description":
        """Check the metadata of one model, trusting nothing.

        Raises
        ------
        CheckpointError, InvalidSetting, KeyError, TypeError, ValueError
            If it is not what this app writes.
        """
        version: Any = metadata.get("format_version")
        require(type(version) is int and version >= 1, tr("its format version is missing."))
        newer = tr("it needs a newer vae_desktop (its format is {version}; this version reads up to {known}).")
        require(version <= FORMAT_VERSION, newer.format(version=version, known=FORMAT_VERSION))
        config = config_from_json(RunConfig, metadata["config"], (*OPTIONAL, EXCLUDED, *_LACKING.get(version, ())))
        step = metadata["step"]
        require(type(step) is int and 0 <= step <= MAX_STEP, tr("its step is not a count."))
        image_shape, class_names = _image_shape(metadata["image_shape"]), _names(metadata["class_names"])
        said = metadata.get("span")  # files of earlier versions do not say it
        span, changed_settings = None if said is None else checked_span(said), _names(metadata["changed_settings"])
        frames = metadata.get("timeline")
        has_newer = is_newer(frames)
        timeline = SavedTimeline.of(frames, config, step) if "timeline" in metadata and not has_newer else None
        images = _names([*metadata["images"]]) if "images" in metadata else None
        require(images is None or len(images) == 2, tr("a list of names in it is damaged."))
        of_images = None if images is None else (images[0], images[1])
        forked_at = metadata.get("forked_at")  # only of a fork
        is_step = forked_at is None or (type(forked_at) is int and 0 <= forked_at <= step)
        require(is_step, tr("the step at which it was forked is none of its steps."))
        parts = span, changed_settings, timeline, of_images, has_newer, forked_at, metadata.get(WORDS)
        return cls(version, config, image_shape, class_names, step, *parts)

    @property
    def is_interrupted(self) -> bool:
        """Whether the training in which the model was kept was to go on."""
        return self.span is not None and self.step < self.span.last

    @property
    def layout(self) -> FrameLayout:
        """How the frames of such a model lie in a file."""
        return FrameLayout.of(self.config.model, self.image_shape)

    def check_tensors(self, infos: Mapping[str, TensorInfo]) -> int:
        """Check that the tensors of a file are those of this model.

        Returns
        -------
        int
            How many bytes are taken by what the architecture says nothing about: codes, history and hashes of images.

        Raises
        ------
        CheckpointError
            If one is missing, too many, or of another shape or type; weights that differ are listed.
        """
        weights, optimizer, codes, history, frames, images, _ = parts = [under(part, infos) for part in _PARTS]
        require(sum(map(len, parts)) == len(infos), tr("it holds what no model of this app has."))
        _check_weights(weight_shapes(self.config.model, self.image_shape), weights)
        _check_optimizer(weights, optimizer)
        _check_codes(self.config, codes)
        _check_history(self.config, history)
        if self.timeline is not None:
            self.timeline.check(frames, self.layout)
        may_have_frames = self.timeline is not None or self.has_newer_timeline
        require(may_have_frames or not frames, tr("it holds what no model of this app has."))
        _check_images(self.images is not None, images)
        return sum(info.bytes for info in (*codes.values(), *history.values(), *images.values()))

    def snapshot(self, tensors: Mapping[str, Array]) -> Snapshot:
        """The weights, and the optimizer's state if there is one; numbers that no training gives are refused."""
        weights, optimizer = under("weights", tensors), under("optimizer", tensors)
        most = min(self.step, len(tensors["history.training"]))
        return checked_snapshot(self.step, self.span, weights, optimizer, most)

    def history(self, tensors: Mapping[str, Array]) -> History:
        """The metrics of each step, evaluations and changes."""
        training, evaluations, changes = (tensors[f"history.{name}"] for name in _HISTORY)
        history = History()
        history.append(training)
        history.forked_at = self.forked_at
        for step, total, reconstruction, *kl in evaluations.tolist():
            terms = (kl[0], tuple(kl[1:])) if kl else (None, None)
            history.evaluations.append(Evaluation(_count(step), total, reconstruction, *terms))
        for step, index, value in changes.tolist():
            said = self.changed_settings[_count(index)]
            name, _, chosen = said.partition("=")
            change = (name, value, chosen) if name in CHOSEN else (said, value)
            history.changes.append(Change(_count(step), *change))
        return history

    def codes(self, tensors: Mapping[str, Array]) -> Codes | None:
        """The codes of the test set, if they are there."""
        parts = under("codes", tensors)
        if not parts:
            return None
        codes = Codes(parts["mean"], parts.get("log_stddev"), parts.get("labels"))
        require(codes.are_finite, tr("its codes are not finite numbers."))
        if codes.labels is not None:
            are_classes = ((codes.labels >= 0) & (codes.labels < len(self.class_names))).all()
            require(bool(are_classes), tr("its labels name classes that it does not have."))
        return codes

    def images_of(self, tensors: Mapping[str, Array]) -> Fingerprint | None:
        """The images that the model has learned, `UNKNOWN` of a file that does not say it; None of a built-in set."""
        if self.images is None:
            return UNKNOWN if self.config.dataset.is_custom else None
        parts = under("images", tensors)
        for name in _IMAGES[:2]:
            require(bool((parts[name][:-1] <= parts[name][1:]).all()), tr("its hashes of images are damaged."))
        return Fingerprint(*self.images, *(parts[name] for name in _IMAGES))


def under(prefix: str, tensors: Mapping[str, _T]) -> dict[str, _T]:
    """The tensors whose names begin with a prefix and a dot, by the rest of their names."""
    start = prefix + "."
    return {name.removeprefix(start): tensor for name, tensor in tensors.items() if name.startswith(start)}


def _names(values: Any) -> tuple[str, ...]:
    are_names = isinstance(values, list) and all(isinstance(name, str) for name in values)
    require(are_names, tr("a list of names in it is damaged."))
    for name in values:
        name.encode()  # JSON can hold halves of characters, which nothing can show
    return tuple(values)


def _image_shape(values: Any) -> ImageShape:
    channels, height, width = values
    for size, largest in ((channels, 4), (height, 1024), (width, 1024)):
        require(
            type(size) is int and 1 <= size <= largest,
            tr("its image shape {values} is impossible.").format(values=values),
        )
    return channels, height, width


def _check_weights(wanted: Mapping[str, tuple[int, ...]], weights: Mapping[str, TensorInfo]) -> None:
    """Raise with a list of the differences unless the weights are exactly those of the architecture."""
    differences = [tr("{name} is missing").format(name=name) for name in wanted.keys() - weights.keys()]
    differences += [tr("{name} is not part of the model").format(name=name) for name in weights.keys() - wanted.keys()]
    differences += [
        tr("{name} has shape {found} instead of {wanted}").format(
            name=name, found=weights[name].shape, wanted=wanted[name]
        )
        for name in wanted.keys() & weights.keys()
        if weights[name].shape != wanted[name]
    ]
    listed = "; ".join(sorted(differences)[:6]) + ("; …" if len(differences) > 6 else "")
    require(not differences, tr("its weights do not match its architecture: {listed}.").format(listed=listed))
    _check_types(weights, np.float32, np.float16)


def _check_optimizer(weights: Mapping[str, TensorInfo], optimizer: Mapping[str, TensorInfo]) -> None:
    wanted = moment_shapes({name: info.shape for name, info in weights.items()})
    found = {name: info.shape for name, info in optimizer.items()}
    require(not found or found == wanted, tr("its optimizer state does not match its weights."))
    _check_types(optimizer, np.float32)


def _check_history(config: RunConfig, history: Mapping[str, TensorInfo]) -> None:
    is_whole = history.keys() == set(_HISTORY)
    require(is_whole, tr("its loss history is missing, or it holds what no model of this app has."))
    figures = 4 + config.model.latent_dim if config.model.traits.is_variational else 3
    kinds = (np.float32, len(TERMS)), (np.float64, figures), (np.float64, 3)
    for name, (dtype, width) in zip(_HISTORY, kinds, strict=True):
        info = history[name]
        has_shape = info.shape == (0,) or (len(info.shape) == 2 and info.shape[1] == width)
        require(info.dtype == dtype and has_shape, tr("its loss history has the wrong shape."))


def _check_images(are_there: bool, images: Mapping[str, TensorInfo]) -> None:
    require(images.keys() == (set(_IMAGES) if are_there else set()), tr("its hashes of images are damaged."))
    for part in _IMAGES[:2] if are_there else ():
        hashes, places = images[part], images[f"{part}_places"]
        are_rows = len(hashes.shape) == 1 and hashes.shape == places.shape
        is_right = are_rows and hashes.dtype == places.dtype == np.uint64
        require(is_right, tr("its hashes of images are damaged."))


def _check_codes(config: RunConfig, codes: Mapping[str, TensorInfo]) -> None:
    if not codes:
        return
    wanted = {"mean", "log_stddev"} if config.model.traits.is_variational else {"mean"}
    are_known = codes.keys() - {"labels", "thumbnails"} == wanted  # files of the first days have small pictures
    require(are_known, tr("its codes are not those of such a model: mean, log_stddev or labels differ."))
    shape = (*codes["mean"].shape[:1], config.model.latent_dim)
    parts = {name: codes[name] for name in wanted}
    require(all(info.shape == shape for info in parts.values()), tr("its codes have the wrong shape."))
    _check_types(parts, np.float32, np.float16)
    if "labels" in codes:
        is_right = codes["labels"].shape == shape[:1] and codes["labels"].dtype == np.int64
        require(is_right, tr("its labels have the wrong shape."))


def _check_types(infos: Mapping[str, TensorInfo], *types: npt.DTypeLike) -> None:
    for name, info in infos.items():
        require(info.dtype in types, tr("{name} holds values that are not 32-bit numbers.").format(name=name))


def _count(value: float) -> int:
    is_count = value.is_integer() and 0 <= value <= MAX_STEP
    require(is_count, tr("its loss history holds a step or a place that is not a count."))
    return int(value)
