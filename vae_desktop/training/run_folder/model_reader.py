"""Reads what is new of one model in a training's folder."""

import io
import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from vae_desktop.errors import CheckpointError
from vae_desktop.language import tr
from vae_desktop.latent.codes import Codes
from vae_desktop.training import tensor_file
from vae_desktop.training.frame_folder import CODES, MOMENTS, WEIGHTS, file_name, read_codes, read_frame
from vae_desktop.training.run_folder.contents import (
    FAULTS,
    MOST_STEPS,
    Head,
    Labels,
    Line,
    ModelHead,
    Rows,
    line_in,
    timeline_in,
)
from vae_desktop.training.run_folder.layout import FRAMES, METRICS, NEWEST, TIMELINE, ModelStatus, of_model
from vae_desktop.training.run_folder.protocols import FileGone, FileTooLarge
from vae_desktop.training.run_folder.source import Source
from vae_desktop.training.timeline import Frame, FrameInfo

_MOST_TIMELINE, _MOST_METRICS = 2**22, 2**21  # bytes: of the file, and of what one look reads
_FEW, _LONGEST = 2, 60.0  # attempts at a large file that fail before that is told; seconds between two attempts
_log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class News:
    """What is new of one model.

    Attributes
    ----------
    lines : sequence of Line
        Of its metrics, in their order; rows follow those before without a gap.
    frame : Frame, or None
        Its newest state.
    codes : Codes, or None
        The newest of the test images.
    timeline : (dict, tuple of FrameInfo), or None
        The settings at its first frame, and all frames, whose evaluations stand among the metrics.
    """

    lines: Sequence[Line] = ()
    frame: Frame | None = None
    codes: Codes | None = None
    timeline: tuple[Mapping[str, float], tuple[FrameInfo, ...]] | None = None


@dataclass(frozen=True, eq=False)
class Large:
    """A large file of one model that is new.

    Attributes
    ----------
    model : int
        Its number.
    kind : "frame", "codes" or "timeline"
        As in `News`.
    version : int
        Its step, or of how many frames the timeline is.
    read : callable
        Gives what changes of `News` by it: nothing if it has gone meanwhile, or is damaged.
    """

    model: int
    kind: str
    version: int
    read: Callable[[], dict[str, Any]]


@dataclass(eq=False)
class _Kind:
    """What is known of one kind of large files.

    Attributes
    ----------
    version : int, or None
        Of the last one that was read.
    failures : int
        Attempts on end that have failed.
    again : float
        When another one may be made.
    trouble : str
        Why they fail, in words; "" if that may be over soon.
    """

    version: int | None = None
    failures: int = 0
    again: float = 0.0
    trouble: str = ""


@dataclass(eq=False)
class ModelReader:
    """Reads what is new of one model; what is damaged is left out, and named in the log.

    Parameters
    ----------
    source : Source
    number : int
        Of the model in the folder.
    head : ModelHead
    run : Head
    labels : array (N,), or None
        Of the test images.

    Attributes
    ----------
    is_behind : bool
        Whether the last look has found as many metrics as one look takes.
    """

    source: Source
    number: int
    head: ModelHead
    run: Head
    labels: Labels | None
    is_behind: bool = field(default=False, init=False)
    _lines: list[Line] = field(default_factory=list, init=False)
    _has_damage: bool = field(default=False, init=False)
    _at: int = field(default=0, init=False)  # bytes of the metrics
    _steps: int = field(default=0, init=False)  # that have metrics
    _is_within: bool = field(default=False, init=False)  # a line that is longer than any

    def __post_init__(self) -> None:
        self.layout = self.head.description.layout
        self._lines_due = 0.0
        self._kinds = {"frame": _Kind(), "codes": _Kind(), "timeline": _Kind(0)}  # in the order of their turns

    @property
    def has_begun(self) -> bool:
        """Whether a snapshot of it has been read, or one that was there could not be."""
        frames = self._kinds["frame"]
        return frames.version is not None or frames.failures > 0

    @property
    def trouble(self) -> str:
        """Why large files of some kind cannot be read, in words; "" if they can."""
        return next((kind.trouble for kind in self._kinds.values() if kind.trouble), "")

    def take_lines(self) -> list[Line]:
        """The lines of metrics that were read since the last time."""
        lines, self._lines = self._lines, []
        return lines

    def read_lines(self, status: ModelStatus) -> None:
        """Read the metrics that have come; what is no line of metrics is left out, and its steps are NaN."""
        traffic, self.is_behind = self.source.traffic, False
        if status.metrics <= self._at or time.monotonic() < self._lines_due:
            return
        before, most = traffic.total, min(_MOST_METRICS, status.metrics - self._at)
        data = self.source.read(self._path(METRICS), most, self._at)
        if traffic.budget:  # a server that knows no parts of files sends all of it each time
            self._lines_due = time.monotonic() + 120 * (traffic.total - before) / traffic.budget
        self.is_behind = len(data) == _MOST_METRICS
        whole = data.rfind(b"\n") + 1
        self._at += whole
        lines = data[:whole].split(b"\n")[:-1]
        if self._is_within and lines:
            lines, self._is_within = lines[1:], False
        if not whole and self.is_behind:
            self._at, self._is_within = self._at + len(data), True
        for text in lines:
            try:
                self._lines += self._in_order(line_in(text, self.head.description), status.step)
            except FAULTS as error:
                if not self._has_damage:  # of many lines the first will do
                    self._has_damage = True
                    _log.warning("a line of the metrics in %s is left out: %s", self.source.title, error)

    def _in_order(self, line: Line, last: int) -> list[Line]:
        """A line so that its steps follow those before; those of lines that are missing are NaN."""
        if not isinstance(line, Rows):
            return [line]
        missing = line.first - 1 - self._steps
        wrong = tr("its metrics are damaged.")
        tensor_file.require(missing >= 0 and line.first <= min(last, MOST_STEPS), wrong)
        values = line.values[: last + 1 - line.first]  # the last number may stand for fewer steps than the others
        if missing:
            values = np.concatenate((np.full((missing, values.shape[1]), np.nan, np.float32), values))
        self._steps += len(values)
        return [Rows(line.first - missing, values)]

    def next_large(self, status: ModelStatus, now: float) -> Large | None:
        """A large file that is new, and may be tried now; None if there is none.

        Snapshot, codes and timeline take turns: on a slow link there is always a newer snapshot.
        """
        versions = {"frame": status.newest, "codes": status.newest_codes, "timeline": status.frames}
        for name, kind in list(self._kinds.items()):
            version = versions[name]
            if version not in (None, kind.version) and now >= kind.again:
                self._kinds[name] = self._kinds.pop(name)
                return Large(self.number, name, version, partial(self._tried, name, version))
        return None

    def know(self, large: Large) -> None:
        """Note that a file has been read, or can never be."""
        self._kinds[large.kind] = _Kind(large.version)

    def put_off(self, large: Large, why: str, now: float) -> None:
        """Note why a file cannot be read now; it is tried again after pauses that grow."""
        kind = self._kinds[large.kind]
        kind.again = now + min(2.0 ** min(kind.failures, 6), _LONGEST)
        kind.failures += 1
        kind.trouble = why if kind.failures >= _FEW else ""

    def read(self, folder: str, info: FrameInfo) -> Frame:
        """Read a frame: of those of the timeline also the codes that have a file of their own."""
        parts = (WEIGHTS, MOMENTS, CODES) if folder == FRAMES else (WEIGHTS,)
        return read_frame(partial(self._opened, folder, info.step, parts), self.layout, info, self.labels)

    def _read_codes(self, step: int) -> Codes | None:
        codes = read_codes(partial(self._opened, NEWEST, step, (CODES,)), self.layout, self.labels)
        return None if codes is None else replace(codes, since=step)

    def _read_timeline(self) -> tuple[Mapping[str, float], tuple[FrameInfo, ...]]:
        with tensor_file.naming(Path(TIMELINE)):
            settings, frames = timeline_in(self.source.read_whole(self._path(TIMELINE), _MOST_TIMELINE))
        # Over a network moments would take twice as long as all else of a frame.
        return settings, frames if self.source.is_local else tuple(info.without_moments() for info in frames)

    def _tried(self, kind: str, version: int) -> dict[str, Any]:
        """What can be read, by its kind, unless it has gone meanwhile, or is damaged: the next one will do."""
        try:
            if kind == "frame":
                return {kind: self.read(NEWEST, FrameInfo(version, 0))}
            return {kind: self._read_codes(version) if kind == "codes" else self._read_timeline()}
        except FileGone:
            return {}
        except (CheckpointError, FileTooLarge) as error:
            _log.warning("left out of %s: %s", self.source.title, error)
            return {}

    def _opened(
        self, folder: str, step: int, parts: Sequence[str], part: str
    ) -> AbstractContextManager[tuple[BinaryIO, int]] | None:
        if part not in parts:
            return None
        sizes, codes = self.layout.sizes, 8 * self.run.test_images * self.layout.latent_dim
        most = tensor_file.MAX_HEADER_BYTES + 8 + {
            WEIGHTS: 4 * sizes["weights"] + codes, MOMENTS: 4 * sizes["optimizer"], CODES: codes
        }[part]  # fmt: skip
        name = self._path(folder, file_name(step, part))
        try:
            data = self.source.read_whole(name, min(most, tensor_file.MAX_FILE_BYTES))
        except FileGone:
            if part == WEIGHTS:
                raise
            return None
        return _in_memory(data, name)

    def _path(self, *names: str) -> str:
        return of_model(self.number, *names).as_posix()


@contextmanager
def _in_memory(data: bytes, name: str) -> Iterator[tuple[BinaryIO, int]]:
    with tensor_file.naming(Path(name)):
        yield io.BytesIO(data), len(data)
