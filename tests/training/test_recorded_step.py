"""Steps from a recording are the usual ones; a recording that is not is never used.

No graph of CUDA can be made here. `Tape` records and repeats a step on the processor under some of the same rules:
memory and plain numbers are those of the moment of recording, which computes nothing; what waits for the device is
refused.
"""

import logging
from dataclasses import replace

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from vae_desktop.config import ModelConfig
from vae_desktop.training.batches import Batches
from vae_desktop.training.recorded_step import RecordedStep, record_cuda
from vae_desktop.training.trainer import Trainer, _take

STEPS = 43  # 40 images in batches of 9: the fifth and last of an epoch has 4
MODELS = {
    "variational": ModelConfig("vae", 2, hidden=(6, 5)),
    "bernoulli": ModelConfig("vae", 2, hidden=(6,), likelihood="bernoulli"),
    "calibrated": ModelConfig("vae", 2, hidden=(6,), likelihood="gaussian-calibrated"),
    "plain": ModelConfig("ae", 2, hidden=(6,)),
    "denoising": ModelConfig("denoising-ae", 2, hidden=(6,)),
    "convolutional": ModelConfig("vae", 2, architecture="convolutional", hidden=(4,)),
}
USUAL = 3
_REFUSED = "item", "is_nonzero", "_local_scalar_dense", "lift_fresh", "randn", "rand", "bernoulli", "nonzero"


class Tape(TorchDispatchMode):
    """Operations with their arguments, to be repeated in place."""

    def __init__(self):
        super().__init__()
        self.calls, self.before, self.repeats = [], {}, 0

    @classmethod
    def record(cls, work):
        tape = cls()
        with tape:
            result = work()
        with torch.inference_mode():
            for tensor, value in reversed(tape.before.values()):
                tensor.copy_(value)  # as if nothing had been computed
            result.fill_(torch.nan)
        made.append(tape)
        return tape.repeat, result

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        if func.overloadpacket.__name__ in _REFUSED:
            raise RuntimeError(f"{func} is not permitted while recording")
        if func._schema.is_mutable:
            for tensor in tree_leaves((args, kwargs)):
                if isinstance(tensor, torch.Tensor):
                    self.before.setdefault(id(tensor), (tensor, tensor.clone()))
        found = func(*args, **kwargs)
        self.calls.append((func, args, kwargs, found))
        return found

    @torch.inference_mode()
    def repeat(self):
        self.repeats += 1
        for func, args, kwargs, found in self.calls:
            if func.is_view:
                continue
            again = func(*args, **kwargs)
            if not func._schema.is_mutable:
                for place, value in zip(tree_leaves(found), tree_leaves(again), strict=True):
                    if isinstance(place, torch.Tensor):
                        place.copy_(value)


made: list[Tape] = []


@pytest.fixture
def train(dataset, config, monkeypatch):
    """Train some steps, changing β and learning rate on the way; return rows and the trainer."""

    def run(model, recorder=None, device="cpu", precision="single", batch_size=9, betas=(0.5, 0.9)):
        made.clear()
        monkeypatch.setattr("vae_desktop.training.trainer.RECORDERS", {device: recorder} if recorder else {})
        setup = replace(config, model=model).with_training(
            batch_size=batch_size,
            schedule="one-cycle",
            epochs=9,
            precision=precision,
            encoder_rate=0.5,
            beta=betas[0],
            beta_warm_up=1.0,
        )
        batches = Batches(dataset.train.images, batch_size, 7, torch.device(device))
        trainer = Trainer(setup, dataset.image_shape, torch.device(device))
        trainer.span = replace(trainer.span, last=STEPS, per_epoch=batches.per_epoch)
        rows = []
        for step in range(STEPS):
            if step == 20:
                trainer.beta = betas[1]
            if step == 33:
                trainer.learning_rate = 0.003
            rows.append(trainer.step(batches.at(step)))
        return torch.stack(rows).cpu(), trainer

    return run


def assert_same(first, second):
    (rows, trainer), (others, other) = first, second
    torch.testing.assert_close(rows, others, equal_nan=True, rtol=1e-4, atol=1e-4)
    found, wanted = trainer.snapshot(with_optimizer=True), other.snapshot(with_optimizer=True)
    for one, another in ((found.weights, wanted.weights), (found.optimizer, wanted.optimizer)):
        for name, values in another.items():
            torch.testing.assert_close(one[name], values, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
def test_recorded_steps_are_the_usual_ones(train, model) -> None:
    usual = train(model)
    assert not made
    found = train(model, Tape.record)
    # One for whole batches and one for the smaller ones, whatever β is; the first step, of a warm-up, has none.
    first = 1 if model.traits.is_variational else 0
    assert [tape.repeats for tape in made] == [35 - USUAL - first, 8 - USUAL]
    assert_same(found, usual)


def test_two_batches_an_epoch_are_enough(train) -> None:
    model = MODELS["variational"]
    usual = train(model, batch_size=30)
    found = train(model, Tape.record, batch_size=30)
    assert len(made) == 2
    assert_same(found, usual)


@pytest.mark.parametrize("betas", [(0.5, 0.0), (0.0, 0.5)])
def test_a_divergence_of_weight_0_is_left_out_of_the_recording(train, betas) -> None:
    model = MODELS["variational"]
    usual = train(model, betas=betas)
    found = train(model, Tape.record, betas=betas)
    assert len(made) == 4
    assert_same(found, usual)


@pytest.mark.parametrize("model", [MODELS["bernoulli"], MODELS["convolutional"]], ids=["bernoulli", "convolutional"])
def test_so_are_those_with_16_bits(train, model, monkeypatch) -> None:
    monkeypatch.setattr("vae_desktop.training.trainer.has_bfloat16", lambda _: True)
    usual = train(model, precision="mixed")
    found = train(model, Tape.record, precision="mixed")
    assert len(made) == 2
    assert_same(found, usual)
    assert not torch.equal(usual[0], train(model)[0])


def test_a_step_that_waits_for_the_device_is_taken_as_usual(train, monkeypatch, caplog) -> None:
    model = MODELS["variational"]
    usual = train(model)

    def waits(*arguments):
        arguments[4].sum().item()  # the images
        return _take(*arguments)

    monkeypatch.setattr("vae_desktop.training.trainer._take", waits)
    with caplog.at_level(logging.WARNING):
        found = train(model, Tape.record)
    assert not made
    assert_same(found, usual)
    assert [record.message for record in caplog.records if "not permitted while recording" in record.message]
    assert len(caplog.records) == 1  # it is not tried again


@pytest.mark.parametrize("fault", ["forgets", "adds", "breaks", "returns another", "is none"])
def test_a_recording_that_is_not_the_same_step_is_not_used(train, caplog, fault) -> None:
    def record(work):
        repeat, result = Tape.record(work)

        def wrong():
            if fault == "adds":
                repeat()
                repeat()
            if fault == "breaks":
                raise RuntimeError("the device was lost for a moment")
            if fault == "returns another":
                repeat()
                result.fill_(1.0)

        if fault == "is none":
            raise ValueError("what a recorder does not say")
        return wrong, result

    model = MODELS["variational"]
    usual = train(model)
    with caplog.at_level(logging.WARNING):
        found = train(model, record)
    assert_same(found, usual)
    assert len(caplog.records) == 1


def test_without_memory_for_a_second_state_steps_are_the_usual_ones(train, monkeypatch, caplog) -> None:
    model = MODELS["variational"]
    usual = train(model)
    monkeypatch.setattr(RecordedStep, "_copies", lambda _: [])
    with caplog.at_level(logging.WARNING):
        found = train(model, Tape.record)
    assert not made
    assert_same(found, usual)
    assert len(caplog.records) == 1


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no such device here")
@pytest.mark.parametrize("precision", ["single", "mixed"])
@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
def test_graphs_of_cuda_are_used_and_give_the_usual_steps(train, model, precision) -> None:
    recordings = []

    def record(work):
        recordings.append(record_cuda(work))
        return recordings[-1]

    usual, found = (train(model, recorder, "cuda", precision) for recorder in (None, record))
    assert recordings
    assert found[1]._take._recordings
    assert_same(found, usual)
