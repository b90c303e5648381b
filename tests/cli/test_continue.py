"""``vae-desktop train --continue``: an interrupted training comes to the end that it would have come to, to the bit."""

import signal

import numpy as np
import pytest

from tests.same_training import assert_same_training
from vae_desktop.training.checkpoint import load_checkpoint, load_checkpoints
from vae_desktop.training.trainer import Trainer

MODELS = {
    "ae": ["--model", "ae"],
    "vae": ["--model", "vae", "--schedule", "one-cycle", "--beta-warm-up", "2"],
    "convolutional ae": ["--model", "ae", "--architecture", "convolutional", "--schedule", "one-cycle"],
    "convolutional vae": ["--model", "vae", "--architecture", "convolutional"],
    "denoising": ["--model", "denoising-ae"],
}
COMPARED = ["--compare", "ae", "vae:beta=4", "--schedule", "one-cycle"]
SIZE = ["--image-size", "8", "--device", "cpu", "--batch-size", "200", "--hidden", "8"]  # 8 steps an epoch


@pytest.fixture
def interrupt_at(monkeypatch):
    """Press Ctrl-C once in a training step, given its number."""

    def arrange(number):
        step = Trainer.step

        def stepped(self, batch):
            if self.steps == number:
                monkeypatch.setattr(Trainer, "step", step)
                signal.raise_signal(signal.SIGINT)
            return step(self, batch)

        monkeypatch.setattr(Trainer, "step", stepped)

    return arrange


@pytest.fixture
def interrupted(interrupt_at, run, tmp_path):
    """A file of a training of three epochs that ended within, or at the end of, the second."""

    def make(*arguments, at=12):
        path = tmp_path / "model.safetensors"
        interrupt_at(at)
        assert run("train", *SIZE, "--epochs", 3, *arguments, "--output", path).status == 130
        return path

    return make


@pytest.mark.parametrize("kind", MODELS)
@pytest.mark.parametrize("at", [4, 15])
def test_an_interrupted_training_ends_as_if_it_had_not_been(interrupted, run, tmp_path, kind, at):
    path, whole = interrupted(*MODELS[kind], at=at), tmp_path / "whole.safetensors"
    assert load_checkpoint(path).snapshot.step == at + 1
    assert run("train", *SIZE, "--epochs", 3, *MODELS[kind], "--output", whole).status == 0
    assert run("train", "--continue", path).status == 0
    assert_same_training(load_checkpoint(path), load_checkpoint(whole))
    assert path.read_bytes() == whole.read_bytes()


def test_compared_models_go_on_together(interrupted, run, tmp_path):
    path, whole = interrupted(*COMPARED), tmp_path / "whole.safetensors"
    assert run("train", *SIZE, "--epochs", 3, *COMPARED, "--output", whole).status == 0
    assert run("train", "--continue", path, "--output", tmp_path / "end.safetensors").status == 0
    ends = load_checkpoints(tmp_path / "end.safetensors"), load_checkpoints(whole)
    for one, other in zip(*ends, strict=True):
        assert_same_training(one, other)
    assert (tmp_path / "end.safetensors").read_bytes() == whole.read_bytes()
    assert (tmp_path / "end-ae.safetensors").read_bytes() == (tmp_path / "whole-ae.safetensors").read_bytes()


def test_it_can_be_interrupted_again(interrupted, interrupt_at, run, tmp_path):
    path, whole = interrupted(at=3), tmp_path / "whole.safetensors"
    interrupt_at(13)
    assert run("train", "--continue", path).status == 130
    assert load_checkpoint(path).snapshot.step == 14
    assert run("train", "--continue", path).status == 0
    run("train", *SIZE, "--epochs", 3, "--output", whole)
    assert path.read_bytes() == whole.read_bytes()


def test_json_tells_of_the_epochs_that_are_left(interrupted, run):
    path = interrupted(at=12)
    *epochs, summary = run("train", "--continue", path, "--json").lines
    assert [line["epoch"] for line in epochs] == [2, 3]
    assert (summary["steps"], summary["output"]) == (24, str(path))


def test_a_planned_end_can_be_moved(interrupted, run):
    path = interrupted(at=12)
    assert run("train", "--continue", path, "--epochs", 4).status == 0
    end = load_checkpoint(path)
    assert (end.snapshot.step, end.config.training.epochs, end.snapshot.span.last) == (32, 4, 32)
    assert [(entry.step, entry.name, entry.value) for entry in end.history.changes] == [(13, "epochs", 4.0)]
    assert [entry.step for entry in end.history.evaluations] == [0, 8, 16, 24, 32]


def test_after_its_end_a_model_begins_a_training_of_its_own(vae_file, run, tmp_path):
    path = tmp_path / "more.safetensors"
    before = load_checkpoint(vae_file)
    result = run("train", "--continue", vae_file, "--epochs", 1, "--output", path)
    assert result.status == 0
    assert "vae.safetensors was at the end of its training" in result.err
    more = load_checkpoint(path)
    assert (more.snapshot.span.first, more.snapshot.step) == (24, 36)
    assert more.history.training[:24].tolist() == before.history.training.tolist()
    assert [entry.step for entry in more.history.evaluations] == [0, 12, 24, 36]
    assert more.history.evaluations[:3] == before.history.evaluations
    assert load_checkpoint(vae_file).snapshot.step == 24


def test_without_the_optimizer_it_is_not_exact_and_says_so(vae_file, run, tmp_path):
    small = tmp_path / "small.safetensors"
    assert run("train", "--continue", vae_file, "--epochs", 1, "--compact", "--output", small).status == 0
    result = run("train", "--continue", small, "--epochs", 1)
    assert result.status == 0
    assert "small.safetensors holds no state of the optimizer" in result.err
    assert load_checkpoint(small).snapshot.step == 48


def test_what_fails_at_once_leaves_the_model_as_it_was(interrupted, run, monkeypatch):
    path = interrupted()
    before, step = load_checkpoint(path), Trainer.step
    monkeypatch.setattr(Trainer, "step", lambda self, batch: step(self, batch) * float("nan"))
    result = run("train", "--continue", path)
    assert result.status == 1
    assert "no longer a finite number in epoch 2" in result.err
    after = load_checkpoint(path)
    assert after.snapshot.step == before.snapshot.step == 13
    assert all((values == before.snapshot.weights[name]).all() for name, values in after.snapshot.weights.items())
    assert after.history.training.tolist() == before.history.training.tolist()


def test_epochs_are_needed_at_the_end_of_a_training(vae_file, run):
    run("train", "--continue", vae_file).assert_refused(2, "vae.safetensors is at the end", "--epochs")


def test_epochs_that_are_over_are_refused(interrupted, run):
    path = interrupted(at=12)
    run("train", "--continue", path, "--epochs", 1).assert_refused(2, "1.6 epochs of its training behind it")


@pytest.mark.parametrize(
    ("arguments", "option"),
    [
        (["--beta", 4, "--seed", 1], "--beta, --seed cannot be given"),
        (["--dataset", "mnist"], "--dataset cannot be given"),
        (["--preset", "quick"], "--preset cannot be given"),
        (["--compare", "ae", "vae"], "--compare cannot be given"),
    ],
)
def test_settings_are_the_models_own(vae_file, run, arguments, option):
    result = run("train", "--continue", vae_file, "--epochs", 1, *arguments)
    result.assert_refused(2, "A model goes on with its own settings", option)


@pytest.fixture
def own_images(tmp_path, run):
    """A function that saves so many images of one's own, and a model that was trained on 30 of them for an epoch."""

    def save(name, count, side=8):
        pixels = np.random.default_rng(0).integers(0, 256, (count, side, side), np.uint8)
        np.save(tmp_path / name, pixels)
        return tmp_path / name

    model = tmp_path / "own.safetensors"
    arguments = ["--hidden", 8, "--device", "cpu", "--batch-size", 5, "--epochs", 1, "--output", model]
    assert run("train", "--dataset", save("first.npy", 30), *arguments).status == 0
    return save, model


def test_ones_own_images_may_have_moved(own_images, run, tmp_path):
    _, model = own_images
    (tmp_path / "first.npy").rename(tmp_path / "moved.npy")
    run("train", "--continue", model, "--epochs", 1).assert_refused(1, "first.npy")
    assert run("train", "--continue", model, "--epochs", 1, "--dataset", tmp_path / "moved.npy").status == 0
    assert load_checkpoint(model).config.dataset.name == str(tmp_path / "moved.npy")


def test_images_of_another_shape_are_refused(own_images, run):
    save, model = own_images
    before = model.read_bytes()
    other = save("other.npy", 30, 9)
    result = run("train", "--continue", model, "--epochs", 1, "--dataset", other)
    words = "takes images of 1×8×8 (channels × height × width), but other.npy has 1×9×9"
    assert (result.status, words in result.err) == (1, True), result.err
    assert model.read_bytes() == before


def test_what_is_no_model_is_refused(run, tmp_path):
    run("train", "--continue", tmp_path / "none.safetensors").assert_refused(1, "none.safetensors")
    run("train", "--epochs", 1).assert_refused(2, "--output")
