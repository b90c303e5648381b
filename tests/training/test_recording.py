"""Frames of trainings as they are recorded: nothing changes by it, and no disk stops a training."""

import errno
import os
import shutil
import threading
from dataclasses import replace

import numpy as np
import pytest
import torch

from tests.same_training import assert_same_training
from vae_desktop.errors import CheckpointError, UserError
from vae_desktop.training import frame_folder, tensor_file
from vae_desktop.training.checkpoint import load_checkpoint, save_checkpoints
from vae_desktop.training.frame_folder import FrameFolder
from vae_desktop.training.frame_writer import FrameWriter
from vae_desktop.training.frames import FrameLayout
from vae_desktop.training.loop import TrainingLoop
from vae_desktop.training.recording import KeptTimeline, Recording
from vae_desktop.training.timeline import next_due
from vae_desktop.variants import KL_TERM, Variant

CPU = torch.device("cpu")
PLENTY = 10**9


@pytest.fixture
def recording_of(dataset, tmp_path):
    """A recording of a model of these settings, in a folder of that name; words of troubles go to a list."""

    def make(config, name="a", budget=PLENTY, troubles=None):
        folder = FrameFolder(tmp_path / name, FrameLayout.of(config.model, dataset.image_shape))

        def complain(words, details):
            if troubles is not None:
                troubles.append((words, details))

        return Recording(folder, FrameWriter(), budget, on_trouble=complain)

    return make


def trained(configs, dataset, recordings=None, snapshots=None, during=lambda loop: None):
    loop = TrainingLoop(configs, dataset, CPU, snapshots, timelines=recordings)
    for _ in loop.epochs(on_step=lambda: during(loop)):
        pass
    checkpoints = [model.checkpoint() for model in loop.models]
    for recording in recordings or ():
        assert recording.finish(60)
    return checkpoints


def files(recording):
    return sorted(path.name for path in recording.folder.path.iterdir())


class SlowWriter(FrameWriter):
    """Seems full at every third look."""

    looks = 0

    @property
    def waiting_bytes(self):
        self.looks += 1
        return 10**12 if self.looks % 3 == 0 else 0


def test_models_trained_together_keep_to_one_schedule_whatever_is_left_out(config, dataset, tmp_path):
    longer = config.with_settings(batch_size=4, epochs=4)
    configs = [variant.applied_to(longer) for variant in KL_TERM]
    writer = SlowWriter()
    recordings = [
        Recording(FrameFolder(tmp_path / str(place), FrameLayout.of(entry.model, dataset.image_shape)), writer)
        for place, entry in enumerate(configs)
    ]
    models = trained(configs, dataset, recordings)
    due, last = [0], models[0].snapshot.step
    while due[-1] < last:
        due.append(next_due(due[-1], models[0].snapshot.span.per_epoch))
    evaluated = [entry.step for entry in models[0].history.evaluations]  # of which the best is kept
    for recording in recordings:
        assert set(recording.steps) <= {*due, *evaluated, last}
        assert len(recording.steps) > 5


MODELS = {
    "mlp": (Variant("vae"),),
    "convolutional": (Variant("vae", architecture="convolutional"),),
    "an autoencoder": (Variant("ae"),),
    "four": KL_TERM,
}


@pytest.mark.parametrize("variants", MODELS.values(), ids=MODELS)
def test_a_training_is_to_the_bit_what_it_is_unrecorded_and_goes_on_from_its_exact_frames(
    variants, config, dataset, recording_of, tmp_path
):
    configs = [variant.applied_to(config) for variant in variants]
    recordings = [recording_of(entry, str(place)) for place, entry in enumerate(configs)]
    recorded = trained(configs, dataset, recordings)
    for one, other in zip(recorded, trained(configs, dataset), strict=True):
        assert_same_training(one, other)
    save_checkpoints(tmp_path / "m", recorded[-1:], timelines=recordings[-1:])
    saved = load_checkpoint(tmp_path / "m")
    exact = [info.step for info in saved.timeline.frames if info.is_exact]
    assert exact == [0, 7, 8, 9]
    for step in exact[:-1]:
        begin = saved.at(step)
        (end,) = trained([begin.config], dataset, None, [begin.snapshot])
        history = begin.history
        history.append(end.history.training)
        history.evaluations += [entry for entry in end.history.evaluations if entry.step > step]
        assert_same_training(replace(end, history=history), saved)


def test_frames_have_what_is_there_for_nothing(config, dataset, recording_of):
    recording = recording_of(config)
    (end,) = trained([config], dataset, [recording])
    assert recording.steps == list(range(10))
    assert recording.reasons[0] == "first"
    assert recording.reasons[9] == "newest"
    for info in recording.frames:
        frame = recording.read(info.step)
        ends_epoch = info.step % 3 == 0
        assert (frame.codes is not None) == (frame.evaluation is not None) == ends_epoch
    newest = recording.read(9)
    assert np.array_equal(newest.codes.mean, end.codes.mean)
    assert np.array_equal(newest.codes.labels, dataset.test.labels)
    assert newest.evaluation == end.history.last_evaluation


def test_changes_are_kept_with_their_moments_and_a_budget_leaves_the_rest_out(config, dataset, recording_of):
    size = 4 * sum(values.size for values in trained([config], dataset)[0].snapshot.weights.values())
    config = config.with_settings(epochs=12)
    recording = recording_of(config, budget=12 * size)

    def change(loop):
        if loop.steps in (5, 20):
            loop.models[0].adjust("beta", loop.steps / 10)

    trained([config], dataset, [recording], during=change)
    assert {0, 5, 20, 36} <= set(recording.steps)
    assert "best" in recording.reasons.values()
    assert [info.step for info in recording.frames if info.is_change] == [5, 20]
    assert recording.info(20).is_exact
    assert recording.bytes <= 12 * size
    assert sum(path.stat().st_size for path in recording.folder.path.iterdir()) <= 15 * size
    named = {f"{info.step:010}.weights.safetensors" for info in recording.frames}
    named |= {f"{info.step:010}.moments.safetensors" for info in recording.frames if info.moment_bytes}
    assert set(files(recording)) == named


def test_the_best_is_there_though_nothing_else_asks_for_it(config, dataset, recording_of, monkeypatch):
    """Its epoch's end lies between two steps of the schedule."""
    config = config.with_settings(epochs=30, learning_rate=0.3)
    recording = recording_of(config)
    (end,) = trained([config], dataset, [recording])
    best = min(end.history.evaluations, key=lambda entry: entry.total)
    assert best.step < 90
    assert recording.info(best.step).evaluation == best


def test_going_on_from_an_earlier_step_forgets_what_came_later(config, dataset, recording_of):
    recording = recording_of(config)
    trained([config], dataset, [recording])
    snapshot = recording.read(7).snapshot
    before = recording.read(8).snapshot
    settings = config.with_settings(learning_rate=0.001)
    loop = TrainingLoop([settings], dataset, CPU, [snapshot], timelines=[recording])
    loop.step()
    loop.step()
    assert recording.finish(60)
    assert recording.steps == [*range(8), 8]
    assert not all(
        np.array_equal(before.weights[name], values) for name, values in recording.read(8).snapshot.weights.items()
    )


def test_the_frames_in_a_folder_are_found_again(config, dataset, recording_of):
    recording = recording_of(config)
    (end,) = trained([config], dataset, [recording])
    frames, settings = recording.folder.found(end.history.until(8))
    found = KeptTimeline(recording.folder, frames, settings, dataset.test.labels)
    assert found.steps == list(range(9))
    again = recording_of(config, "b")
    again.adopt(found)
    assert again.finish(60)
    assert again.steps == list(range(9))
    assert again.settings == {"learning_rate": config.training.learning_rate, "beta": config.training.beta}
    assert [info.evaluation for info in again.frames] == [info.evaluation for info in recording.frames[:-1]]
    assert [info.is_exact for info in again.frames] == [info.is_exact for info in recording.frames[:-1]]
    trained([config], dataset, [again], [again.read(8).snapshot])
    assert again.steps == list(range(10))


def test_frames_of_a_file_are_taken_over(config, dataset, recording_of, tmp_path):
    recording = recording_of(config)
    checkpoints = trained([config], dataset, [recording])
    save_checkpoints(tmp_path / "m", checkpoints, timelines=[recording])
    other = recording_of(config, "b")
    other.adopt(load_checkpoint(tmp_path / "m").timeline)
    assert other.finish(60)
    assert other.steps == recording.steps
    assert [info.is_exact for info in other.frames] == [info.is_exact for info in recording.frames]
    assert np.array_equal(other.read(3).codes.mean, recording.read(3).codes.mean)


def test_codes_that_came_later_are_kept(config, dataset, recording_of):
    recording = recording_of(config)
    trained([config], dataset, [recording])
    codes, before = recording.read(3).codes, recording.info(4).bytes
    recording.keep_codes(4, codes)
    recording.keep_codes(77, codes)  # of a frame that has gone
    assert recording.finish(60)
    assert np.array_equal(recording.read(4).codes.mean, codes.mean)
    assert recording.info(4).bytes == before + codes.mean.nbytes + codes.log_stddev.nbytes


def test_a_frame_whose_moments_are_thinned_out_as_it_is_read_is_whole_without_them(
    config, dataset, recording_of, monkeypatch
):
    recording = recording_of(config)
    trained([config], dataset, [recording])
    step = next(info.step for info in recording.frames if info.moment_bytes)
    whole, opened = recording.read(step), tensor_file.opened

    def open_just_too_late(path):
        if "moments" in path.name:
            recording.folder.drop_moments(step)
        return opened(path)

    monkeypatch.setattr(tensor_file, "opened", open_just_too_late)
    frame = recording.read(step)
    assert (whole.snapshot.optimizer is None, frame.snapshot.optimizer is None) == (False, True)
    assert all(np.array_equal(own, whole.snapshot.weights[name]) for name, own in frame.snapshot.weights.items())


def no_place(folder):
    folder.parent.mkdir(exist_ok=True)
    folder.write_text("a file in the folder's place")


def test_a_folder_that_cannot_be_made_is_told_once_and_training_goes_on(config, dataset, recording_of, tmp_path):
    (tmp_path / "a").write_text("a file in the folder's place")
    troubles = []
    recording = recording_of(config, troubles=troubles)
    (end,) = trained([config], dataset, [recording])
    assert_same_training(end, trained([config], dataset)[0])
    assert recording.frames == ()
    ((told, details),) = troubles
    assert details == ""
    assert told.startswith(f"The timeline is no longer kept in {tmp_path}: File exists. Training goes on")


def test_a_folder_that_is_deleted_in_mid_training_is_told_once(config, dataset, recording_of):
    troubles = []
    recording = recording_of(config, troubles=troubles)

    def delete(loop):
        if loop.steps == 4:
            assert recording.finish(60)
            shutil.rmtree(recording.folder.path)

    trained([config], dataset, [recording], during=delete)
    assert recording.frames == ()
    assert ["the folder was deleted" in told for told, _ in troubles] == [True]


def test_a_full_disk_leaves_what_was_kept(config, dataset, recording_of, monkeypatch):
    troubles, written = [], []
    write = frame_folder.write_atomically

    def fill(path, *arguments, **options):
        written.append(path)
        if len(written) > 5:
            error = OSError(errno.ENOSPC, "No space left on device")
            raise UserError("Cannot write it.") from error
        write(path, *arguments, **options)

    monkeypatch.setattr(frame_folder, "write_atomically", fill)
    recording = recording_of(config, troubles=troubles)
    (end,) = trained([config], dataset, [recording])
    assert_same_training(end, trained([config], dataset)[0])
    assert ["No space left on device" in told for told, _ in troubles] == [True]
    assert len(recording.frames) > 1
    assert all(recording.read(step).step == step for step in recording.steps)
    monkeypatch.setattr(frame_folder, "write_atomically", write)
    trained([config], dataset, [recording], [recording.read(1).snapshot])
    assert recording.steps == list(range(10))


class Unforeseen(Exception):
    pass


def test_what_nobody_foresaw_ends_the_recording_and_neither_the_training_nor_those_who_wait(
    config, dataset, recording_of, monkeypatch
):
    troubles, synced = [], []
    recording, sync = recording_of(config, troubles=troubles), os.fsync

    def fail(descriptor):
        synced.append(descriptor)
        if len(synced) > 5:
            raise Unforeseen("of all things")
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", fail)
    (end,) = trained([config], dataset, [recording])
    assert_same_training(end, trained([config], dataset)[0])
    ((told, details),) = troubles
    assert ": Unforeseen: of all things. Training goes on" in told
    assert details.startswith("Traceback")
    assert len(recording.frames) > 1
    assert all(recording.read(step).step == step for step in recording.steps)
    monkeypatch.undo()
    trained([config], dataset, [recording], [recording.read(1).snapshot])
    assert recording.steps == list(range(10))


class Deaf(list):
    """A window that is gone, say."""

    def append(self, told):
        super().append(told)
        raise Unforeseen("nobody listens")


@pytest.mark.parametrize("troubles", [[], Deaf()], ids=["told", "not to be told"])
def test_a_state_that_cannot_be_copied_ends_the_recording_not_the_training(
    troubles, config, dataset, recording_of, monkeypatch
):
    recording = recording_of(config, troubles=troubles)
    take = recording.take

    def fail():
        raise Unforeseen("of all things")

    monkeypatch.setattr(recording, "take", lambda frame, *asked, **how: take(fail, *asked, **how))
    trained([config], dataset, [recording])
    assert ["of all things" in told for told, _ in troubles] == [True]
    assert recording.frames == ()


def test_a_system_without_threads_leaves_frames_out_and_the_training_goes_on(
    config, dataset, recording_of, monkeypatch
):
    def refuse(thread):
        raise RuntimeError("can't start new thread")

    recording = recording_of(config)
    with monkeypatch.context() as system:
        system.setattr(threading.Thread, "start", refuse)
        loop = TrainingLoop([config], dataset, CPU, timelines=[recording])
        loop.step()
        assert not recording.finish(60)
    loop.step()
    assert recording.finish(60)
    assert recording.steps == [0, 1]


def damaged(path):
    path.write_bytes(path.read_bytes()[:-5])


def of_another_format(path):
    path.write_bytes(path.read_bytes().replace(b'\\"format\\": 1', b'\\"format\\": 2'))


def of_another_step(path):
    shutil.copy(path.with_name(path.name.replace("4", "5")), path)


def no_frame(path):
    path.write_bytes(b"\x02\x00\x00\x00\x00\x00\x00\x00{}")


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (damaged, "it is cut off"),
        (of_another_format, "a format that this version does not know"),
        (of_another_step, "a frame of another step"),
        (no_frame, "not a frame of a timeline"),
    ],
)
def test_a_damaged_frame_is_named_and_left_out(damage, words, config, dataset, recording_of, caplog):
    recording = recording_of(config)
    (end,) = trained([config], dataset, [recording])
    damage(recording.folder.path / f"{4:010}.weights.safetensors")
    with pytest.raises(CheckpointError, match=rf"^Cannot open {4:010}\.weights\.safetensors: .*{words}"):
        recording.read(4)
    assert recording.read(5).step == 5
    frames, _ = recording.folder.found(end.history)
    assert [info.step for info in frames] == [0, 1, 2, 3, 5, 6, 7, 8, 9]
    assert f"{4:010}.weights.safetensors" in caplog.text


def test_what_is_removed_leaves_nothing(config, dataset, recording_of):
    recording = recording_of(config)
    trained([config], dataset, [recording])
    recording.remove()
    assert recording.finish(60)
    assert recording.frames == ()
    assert not recording.folder.path.exists()
