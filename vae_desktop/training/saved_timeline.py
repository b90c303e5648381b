"""The timeline in a model's file: its frames lie beside the model, and opening the file reads none of them."""

import logging
import os
from collections.abc import Mapping
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from vae_desktop.config import RunConfig
from vae_desktop.errors import CheckpointError, UserError
from vae_desktop.language import tr
from vae_desktop.models.snapshot import Span
from vae_desktop.training import tensor_file
from vae_desktop.training.frames import MAX_STEP, FrameLayout, checked_span
from vae_desktop.training.history import History
from vae_desktop.training.tensor_file import Array, TensorInfo, require
from vae_desktop.training.timeline import TIMELINE_SETTINGS, Frame, FrameInfo, Timeline, thinned

PREFIX = "timeline"
MOST_FRAMES = 1600  # in a file: what is said of them has to fit into its header
FORMAT = 1  # of what a file says of its frames; a newer one costs the frames, not the model
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class SavedTimeline:
    """What a file says of a model's frames, checked.

    Attributes
    ----------
    settings : mapping of name to float
        As of `Timeline`.
    spans : mapping of int to Span
        The training that each frame is a step of, by its step, in their order.
    budget : int
        As of `Timeline`.
    """

    settings: Mapping[str, float]
    spans: Mapping[int, Span]
    budget: int = 0

    @classmethod
    def of(cls, said: Any, config: RunConfig, step: int) -> "SavedTimeline":
        """Check what the metadata of a model after so many steps says of its timeline, trusting nothing.

        Raises
        ------
        CheckpointError, InvalidSetting, KeyError, TypeError, ValueError
            If it is not what this app writes.
        """
        settings = said["settings"]
        are_numbers = isinstance(settings, dict) and all(type(value) in (int, float) for value in settings.values())
        wrong, budget = tr("what it says of its timeline is damaged."), said.get("budget", 0)
        require(type(budget) is int and 0 <= budget <= MAX_STEP, wrong)
        require(are_numbers and settings.keys() == set(TIMELINE_SETTINGS), wrong)
        config.with_settings(**settings)
        spans: dict[int, Span] = {}
        for at, *span in said["frames"]:
            require(type(at) is int and max(spans, default=-1) < at <= step, wrong)
            spans[at] = checked_span(span)
            require(spans[at].first <= at <= spans[at].last, wrong)
        return cls(settings, spans, budget)

    def check(self, infos: Mapping[str, TensorInfo], layout: FrameLayout) -> None:
        """Check what a header says of the frames' tensors, named STEP.NAME; raises CheckpointError."""
        by_step = _by_step(infos)
        names = {str(step) for step in self.spans}
        require(by_step.keys() == names, tr("the frames of its timeline are not those that it names."))
        for own in by_step.values():
            layout.check(own)

    def opened(
        self,
        path: Path,
        file: BinaryIO,
        infos: Mapping[str, TensorInfo],
        layout: FrameLayout,
        history: History,
        labels: npt.NDArray[np.int64] | None,
    ) -> Timeline:
        """The timeline whose frames are read from the file when they are wanted.

        Parameters
        ----------
        path, file
            The file and where it lies.
        infos : mapping
            Of the frames' tensors, checked by `check`.
        layout : FrameLayout
        history : History
            Of the model.
        labels : array (N,), or None
            Of its test images.
        """
        by_step = _by_step(infos)
        parts = {step: by_step[str(step)] for step in self.spans}
        tested = {entry.step: entry for entry in history.comparable}
        changed = {change.step for change in history.changes}
        frames = [
            FrameInfo(
                step,
                sum(info.bytes for info in own.values()),
                own["optimizer"].bytes if "optimizer" in own else 0,
                "optimizer" in own or (step == 0 and own["weights"].dtype == np.float32),
                step in changed,
                tested.get(step),
                self.spans[step],
            )
            for step, own in parts.items()
        ]
        identity = _identity(file)

        def read(info: FrameInfo) -> Frame:
            with tensor_file.opened(path) as (there, _):
                require(_identity(there) == identity, tr("it was changed since it was opened."))
                try:
                    tensors = {name: tensor_file.read_tensor(there, entry) for name, entry in parts[info.step].items()}
                    snapshot = layout.snapshot(info.step, info.span, tensors)
                    return Frame(snapshot, layout.codes(tensors, labels), info.evaluation)
                except CheckpointError as error:
                    text = tr("in the frame of step {step:,}, {reason}")
                    raise CheckpointError(text.format(step=info.step, reason=error)) from error

        return Timeline(frames, self.settings, read, self.budget)


def is_newer(said: Any) -> bool:
    """Whether what a file says of a timeline is in a format that this version does not know."""
    return isinstance(said, dict) and type(said.get("format")) is int and said["format"] > FORMAT


def newer_timeline_words(name: str) -> str:
    """What it means that the timeline in a file of that name is one of a newer version."""
    text = tr(
        "{file} has a timeline that only a newer vae_desktop can read: of its training only the end is here. Saving to "
        "the same file would drop it."
    )
    return text.format(file=name)


def timeline_parts(
    timeline: Timeline, layout: FrameLayout, last_step: int, room: int, most: int, half_precision: bool
) -> tuple[dict[str, Any], dict[str, Array]]:
    """What a file says of a timeline, and the tensors of its frames; one that cannot be read is left out.

    Parameters
    ----------
    timeline : Timeline
    layout : FrameLayout
    last_step : int
        That of the model in the file: frames of later steps are left out.
    room : int
        Bytes that the frames may take in all; they are thinned to that.
    most : int
        How many there may be.
    half_precision : bool
        Whether weights will be rounded to 16 bits: moments would be of no use to them.
    """
    frames = [frame for frame in timeline.frames if frame.step <= last_step]
    counted = {frame.step for frame in thinned([FrameInfo(entry.step, 1) for entry in frames], most)}
    frames = [frame.without_moments() if half_precision else frame for frame in frames if frame.step in counted]
    said: list[list[int]] = []
    tensors: dict[str, Array] = {}
    for info in thinned(frames, room):
        try:
            frame = timeline.read(info.step)
        except UserError as error:
            _log.warning("step %d is not saved: %s", info.step, error)
            continue
        span = frame.snapshot.span
        if span is None:
            continue
        own = layout.tensors(frame.snapshot, frame.codes)
        if not info.moment_bytes:
            own.pop("optimizer", None)
        said.append([info.step, *astuple(span)])
        tensors |= {f"{PREFIX}.{info.step}.{name}": tensor for name, tensor in own.items()}
    about = {"format": FORMAT, "settings": dict(timeline.settings), "budget": timeline.budget, "frames": said}
    return about, tensors


def _by_step(infos: Mapping[str, TensorInfo]) -> dict[str, dict[str, TensorInfo]]:
    found: dict[str, dict[str, TensorInfo]] = {}
    for name, info in infos.items():
        step, _, rest = name.partition(".")
        found.setdefault(step, {})[rest] = info
    return found


def _identity(file: BinaryIO) -> tuple[int, int, int]:
    """What tells an open file from another one under its name, or from itself after a change."""
    status = os.fstat(file.fileno())
    return status.st_ino, status.st_size, status.st_mtime_ns
