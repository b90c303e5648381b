"""The thread that trains, for real, on small digits: what it says, and that nothing ends it but its shutdown."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import torch

from tests.engine.conftest import (
    Adjusted,
    Captured,
    Embedded,
    EngineReady,
    Evaluated,
    Paused,
    Resumed,
    RunEnded,
    RunStarted,
    Stepped,
    inference,
)
from tests.engine.runs import EPOCH, assert_same_tensors, one_run, rows
from vae_desktop.data.dataset import Split
from vae_desktop.engine import publisher, trainer
from vae_desktop.engine.inference import Decoded
from vae_desktop.engine.trainer import TrainingThread
from vae_desktop.models.snapshot import Span
from vae_desktop.training.loop import TrainingLoop
from vae_desktop.training.spinning import WAITS


def in_fresh_thread(work):
    """With the thread settings that torch gives a new thread, as the worker's is."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(work).result()


def test_a_run_tells_its_story_in_order(inbox, worker, config, dataset):
    worker.send(worker.begin, *one_run(1, config, dataset))
    ended = inbox.wait_for(RunEnded)
    assert isinstance(inbox.events[0], EngineReady)
    assert inbox.events[0].devices[-1].name == "cpu"
    started = inbox.events[1]
    assert started == RunStarted(1, "cpu", started.parameters, Span(0, 2 * EPOCH, EPOCH), 0)
    assert started.parameters == sum(tensor.size for tensor in ended.snapshot.weights.values())
    assert [event.evaluation.step for event in inbox.all(Evaluated)] == [0, EPOCH, 2 * EPOCH]
    assert rows(inbox).shape == (2 * EPOCH, 3)
    assert np.isfinite(rows(inbox)).all()
    assert (ended.run_id, ended.outcome, ended.snapshot.step, ended.at_step) == (1, "finished", 24, 24)
    assert inbox.all(Evaluated)[-1].evaluation.total < inbox.all(Evaluated)[0].evaluation.total


def test_its_weights_are_those_of_the_plain_loop_to_the_bit(inbox, worker, config, dataset):
    def plain():
        run = TrainingLoop([config], dataset, torch.device("cpu"))
        list(run.epochs())
        return run.models[0].checkpoint()

    worker.send(worker.begin, *one_run(1, config, dataset))
    ended = inbox.wait_for(RunEnded)
    expected = in_fresh_thread(plain)
    assert_same_tensors(ended.snapshot.weights, expected.snapshot.weights)
    assert_same_tensors(ended.snapshot.optimizer, expected.snapshot.optimizer)
    assert np.array_equal(rows(inbox), expected.history.training)
    assert [event.evaluation for event in inbox.all(Evaluated)] == expected.history.evaluations
    assert np.array_equal(ended.codes.mean, expected.codes.mean)


def test_stop_ends_it_between_two_steps_with_its_whole_state(inbox, worker, endless, dataset):
    worker.send(worker.begin, *one_run(1, endless, dataset))
    inbox.wait_for(Stepped)
    worker.send(worker.stop)
    ended = inbox.wait_for(RunEnded)
    assert ended.outcome == "stopped"
    assert ended.snapshot.step == ended.at_step == len(rows(inbox)) > 0
    assert {name.rpartition(".")[0] for name in ended.snapshot.optimizer} == set(ended.snapshot.weights)
    assert len(ended.codes) == len(dataset.test)


def test_going_on_from_a_snapshot_is_as_if_never_interrupted(inbox, worker, config, dataset):
    worker.send(worker.begin, *one_run(1, config, dataset))
    whole = inbox.wait_for(RunEnded)
    worker.send(worker.begin, *one_run(2, config.with_settings(epochs=1), dataset))
    half = inbox.wait_for(RunEnded)
    worker.send(worker.begin, *one_run(2, config.with_settings(epochs=1), dataset, half.snapshot))
    ended = inbox.wait_for(RunEnded)
    started = inbox.all(RunStarted)[-1]
    assert (started.step, started.span) == (EPOCH, Span(EPOCH, 2 * EPOCH, EPOCH))
    assert_same_tensors(ended.snapshot.weights, whole.snapshot.weights)
    assert np.array_equal(rows(inbox, 2), rows(inbox, 1))


def test_no_step_is_taken_while_it_is_paused(inbox, worker, endless, dataset):
    worker.send(worker.begin, *one_run(1, endless, dataset))
    inbox.wait_for(Stepped)
    worker.send(worker.pause)
    assert inbox.wait_for(Paused).run_id == 1
    taken = len(rows(inbox))
    worker.send(worker.pause)  # again: nothing to do
    worker.send(worker.capture, frozenset({1}))
    assert inbox.wait_for(Captured).snapshot.step == taken
    worker.send(worker.resume)
    assert inbox.wait_for(Resumed).run_id == 1
    inbox.wait_for(Stepped)
    assert len(rows(inbox)) > taken
    assert len(inbox.all(Paused)) == 1


@pytest.mark.skipif(not WAITS.exists(), reason="only Linux tells how long a thread waited for a processor")
def test_the_processor_is_watched_only_while_it_trains(inbox, worker, endless, dataset):
    def is_watched():
        return "spinning" in [thread.name for thread in threading.enumerate()]

    inbox.wait_for(EngineReady)
    assert not is_watched()
    worker.send(worker.begin, *one_run(1, endless, dataset))
    inbox.wait_for(Stepped)
    assert is_watched()
    worker.send(worker.pause)
    inbox.wait_for(Paused)
    worker.send(worker.capture, {1})  # answered by a thread that has come to rest
    inbox.wait_for(Captured)
    assert not is_watched()


def test_memory_is_given_back_after_an_evaluation_and_at_a_pause(inbox, worker, endless, dataset, monkeypatch):
    given_back = []
    for module in (publisher, trainer):
        monkeypatch.setattr(module, "give_back_memory", partial(given_back.append, module))
    worker.send(worker.begin, *one_run(1, endless, dataset))
    inbox.wait_for(Stepped)
    assert given_back[0] is publisher
    worker.send(worker.pause)
    worker.send(worker.shut_down)
    inbox.wait_for(RunEnded)
    assert given_back[-1] is trainer


def test_a_paused_run_can_be_stopped_and_the_next_one_is_not_paused(inbox, worker, config, endless, dataset):
    worker.send(worker.begin, *one_run(1, endless, dataset))
    worker.send(worker.pause)
    inbox.wait_for(Paused)
    worker.send(worker.stop)
    assert inbox.wait_for(RunEnded).outcome == "stopped"
    worker.send(worker.begin, *one_run(2, config, dataset))
    assert inbox.wait_for(RunEnded).outcome == "finished"


def test_capture_gives_the_whole_state_and_training_goes_on(inbox, worker, endless, dataset):
    worker.send(worker.begin, *one_run(1, endless, dataset))
    inbox.wait_for(Stepped)
    worker.send(worker.capture, frozenset({1}))
    captured = inbox.wait_for(Captured)
    assert len(rows(inbox)) >= captured.snapshot.step > 0
    assert captured.snapshot.optimizer
    weights = {name: tensor.copy() for name, tensor in captured.snapshot.weights.items()}
    inbox.wait_until(lambda: len(rows(inbox)) > captured.snapshot.step)
    assert_same_tensors(captured.snapshot.weights, weights)


@pytest.fixture
def paused(inbox, worker, endless, dataset):
    """A worker whose run 1 is held, and the step at which it is."""
    worker.send(worker.begin, *one_run(1, endless.with_settings(learning_rate=0.01), dataset))
    inbox.wait_for(Stepped)
    worker.send(worker.pause)
    inbox.wait_for(Paused)
    return worker, len(rows(inbox))


def test_epochs_can_be_changed_while_training(inbox, paused):
    worker, step = paused
    epochs = step // EPOCH + 2
    worker.send(worker.adjust, "epochs", float(epochs))
    adjusted = inbox.wait_for(Adjusted)
    assert (adjusted.change.step, adjusted.last_step) == (step, epochs * EPOCH)
    worker.send(worker.resume)
    ended = inbox.wait_for(RunEnded)
    assert (ended.outcome, ended.snapshot.step) == ("finished", epochs * EPOCH)


def test_fewer_epochs_than_have_passed_end_the_run(inbox, worker, endless, dataset):
    worker.send(worker.begin, *one_run(1, endless, dataset))
    inbox.wait_until(lambda: any(event.evaluation.step == 2 * EPOCH for event in inbox.all(Evaluated)))
    worker.send(worker.adjust, "epochs", 1.0)
    assert inbox.wait_for(RunEnded).outcome == "finished"


def test_beta_weighs_the_kl_from_the_next_step_on(inbox, paused):
    worker, step = paused
    worker.send(worker.adjust, "beta", 5.0)
    assert inbox.wait_for(Adjusted).change.value == 5.0
    worker.send(worker.resume)
    inbox.wait_until(lambda: len(rows(inbox)) > step)
    total, reconstruction, kl = rows(inbox).T
    np.testing.assert_allclose(total[:step], (reconstruction + kl)[:step], rtol=1e-5)
    np.testing.assert_allclose(total[step:], (reconstruction + 5 * kl)[step:], rtol=1e-5)


def test_the_learning_rate_bounds_the_steps_that_follow(inbox, paused):
    worker, step = paused
    worker.send(worker.capture, frozenset({1}))
    before = inbox.wait_for(Captured).snapshot
    worker.send(worker.adjust, "learning_rate", 1e-7)
    worker.send(worker.adjust, "epochs", float(step // EPOCH + 1))
    worker.send(worker.resume)
    after = inbox.wait_for(RunEnded).snapshot
    assert after.step > step
    for name, tensor in after.weights.items():
        assert np.abs(tensor - before.weights[name]).max() < 1e-6 * (after.step - step)


def test_two_stops_and_a_start_give_exactly_one_more_run(inbox, worker, config, endless, dataset):
    worker.send(worker.begin, *one_run(1, endless, dataset))
    inbox.wait_for(Stepped)
    worker.send(worker.stop)
    worker.send(worker.stop)
    worker.send(worker.begin, *one_run(2, config, dataset))
    inbox.wait_for(RunEnded)
    inbox.wait_for(RunEnded)
    worker.close(30)
    inbox.take()
    assert [event.run_id for event in inbox.all(RunStarted)] == [1, 2]
    assert [(event.run_id, event.outcome) for event in inbox.all(RunEnded)] == [(1, "stopped"), (2, "finished")]


def test_a_start_ends_the_run_before(inbox, worker, config, endless, dataset):
    worker.send(worker.begin, *one_run(1, endless, dataset))
    inbox.wait_for(Stepped)
    worker.send(worker.begin, *one_run(2, config, dataset))
    ended = inbox.wait_for(RunEnded)
    assert (ended.run_id, ended.outcome) == (1, "stopped")
    assert inbox.wait_for(RunEnded).run_id == 2


@pytest.mark.parametrize("command", [("stop",), ("pause",), ("resume",), ("capture", {1}), ("adjust", "beta", 2.0)])
def test_commands_without_a_run_do_nothing(inbox, worker, config, dataset, command):
    worker.send(getattr(worker, command[0]), *command[1:])
    worker.send(worker.begin, *one_run(1, config, dataset))
    assert inbox.wait_for(RunEnded).outcome == "finished"
    assert isinstance(inbox.events[1], RunStarted)


@pytest.mark.parametrize("paused", [False, True])
def test_shutdown_ends_the_run_and_the_thread(inbox, worker, endless, dataset, paused):
    worker.send(worker.begin, *one_run(1, endless, dataset))
    inbox.wait_for(Stepped)
    if paused:
        worker.send(worker.pause)
        inbox.wait_for(Paused)
    assert worker.close(30)
    ended = inbox.wait_for(RunEnded)
    assert (ended.outcome, ended.snapshot.step) == ("stopped", len(rows(inbox)))
    assert "training" not in [thread.name for thread in threading.enumerate()]


def test_the_picture_follows_the_training(inbox, config, endless, dataset):
    decoder = inference(inbox)
    worker = TrainingThread(inbox.outbox, decoder, inbox.tracker)
    decoder.start()
    worker.start()
    decoder.decode(1, np.zeros(2, np.float32))
    worker.send(worker.begin, *one_run(1, endless, dataset))
    first, second = inbox.wait_for(Decoded), inbox.wait_for(Decoded)
    assert (first.request_id, second.request_id) == (1, 1)
    assert second.step > first.step
    assert (second.picture != first.picture).any()
    assert worker.close(30)
    decoder.close(30)


def test_a_model_of_many_test_images_can_be_continued(worker, inbox, endless, dataset):
    """More than one chunk of them, whose codes are all wanted at once."""
    chosen = np.arange(3000) % len(dataset.test)
    many = replace(dataset, test=Split(dataset.test.images[chosen], dataset.test.labels[chosen]))
    worker.send(worker.begin, *one_run(1, endless, many))
    inbox.wait_for(Stepped)
    worker.send(worker.stop)
    stopped = inbox.wait_for(RunEnded)
    worker.send(worker.begin, *one_run(1, endless, many, stopped.snapshot))
    inbox.wait_for(RunStarted)
    inbox.wait_for(Embedded)
    worker.send(worker.stop)
    assert inbox.wait_for(RunEnded).outcome == "stopped"
