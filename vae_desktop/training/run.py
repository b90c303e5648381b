"""A whole training run as a plain loop, for the command line; it also says what a run has to compute."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from vae_desktop.config import RunConfig
from vae_desktop.data.dataset import Dataset
from vae_desktop.errors import UserError
from vae_desktop.latent.codes import Floats
from vae_desktop.latent.embed import to_codes
from vae_desktop.training.batches import Batches
from vae_desktop.training.checkpoint import Checkpoint
from vae_desktop.training.history import Evaluation, History
from vae_desktop.training.schedule import Span
from vae_desktop.training.trainer import TestPass, Trainer


@dataclass(frozen=True)
class EpochReport:
    """What one epoch gave.

    Attributes
    ----------
    epoch : int
        Passes over the training images so far, from 1.
    loss, reconstruction, kl : float
        Means over the epoch's batches, per image, each taken before its step; `kl` (nats) is None without a
        posterior.
    evaluation : Evaluation
        On the test set, after the epoch.
    seconds : float
        Since the run began.
    """

    epoch: int
    loss: float
    reconstruction: float
    kl: float | None
    evaluation: Evaluation
    seconds: float


class TrainingRun:
    """Trains a new model to the last epoch.

    Parameters
    ----------
    config : RunConfig
    dataset : Dataset
    device : torch.device

    Raises
    ------
    InvalidSetting
        If a batch is larger than the data set.

    Attributes
    ----------
    history : History
        Of the steps up to the last whole epoch, or up to the last `checkpoint`.
    seconds : float
        Of the whole run, evaluations included.
    """

    def __init__(self, config: RunConfig, dataset: Dataset, device: torch.device) -> None:
        dataset.check_batch_size(config.training.batch_size)
        self.config = config
        self.device = device
        self.history = History()
        self.seconds = 0.0
        self._dataset = dataset
        self._trainer = Trainer(config, dataset.image_shape, device)
        self._batches = Batches(dataset.train.images, config.training.batch_size, config.training.seed, device)
        self._trainer.span = Span(0, self.total_steps, self._batches.per_epoch)
        self._test_images = torch.from_numpy(dataset.test.images).to(device)
        self._pending: list[Tensor] = []  # rows of metrics still on the device
        self._tested: TestPass | None = None
        self._trained_images = 0
        self._training_seconds = 0.0
        self._stopping = False

    @property
    def step(self) -> int:
        return self._trainer.steps

    @property
    def total_steps(self) -> int:
        return self.config.training.epochs * self._batches.per_epoch

    @property
    def finished(self) -> bool:
        return self.step >= self.total_steps

    @property
    def parameters(self) -> int:
        """How many numbers the model has learned."""
        return sum(parameter.numel() for parameter in self._trainer.model.parameters())

    @property
    def images_per_second(self) -> float:
        """Training images per second of training; evaluations do not count."""
        return self._trained_images / self._training_seconds if self._training_seconds else 0.0

    @property
    def evaluation(self) -> Evaluation:
        """The figures on the test set at this step."""
        return self._current_test().evaluation

    def stop(self) -> None:
        """Ask `epochs` to end after the step that is being taken; may be called from a signal handler."""
        self._stopping = True

    def epochs(self, on_step: Callable[[], object] | None = None) -> Iterator[EpochReport]:
        """Train, and yield a report after each whole epoch.

        Parameters
        ----------
        on_step : callable, optional
            Called after each step, which the device may still be computing.

        Raises
        ------
        UserError
            If the loss is no longer a finite number.
        """
        began = time.perf_counter() - self.seconds
        self._current_test()
        while not self.finished and not self._stopping:
            rows = self._train_epoch(on_step)
            if self.step % self._batches.per_epoch == 0:
                evaluation = self.evaluation
                self.seconds = time.perf_counter() - began
                loss, reconstruction, kl = rows.mean(0, dtype=np.float64).tolist()
                yield EpochReport(
                    self.step // self._batches.per_epoch,
                    loss,
                    reconstruction,
                    None if evaluation.kl is None else kl,
                    evaluation,
                    self.seconds,
                )

    def checkpoint(self) -> Checkpoint:
        """The model as it is now, with all that is needed to go on training it.

        Raises
        ------
        UserError
            If the loss is no longer a finite number.
        """
        posterior = self._current_test().posterior
        return Checkpoint(
            self.config,
            self._dataset.image_shape,
            self._dataset.class_names,
            self._trainer.snapshot(with_optimizer=True),
            self.history.copy(),
            to_codes(posterior, self._dataset.test.labels),
        )

    def _train_epoch(self, on_step: Callable[[], object] | None) -> Floats:
        """Take the steps up to the epoch's end, one at least, and return their metrics."""
        began = time.perf_counter()
        end = (self.step // self._batches.per_epoch + 1) * self._batches.per_epoch
        while True:
            images = self._batches.at(self.step)
            self._pending.append(self._trainer.step(images))
            self._trained_images += len(images)
            if on_step is not None:
                on_step()
            if self.step == end or self._stopping:
                break
        rows = self._drain()  # waits for the device
        self._training_seconds += time.perf_counter() - began
        return rows

    def _drain(self) -> Floats:
        rows = torch.stack(self._pending).cpu().numpy()
        self._pending.clear()
        self.history.append(rows)
        self._require_finite(bool(np.isfinite(rows[:, 0]).all()))
        return rows

    def _current_test(self) -> TestPass:
        if self._tested is None or self._tested.evaluation.step != self.step:
            self._tested = self._trainer.evaluate(self._test_images)
            self._require_finite(bool(np.isfinite(self._tested.evaluation.total)))
            self.history.evaluations.append(self._tested.evaluation)
        return self._tested

    def _require_finite(self, finite: bool) -> None:
        if not finite:
            epoch = max(self.step - 1, 0) // self._batches.per_epoch + 1
            raise UserError(
                f"The loss is no longer a finite number in epoch {epoch}, and nothing was saved. "
                f"Try a learning rate below {self.config.training.learning_rate:g}."
            )
