"""What training tells of a model: what an epoch gave, and why it could not go on."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from vae_desktop.errors import UserError
from vae_desktop.training.history import Evaluation
from vae_desktop.training.schedule import kl_weight_after

if TYPE_CHECKING:
    from vae_desktop.training.trained_model import TrainedModel


class Diverged(UserError):
    """A loss, a weight or a code of a model in training is infinite or NaN."""


@dataclass(frozen=True)
class Failure:
    """Why a model could not be trained on.

    Attributes
    ----------
    error : Exception
        Without its traceback, which would hold the memory of what failed.
    message : str
        In words for the person.
    details : str
        The traceback as text; "" where the message says all.
    """

    error: Exception
    message: str
    details: str = ""


@dataclass(frozen=True)
class EpochReport:
    """What one epoch gave.

    Attributes
    ----------
    model : TrainedModel
        Whose epoch it was.
    epoch : int
        Passes over the training images so far, from 1.
    loss, reconstruction, kl : float
        Means over the epoch's batches, per image, each taken before its step; `kl` (nats) is None without a
        posterior.
    kl_weight : float
        Weight of the KL divergence in the epoch's last step; a warm-up raises it.
    evaluation : Evaluation
        On the test set, after the epoch.
    seconds : float
        Since the training began.
    """

    model: "TrainedModel"
    epoch: int
    loss: float
    reconstruction: float
    kl: float | None
    kl_weight: float
    evaluation: Evaluation
    seconds: float

    @classmethod
    def of(cls, model: "TrainedModel", seconds: float) -> "EpochReport":
        """What the epoch gave that has just ended and been evaluated."""
        per_epoch = model.batches.per_epoch
        rows = model.history.training[-per_epoch:]
        loss, reconstruction, kl = rows.mean(0, dtype=np.float64).tolist()
        kl = None if model.evaluation.kl is None else kl
        weight = kl_weight_after(model.config, model.steps - 1, per_epoch)
        return cls(model, model.steps // per_epoch, loss, reconstruction, kl, weight, model.evaluation, seconds)


class Reporter(Protocol):
    """What tells others of a training while it goes on."""

    @property
    def trouble(self) -> str:
        """Why it has to be waited for; "" if it has not."""

    def is_due(self, is_at_epoch: bool) -> bool:
        """Whether it wants to report now; `is_at_epoch` says whether some models have just been evaluated."""

    def report(self, is_at_epoch: bool) -> None:
        """Report of the models, whose metrics have been drained."""
