"""Frames of a training in its model's file: read one by one when wanted, and refused in words where they are wrong."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from tests.same_training import assert_same_training
from vae_desktop.errors import CheckpointError, UserError
from vae_desktop.training import tensor_file
from vae_desktop.training.checkpoint import load_checkpoint, load_checkpoints, save_checkpoints
from vae_desktop.training.description import TIMELINE_VERSION
from vae_desktop.training.loop import TrainingLoop
from vae_desktop.training.timeline import Frame, FrameInfo, Timeline
from vae_desktop.variants import Variant

KEY = "vae_desktop"
STEPS = (0, 2, 3, 6)
EXACT = (3,)  # besides the first


def recorded(configs, dataset):
    """Train models; return of each its end, and by step how it was at the steps of a timeline."""
    loop = TrainingLoop(configs, dataset, torch.device("cpu"))
    kept = [{} for _ in configs]

    def look():
        for model, frames in zip(loop.models, kept, strict=True):
            if model.steps in STEPS:
                snapshot = model.trainer.snapshot(with_optimizer=model.steps in EXACT)
                frames[model.steps] = Frame(snapshot, model.codes if model.steps % 3 == 0 else None)

    loop.each(lambda model: model.evaluate())
    look()
    while not loop.finished:
        loop.step()
        loop.end_epochs()
        look()
    return [model.checkpoint() for model in loop.models], kept


def timeline_of(checkpoint, frames):
    infos = [FrameInfo(step, 1000, 500 if step in EXACT else 0, step in (0, *EXACT)) for step in frames]
    training = checkpoint.config.training
    settings = {"learning_rate": training.learning_rate, "beta": training.beta}
    return Timeline(infos, settings, lambda info: frames[info.step])


@pytest.fixture(scope="module")
def made(config, dataset):
    (checkpoint,), (frames,) = recorded([config], dataset)
    return checkpoint, frames


@pytest.fixture
def path(made, tmp_path):
    path = tmp_path / "model.safetensors"
    checkpoint, frames = made
    save_checkpoints(path, [checkpoint], timelines=[timeline_of(checkpoint, frames)])
    return path


def parts(path):
    data = path.read_bytes()
    end = 8 + int.from_bytes(data[:8], "little")
    return json.loads(data[8:end]), data[end:]


def rewrite(path, change):
    """Write the file anew after `change(what it says of the model, header)`."""
    header, data = parts(path)
    said = json.loads(header["__metadata__"][KEY])
    change(said, header)
    header["__metadata__"][KEY] = json.dumps(said)
    text = json.dumps(header).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + data)


def test_the_frames_come_back_as_they_were(made, path):
    checkpoint, frames = made
    loaded = load_checkpoint(path)
    assert loaded.format_version == TIMELINE_VERSION
    assert_same_training(loaded, checkpoint)
    assert loaded.timeline.steps == list(STEPS)
    assert [info.step for info in loaded.timeline.frames if info.is_exact] == [0, 3]
    assert [info.evaluation for info in loaded.timeline.frames if info.step in (0, 3, 6)] == [
        entry for entry in checkpoint.history.evaluations if entry.step in STEPS
    ]
    for step, frame in frames.items():
        read = loaded.timeline.read(step)
        assert read.snapshot.span == frame.snapshot.span
        for name, values in frame.snapshot.weights.items():
            assert np.array_equal(read.snapshot.weights[name], values)
        assert (read.snapshot.optimizer is None) == (step not in EXACT)
        for name, values in (frame.snapshot.optimizer or {}).items():
            assert np.array_equal(read.snapshot.optimizer[name], values)
        assert (read.codes is None) == (frame.codes is None)
        if frame.codes is not None:
            assert np.array_equal(read.codes.mean, frame.codes.mean)
            assert np.array_equal(read.codes.labels, checkpoint.codes.labels)
        assert (read.evaluation is not None) == (step % 3 == 0)


def test_opening_reads_nothing_of_the_frames(path, monkeypatch):
    read = []
    whole = tensor_file.read_tensor
    monkeypatch.setattr(tensor_file, "read_tensor", lambda file, info: read.append(info.bytes) or whole(file, info))
    loaded = load_checkpoint(path)
    held = sum(read)
    read.clear()
    info = loaded.timeline.info(3)
    loaded.timeline.read(3)
    assert sum(read) == info.bytes
    assert held + sum(frame.bytes for frame in loaded.timeline.frames) == len(parts(path)[1])


def test_a_file_without_a_timeline_is_as_ever(made, path, tmp_path):
    checkpoint, _ = made
    save_checkpoints(tmp_path / "plain", [checkpoint])
    save_checkpoints(tmp_path / "none", [load_checkpoint(path)], timelines=[None])
    assert (tmp_path / "plain").read_bytes() == (tmp_path / "none").read_bytes()
    assert load_checkpoint(tmp_path / "plain").timeline is None


def test_a_file_saved_again_with_its_own_timeline_is_the_same(path, tmp_path):
    loaded = load_checkpoint(path)
    save_checkpoints(tmp_path / "again", [loaded], timelines=[loaded.timeline])
    assert (tmp_path / "again").read_bytes() == path.read_bytes()


def test_training_goes_on_from_an_exact_frame_as_it_did(made, path, dataset):
    checkpoint, _ = made
    begin = load_checkpoint(path).at(3)
    assert (begin.snapshot.step, len(begin.history.training), begin.config) == (3, 3, checkpoint.config)
    loop = TrainingLoop([begin.config], dataset, torch.device("cpu"), [begin.snapshot])
    for _ in loop.epochs():
        pass
    end = loop.models[0].checkpoint()
    for name, values in checkpoint.snapshot.weights.items():
        assert np.array_equal(end.snapshot.weights[name], values)
    assert np.array_equal(end.history.training, checkpoint.history.training[3:], equal_nan=True)


def test_a_frame_has_the_settings_of_its_time(made, path):
    checkpoint, frames = made
    changed = replace(checkpoint, config=checkpoint.config.with_settings(beta=4.0, epochs=7))
    timeline = timeline_of(checkpoint, frames)
    save_checkpoints(path, [changed], timelines=[timeline])
    assert load_checkpoint(path).at(2).config == checkpoint.config


def test_a_step_that_was_not_kept_is_refused_with_the_nearest(path, good, tmp_path):
    with pytest.raises(UserError, match=r"Step 5 was not kept; the nearest that was is 6\."):
        load_checkpoint(path).at(5)
    (tmp_path / "plain").write_bytes(good)
    with pytest.raises(UserError, match="No step of this model's training was kept"):
        load_checkpoint(tmp_path / "plain").at(5)


def test_several_models_have_each_its_own(config, dataset, tmp_path):
    configs = [Variant(kind).applied_to(config) for kind in ("ae", "vae")]
    checkpoints, kept = recorded(configs, dataset)
    timelines = [timeline_of(*pair) for pair in zip(checkpoints, kept, strict=True)]
    save_checkpoints(tmp_path / "set", checkpoints, timelines=[timelines[0], None])
    loaded = load_checkpoints(tmp_path / "set")
    assert loaded[1].timeline is None
    assert loaded[0].timeline.steps == list(STEPS)
    save_checkpoints(tmp_path / "set", checkpoints, timelines=timelines)
    for entry, frames in zip(load_checkpoints(tmp_path / "set"), kept, strict=True):
        codes = entry.timeline.read(6).codes
        assert np.array_equal(codes.mean, frames[6].codes.mean)


def test_small_numbers_leave_out_the_moments(made, tmp_path):
    checkpoint, frames = made
    small = replace(checkpoint, snapshot=replace(checkpoint.snapshot, optimizer=None))
    save_checkpoints(tmp_path / "small", [small], half_precision=True, timelines=[timeline_of(checkpoint, frames)])
    loaded = load_checkpoint(tmp_path / "small")
    assert not any(info.is_exact for info in loaded.timeline.frames)
    for step, frame in frames.items():
        for name, values in frame.snapshot.weights.items():
            assert np.allclose(loaded.timeline.read(step).snapshot.weights[name], values, atol=1e-3)


def test_frames_for_which_a_file_has_no_room_are_left_out(made, tmp_path, monkeypatch):
    checkpoint, frames = made
    save_checkpoints(tmp_path / "plain", [checkpoint])
    size = len(parts(tmp_path / "plain")[1]) + tensor_file.MAX_HEADER_BYTES
    monkeypatch.setattr(tensor_file, "MAX_FILE_BYTES", size + 3000)
    save_checkpoints(tmp_path / "m", [checkpoint], timelines=[timeline_of(checkpoint, frames)])
    assert load_checkpoint(tmp_path / "m").timeline.steps == [0, 3, 6]


def test_a_frame_that_cannot_be_read_is_left_out(made, tmp_path, caplog):
    checkpoint, frames = made
    timeline = timeline_of(checkpoint, frames)

    def read(info):
        if info.step == 2:
            raise CheckpointError("it is damaged")
        return frames[info.step]

    save_checkpoints(tmp_path / "m", [checkpoint], timelines=[Timeline(timeline.frames, timeline.settings, read)])
    assert load_checkpoint(tmp_path / "m").timeline.steps == [0, 3, 6]
    assert "it is damaged" in caplog.text


def test_a_file_that_has_changed_is_not_read_by_old_offsets(path):
    timeline = load_checkpoint(path).timeline
    path.write_bytes(path.read_bytes() + b"\0")
    with pytest.raises(CheckpointError, match="it was changed since it was opened"):
        timeline.read(3)
    path.unlink()
    with pytest.raises(CheckpointError, match="there is no such file"):
        timeline.read(3)


def said_frames(change):
    return lambda said, header: change(said["timeline"]["frames"])


def renamed(old, new):
    def change(said, header):
        header[new] = header.pop(old)

    return change


def reshaped(name, **changes):
    def change(said, header):
        header[name] |= changes

    return change


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda said, header: said.update(timeline=None), "its description is damaged"),
        (lambda said, header: said.update(timeline={"settings": {}, "frames": []}), "its timeline is damaged"),
        (lambda said, header: said["timeline"]["settings"].update(beta=True), "its timeline is damaged"),
        (lambda said, header: said["timeline"]["settings"].update(beta=-1), "KL weight"),
        (lambda said, header: said.pop("timeline"), "it holds what no model of this app has"),
        (said_frames(lambda frames: frames.pop()), "not those that it names"),
        (said_frames(lambda frames: frames.append([7, 0, 9, 3])), "not those that it names"),
        (said_frames(lambda frames: frames.append([99, 0, 99, 3])), "its timeline is damaged"),
        (said_frames(lambda frames: frames.reverse()), "its timeline is damaged"),
        (said_frames(lambda frames: frames.append([6, 0, 9, 3])), "its timeline is damaged"),
        (said_frames(lambda frames: frames[0].__setitem__(0, 0.0)), "its timeline is damaged"),
        (said_frames(lambda frames: frames[1].__setitem__(3, 0)), "impossible training"),
        (said_frames(lambda frames: frames[1].pop()), "its description is damaged"),
        (said_frames(lambda frames: frames[1].__setitem__(1, 5)), "its timeline is damaged"),
        (renamed("timeline.2.weights", "timeline.02.weights"), "not those that it names"),
        (renamed("timeline.2.weights", "timeline.2.x"), "not those of its model"),
        (renamed("timeline.3.mean", "timeline.3.x"), "not those of its model"),
        (renamed("timeline.2.weights", "timeline.weights"), "not those that it names"),
        (lambda said, header: header["timeline.2.weights"]["shape"].append(1), "not those of its model"),
        (reshaped("timeline.3.mean", shape=[20, 1]), "not those of its model"),
    ],
)
def test_a_timeline_that_is_not_one_is_refused_in_words(path, change, words):
    rewrite(path, change)
    with pytest.raises(CheckpointError, match=words) as caught:
        load_checkpoint(path)
    assert str(caught.value).startswith("Cannot open model.safetensors: ")


@pytest.mark.parametrize("values", [np.nan, np.inf])
def test_a_damaged_frame_is_named_and_the_others_can_be_read(path, values):
    header, data = parts(path)
    start = len(path.read_bytes()) - len(data) + header["timeline.2.weights"]["data_offsets"][0]
    damaged = bytearray(path.read_bytes())
    damaged[start : start + 4] = np.float32(values).tobytes()
    path.write_bytes(bytes(damaged))
    timeline = load_checkpoint(path).timeline
    with pytest.raises(CheckpointError, match=r"Cannot open model.safetensors: in the frame of step 2, .* not finite"):
        timeline.read(2)
    assert timeline.read(3).step == 3
