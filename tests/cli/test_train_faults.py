"""``vae-desktop train``: whatever goes wrong in a training or at its end, what has been learned is not lost."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

import vae_desktop
from vae_desktop.training.checkpoint import load_checkpoint, load_checkpoints
from vae_desktop.training.trainer import Trainer

QUICK = ["--image-size", "8", "--hidden", "16", "--device", "cpu"]
EPOCH = 12  # steps


@pytest.fixture
def output(tmp_path):
    """Where the model is to be saved, in a folder of its own."""
    (tmp_path / "results").mkdir()
    return tmp_path / "results" / "model.safetensors"


@pytest.fixture
def homes(tmp_path, monkeypatch):
    """The folders of the app's settings and of temporary files, both empty."""
    folders = [tmp_path / "settings", tmp_path / "temporary"]
    for folder in folders:
        folder.mkdir()
    monkeypatch.setattr("platformdirs.user_config_dir", lambda *_, **__: str(folders[0]))
    monkeypatch.setattr("tempfile.tempdir", str(folders[1]))
    return folders


@pytest.fixture
def at_step(monkeypatch):
    """Have something happen in a training step, given its number, to models of a kind or to all."""

    def arrange(number, happen, kinds=("ae", "vae")):
        step = Trainer.step

        def stepped(self, batch):
            kind = "vae" if self.model.is_variational else "ae"
            if self.steps == number and kind in kinds:
                happen(self)
            return step(self, batch)

        monkeypatch.setattr(Trainer, "step", stepped)

    return arrange


def blow_up(trainer):
    with torch.no_grad():
        list(trainer.model.encoder.parameters())[-1].fill_(float("nan"))


def break_down(trainer):
    raise RuntimeError("the cat sat on the cable")


def fill_the_memory(trainer):
    return torch.empty(2**60, dtype=torch.uint8)


def is_whole(checkpoint, step):
    finite = all(np.isfinite(values).all() for values in checkpoint.snapshot.weights.values())
    evaluated = [evaluation.step for evaluation in checkpoint.history.evaluations]
    return (
        finite
        and checkpoint.can_continue_exactly
        and (checkpoint.snapshot.step, len(checkpoint.history.training)) == (step, step)
        and evaluated == list(range(0, step + 1, EPOCH))
        and checkpoint.codes.are_finite
    )


def test_an_output_folder_that_is_gone_at_the_end_costs_no_model(run, output, homes, at_step):
    at_step(5, lambda _: shutil.rmtree(output.parent))
    result = run("train", *QUICK, "--epochs", 2, "--output", output)
    kept = homes[0] / "autosaves" / output.name
    assert result.status == 1
    assert result.err == (
        f"vae-desktop train: Cannot write {output}: No such file or directory. It is saved as {kept} instead.\n"
    )
    assert f"Saved            {kept}" in result.out
    assert is_whole(load_checkpoint(kept), 2 * EPOCH)


def test_what_lies_there_from_another_time_is_not_replaced(run, output, homes, at_step):
    at_step(5, lambda _: shutil.rmtree(output.parent, ignore_errors=True))
    for _ in range(2):
        output.parent.mkdir(exist_ok=True)
        run("train", *QUICK, "--epochs", 1, "--output", output)
    names = {path.name for path in (homes[0] / "autosaves").iterdir()}
    assert names == {"model.safetensors", "model-2.safetensors"}


def test_where_the_app_has_no_folder_either_it_is_among_the_temporary_files(run, output, homes, at_step):
    homes[0].rmdir()
    homes[0].write_text("a file in the way")
    at_step(5, lambda _: shutil.rmtree(output.parent))
    result = run("train", *QUICK, "--epochs", 1, "--output", output, "--json")
    (kept,) = homes[1].glob(f"*/{output.name}")
    assert (result.status, result.lines[-1]["output"]) == (1, str(kept))
    assert f"It is saved as {kept} instead." in result.err
    assert is_whole(load_checkpoint(kept), EPOCH)


def test_of_several_models_all_are_written_elsewhere(run, output, homes, at_step):
    at_step(5, lambda _: shutil.rmtree(output.parent, ignore_errors=True))
    result = run("train", *QUICK, "--epochs", 1, "--compare", "ae", "vae", "--output", output)
    folder = homes[0] / "autosaves"
    assert result.status == 1
    assert result.err.count("instead.\n") == result.err.count("\n") == 3
    assert {path.name for path in folder.iterdir()} == {f"model{part}.safetensors" for part in ("", "-ae", "-vae")}
    assert all(is_whole(checkpoint, EPOCH) for checkpoint in load_checkpoints(folder / output.name))


@pytest.fixture(scope="module")
def forked(tmp_path_factory):
    """Commands whose output leads to a device that is always full, one that may write no file beyond 4 kB, and one
    whose model goes to a disk of 64 kB, where such a disk can be made.

    They are children of one process, which has loaded torch and the digits for all. Each has a folder of its own for
    whatever it writes: a model, the app's own files, temporary ones, and what it says on stderr.
    """
    if os.name == "nt" or not Path("/dev/full").exists():
        pytest.skip("uses limits and devices that this system lacks")
    folder = tmp_path_factory.mktemp("forked")
    options = {"full": [], "full json": ["--json"], "limited": [], "disk": ["--hidden", "400"]}
    for name in options:
        for part in ("results", "settings", "temporary"):
            (folder / name / part).mkdir(parents=True)
    targets = {name: str(folder / name / "results" / "model.safetensors") for name in options}
    commands = {name: ["train", *QUICK, "--epochs", "3", "--output", targets[name], *options[name]] for name in options}
    code = """
import json, os, resource, runpy, sys
import vae_desktop.cli.train, vae_desktop.training.loop
from vae_desktop.config import DatasetConfig
from vae_desktop.data.load import load_digits
load_digits(DatasetConfig("digits", 8))
folder, commands = sys.argv[1], json.loads(sys.argv[2])
for name, arguments in commands.items():
    child = os.fork()
    if child == 0:
        home = os.path.join(folder, name)
        os.environ |= {"XDG_CONFIG_HOME": home + "/settings", "HOME": home + "/settings", "TMPDIR": home + "/temporary"}
        os.dup2(os.open(home + "/stderr", os.O_WRONLY | os.O_CREAT), 2)
        os.dup2(os.open("/dev/full" if name.startswith("full") else os.devnull, os.O_WRONLY), 1)
        if name == "limited":
            resource.setrlimit(resource.RLIMIT_FSIZE, (4000, 4000))
        sys.argv = ["vae-desktop", *arguments]
        runpy.run_module("vae_desktop", run_name="__main__")
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
    disk = 'mount -t tmpfs -o size=64k none "$0" && "$@"'
    mounted = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", disk, str(folder / "disk" / "results")]
    if shutil.which("unshare") is None or subprocess.run([*mounted, "true"], capture_output=True).returncode:
        mounted = []
        del commands["disk"]
    done = subprocess.run(
        [*mounted, sys.executable, "-c", code, str(folder), json.dumps(commands)],
        env={**os.environ, "PYTHONPATH": str(Path(vae_desktop.__file__).parents[1])},
        stdout=subprocess.PIPE,
        text=True,
        timeout=300,
        check=True,
    )
    return folder, dict(zip(commands, map(int, done.stdout.split()), strict=True))


def test_on_a_disk_that_fills_up_the_model_is_saved_on_another(forked):
    """A real one."""
    folder, statuses = forked
    if "disk" not in statuses:
        pytest.skip("no small file system can be made here")
    (kept,) = (folder / "disk" / "settings").rglob("model.safetensors")
    said = (folder / "disk" / "stderr").read_text()
    assert statuses["disk"] == 1
    assert said.startswith(
        f"vae-desktop train: Cannot write {folder}/disk/results/model.safetensors: No space left on device."
    )
    assert said.endswith(f"It is saved as {kept} instead.\n")
    assert said.count("\n") == 1
    assert is_whole(load_checkpoint(kept), 3 * EPOCH)


def test_where_nothing_can_be_written_it_says_that_all_is_lost(forked):
    folder, statuses = forked
    output = folder / "limited" / "results" / "model.safetensors"
    assert statuses["limited"] == 1
    assert (folder / "limited" / "stderr").read_text() == (
        f"vae-desktop train: Cannot write {output}: File too large. Nor can it be written anywhere else: it is lost.\n"
    )
    assert [path.name for path in (folder / "limited").rglob("*") if path.is_file()] == ["stderr"]


@pytest.mark.parametrize("name", ["full", "full json"])
def test_a_log_that_cannot_be_written_costs_no_model(forked, name):
    folder, statuses = forked
    output = folder / name / "results" / "model.safetensors"
    assert statuses[name] == 1
    assert (folder / name / "stderr").read_text() == (
        "vae-desktop train: Cannot write what is printed: No space left on device. "
        f"Stopped at step {EPOCH}; saved {output}.\n"
    )
    assert is_whole(load_checkpoint(output), EPOCH)


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (blow_up, "The loss is no longer a finite number in epoch 3. Most likely it learns too fast"),
        (break_down, "RuntimeError: the cat sat on the cable (run again with --debug for the details)."),
        (fill_the_memory, "The computer ran out of memory. Choose a smaller batch than 128 or narrower layers"),
    ],
)
def test_a_training_that_fails_leaves_its_last_good_state(run, output, at_step, fault, words):
    at_step(2 * EPOCH + 5, fault)
    output.write_bytes(b"an older model")
    result = run("train", *QUICK, "--epochs", 4, "--output", output)
    assert result.status == 1
    assert words in result.err
    assert result.err.endswith(f"The model as it was after epoch 2 is saved: {output}.\n")
    assert result.err.count("\n") == 1
    assert is_whole(load_checkpoint(output), 2 * EPOCH)


def test_what_is_left_of_a_failed_training_is_what_ctrl_c_would_have_left(run, output, tmp_path, at_step):
    at_step(EPOCH + 5, break_down)
    run("train", *QUICK, "--epochs", 2, "--output", output)
    whole = tmp_path / "whole.safetensors"
    run("train", *QUICK, "--epochs", 1, "--output", whole)
    left, expected = load_checkpoint(output), load_checkpoint(whole)
    for part in ("weights", "optimizer"):
        for name, values in getattr(expected.snapshot, part).items():
            assert np.array_equal(getattr(left.snapshot, part)[name], values)
    assert np.array_equal(left.codes.mean, expected.codes.mean)
    assert left.snapshot.is_interrupted


def test_debug_shows_where_it_failed(run, output, at_step):
    at_step(EPOCH + 5, break_down)
    result = run("train", *QUICK, "--epochs", 2, "--output", output, "--debug")
    assert "in break_down" in result.err
    assert result.err.splitlines()[-1].endswith(f"is saved: {output}.")


def test_one_of_several_that_fails_is_saved_too_and_the_others_go_on(run, output, at_step):
    at_step(EPOCH + 5, blow_up, kinds=("ae",))
    result = run("train", *QUICK, "--epochs", 3, "--compare", "ae", "vae", "--output", output, "--json")
    own = output.with_name("model-ae.safetensors")
    (line,) = result.err.splitlines()
    assert result.status == 1
    assert line.startswith("vae-desktop train: AE: The loss is no longer a finite number in epoch 2. ")
    assert line.endswith(f"The model as it was after epoch 1 is saved: {own}.")
    assert [entry["output"] for entry in result.lines[-1]["models"]] == [
        str(own),
        str(output.with_name("model-vae.safetensors")),
    ]
    assert is_whole(load_checkpoint(own), EPOCH)
    assert [entry.snapshot.step for entry in load_checkpoints(output)] == [EPOCH, 3 * EPOCH]


def test_if_all_of_several_fail_all_are_saved(run, output, at_step):
    at_step(EPOCH + 5, break_down)
    result = run("train", *QUICK, "--epochs", 3, "--compare", "ae", "vae", "--output", output)
    assert result.status == 1
    assert [line.partition(": ")[2][:4] for line in result.err.splitlines()] == ["AE: ", "VAE:"]
    assert [entry.snapshot.step for entry in load_checkpoints(output)] == [EPOCH, EPOCH]
