"""A training's folder that is followed, and the runs that it is shown as."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from vae_desktop.data.fingerprint import UNKNOWN
from vae_desktop.engine.followed import Delay, Followed
from vae_desktop.engine.follower import Follower
from vae_desktop.engine.run import Comparison, Run
from vae_desktop.errors import CheckpointError
from vae_desktop.language import tr
from vae_desktop.latent.codes import Codes
from vae_desktop.progress import Pacer
from vae_desktop.training.history import Change, Evaluation
from vae_desktop.training.run_folder.protocols import FileGone
from vae_desktop.training.timeline import Frame, FrameInfo, Timeline
from vae_desktop.variants import MOST

if TYPE_CHECKING:
    from vae_desktop.training.run_folder.contents import Head, Line
    from vae_desktop.training.run_folder.reader import Poll, RunReader

_EMBEDDING_INTERVAL, _EMBEDDING_FRACTION = 0.5, 0.2  # seconds between two times that codes are computed, of the time


@dataclass(eq=False)
class Group:
    """Runs that were asked for together: several stand side by side.

    Attributes
    ----------
    runs : list of Run
    comparison : Comparison, or None
    """

    runs: list[Run] = field(default_factory=list)
    comparison: Comparison | None = None


@dataclass(eq=False)
class FollowedFolder:
    """A folder that is followed, and the runs that it is shown as.

    Attributes
    ----------
    reader : RunReader
    group : Group
    follower : Follower
    is_over : bool
        Whether it can never be read again.
    told : str
        Why nothing of it could be read, as it was last told.
    missed : list of Poll
        What was found, but could not be taken in before the follower was stopped.
    runs : list of Run
        One for each of its models; none before its first look.
    head : Head, or None
        What the training is.
    timelines : dict
        By the number of the model, the settings at its first frame, and what is known of all frames.
    delay : Delay
    pacer : Pacer
        Of codes that are computed here.
    """

    reader: RunReader
    group: Group
    follower: Follower = field(init=False)
    is_over: bool = field(default=False, init=False)
    told: str = field(default="", init=False)
    missed: list[Poll] = field(default_factory=list, init=False)
    runs: list[Run] = field(default_factory=list)
    head: Head | None = None
    timelines: dict[int, tuple[Mapping[str, float], Sequence[FrameInfo]]] = field(default_factory=dict)
    delay: Delay = field(default_factory=Delay)
    pacer: Pacer = field(default_factory=lambda: Pacer(_EMBEDDING_INTERVAL, _EMBEDDING_FRACTION))

    @property
    def address(self) -> str:
        return self.reader.source.title

    @property
    def about(self) -> str:
        """What messages about the link to it are about."""
        return f"following {self.address}"

    def new_run(self, run_id: int, poll: Poll, number: int) -> Run:
        """A run for one of its models, as it is before anything of it is read."""
        model, status = poll.head.models[number], poll.status.models[number]
        said = model.description
        run = Run(run_id, said.config, said.image_shape, said.class_names, status.state)
        run.history.forked_at, run.parameters = said.forked_at, model.parameters
        run.images = UNKNOWN if said.config.dataset.is_custom else None
        run.device, run.steps_per_epoch, run.last_step = poll.head.device, poll.head.steps_per_epoch, status.last_step
        run.followed = Followed(self.address)
        return run

    def begin_anew(self, poll: Poll) -> bool:
        """Take in that another training has begun there; return whether it is of the same models, as one that goes on.

        Their runs are then at its beginning.
        """
        before, self.head = self.head, poll.head
        self.timelines, self.delay = {}, Delay()
        if before is None or not _are_same(before, poll.head):
            return False
        for run, model in zip(self.runs, poll.head.models, strict=True):
            run.config, run.timeline = model.description.config, None
            run.newest_codes = run.train_codes = None
            run.forget_after(0)
            run.history.evaluations.clear()
            run.history.changes.clear()
            run.history.forked_at = model.description.forked_at
        return True

    def timeline(self, number: int) -> Timeline:
        """The kept moments of a model, each of which is fetched when it is wanted."""
        settings, infos = self.timelines[number]
        tested = {evaluation.step: evaluation for evaluation in self.runs[number].history.comparable}
        frames = [replace(info, evaluation=tested.get(info.step)) for info in infos]
        reader = self.reader

        def read(info: FrameInfo) -> Frame:
            try:
                return reader.read_frame(number, info)
            except FileGone as error:  # it was thinned out, which its list of frames will say soon
                timeline.leave_out(info.step)
                raise CheckpointError(str(error)) from error

        timeline = Timeline(frames, settings, read)
        return timeline


def take_line(run: Run, line: Line) -> None:
    """Take in what a line of metrics says."""
    if isinstance(line, Evaluation):
        run.history.evaluations.append(line)
    elif isinstance(line, Change):
        if not line.chosen:
            run.set_training(line.name, line.value)
        run.history.changes.append(line)
    else:
        run.history.append(line.values)


def has_newer(codes: Codes | None, than: Codes) -> bool:
    """Whether codes are of a later step than others."""
    return codes is not None and (codes.since or 0) > (than.since or 0)


def _are_same(one: Head, other: Head) -> bool:
    """Whether two trainings are of the same models on the same images, so that one can go on as the other."""
    kinds = [
        [(model.description.config.model, model.description.config.dataset) for model in head.models]
        for head in (one, other)
    ]
    return kinds[0] == kinds[1] and one.models[0].description.image_shape == other.models[0].description.image_shape


def why_not_compared(runs: Sequence[Run]) -> str:
    """Why models cannot stand side by side; "" if they can."""
    if len(runs) > MOST:
        return tr("At most {most} models stand side by side; the list of runs has all of them.").format(most=MOST)
    if len({(run.config.dataset, run.image_shape) for run in runs}) > 1:
        return tr("The models are of different images, so they do not stand side by side; the list of runs has all.")
    return ""
