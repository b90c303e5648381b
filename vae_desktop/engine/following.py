"""Runs that train elsewhere: followed by their folders, and shown as if they trained here."""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from psygnal import Signal

from vae_desktop.engine.datasets import DatasetLoader
from vae_desktop.engine.followed import Followed
from vae_desktop.engine.followed_folder import FollowedFolder, Group, has_newer, take_line, why_not_compared
from vae_desktop.engine.follower import Follower
from vae_desktop.engine.inference import InferenceThread
from vae_desktop.engine.messages import Messages
from vae_desktop.engine.opened_codes import codes_of
from vae_desktop.engine.project import Project
from vae_desktop.engine.run import Run
from vae_desktop.engine.run_tracker import RunTracker
from vae_desktop.engine.tasks import Outbox, Tasks
from vae_desktop.errors import UserError
from vae_desktop.language import tr
from vae_desktop.latent.codes import Codes
from vae_desktop.training.history import Change, Evaluation
from vae_desktop.training.run_folder.reader import Poll, RunReader
from vae_desktop.training.run_folder.source import Source

if TYPE_CHECKING:
    from vae_desktop.training.run_folder.layout import ModelStatus
    from vae_desktop.training.run_folder.model_reader import News


@dataclass(eq=False)
class Following:
    """Follows folders of trainings; each has a thread of its own, so that a slow link holds up no other.

    A run that is taken off the list is followed no longer, unless that is undone.
    """

    changed = Signal(Run)  # how far behind it is, or what is wrong with its link
    shown_alone = Signal()  # one that can be seen now, and stands beside no other

    _outbox: Outbox
    _tasks: Tasks
    _project: Project
    _tracker: RunTracker
    _inference: InferenceThread
    _datasets: DatasetLoader
    _messages: Messages

    def __post_init__(self) -> None:
        self._entries: list[FollowedFolder] = []
        self._is_closed = False
        self._project.runs_changed.connect(self._follow_list)
        self._project.forgotten.connect(self._forget)

    def follow(self, addresses: Sequence[str], beside: Sequence[Run] = ()) -> None:
        """Follow trainings, and show them as soon as they can be read; several side by side.

        Parameters
        ----------
        addresses : sequence of str
            Folders, or URLs of them.
        beside : sequence of Run
            Those that they are to be compared with.
        """
        self._inference.start()
        self.give_up([entry.about for entry in self._entries if entry.told])  # another address was meant
        group = Group(list(beside))
        for address in addresses:
            try:
                reader = RunReader(Source(address))
            except UserError as error:
                self._messages.report(error)
                continue
            there = next((entry for entry in self._entries if entry.address == reader.source.title), None)
            if there is not None and any(run.id in self._project.runs for run in there.runs):
                group.runs += [run for run in there.runs if run not in group.runs]
                self._show(group)
                continue
            if there is not None:
                self.give_up([there.about])
            entry = FollowedFolder(reader, group)
            post = self._outbox.call
            entry.follower = Follower(reader, partial(post, self._take, entry), partial(post, self._complain, entry))
            self._entries.append(entry)
            entry.follower.start()

    @property
    def addresses(self) -> list[str]:
        """The folders whose runs are on the list, without passwords."""
        listed = self._project.runs
        return [entry.address for entry in self._entries if any(run.id in listed for run in entry.runs)]

    def give_up(self, about: Collection[str]) -> None:
        """Try no longer to follow what these messages are about, of which nothing could be read yet."""
        for entry in [entry for entry in self._entries if entry.about in about and not entry.runs]:
            entry.follower.stop()
            self._entries.remove(entry)
            self._messages.withdrawn.emit(entry.about)

    def close(self, timeout: float = 0.3) -> None:
        """Follow nothing for now; wait for the threads, at most so many seconds."""
        self._is_closed = True
        for entry in self._entries:
            entry.follower.stop()
        until = time.monotonic() + timeout
        for entry in self._entries:
            entry.follower.join(max(0.0, until - time.monotonic()))

    def go_on(self) -> None:
        """Follow again after :meth:`close`."""
        self._is_closed = False
        self._follow_list()

    # What followers say

    def _complain(self, entry: FollowedFolder, text: str, is_final: bool) -> None:
        """Take in that a folder cannot be read; it is told on the banner while nothing of it can be shown."""
        if entry not in self._entries:
            return
        if is_final:
            entry.is_over = True
            entry.follower.stop()
        if (not entry.runs or is_final) and text != entry.told:  # once, or nobody could close it
            entry.told = text
            until_closed = tr("{reason} It is tried again until you close this message.").format(reason=text)
            self._messages.report(UserError(text if is_final else until_closed), about="" if is_final else entry.about)
        if is_final and not entry.runs:
            self._entries.remove(entry)
        for run in entry.runs:
            self._note(run, Followed(entry.address, None, entry.delay.silent(time.monotonic()), 0, text, not is_final))

    def _take(self, entry: FollowedFolder, poll: Poll) -> None:
        """Take in what a look has found."""
        try:
            if entry not in self._entries:
                return
            if not entry.follower.is_running:
                entry.missed.append(poll)  # if it goes on, its reader does so behind that
                return
            if poll.is_new:
                self._begin(entry, poll)
            now = time.monotonic()
            entry.delay.note(poll.status.models[0].step, poll.status.seconds, now)
            for number, (run, news, status) in enumerate(zip(entry.runs, poll.models, poll.status.models, strict=True)):
                self._take_news(entry, number, run, news)
                self._stand(entry, run, status, poll.trouble, now)
                self._embed(entry, run)
        finally:
            entry.follower.taken()

    def _begin(self, entry: FollowedFolder, poll: Poll) -> None:
        """Have a run for each model; where the folder was begun anew with the same models, they are the same runs."""
        self._messages.withdrawn.emit(entry.about)
        if entry.begin_anew(poll):
            for run in entry.runs:
                self._project.timeline_changed.emit(run)
            return
        for run in entry.runs:  # what they were before stays, but for what lay there
            text = tr("Another training has begun in {folder}.").format(folder=entry.address)
            self._project.set_status(run, "stopped")
            self._note(run, Followed(entry.address, trouble=text, is_replaced=True))
            run.timeline = None
            self._project.timeline_changed.emit(run)
            entry.group.runs.remove(run)
        entry.runs = [
            self._project.add(entry.new_run(self._project.next_id(), poll, number))
            for number in range(len(poll.head.models))
        ]
        entry.group.runs += entry.runs
        self._show(entry.group)

    def _show(self, group: Group) -> None:
        """Show one run alone, several side by side, as far as they can be compared."""
        if group.comparison in self._project.comparisons:
            self._project.comparisons.remove(group.comparison)
        group.comparison = None
        places = {run: place for place, entry in enumerate(self._entries) for run in entry.runs}
        runs = [run for run in group.runs if run.id in self._project.runs]
        runs.sort(key=lambda run: places.get(run, -1))  # as they were asked for, whichever answers first
        why_not = "" if len(runs) == 1 else why_not_compared(runs)
        if why_not:
            self._messages.inform(why_not, is_added=True)
        if why_not or len(runs) == 1:
            self._project.show(runs[-1])
            self.shown_alone.emit()
            return
        group.comparison = self._project.add_comparison(runs)
        self._project.show_comparison(group.comparison)

    def _take_news(self, entry: FollowedFolder, number: int, run: Run, news: News) -> None:
        has_evaluation = any(isinstance(line, Evaluation) for line in news.lines)
        if news.frame is not None:
            run.snapshot = news.frame.snapshot
            self._inference.publish(run.id, run.config.model, run.image_shape, run.snapshot)
        for line in news.lines:
            take_line(run, line)
        if news.lines or news.frame is not None:
            self._project.metrics_changed.emit(run)
        if any(isinstance(line, Change) for line in news.lines):
            self._project.name_models(self._project.comparison_of(run))
        if has_evaluation:
            self._project.runs_changed.emit()
        if news.codes is not None and not has_newer(run.newest_codes, news.codes):
            self._tracker.run_embedded(run, news.codes)
        if news.timeline is not None:
            entry.timelines[number] = news.timeline
        if number in entry.timelines and (news.timeline is not None or has_evaluation):
            run.timeline = entry.timeline(number)
            self._project.timeline_changed.emit(run)

    def _stand(self, entry: FollowedFolder, run: Run, status: ModelStatus, trouble: str, now: float) -> None:
        """Take in how a model stands, and how far behind it what is shown is."""
        run.last_step = status.last_step
        if run.status != status.state:
            self._project.set_status(run, status.state)
        step = 0 if run.snapshot is None else run.snapshot.step
        goes_on = status.state == "training" or step < status.step
        source = entry.reader.source
        traffic = 0 if source.is_local else source.traffic.per_minute
        behind = entry.delay.behind(step, now) if goes_on and run.snapshot is not None else None
        silent = entry.delay.silent(now) if status.state == "training" else 0.0
        self._note(run, Followed(entry.address, behind, silent, traffic, status.reason or trouble))

    def _note(self, run: Run, followed: Followed) -> None:
        run.followed = followed
        self.changed.emit(run)

    # Codes of the images at hand, which move with each snapshot

    def _embed(self, entry: FollowedFolder, run: Run) -> None:
        """Embed the test images by the newest snapshot, where they are here and its codes are not in the folder."""
        dataset, snapshot, key = self._datasets.of(run), run.snapshot, f"codes of {run.id}"
        if dataset is None or snapshot is None or entry.head is None or len(dataset.test) != entry.head.test_images:
            return
        is_up_to_date = run.newest_codes is not None and (run.newest_codes.since or 0) >= snapshot.step
        began = time.monotonic()
        if is_up_to_date or self._tasks.is_running(key) or not entry.pacer.is_due(began):
            return

        def take(codes: Codes) -> None:
            entry.pacer.ran(began, time.monotonic())
            if not has_newer(run.newest_codes, codes):
                self._tracker.run_embedded(run, codes)

        def work(task: Any) -> Codes:
            return replace(codes_of(run, dataset, snapshot, task), since=snapshot.step)

        self._tasks.run(work, take, key=key)

    # The list of runs

    def _follow_list(self) -> None:
        """Follow what is on the list, and nothing else."""
        for entry in self._entries:
            is_listed = not entry.runs or any(run.id in self._project.runs for run in entry.runs)
            if not is_listed:
                entry.follower.stop()
            elif not self._is_closed and not entry.follower.is_running and not entry.is_over:
                for poll in entry.missed:
                    self._outbox.call(self._take, entry, poll)
                entry.missed.clear()
                entry.follower.start()

    def _forget(self, run: Run) -> None:
        self._entries = [entry for entry in self._entries if run not in entry.runs]
