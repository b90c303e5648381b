"""Steps from a recording are the usual ones; a recording that is not is never used.

No graph of CUDA can be made here. `Tape` records and repeats a step on the processor under some of the same rules:
memory and plain numbers are those of the moment of recording, which computes nothing; what waits for the device is
refused.
"""

import contextlib
import logging
from dataclasses import replace
from types import SimpleNamespace

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from vae_desktop.config import ModelConfig
from vae_desktop.models.autoencoder import Autoencoder
from vae_desktop.training import devices
from vae_desktop.training.batches import Batch, Batches
from vae_desktop.training.recorded_step import CudaRecorder, recorders
from vae_desktop.training.trainer import Trainer, take_step

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

    def run(model, recorder=None, device="cpu", precision="single", batch_size=9, betas=(0.5, 0.9), steps=STEPS):
        made.clear()
        monkeypatch.setattr("vae_desktop.training.trainer.RECORDERS", {device: lambda: recorder} if recorder else {})
        setup = replace(config, model=model).with_settings(
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
        trainer.span = replace(trainer.span, last=steps, per_epoch=batches.per_epoch)
        rows = []
        for step in range(steps):
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
    steps = 5 * (USUAL + 2)  # the smaller batches too are recorded and repeated
    usual = train(model, precision="mixed", steps=steps)
    found = train(model, Tape.record, precision="mixed", steps=steps)
    assert len(made) == 2
    assert_same(found, usual)
    assert not torch.equal(usual[0], train(model, steps=steps)[0])


def test_a_step_that_waits_for_the_device_is_taken_as_usual(train, monkeypatch, caplog) -> None:
    model = MODELS["variational"]
    usual = train(model)

    def waits(*arguments):
        arguments[4].sum().item()  # the images
        return take_step(*arguments)

    monkeypatch.setattr("vae_desktop.training.trainer.take_step", waits)
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

    def clone(tensor):
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(torch.Tensor, "clone", clone)
    with caplog.at_level(logging.WARNING):
        found = train(model, Tape.record)
    assert not made
    assert_same(found, usual)
    assert len(caplog.records) == 1


@pytest.fixture
def full_memory(monkeypatch):
    """A device whose memory has no room for something in addition, but with its recordings and its cache given up."""

    class Memory:
        emptied, left = 0, 1

        def empty(self):
            self.emptied += 1

        def take(self):
            if self.left and not self.emptied:
                self.left -= 1
                raise RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`")

    memory = Memory()
    monkeypatch.setitem(devices.EMPTY_CACHE, "cpu", memory.empty)
    return memory


@pytest.mark.parametrize("place", ["launch", "batch", "evaluation", "usual step", "end of a step"])
def test_out_of_memory_after_a_recording_is_recovered_from_without_it(
    train, dataset, full_memory, monkeypatch, caplog, place
):
    model = MODELS["denoising"]
    usual = train(model)

    def record(work):
        repeat, result = Tape.record(work)

        def launch():
            if made[0].repeats == 5:
                full_memory.take()
            repeat()

        return (launch if place == "launch" else repeat), result

    draw, encode = Batch.corrupted, Autoencoder.encode

    def corrupted(self, model):
        if self.step == 20:
            full_memory.take()
        return draw(self, model)

    def takes(gradient, *arguments):
        if made and made[0].repeats == 5:
            full_memory.take()
        return take_step(gradient, *arguments)

    if place == "batch":
        monkeypatch.setattr(Batch, "corrupted", corrupted)
    if place == "usual step":  # of the smaller last batch of an epoch, before there is a recording of it
        monkeypatch.setattr("vae_desktop.training.trainer.take_step", takes)
    if place == "end of a step":
        stack = torch.stack

        def take_late():
            if made and made[0].repeats == 5:
                full_memory.take()

        monkeypatch.setattr(torch, "stack", lambda *given, **how: (take_late(), stack(*given, **how))[1])
    found = train(model, record)
    if place == "evaluation":
        monkeypatch.setattr(Autoencoder, "encode", lambda *given: (full_memory.take(), encode(*given))[1])
        images = torch.from_numpy(dataset.test.images[:5])
        assert found[1].evaluate(images).posterior.mean.shape == (5, 2)
    assert full_memory.emptied == 1
    assert full_memory.left == 0
    assert_same(found, usual)
    assert [record.message for record in caplog.records if "operation by operation" in record.message]
    repeats = [tape.repeats for tape in made]
    found[1].step(Batches(dataset.train.images, 9, 7, torch.device("cpu")).at(STEPS))
    assert [tape.repeats for tape in made] == repeats  # no recording is used any more


def test_memory_that_is_still_full_is_an_error(train, monkeypatch):
    def takes(*arguments):
        raise torch.OutOfMemoryError("CUDA out of memory")

    emptied = []
    monkeypatch.setitem(devices.EMPTY_CACHE, "cpu", lambda: emptied.append(1))
    monkeypatch.setattr("vae_desktop.training.trainer.take_step", takes)
    with pytest.raises(torch.OutOfMemoryError):
        train(MODELS["plain"], Tape.record)
    assert emptied == [1]


@pytest.mark.parametrize(
    ("version", "records"), [("2.11.0", False), ("2.13.1+cu130", False), ("2.14.0", True), ("3.0.0", True)]
)
def test_nothing_is_recorded_by_a_torch_whose_allocator_does_not_survive_a_failed_recording(version, records):
    assert ("cuda" in recorders(version)) is records


def test_the_graphs_of_a_model_share_a_pool_of_memory(monkeypatch):
    """Emulated: what torch is asked for."""
    pools, handles = [], iter([(0, 1), (0, 2)])
    streams, made_streams = [], iter("ab")

    @contextlib.contextmanager
    def graph(graph, pool, stream, capture_error_mode):
        pools.append(pool)
        streams.append(stream)
        yield

    monkeypatch.setattr(torch.cuda, "Stream", lambda: next(made_streams))

    monkeypatch.setattr(torch.cuda, "graph_pool_handle", lambda: next(handles))
    monkeypatch.setattr(torch.cuda, "graph", graph)
    monkeypatch.setattr(torch.cuda, "CUDAGraph", SimpleNamespace)
    monkeypatch.setattr(torch.cuda, "current_stream", lambda: None)
    monkeypatch.setattr(torch.cuda, "set_stream", lambda stream: None)
    monkeypatch.setattr(torch.cuda, "CUDAGraph", lambda: SimpleNamespace(replay=None))
    one, another = CudaRecorder(), CudaRecorder()
    for recorder in (one, one, another):
        recorder(lambda: torch.zeros(3))
    assert pools == [(0, 1), (0, 1), (0, 2)]
    assert streams == ["a", "a", "b"]


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no such device here")
@pytest.mark.parametrize("precision", ["single", "mixed"])
@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
def test_graphs_of_cuda_are_used_and_give_the_usual_steps(train, model, precision, caplog) -> None:
    recordings, recorder = [], CudaRecorder()

    def record(work):
        recordings.append(recorder(work))
        return recordings[-1]

    usual, found = (train(model, recorder, "cuda", precision) for recorder in (None, record))
    assert recordings
    assert not caplog.records  # they were not given up
    assert_same(found, usual)
