"""Training as a plain loop, for the command line: one model, or several on the same batches.

It also says what training in the window has to compute.
"""

import time
from collections.abc import Callable, Iterator, Sequence

import torch

from vae_desktop.config import RunConfig
from vae_desktop.data.dataset import Dataset
from vae_desktop.errors import UserError
from vae_desktop.training.batches import Batches
from vae_desktop.training.causes import out_of_memory_in_training
from vae_desktop.training.checkpoint import Checkpoint
from vae_desktop.training.devices import placed
from vae_desktop.training.failures import failure_words, is_of_device
from vae_desktop.training.spinning import Spinning
from vae_desktop.training.training_run import EpochReport, TrainingRun
from vae_desktop.variants import check_comparison

_SECURED_EVERY = 60.0  # seconds of an epoch that takes longer


class Lockstep:
    """Trains new models together to the last epoch: a step each in turn, on the same batch with the same noise.

    One model alone is the same with one entry.

    Parameters
    ----------
    configs : sequence of RunConfig
        Alike in data set, epochs, batch size, seed and device.
    dataset : Dataset
    device : torch.device
    secured_every : float
        Seconds after which a model's state is secured within an epoch; it is after each anyway.

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

    def __init__(
        self,
        configs: Sequence[RunConfig],
        dataset: Dataset,
        device: torch.device,
        secured_every: float = _SECURED_EVERY,
    ) -> None:
        check_comparison(configs)
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
        self._secured_every = secured_every

    @property
    def going(self) -> list[TrainingRun]:
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

    def epochs(self, on_step: Callable[[], object] | None = None) -> Iterator[list[EpochReport]]:
        """Train, and after each whole epoch yield a report of each run that goes on.

        A run that fails is left behind, with the reason in its `failure` and the state after its last good epoch in
        its `last_good`.

        Parameters
        ----------
        on_step : callable, optional
            Called after each step of all, which the device may still be computing.

        Raises
        ------
        Exception
            The first run's failure if no run is left that could go on.
        """
        began = time.perf_counter() - self.seconds
        self._each(lambda run: run.evaluation)
        with Spinning():
            while not self.finished and not self._stopping:
                self._train_epoch(on_step)
                if self.step % self._batches.per_epoch == 0:
                    self._each(lambda run: run.evaluation)
                    self._each(TrainingRun.secure)
                    self.seconds = time.perf_counter() - began
                    yield [run.report(self.seconds) for run in self.going]

    def checkpoint_of(self, run: TrainingRun) -> Checkpoint | None:
        """The model of a run as it is now, or, if it has failed, as it was last secured; None if it never was."""
        found: list[Checkpoint] = []
        if run.failure is None:  # else, and if its numbers turn out not to be finite, the state before that is left
            run.failure = self._failure_in(lambda entry: found.append(entry.checkpoint()), run)
        return found[0] if found else run.last_good

    def _train_epoch(self, on_step: Callable[[], object] | None) -> None:
        """Take the steps up to the epoch's end, one at least."""
        began = secured = time.perf_counter()
        end = (self.step // self._batches.per_epoch + 1) * self._batches.per_epoch
        while True:
            self._trained_images += self._batches.size_of(self.step)
            self._each(TrainingRun.take_step)
            if on_step is not None:
                on_step()
            if self.step == end or self._stopping:
                break
            if time.perf_counter() - secured > self._secured_every:
                self._each(TrainingRun.secure)
                secured = time.perf_counter()
        self._each(TrainingRun.drain)  # waits for the device
        self.training_seconds += time.perf_counter() - began

    def _each(self, do: Callable[[TrainingRun], object]) -> None:
        for run in self.going:
            run.failure = self._failure_in(do, run)
        if not self.going:
            raise self.runs[0].failure or UserError("No model is left to train.")

    def _failure_in(self, do: Callable[[TrainingRun], object], run: TrainingRun) -> Exception | None:
        """Do something with a run; return what went wrong, without hold of the memory of what failed for lack of it."""
        try:
            do(run)
        except Exception as error:  # noqa: BLE001 - the edge of one model: the others go on, and its good state is left
            if isinstance(error, UserError) or not is_of_device(error):
                return error
            full = out_of_memory_in_training(run.config.training, self.device.type)
            return UserError(failure_words(error, out_of_memory=full))
        return None
