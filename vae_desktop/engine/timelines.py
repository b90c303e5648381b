"""The timelines of a window's models: recorded while they train, found again for models that are opened, and read."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from vae_desktop.engine.datasets import DatasetLoader
from vae_desktop.engine.messages import Message, Messages
from vae_desktop.engine.opened_codes import codes_of
from vae_desktop.engine.project import Project
from vae_desktop.engine.run import Run
from vae_desktop.engine.tasks import Outbox, Task, Tasks
from vae_desktop.engine.timeline_store import TimelineStore
from vae_desktop.errors import CheckpointError, InvalidSetting
from vae_desktop.language import tr
from vae_desktop.training.frame_writer import FrameWriter
from vae_desktop.training.frames import FrameLayout, check_budget
from vae_desktop.training.recording import Recording
from vae_desktop.training.timeline import DEFAULT_BUDGET, Frame, FrameInfo

if TYPE_CHECKING:
    from vae_desktop.training.checkpoint import Checkpoint

_ABOUT = "timeline"  # what a message is about


@dataclass(eq=False)
class Timelines:
    """Keeps the timeline of each run, which stands in `Run.timeline`; `Project.timeline_changed` tells of new frames.

    A run that is taken off the list loses its timeline, as soon as that cannot be undone any longer.

    Attributes
    ----------
    budget : int
        Bytes that the frames of a model may take, from its next training on; 0 records none.
    most_held : int
        Bytes of frames that were looked at which stay in memory; the last one does in any case.
    """

    _outbox: Outbox
    _tasks: Tasks
    _project: Project
    _datasets: DatasetLoader
    _messages: Messages
    _store: TimelineStore | None
    budget: int = field(default=DEFAULT_BUDGET, init=False)
    most_held: int = field(default=128_000_000, init=False)

    def __post_init__(self) -> None:
        self._writer = FrameWriter()
        self._recorded: dict[int, Run] = {}
        self._noted: dict[int, dict[Path, int]] = {}  # in which files each of them is kept, as last noted
        self._held: OrderedDict[tuple[int, int], tuple[FrameInfo, Frame]] = OrderedDict()  # by run and step
        self._brought: dict[int, int] = {}  # bytes of what lay in a file of the person's, by the run's id
        self._has_swept = False
        self._project.runs_changed.connect(self._note_files)
        self._project.timeline_changed.connect(self._let_go_of_none)
        self._project.forgotten.connect(self._forget)

    # Recording

    def recording_of(self, run: Run) -> Recording | None:
        """Where the frames of a run that is about to train are kept; None if none are.

        A timeline that lies elsewhere, in a file that was opened, is taken over.
        """
        timeline, step = run.timeline, 0 if run.snapshot is None else run.snapshot.step
        self._let_go(run, step)  # this training may come to the same step with other weights
        budget = self._budget_of(run)
        if isinstance(timeline, Recording) and budget:
            timeline.budget = budget
            return timeline
        if self._store is None or not budget:
            if isinstance(timeline, Recording) and run.snapshot is not None:
                timeline.forget_after(run.snapshot.step, timeline.settings)  # they would not be of this training
            return None
        self._sweep()
        folder = self._store.new(run.config, run.image_shape)
        recording = Recording(folder, self._writer, budget, partial(self._changed, run), self._complain)
        if timeline is not None:
            recording.adopt(timeline)
        if run.newest_codes is not None:
            recording.labels = run.newest_codes.labels
        run.timeline, self._recorded[run.id] = recording, run
        return recording

    def note_change(self, run: Run) -> None:
        """Note that a setting was changed where a run is going on from."""
        if isinstance(run.timeline, Recording) and run.snapshot is not None:
            run.timeline.mark_change(run.snapshot.step)

    # Models from files

    def found(self, path: Path, checkpoints: Sequence[Checkpoint]) -> tuple[Checkpoint, ...]:
        """These models, read from a file, each with the timeline that the app has kept of it; for a task's thread."""
        if self._store is None:
            return tuple(checkpoints)
        return tuple(
            entry if entry.timeline is not None else replace(entry, timeline=self._store.find(path, place, entry))
            for place, entry in enumerate(checkpoints)
        )

    def take_over(self, runs: Iterable[Run]) -> None:
        """Have frames that lie in files of the person's, or in another window's folder, lie in the cache too."""
        for run in runs:
            if run.timeline is not None and run.followed is None and not isinstance(run.timeline, Recording):
                self.recording_of(run)

    # Reading

    def frame(self, run: Run, step: int) -> Frame | None:
        """The frame of a step if it is in memory."""
        info = None if run.timeline is None else run.timeline.info(step)
        held = self._held.get((run.id, step))
        if held is None or info is None or held[0] != _identity(info):
            return None
        self._held.move_to_end((run.id, step))
        return held[1]

    def read(
        self,
        run: Run,
        step: int,
        show: Callable[[Frame], object],
        failed: Callable[[Exception], object] | None = None,
    ) -> None:
        """Read a frame in the background, unless it is in memory; of one run the newest request only.

        Parameters
        ----------
        show : callable
            Is given the frame; and again, with the codes of the test images, where these have to be computed first and
            the data set is at hand.
        failed : callable, optional
            Is given a UserError, if the frame is gone or damaged; by default that is told. One that is damaged is left
            out from then on.
        """
        timeline, key = run.timeline, _key(run)
        there, info = self.frame(run, step), None if timeline is None else timeline.info(step)
        dataset = self._datasets.of(run)
        if there is not None:
            self._tasks.cancel(key)
            show(there)
            if there.codes is not None or dataset is None:
                return
        assert timeline is not None, "a run without a timeline has no frames"

        def work(task: Task) -> Frame | None:
            frame = there or timeline.read(step)
            if there is None:
                task.found(frame)
            if frame.codes is not None or dataset is None:
                return None
            codes = codes_of(run, dataset, frame.snapshot, task)
            if isinstance(timeline, Recording):
                timeline.keep_codes(step, codes)
            return replace(frame, codes=codes)

        def hold(frame: Frame | None) -> None:
            if frame is not None:
                self._hold(run, info, frame)
                show(frame)

        def tell(error: Exception, details: str) -> None:
            if failed is None:
                self._messages.report(error, details)
            else:
                failed(error)
            if isinstance(error, CheckpointError) and timeline.info(step) is not None:
                timeline.leave_out(step)
                self._project.timeline_changed.emit(run)

        self._tasks.run(work, hold, tell, on_part=hold, key=key)

    def computes_codes(self, run: Run) -> bool:
        """Whether codes that a frame lacks are computed: the images must be at hand."""
        return self._datasets.of(run) is not None

    # The end

    def close(self, timeout: float) -> None:
        """Delete what nobody can open again; what is kept with a model's file stays."""
        answers = self._writer.join(timeout)
        for run in list(self._recorded.values()):
            self._note(run)
            if run.id not in self._project.runs or not any(path.exists() for path in self._files_of(run)):
                self._forget(run)
        if answers:  # a disk that does not is not waited for twice
            self._writer.join(timeout)

    def _budget_of(self, run: Run) -> int:
        """Bytes that the frames of a run may take; 0 where not even two would fit, which is told.

        What the app did not keep itself, but found in a file, is not thinned further: the file may be saved to again.
        """
        timeline = run.timeline
        if timeline is not None and not isinstance(timeline, Recording):
            self._brought[run.id] = timeline.budget or timeline.bytes
        budget = max(self.budget, self._brought.get(run.id, 0)) if self.budget else 0
        try:
            check_budget(budget, [FrameLayout.of(run.config.model, run.image_shape)] if budget else [])
        except InvalidSetting as error:
            text = tr("{problem} Nothing is kept; View ▸ Timeline keeps ▸ Other takes a larger size.")
            self._messages.posted.emit(Message("info", text.format(problem=error), about=_ABOUT))
            return 0
        return budget

    def _changed(self, run: Run) -> None:
        """For the writer's thread: have it told that a run has other frames."""
        self._outbox.call_latest((self, run), self._tell_changed, run)

    def _tell_changed(self, run: Run) -> None:
        self._note(run)
        self._project.timeline_changed.emit(run)

    def _complain(self, trouble: str, details: str) -> None:
        """For any thread: have a trouble told, once for all models that have it."""
        self._outbox.call(self._messages.posted.emit, Message("error", trouble, details, about=_ABOUT))

    def _hold(self, run: Run, info: FrameInfo | None, frame: Frame) -> None:
        """Keep a frame in memory, and those that were looked at before it as far as there is room."""
        if info is None:
            return
        self._held[run.id, info.step] = _identity(info), frame
        self._held.move_to_end((run.id, info.step))
        while sum(_bytes(entry) for _, entry in self._held.values()) > self.most_held and len(self._held) > 1:
            self._held.popitem(last=False)

    def _files_of(self, run: Run) -> dict[Path, int]:
        """The files that a run is kept in, and which of the models there it is."""
        together = self._project.together(run)
        there = [entry for entry in together if entry.snapshot is not None]
        place = there.index(run) if run in there else 0
        comparison = self._project.comparison_of(run)
        files = dict.fromkeys(run.kept, place)
        files |= {} if comparison is None or comparison.path is None else {comparison.path: place}
        return files if run.path is None else {**files, run.path: 0}

    def _note_files(self) -> None:
        for run in self._recorded.values():
            self._note(run)

    def _note(self, run: Run) -> None:
        """Note on disk where a run is kept, if that has changed since and there are frames."""
        files, timeline = self._files_of(run), run.timeline
        if self._store is None or not isinstance(timeline, Recording) or self._noted.get(run.id) == files:
            return
        if timeline.frames:
            self._noted[run.id] = files
            self._writer.add(partial(self._store.note_files, timeline.folder, files))

    def _forget(self, run: Run) -> None:
        """Delete the frames of a run."""
        timeline = run.timeline
        if self._recorded.pop(run.id, None) is not None and isinstance(timeline, Recording):
            run.timeline = None
            timeline.remove()
            if self._store is not None:
                self._writer.add(partial(self._store.remove, timeline.folder))
        self._let_go(run)

    def _let_go(self, run: Run, after: int = -1) -> None:
        """Keep no frames of a run in memory that are of later steps."""
        for key in [key for key in self._held if key[0] == run.id and key[1] > after]:
            del self._held[key]

    def _let_go_of_none(self, run: Run) -> None:
        """A run whose timeline has gone begins anew: the same steps will have other weights."""
        if run.timeline is None:
            self._tasks.cancel(_key(run))
            self._let_go(run)

    def _sweep(self) -> None:
        """Delete, once and in the background, what other processes have left and nobody needs."""
        if self._store is not None and not self._has_swept:
            self._has_swept = True
            self._writer.add(self._store.sweep)


def _key(run: Run) -> str:
    """Of the task that reads its frames."""
    return f"frame of {run.id}"


def _identity(info: FrameInfo) -> FrameInfo:
    """What is known of a frame without that which changes: its codes may be kept later, its moments no longer."""
    return replace(info, bytes=0, moment_bytes=0, is_exact=False)


def _bytes(frame: Frame) -> int:
    """The memory of a frame's weights and codes."""
    return frame.snapshot.nbytes + (0 if frame.codes is None else frame.codes.nbytes)
