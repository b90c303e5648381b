"""``train --run-dir``: a folder that says all of a training while it goes on, and from which it can go on."""

import errno
import io
import json
import os
import signal

import numpy as np
import pytest
from filelock import FileLock

from tests.same_training import assert_same_training
from vae_desktop.training.checkpoint import load_checkpoint, load_checkpoints
from vae_desktop.training.frame_folder import FrameFolder
from vae_desktop.training.frames import FrameLayout
from vae_desktop.training.history import TERMS, History
from vae_desktop.training.loop import TrainingLoop
from vae_desktop.training.run_folder import metrics as metrics_file
from vae_desktop.training.run_folder import patience, writer
from vae_desktop.training.run_folder.metrics import MetricsFile, steps_together


@pytest.fixture(autouse=True)
def cache_dir(monkeypatch, tmp_path):
    """Where the frames lie while a model trains."""
    monkeypatch.setattr("vae_desktop.paths.default_cache_dir", lambda: tmp_path / "cache")


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "run"


def said(path):
    return json.loads(path.read_bytes(), parse_constant=pytest.fail)


def lines(path):
    return [json.loads(line, parse_constant=pytest.fail) for line in path.read_bytes().splitlines()]


def columns(found):
    """Total and reconstruction of all steps (n, 2)."""
    parts = [line for line in found if "first" in line]
    starts = np.cumsum([1, *(len(line["total"]) for line in parts)])
    assert [line["first"] for line in parts] == starts[:-1].tolist()
    found = [np.stack([np.array(line[name] or np.nan, float) for name in TERMS[:2]], 1) for line in parts]
    return np.concatenate(found).astype(np.float32)


def test_a_folder_says_what_the_model_file_says(train, folder, tmp_path):
    assert train("--run-dir", folder).status == 0
    model = load_checkpoint(tmp_path / "model.safetensors")
    assert model.timeline is None  # it lies in the folder alone
    assert_same_training(load_checkpoint(folder / "models.safetensors"), model)
    metrics = lines(folder / "0" / "metrics.jsonl")
    assert np.array_equal(columns(metrics), model.history.training[:, :2])
    evaluations = [line["evaluation"] for line in metrics if "evaluation" in line]
    assert [(one["step"], one["total"]) for one in evaluations] == [
        (one.step, one.total) for one in model.history.evaluations
    ]
    run, status = said(folder / "run.json"), said(folder / "status.json")
    assert run["id"] == status["id"]
    assert (status["state"], status["models"][0]["step"]) == ("finished", 24)
    assert status["models"][0]["metrics"] == (folder / "0" / "metrics.jsonl").stat().st_size
    assert np.load(io.BytesIO((folder / "labels.npy").read_bytes())).shape == (run["test_images"],)
    layout = FrameLayout.of(model.config.model, model.image_shape)
    frames, _ = FrameFolder(folder / "0" / "frames", layout).found(model.history)
    assert [frame.step for frame in frames] == [one[0] for one in said(folder / "0" / "timeline.json")["frames"]]
    (newest,) = (one for one in FrameFolder(folder / "0" / "newest", layout).found(model.history)[0] if one.step == 24)
    frame = FrameFolder(folder / "0" / "newest", layout).read(newest)
    assert np.array_equal(frame.codes.mean, model.codes.mean)
    assert all(np.array_equal(frame.snapshot.weights[name], own) for name, own in model.snapshot.weights.items())


def test_a_training_goes_on_in_its_folder_as_if_it_had_not_been_interrupted(train, run, folder, tmp_path, monkeypatch):
    assert train("--compare", "ae", "vae").status == 0
    whole = load_checkpoints(tmp_path / "model.safetensors")
    step = TrainingLoop.step

    def interrupted(loop):
        step(loop)
        if loop.steps == 17:
            signal.raise_signal(signal.SIGINT)

    with monkeypatch.context() as context:
        context.setattr(TrainingLoop, "step", interrupted)
        assert train("--compare", "ae", "vae", "--run-dir", folder).status == 130
    assert said(folder / "status.json")["state"] == "stopped"
    first = said(folder / "run.json")["id"]
    assert run("train", "--continue", folder, "--output", tmp_path / "model.safetensors").status == 0
    for number, (one, other) in enumerate(zip(load_checkpoints(folder / "models.safetensors"), whole, strict=True)):
        assert_same_training(one, other)
        metrics = lines(folder / str(number) / "metrics.jsonl")
        assert np.array_equal(columns(metrics), other.history.training[:, :2])
        evaluated = [line["evaluation"]["step"] for line in metrics if "evaluation" in line]
        assert evaluated == [0, 12, 24]
        assert 0 in {frame[0] for frame in said(folder / str(number) / "timeline.json")["frames"]}
    assert said(folder / "run.json")["id"] == said(folder / "status.json")["id"] != first
    run("train", "--continue", folder).assert_refused(2, f"{folder} is at the end of its training", "--epochs")
    run("info", folder).assert_refused(1, "folder of a training", str(folder / "models.safetensors"))


def test_a_file_is_no_folder(train, folder):
    folder.touch()
    train("--run-dir", folder).assert_refused(1, f"Cannot write {folder}: a file has that name.")


def test_what_a_file_manager_has_left_is_nothing(train, folder):
    folder.mkdir()
    (folder / ".DS_Store").touch()
    assert train("--run-dir", folder, "--epochs", 1).status == 0


@pytest.mark.parametrize(
    ("before", "words"),
    [
        ("a training", "--continue"), ("a file", "is not empty"), ("a trainer", "Another training"),
        ("a training, and a trainer", "Another training"),
    ],
)  # fmt: skip
def test_a_folder_that_is_taken_is_refused(train, folder, before, words):
    if before.startswith("a training"):
        train("--run-dir", folder)
    else:
        folder.mkdir()
    if before == "a file":
        (folder / "notes.txt").touch()
    lock = FileLock(folder / "lock")
    if before.endswith("a trainer"):
        lock.acquire()
    found = sorted(folder.rglob("*"))
    train("--run-dir", folder).assert_refused(1, words, str(folder))
    assert sorted(folder.rglob("*")) == found
    lock.release()


def test_a_training_waits_for_room_and_loses_nothing(train, folder, tmp_path, monkeypatch):
    """The disk is full for a while; the training stands meanwhile."""
    monkeypatch.setattr(patience, "_AGAIN", 0.05)
    monkeypatch.setattr(writer, "_METRICS", 0.0)
    write, take, loops, steps = MetricsFile.write, TrainingLoop.step, [], []

    def step(loop):
        loops.append(loop)
        take(loop)

    def full(metrics):
        if loops and len(steps) < 9:
            steps.append(loops[-1].steps)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        write(metrics)

    monkeypatch.setattr(TrainingLoop, "step", step)
    monkeypatch.setattr(MetricsFile, "write", full)
    result = train("--run-dir", folder, "--batch-size", 4)
    assert result.status == 0
    assert "The training waits" in result.err
    assert "No space left on device" in result.err
    assert "The training goes on" in result.err
    model = load_checkpoint(tmp_path / "model.safetensors")
    assert np.array_equal(columns(lines(folder / "0" / "metrics.jsonl")), model.history.training[:, :2])
    assert 0 < steps[-2] == steps[-1] < model.snapshot.step


def test_a_folder_that_is_deleted_is_told_once_and_the_training_goes_on(train, folder, monkeypatch):
    monkeypatch.setattr(writer, "_METRICS", 0.0)
    step = TrainingLoop.step

    def deleting(loop):
        step(loop)
        if loop.steps == 100:
            folder.rename(folder.with_name("elsewhere"))

    monkeypatch.setattr(TrainingLoop, "step", deleting)
    result = train("--run-dir", folder, "--batch-size", 16)
    assert result.status == 0
    assert result.err.count("is not complete") == 1


def test_a_long_history_takes_few_bytes(tmp_path, monkeypatch):
    """As many steps again have half as many numbers, and so on."""
    monkeypatch.setattr(metrics_file, "_FULL", 2**12)
    rows = np.random.default_rng(0).random((3 * 2**12, 3), np.float32)
    history, metrics = History(), MetricsFile(tmp_path / "metrics.jsonl")
    for part in np.array_split(rows, 7):
        history.append(part)
        metrics.take(history)
    metrics.take(history, is_end=True)
    metrics.write_anew()
    found = lines(tmp_path / "metrics.jsonl")
    total = np.concatenate([np.repeat(line["total"], line["every"]) for line in found])
    assert len(total) == len(rows)
    assert np.array_equal(total[: 2**12].astype(np.float32), rows[: 2**12, 0])
    assert np.allclose(total[2**13 :], rows[2**13 :, 0].reshape(-1, 4).mean(1).repeat(4), atol=1e-6)
    assert steps_together(2**13) == 4
