"""The timeline of a model in training: it takes frames in, has them written beside the training, and thins them."""

import logging
import math
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from vae_desktop.errors import CheckpointError, UserError
from vae_desktop.language import tr
from vae_desktop.latent.codes import Codes
from vae_desktop.models.snapshot import Span, are_finite
from vae_desktop.training.frame_folder import FrameFolder
from vae_desktop.training.frame_writer import FrameWriter
from vae_desktop.training.history import Evaluation, History
from vae_desktop.training.timeline import DEFAULT_BUDGET, Frame, FrameInfo, Timeline, next_due, thinned

_MOST_WAITING = 64_000_000  # bytes of frames that wait for the disk; scheduled ones are left out beyond
_FEW_MOMENTS, _FAR_APART = 1_000_000, 256  # bytes and steps: moments that cost little are kept with each frame
_log = logging.getLogger(__name__)


def _ignore(*_: object) -> None:
    pass


class KeptTimeline(Timeline):
    """The timeline whose frames lie in a folder.

    Attributes
    ----------
    folder : FrameFolder
    labels : array (N,), or None
        Of the test images, for the codes of frames.
    """

    def __init__(
        self,
        folder: FrameFolder,
        frames: Sequence[FrameInfo] = (),
        settings: Mapping[str, float] = MappingProxyType({}),
        labels: npt.NDArray[np.int64] | None = None,
    ) -> None:
        super().__init__(frames, settings, lambda info: folder.read(info, self.labels))
        self.folder = folder
        self.labels = labels

    def until(self, step: int, history: History) -> Timeline:
        return KeptTimeline(self.folder, self._until(step, history), self.settings, self.labels)


class Recording(KeptTimeline):
    """Keeps frames of one model within a budget; nothing that goes wrong with them reaches the training.

    The thread that trains calls what stands under "Training"; all else may be called by any.

    Parameters
    ----------
    folder : FrameFolder
    writer : FrameWriter
        Writes in a thread of its own; models that train together share it.
    budget : int
        Bytes that the frames may take on disk.
    on_change : callable
        Called by the writer's thread when there are other frames.
    on_trouble : callable
        Is given, by whichever thread, why no more frames are kept, once in a training: words, and a traceback or "".
    is_patient : callable
        Is asked by the writer's thread whether what failed is to be tried again; it may wait before it answers.
    """

    def __init__(
        self,
        folder: FrameFolder,
        writer: FrameWriter,
        budget: int = DEFAULT_BUDGET,
        on_change: Callable[[], object] = _ignore,
        on_trouble: Callable[[str, str], object] = _ignore,
        is_patient: Callable[[Exception], object] = _ignore,
    ) -> None:
        super().__init__(folder)
        self.budget = budget
        self._writer = writer
        self._on_change, self._on_trouble, self._is_patient = on_change, on_trouble, is_patient
        self._is_stopped = False  # for good, or until another training begins
        self._per_epoch = 1
        self._due = math.inf
        self._taken: tuple[int, bool, Span | None] | None = None  # the newest frame: its step, whether at a change
        self._best_loss = math.inf
        self._best: Frame | None = None  # it is not written before an evaluation is no better

    # Training

    def begin(self, step: int, per_epoch: int, settings: Mapping[str, float]) -> None:
        """A training begins, or goes on, after a step: frames of later ones are forgotten."""
        self._is_stopped, self._taken, self._best = False, None, None
        self._per_epoch, self._due = per_epoch, step
        losses = [info.evaluation.total for info in self.frames if info.step <= step and info.evaluation is not None]
        self._best_loss = min((loss for loss in losses if math.isfinite(loss)), default=math.inf)
        self.forget_after(step, settings)

    def is_due(self, step: int) -> bool:
        """Whether the state after so many steps is to be taken in, though nothing else asks for it."""
        return step >= self._due and not self._is_stopped

    def has_taken(self, step: int, is_change: bool, span: Span) -> bool:
        """Whether the state after a step is there, or on its way, already."""
        taken = self._taken
        return taken is not None and taken[0] == step and taken[2] == span and taken[1] >= is_change

    def wants_moments(self, step: int, weight_bytes: int, is_change: bool) -> bool:
        """Whether the optimizer's moments are worth their cost with a frame."""
        is_rare = next_due(step, self._per_epoch) - step >= _FAR_APART
        return is_change or self._taken is None or is_rare or 2 * weight_bytes <= _FEW_MOMENTS

    def take(self, frame: Callable[[], Frame], is_change: bool = False, is_urgent: bool = False) -> None:
        """Have a frame kept, which is copied at once; one that nobody needs is left out if the disk is slow.

        One that is urgent is written at once, with all that wait.
        """
        is_needed = is_change or self._taken is None
        if self._is_stopped or self._writer.waiting_bytes > (4 if is_needed else 1) * _MOST_WAITING:
            return
        taken = self._copied(frame)
        if taken is not None:
            self._due = next_due(taken.step, self._per_epoch)
            self._taken = taken.step, is_change, taken.snapshot.span
            job = partial(self._guarded, self._write, taken, is_change)
            self._writer.add(job, taken.snapshot.nbytes, is_urgent)

    def evaluated(self, evaluation: Evaluation, frame: Callable[[], Frame]) -> None:
        """Take in how good the model is now; the best so far is kept, as soon as it has not been bettered at once."""
        if self._is_stopped:
            return
        if evaluation.total < self._best_loss:
            self._best_loss, self._best = evaluation.total, self._copied(frame)
        else:
            self.settle()

    def settle(self) -> None:
        """Have the best so far kept."""
        best, self._best = self._best, None
        if best is not None and not self._is_stopped:
            self._writer.add(partial(self._guarded, self._write, best, False, False), best.snapshot.nbytes)

    # Any thread

    def stop(self, error: Exception) -> None:
        """Keep no more frames in this training, and say why."""
        if self._is_stopped:
            return
        self._is_stopped = True
        text = tr(
            "The timeline is no longer kept in {folder}: {reason}. Training goes on, and those steps can be shown that "
            "are still there."
        )
        text = text.format(folder=self.folder.path.parent, reason=_reason(error))
        is_foreseen = isinstance(error, (UserError, OSError, MemoryError))
        try:
            self._on_trouble(text, "" if is_foreseen else "".join(traceback.format_exception(error)))
        except Exception:  # noqa: BLE001 - nobody listens any more
            _log.exception("%s", text)

    def adopt(self, other: Timeline) -> None:
        """Take over the frames of a timeline that lies elsewhere; one that cannot be read is left out."""
        self.settings = dict(other.settings)
        self._writer.add(partial(self._guarded, self._adopt, other), is_urgent=True)

    def forget_after(self, step: int, settings: Mapping[str, float]) -> None:
        """Forget the frames of later steps; the settings are those of a first frame that is still to come."""
        self._writer.add(partial(self._guarded, self._begin, step, dict(settings), even_if_stopped=True))

    def mark_change(self, step: int) -> None:
        """Note that a setting was changed at a step, before the training goes on from it."""
        self._writer.add(partial(self._guarded, self._mark, step, even_if_stopped=True))

    def keep_codes(self, step: int, codes: Codes) -> None:
        """Keep the codes of a frame, which had none."""
        self._writer.add(partial(self._guarded, self._write_codes, step, codes))

    def leave_out(self, step: int) -> None:
        """Delete a frame that cannot be read."""

        def work() -> None:
            self._keep([info for info in self.frames if info.step != step])

        self._writer.add(partial(self._guarded, work, even_if_stopped=True), is_urgent=True)

    def finish(self, timeout: float | None = None) -> bool:
        """Wait until all that was taken in is written, at most so many seconds; return whether it is."""
        return self._writer.join(timeout)

    def remove(self) -> None:
        """Forget all frames, and delete their folder."""

        def work() -> None:
            self._frames = ()
            self.folder.remove()

        self._is_stopped = True
        self._writer.add(work)

    def _copied(self, frame: Callable[[], Frame]) -> Frame | None:
        """A copy of the state of now; None if there is no memory for it, and then nothing more is kept."""
        try:
            return frame()
        except Exception as error:  # noqa: BLE001 - a device that has failed fails the training's next step too
            self.stop(error)
            return None

    # In the writer's thread

    def _guarded(self, work: Callable[..., object], *arguments: object, even_if_stopped: bool = False) -> None:
        """Do something with files; whatever goes wrong, foreseen or not, ends the recording, and is told."""
        while even_if_stopped or not self._is_stopped:
            try:
                work(*arguments)
                return
            except Exception as error:  # noqa: BLE001 - the frames that are there can still be read
                if self._is_patient(error):
                    continue
                self.stop(error)
                self._keep([info for info in self.frames if self.folder.has(info.step)])
                return

    def _begin(self, step: int, settings: dict[str, float]) -> None:
        if not self.frames:
            self.settings = settings
        self._keep([info for info in self.frames if info.step <= step])

    def _write(self, frame: Frame, is_change: bool, replaces: bool = True) -> None:
        if not replaces and self.info(frame.step) is not None:
            return
        if not all(map(are_finite, (frame.snapshot.weights, frame.snapshot.optimizer or {}))):
            return  # the training is about to end for that
        if self.frames and not self.folder.path.exists():
            raise UserError(tr("the folder was deleted"))
        before = self.info(frame.step)
        self._put(self.folder.write(frame, self.settings, is_change or (before is not None and before.is_change)))

    def _write_codes(self, step: int, codes: Codes) -> None:
        info = self.info(step)
        if info is not None:
            self._put(replace(info, bytes=info.bytes + self.folder.write_codes(step, codes)))

    def _mark(self, step: int) -> None:
        info = self.info(step)
        if info is not None:
            self._put(replace(info, is_change=True))

    def _adopt(self, other: Timeline) -> None:
        for info in other.frames:
            try:
                if isinstance(other, KeptTimeline):
                    self.folder.take_over(info, other.folder)
                    self._put(info)
                else:
                    self._write(other.read(info.step), info.is_change)
            except CheckpointError as error:
                _log.warning("step %d is left out: %s", info.step, error)

    def _put(self, info: FrameInfo) -> None:
        """Have a frame whose files are there, in the place of an older one of its step; and thin them all."""
        others = [entry for entry in self.frames if entry.step != info.step]
        self._frames = tuple(sorted([*others, info], key=lambda entry: entry.step))
        self._keep(thinned(self._frames, self.budget))

    def _keep(self, kept: Sequence[FrameInfo]) -> None:
        """Have these frames and no others."""
        new = {info.step: info for info in kept}
        gone = [info for info in self.frames if info.step not in new]
        bare = [info for info in self.frames if info.moment_bytes and info.step in new]
        self._frames = tuple(sorted(kept, key=lambda info: info.step))
        for info in gone:
            self.folder.drop(info.step)
        for info in bare:
            if not new[info.step].moment_bytes:
                self.folder.drop_moments(info.step)
        self._on_change()


def _reason(error: Exception) -> str:
    """What went wrong, in a part of a sentence."""
    cause = error.__cause__ if isinstance(error.__cause__, OSError) else error
    if isinstance(cause, OSError):
        return cause.strerror or str(cause)
    words = " ".join(str(error).split()).rstrip(".")
    is_plain = words and isinstance(error, (UserError, RuntimeError, MemoryError))
    return words if is_plain else f"{type(error).__name__}: {words}".removesuffix(": ")
