"""The frames of a training on disk: a folder with a few small files for each, checked in full when they are read."""

import contextlib
import json
import logging
import os
import shutil
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import astuple
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from vae_desktop.errors import CheckpointError, CheckpointMissing, UserError
from vae_desktop.files import write_atomically
from vae_desktop.language import tr
from vae_desktop.latent.codes import Codes
from vae_desktop.models.snapshot import Span
from vae_desktop.training import tensor_file
from vae_desktop.training.frames import FrameLayout, checked_span
from vae_desktop.training.history import History
from vae_desktop.training.tensor_file import Array, require
from vae_desktop.training.timeline import TIMELINE_SETTINGS, Frame, FrameInfo

_KEY, _FORMAT = "vae_desktop_frame", 1
# Codes may come later than the weights, and moments go earlier: each has a file of its own.
WEIGHTS, MOMENTS, CODES = "weights", "moments", "codes"
_log = logging.getLogger(__name__)


class FrameFolder:
    """Writes, reads and deletes the frames of one model.

    Parameters
    ----------
    path : Path
        The folder, which is made with the first frame; it holds nothing else.
    layout : FrameLayout
        Of the model.
    """

    def __init__(self, path: Path, layout: FrameLayout) -> None:
        self.path = path
        self._layout = layout

    def write(self, frame: Frame, settings: Mapping[str, float], is_change: bool) -> FrameInfo:
        """Write a frame, and return what is known of it.

        Raises
        ------
        UserError
            If it cannot be written.
        """
        snapshot = frame.snapshot
        tensors = self._layout.tensors(snapshot, frame.codes)
        moments = tensors.pop("optimizer", None)
        span = None if snapshot.span is None else list(astuple(snapshot.span))
        about = json.dumps({"format": _FORMAT, "step": frame.step, "span": span, "settings": dict(settings)})
        self._make()
        if moments is not None:
            self._write(frame.step, MOMENTS, {"optimizer": moments}, "")
        self._write(frame.step, WEIGHTS, tensors, about)
        moment_bytes = 0 if moments is None else moments.nbytes
        taken = moment_bytes + sum(tensor.nbytes for tensor in tensors.values())
        is_exact = moments is not None or frame.step == 0
        return FrameInfo(frame.step, taken, moment_bytes, is_exact, is_change, frame.evaluation, snapshot.span)

    def write_codes(self, step: int, codes: Codes) -> int:
        """Keep codes of a frame that had none; return how many bytes they take. Raises UserError as `write`."""
        parts = {"mean": codes.mean, **({} if codes.log_stddev is None else {"log_stddev": codes.log_stddev})}
        self._write(step, CODES, parts, "")
        return sum(part.nbytes for part in parts.values())

    def read(self, info: FrameInfo, labels: npt.NDArray[np.int64] | None = None) -> Frame:
        """Read a frame; the labels are those of the test images.

        Raises
        ------
        CheckpointError
            If it is damaged, of another format, or gone; the message names its file.
        """
        return read_frame(partial(self._opened, info.step), self._layout, info, labels)

    def found(self, history: History) -> tuple[list[FrameInfo], dict[str, float]]:
        """The frames that lie there, up to the end of a history; a damaged one is named in the log and left out.

        Returns
        -------
        (list of FrameInfo, dict)
            In the order of their steps; and the settings at the first, which are {} if there is no frame.
        """
        tested = {entry.step: entry for entry in history.comparable}
        changed, last = {change.step for change in history.changes}, len(history.training)
        frames: list[FrameInfo] = []
        settings: dict[str, float] = {}
        for path in sorted(self.path.glob(f"*.{WEIGHTS}.safetensors")):
            try:
                with tensor_file.opened(path) as (file, size):
                    header = tensor_file.read_header(file, size)
                    step, span, own = _about(header.metadata)
                    require(path == self._file(step, WEIGHTS), tr("it is a frame of another step."))
                    self._layout.check(header.infos)
            except CheckpointError as error:
                _log.warning("a frame of a timeline is left out: %s", error)
                continue
            settings = settings or own
            moments = _size(self._file(step, MOMENTS))
            taken = size + moments + _size(self._file(step, CODES))
            is_exact, evaluation = bool(moments) or step == 0, tested.get(step)
            if step <= last:
                frames.append(FrameInfo(step, taken, moments, is_exact, step in changed, evaluation, span))
        return frames, settings

    def take_over(self, info: FrameInfo, other: "FrameFolder") -> None:
        """Have the files of a frame that lies in another folder: the same ones, where the file system can do that.

        Raises
        ------
        CheckpointError
            If the frame has gone.
        UserError
            If it cannot be written.
        """
        self._make()
        for part in (MOMENTS, CODES, WEIGHTS):
            source, target = other._file(info.step, part), self._file(info.step, part)
            beside = target.with_name(f".{target.name}.part")  # a reader finds the whole file or none
            try:
                beside.unlink(missing_ok=True)
                try:
                    os.link(source, beside)
                except FileNotFoundError:
                    raise
                except OSError:  # no links there
                    shutil.copyfile(source, beside)
                os.replace(beside, target)
                beside.unlink(missing_ok=True)  # it stays where it was the target itself
            except FileNotFoundError:  # never there, or gone since
                require(part != WEIGHTS, tr("there is no such file."))
            except OSError as error:
                text = tr("Cannot write {path}: {reason}.").format(path=target, reason=error.strerror)
                raise UserError(text) from error

    @property
    def steps(self) -> set[int]:
        """The steps of the frames that lie there, by the names of their files."""
        names = (path.name.partition(".")[0] for path in self.path.glob(f"*.{WEIGHTS}.safetensors"))
        return {int(name) for name in names if name.isdecimal()}

    def has(self, step: int) -> bool:
        """Whether the file of a frame is there, or may be: a folder that cannot be looked into is not an empty one."""
        try:
            return self._file(step, WEIGHTS).exists()
        except OSError:
            return True

    def drop(self, step: int, parts: Iterable[str] = (WEIGHTS, MOMENTS, CODES)) -> None:
        """Delete a frame."""
        for part in parts:
            with contextlib.suppress(OSError):
                self._file(step, part).unlink(missing_ok=True)

    def drop_moments(self, step: int) -> None:
        """Delete the optimizer's moments of a frame."""
        self.drop(step, (MOMENTS,))

    def remove(self) -> None:
        """Delete the folder with all frames."""
        shutil.rmtree(self.path, ignore_errors=True)

    def beside(self, name: str) -> "FrameFolder":
        """A folder of that name for frames of the same model."""
        return FrameFolder(self.path.with_name(name), self._layout)

    def _make(self) -> None:
        try:
            self.path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            text = tr("Cannot make the folder {folder}: {reason}.")
            raise UserError(text.format(folder=self.path, reason=error.strerror)) from error

    def _opened(self, step: int, part: str) -> AbstractContextManager[tuple[BinaryIO, int]]:
        return tensor_file.opened(self._file(step, part))

    def _write(self, step: int, part: str, tensors: Mapping[str, Array], about: str) -> None:
        parts = tensor_file.file_parts(tensors, {_KEY: about} if about else {})
        write_atomically(self._file(step, part), parts, is_lasting=False)

    def _file(self, step: int, part: str) -> Path:
        return self.path / file_name(step, part)


def file_name(step: int, part: str) -> str:
    """What the file of a part of a frame is called."""
    return f"{step:010}.{part}.safetensors"


# Opens the file of a part: yields it with its size, and errors in it are CheckpointErrors; None where there is none.
OpenPart = Callable[[str], AbstractContextManager[tuple[BinaryIO, int]] | None]


def read_frame(
    open_part: OpenPart, layout: FrameLayout, info: FrameInfo, labels: npt.NDArray[np.int64] | None = None
) -> Frame:
    """Read a frame from its files, wherever these lie; the labels are those of the test images.

    Raises
    ------
    CheckpointError
        If it is damaged, of another format, or gone.
    """
    opened = open_part(WEIGHTS)
    require(opened is not None, tr("there is no such file."))
    with opened as (file, size):  # type: ignore[union-attr]
        header = tensor_file.read_header(file, size)
        step, span, _ = _about(header.metadata)
        require(step == info.step, tr("it is a frame of another step."))
        layout.check(header.infos)
        tensors = {name: tensor_file.read_tensor(file, entry) for name, entry in header.infos.items()}
        tensors |= _more(open_part(MOMENTS), layout) if info.moment_bytes else {}
        tensors |= _more(open_part(CODES), layout) if "mean" not in tensors else {}
        snapshot = layout.snapshot(step, span, tensors)
        return Frame(snapshot, layout.codes(tensors, labels), info.evaluation)


def read_codes(open_part: OpenPart, layout: FrameLayout, labels: npt.NDArray[np.int64] | None = None) -> Codes | None:
    """Read the codes of a frame that have a file of their own, None if there is none; otherwise as `read_frame`."""
    return layout.codes(_more(open_part(CODES), layout), labels)


def _more(opened: AbstractContextManager[tuple[BinaryIO, int]] | None, layout: FrameLayout) -> dict[str, Array]:
    """The tensors of another file of a frame; {} if there is none, or it goes just now: moments are thinned out."""
    if opened is None:
        return {}
    try:
        with opened as (file, size):
            infos = tensor_file.read_header(file, size).infos
            layout.check_part(infos)
            return {name: tensor_file.read_tensor(file, info) for name, info in infos.items()}
    except CheckpointMissing:
        return {}


def _about(metadata: Mapping[str, Any]) -> tuple[int, Span | None, dict[str, float]]:
    """What a file says of a frame: its step, its training and the settings at the timeline's first frame."""
    text = metadata.get(_KEY)
    require(isinstance(text, str), tr("it is a safetensors file, but not a frame of a timeline."))
    said = tensor_file.strict_json(str(text))
    is_known = isinstance(said, dict) and said.get("format") == _FORMAT
    require(is_known, tr("it is a frame in a format that this version does not know."))
    step, span, settings = said["step"], said["span"], said["settings"]
    are_settings = isinstance(settings, dict) and settings.keys() == set(TIMELINE_SETTINGS)
    are_numbers = type(step) is int and all(type(value) in (int, float) for value in settings.values())
    require(are_settings and are_numbers and step >= 0, tr("what it says of its timeline is damaged."))
    return step, None if span is None else checked_span(span), settings


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
