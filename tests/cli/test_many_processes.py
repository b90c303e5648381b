"""``torchrun -m vae_desktop train``: two real processes give what one gives, and a training goes on after a death."""

import contextlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import vae_desktop
from tests.same_training import assert_same_training
from vae_desktop.training.checkpoint import load_checkpoint, load_checkpoints

# torchrun, but that its processes are forked when all is loaded: to load it takes each of them five seconds.
TORCHRUN = """
import sys
import torch._dynamo
from torch.distributed import run
import vae_desktop.training.loop
from vae_desktop.cli import main
from vae_desktop.config import DatasetConfig
from vae_desktop.data.load import load_digits

def work(*command):
    assert command[:3] == ("-u", "-m", "vae_desktop")
    status = main(command[3:])
    if status:
        sys.exit(status)

load_digits(DatasetConfig("digits"))
launch = run.elastic_launch
run.elastic_launch = lambda config, entrypoint: launch(config, work)
run.main()
"""
OPTIONS = ["--standalone", "--nproc-per-node", "2", "--max-restarts", "2", "--start-method", "fork"]
LAUNCH = [sys.executable, "-u", "-c", TORCHRUN, *OPTIONS]
TRAIN = ["train", "--image-size", "8", "--hidden", "16", "--device", "cpu", "--json"]


@contextlib.contextmanager
def two_processes(output, *arguments):
    """Have two processes train, each of whose lines on stdout can be read; nothing is left of them."""
    environment = {**os.environ, "PYTHONPATH": str(Path(vae_desktop.__file__).parents[1])}
    command = [*LAUNCH, "-m", "vae_desktop", *TRAIN, *map(str, arguments), "--output", str(output)]
    with (output.parent / "errors").open("w") as errors:
        process = subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=errors, text=True, start_new_session=True
        )
        try:
            yield process
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            process.stdout.close()


def children_of(number):
    """The processes that a process has started, in their order; a bare machine has no `ps`."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):  # it has ended meanwhile
            parent = path.read_text().rpartition(")")[2].split()[1]  # the name before may hold anything
            found += [int(path.parent.name)] if int(parent) == number else []
    return sorted(found)


@pytest.mark.skipif(sys.platform != "linux", reason="finds its processes as Linux tells them")
def test_two_processes_of_which_one_is_killed_give_what_one_alone_gives(run, tmp_path):
    models = ["--compare", "vae:beta=0.1", "denoising-ae", "--epochs", 8, "--batch-size", 95]
    with two_processes(tmp_path / "two.safetensors", *models) as process:
        first = json.loads(process.stdout.readline())
        os.kill(children_of(process.pid)[1], signal.SIGKILL)
        lines = [first, *map(json.loads, process.stdout)]
        assert process.wait() == 0, (tmp_path / "errors").read_text()
    assert run(*TRAIN, *models, "--output", tmp_path / "one.safetensors").status == 0
    epochs, summary = [line for line in lines if "epoch" in line], lines[-1]
    assert len({(line["model"], line["epoch"]) for line in epochs}) == 2 * 8
    assert len(epochs) <= 2 * 8 + 2  # one process tells them, and again only those after which it was killed
    found, wanted = (load_checkpoints(tmp_path / f"{name}.safetensors") for name in ("two", "one"))
    for one, other in zip(found, wanted, strict=True):
        np.testing.assert_allclose(one.history.training, other.history.training, rtol=1e-4)
        losses, others = ([entry.total for entry in model.history.evaluations] for model in (one, other))
        assert losses == pytest.approx(others, rel=1e-4)
    said = json.loads((tmp_path / "two.run" / "run.json").read_text())
    assert (said["processes"], summary["processes"]) == (2, 2)


@pytest.fixture
def agent(monkeypatch):
    """Have the command believe that torchrun watches over it, as the only process; a call says that it is a restart."""
    for name, value in (("RANK", "0"), ("WORLD_SIZE", "1"), ("TORCHELASTIC_RUN_ID", "a")):
        monkeypatch.setenv(name, value)
    return lambda: monkeypatch.setenv("TORCHELASTIC_RESTART_COUNT", "1")


@pytest.fixture
def cut_off(train, agent, at_step, tmp_path):
    """The folder of a training that ended after 7 of 24 steps, as if it had been killed then."""
    signals = [signal.SIGTERM]
    at_step(7, lambda: signals and os.kill(os.getpid(), signals.pop()))
    result, folder = train(), tmp_path / "model.run"
    assert result.status == 0  # it was asked for: torchrun is not to begin again
    assert result.err == f"vae-desktop train: stopped at step 8; saved {tmp_path}/model.safetensors.\n"
    status = json.loads((folder / "status.json").read_text())
    assert status["state"] == "stopped"
    (folder / "status.json").write_text(json.dumps({**status, "state": "training"}))
    return folder


@pytest.mark.parametrize("is_restart", [False, True])
def test_a_training_that_was_cut_off_goes_on_as_if_nothing_had_been(train, agent, cut_off, tmp_path, is_restart):
    if is_restart:
        agent()
    result = train()
    assert result.status == 0
    assert f"note: The training in {cut_off} goes on after step 8, where it was cut off." in result.err
    found = load_checkpoint(tmp_path / "model.safetensors")
    assert train("--output", tmp_path / "whole.safetensors").status == 0
    assert_same_training(found, load_checkpoint(tmp_path / "whole.safetensors"))
    assert json.loads((cut_off / "status.json").read_text())["state"] == "finished"


def test_a_fork_that_was_cut_off_goes_on_too(train, run, agent, at_step, tmp_path):
    assert train().status == 0
    signals = [signal.SIGTERM]

    def fork(name):
        changes = "--epochs", 3, "--set", "beta=4", "batch-size=100"
        return run("fork", tmp_path / "model.safetensors", *changes, "--output", tmp_path / f"{name}.safetensors")

    at_step(30, lambda: signals and os.kill(os.getpid(), signals.pop()))
    assert "stopped at step 31" in fork("fork").err
    result = fork("fork")
    assert f"The training in {tmp_path / 'fork.run'} goes on after step 31, where it was cut off." in result.err
    found = load_checkpoint(tmp_path / "fork.safetensors")
    assert fork("whole").status == 0
    assert_same_training(found, load_checkpoint(tmp_path / "whole.safetensors"))
    assert (found.history.forked_at, found.config.training.batch_size) == (24, 100)


def test_a_training_that_was_cut_off_is_not_written_over_by_another(train, agent, cut_off):
    result = train("--seed", 1)
    result.assert_refused(1, f"{cut_off} holds another training, which was cut off", f"--continue {cut_off}")
    agent()
    train("--seed", 1).assert_refused(1, "holds another training")
    assert train("--batch-size", 128, "--seed", 0).status == 0


def test_one_that_ends_before_all_processes_have_is_not_begun_anew(train, agent):
    assert [train().status, train("--epochs", 1).status] == [0, 0]  # the second in the folder of the first
    agent()
    result = train("--epochs", 1, "--json")
    assert (result.status, [line["steps"] for line in result.lines]) == (0, [12])
