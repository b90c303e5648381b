"""Training as a plain loop, for the command line: one model, or several on the same batches.

It also says what training in the window has to compute.
"""

import time
from collections.abc import Callable, Iterator, Sequence
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
from vae_desktop.models.snapshot import Span
from vae_desktop.training.batches import Batches
from vae_desktop.training.checkpoint import Checkpoint
from vae_desktop.training.devices import placed
from vae_desktop.training.failures import failure_words, is_of_device
from vae_desktop.training.history import Evaluation, History
from vae_desktop.training.spinning import Spinning
from vae_desktop.training.threads import ALL_THREADS, use_threads
from vae_desktop.training.trainer import TestPass, Trainer
from vae_desktop.variants import check_lockstep


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
    evaluation: Evaluation
    seconds: float


class Lockstep:
    """Trains new models together to the last epoch: a step each in turn, on the same batch with the same noise.

    One model alone is the same with one entry.

    Parameters
    ----------
    configs : sequence of RunConfig
        Alike in data set, epochs, batch size, seed and device.
    dataset : Dataset
    device : torch.device

    Raises
    ------
    InvalidSetting
        If a batch is larger than the data set, or the configurations cannot be trained together.

    Attributes
    ----------
    runs : tuple of TrainingRun
        In the order of `configs`.
    seconds : float
        Since the training began, evaluations included.
    training_seconds : float
        Without them.
    """

    def __init__(self, configs: Sequence[RunConfig], dataset: Dataset, device: torch.device) -> None:
        check_lockstep(configs)
        training = configs[0].training
        dataset.check_batch_size(training.batch_size)
        self.device = device
        self.seconds = 0.0
        self._batches = Batches(dataset.train.images, training.batch_size, training.seed, device)
        test_images = placed(dataset.test.images, device)
        self.runs = tuple(TrainingRun(config, dataset, self._batches, test_images) for config in configs)
        self._trained_images = 0
        self.training_seconds = 0.0
        self._stopping = False

    @property
    def going(self) -> list["TrainingRun"]:
        """The runs that have not failed."""
        return [run for run in self.runs if run.failure is None]

    @property
    def total_steps(self) -> int:
        """Of each run."""
        return self.runs[0].total_steps

    @property
    def step(self) -> int:
        """How many steps the runs that go on have taken."""
        return max(run.step for run in self.runs)

    @property
    def finished(self) -> bool:
        """Whether all runs that have not failed are at their end."""
        return all(run.step >= run.total_steps for run in self.going)

    @property
    def images_per_second(self) -> float:
        """Training images per second of training, seen by every run; evaluations do not count."""
        return self._trained_images / self.training_seconds if self.training_seconds else 0.0

    def stop(self) -> None:
        """Ask `epochs` to end after the step that is being taken; may be called from a signal handler."""
        self._stopping = True

    def epochs(self, on_step: Callable[[], object] | None = None) -> Iterator[list["EpochReport"]]:
        """Train, and after each whole epoch yield a report of each run that goes on.

        A run that fails is left behind, with the reason in its `failure`.

        Parameters
        ----------
        on_step : callable, optional
            Called after each step of all, which the device may still be computing.

        Raises
        ------
        UserError
            If no run is left that could go on.
        """
        began = time.perf_counter() - self.seconds
        self._each(lambda run: run.evaluation)
        with Spinning():
            while not self.finished and not self._stopping:
                self._train_epoch(on_step)
                if self.step % self._batches.per_epoch == 0:
                    self._each(lambda run: run.evaluation)
                    self.seconds = time.perf_counter() - began
                    yield [run.report(self.seconds) for run in self.going]

    def checkpoint_of(self, run: "TrainingRun") -> Checkpoint | None:
        """The model of a run as it is now; None if it has failed, or its numbers turn out not to be finite.

        Raises
        ------
        UserError
            If no run is left that has not failed.
        """
        found: list[Checkpoint] = []
        self._each(lambda entry: found.append(entry.checkpoint()) if entry is run else None)
        return found[0] if found else None

    def _train_epoch(self, on_step: Callable[[], object] | None) -> None:
        """Take the steps up to the epoch's end, one at least."""
        began = time.perf_counter()
        end = (self.step // self._batches.per_epoch + 1) * self._batches.per_epoch
        while True:
            self._trained_images += self._batches.size_of(self.step)
            self._each(TrainingRun.take_step)
            if on_step is not None:
                on_step()
            if self.step == end or self._stopping:
                break
        self._each(TrainingRun.drain)  # waits for the device
        self.training_seconds += time.perf_counter() - began

    def _each(self, do: Callable[["TrainingRun"], object]) -> None:
        for run in self.going:
            try:
                do(run)
            except UserError as error:
                run.failure = error
            except Exception as error:
                if not is_of_device(error):
                    raise
                run.failure = UserError(failure_words(error))
        if not self.going:
            raise self.runs[0].failure or UserError("No model is left to train.")


class TrainingRun:
    """One of the models that are trained: its trainer, its history and what it reports.

    Attributes
    ----------
    history : History
        Of the steps up to the last call of `drain`.
    failure : UserError, or None
        Why it could not go on.
    """

    def __init__(self, config: RunConfig, dataset: Dataset, batches: Batches, test_images: Tensor) -> None:
        self.config = config
        self.history = History()
        self.failure: UserError | None = None
        self._dataset = dataset
        self._batches = batches
        self._trainer = Trainer(config, dataset.image_shape, batches.device, mean_image=dataset.mean_image)
        self._trainer.span = Span(0, self.total_steps, batches.per_epoch)
        self._test_images = test_images
        self._pending: list[Tensor] = []  # rows of metrics still on the device
        self._tested: TestPass | None = None

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
        return Checkpoint(
            self.config,
            self._dataset.image_shape,
            self._dataset.class_names,
            self._trainer.snapshot(with_optimizer=True),
            self.history.copy(),
            codes,
        )

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
