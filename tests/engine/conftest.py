"""Small digits, the reader of the threads' outbox, and the worker with its thread."""

import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, ClassVar, NamedTuple

import pytest
import torch

from vae_desktop.config import DatasetConfig, ModelConfig, RunConfig, TrainingConfig
from vae_desktop.data.dataset import Dataset
from vae_desktop.data.load import load_digits
from vae_desktop.engine.autosave import Autosaves
from vae_desktop.engine.engine import Engine
from vae_desktop.engine.inference import Decoded, InferenceThread
from vae_desktop.engine.messages import Messages
from vae_desktop.engine.run import Entry
from vae_desktop.engine.tasks import Outbox
from vae_desktop.engine.trainer import TrainingThread
from vae_desktop.models.snapshot import Span
from vae_desktop.training.history import History
from vae_desktop.training.trainer import Trainer

_PATIENCE = 180  # seconds until a test gives up; none should come near it, however busy the machine is


class EngineReady(NamedTuple):
    devices: tuple[Any, ...]


class DevicePassedOver(NamedTuple):
    why: str


class RunStarted(NamedTuple):
    run_id: int
    device: str
    parameters: int
    span: Span
    step: int


class Stepped(NamedTuple):
    run_id: int
    rows: Any


class Evaluated(NamedTuple):
    run_id: int
    evaluation: Any


class Embedded(NamedTuple):
    run_id: int
    codes: Any
    part: str = "test"


class Adjusted(NamedTuple):
    run_id: int
    change: Any
    last_step: int


class Paused(NamedTuple):
    run_id: int


class Resumed(NamedTuple):
    run_id: int


class Captured(NamedTuple):
    run_id: int
    snapshot: Any
    codes: Any


class Secured(NamedTuple):
    run_id: int
    snapshot: Any
    codes: Any = None


class RunEnded(NamedTuple):
    run_id: int
    outcome: str
    snapshot: Any
    codes: Any
    at_step: int


class Failed(NamedTuple):
    run_id: int | None
    message: str
    details: str
    snapshot: Any


class ViewAnswered(NamedTuple):
    request: Any
    value: Any


class DecodingFailed(NamedTuple):
    message: str
    details: str


class RecordingTracker:
    """Takes the training thread's calls in place of the tracker, and keeps each as what it tells."""

    _KINDS: ClassVar = {
        "devices_known": EngineReady,
        "thread_told": DevicePassedOver,
        "run_started": RunStarted,
        "run_stepped": Stepped,
        "run_evaluated": Evaluated,
        "run_embedded": Embedded,
        "training_images_embedded": lambda run_id, codes: Embedded(run_id, codes, "train"),
        "run_adjusted": Adjusted,
        "run_paused": Paused,
        "run_resumed": Resumed,
        "run_captured": Captured,
        "run_secured": Secured,
        "run_ended": RunEnded,
        "run_failed": Failed,
    }

    def __init__(self, events: list[Any]) -> None:
        for name, kind in self._KINDS.items():
            setattr(self, name, self._noting(kind, events))

    @staticmethod
    def _noting(kind: Callable[..., Any], events: list[Any]) -> Callable[..., None]:
        return lambda *facts: events.append(kind(*(getattr(fact, "id", fact) for fact in facts)))


def inference(inbox: "Inbox") -> InferenceThread:
    """A decoder whose pictures, answers and failures are kept among the events."""
    messages = Messages()
    messages.posted.connect(lambda message: inbox.events.append(DecodingFailed(message.text, message.details)))
    result = InferenceThread(inbox.outbox, messages)
    result.decoded.connect(inbox.events.append)
    result.answered.connect(lambda request, value: inbox.events.append(ViewAnswered(request, value)))
    return result


def told_by(call: tuple[Any, ...]) -> Any:
    """What a call that the decoder posts tells: a picture, the answer to a view, or that something failed."""
    *_, asked, value = call
    if isinstance(value, Decoded):
        return value
    return ViewAnswered(asked.request, value) if hasattr(asked, "request") else DecodingFailed(asked, value)


class Known(NamedTuple):
    """A run as far as the training thread has to know it."""

    id: int
    history: History = History()


def entry(run_id: int, config: RunConfig, snapshot: Any = None) -> Entry:
    """A model to be trained, of which the thread has to know its number only."""
    return Entry(Known(run_id), config, snapshot)


class Inbox:
    """Makes an outbox's calls as the window does, woken by it, and keeps what the training thread told."""

    def __init__(self) -> None:
        self._filled = threading.Event()
        self._read = 0
        self.outbox = Outbox(self.wake)
        self.events: list[Any] = []
        self.tracker = RecordingTracker(self.events)
        self.take: Callable[[], None] = self._run_calls

    def wake(self) -> None:
        self._filled.set()

    def _run_calls(self) -> None:
        for call in self.outbox.take():
            call()

    def wait_until(self, condition: Callable[[], object]) -> None:
        """Make calls until the condition holds."""
        deadline = time.monotonic() + _PATIENCE
        self.take()
        while not condition():
            assert self._filled.wait(deadline - time.monotonic()), [type(event).__name__ for event in self.events]
            self._filled.clear()
            self.take()

    def wait_for(self, kind: type) -> Any:
        """The next event of a kind, after the one that was waited for last; a failure ends the waiting."""
        while True:
            self.wait_until(lambda: len(self.events) > self._read)
            event = self.events[self._read]
            self._read += 1
            if isinstance(event, kind):
                return event
            assert not isinstance(event, Failed), event.details or event.message

    def all(self, kind: type) -> list[Any]:
        """All events of a kind so far, in order."""
        return [event for event in self.events if isinstance(event, kind)]


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


class Recorder:
    """Connects to signals and keeps what each told, in order."""

    def __init__(self, **signals):
        self.told = []
        self.on_told = lambda name, what: None
        for name, signal in signals.items():
            signal.connect(partial(self._note, name))

    def _note(self, name, *what):
        self.told.append((name, *what))
        self.on_told(name, what)

    def heard(self, name):
        """What was given with each emission of a signal: its only argument."""
        return [what[0] for called, *what in self.told if called == name]

    @property
    def states(self):
        return self.heard("state_changed")

    @property
    def messages(self):
        return self.heard("message_posted")


def recorder(engine):
    """Listens to all that an engine tells."""
    project, datasets, library = engine.project, engine.datasets, engine.library
    return Recorder(
        state_changed=engine.training.state_changed,
        message_posted=engine.messages.posted,
        message_withdrawn=engine.messages.withdrawn,
        devices_found=engine.tracker.devices_found,
        progressed=engine.tracker.progressed,
        dataset_loaded=datasets.loaded,
        spectrum_found=datasets.spectrum_found,
        fetching_progressed=datasets.progressed,
        fetching_ended=datasets.ended,
        runs_changed=project.runs_changed,
        run_shown=project.shown_changed,
        comparison_shown=project.compared_changed,
        metrics_changed=project.metrics_changed,
        codes_changed=project.codes_changed,
        measures_changed=project.measures_changed,
        measuring_progressed=engine.measurements.progressed,
        measuring_ended=engine.measurements.ended,
        picture_decoded=engine.inference.decoded,
        embedding_progressed=engine.training_image_codes.progressed,
        file_exported=library.exported,
        file_opened=library.opened,
        file_saved=engine.saver.saved,
        file_written=engine.tasks.written,
    )


class App:
    """An engine, what it tells, and the loop that makes its threads' calls."""

    def __init__(self, inbox, folder, cache_dir=None):
        self.autosaves = Autosaves(folder / "settings" / "autosaves")
        self.session = Engine(inbox.wake, folder / "data", self.autosaves, cache_dir)
        self.told = recorder(self.session)
        inbox.take = self.session.run_calls
        self.wait_until = inbox.wait_until
        self.inbox = inbox

    def decode(self, code):
        """Ask for the picture of a code by the model on screen."""
        self.session.inference.decode(self.session.project.shown.id, code)

    def wait_for_state(self, state):
        self.wait_until(lambda: self.session.training.state == state)

    def train(self, config):
        """Train to the end and return the run."""
        project, starter, training = self.session.project, self.session.starter, self.session.training
        before = len(project.runs)
        starter.train(config)
        self.wait_until(lambda: len(project.runs) > before and training.state == "idle")
        return list(project.runs.values())[-1]

    def begin(self, config):
        """Train until some steps are taken and return the run in training."""
        active = self.session.project.active
        self.session.starter.train(config)
        self.wait_until(lambda: active and len(active[0].history.training) > 2)
        return active[0]

    def stop(self):
        self.session.starter.stop()
        self.wait_for_state("idle")


@pytest.fixture
def recording(tmp_path):
    """An app that keeps timelines, closed at the end."""
    from tests.engine.test_timelines import RecordingApp  # which is made of what stands here

    result = RecordingApp(tmp_path)
    yield result
    result.session.close(timeout=30)


@pytest.fixture
def worker(inbox: Inbox) -> Iterator[TrainingThread]:
    """A training worker whose thread runs; its decoder's does not."""
    result = TrainingThread(inbox.outbox, inference(inbox), inbox.tracker)
    result.start()
    yield result
    assert result.close(_PATIENCE)


@pytest.fixture
def decoder(inbox: Inbox) -> Iterator[InferenceThread]:
    """A decoder whose thread has not begun; torch is loaded."""
    result = inference(inbox)
    result.serve_views()
    yield result
    result.close(30)


@pytest.fixture
def running(decoder: InferenceThread) -> InferenceThread:
    """A decoder whose thread runs."""
    decoder.start()
    return decoder


@pytest.fixture(scope="session")
def config() -> RunConfig:
    """A small variational autoencoder of small digits: two epochs of twelve steps on the processor."""
    return RunConfig(
        DatasetConfig("digits", image_size=8),
        ModelConfig("vae", latent_dim=2, hidden=(16,)),
        TrainingConfig(epochs=2, batch_size=128, device="cpu"),
    )


@pytest.fixture(scope="session")
def endless(config: RunConfig) -> RunConfig:
    """The same with more epochs than any test waits for."""
    return config.with_settings(epochs=100_000)


@pytest.fixture
def overflowing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Once, after a few steps, weights grow beyond all numbers; what comes of it is up to training."""
    step, left = Trainer.step, [True]

    def stepped(trainer: Trainer, images: Any) -> Any:
        if trainer.steps >= 4 and left:
            left.clear()
            with torch.no_grad():
                next(trainer.model.parameters()).mul_(1e38)
        return step(trainer, images)

    monkeypatch.setattr(Trainer, "step", stepped)


@pytest.fixture(scope="session")
def dataset(config: RunConfig) -> Dataset:
    return load_digits(config.dataset)


@pytest.fixture
def app(inbox, tmp_path):
    result = App(inbox, tmp_path)
    yield result
    result.session.close(timeout=30)


@pytest.fixture
def session(app):
    return app.session


@pytest.fixture
def told(app):
    return app.told
