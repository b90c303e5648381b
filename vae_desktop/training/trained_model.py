"""One model in training: its steps, what they gave, and its last good state."""

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from vae_desktop.config import RunConfig
from vae_desktop.data.dataset import Dataset
from vae_desktop.language import tr
from vae_desktop.latent.codes import Codes
from vae_desktop.latent.embed import to_codes
from vae_desktop.latent.measures import NEIGHBOURS
from vae_desktop.latent.measuring import measuring
from vae_desktop.models.snapshot import Snapshot, Span, are_finite
from vae_desktop.training.batches import Batches
from vae_desktop.training.causes import why_diverged
from vae_desktop.training.checkpoint import Checkpoint
from vae_desktop.training.devices import ALL_THREADS, use_threads
from vae_desktop.training.history import Change, Evaluation, History
from vae_desktop.training.recording import Recording
from vae_desktop.training.reports import Diverged, Failure
from vae_desktop.training.timeline import TIMELINE_SETTINGS, Frame, next_due
from vae_desktop.training.trainer import TestPass, Trainer

if TYPE_CHECKING:
    from vae_desktop.words.latent_diffusion import LatentDiffusion


@dataclass(eq=False)
class TrainedModel:
    """One of the models that train together; whoever steps it decides when to wait for the device.

    Parameters
    ----------
    config : RunConfig
    dataset : Dataset
    batches : Batches
        Of the training images; models that train together share them.
    test_images : Tensor (N, C, H, W), uint8
        Those of the test set, where they are evaluated from.
    snapshot : Snapshot, optional
        Where to go on from; by default the model is a new one.
    history : History, optional
        What the steps before gave; by default the model's history begins with the first step taken here.
    timeline : Recording, optional
        Where frames of the training are kept; nothing about the training changes by that.
    diffusion : LatentDiffusion, optional
        The words that it had before, which are kept with it, old as they are by then.

    Attributes
    ----------
    config : RunConfig
        As it is now: `adjust` changes it.
    history : History
        Of the steps taken here, after those before if they were given, up to the last call of `drain`.
    steps, first_step : int
        How many steps the model has taken in all, and had taken before.
    parameters : int
        How many numbers it learns; 0 until `begin`.
    failure : Failure, or None
        Why it does not go on.
    trainer : Trainer
        There from `begin` on.
    """

    config: RunConfig
    dataset: Dataset
    batches: Batches
    test_images: Tensor
    _start: Snapshot | None = None
    _before: History | None = None
    timeline: Recording | None = None
    diffusion: "LatentDiffusion | None" = None
    trainer: Trainer = field(init=False)

    def __post_init__(self) -> None:
        self.steps = self.first_step = 0 if self._start is None else self._start.step
        self.history = self._history_before()
        self.parameters = 0
        self.failure: Failure | None = None
        self.has_stepped = False
        self._pending: list[Tensor] = []  # rows of metrics still on the device
        self._tested: TestPass | None = None
        self._newest: tuple[Snapshot, Codes | None] | None = None
        self._good: tuple[Snapshot, Codes | None] | None = None

    def begin(self) -> None:
        """Make or restore the model on its device, at its place in the training that it begins or goes on with."""
        snapshot, self._start = self._start, None
        device, per_epoch, processes = self.batches.device, self.batches.per_epoch, self.batches.processes
        # Of several processes all begin with the leader's weights.
        mean_image = self.dataset.mean_image if snapshot is None and processes.leads else None
        self.trainer = Trainer(self.config, self.dataset.image_shape, device, snapshot, mean_image, processes)
        span = None if snapshot is None else snapshot.span
        before = span or Span(self.steps, self.steps, per_epoch)
        self.trainer.span = before.continued(self.steps, self.config.training.epochs, per_epoch)
        self._newest = self._good = None if snapshot is None else (snapshot, None)
        self.parameters = sum(parameter.numel() for parameter in self.trainer.model.parameters())
        self._frame_due = self.steps
        if self.timeline is not None:
            self.timeline.labels = self.dataset.test.labels
            self.timeline.begin(self.steps, per_epoch, self.timeline_settings)

    @property
    def span(self) -> Span:
        """The steps of this training."""
        return self.trainer.span

    @property
    def is_finished(self) -> bool:
        """Whether it has come to the end of its training."""
        return self.steps >= self.span.last

    @property
    def ends_epoch(self) -> bool:
        """Whether the last step was an epoch's last."""
        return self.steps % self.batches.per_epoch == 0

    @property
    def evaluation(self) -> Evaluation:
        """The newest figures on the test set."""
        return self._last_test.evaluation

    @property
    def codes(self) -> Codes:
        """Of the test images, at the step of the newest evaluation."""
        return to_codes(self._last_test.posterior, self.dataset.test.labels)

    @property
    def last_good(self) -> Snapshot | None:
        """The newest snapshot that has proved good: the loss on the test set, or of steps from it on, was finite."""
        return None if self._good is None else self._good[0]

    def step(self) -> None:
        """Take one step, which the device may still be computing on return."""
        if self.timeline is not None and self.steps >= self._frame_due:
            # Models trained together keep to one schedule, whichever of their frames a slow disk leaves out.
            self._frame_due = next_due(self.steps, self.batches.per_epoch)
            if self.timeline.is_due(self.steps):
                self.record()
        self.has_stepped = True
        batch = self.trainer.with_memory(lambda: self.batches.at(self.steps))
        self._pending.append(self.trainer.step(batch))
        self.steps = self.trainer.steps

    def drain(self) -> None:
        """Wait for the device and take the metrics of the steps since the last time into the history.

        Raises
        ------
        Diverged
            If they are not finite; the history has them nevertheless.
        """
        if not self._pending:
            return
        rows = self.batches.processes.summed(torch.stack(self._pending).cpu()).numpy()
        self._pending.clear()
        self.history.append(rows)
        self.require(bool(np.isfinite(rows[:, :2]).all()))  # the KL column is NaN where there is no posterior
        self._good = self._newest  # older than these steps

    def evaluate(self) -> None:
        """Judge the model on the test set, unless it has been at this step; raises Diverged as `drain` does."""
        if self._is_tested:
            return
        self.drain()
        tested = self.trainer.evaluate(self.test_images)
        self.require(math.isfinite(tested.evaluation.total))
        self._tested = tested
        last = self.history.last_evaluation
        if last is None or last.step < self.steps:
            self.history.evaluations.append(tested.evaluation)
        if self._newest is not None and self._newest[0].step == self.steps:
            self._good = self._newest[0], self.codes
        if self.timeline is not None:
            self.timeline.evaluated(tested.evaluation, lambda: self.frame(with_moments=False))

    def snapshot(self, with_optimizer: bool = False) -> Snapshot:
        """Copy the state to the CPU; the last good one is this, as soon as it has proved so.

        Raises
        ------
        Diverged
            If a weight is not finite.
        """
        self.drain()
        snapshot = self.trainer.snapshot(with_optimizer)
        self.require(are_finite(snapshot.weights))
        if are_finite(snapshot.optimizer or {}):
            self._newest = snapshot, self.codes if self._is_tested else None
            self._good = self._newest if self._is_tested else self._good
        return snapshot

    def adjust(self, name: str, value: float) -> Change:
        """Change a setting from the next step on: "learning_rate", "beta", or "epochs" since the training began."""
        self.drain()
        self.config = self.config.adjusted(name, value)
        if name == "epochs":
            self.trainer.span = replace(self.span, last=self.span.first + int(value) * self.span.per_epoch)
        elif name == "beta":
            self.trainer.beta = value
        else:
            self.trainer.learning_rate = value
        change = Change(self.steps, name, value)
        self.history.changes.append(change)
        self.record(is_change=True)
        return change

    def record(self, is_change: bool = False, settles: bool = False) -> None:
        """Have the state of now kept as a frame of the timeline, if there is one.

        Parameters
        ----------
        is_change : bool
            Whether a setting has just been changed.
        settles : bool
            Whether nothing may follow for a while, so that the best so far is to be kept too.
        """
        timeline = self.timeline
        if timeline is None:
            return
        if settles:
            timeline.settle()
        if not timeline.has_taken(self.steps, is_change, self.span):
            wants_moments = settles or timeline.wants_moments(self.steps, 4 * self.parameters, is_change)
            timeline.take(lambda: self.frame(wants_moments), is_change, is_urgent=settles)

    @property
    def timeline_settings(self) -> dict[str, float]:
        """What of the settings may change within a training."""
        return {name: getattr(self.config.training, name) for name in TIMELINE_SETTINGS}

    def frame(self, with_moments: bool = False) -> Frame:
        """The state of now; a copy that has been made already is used again."""
        newest = None if self._newest is None else self._newest[0]
        if newest is None or newest.step != self.steps or newest.span != self.span or newest.optimizer is None:
            newest = self.trainer.snapshot(with_moments)
        return Frame(newest, *((self.codes, self.evaluation) if self._is_tested else ()))

    def measures(self) -> dict[str, Any]:
        """The figures that part models which are compared, by the keys of latent.measures.MEASURES."""
        use_threads(ALL_THREADS)
        return dict(measuring(self.config, self.trainer.model, self.dataset, NEIGHBOURS))

    def checkpoint(self) -> Checkpoint:
        """The model as it is now, with all that is needed to go on training it; raises Diverged as `drain` does."""
        self.evaluate()
        checkpoint = self.state()
        self.record(settles=True)
        return checkpoint

    def state(self) -> Checkpoint:
        """As `checkpoint`, without an evaluation: it has codes only if there was one at this step."""
        return self._checkpoint(self.snapshot(with_optimizer=True), self.codes if self._is_tested else None)

    def good_checkpoint(self) -> Checkpoint | None:
        """The model in its last good state; None if it had learned nothing by then."""
        return None if self._good is None or self._good[0].step == 0 else self._checkpoint(*self._good)

    def require(self, is_finite: bool) -> None:
        """Raise Diverged, with what is known of the cause, unless all numbers that were looked at are finite."""
        if is_finite:
            return
        why = why_diverged(self.config, self.steps if self.has_stepped else 0)
        if not self.has_stepped:
            text = tr("This model cannot be trained: its loss or its codes are infinite. {why}")
            raise Diverged(text.format(why=why))
        epoch = max(self.steps - 1, 0) // self.batches.per_epoch + 1
        text = tr("The loss is no longer a finite number in epoch {epoch}. {why}")
        raise Diverged(text.format(epoch=epoch, why=why))

    def _history_before(self) -> History:
        """What the steps before gave, but no evaluation within an epoch, which is there because it was interrupted."""
        before, self._before = self._before or History(), None
        history = before.until(self.steps)
        if not self.ends_epoch and history.evaluations and history.evaluations[-1].step == self.steps:
            del history.evaluations[-1]
        return history

    @property
    def _is_tested(self) -> bool:
        return self._tested is not None and self._tested.evaluation.step == self.steps

    @property
    def _last_test(self) -> TestPass:
        assert self._tested is not None, "evaluate first"
        return self._tested

    def _checkpoint(self, snapshot: Snapshot, codes: Codes | None) -> Checkpoint:
        shape, class_names = self.dataset.image_shape, self.dataset.class_names
        checkpoint = Checkpoint(self.config, shape, class_names, snapshot, self.history.until(snapshot.step), codes)
        return replace(checkpoint, images=self.dataset.fingerprint, diffusion=self.diffusion)
