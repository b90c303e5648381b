"""Writes a training's folder while it trains; where that cannot be done for a while, the training waits."""

import io
import itertools
import re
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from filelock import FileLock, Timeout

from vae_desktop.config import RunConfig
from vae_desktop.errors import UserError
from vae_desktop.files import make_folder, write_atomically
from vae_desktop.language import tr
from vae_desktop.progress import Pacer
from vae_desktop.training.checkpoint import Checkpoint, save_checkpoints
from vae_desktop.training.frames import FrameLayout
from vae_desktop.training.history import History
from vae_desktop.training.loop import TrainingLoop
from vae_desktop.training.run_folder.layout import (
    LABELS,
    LOCK,
    MODELS,
    RUN,
    STATUS,
    State,
    Status,
    of_model,
    versioned,
)
from vae_desktop.training.run_folder.metrics import json_bytes
from vae_desktop.training.run_folder.model_folder import ModelFolder
from vae_desktop.training.run_folder.patience import PatientWriter
from vae_desktop.training.saved_parts import metadata_of
from vae_desktop.training.timeline import Frame, Timeline
from vae_desktop.training.trained_model import TrainedModel
from vae_desktop.variants import titles

_METRICS, _SNAPSHOTS, _WHOLE = 1.0, 2.0, 30.0  # seconds between two of them, at least
_LONGEST_NAME = 100  # characters
_FRACTION = 0.01  # of the time that snapshots may take, and whole states
_FIRST_WHOLE = 5.0  # seconds until the first whole state


class RunFolder:
    """The folder of a training, which it alone writes; a `Reporter` of its loop.

    The thread that trains copies what is new, another one writes it. What the disk refuses is tried again for as long
    as that takes; whoever trains waits meanwhile, so that nothing is lost.

    Parameters
    ----------
    path : Path
        A new or empty folder, or that of a training that goes on.
    goes_on : bool
        Whether it is the latter.
    tell : callable
        Is told by the writer's thread, in words, that the training has to wait, and that it goes on.

    Raises
    ------
    UserError
        If the folder cannot be made, holds something else, or another training writes there.

    Attributes
    ----------
    writer : PatientWriter
        Writes for it, in a thread of its own.
    """

    def __init__(self, path: Path, goes_on: bool = False, tell: Callable[[str], object] = lambda text: None) -> None:
        make_folder(path)
        if not goes_on:
            _check_empty(path)
        self.path = path
        self.writer = PatientWriter(path, tell)
        self._lock = _locked(path)
        self._is_behind = False
        self._began, self._beat, self._id = time.monotonic(), 0, uuid.uuid4().hex
        self._models: list[tuple[TrainedModel, ModelFolder]] = []
        self._histories: Sequence[Callable[[], History]] = ()
        self._metrics = Pacer(_METRICS, 1.0)
        self._snapshots, self._codes = Pacer(_SNAPSHOTS, _FRACTION), Pacer(_SNAPSHOTS, _FRACTION)
        self._whole = Pacer(_WHOLE, _FRACTION)
        self._whole.due = self._began + _FIRST_WHOLE

    @property
    def trouble(self) -> str:
        """Why nothing can be written for now; "" while it can."""
        return self.writer.trouble

    def timelines(self, layouts: Sequence[FrameLayout], histories: Sequence[History]) -> list[Timeline | None]:
        """The timelines that lie here of the models of a training that goes on, up to the end of their histories."""
        models = zip(layouts, histories, strict=True)
        return [self._folder_of(number, layout).timeline(history) for number, (layout, history) in enumerate(models)]

    def begin(self, training: TrainingLoop, histories: Sequence[Callable[[], History]] = ()) -> None:
        """Say what trains, and what the steps before gave; its models have begun.

        Parameters
        ----------
        histories : sequence of callables, optional
            Of each model, give its history from the first step of all on; by default that which it keeps itself.
        """
        self._training, dataset = training, training.models[0].dataset
        self._histories = histories or [partial(getattr, model, "history") for model in training.models]
        for number, model in enumerate(training.models):
            folder = self._folder_of(number, FrameLayout.of(model.config.model, dataset.image_shape))
            folder.metrics.take(self._histories[number]())
            self._models.append((model, folder))
        names = titles([model.config for model in training.models]) if len(training.models) > 1 else [""]
        run = {
            "id": self._id,
            "training_images": len(training.batches.images),
            "test_images": len(dataset.test),
            "steps_per_epoch": training.batches.per_epoch,
            "device": str(training.device),
            "processes": training.processes.count,
            "models": [
                {"name": name, "parameters": model.parameters, "said": metadata_of(model.state())}
                for name, model in zip(names, training.models, strict=True)
            ],
        }
        self.writer.add_patiently(partial(self._write_beginning, versioned(run), dataset.test.labels))
        self.report(is_at_epoch=True)

    def is_due(self, is_at_epoch: bool) -> bool:
        """Whether there is something to report, and the disk is not behind."""
        now = time.monotonic()
        return not self._is_behind and (self._metrics.is_due(now) or (is_at_epoch and self._codes.is_due(now)))

    def report(self, is_at_epoch: bool, state: State = "training") -> None:
        """Have written what is new of the models, whose metrics have been drained.

        Parameters
        ----------
        is_at_epoch : bool
            Whether some have just been evaluated, so that their codes are there.
        state : str
            How the training stands.
        """
        now, is_end = time.monotonic(), state not in ("training", "paused")
        has_snapshots = is_end or (self._codes if is_at_epoch else self._snapshots).is_due(now)
        has_states = is_end or self._whole.is_due(now)
        for (_, folder), history in zip(self._models, self._histories, strict=True):
            folder.metrics.take(history(), is_end)
        frames = self._frames() if has_snapshots else []
        states = self._states() if has_states else []
        told = [_told(model, state) for model, _ in self._models]
        self._is_behind = True
        self.writer.add_patiently(partial(self._write, frames, states, state, told))
        ended = time.monotonic()
        self._metrics.ran(now, ended)
        if has_snapshots:
            self._snapshots.ran(now, ended)
        if has_snapshots and is_at_epoch:
            self._codes.ran(now, ended)

    def close(self, timeout: float | None = None) -> None:
        """Say how the training has ended, and leave the folder.

        Parameters
        ----------
        timeout : float, optional
            Seconds to wait for a disk that refuses; by default as long as that takes. What it has not taken by then is
            told, and left out.
        """
        if not self._lock.is_locked:
            return
        try:
            if self._models:
                going = [model for model, _ in self._models if model.failure is None]
                state: State = "finished" if all(model.is_finished for model in going) else "stopped"
                self.report(is_at_epoch=True, state=state if going else "failed")
            self.writer.end(timeout)
        finally:
            self._lock.release()

    def _folder_of(self, number: int, layout: FrameLayout) -> ModelFolder:
        return ModelFolder(self.path / of_model(number), layout)

    def _frames(self) -> list[tuple[ModelFolder, Frame, dict[str, float]]]:
        """A snapshot for each model's folder, with the settings of now."""
        going = ((model, folder) for model, folder in self._models if model.failure is None)
        found = [self._training.attempt(model, partial(_entry, model, folder)) for model, folder in going]
        return [entry for entry in found if entry is not None]

    def _states(self) -> list[Checkpoint]:
        """The whole state of each model; of one that has failed its last good one."""
        found = [self._training.checkpoint_of(model, is_evaluated=False) for model, _ in self._models]
        return [
            replace(state, history=history().until(state.snapshot.step))
            for state, history in zip(found, self._histories, strict=True)
            if state is not None
        ]

    # In the writer's thread

    def _write_beginning(self, run: dict[str, Any], labels: npt.NDArray[np.int64] | None) -> None:
        (self.path / STATUS).unlink(missing_ok=True)  # a reader that finds none waits
        for _, folder in self._models:
            folder.begin()
        if labels is not None:
            array = io.BytesIO()
            np.save(array, labels, allow_pickle=False)
            write_atomically(self.path / LABELS, array.getvalue())
        write_atomically(self.path / RUN, json_bytes(run))

    def _write(
        self,
        frames: Sequence[tuple[ModelFolder, Frame, dict[str, float]]],
        states: Sequence[Checkpoint],
        state: State,
        told: Sequence[tuple[int, int, State, str]],
    ) -> None:
        """Write what a status will say is there, then the status."""
        began = time.monotonic()
        for model, folder in self._models:
            folder.metrics.write()
            folder.write_timeline(model.timeline)
        for folder, frame, settings in frames:
            folder.write_snapshot(frame, settings)
        if states:
            save_checkpoints(self.path / MODELS, states)
            self._whole.ran(began, time.monotonic())
        models = [folder.status(*own) for (_, folder), own in zip(self._models, told, strict=True)]
        self._beat += 1
        status = Status(self._id, self._beat, time.monotonic() - self._began, state, tuple(models))
        write_atomically(self.path / STATUS, json_bytes(versioned(asdict(status))), is_lasting=False)
        self._is_behind = False


def new_folder(root: Path, configs: Sequence[RunConfig]) -> Path:
    """A folder for the training of these models that begins now; sorted by their names they lie in their order."""
    title = configs[0].title if len(configs) == 1 else " + ".join(titles(configs))
    name = re.sub(r"[^\w.=+-]+", " ", f"{datetime.now():%Y-%m-%d %H-%M-%S} {title}").strip()[:_LONGEST_NAME]
    names = itertools.chain([name], (f"{name} {number}" for number in itertools.count(2)))
    return next(path for path in map(root.joinpath, names) if not path.exists())


def _entry(model: TrainedModel, folder: ModelFolder) -> tuple[ModelFolder, Frame, dict[str, float]]:
    return folder, model.frame(), model.timeline_settings


def _told(model: TrainedModel, state: State) -> tuple[int, int, State, str]:
    """What is told of a model: steps taken and at its end, how it stands, and why it failed."""
    if model.failure is not None:
        return model.steps, model.span.last, "failed", model.failure.message
    return model.steps, model.span.last, "finished" if model.is_finished else state, ""


def _locked(path: Path) -> FileLock:
    """The lock of a folder; raises UserError if another training has it, or it cannot be had."""
    lock = FileLock(path / LOCK)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        text = tr("Another training writes to {folder}. Choose another folder for this one.")
        raise UserError(text.format(folder=path)) from None
    except OSError as error:
        text = tr("Cannot write {path}: {reason}.")
        raise UserError(text.format(path=path / LOCK, reason=error.strerror or error)) from error
    return lock


def _check_empty(path: Path) -> None:
    """Raise UserError if something lies in a folder."""
    names = {entry.name for entry in path.iterdir() if not entry.name.startswith(".")} - {LOCK}
    if RUN in names:
        _locked(path).release()  # one that still goes on is another matter
        text = tr("{folder} holds a training already: go on with it by --continue {folder}, or choose another folder.")
        raise UserError(text.format(folder=path))
    if names:
        raise UserError(tr("{folder} is not empty: choose another folder for the training.").format(folder=path))
