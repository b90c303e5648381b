"""How a frame of a timeline lies in a file: a few flat tensors, so that a header with hundreds of them stays small."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from vae_desktop.config import ModelConfig
from vae_desktop.errors import InvalidSetting
from vae_desktop.files import size_in_words
from vae_desktop.language import N_, tr
from vae_desktop.latent.codes import Codes
from vae_desktop.models.architecture import ImageShape, weight_shapes
from vae_desktop.models.snapshot import Snapshot, Span, Weights
from vae_desktop.training.tensor_file import Array, TensorInfo, require

MAX_STEP = 2**53  # the history keeps steps as 64-bit floats
_SQUARES, _STEP = ".exp_avg_sq", ".step"
_MOMENTS = (_STEP, ".exp_avg", _SQUARES)
_MAX_CODE_BYTES = 2**30  # of one frame
_WRONG = N_("a frame of its timeline has tensors that are not those of its model.")

Shapes = Mapping[str, tuple[int, ...]]
Flat = npt.NDArray[np.float32]


def moment_shapes(shapes: Shapes) -> dict[str, tuple[int, ...]]:
    """Shape of each of the optimizer's tensors, for parameters of such shapes."""
    return {f"{name}{key}": () if key == _STEP else shape for name, shape in shapes.items() for key in _MOMENTS}


def checked_span(values: Any) -> Span:
    """The steps of a training, out of a file; raises CheckpointError if there can be no such training."""
    first, last, per_epoch = values
    is_possible = all(type(value) is int for value in values) and 0 <= first <= last <= MAX_STEP and per_epoch > 0
    require(is_possible, tr("it was taken in an impossible training, {values}.").format(values=values))
    return Span(first, last, per_epoch)


def checked_snapshot(step: int, span: Span | None, weights: Weights, optimizer: Weights, most: int) -> Snapshot:
    """A snapshot of tensors out of a file, the optimizer's having taken at most so many steps.

    Raises
    ------
    CheckpointError
        If it holds numbers that no training gives.
    """
    for name, values in (*weights.items(), *optimizer.items()):
        text = tr("{name} holds values that are not finite numbers.")
        require(bool(np.isfinite(values).all()), text.format(name=name))
    for name, values in optimizer.items():
        has_squares_below = name.endswith(_SQUARES) and bool((values < 0).any())
        require(not has_squares_below, tr("{name} holds squares below 0.").format(name=name))
    steps = {float(values) for name, values in optimizer.items() if name.endswith(_STEP)}
    are_counts = len(steps) < 2 and all(count.is_integer() and 0 <= count <= most for count in steps)
    require(are_counts, tr("its optimizer's steps are not those of its history."))
    return Snapshot(step, weights, optimizer or None, span)


@dataclass(frozen=True)
class FrameLayout:
    """Where in the flat tensors of a frame each weight lies, by the architecture alone.

    The tensors of a frame are `weights` (P,), all parameters one after the other; `optimizer`, of each parameter the
    steps and both moments; and the codes of the test images, `mean` and `log_stddev` (N, d). The last three may be
    missing.
    """

    shapes: Shapes
    latent_dim: int
    is_variational: bool

    @classmethod
    def of(cls, config: ModelConfig, image_shape: ImageShape) -> "FrameLayout":
        return cls(weight_shapes(config, image_shape), config.latent_dim, config.traits.is_variational)

    @property
    def sizes(self) -> dict[str, int]:
        """How many numbers `weights` and `optimizer` hold."""
        return {"weights": _size(self.shapes), "optimizer": _size(moment_shapes(self.shapes))}

    @property
    def weight_bytes(self) -> int:
        """What a frame takes without moments and codes."""
        return 4 * self.sizes["weights"]

    def tensors(self, snapshot: Snapshot, codes: Codes | None) -> dict[str, Array]:
        """A frame's tensors; the weights must be those of this architecture."""
        result: dict[str, Array] = {"weights": _flat(self.shapes, snapshot.weights)}
        if snapshot.optimizer is not None:
            result["optimizer"] = _flat(moment_shapes(self.shapes), snapshot.optimizer)
        if codes is not None:
            result["mean"] = codes.mean
            if codes.log_stddev is not None:
                result["log_stddev"] = codes.log_stddev
        return result

    def check(self, infos: Mapping[str, TensorInfo]) -> None:
        """Check what a header says of a frame's tensors; raises CheckpointError if one is not what it must be."""
        require("weights" in infos, tr(_WRONG))
        self.check_part(infos)

    def check_part(self, infos: Mapping[str, TensorInfo]) -> None:
        """Check some of a frame's tensors, which need not hold the weights; otherwise as `check`."""
        code_names = {"mean", "log_stddev"} if self.is_variational else {"mean"}
        there, wrong = infos.keys() - {"weights", "optimizer"}, tr(_WRONG)
        require(there in (set(), code_names), wrong)
        for name, size in self.sizes.items():
            kinds = (np.float32, np.float16) if name == "weights" else (np.float32,)
            is_right = name not in infos or (infos[name].shape == (size,) and infos[name].dtype in kinds)
            require(is_right, wrong)
        for name in there:
            shape, kind = infos[name].shape, infos[name].dtype
            is_right = len(shape) == 2 and shape == (infos["mean"].shape[0], self.latent_dim)
            require(is_right and kind in (np.float32, np.float16), wrong)
            require(infos[name].bytes <= _MAX_CODE_BYTES, wrong)

    def snapshot(self, step: int, span: Span | None, tensors: Mapping[str, Array]) -> Snapshot:
        """The snapshot in a frame's tensors, which have been checked; raises CheckpointError as `checked_snapshot`."""
        optimizer = tensors.get("optimizer")
        moments = {} if optimizer is None else _parts(moment_shapes(self.shapes), optimizer)
        return checked_snapshot(step, span, _parts(self.shapes, tensors["weights"]), moments, step)

    def codes(self, tensors: Mapping[str, Array], labels: npt.NDArray[np.int64] | None) -> Codes | None:
        """The codes in a frame's tensors, if they are there; labels are those of the test images."""
        if "mean" not in tensors:
            return None
        fits = labels is not None and len(labels) == len(tensors["mean"])
        codes = Codes(tensors["mean"], tensors.get("log_stddev"), labels if fits else None)
        require(codes.are_finite, tr("its codes are not finite numbers."))
        return codes


def check_budget(budget: int, layouts: Iterable[FrameLayout]) -> None:
    """Raise InvalidSetting if so many bytes hold not even two frames of one of these models."""
    least = max((2 * layout.weight_bytes for layout in layouts), default=0)
    if budget < least:
        text = tr("Timeline: {size} hold not even the first and the last moment, which take {least}.")
        size, taken = size_in_words(budget), size_in_words(least)
        raise InvalidSetting("timeline", text.format(size=size, least=taken))


def _size(shapes: Shapes) -> int:
    return sum(math.prod(shape) for shape in shapes.values())


def _flat(shapes: Shapes, tensors: Weights) -> Flat:
    return np.concatenate([np.asarray(tensors[name], np.float32).reshape(-1) for name in shapes])


def _parts(shapes: Shapes, flat: Flat) -> dict[str, Flat]:
    """The tensors that lie one after the other in a flat one, as views of it."""
    parts, start = {}, 0
    for name, shape in shapes.items():
        end = start + math.prod(shape)
        parts[name] = flat[start:end].reshape(shape)
        start = end
    return parts
