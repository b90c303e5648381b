"""A training's losses as event files of TensorBoard, for those who look at all their trainings there."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from vae_desktop.errors import UserError
from vae_desktop.language import N_, tr
from vae_desktop.progress import Pacer
from vae_desktop.training.history import TERMS, Evaluation
from vae_desktop.training.loop import TrainingLoop
from vae_desktop.training.trained_model import TrainedModel
from vae_desktop.variants import titles

_EVERY = 1.0  # seconds
_MOST_DIMENSIONS = 64  # whose part of the KL divergence has a curve
_INSTALL = "python -m pip install tensorboard"


class TensorBoardLog:
    """Writes event files into a folder, of several models into one for each; a `Reporter` of a loop.

    A point of a training curve is the mean of the steps since the one before, a second or so.

    Parameters
    ----------
    path : Path
    tell : callable
        Is told, in words, that nothing more can be written.

    Raises
    ------
    UserError
        If TensorBoard is not installed, or the folder cannot be written.
    """

    trouble = ""  # what cannot be written here is no reason to wait

    def __init__(self, path: Path, tell: Callable[[str], object] = lambda text: None) -> None:
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError as error:
            text = tr("Event files need TensorBoard. Install it and start again: {command}")
            raise UserError(text.format(command=_INSTALL)) from error
        self._make: Callable[[str], Any] = SummaryWriter
        self._path, self._tell = path, tell
        self._logs: list[_ModelLog] = []
        self._pacer = Pacer(_EVERY, 1.0)

    def begin(self, training: TrainingLoop) -> None:
        """Write the settings; the models have begun. Raises UserError if the folder cannot be written."""
        names = titles([model.config for model in training.models], N_) if len(training.models) > 1 else [""]
        for name, model in zip(names, training.models, strict=True):
            try:
                events = self._make(str(self._path / name.replace("/", "-")))
            except OSError as error:
                text = tr("Cannot write {path}: {reason}.")
                raise UserError(text.format(path=self._path, reason=error.strerror or error)) from error
            self._logs.append(_ModelLog(model, events))

    def is_due(self, is_at_epoch: bool) -> bool:
        """Whether a second or so has passed."""
        return bool(self._logs) and self._pacer.is_due(time.monotonic())

    def report(self, is_at_epoch: bool) -> None:
        """Write what is new of the models, whose metrics have been drained."""
        now = time.monotonic()
        self._guarded(lambda log: log.write())
        self._pacer.ran(now, time.monotonic())

    def close(self) -> None:
        """Write the rest, and end the files."""
        self._guarded(lambda log: log.write())
        self._guarded(lambda log: log.close())

    def _guarded(self, work: Callable[[_ModelLog], object]) -> None:
        try:
            for log in self._logs:
                work(log)
        except Exception as error:  # noqa: BLE001 - whatever its thread ran into; the training is worth more
            self._logs = []
            text = tr("TensorBoard's files in {folder} are no longer written: {reason}")
            self._tell(text.format(folder=self._path, reason=error))


class _ModelLog:
    """The event files of one model."""

    def __init__(self, model: TrainedModel, events: Any) -> None:
        self._model, self._events = model, events
        self._rows, self._evaluations = len(model.history.training), len(model.history.evaluations)
        settings = json.dumps(asdict(model.config), indent=2, ensure_ascii=False)
        events.add_text("settings", "\n".join(f"    {line}" for line in settings.splitlines()), model.steps)

    def write(self) -> None:
        history, model = self._model.history, self._model
        rows, self._rows = history.training[self._rows :], len(history.training)
        evaluations, self._evaluations = history.evaluations[self._evaluations :], len(history.evaluations)
        if len(rows):
            for term, mean in zip(TERMS, rows.mean(0, dtype=np.float64), strict=True):
                self._add(f"train/{term}", mean, self._rows)
            self._add("settings/learning_rate", model.trainer.rate, self._rows)
            self._add("settings/kl_weight", model.trainer.kl_weight, self._rows)
        for evaluation in evaluations:
            self._add_evaluation(evaluation)

    def close(self) -> None:
        self._events.close()

    def _add_evaluation(self, found: Evaluation) -> None:
        for term in TERMS:
            self._add(f"test/{term}", getattr(found, term), found.step)
        for dimension, kl in enumerate((found.kl_per_dimension or ())[:_MOST_DIMENSIONS], 1):
            self._add(f"test_kl_of_dimension/{dimension}", kl, found.step)

    def _add(self, name: str, value: float | None, step: int) -> None:
        if value is not None and np.isfinite(value):
            self._events.add_scalar(name, float(value), step)
