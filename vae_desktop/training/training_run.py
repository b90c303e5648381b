"""One model that is trained: its trainer, its history, what it reports, and its last good state."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from vae_desktop.config import RunConfig
from vae_desktop.data.dataset import Dataset
from vae_desktop.errors import UserError
from vae_desktop.latent.codes import Codes, Floats
from vae_desktop.latent.embed import to_codes
from vae_desktop.latent.measures import NEIGHBOURS
from vae_desktop.latent.measuring import measure
from vae_desktop.models.snapshot import Snapshot, Span
from vae_desktop.training.batches import Batches
from vae_desktop.training.causes import why_diverged
from vae_desktop.training.checkpoint import Checkpoint
from vae_desktop.training.history import Evaluation, History
from vae_desktop.training.schedule import kl_weight_after
from vae_desktop.training.threads import ALL_THREADS, use_threads
from vae_desktop.training.trainer import TestPass, Trainer


@dataclass(frozen=True)
class EpochReport:
    """What one epoch gave.

    Attributes
    ----------
    run : TrainingRun
        Whose epoch it was.
    epoch : int
        Passes over the training images so far, from 1.
    loss, reconstruction, kl : float
        Means over the epoch's batches, per image, each taken before its step; `kl` (nats) is None without a
        posterior.
    kl_weight : float
        Of the KL divergence in the epoch's last step; a warm-up raises it.
    evaluation : Evaluation
        On the test set, after the epoch.
    seconds : float
        Since the run began.
    """

    run: "TrainingRun"
    epoch: int
    loss: float
    reconstruction: float
    kl: float | None
    kl_weight: float
    evaluation: Evaluation
    seconds: float


class TrainingRun:
    """One of the models that are trained: its trainer, its history and what it reports.

    Attributes
    ----------
    history : History
        Of the steps up to the last call of `drain`.
    failure : Exception, or None
        Why it could not go on.
    """

    def __init__(self, config: RunConfig, dataset: Dataset, batches: Batches, test_images: Tensor) -> None:
        self.config = config
        self.history = History()
        self.failure: Exception | None = None
        self._dataset = dataset
        self._batches = batches
        self._trainer = Trainer(config, dataset.image_shape, batches.device, mean_image=dataset.mean_image)
        self._trainer.span = Span(0, self.total_steps, batches.per_epoch)
        self._test_images = test_images
        self._pending: list[Tensor] = []  # rows of metrics still on the device
        self._tested: TestPass | None = None
        self._good: tuple[Snapshot, Codes | None] | None = None  # the newest state known to be whole

    @property
    def step(self) -> int:
        return self._trainer.steps

    @property
    def total_steps(self) -> int:
        return self.config.training.epochs * self._batches.per_epoch

    @property
    def parameters(self) -> int:
        """How many numbers the model has learned."""
        return sum(parameter.numel() for parameter in self._trainer.model.parameters())

    @property
    def evaluation(self) -> Evaluation:
        """The figures on the test set at this step.

        Raises
        ------
        UserError
            If the loss is no longer a finite number; so do `drain` and `checkpoint`.
        """
        return self._current_test().evaluation

    @property
    def codes(self) -> Codes:
        """Of the test images, at this step."""
        return to_codes(self._current_test().posterior, self._dataset.test.labels)

    def take_step(self) -> None:
        """Take one step, which the device may still be computing on return."""
        batch = self._trainer.with_memory(lambda: self._batches.at(self.step))
        self._pending.append(self._trainer.step(batch))

    def drain(self) -> None:
        """Wait for the device and take the metrics of the steps since the last time into the history."""
        if not self._pending:
            return
        rows = torch.stack(self._pending).cpu().numpy()
        self._pending.clear()
        self.history.append(rows)
        self._require_finite(bool(np.isfinite(rows[:, 0]).all()))

    def report(self, seconds: float) -> EpochReport:
        """What the epoch that has just ended gave."""
        evaluation = self.evaluation
        rows: Floats = self.history.training[-self._batches.per_epoch :]
        loss, reconstruction, kl = rows.mean(0, dtype=np.float64).tolist()
        return EpochReport(
            self,
            self.step // self._batches.per_epoch,
            loss,
            reconstruction,
            None if evaluation.kl is None else kl,
            kl_weight_after(self.config, self.step - 1, self._batches.per_epoch),
            evaluation,
            seconds,
        )

    def measured(self) -> dict[str, Any]:
        """The figures that part models which are compared, by the keys of latent.measures.MEASURES."""
        use_threads(ALL_THREADS)
        return measure(self.config, self._trainer.model, self._dataset, NEIGHBOURS)

    def checkpoint(self) -> Checkpoint:
        """The model as it is now, with all that is needed to go on training it."""
        codes = self.codes
        return self._checkpoint(self._trainer.snapshot(with_optimizer=True), codes)

    def secure(self) -> None:
        """Remember the model as it is now, if its numbers are finite, for the case that it fails later."""
        self.drain()
        snapshot = self._trainer.snapshot(with_optimizer=True)
        tensors = (*snapshot.weights.values(), *(snapshot.optimizer or {}).values())
        if all(np.isfinite(values).all() for values in tensors):
            is_tested = self._tested is not None and self._tested.evaluation.step == self.step
            self._good = snapshot, self.codes if is_tested else None

    @property
    def last_good(self) -> Checkpoint | None:
        """The model as it was when it was last secured; None if it never was."""
        return None if self._good is None else self._checkpoint(*self._good)

    def _checkpoint(self, snapshot: Snapshot, codes: Codes | None) -> Checkpoint:
        history = self.history.copy()
        history.truncate(snapshot.step)
        shape, class_names = self._dataset.image_shape, self._dataset.class_names
        return Checkpoint(self.config, shape, class_names, snapshot, history, codes)

    def _current_test(self) -> TestPass:
        if self._tested is None or self._tested.evaluation.step != self.step:
            self._tested = self._trainer.evaluate(self._test_images)
            self._require_finite(bool(np.isfinite(self._tested.evaluation.total)))
            self.history.evaluations.append(self._tested.evaluation)
        return self._tested

    def _require_finite(self, finite: bool) -> None:
        if not finite:
            epoch = max(self.step - 1, 0) // self._batches.per_epoch + 1
            why = why_diverged(self.config, self.step)
            raise UserError(f"The loss is no longer a finite number in epoch {epoch}. {why}")
