"""What the window sees of a model in training, and when: its codes a slice at a time, so that they move often."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from vae_desktop.engine.inference import InferenceThread
from vae_desktop.engine.processor import Pacer, give_back_memory
from vae_desktop.engine.run import Run
from vae_desktop.engine.run_tracker import Outcome, RunTracker
from vae_desktop.engine.tasks import Outbox
from vae_desktop.latent.codes import Codes
from vae_desktop.latent.embed import chunk_length, embed, to_codes
from vae_desktop.models.autoencoder import Autoencoder
from vae_desktop.models.snapshot import Snapshot
from vae_desktop.training.devices import name_of
from vae_desktop.training.history import History
from vae_desktop.training.loop import TrainingLoop
from vae_desktop.training.observed_step import ObservedStep, observed_step
from vae_desktop.training.reports import Diverged
from vae_desktop.training.trained_model import TrainedModel

METRICS_INTERVAL = 0.05  # seconds
SNAPSHOT_INTERVAL, _SNAPSHOT_FRACTION = 0.1, 0.03  # seconds, and of the time
_GIVE_BACK_FRACTION = 0.01  # of the time, to have the system take back what evaluations have freed
EMBEDDING_INTERVAL = 0.2  # seconds between two refreshes
_EMBEDDING_FRACTION = 0.05  # of the time, for all of them together
_FIRST_IMAGES = 100  # of the first refresh of codes that are there already
_LATEST = 2**62  # the step of no codes at all


class LiveEmbedding:
    """Embeds a slice of the images at a time, so that the scatter moves often and training hardly notices.

    A refresh takes the next n-th part of the images, in an order that is random and fixed, with n as small as the
    measured cost allows: all classes and regions move evenly, and each has its turn, however n may change.

    Parameters
    ----------
    images : Tensor (N, C, H, W), uint8
    labels : array (N,), or None
    models : int
        How many models share the time for such embeddings.
    begins_whole : bool
        Whether the first refresh takes all images where nothing is known of them; else codes that have not had their
        turn are NaN.
    """

    def __init__(
        self, images: Tensor, labels: npt.NDArray[np.int64] | None, models: int = 1, begins_whole: bool = True
    ) -> None:
        self._begins_whole = begins_whole
        self._images = images
        self._labels = labels
        self._codes: Codes | None = None
        self._order = np.random.default_rng(0).permutation(len(images))
        self._next = 0  # position in the order
        self._steps = np.zeros(len(images), np.int64)  # of the training, that each code is of
        self._slices = 0  # not known yet
        self._fraction = _EMBEDDING_FRACTION / models
        self._pacer = Pacer(EMBEDDING_INTERVAL, self._fraction)

    def codes(self) -> Codes:
        """The codes as they are now; nothing changes them later."""
        assert self._codes is not None, "embed first"
        return self._copy(self._codes)

    def replace(self, codes: Codes, step: int = 0) -> None:
        """Take over codes of all images that were computed anyway, after so many steps."""
        self._steps[:] = step
        self._codes = self._copy(codes)

    def refresh(self, model: Autoencoder, step: int = 0) -> None:
        """Embed all images."""
        self._steps[:] = step
        self._codes = to_codes(embed(model, self._images), self._labels)

    def refresh_if_due(self, model: Autoencoder, step: int = 0) -> bool:
        """Embed the next slice if its time has come; return whether it had."""
        began = time.monotonic()
        if not self._pacer.is_due(began):
            return False
        self._slices = self._slices or self._first_slices()
        fraction = self._refresh_slice(model, step) / len(self._images)
        ended = time.monotonic()
        cost_of_all = (ended - began) / fraction
        self._slices = max(1, min(len(self._images), math.ceil(cost_of_all / (EMBEDDING_INTERVAL * self._fraction))))
        self._pacer.ran(began, ended)
        return True

    def _first_slices(self) -> int:
        """How many slices to begin with: all at once would cost so much that the next one were long in coming."""
        if self._codes is not None:
            return math.ceil(len(self._images) / _FIRST_IMAGES)
        return 1 if self._begins_whole else math.ceil(len(self._images) / chunk_length(self._images.shape[1:]))

    def _refresh_slice(self, model: Autoencoder, step: int) -> int:
        """Embed the images whose turn it is; return how many."""
        end = self._next + math.ceil(len(self._images) / self._slices)
        chosen = self._order[self._next : end]
        part = to_codes(embed(model, self._images[torch.from_numpy(chosen).to(self._images.device)]))
        self._next = end if end < len(self._images) else 0  # not before: what has failed may be tried again
        codes = self._codes = self._codes or self._unknown(part)
        codes.mean[chosen], self._steps[chosen] = part.mean, step
        if codes.log_stddev is not None:
            codes.log_stddev[chosen] = part.log_stddev
        return len(chosen)

    def _copy(self, codes: Codes) -> Codes:
        log_stddev = codes.log_stddev
        log_stddev = None if log_stddev is None else log_stddev.copy()
        return Codes(codes.mean.copy(), log_stddev, self._labels, int(self._steps.min(initial=_LATEST)))

    def _unknown(self, like: Codes) -> Codes:
        """Codes of the same kind for all images, of which nothing is known yet: all are NaN."""
        mean = np.full((len(self._images), like.latent_dim), np.nan, np.float32)
        return Codes(mean, None if like.log_stddev is None else mean.copy(), self._labels)


@dataclass(eq=False)
class Publisher:
    """Posts what becomes of one model in training: what must be known at once, and what is due by its cost.

    Nothing waits for the device but a publication: until then the metrics of steps stay on it. Whatever is posted is
    finite, or its method raises Diverged.

    Parameters
    ----------
    run : Run
        As the window knows the model; here it is only passed on.
    model : TrainedModel
    models : int
        How many train together: their live views take the fraction of the time that those of one alone would take.
    outbox : Outbox
    tracker : RunTracker
        Is told of everything, by calls through the outbox.
    inference : InferenceThread
        Decodes by the newest snapshot.

    Attributes
    ----------
    has_ended : bool
        Whether the end has been told of.
    """

    run: Run
    model: TrainedModel
    _models: int
    _outbox: Outbox
    _tracker: RunTracker
    _inference: InferenceThread

    def __post_init__(self) -> None:
        self.has_ended = False
        self._metrics_pacer = Pacer(METRICS_INTERVAL, 1.0)
        self._snapshot_pacer = Pacer(SNAPSHOT_INTERVAL, _SNAPSHOT_FRACTION / self._models)
        self._give_back_pacer = Pacer(0.0, _GIVE_BACK_FRACTION / self._models)
        self._embedding = LiveEmbedding(self.model.test_images, self.model.dataset.test.labels, self._models)
        self._training_embedding: LiveEmbedding | None = None
        self._observed: ObservedStep | None = None

    def begin(self) -> None:
        """Tell that the model is about to train; one that has not learned anything is evaluated first."""
        model = self.model
        device = name_of(model.batches.device)
        self._post(self._tracker.run_started, device, model.parameters, model.span, model.steps)
        self._publish(with_optimizer=True)
        if model.steps == 0:
            model.evaluate()
            self._post_metrics()

    def publish_due(self, follows_gradient: bool) -> None:
        """Post what is due after a step; the gradient's norm too, if it is followed."""
        now = time.monotonic()
        if self._metrics_pacer.is_due(now):
            self._metrics_pacer.ran(now, now)
            self.model.drain()
            if follows_gradient:
                norm = self.model.trainer.gradient_norm()
                self._outbox.call(self.run.history.note_gradient_norm, self.model.steps, norm)
            self._post_metrics()
            if self._snapshot_pacer.is_due(now):
                self._publish()
                self._snapshot_pacer.ran(now, time.monotonic())
            self._refresh_if_due(self._embedding)
            if self._training_embedding is not None:
                self._refresh_if_due(self._training_embedding)
        elif self.model.ends_epoch:
            self._post_metrics()

    def embed_training(self, wanted: bool) -> None:
        """Embed the training images too, slice by slice, or no longer."""
        if wanted != (self._training_embedding is not None):
            images, labels = self.model.batches.images, self.model.dataset.train.labels
            self._training_embedding = (
                LiveEmbedding(images, labels, self._models, begins_whole=False) if wanted else None
            )

    def adjust(self, name: str, value: float) -> None:
        """Change a setting of the training; the steps before the change are told of before it."""
        change = self.model.adjust(name, value)
        self._post_metrics()
        self._post(self._tracker.run_adjusted, change, self.model.span.last)

    def secure(self) -> Snapshot:
        """Send the whole state."""
        snapshot = self._publish(with_optimizer=True)
        self._post(self._tracker.run_secured, snapshot)
        return snapshot

    def pause(self) -> None:
        """Bring all that is shown up to date: no step follows for a while."""
        snapshot = self._publish(with_optimizer=True)
        self.model.record(settles=True)
        self._refresh()
        self._post(self._tracker.run_secured, snapshot, self._embedding.codes())
        self._post(self._tracker.run_paused)

    def take_step(self) -> None:
        """Take one step of a held training, of which :meth:`show_step` tells."""
        self._observed = self.model.trainer.with_memory(partial(observed_step, self.model))

    def show_step(self) -> None:
        """Bring all that is shown to the step that was taken, and tell of it in every detail."""
        self._publish()
        self._refresh()
        self._post(self._tracker.run_observed, self._observed)

    def resume(self) -> None:
        self._post(self._tracker.run_resumed)

    def capture(self) -> None:
        """Send the whole state with the codes that belong to it."""
        snapshot = self._publish(with_optimizer=True)
        self._refresh()
        self._post(self._tracker.run_captured, snapshot, self._embedding.codes())

    def end(self, outcome: Outcome) -> None:
        """Tell that the training of the model is over; one that has finished is judged on the test set."""
        if outcome == "finished":
            self.model.evaluate()
        snapshot = self._publish(with_optimizer=True)
        self.model.record(settles=True)
        self._refresh()
        self._post(self._tracker.run_ended, outcome, snapshot, self._embedding.codes(), snapshot.step)
        self.has_ended = True

    def end_failed(self, loop: TrainingLoop) -> None:
        """Tell why the model goes on no longer; one that has diverged returns to its last good state."""
        failure, good = self.model.failure, self.model.last_good
        if failure is not None and isinstance(failure.error, Diverged) and good is not None:
            self.model.failure = None
            loop.attempt(self.model, partial(self._fall_back, good))
            failure = self.model.failure
        if failure is not None:
            self._post(self._tracker.run_failed, failure.message, failure.details, good)
        self.has_ended = True

    def _fall_back(self, good: Snapshot) -> None:
        self._post_metrics()
        at_step = self.model.steps
        self.model.trainer.restore_weights(good)
        self._refresh()  # also instead of undelivered codes of the bad state
        self._post(self._tracker.run_ended, "diverged", good, self._embedding.codes(), at_step)

    def _publish(self, with_optimizer: bool = False) -> Snapshot:
        """Have pictures decoded by the weights as they are now; the steps before are told of."""
        snapshot = self.model.snapshot(with_optimizer)
        self._post_metrics()
        config, image_shape = self.model.config.model, self.model.dataset.image_shape
        self._inference.publish(self.run.id, config, image_shape, snapshot, is_live=True)
        return snapshot

    def _post_metrics(self) -> None:
        """Post the steps since the last time, and what an evaluation has found; the model itself keeps neither."""
        new, self.model.history = self.model.history, History()
        if len(new.training):
            self._post(self._tracker.run_stepped, new.training)
        if new.evaluations:
            self._post(self._tracker.run_evaluated, self.model.evaluation)
            self._embedding.replace(self.model.codes, self.model.steps)
            self._post_codes(self._embedding)
            began = time.monotonic()
            if self._give_back_pacer.is_due(began):
                give_back_memory()
                self._give_back_pacer.ran(began, time.monotonic())

    def _refresh(self) -> None:
        """Have all codes of one state."""
        trainer = self.model.trainer
        trainer.with_memory(partial(self._embedding.refresh, trainer.model, self.model.steps))
        self._post_codes(self._embedding)

    def _refresh_if_due(self, embedding: LiveEmbedding) -> None:
        trainer = self.model.trainer
        if trainer.with_memory(partial(embedding.refresh_if_due, trainer.model, self.model.steps)):
            self._post_codes(embedding)

    def _post_codes(self, embedding: LiveEmbedding) -> None:
        codes, tell = embedding.codes(), self._tracker.training_images_embedded
        if embedding is self._embedding:  # those of training images without their turn yet are NaN
            self.model.require(codes.are_finite)
            tell = self._tracker.run_embedded
        self._outbox.call_latest((tell, self.run), tell, self.run, codes)

    def _post(self, tell: Callable[..., object], *facts: object) -> None:
        """Have the owner of the state told something of this run."""
        self._outbox.call(tell, self.run, *facts)
