"""The training loop, for one model or several that are compared: the command, the window and benchmarks step it."""

import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TypeVar

import torch

from vae_desktop.config import RunConfig
from vae_desktop.data.dataset import Dataset
from vae_desktop.errors import InvalidSetting, UserError
from vae_desktop.language import tr
from vae_desktop.models.snapshot import Snapshot
from vae_desktop.training.batches import Batches
from vae_desktop.training.checkpoint import Checkpoint
from vae_desktop.training.devices import placed
from vae_desktop.training.failures import failure_words, is_out_of_memory, out_of_memory
from vae_desktop.training.history import History
from vae_desktop.training.processes import ALONE, Agreement, Processes
from vae_desktop.training.recording import Recording
from vae_desktop.training.reports import Diverged, EpochReport, Failure, Reporter
from vae_desktop.training.spinning import Spinning
from vae_desktop.training.trained_model import TrainedModel
from vae_desktop.variants import check_comparison

Result = TypeVar("Result")
_SECURED_EVERY = 60.0  # seconds of an epoch that takes longer
_HELD_UP = 0.1  # seconds between two looks at whether a reporter can go on


class TrainingLoop:
    """Trains one to four models: a step each in turn, on the same batch with the same noise.

    Each is to the bit what it would be alone. Whatever goes wrong with one ends that one only, and its `failure` says
    why. Nothing here knows of threads or of a window: `step` returns while the device still computes, and whoever
    calls it decides when to look at the models.

    Parameters
    ----------
    configs : sequence of RunConfig
        Alike in data set, epochs, batch size, seed and device.
    dataset : Dataset
    device : torch.device
    snapshots : sequence of Snapshot or None, optional
        Where each model goes on from; None begins a new one.
    histories : sequence of History or None, optional
        What each model's steps before gave, which its history then begins with; by default it begins here.
    timelines : sequence of Recording or None, optional
        Where frames of each model are kept; None keeps none.
    processes : Processes, optional
        Those that train the models together: each has a `TrainingLoop` of the same settings and images, and all of them
        do the same. What fails in one of them, and not in the others, ends all models of it.

    Raises
    ------
    InvalidSetting
        If a batch is larger than the data set, or smaller than the processes are many, or the configurations cannot be
        trained together.
    UserError
        If the memory is too small for the images.

    Attributes
    ----------
    models : list of TrainedModel
        In the order of `configs`; one that is taken out gives its memory back.
    reporters : list of Reporter
        Tell others of it.
    seconds : float
        Since `epochs` began, up to the last epoch's end, evaluations included.
    training_seconds : float
        Without them.
    """

    def __init__(
        self,
        configs: Sequence[RunConfig],
        dataset: Dataset,
        device: torch.device,
        snapshots: Sequence[Snapshot | None] | None = None,
        histories: Sequence[History | None] | None = None,
        timelines: Sequence[Recording | None] | None = None,
        processes: Processes = ALONE,
    ) -> None:
        check_comparison(configs)
        training = configs[0].training
        dataset.check_batch_size(training.batch_size)
        processes.check_batch_size(training.batch_size)
        self.device = device
        self.processes = processes
        self._agreed = Agreement(processes)
        self.seconds = self.training_seconds = 0.0
        self.reporters: list[Reporter] = []
        self._stopping = False
        try:
            batches = Batches(dataset.train.images, training.batch_size, training.seed, device, processes)
            test_images = placed(dataset.test.images, device)
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error):
                raise
            raise UserError(out_of_memory(device.type, has_begun=False)) from None
        self.batches = batches
        nothing = [None] * len(configs)
        parts = [snapshots or nothing, histories or nothing, timelines or nothing]
        self.models = [
            TrainedModel(config, dataset, batches, test_images, *own)
            for config, *own in zip(configs, *parts, strict=True)
        ]
        self.each(TrainedModel.begin)

    @property
    def going(self) -> list[TrainedModel]:
        """The models that have not failed."""
        return [*self._going()]

    @property
    def steps(self) -> int:
        """How many steps the models that go on have taken."""
        return max(model.steps for model in self.models)

    @property
    def total_steps(self) -> int:
        """How many the models that go on will have taken at their end."""
        return max((model.span.last for model in self.going), default=0)

    @property
    def finished(self) -> bool:
        """Whether all models that have not failed are at their end."""
        return all(model.is_finished for model in self.going)

    @property
    def is_held_up(self) -> bool:
        """Whether a reporter has to be waited for."""
        return any(reporter.trouble for reporter in self.reporters)

    @property
    def images_per_second(self) -> float:
        """Training images per second of training, seen by every model; evaluations do not count."""
        epochs = max(model.steps - model.first_step for model in self.models) / self.batches.per_epoch
        return epochs * len(self.batches.images) / self.training_seconds if self.training_seconds else 0.0

    def step(self) -> None:
        """Take a step with each model that is not at its end; the device may still be computing it on return."""
        for model in self._going():
            if not model.is_finished:
                self.attempt(model, model.step)

    def end_epochs(self) -> None:
        """Evaluate the models whose last step was an epoch's last."""
        for model in self._going():
            if model.ends_epoch:
                self.attempt(model, model.evaluate)

    def each(self, do: Callable[[TrainedModel], object]) -> None:
        """Do something with each model that goes on."""
        for model in self._going():
            self.attempt(model, partial(do, model))

    @property
    def is_report_due(self) -> bool:
        """Whether a reporter wants to report within an epoch."""
        return any(reporter.is_due(False) for reporter in self.reporters)

    def report_due(self, is_at_epoch: bool = False) -> None:
        """Have those report that want to, with what all steps so far gave."""
        due = [reporter for reporter in self.reporters if reporter.is_due(is_at_epoch)]
        if due or self.processes.are_several:  # the others too, whose metrics are a part of them
            self.each(TrainedModel.drain)
        for reporter in due:
            reporter.report(is_at_epoch)

    def attempt(self, model: TrainedModel, work: Callable[[], Result]) -> Result | None:
        """Do something with a model, which ends with the reason if that fails; what it gave, None if it failed.

        On return nothing holds the memory of what failed.
        """
        try:
            return work()
        except Exception as error:  # noqa: BLE001 - the edge of one model: the others go on, and its good state is left
            is_everywhere = isinstance(error, Diverged | InvalidSetting)
            for one in [model] if is_everywhere or not self.processes.are_several else self.going:
                one.failure = self._failure(one, error)
            return None

    def stop(self) -> None:
        """Ask `epochs` to end after the step that is being taken; may be called from a signal handler.

        Several processes end after the same step, some tenths of a second later.
        """
        self._stopping = True

    def epochs(
        self, on_step: Callable[[], object] | None = None, secured_every: float = _SECURED_EVERY
    ) -> Iterator[list[EpochReport]]:
        """Train to the last epoch, and after each yield a report of each model that goes on.

        Parameters
        ----------
        on_step : callable, optional
            Called after each step of all, which the device may still be computing.
        secured_every : float
            Seconds after which a model's state is secured within an epoch; it is after each anyway.

        Raises
        ------
        Exception
            The first model's failure if none is left that could go on.
        """
        began = time.perf_counter() - self.seconds
        self.end_epochs()  # before the first step of all, or where the last epoch before ended
        with Spinning():
            while self.going and not self.finished and not self._wished(self._agreed.now, self._stopping)[0]:
                training = [model for model in self.going if not model.is_finished]
                self._train_epoch(on_step, secured_every)
                self.end_epochs()
                self.each(_evaluate_at_end)
                self.report_due(is_at_epoch=True)
                ended = [model for model in training if model.ends_epoch and model.failure is None]
                if ended:
                    self.each(_secure)
                    self.seconds = time.perf_counter() - began
                    yield [EpochReport.of(model, self.seconds) for model in ended if model.failure is None]
        first = self.models[0].failure
        if first is not None and not self.going:
            raise first.error

    def checkpoint_of(self, model: TrainedModel, is_evaluated: bool = True) -> Checkpoint | None:
        """A model as it is now, or, if it has failed, in its last good state; None if it had learned nothing by then.

        If its numbers turn out not to be finite, it has failed. It is evaluated first, unless that takes too long.
        """
        found: Checkpoint | None = None
        if model.failure is None:
            found = self.attempt(model, model.checkpoint if is_evaluated else model.state)
        return found or model.good_checkpoint()

    def _train_epoch(self, on_step: Callable[[], object] | None, secured_every: float) -> None:
        """Take steps, one at least, until an epoch ends, or the training; of models that were apart, that of one."""
        began = secured = time.perf_counter()
        while not self.finished:
            training = [model for model in self.going if not model.is_finished]
            self.step()
            if on_step is not None:
                on_step()
            is_late = time.perf_counter() - secured > secured_every
            wishes = self._stopping, is_late, self.is_report_due, self.is_held_up and not self._stopping
            is_stopping, is_late, is_due, is_held_up = self._wished(self._agreed, *wishes)
            if is_stopping or any(model.ends_epoch for model in training):
                break
            if is_due:
                self.report_due()
            while is_held_up:
                time.sleep(_HELD_UP)
                is_held_up, is_stopping = self._wished(self._agreed.now, self.is_held_up, self._stopping)
                is_held_up &= not is_stopping
            if is_late:
                self.each(_secure)
                secured = time.perf_counter()
        self.each(TrainedModel.drain)  # waits for the device
        self.training_seconds += time.perf_counter() - began

    def _going(self) -> Iterator[TrainedModel]:
        """The models that have not failed by the time that it is their turn."""
        return (model for model in self.models if model.failure is None)

    def _wished(self, agree: Callable[..., tuple[bool, ...]], *wishes: bool) -> tuple[bool, ...]:
        """What the processes agree on; nothing where one of them cannot be reached, which ends all models."""
        if not self.processes.are_several:
            return wishes
        going = self.going[:1]
        agreed = self.attempt(going[0], partial(agree, *wishes)) if going else None
        return agreed or (False,) * len(wishes)

    def _failure(self, model: TrainedModel, error: Exception) -> Failure:
        details = "" if isinstance(error, UserError) else traceback.format_exc()
        error.__traceback__ = error.__context__ = None
        full = out_of_memory(self.device.type, model.config.training, model.has_stepped)
        good = model.last_good
        text = tr("The model is kept as it was at step {step:,}.")
        kept = text.format(step=good.step) if good is not None and good.step else ""
        return Failure(error, failure_words(error, kept, full), details)


def _evaluate_at_end(model: TrainedModel) -> None:
    """Evaluate a model that is at its end, which may lie within an epoch where the training began in one."""
    if model.is_finished:
        model.evaluate()


def _secure(model: TrainedModel) -> None:
    """Have the model's whole state as the last good one, if it is."""
    model.snapshot(with_optimizer=True)
