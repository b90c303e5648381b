"""The part of a training's folder that belongs to one model: its metrics, newest snapshots, and timeline."""

import contextlib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from vae_desktop.errors import CheckpointError
from vae_desktop.files import write_atomically
from vae_desktop.models.snapshot import are_finite
from vae_desktop.training.frame_folder import FrameFolder
from vae_desktop.training.frames import FrameLayout
from vae_desktop.training.history import History
from vae_desktop.training.recording import KeptTimeline
from vae_desktop.training.run_folder.layout import FRAMES, METRICS, NEWEST, TIMELINE, ModelStatus, State, timeline_said
from vae_desktop.training.run_folder.metrics import MetricsFile, json_bytes
from vae_desktop.training.timeline import Frame, FrameInfo, Timeline

_KEPT = 3  # of the newest snapshots, for readers that are still at one


class ModelFolder:
    """Writes what becomes of one model.

    Parameters
    ----------
    path : Path
    layout : FrameLayout
        Of the model.

    Attributes
    ----------
    metrics : MetricsFile
    """

    def __init__(self, path: Path, layout: FrameLayout) -> None:
        self.path = path
        self.metrics = MetricsFile(path / METRICS)
        self._newest = FrameFolder(path / NEWEST, layout)
        self._frames = FrameFolder(path / FRAMES, layout)
        self._there: dict[int, FrameInfo | None] = {}  # frames of the timeline
        self._timelines = 0  # how many there were, one for each change
        self._snapshots: list[int] = []  # steps of those that lie there
        self._newest_codes: int | None = None

    def timeline(self, history: History) -> Timeline | None:
        """The timeline that lies here, as far as a history goes; None if there is none."""
        frames, settings = self._frames.found(history)
        return KeptTimeline(self._frames, frames, settings) if frames else None

    def begin(self) -> None:
        """Begin anew, with the metrics that were taken in."""
        self._there = dict.fromkeys(self._frames.steps)
        self._newest.remove()
        self.path.mkdir(parents=True, exist_ok=True)
        self.metrics.write_anew()
        self._snapshots, self._newest_codes = [], None

    def write_snapshot(self, frame: Frame, settings: Mapping[str, float]) -> None:
        """Have another newest snapshot, without the optimizer's moments, unless it is of a training that diverges."""
        if not are_finite(frame.snapshot.weights):
            return
        bare = Frame(replace(frame.snapshot, optimizer=None), evaluation=frame.evaluation)
        self._newest.write(bare, settings, is_change=False)
        if frame.codes is not None:  # apart, for readers that need them but not the weights
            self._newest.write_codes(frame.step, frame.codes)
        self._newest_codes = self._newest_codes if frame.codes is None else frame.step
        self._snapshots = [*(step for step in self._snapshots if step != frame.step), frame.step]
        kept = {*self._snapshots[-_KEPT:], self._newest_codes}
        for step in self._snapshots:
            if step not in kept:
                self._newest.drop(step)
        self._snapshots = [step for step in self._snapshots if step in kept]

    def write_timeline(self, timeline: Timeline | None) -> None:
        """Have the frames of a timeline here, those that have come, and no longer those that have gone."""
        if not isinstance(timeline, KeptTimeline):
            return
        frames = {info.step: info for info in timeline.frames}
        if frames == self._there:
            return
        for step in self._there.keys() - frames.keys():
            self._frames.drop(step)
        for step, info in frames.items():
            if self._there.get(step) != info:
                with contextlib.suppress(CheckpointError):  # it has gone meanwhile
                    self._frames.take_over(info, timeline.folder)
        write_atomically(self.path / TIMELINE, json_bytes(timeline_said(timeline)), is_lasting=False)
        self._there, self._timelines = {**frames}, self._timelines + 1

    def status(self, step: int, last_step: int, state: State, reason: str) -> ModelStatus:
        """How the model stands, and what of it lies here."""
        newest = self._snapshots[-1] if self._snapshots else None
        written = self.metrics.size, newest, self._newest_codes, self._timelines
        return ModelStatus(step, last_step, state, reason, *written)
