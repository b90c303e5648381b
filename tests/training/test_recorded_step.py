"""Steps from a recording are the usual ones; a recording that is not is never used.

No graph of CUDA can be made here. `Tape` records and repeats a step on the processor under the same rules: memory and
plain numbers are those of the moment of recording, nothing is computed while recording, and what CUDA would refuse is.
"""

import logging
from dataclasses import replace

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from vae_desktop.config import ModelConfig
from vae_desktop.training.batches import Batches
from vae_desktop.training.recorded_step import record_cuda
from vae_desktop.training.trainer import Trainer

STEPS, PER_EPOCH = 43, 5  # the last batch of an epoch is smaller
MODELS = {
    "variational": ModelConfig("vae", 2, hidden=(6, 5)),
    "bernoulli": ModelConfig("vae", 2, hidden=(6,), likelihood="bernoulli"),
    "calibrated": ModelConfig("vae", 2, hidden=(6,), likelihood="gaussian-calibrated"),
    "plain": ModelConfig("ae", 2, hidden=(6,)),
    "denoising": ModelConfig("denoising-ae", 2, hidden=(6,)),
    "convolutional": ModelConfig("vae", 2, architecture="convolutional", hidden=(4,)),
}
_REFUSED = "item", "_local_scalar_dense", "lift_fresh", "randn", "rand", "bernoulli", "nonzero"


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

    def run(model, recorder=None, device="cpu", precision="single"):
        made.clear()
        monkeypatch.setattr("vae_desktop.training.trainer.RECORDERS", {device: recorder} if recorder else {})
        setup = replace(config, model=model).with_training(
            batch_size=9, schedule="one-cycle", epochs=9, precision=precision, encoder_rate=0.5
        )
        batches = Batches(dataset.train.images, 9, 7, torch.device(device))
        assert batches.per_epoch == PER_EPOCH
        trainer = Trainer(setup, dataset.image_shape, torch.device(device))
        trainer.span = replace(trainer.span, last=STEPS, per_epoch=PER_EPOCH)
        rows = []
        for step in range(STEPS):
            if step == 20:
                trainer.beta = 0.9
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
    # One for each value of β, from the fourth step on: repeated once to be compared, then for each whole batch. A model
    # without β needs one.
    assert tuple(tape.repeats for tape in made) == ((13, 16) if model.traits.is_variational else (32,))
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
    compute = Trainer._compute

    def waits(self, kl_weight, learning_rate, images, noise, inputs):
        images.sum().item()
        return compute(self, kl_weight, learning_rate, images, noise, inputs)

    monkeypatch.setattr(Trainer, "_compute", waits)
    with caplog.at_level(logging.WARNING):
        found = train(model, Tape.record)
    assert not made
    assert torch.equal(found[0], usual[0])
    assert [record.message for record in caplog.records if "not permitted while recording" in record.message]
    assert len(caplog.records) == 1  # it is not tried again


@pytest.mark.parametrize("fault", ["forgets", "adds", "breaks"])
def test_a_recording_that_is_not_the_same_step_is_not_used(train, caplog, fault) -> None:
    def record(work):
        repeat, result = Tape.record(work)

        def wrong():
            if fault == "adds":
                repeat()
                repeat()
            if fault == "breaks":
                raise RuntimeError("the device was lost for a moment")

        return wrong, result

    model = MODELS["variational"]
    usual = train(model)
    with caplog.at_level(logging.WARNING):
        found = train(model, record)
    assert torch.equal(found[0], usual[0])
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
    assert found[1]._take._recorded is not None
    assert_same(found, usual)
