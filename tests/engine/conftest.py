"""Small digits, the reader of the threads' outbox, and the worker with its thread."""

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch

from vae_desktop.config import DatasetConfig, ModelConfig, RunConfig, TrainingConfig
from vae_desktop.data.dataset import Dataset
from vae_desktop.data.digits import load_digits
from vae_desktop.engine.autosave import Autosaves
from vae_desktop.engine.inference import InferenceThread
from vae_desktop.engine.mailbox import Outbox
from vae_desktop.engine.messages import Failed
from vae_desktop.engine.session import Session
from vae_desktop.engine.trainer import TrainingThread
from vae_desktop.training.trainer import Trainer

_PATIENCE = 60  # seconds until a test gives up; none should come near it


class Inbox:
    """Drains an outbox as the window does, woken by it, and keeps what came."""

    def __init__(self) -> None:
        self._filled = threading.Event()
        self._read = 0
        self.outbox = Outbox(self._filled.set)
        self.events: list[Any] = []
        self.handle: Callable[[Any], None] = lambda event: None

    def take(self) -> None:
        """Take in what is there."""
        for event in self.outbox.drain():
            self.events.append(event)
            self.handle(event)

    def wait_until(self, condition: Callable[[], object]) -> None:
        """Take events in until the condition holds."""
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
    """A listener that keeps what it was told: each time, the method's name and what it was given."""

    def __init__(self):
        self.told = []
        self.on_told = lambda name, what: None

    def __getattr__(self, name):
        def note(*what):
            self.told.append((name, *what))
            self.on_told(name, what)

        return note

    def heard(self, name):
        """What was given with each call of a method: its only argument."""
        return [what[0] for called, *what in self.told if called == name]

    @property
    def states(self):
        return self.heard("state_changed")

    @property
    def messages(self):
        return self.heard("message_posted")


class App:
    """A session, its listener, and the loop that hands events over."""

    def __init__(self, inbox, folder):
        self.told = Recorder()
        self.autosaves = Autosaves(folder / "settings" / "autosaves")
        self.session = Session(inbox.outbox, self.told, folder / "data", self.autosaves)
        inbox.handle = self.session.handle
        self.wait_until = inbox.wait_until
        self.inbox = inbox

    def wait_for_state(self, state):
        self.wait_until(lambda: self.session.state == state)

    def train(self, config):
        """Train to the end and return the run."""
        before = len(self.session.runs)
        self.session.train(config)
        self.wait_until(lambda: len(self.session.runs) > before and self.session.state == "idle")
        return list(self.session.runs.values())[-1]

    def begin(self, config):
        """Train until some steps are taken and return the run in training."""
        self.session.train(config)
        self.wait_until(lambda: self.session.active and len(self.session.active[0].history.training) > 2)
        return self.session.active[0]

    def stop(self):
        self.session.stop()
        self.wait_for_state("idle")


@pytest.fixture
def worker(inbox: Inbox) -> Iterator[TrainingThread]:
    """A training worker whose thread runs; its decoder's does not."""
    result = TrainingThread(inbox.outbox, InferenceThread(inbox.outbox))
    result.start()
    yield result
    assert result.close(_PATIENCE)


@pytest.fixture
def decoder(inbox: Inbox) -> Iterator[InferenceThread]:
    """A decoder whose thread has not begun; torch is loaded."""
    result = InferenceThread(inbox.outbox)
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
