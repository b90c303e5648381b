"""The training thread on devices that fail, fill up, or are used by another thread; all of them emulated."""

import threading
from dataclasses import replace

import pytest
import torch

from tests.engine.conftest import Embedded, EngineReady, Failed, Paused, RunEnded, Stepped, entry, inference
from vae_desktop.engine.trainer import TrainingThread
from vae_desktop.training import devices
from vae_desktop.training.trainer import Trainer

ASSERTED = "CUDA error: device-side assert triggered\nCUDA kernel errors might be asynchronously reported"
NO_KERNELS = "CUDA error: no kernel image is available for execution on the device"


@pytest.fixture
def broken_card(monkeypatch):
    """A card that torch counts and that answers its first kernel with an error."""
    run_kernel = devices.run_kernel

    def run(device):
        if device.type == "cuda":
            raise RuntimeError(NO_KERNELS)
        run_kernel(device)

    card = devices.Device("cuda", "NVIDIA Test")
    find = devices.find_devices
    monkeypatch.setattr(devices, "find_devices", lambda: (card, *find()[1:]))
    monkeypatch.setattr(devices, "run_kernel", run)


def test_a_card_without_kernels_is_passed_over_and_the_person_is_told(app, session, told, config, broken_card):
    run = app.train(config.with_settings(device="auto"))
    assert (run.status, run.device) == ("finished", "cpu")
    (message,) = told.messages
    assert (message.level, message.details) == ("info", "")
    assert "is not used: The installed PyTorch has no kernels for this card" in message.text


def test_asked_for_it_is_an_error_with_a_remedy(app, session, told, config, broken_card):
    session.starter.train(config.with_settings(device="cuda"))
    app.wait_until(lambda: told.messages)
    assert "cannot be used" in told.messages[0].text
    assert "Choose the CPU or Automatic" in told.messages[0].text


@pytest.mark.parametrize("words", [ASSERTED, "CUDA error: an illegal memory access was encountered"])
def test_after_an_error_that_stays_the_words_say_what_helps_and_what_was_kept(
    inbox, worker, config, dataset, monkeypatch, words
):
    step = Trainer.step

    def stepped(trainer, batch):
        if trainer.steps == 20:
            raise RuntimeError(words)
        return step(trainer, batch)

    monkeypatch.setattr(Trainer, "step", stepped)
    worker.send(worker.begin, (entry(1, config),), dataset, ())
    inbox.wait_until(lambda: inbox.all(Failed))
    (failed,) = inbox.all(Failed)
    assert "until the app is started again" in failed.message
    assert f"The model is kept as it was at step {failed.snapshot.step:,}." in failed.message


def test_a_device_that_can_give_nothing_back_ends_no_thread(inbox, worker, config, dataset, emptied, monkeypatch):
    def refuse():
        emptied.append("cuda")
        raise RuntimeError(ASSERTED)

    monkeypatch.setitem(devices.EMPTY_CACHE, "cuda", refuse)
    for number in (1, 2):
        worker.send(worker.begin, (entry(number, config),), dataset, ())
        inbox.wait_for(RunEnded)
    assert emptied


def test_a_training_that_cannot_begin_gives_its_memory_back(inbox, worker, config, dataset, emptied, monkeypatch):
    def fill(images, device):
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr("vae_desktop.training.batches.placed", fill)
    worker.send(worker.begin, (entry(1, config),), dataset, ())
    inbox.wait_until(lambda: inbox.all(Failed) and emptied)


@pytest.fixture
def emptied(monkeypatch):
    """Which devices' allocators have been told to give back what they keep."""
    result = []
    monkeypatch.setattr(torch.cuda, "is_initialized", lambda: True)
    monkeypatch.setitem(devices.EMPTY_CACHE, "cuda", lambda: result.append("cuda"))
    return result


def test_device_memory_goes_back_when_no_training_is_active(inbox, worker, endless, dataset, emptied):
    worker.send(worker.begin, (entry(1, endless),), dataset, ())
    inbox.wait_for(Stepped)
    emptied.clear()  # what the one before has left
    worker.send(worker.pause)
    inbox.wait_for(Paused)
    assert emptied == []
    worker.send(worker.stop)
    inbox.wait_for(RunEnded)
    inbox.wait_until(lambda: worker.close(30))
    assert emptied


def test_a_run_that_ends_by_itself_gives_it_back_too(inbox, worker, config, dataset, emptied):
    worker.send(worker.begin, (entry(1, config),), dataset, ())
    inbox.wait_for(RunEnded)
    worker.send(worker.stop)
    assert worker.close(30)
    assert emptied


def test_a_thread_that_takes_the_place_of_one_that_did_not_end_waits_for_it(
    inbox, worker, endless, dataset, monkeypatch
):
    """After a close that failed; two threads on Apple's graphics processor end the process."""
    step, may_step, using, reached = Trainer.step, threading.Event(), set(), threading.Event()

    def stepped(trainer, batch):
        using.add(threading.get_ident())
        if trainer.steps == 3:
            reached.set()
            may_step.wait(60)
        return step(trainer, batch)

    monkeypatch.setattr(Trainer, "step", stepped)
    worker.send(worker.begin, (entry(1, endless),), dataset, ())
    assert reached.wait(60)
    assert not worker.close(0.01)
    following = TrainingThread(inbox.outbox, inference(inbox), inbox.tracker, worker)
    following.start()
    following.send(following.begin, (entry(2, replace(endless)),), dataset, ())
    inbox.wait_until(lambda: inbox.all(Embedded))
    assert len(using) == 1
    assert len(inbox.all(EngineReady)) == 1
    may_step.set()
    inbox.wait_until(lambda: len(using) == 2)
    assert [event.run_id for event in inbox.all(RunEnded)] == [1]  # before the other's first step
    assert following.close(30)
