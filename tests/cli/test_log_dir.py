"""``train --log-dir``: a training's losses as event files of TensorBoard, which tests do not need."""

import sys
from types import ModuleType

import pytest

from vae_desktop.training.checkpoint import load_checkpoints


class Events:
    """Stands for TensorBoard's writer."""

    folders: dict = {}

    def __init__(self, folder):
        self.scalars, self.texts, self.is_closed = {}, {}, False
        self.folders[folder] = self

    def add_scalar(self, name, value, step):
        self.scalars.setdefault(name, {})[step] = value

    def add_text(self, name, text, step):
        self.texts[name] = text

    def close(self):
        self.is_closed = True


@pytest.fixture
def events(monkeypatch):
    module = ModuleType("tensorboard")
    module.SummaryWriter = Events
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", module)
    monkeypatch.setattr(Events, "folders", {})
    return Events.folders


def test_compared_models_have_each_their_losses(train, events, tmp_path):
    assert train("--compare", "ae", "vae", "--log-dir", tmp_path / "logs").status == 0
    assert list(events) == [str(tmp_path / "logs" / name) for name in ("AE", "VAE")]
    for found, model in zip(events.values(), load_checkpoints(tmp_path / "model.safetensors"), strict=True):
        assert found.is_closed
        assert '"hidden"' in found.texts["settings"]
        assert found.scalars["test/total"] == {one.step: one.total for one in model.history.evaluations}
        step, loss = list(found.scalars["train/total"].items())[-1]
        before = [0, *found.scalars["train/total"]][-2]
        assert step == 24
        assert loss == pytest.approx(model.history.training[before:24, 0].mean())
        assert ("test/kl" in found.scalars) == model.config.model.traits.is_variational


def test_what_cannot_be_written_is_told_once_and_the_training_goes_on(train, events, monkeypatch, tmp_path):
    def full(*_):
        raise OSError("no room")

    monkeypatch.setattr(Events, "add_scalar", full)
    result = train("--log-dir", tmp_path / "logs")
    assert result.status == 0
    assert result.err.count("no room") == 1


def test_without_tensorboard_the_command_that_installs_it_is_named(train, monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    train("--log-dir", tmp_path / "logs").assert_refused(1, "pip install tensorboard")
