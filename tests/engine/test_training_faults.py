"""The thread that trains, where a step fails, memory runs out, or numbers become infinite."""

import numpy as np
import pytest
import torch

from tests.engine.conftest import Captured, Embedded, Failed, RunEnded, Stepped
from tests.engine.runs import EPOCH, one_run, rows
from vae_desktop.engine import publisher
from vae_desktop.engine.publisher import Publisher
from vae_desktop.models.snapshot import Snapshot
from vae_desktop.progress import Pacer
from vae_desktop.training.trainer import Trainer


@pytest.fixture
def break_step(monkeypatch):
    """Have `fault(trainer)` called in place of a training's fifth step."""

    def install(fault):
        step = Trainer.step
        monkeypatch.setattr(Trainer, "step", lambda self, images: (fault if self.steps == 4 else step)(self, images))

    return lambda fault: install(lambda trainer, _: fault(trainer))


@pytest.fixture
def rarely_published(monkeypatch):
    """Only a run's first step, its epochs and its end are published: faults between stay unseen until then."""
    monkeypatch.setattr(publisher, "METRICS_INTERVAL", 1e9)


def poison(trainer):
    """Make all weights NaN, as a step with an infinite gradient does, and return its metrics."""
    trainer.steps += 1
    with torch.no_grad():
        for parameter in trainer.model.parameters():
            parameter.fill_(torch.nan)
    return torch.full((3,), torch.nan)


def fail(trainer):
    raise RuntimeError("the cat sat on the cable")


def fill_the_processors_memory(trainer):
    return torch.empty(2**60, dtype=torch.uint8)


def fill_the_devices_memory(trainer):
    raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB.")


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (fail, "Training stopped because of an unexpected error: the cat sat on the cable"),
        (fill_the_processors_memory, "out of memory. Choose a smaller batch"),
        (fill_the_devices_memory, "out of memory. Choose a smaller batch"),
    ],
)
def test_after_a_failed_step_it_can_train_again(
    inbox, worker, config, dataset, break_step, monkeypatch, fault, words
):
    break_step(fault)
    worker.send(worker.begin, *one_run(1, config, dataset))
    failed = inbox.wait_for(Failed)
    assert words in failed.message
    assert failed.details.startswith("Traceback")
    assert fault.__name__ in failed.details
    assert failed.run_id == 1
    assert 0 <= failed.snapshot.step <= 4
    assert all(np.isfinite(tensor).all() for tensor in failed.snapshot.weights.values())
    monkeypatch.undo()
    worker.send(worker.begin, *one_run(2, config, dataset))
    assert inbox.wait_for(RunEnded).outcome == "finished"


def test_images_that_do_not_fit_into_memory_are_not_put_down_to_the_batch(inbox, worker, config, dataset, monkeypatch):
    def fill(*_):
        return torch.empty(2**60, dtype=torch.uint8)

    monkeypatch.setattr("vae_desktop.training.loop.Batches", fill)
    worker.send(worker.begin, *one_run(1, config, dataset))
    failed = inbox.wait_for(Failed)
    assert failed.message.startswith("The computer ran out of memory before the first step. Choose a smaller image")
    assert "batch" not in failed.message


def test_what_is_left_after_a_failure_is_not_old(inbox, worker, endless, dataset, monkeypatch):
    worker.send(worker.begin, *one_run(1, endless, dataset))
    inbox.wait_for(Stepped)
    worker.send(worker.capture, frozenset({1}))
    captured = inbox.wait_for(Captured)
    taken = len(rows(inbox))
    inbox.wait_until(lambda: len(rows(inbox)) > taken)  # the captured state has proved good
    monkeypatch.setattr(Trainer, "step", lambda trainer, images: fail(trainer))
    failed = inbox.wait_for(Failed)
    assert 0 < captured.snapshot.step <= failed.snapshot.step


@pytest.mark.skipif(torch.cuda.is_available(), reason="here the device is there")
def test_a_device_that_is_not_there_is_named(inbox, worker, config, dataset):
    worker.send(worker.begin, *one_run(1, config.with_settings(device="cuda"), dataset))
    failed = inbox.wait_for(Failed)
    assert "CUDA (an NVIDIA graphics card) is not available" in failed.message
    assert (failed.details, failed.run_id, failed.snapshot) == ("", None, None)


@pytest.mark.usefixtures("overflowing")
def test_a_loss_that_becomes_infinite_ends_the_run_at_a_state_that_can_be_trained(inbox, worker, endless, dataset):
    worker.send(worker.begin, *one_run(1, endless, dataset))
    ended = inbox.wait_for(RunEnded)
    assert ended.outcome == "diverged"
    assert ended.at_step > ended.snapshot.step
    assert ended.codes.are_finite
    gentle = endless.with_settings(epochs=1, learning_rate=0.001)
    worker.send(worker.begin, *one_run(1, gentle, dataset, ended.snapshot))
    again = inbox.wait_for(RunEnded)
    assert (again.outcome, again.snapshot.step) == ("finished", ended.snapshot.step + EPOCH)


@pytest.mark.usefixtures("rarely_published")
def test_codes_of_a_bad_state_never_outlive_the_run(inbox, worker, config, dataset, break_step):
    break_step(poison)
    worker.send(worker.begin, *one_run(1, config, dataset))
    ended = inbox.wait_for(RunEnded)
    assert ended.outcome == "diverged"
    inbox.take()
    embedded = inbox.all(Embedded)[-1]
    assert np.array_equal(embedded.codes.mean, ended.codes.mean)


def test_codes_that_are_not_finite_are_never_shown(inbox, worker, config, dataset, break_step, monkeypatch):
    def ruin(trainer):
        poison(trainer)
        return torch.zeros(3)  # a step's metrics are from before it

    snapshots = publisher.SNAPSHOT_INTERVAL
    monkeypatch.setattr(Pacer, "is_due", lambda pacer, now: pacer.interval != snapshots)  # which would show it too
    break_step(ruin)
    worker.send(worker.begin, *one_run(1, config, dataset))
    assert inbox.wait_for(RunEnded).outcome == "diverged"
    inbox.take()
    assert all(event.codes.are_finite for event in inbox.all(Embedded))


@pytest.mark.usefixtures("rarely_published")
@pytest.mark.parametrize("command", [("stop",), ("pause",), ("capture", {1}), ("shut_down",)])
def test_what_has_diverged_unseen_ends_as_diverged_whatever_is_asked(
    inbox, worker, config, dataset, break_step, command
):
    def poison_and_ask(trainer):
        worker.send(getattr(worker, command[0]), *command[1:])  # acted on before the next step
        return poison(trainer)

    break_step(poison_and_ask)
    worker.send(worker.begin, *one_run(1, config, dataset))
    ended = inbox.wait_for(RunEnded)
    assert (ended.outcome, ended.at_step) == ("diverged", 5)
    assert all(np.isfinite(tensor).all() for tensor in ended.snapshot.weights.values())


@pytest.mark.usefixtures("rarely_published")
def test_a_new_run_begins_although_the_one_before_has_diverged_unseen(inbox, worker, config, dataset, break_step):
    def poison_and_start(trainer):
        worker.send(worker.begin, *one_run(2, config, dataset, Snapshot(8, trainer.snapshot().weights)))
        return poison(trainer)

    break_step(poison_and_start)
    worker.send(worker.begin, *one_run(1, config, dataset))
    assert inbox.wait_for(RunEnded).outcome == "diverged"
    ended = inbox.wait_for(RunEnded)
    assert (ended.run_id, ended.outcome) == (2, "finished")


def test_a_new_run_begins_although_the_one_before_cannot_be_ended(inbox, worker, config, endless, dataset, monkeypatch):
    worker.send(worker.begin, *one_run(1, endless, dataset))
    inbox.wait_for(Stepped)
    end = Publisher.end

    def fail_once(publisher, outcome):
        monkeypatch.setattr(Publisher, "end", end)
        raise RuntimeError("no memory for the copy")

    monkeypatch.setattr(Publisher, "end", fail_once)
    worker.send(worker.begin, *one_run(2, config, dataset))
    assert inbox.wait_for(Failed).run_id == 1
    ended = inbox.wait_for(RunEnded)
    assert (ended.run_id, ended.outcome) == (2, "finished")


def test_a_model_whose_loss_is_infinite_from_the_start_is_refused(inbox, worker, config, dataset):
    weights = Trainer(config, dataset.image_shape, torch.device("cpu")).snapshot().weights
    huge = {name: np.full_like(tensor, 1e30) for name, tensor in weights.items()}
    worker.send(worker.begin, *one_run(1, config, dataset, Snapshot(0, huge)))
    failed = inbox.wait_for(Failed)
    assert failed.message.startswith("This model cannot be trained: its loss or its codes are infinite.")
    assert "whatever the learning rate" in failed.message
    assert failed.details == ""
    worker.send(worker.begin, *one_run(2, config, dataset))
    assert inbox.wait_for(RunEnded).outcome == "finished"
