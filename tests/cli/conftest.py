"""Drives the command line in this process, and one small model for the commands that read one."""

import json
import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from vae_desktop.cli import main

QUICK = ["--image-size", "8", "--hidden", "16", "--device", "cpu"]  # the same figures on every machine


@dataclass(frozen=True)
class Result:
    """What one command gave back."""

    status: int
    out: str
    err: str

    @property
    def lines(self) -> list[Any]:
        """The JSON objects on stdout."""
        return [json.loads(line, parse_constant=pytest.fail) for line in self.out.splitlines()]

    def assert_refused(self, status: int, *words: str) -> None:
        """Check for the exit status and one line on stderr that says all of `words`."""
        assert self.status == status
        assert self.out == ""
        assert self.err.startswith("vae-desktop")
        assert self.err.count("\n") == 1
        assert self.err.endswith("\n")
        for word in words:
            assert word in self.err


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Callable[..., Result]:
    """Run the command line with the given arguments."""

    def call(*arguments: object) -> Result:
        status = main([str(argument) for argument in arguments])
        return Result(status, *capsys.readouterr())

    return call


@pytest.fixture
def train(run: Callable[..., Result], tmp_path: Path) -> Callable[..., Result]:
    """Train a small model on the digits into ``tmp_path / "model.safetensors"``."""

    def call(*arguments: object) -> Result:
        return run("train", *QUICK, "--epochs", 2, "--output", tmp_path / "model.safetensors", *arguments)

    return call


@pytest.fixture
def at_step(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Have something happen in a training step, given its number."""

    def arrange(number: int, happen: Callable[[], object]) -> None:
        from vae_desktop.training.trainer import Trainer

        step = Trainer.step

        def stepped(self: Trainer, images: Any) -> Any:
            if self.steps == number:
                happen()
            return step(self, images)

        monkeypatch.setattr(Trainer, "step", stepped)

    return arrange


@pytest.fixture(scope="session")
def vae_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small variational autoencoder of the digits, two epochs old."""
    return _trained(tmp_path_factory, "vae", "--beta", "0.1")


@pytest.fixture(scope="session")
def ae_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small autoencoder of the digits."""
    return _trained(tmp_path_factory, "ae")


def _trained(factory: pytest.TempPathFactory, kind: str, *arguments: str) -> Path:
    path = factory.mktemp("models") / f"{kind}.safetensors"
    command = ["train", *QUICK, "--model", kind, "--epochs", "2", "--seed", "3", "--output", str(path), *arguments]
    assert main(command) == 0
    return path


@pytest.fixture
def make_mnist(tmp_path: Path) -> Callable[..., Path]:
    """Make a data folder with an MNIST of so many training images of noise, and 20 test images."""

    def make(train: int) -> Path:
        random = np.random.default_rng(0)
        folder = tmp_path / "data" / "MNIST" / "raw"
        folder.mkdir(parents=True)
        for prefix, count in (("train", train), ("t10k", 20)):
            images = random.integers(0, 256, (count, 28, 28), np.uint8)
            (folder / f"{prefix}-images-idx3-ubyte").write_bytes(_idx(images))
            (folder / f"{prefix}-labels-idx1-ubyte").write_bytes(_idx(np.arange(count, dtype=np.uint8) % 10))
        return tmp_path / "data"

    return make


@pytest.fixture
def mnist_dir(make_mnist: Callable[..., Path]) -> Path:
    """A data folder with an MNIST of 60 training and 20 test images of noise."""
    return make_mnist(60)


def _idx(values: np.ndarray) -> bytes:
    return bytes((0, 0, 8, values.ndim)) + struct.pack(f">{values.ndim}I", *values.shape) + values.tobytes()
