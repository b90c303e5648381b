"""What the window sees of a model in training, and when."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from vae_desktop.engine.inference import InferenceThread
from vae_desktop.engine.live_embedding import LiveEmbedding
from vae_desktop.engine.processor import give_back_memory
from vae_desktop.engine.run import Run
from vae_desktop.engine.run_tracker import Outcome, RunTracker
from vae_desktop.engine.tasks import Outbox
from vae_desktop.models.snapshot import Snapshot
from vae_desktop.progress import Pacer
from vae_desktop.training.devices import name_of
from vae_desktop.training.history import History
from vae_desktop.training.loop import TrainingLoop
from vae_desktop.training.observed_step import ObservedStep, observed_step
from vae_desktop.training.reports import Diverged
from vae_desktop.training.trained_model import TrainedModel

METRICS_INTERVAL = 0.05  # seconds
SNAPSHOT_INTERVAL, _SNAPSHOT_FRACTION = 0.1, 0.03  # seconds, and of the time
_GIVE_BACK_FRACTION = 0.01  # of the time, to have the system take back what evaluations have freed


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
    history : History, optional
        Of the steps before; all that follow are added to it.

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
    _history: History | None = None

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

    def whole_history(self) -> History:
        """What all steps so far gave; the model has been drained."""
        assert self._history is not None
        self._post_metrics()
        return self._history

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
        if self._history is not None:
            self._history.extend(new)
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
