"""The timeline of a training: which of its moments are kept, and why. A function of steps and bytes; needs no torch."""

import math
from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from vae_desktop.errors import UserError
from vae_desktop.language import tr
from vae_desktop.latent.codes import Codes
from vae_desktop.models.snapshot import Snapshot, Span
from vae_desktop.training.history import Change, Evaluation, History

Why = Literal["first", "newest", "change", "best", "schedule"]

DEFAULT_BUDGET = 256_000_000  # bytes, of the frames of one model
TIMELINE_SETTINGS = ("learning_rate", "beta")  # what may change within a training, besides its length
_DENSE = 8  # steps of which each is kept; then the steps between two frames grow as an eighth of those before
_SPARSE, _SLOWER = 64, 32  # and later as a thirty-second of them, so that a long training has some hundreds
_EXACT = 3  # the newest frames that keep the optimizer's moments


@dataclass(frozen=True, eq=False)
class Frame:
    """A model as it was at one step of its training.

    Attributes
    ----------
    snapshot : Snapshot
        Its `optimizer` is None where the frame was kept without the moments.
    codes : Codes, or None
        Of the test images; None where they have not been computed yet. They follow from the weights.
    evaluation : Evaluation, or None
        On the test images, if there was one at this step.
    """

    snapshot: Snapshot
    codes: Codes | None = None
    evaluation: Evaluation | None = None

    @property
    def step(self) -> int:
        return self.snapshot.step


@dataclass(frozen=True)
class FrameInfo:
    """What is known of a frame that is not in memory.

    Attributes
    ----------
    step : int
    bytes : int
        What it takes in all.
    moment_bytes : int
        Of these, what the optimizer's moments take; 0 where it has none.
    is_exact : bool
        Whether going on from it gives to the bit what the training itself went on to: it has the optimizer's moments,
        or the training had not taken a step.
    is_change : bool
        Whether a setting was changed at this step.
    evaluation : Evaluation, or None
    span : Span, or None
        The training that it is a step of.
    """

    step: int
    bytes: int
    moment_bytes: int = 0
    is_exact: bool = False
    is_change: bool = False
    evaluation: Evaluation | None = None
    span: Span | None = None

    def without_moments(self) -> "FrameInfo":
        """The same frame, as it is kept without the optimizer's moments."""
        if not self.moment_bytes:
            return self
        return replace(self, bytes=self.bytes - self.moment_bytes, moment_bytes=0, is_exact=self.step == 0)


def next_due(step: int, per_epoch: int) -> int:
    """The step of the frame that follows one at `step`, where nothing else asks for one.

    Each of the first 8 steps, then every eighth part of the steps so far, and from some 700 on about every
    thirty-second part. Where that is an epoch and more, it is an epoch's end, where evaluation and codes are there for
    nothing.
    """
    due = step + min(1 + step // _DENSE, _SPARSE + step // _SLOWER)
    return due if due - step < per_epoch else math.ceil(due / per_epoch) * per_epoch


def reasons(frames: Sequence[FrameInfo]) -> dict[int, Why]:
    """Why each of these frames, in the order of their steps, is kept, by its step; the first reason that holds."""
    tested = [frame for frame in frames if frame.evaluation is not None and math.isfinite(frame.evaluation.total)]
    best = min(tested, key=lambda frame: frame.evaluation.total, default=None)  # type: ignore[union-attr]
    found: dict[int, Why] = {frame.step: "change" if frame.is_change else "schedule" for frame in frames}
    if best is not None:
        found[best.step] = "best"
    if frames:
        found[frames[-1].step] = "newest"
        found[frames[0].step] = "first"
    return found


def thinned(frames: Iterable[FrameInfo], budget: int) -> tuple[FrameInfo, ...]:
    """Which of these frames are kept within a budget, and which of them with the optimizer's moments.

    The newest, those at changes and two before the newest keep their moments, in this order and the later ones first,
    as long as these take no more than half of the budget. Then frames are left out one by one, each time the one whose
    loss leaves the smallest gap, until the rest fits: scheduled ones. The first, the newest, the best on the test
    images and those at changes stay; only where changes alone take more than half of the budget, those that crowd one
    another are left out too. Where not even these fit, what goes last is the best; the first and the newest stay
    whatever the budget.

    Parameters
    ----------
    frames : iterable of FrameInfo
        No two of one step.
    budget : int
        Bytes.

    Returns
    -------
    tuple of FrameInfo
        In the order of their steps.
    """
    kept = _with_moments_of_few(sorted(frames, key=lambda frame: frame.step), budget)
    total, why = sum(frame.bytes for frame in kept), reasons(kept)
    of_changes = sum(frame.bytes - frame.moment_bytes for frame in kept if frame.is_change)
    while total > budget:
        changes = [place for place, frame in enumerate(kept) if why[frame.step] == "change"]
        scheduled = [place for place, frame in enumerate(kept) if why[frame.step] == "schedule"]
        with_moments = [place for place, frame in enumerate(kept) if frame.moment_bytes]
        best = [place for place, frame in enumerate(kept) if why[frame.step] == "best"]
        groups = [changes, scheduled] if 2 * of_changes > budget else [scheduled, with_moments, changes]
        droppable = next((group for group in (*groups, with_moments, best) if group), None)
        if droppable is None:
            break
        place = droppable[0] if droppable is with_moments else min(droppable, key=lambda at: _gap_without(kept, at))
        gone = kept[place]
        if droppable is with_moments:
            kept[place] = gone.without_moments()
            total -= gone.moment_bytes
        else:
            del kept[place]
            total -= gone.bytes
            of_changes -= gone.bytes - gone.moment_bytes if gone.is_change else 0
    return tuple(kept)


def _with_moments_of_few(frames: list[FrameInfo], budget: int) -> list[FrameInfo]:
    """These frames, the newest, those at changes and some before the newest with their moments, as there is room."""
    newest = frames[::-1]
    ordered = [*newest[:1], *(frame for frame in newest[1:] if frame.is_change), *newest[1:_EXACT]]
    room, exact = budget // 2, set()
    for frame in ordered:
        if frame.step not in exact and frame.moment_bytes <= room:
            exact.add(frame.step)
            room -= frame.moment_bytes
    return [frame if frame.step in exact else frame.without_moments() for frame in frames]


def _gap_without(frames: Sequence[FrameInfo], place: int) -> float:
    """How wide the gap is that a frame would leave: the later, the more steps count as one."""
    before, after = frames[place - 1].step, frames[min(place + 1, len(frames) - 1)].step
    return math.log((after + _DENSE) / (before + _DENSE))


class Timeline:
    """The frames of one model, each read when it is wanted.

    Parameters
    ----------
    frames : sequence of FrameInfo
        In the order of their steps.
    settings : mapping of name to float
        `TIMELINE_SETTINGS` as they were when the first frame was kept; what was changed later stands in the history.
    read : callable
        Reads a frame; raises UserError, in plain words, if that cannot be.
    budget : int
        Bytes that its frames were kept within; 0 where that is not known.
    """

    def __init__(
        self,
        frames: Sequence[FrameInfo],
        settings: Mapping[str, float],
        read: Callable[[FrameInfo], Frame],
        budget: int = 0,
    ) -> None:
        self._frames = tuple(frames)
        self._read = read
        self.settings = dict(settings)
        self.budget = budget

    @property
    def frames(self) -> tuple[FrameInfo, ...]:
        """What is known of the frames, in the order of their steps; the tuple never changes."""
        return self._frames

    @property
    def steps(self) -> list[int]:
        return [frame.step for frame in self.frames]

    @property
    def bytes(self) -> int:
        """What all of its frames take."""
        return sum(frame.bytes for frame in self.frames)

    @property
    def reasons(self) -> dict[int, Why]:
        """Why each frame is kept, by its step."""
        return reasons(self.frames)

    def nearest(self, step: int) -> FrameInfo | None:
        """The frame whose step is nearest, of two the earlier; None if there is no frame at all."""
        return min(self.frames, key=lambda frame: (abs(frame.step - step), frame.step), default=None)

    def info(self, step: int) -> FrameInfo | None:
        """The frame of that very step, if it is kept."""
        frames = self.frames
        place = bisect_left(frames, step, key=lambda frame: frame.step)
        return frames[place] if place < len(frames) and frames[place].step == step else None

    def read(self, step: int) -> Frame:
        """Read the frame of a step from where it lies.

        Raises
        ------
        UserError
            If there is no such frame, and then the nearest is named; or if it is damaged or gone.
        """
        info = self.info(step)
        if info is not None:
            return self._read(info)
        nearest = self.nearest(step)
        if nearest is None:
            raise UserError(tr("No step of this model's training was kept."))
        text = tr("Step {step:,} was not kept; the nearest that was is {nearest:,}.")
        raise UserError(text.format(step=step, nearest=nearest.step))

    def leave_out(self, step: int) -> None:
        """Have the frame of a step no more, since it cannot be read."""
        self._frames = tuple(info for info in self._frames if info.step != step)

    def until(self, step: int, history: History) -> "Timeline":
        """The frames up to a step, read from where they lie; the history is that of what goes on from there."""
        return Timeline(self._until(step, history), self.settings, self._read)

    def _until(self, step: int, history: History) -> list[FrameInfo]:
        changed, tested = {change.step for change in history.changes}, {entry.step for entry in history.comparable}
        return [
            replace(
                frame,
                is_change=frame.step in changed,
                evaluation=frame.evaluation if frame.step in tested else None,
            )
            for frame in self.frames
            if frame.step <= step
        ]

    def finish(self, timeout: float | None = None) -> bool:
        """Wait until all frames lie where they are kept, at most so many seconds; return whether they do."""
        return True

    def settings_at(self, step: int, changes: Iterable[Change]) -> dict[str, float]:
        """The settings with which the training went on from a step, `changes` being those of its history."""
        changed = {change.name: change.value for change in changes if change.step <= step}
        return {name: changed.get(name, value) for name, value in self.settings.items()}


def _no_frame(info: FrameInfo) -> Frame:
    raise KeyError(info.step)


NO_FRAMES = Timeline((), {}, _no_frame)  # of a model whose training was not recorded
