"""``vae-desktop train``: what it prints and saves, and everything that it refuses."""

import os
import signal
import subprocess
import sys
from dataclasses import fields

import numpy as np
import pytest
import torch

from vae_desktop.config import DatasetConfig, ModelConfig, RunConfig, TrainingConfig
from vae_desktop.dataset_catalog import DATASETS
from vae_desktop.settings import settings_of
from vae_desktop.training import devices
from vae_desktop.training.checkpoint import load_checkpoint
from vae_desktop.training.trainer import Trainer

CHOSEN = RunConfig(
    DatasetConfig("digits", 8, "colour", "validation", "bounds", 5.0, 250.0),
    ModelConfig("denoising-ae", 3, "masking", 0.2, "convolutional", (9, 7), "silu", "bernoulli"),
    TrainingConfig(1, 0.01, 0.25, "one-cycle", 0.5, 3.0, "mixed", 100, 42, "cpu"),
)
SPELLINGS = {"name": "dataset", "kind": "model"}


@pytest.fixture
def model(tmp_path):
    """Where the fixture `train` saves."""
    return tmp_path / "model.safetensors"


@pytest.fixture(autouse=True)
def ctrl_c_is_heard():
    """Have Ctrl-C heard, which a shell lets those ignore that it starts in the background."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_json_tells_each_epoch_and_the_end(train, model):
    result = train("--json", "--latent-dim", 3, "--epochs", 3)
    *epochs, summary = result.lines
    assert (result.status, result.err) == (0, "")
    assert [(line["epoch"], line["step"]) for line in epochs] == [(1, 12), (2, 24), (3, 36)]
    for line in [*epochs, summary]:
        assert line["test_loss"] == pytest.approx(line["reconstruction"] + line["kl"])
        assert line["kl"] == pytest.approx(sum(line["kl_per_dimension"]))
        assert len(line["kl_per_dimension"]) == 3
    for line in epochs:
        assert line["train_loss"] == pytest.approx(line["train_reconstruction"] + line["train_kl"])
    assert epochs[2]["train_loss"] < epochs[0]["train_loss"]
    assert epochs[2]["test_loss"] < epochs[0]["test_loss"]
    assert 0 < epochs[0]["seconds"] < epochs[2]["seconds"] <= summary["seconds"]
    assert summary["test_loss"] == epochs[2]["test_loss"]
    assert summary["images_per_second"] > 3 * 1437 / summary["seconds"]  # evaluations do not count
    assert summary["parameters"] == (64 * 16 + 16) + (16 * 6 + 6) + (3 * 16 + 16) + (16 * 64 + 64)
    assert (summary["epochs"], summary["steps"], summary["output"]) == (3, 36, str(model))
    assert summary["device"] == "cpu"


def test_an_epochs_training_loss_is_the_mean_of_its_batches(train, model):
    first, second, _ = train("--json").lines
    history = load_checkpoint(model).history
    for line, rows in ((first, history.training[:12]), (second, history.training[12:])):
        means = rows.mean(0, dtype=np.float64)
        assert [line["train_loss"], line["train_reconstruction"], line["train_kl"]] == means.tolist()


def test_an_autoencoder_has_no_kl(train):
    for line in train("--json", "--model", "ae").lines:
        assert line["kl"] is None
        assert line["kl_per_dimension"] is None
        assert line["test_loss"] == line["reconstruction"]
        assert line.get("train_kl") is None


def test_without_json_it_speaks_to_people(train):
    result = train()
    assert (result.status, result.err) == (0, "")
    assert [line.split()[:2] for line in result.out.splitlines()[:2]] == [["epoch", "1"], ["epoch", "2"]]
    assert "squared error per image" in result.out
    assert "nats per image" in result.out


def test_a_terminal_gets_a_bar(train, monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    result = train()
    assert "24/24" in result.err
    assert result.out.count("epoch ") == 2


def test_the_checkpoint_holds_the_run(train, model):
    train("--seed", 5)
    checkpoint = load_checkpoint(model)
    assert checkpoint.config.training.seed == 5
    assert checkpoint.snapshot.step == 24
    assert checkpoint.can_continue_exactly
    assert len(checkpoint.history.training) == 24
    assert [evaluation.step for evaluation in checkpoint.history.evaluations] == [0, 12, 24]
    assert checkpoint.codes is not None
    assert checkpoint.codes.mean.shape == (360, 2)
    assert checkpoint.class_names == tuple("0123456789")


def test_the_same_seed_gives_the_same_bytes(train, model):
    contents = []
    for seed in (1, 1, 2):
        train("--seed", seed)
        contents.append(model.read_bytes())
    assert contents[0] == contents[1] != contents[2]


def test_every_setting_has_an_option(run, tmp_path):
    arguments = []
    for section in fields(CHOSEN):
        config = getattr(CHOSEN, section.name)
        for name, entry, value in settings_of(config):
            assert value != getattr(type(config)(), name) or name == "name"
            option = SPELLINGS.get(name, name.replace("_", "-"))
            arguments += [f"--{option}", *entry.format(value).split()]
    run("train", *arguments, "--output", tmp_path / "m")
    assert load_checkpoint(tmp_path / "m").config == CHOSEN


@pytest.mark.parametrize(("latent_dim", "architecture"), [(2, "mlp"), (20, "convolutional")])
def test_a_preset_fits_the_model_asked_for(train, model, latent_dim, architecture):
    train("--preset", "best", "--latent-dim", latent_dim, "--epochs", 1, "--batch-size", 700)
    config = load_checkpoint(model).config
    assert (config.model.architecture, config.training.schedule) == (architecture, "one-cycle")
    assert (config.model.hidden, config.training.batch_size) == ((16,), 700)  # those given win


def test_sizes_may_be_parted_by_commas(train, model):
    train("--hidden", "5,4")
    assert load_checkpoint(model).config.model.hidden == (5, 4)


def test_epochs_default_to_the_data_sets_own(run, tmp_path, mnist_dir):
    result = run(
        "train", "--dataset", "mnist", "--data-dir", mnist_dir, "--hidden", 8, "--batch-size", 60,
        "--output", tmp_path / "m",
    )  # fmt: skip
    assert result.status == 0
    assert load_checkpoint(tmp_path / "m").config.training.epochs == DATASETS["mnist"].epochs == 20


@pytest.mark.parametrize(
    ("option", "text", "words"),
    [
        ("--latent-dim", "0", ["Latent dimensions", "0", "1 to 128"]),
        ("--latent-dim", "2.5", ["Latent dimensions", "'2.5'", "whole number"]),
        ("--learning-rate", "abc", ["Learning rate: 'abc' is not a number."]),
        ("--learning-rate", "-1", ["Learning rate: -1 is out of range"]),
        ("--learning-rate", "nan", ["Learning rate", "nan"]),
        ("--beta", "-1", ["-1 is out of range"]),
        ("--hidden", "0", ["Hidden layers", "0"]),
        ("--epochs", "0", ["Epochs", "0"]),
        ("--dataset", "cats", ["Data set", "'cats'", "digits, shapes, mnist"]),
        ("--model", "gan", ["Model", "'gan'", "vae, ae"]),
        ("--device", "abacus", ["Device", "'abacus'", "cpu"]),
        ("--batch-size", "5000", ["Batch size: 5,000 is more than the 1,437 training images of Digits."]),
    ],
)
def test_bad_settings(train, model, option, text, words):
    train(option, text).assert_refused(2, "vae-desktop train: ", *words)
    assert not model.exists()


def test_a_data_folder_that_does_not_exist(train, tmp_path):
    folder = tmp_path / "nowhere"
    train("--dataset", "mnist", "--data-dir", folder).assert_refused(1, "MNIST", str(folder))
    assert not folder.exists()


@pytest.mark.parametrize("damage", [lambda data: b"", lambda data: data[:-1], lambda data: b"PK" + data])
def test_broken_data_files(train, mnist_dir, damage):
    broken = mnist_dir / "MNIST" / "raw" / "train-images-idx3-ubyte"
    broken.write_bytes(damage(broken.read_bytes()))
    train("--dataset", "mnist", "--data-dir", mnist_dir).assert_refused(1, str(broken), "broken")


@pytest.mark.parametrize(
    ("place", "reason"),
    [
        ("none/model", "there is no folder"),
        ("file/model", "Not a directory"),
        ("folder", "it is a folder"),
        ("n" * 300, "too long"),
    ],
)
def test_an_output_that_cannot_be_written_is_refused_before_any_work(run, tmp_path, monkeypatch, place, reason):
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("precious")
    monkeypatch.setattr("vae_desktop.data.load.load_dataset", lambda *_: pytest.fail("it began to work"))
    run("train", "--output", tmp_path / place).assert_refused(1, str(tmp_path / place), reason)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "folder"]
    assert (tmp_path / "file").read_text() == "precious"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_an_output_that_is_no_file_is_not_replaced(run, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    run("train", "--output", tmp_path / "pipe").assert_refused(1, "not a file")
    assert (tmp_path / "pipe").is_fifo()


def test_a_loss_that_blows_up_saves_nothing(train, model, monkeypatch):
    step = Trainer.step

    def stepped(self, images):
        if self.steps == 4:
            with torch.no_grad():
                list(self.model.encoder.parameters())[-1].fill_(1e30)
        return step(self, images)

    monkeypatch.setattr(Trainer, "step", stepped)
    model.write_bytes(b"an older model")
    result = train("--json", "--learning-rate", 1, "--beta", 10_000)
    *notes, error = result.err.splitlines()
    assert (result.status, result.out) == (1, "")
    assert ["At a learning rate of 1" in notes[0], "At β = 10000 no latent dimension" in notes[1]] == [True, True]
    assert "epoch 1" in error
    assert "learning rate below 1" in error
    assert "Nothing is saved: no epoch was over." in error
    assert model.read_bytes() == b"an older model"


def test_a_warm_up_that_is_not_over_is_said_beforehand_on_the_way_and_at_the_end(train, run, model):
    result = train("--beta", 1, "--beta-warm-up", 5)
    assert result.err == (
        "vae-desktop train: note: β reaches 0.4 of 1: the warm-up takes 5 epochs, the run 2.\n"
    )
    first, second, *summary = result.out.splitlines()
    assert (first.split()[-4:-2], second.split()[-4:-2]) == (["β", "0.183"], ["β", "0.383"])  # at its last step
    loss = next(line for line in summary if line.startswith("Test loss"))
    assert loss.endswith("(reconstruction + β·KL, β = 1; in training β had reached 0.4)")
    described = run("info", model)
    assert loss.split()[2] in described.out
    assert "β = 1; in training β had reached 0.4" in described.out
    assert described.out.splitlines()[-1].split(maxsplit=1) == [
        "Note",
        "β reaches 0.4 of 1: the warm-up takes 5 epochs, the run 2.",
    ]


def test_json_says_by_which_beta_training_was_weighed(train, run, model):
    for line in train("--beta", 1, "--beta-warm-up", 5, "--json").lines[:-1]:
        assert line["test_loss"] == pytest.approx(line["reconstruction"] + line["kl"])
        assert line["train_kl_weight"] == pytest.approx((line["step"] - 1) / 60)
    (described,) = run("info", model, "--json").lines
    assert [note["setting"] for note in described["notes"]] == ["beta_warm_up"]


def test_a_warm_up_that_is_over_is_not_mentioned(train, run, model):
    result = train("--beta", 1, "--beta-warm-up", 1)
    assert result.err == ""
    assert "(reconstruction + β·KL, β = 1)" in result.out
    assert "β" in result.out.splitlines()[0]
    assert "β" not in result.out.splitlines()[1]
    assert "Note" not in run("info", model).out


def test_what_has_no_effect_or_does_not_fit_is_said_before_training(run, tmp_path):
    random = np.random.default_rng(0)
    np.save(tmp_path / "photos.npy", random.integers(30, 225, (60, 12, 12, 3), np.uint8))
    result = run(
        "train", "--dataset", tmp_path / "photos.npy", "--model", "ae", "--beta", 4, "--likelihood", "bernoulli",
        "--hidden", 8, "--epochs", 1, "--device", "cpu", "--output", tmp_path / "m",
    )  # fmt: skip
    assert result.status == 0
    notes = [line.partition("note: ")[2] for line in result.err.splitlines()][1:]
    assert len(notes) == 2
    assert "Bernoulli takes each pixel for the chance of white or black" in notes[0]
    assert notes[1] == "β (KL weight) has no effect on the model AE, only on VAE."
    described = run("info", tmp_path / "m").out
    assert "If these are any" in described
    assert "no effect" not in described  # nor is β in its list


def test_ctrl_c_saves_what_has_been_trained(train, model, at_step):
    at_step(17, lambda: signal.raise_signal(signal.SIGINT))
    result = train("--epochs", 50)
    assert result.status == 130
    assert result.err == f"vae-desktop train: stopped at step 18; saved {model}.\n"
    checkpoint = load_checkpoint(model)
    assert checkpoint.snapshot.step == len(checkpoint.history.training) == 18
    assert [evaluation.step for evaluation in checkpoint.history.evaluations] == [0, 12, 18]
    assert checkpoint.can_continue_exactly


def test_ctrl_c_leaves_python_as_it_was(train, at_step):
    before = signal.getsignal(signal.SIGINT)
    at_step(3, lambda: signal.raise_signal(signal.SIGINT))
    train()
    assert signal.getsignal(signal.SIGINT) is before


def test_a_second_ctrl_c_ends_at_once(train, model, at_step):
    def twice():
        handler = signal.getsignal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)
        while signal.getsignal(signal.SIGINT) is handler:  # two at once would be one
            pass
        signal.raise_signal(signal.SIGINT)

    at_step(3, twice)
    result = train()
    assert (result.status, result.err) == (130, "")
    assert not model.exists()


def test_a_reader_that_leaves_loses_no_training(train, model, monkeypatch):
    def broken(*arguments, **settings):
        raise BrokenPipeError

    monkeypatch.setattr("vae_desktop.cli.follow.print_json", broken)
    train("--json")
    assert load_checkpoint(model).snapshot.step == 12


def test_the_module_runs_as_a_program(tmp_path):
    command = [sys.executable, "-m", "vae_desktop", "train", "--latent-dim", "0", "--output", str(tmp_path / "m")]
    process = subprocess.run(command, capture_output=True, text=True)
    assert process.returncode == 2
    assert process.stdout == ""
    assert process.stderr == "vae-desktop train: Latent dimensions: 0 is out of range (1 to 128).\n"


def test_a_device_that_does_not_work_is_passed_over_with_a_note(train, monkeypatch):
    run_kernel, find = devices.run_kernel, devices.find_devices

    def run(device):
        if device.type == "cuda":
            raise RuntimeError("CUDA error: no kernel image is available for execution on the device")
        run_kernel(device)

    monkeypatch.setattr(devices, "run_kernel", run)
    monkeypatch.setattr(devices, "find_devices", lambda: (devices.Device("cuda", "a card"), *find()[1:]))
    result = train("--json", "--epochs", 1, "--device", "auto")
    assert result.status == 0
    assert result.lines[-1]["device"] == "cpu"
    assert "is not used: The installed PyTorch has no kernels for this card" in result.err
    train("--device", "cuda").assert_refused(1, "cannot be used", "Choose the CPU or Automatic")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`", "out of memory"),
        ("CUDA error: device-side assert triggered", "until the app is started again"),
    ],
)
def test_a_devices_error_is_one_line_that_says_what_helps(train, at_step, words, told):
    def fail():
        raise RuntimeError(words)

    at_step(3, fail)
    train().assert_refused(1, told)
