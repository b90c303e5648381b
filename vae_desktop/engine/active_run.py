"""A training run inside the worker thread: its steps, and what the window sees of them."""

import math
import time

import numpy as np
import torch
from torch import Tensor

from vae_desktop.engine.decoder import DecoderThread
from vae_desktop.engine.live_embedding import LiveEmbedding
from vae_desktop.engine.mailbox import Outbox
from vae_desktop.engine.messages import Embedded, Evaluated, RunStarted, StartRun, Stepped
from vae_desktop.engine.pacing import Pacer
from vae_desktop.latent.codes import Codes
from vae_desktop.models.snapshot import Snapshot
from vae_desktop.training.batches import Batches
from vae_desktop.training.devices import select_device
from vae_desktop.training.schedule import Span
from vae_desktop.training.trainer import Trainer

_METRICS_INTERVAL = 0.05  # seconds
_SNAPSHOT_INTERVAL, _SNAPSHOT_SHARE = 0.1, 0.03


class Diverged(Exception):
    """A loss or a weight has become infinite or NaN."""


class ActiveRun:
    """One model in training; knows how to take a step and what is due to be published.

    Nothing here waits for the device except a publication: losses of steps stay on it until then.
    """

    def __init__(self, command: StartRun, outbox: Outbox, decoder: DecoderThread) -> None:
        config, dataset = command.config, command.dataset
        device = select_device(config.training.device)
        self.run_id = command.run_id
        self._config = config
        self._outbox = outbox
        self._decoder = decoder
        self._test = torch.from_numpy(dataset.test.images).to(device)
        self._trainer = Trainer(config, dataset.image_shape, device, command.snapshot)
        self._batches = Batches(dataset.train.images, config.training.batch_size, config.training.seed, device)
        self._first_step = self._trainer.steps
        self.set_epochs(config.training.epochs)
        self._unsent: list[Tensor] = []
        self._good = self._published = self._trainer.snapshot(with_optimizer=True)
        self._metrics_pacer = Pacer(_METRICS_INTERVAL, share=1.0)
        self._snapshot_pacer = Pacer(_SNAPSHOT_INTERVAL, _SNAPSHOT_SHARE)
        self._embedding = LiveEmbedding(self._test, dataset.test.labels)
        self._train_labels = dataset.train.labels
        self._training_embedding: LiveEmbedding | None = None
        self.embed_training(command.embeds_training)
        self._outbox.post(
            RunStarted(
                self.run_id,
                device.type,
                sum(parameter.numel() for parameter in self._trainer.model.parameters()),
                self._batches.per_epoch,
                self._first_step,
                self.last_step,
            )
        )
        self._publish(self._published)
        if self._first_step == 0:
            self._evaluate()

    @property
    def steps(self) -> int:
        return self._trainer.steps

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
        self._unsent.append(self._trainer.step(self._batches.at(self._trainer.steps)))
        now = time.monotonic()
        if self._metrics_pacer.is_due(now):
            self._metrics_pacer.ran(now, now)
            self.flush()
            if self._snapshot_pacer.is_due(now):
                self._publish(self._trainer.snapshot())
                self._snapshot_pacer.ran(now, time.monotonic())
            if self._embedding.refresh_if_due(self._trainer.model):
                self._post_codes()
            training = self._training_embedding
            if training is not None and training.refresh_if_due(self._trainer.model):
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
        self._outbox.post(Stepped(self.run_id, rows))
        if not np.isfinite(rows[:, :2]).all():  # the KL column is NaN where there is no posterior
            raise Diverged
        self._good = self._published  # older than these steps

    def set_learning_rate(self, value: float) -> None:
        self._trainer.learning_rate = value

    def set_beta(self, value: float) -> None:
        self._trainer.beta = value

    def embed_training(self, wanted: bool) -> None:
        """Embed the training images too, slice by slice, or no longer."""
        images = self._batches.images
        self._training_embedding = LiveEmbedding(images, self._train_labels, begins_whole=False) if wanted else None

    def set_epochs(self, value: float) -> None:
        """Change how many epochs this run lasts, counted from its start."""
        self.last_step = self._first_step + int(value) * self._batches.per_epoch
        self._trainer.span = Span(self._first_step, self.last_step, self._batches.per_epoch)

    def settle(self) -> tuple[Snapshot, Codes]:
        """The whole state, all metrics sent and all codes its own; raises Diverged if it is not finite."""
        self.flush()
        snapshot = self._trainer.snapshot(with_optimizer=True)
        self._publish(snapshot)
        self._embedding.refresh(self._trainer.model)
        self._post_codes()
        return snapshot, self._embedding.codes()

    def fall_back(self) -> tuple[Snapshot, Codes]:
        """Return to the last good state, after the numbers have become infinite or NaN."""
        self._trainer.model.load_state_dict(self._good.weights)
        self._embedding.refresh(self._trainer.model)
        codes = self._embedding.codes()
        # Instead of undelivered ones of the bad state.
        self._outbox.post_latest(("embedded", self.run_id), Embedded(self.run_id, self._good.step, codes))
        return self._good, codes

    def _evaluate(self) -> None:
        result = self._trainer.evaluate(self._test)
        if not math.isfinite(result.evaluation.total):
            raise Diverged
        self._outbox.post(Evaluated(self.run_id, result.evaluation))
        self._embedding.replace(result.posterior)
        self._post_codes()

    def _publish(self, snapshot: Snapshot) -> None:
        if not all(bool(tensor.isfinite().all()) for tensor in snapshot.weights.values()):
            raise Diverged
        self._published = snapshot
        self._decoder.publish(
            self.run_id, self._config.model, self._trainer.model.image_shape, snapshot, is_live=True
        )

    def _post_training_codes(self, codes: Codes) -> None:
        embedded = Embedded(self.run_id, self._trainer.steps, codes, "train")
        self._outbox.post_latest(("embedded", self.run_id, "train"), embedded)

    def _post_codes(self) -> None:
        codes = self._embedding.codes()
        if not codes.are_finite:
            raise Diverged
        self._outbox.post_latest(("embedded", self.run_id), Embedded(self.run_id, self._trainer.steps, codes))
