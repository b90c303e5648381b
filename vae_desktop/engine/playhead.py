"""Shows models as they were at kept steps of their training, while the training may go on."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from psygnal import Signal

from vae_desktop.engine.inference import InferenceThread
from vae_desktop.engine.messages import Messages
from vae_desktop.engine.project import Project
from vae_desktop.engine.run import Run
from vae_desktop.engine.timelines import Timelines
from vae_desktop.errors import UserError
from vae_desktop.language import tr
from vae_desktop.training.run_folder.protocols import SourceError

if TYPE_CHECKING:
    from vae_desktop.training.timeline import Frame


def common_steps(runs: Sequence[Run]) -> list[int]:
    """The steps at which all of these runs can be shown, in their order.

    These are the steps that all have kept which came as far. Models that are trained together keep the same steps but
    for the best on the test images, and for what a slow disk or a budget leaves out. Where that left out so much that
    a schedule's step away there is none, the steps of the first run stand in: the others are shown at their nearest.
    """
    kept = [(set(run.timeline.steps), run.step) for run in runs if run.timeline is not None]
    every = sorted(set().union(*(steps for steps, _ in kept)))
    common = [step for step in every if all(step in steps or step > last for steps, last in kept)]
    lonely = [step for step in (sorted(kept[0][0]) if kept else ()) if not _has_near(common, step)]
    return sorted([*common, *lonely])


def _has_near(steps: list[int], step: int) -> bool:
    """Whether one of these steps is about as near as the next that a schedule keeps."""
    place = bisect_left(steps, step)
    return any(abs(near - step) <= 1 + step // 8 for near in steps[max(place - 1, 0) : place + 1])


@dataclass(eq=False)
class Playhead:
    """Puts a moment of its timeline in the place of what a model is now: for its codes, its pictures, its figures.

    Nothing of a training is touched: what it tells of meanwhile is kept, and shown again from :meth:`go_live` on.
    """

    unreachable = Signal()  # a step that was asked for cannot be read now, as of a training elsewhere

    _project: Project
    _timelines: Timelines
    _inference: InferenceThread
    _messages: Messages

    def __post_init__(self) -> None:
        self._awaited: dict[int, int] = {}  # the step of each run, by its id, whose frame is being read
        self._project.status_changed.connect(self._leave_forgotten)
        self._project.timeline_changed.connect(self._leave_forgotten)

    def go_to(self, runs: Iterable[Run], step: int) -> None:
        """Show runs as they were at the nearest of the `common_steps`, each as soon as its frame is read."""
        runs = list(runs)
        step = min(common_steps(runs), key=lambda kept: (abs(kept - step), kept), default=step)
        for run in runs:
            info = None if run.timeline is None else run.timeline.nearest(step)
            if info is not None and self._wanted(run) != info.step:
                self._awaited[run.id] = info.step
                failed = partial(self._leave_out, run, info.step)
                self._timelines.read(run, info.step, partial(self._show, run), failed)

    def complete(self, runs: Iterable[Run]) -> None:
        """Have codes computed that the moments of runs lack, where the images are at hand by now."""
        for run in runs:
            moment = run.moment
            if moment is not None and moment.codes is None and self._timelines.computes_codes(run):
                failed = partial(self._leave_out, run, moment.step)
                self._timelines.read(run, moment.step, partial(self._show, run), failed)

    def is_waiting(self, runs: Iterable[Run]) -> bool:
        """Whether one of these was asked to be shown at a step that has not been read yet."""
        return any(run.id in self._awaited for run in runs)

    def go_live(self, runs: Iterable[Run]) -> None:
        """Show runs as they are now."""
        for run in runs:
            self._awaited.pop(run.id, None)
            if run.moment is not None:
                run.moment = None
                self._inference.pin(run.id, None)
                self._tell(run)

    def _wanted(self, run: Run) -> int | None:
        """The step that a run was asked to be shown at last; None where it is shown as it is now."""
        return self._awaited.get(run.id, None if run.moment is None else run.moment.step)

    def _show(self, run: Run, frame: Frame) -> None:
        """Show a frame, unless another one is wanted by now; codes that are still computed leave those before."""
        if self._wanted(run) != frame.step:
            return
        self._awaited.pop(run.id, None)
        if run.id not in self._project.runs:
            return
        if frame.codes is None and self._timelines.computes_codes(run):
            frame = replace(frame, codes=run.codes)
        run.moment = frame
        self._inference.pin(run.id, (run.config.model, run.image_shape, frame.snapshot))
        self._tell(run)

    def _tell(self, run: Run) -> None:
        self._project.moment_changed.emit(run)
        self._project.codes_changed.emit(run)

    def _leave_out(self, run: Run, step: int, error: Exception) -> None:
        """Stay where a damaged frame cannot be shown, and say so; of one that was thinned out show the nearest."""
        is_wanted = self._wanted(run) == step
        if is_wanted:
            self._awaited.pop(run.id, None)
        if not isinstance(error, UserError):
            raise error
        if isinstance(error, SourceError):
            self.unreachable.emit()
            self._messages.complain(tr("Step {step:,} cannot be shown now. {reason}").format(step=step, reason=error))
        elif run.timeline is not None and run.timeline.info(step) is not None:
            text = tr("Step {step:,} is left out of the timeline. {reason}")
            self._messages.complain(text.format(step=step, reason=error))
        elif is_wanted:
            self.go_to([run], step)

    def _leave_forgotten(self, run: Run) -> None:
        """Leave a moment that has been forgotten, since the training goes on from an earlier one, or begins anew."""
        if run.timeline is None or (run.moment is not None and run.moment.step > run.step):
            self.go_live([run])
