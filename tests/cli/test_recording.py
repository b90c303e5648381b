"""``train --timeline``: moments of a training lie in its file, and nowhere else."""

import numpy as np
import pytest

from tests.same_training import assert_same_training
from vae_desktop.training.checkpoint import load_checkpoint, load_checkpoints


@pytest.fixture(autouse=True)
def cache_dir(monkeypatch, tmp_path):
    """Where the frames lie meanwhile."""
    monkeypatch.setattr("vae_desktop.paths.default_cache_dir", lambda: tmp_path / "cache")
    return tmp_path / "cache"


def left(cache_dir):
    return [path for path in cache_dir.rglob("*") if path.is_file()]


def test_a_training_with_a_timeline_is_the_same_training(train, run, tmp_path, cache_dir):
    assert train().status == 0
    plain = load_checkpoint(tmp_path / "model.safetensors")
    result = train("--timeline", "20 MB")
    assert (result.status, result.err) == (0, "")
    recorded = load_checkpoint(tmp_path / "model.safetensors")
    assert_same_training(recorded, plain)
    assert plain.timeline is None
    assert recorded.timeline.steps == [*range(9), 10, 12, 14, 16, 19, 22, 24]
    newest = recorded.timeline.read(24)
    for name, values in recorded.snapshot.weights.items():
        assert np.array_equal(newest.snapshot.weights[name], values)
    (told,) = run("info", tmp_path / "model.safetensors", "--json").lines
    assert [frame["step"] for frame in told["timeline"]] == recorded.timeline.steps
    assert left(cache_dir) == []


def test_a_budget_holds_in_the_file(train, tmp_path):
    train("--timeline", "150", "kB")
    frames = load_checkpoint(tmp_path / "model.safetensors").timeline.frames
    assert 2 < len(frames) < 20
    assert sum(frame.bytes for frame in frames) <= 150_000


def test_compared_models_have_each_a_timeline(train, tmp_path):
    assert train("--compare", "ae", "vae", "--timeline", "1 MB").status == 0
    together = load_checkpoints(tmp_path / "model.safetensors")
    assert [len(entry.timeline.frames) for entry in together] == [16, 16]
    assert len(load_checkpoint(tmp_path / "model-ae.safetensors").timeline.frames) == 16


def test_going_on_keeps_the_timeline_of_a_file(train, run, tmp_path):
    train("--timeline", "1 MB")
    path, other = tmp_path / "model.safetensors", tmp_path / "other.safetensors"
    assert run("train", "--continue", path, "--epochs", 1, "--output", other).status == 0
    before, after = load_checkpoint(path), load_checkpoint(other)
    assert after.timeline.steps == [*before.timeline.steps, 28, 32, 36]
    for step in (0, 7, 24):
        one, other_one = before.timeline.read(step).snapshot, after.timeline.read(step).snapshot
        for name, values in one.weights.items():
            assert np.array_equal(other_one.weights[name], values)
    assert run("train", "--continue", path, "--epochs", 1, "--timeline", 0, "--output", other).status == 0
    assert load_checkpoint(other).timeline is None


def test_going_on_keeps_the_budget_of_a_file_unless_another_is_asked_for(train, run, tmp_path):
    path, other = tmp_path / "model.safetensors", tmp_path / "other.safetensors"
    train("--timeline", "150", "kB")
    for size, given in ((150_000, []), (100_000, ["--timeline", "100 kB"]), (100_000, [])):
        assert run("train", "--continue", path, "--epochs", 3, *given, "--output", other).status == 0
        timeline, path = load_checkpoint(other).timeline, other
        assert timeline.budget == size
        assert size / 2 < timeline.bytes <= size


def test_a_timeline_of_a_newer_version_is_said_to_be_one(train, run, tmp_path):
    train("--timeline", "1 MB")
    path, newer = tmp_path / "model.safetensors", tmp_path / "newer.safetensors"
    old, new = (b'\\"timeline\\":{\\"format\\":%d' % number for number in (1, 2))
    assert path.read_bytes().count(old) == 1
    newer.write_bytes(path.read_bytes().replace(old, new))
    assert run("info", newer, "--json").lines[0]["timeline"] == []
    assert "of a newer version" in run("info", newer).out
    words = "newer.safetensors has a timeline that only a newer vae_desktop can read"
    run("sample", newer, "--step", 3, "--output", tmp_path / "s.png").assert_refused(1, words)
    result = run("train", "--continue", newer, "--epochs", 1, "--output", tmp_path / "o.safetensors")
    assert (result.status, words in result.err) == (0, True)
    assert run("sample", newer, "--output", tmp_path / "s.png").status == 0


@pytest.mark.parametrize(
    ("size", "words"), [("much", "'much' is no size such as 256 MB"), ("1 kB", "1 kB hold not even")]
)
def test_a_size_that_cannot_be_is_refused(train, size, words):
    train("--timeline", size).assert_refused(2, words)


def test_what_a_killed_training_has_left_goes_with_the_next_one_but_not_what_another_machine_records(train, cache_dir):
    killed, elsewhere = (cache_dir / "timelines" / f"999999999-{name}1" for name in ("", "another-host-"))
    for folder in (killed, elsewhere):
        (folder / "0").mkdir(parents=True)
        (folder / "0" / "frame").touch()
    assert train("--timeline", "1 MB").status == 0
    assert left(cache_dir) == [elsewhere / "0" / "frame"]


def test_a_cache_that_cannot_be_written_is_told_once(train, tmp_path):
    (tmp_path / "cache").write_text("a file in the folder's place")
    result = train("--timeline", "1 MB")
    assert result.status == 0
    assert result.err.count("note: The timeline is no longer kept") == 1
    assert load_checkpoint(tmp_path / "model.safetensors").timeline is None
