"""One of the models in training, inside the worker thread: its steps, and what the window sees of them."""

import math
import time
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import torch
from torch import Tensor

from vae_desktop.data.dataset import Dataset
from vae_desktop.engine.freed_memory import give_back_memory
from vae_desktop.engine.inference import InferenceThread
from vae_desktop.engine.live_embedding import LiveEmbedding
from vae_desktop.engine.outbox import Outbox
from vae_desktop.engine.pacing import Pacer
from vae_desktop.engine.run import Entry
from vae_desktop.engine.run_tracker import RunTracker
from vae_desktop.latent.codes import Codes
from vae_desktop.models.snapshot import Snapshot, Span
from vae_desktop.training.batches import Batches
from vae_desktop.training.devices import name_of
from vae_desktop.training.trainer import Trainer

_METRICS_INTERVAL = 0.05  # seconds
_SNAPSHOT_INTERVAL, _SNAPSHOT_SHARE = 0.1, 0.03
_GIVE_BACK_SHARE = 0.01  # of the time, to have the system take back what evaluations have freed


class Diverged(Exception):
    """A loss or a weight has become infinite or NaN."""


@dataclass(frozen=True, eq=False)
class Shared:
    """What models that train together have in common.

    Attributes
    ----------
    test : Tensor (N, C, H, W), uint8
    models : int
        How many they are: live views of all together get the share of the time that one alone would get.
    """

    dataset: Dataset
    device: torch.device
    batches: Batches
    test: Tensor
    models: int


class ActiveRun:
    """One model in training; knows how to take a step and what is due to be published.

    Nothing here waits for the device except a publication: losses of steps stay on it until then.

    Parameters
    ----------
    entry : Entry
    shared : Shared
        What it has in common with the models beside it.
    outbox : Outbox
    inference : InferenceThread
    """

    def __init__(
        self, entry: Entry, shared: Shared, outbox: Outbox, tracker: RunTracker, inference: InferenceThread
    ) -> None:
        config = entry.config
        self.run = entry.run
        self._tracker = tracker
        self._config = config
        self._shared = shared
        self._outbox = outbox
        self._inference = inference
        self._batches = shared.batches
        mean_image = shared.dataset.mean_image if entry.snapshot is None else None
        self._trainer = Trainer(config, shared.dataset.image_shape, shared.device, entry.snapshot, mean_image)
        self._place(entry.snapshot)
        self._evaluated_step = -1
        self._unsent: list[Tensor] = []
        self._good = self._published = self._trainer.snapshot(with_optimizer=True)
        self._metrics_pacer = Pacer(_METRICS_INTERVAL, share=1.0)
        self._snapshot_pacer = Pacer(_SNAPSHOT_INTERVAL, _SNAPSHOT_SHARE / shared.models)
        self._give_back_pacer = Pacer(0.0, _GIVE_BACK_SHARE / shared.models)
        self._embedding = LiveEmbedding(shared.test, shared.dataset.test.labels, shared.models)
        self._training_embedding: LiveEmbedding | None = None
        self._outbox.call(
            tracker.run_started,
            self.run,
            name_of(shared.device),
            sum(parameter.numel() for parameter in self._trainer.model.parameters()),
            self._trainer.span,
            self.steps,
        )
        self._publish(self._published)
        if self.steps == 0:
            self._evaluate()

    @property
    def steps(self) -> int:
        return self._trainer.steps

    @property
    def span(self) -> Span:
        return self._trainer.span

    @property
    def last_good(self) -> Snapshot:
        """The newest snapshot that has proved good: the loss of a step from it was finite."""
        return self._good

    def advance(self) -> None:
        """Take one step and publish what is due.

        Raises
        ------
        Diverged
            If numbers have become infinite or NaN, which is found at the next publication.
        """
        batch = self._trainer.with_memory(partial(self._batches.at, self._trainer.steps))
        self._unsent.append(self._trainer.step(batch))
        now = time.monotonic()
        if self._metrics_pacer.is_due(now):
            self._metrics_pacer.ran(now, now)
            self.flush()
            if self._snapshot_pacer.is_due(now):
                self._publish(self._trainer.snapshot())
                self._snapshot_pacer.ran(now, time.monotonic())
            if self._refresh_if_due(self._embedding):
                self._post_codes()
            training = self._training_embedding
            if training is not None and self._refresh_if_due(training):
                self._post_training_codes(training.codes())
        if self._trainer.steps % self._batches.per_epoch == 0:
            self.flush()
            self._evaluate()

    def flush(self) -> None:
        """Publish the metrics of the steps taken; raises Diverged unless all are finite."""
        if not self._unsent:
            return
        rows = torch.stack(self._unsent).cpu().numpy()
        self._unsent.clear()
        self._outbox.call(self._tracker.run_stepped, self.run, rows)
        if not np.isfinite(rows[:, :2]).all():  # the KL column is NaN where there is no posterior
            raise Diverged
        self._good = self._published  # older than these steps

    def adjust(self, name: str, value: float) -> None:
        """Change a setting from the next step on; epochs count from the start of this training."""
        match name:
            case "learning_rate":
                self._trainer.learning_rate = value
            case "beta":
                self._trainer.beta = value
            case "epochs":
                span = self._trainer.span
                self._trainer.span = replace(span, last=span.first + int(value) * span.per_epoch)

    def embed_training(self, wanted: bool) -> None:
        """Embed the training images too, slice by slice, or no longer."""
        if wanted != (self._training_embedding is not None):
            images, labels = self._batches.images, self._shared.dataset.train.labels
            self._training_embedding = (
                LiveEmbedding(images, labels, self._shared.models, begins_whole=False) if wanted else None
            )

    def finish(self) -> tuple[Snapshot, Codes]:
        """As `settle`, judged on the test set."""
        if self._evaluated_step != self.steps:
            self._evaluate()
        return self.settle()

    def settle(self) -> tuple[Snapshot, Codes]:
        """The whole state, all metrics sent and all codes its own; raises Diverged if it is not finite."""
        snapshot = self.secure()
        self._trainer.with_memory(partial(self._embedding.refresh, self._trainer.model))
        self._post_codes()
        return snapshot, self._embedding.codes()

    def secure(self) -> Snapshot:
        """The whole state, all metrics sent; raises Diverged if it is not finite."""
        self.flush()
        snapshot = self._trainer.snapshot(with_optimizer=True)
        self._publish(snapshot)
        return snapshot

    def fall_back(self) -> tuple[Snapshot, Codes]:
        """Return to the last good state, after the numbers have become infinite or NaN."""
        self._trainer.restore_weights(self._good)
        self._trainer.with_memory(partial(self._embedding.refresh, self._trainer.model))
        codes = self._embedding.codes()
        # Instead of undelivered ones of the bad state.
        self._outbox.call_latest(("embedded", self.run.id), self._tracker.run_embedded, self.run, codes)
        return self._good, codes

    def _refresh_if_due(self, embedding: LiveEmbedding) -> bool:
        return self._trainer.with_memory(partial(embedding.refresh_if_due, self._trainer.model))

    def _place(self, snapshot: Snapshot | None) -> None:
        """Know where the training begins: where an earlier one was interrupted, or a new one."""
        step, epochs, per_epoch = self.steps, self._config.training.epochs, self._batches.per_epoch
        before = Span(step, step, per_epoch) if snapshot is None or snapshot.span is None else snapshot.span
        self._trainer.span = before.continued(step, epochs, per_epoch)

    def _evaluate(self) -> None:
        result = self._trainer.evaluate(self._shared.test)
        if not math.isfinite(result.evaluation.total):
            raise Diverged
        self._evaluated_step = self.steps
        self._outbox.call(self._tracker.run_evaluated, self.run, result.evaluation)
        self._embedding.replace(result.posterior)
        self._post_codes()
        now = time.monotonic()
        if self._give_back_pacer.is_due(now):
            give_back_memory()
            self._give_back_pacer.ran(now, time.monotonic())

    def _publish(self, snapshot: Snapshot) -> None:
        if not all(np.isfinite(values).all() for values in snapshot.weights.values()):
            raise Diverged
        self._published = snapshot
        self._inference.publish(
            self.run.id, self._config.model, self._trainer.model.image_shape, snapshot, is_live=True
        )

    def _post_training_codes(self, codes: Codes) -> None:
        key = "training images embedded", self.run.id
        self._outbox.call_latest(key, self._tracker.training_images_embedded, self.run, codes)

    def _post_codes(self) -> None:
        codes = self._embedding.codes()
        if not codes.are_finite:
            raise Diverged
        self._outbox.call_latest(("embedded", self.run.id), self._tracker.run_embedded, self.run, codes)
