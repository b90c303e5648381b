"""What the window asks of the training worker, and what the threads answer. Values only; no torch, no Qt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from vae_desktop.config import RunConfig
from vae_desktop.data.dataset import Dataset
from vae_desktop.engine.view_requests import ViewRequest
from vae_desktop.latent.codes import Codes, Floats, Picture
from vae_desktop.training.history import Change, Evaluation

if TYPE_CHECKING:  # snapshots hold tensors; here they are only passed on
    from vae_desktop.models.snapshot import Snapshot, Span
    from vae_desktop.training.devices import Device

Outcome = Literal["finished", "stopped", "diverged"]
Part = Literal["test", "train"]  # of a data set


# To the worker


@dataclass(frozen=True, eq=False)
class Entry:
    """A model to be trained for `config.training.epochs` epochs: a new one, or on from a snapshot."""

    run_id: int
    config: RunConfig
    snapshot: Snapshot | None = None


@dataclass(frozen=True, eq=False)
class StartRuns:
    """Train one to four models together; variants.check_comparison says what they must share.

    `embeds_training` names the runs of which codes of the training images are wanted.
    """

    entries: tuple[Entry, ...]
    dataset: Dataset
    embeds_training: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Pause:
    """Hold the training of all models between two steps."""


@dataclass(frozen=True)
class Resume:
    """Go on with a held training."""


@dataclass(frozen=True)
class Stop:
    """End the training between two steps; the models stay."""


@dataclass(frozen=True)
class Adjust:
    """Change a setting of the training that runs, from the next step on: of one model, or of all."""

    name: str
    value: float
    run_id: int | None = None


@dataclass(frozen=True)
class EmbedTraining:
    """Send codes of the training images too from now on, of these runs only."""

    run_ids: frozenset[int]


@dataclass(frozen=True)
class Capture:
    """Ask for the whole state of these models between two steps."""

    run_ids: frozenset[int]


@dataclass(frozen=True)
class Shutdown:
    """End the training and the thread."""


Command = StartRuns | Pause | Resume | Stop | Adjust | EmbedTraining | Capture | Shutdown


# From the threads


@dataclass(frozen=True)
class EngineReady:
    """torch is loaded; these are the devices, the quickest first."""

    devices: tuple[Device, ...]


@dataclass(frozen=True)
class DevicePassedOver:
    """The quickest device does not work, and another one is used; why, in words for the person."""

    why: str


@dataclass(frozen=True)
class RunStarted:
    """A run's next step is about to be taken, after `step` of them: it begins or goes on in that span."""

    run_id: int
    device: str
    parameters: int
    span: Span
    step: int


@dataclass(frozen=True, eq=False)
class Stepped:
    """Metrics (n, 3) of the n steps since the last such event; the columns are history.TERMS."""

    run_id: int
    rows: Floats


@dataclass(frozen=True)
class Evaluated:
    """Loss on the test set."""

    run_id: int
    evaluation: Evaluation


@dataclass(frozen=True, eq=False)
class Embedded:
    """Codes of a part of the data set; while training, some are a moment older than others.

    Those of training images that have not had their turn yet are NaN.
    """

    run_id: int
    step: int
    codes: Codes
    part: Part = "test"


@dataclass(frozen=True)
class Adjusted:
    """A setting was changed; with it the last step may have moved."""

    run_id: int
    change: Change
    last_step: int


@dataclass(frozen=True)
class Paused:
    """The training is held."""

    run_id: int


@dataclass(frozen=True)
class Resumed:
    """The training goes on."""

    run_id: int


@dataclass(frozen=True, eq=False)
class Captured:
    """The whole state of a model that is being trained."""

    run_id: int
    snapshot: Snapshot
    codes: Codes


@dataclass(frozen=True, eq=False)
class Secured:
    """The whole state of a model that is about to end, ahead of its codes: so much is safe, come what may."""

    run_id: int
    snapshot: Snapshot


@dataclass(frozen=True, eq=False)
class RunEnded:
    """The run is over. For one that diverged, the snapshot is the last good one and `at_step` names the bad step."""

    run_id: int
    outcome: Outcome
    snapshot: Snapshot
    codes: Codes
    at_step: int


@dataclass(frozen=True, eq=False)
class Failed:
    """Training met an error. `run_id` is the run that it ended, if any; `snapshot` its last good state."""

    message: str
    details: str
    run_id: int | None = None
    snapshot: Snapshot | None = None


@dataclass(frozen=True, eq=False)
class Decoded:
    """The picture (H, W, C), uint8, of a code, by the model `run_id` as it was after `step` steps."""

    run_id: int
    step: int
    request_id: int
    picture: Picture


@dataclass(frozen=True, eq=False)
class ViewAnswered:
    """What a view asked for, or as much of it as there is by now: pictures or distances, by the kind of request."""

    request: ViewRequest
    value: Any


@dataclass(frozen=True)
class DecodingFailed:
    """A picture could not be made; training is not touched by it."""

    message: str
    details: str


@dataclass(frozen=True)
class JobProgressed:
    """How far a background job is, of a total in the same unit."""

    job_id: int
    done: int
    total: int


@dataclass(frozen=True, eq=False)
class JobFound:
    """A part of a background job's result."""

    job_id: int
    value: Any


@dataclass(frozen=True, eq=False)
class JobEnded:
    """A background job is over: with a result, with an error and its traceback, or cancelled."""

    job_id: int
    result: Any = None
    error: Exception | None = None
    details: str = ""
    cancelled: bool = False
