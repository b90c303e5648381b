"""Models trained together: each as if alone, the work they share done once, and a fault of one its own."""

import gc
import weakref
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
import torch

from tests.same_training import assert_same_training
from vae_desktop.config import ModelConfig
from vae_desktop.errors import InvalidSetting, UserError
from vae_desktop.models.autoencoder import new_model
from vae_desktop.models.randomness import corrupted
from vae_desktop.training import batches as batches_module
from vae_desktop.training.loop import TrainingLoop
from vae_desktop.training.trained_model import TrainedModel
from vae_desktop.training.trainer import Trainer
from vae_desktop.variants import KL_TERM, Variant

MIXED = (
    Variant("ae", latent_dim=3),
    Variant("vae", beta=4.0),
    Variant("denoising-ae", architecture="convolutional"),
    Variant("vae", likelihood="bernoulli", latent_dim=5),
)


def trained(configs, dataset, device):
    loop = TrainingLoop(configs, dataset, device)
    list(loop.epochs())
    return [model.checkpoint() for model in loop.models]


def assert_same_tensors(first, second):
    assert first.keys() == second.keys()
    for name, tensor in first.items():
        assert np.array_equal(tensor, second[name]), name


@pytest.fixture
def configs_of(config):
    return lambda variants: [variant.applied_to(config) for variant in variants]


@pytest.mark.parametrize("variants", [KL_TERM, MIXED], ids=["the kl term", "mixed"])
def test_each_is_to_the_bit_what_it_is_alone(configs_of, variants, dataset, device):
    configs = configs_of(variants)
    with ThreadPoolExecutor(1) as pool:
        together = pool.submit(trained, configs, dataset, device).result()
        alone = [pool.submit(trained, [config], dataset, device).result()[0] for config in configs]
    for one, other in zip(together, alone, strict=True):
        assert one.snapshot.step == other.snapshot.step == 9
        assert_same_tensors(one.snapshot.weights, other.snapshot.weights)
        assert_same_tensors(one.snapshot.optimizer, other.snapshot.optimizer)
        assert np.array_equal(one.history.training, other.history.training, equal_nan=True)
        assert one.history.evaluations == other.history.evaluations


def test_equal_layers_start_equal(configs_of, dataset):
    ae, *variational = (new_model(config.model, dataset.image_shape, 5).weights() for config in configs_of(KL_TERM))
    last = max(name for name in ae if name.startswith("encoder"))[: len("encoder.0")]
    for weights in variational:
        assert_same_tensors(weights, variational[0])
        for name in ae:
            assert np.array_equal(ae[name], weights[name]) != name.startswith(last), name


def test_batches_noise_and_corruption_are_drawn_once_for_all(configs_of, dataset, device, monkeypatch):
    drawn = []
    monkeypatch.setattr(batches_module, "to_unit", lambda images: drawn.append("batch") or images.float() / 255)
    monkeypatch.setattr(
        batches_module, "corrupted", lambda *arguments: drawn.append("corruption") or corrupted(*arguments)
    )
    noise = torch.randn
    monkeypatch.setattr(batches_module.torch, "randn", lambda *a, **k: drawn.append("noise") or noise(*a, **k))
    variants = [Variant("denoising-ae"), Variant("denoising-ae", latent_dim=1), Variant("vae"), Variant("kl-only")]
    loop = TrainingLoop(configs_of(variants), dataset, device)
    drawn.clear()
    list(loop.epochs(on_step=loop.stop))
    assert drawn.count("batch") == 1
    # Gaussian corruption draws numbers of its own; the evaluation of denoising models does too, elsewhere.
    assert drawn.count("corruption") == 1
    assert [model.steps for model in loop.models] == [1] * 4


def test_one_that_diverges_is_left_behind_with_the_reason(configs_of, dataset, device, monkeypatch):
    step = Trainer.step

    def poisoned(self, batch):
        row = step(self, batch)
        return row * torch.nan if self.steps == 5 and not self.model.is_variational else row

    monkeypatch.setattr(Trainer, "step", poisoned)
    loop = TrainingLoop(configs_of(KL_TERM), dataset, device)
    reports = list(loop.epochs())
    assert [len(of_epoch) for of_epoch in reports] == [4, 3, 3]
    assert "no longer a finite number in epoch 2" in loop.models[0].failure.message
    assert [model.failure for model in loop.models[1:]] == [None] * 3
    assert [model.steps for model in loop.going] == [9] * 3
    assert loop.finished


def test_one_for_which_there_is_no_memory_is_left_behind_and_holds_none(configs_of, dataset, device, monkeypatch):
    step, held = Trainer.step, []

    def hungry(self, batch):
        if self.steps == 2 and self.model.latent_dim == 7:
            large = torch.zeros(10)
            held.append(weakref.ref(large))
            raise torch.OutOfMemoryError("CUDA out of memory")
        return step(self, batch)

    monkeypatch.setattr(Trainer, "step", hungry)
    loop = TrainingLoop(configs_of([Variant("vae"), Variant("vae", latent_dim=7)]), dataset, device)
    assert [len(of_epoch) for of_epoch in loop.epochs()] == [1, 1, 1]
    failure = loop.models[1].failure
    assert failure.message.startswith("The computer ran out of memory. Choose a smaller batch")
    assert "in hungry" in failure.details
    assert [reference() for reference in held] == [None]


@pytest.mark.parametrize("is_infinite", [False, True])
def test_one_that_has_failed_gives_its_memory_back_when_it_is_taken_out(
    configs_of, dataset, device, monkeypatch, is_infinite
):
    step = Trainer.step

    def stepped(self, batch):
        if not is_infinite and self.model.latent_dim == 7:
            raise RuntimeError("the cat sat on the cable")
        return step(self, batch) * (torch.nan if self.model.latent_dim == 7 else 1)

    monkeypatch.setattr(Trainer, "step", stepped)
    loop = TrainingLoop(configs_of([Variant("vae"), Variant("vae", latent_dim=7)]), dataset, device)
    loop.step()
    loop.each(TrainedModel.drain)
    failed = loop.models.pop()
    trainer, failure = weakref.ref(failed.trainer), failed.failure
    gc.disable()
    try:
        del failed
        assert trainer() is None
    finally:
        gc.enable()
    assert failure.message


def test_one_that_there_is_no_memory_to_make_keeps_none_from_training(configs_of, dataset, device, monkeypatch):
    begin = TrainedModel.begin

    def hungry(self):
        if self.config.model.latent_dim == 7:
            raise torch.OutOfMemoryError("CUDA out of memory")
        begin(self)

    monkeypatch.setattr(TrainedModel, "begin", hungry)
    loop = TrainingLoop(configs_of([Variant("vae", latent_dim=7), Variant("vae")]), dataset, device)
    assert [len(of_epoch) for of_epoch in loop.epochs()] == [1, 1, 1]
    assert "out of memory before the first step" in loop.models[0].failure.message
    assert loop.checkpoint_of(loop.models[0]) is None


def test_when_none_is_left_it_says_so(configs_of, dataset, device, monkeypatch):
    step = Trainer.step
    monkeypatch.setattr(Trainer, "step", lambda self, batch: step(self, batch) * torch.nan)
    loop = TrainingLoop(configs_of(KL_TERM[:2]), dataset, device)
    with pytest.raises(UserError, match="no longer a finite number"):
        list(loop.epochs())


@pytest.mark.parametrize("change", [{"seed": 9}, {"batch_size": 9}, {"epochs": 9}, {"device": "cuda"}])
def test_models_that_share_no_batches_are_refused(config, dataset, device, change):
    with pytest.raises(InvalidSetting, match="must agree in") as refused:
        TrainingLoop([config, config.with_settings(**change)], dataset, device)
    assert refused.value.name in change


def test_more_than_four_are_refused(config, dataset, device):
    with pytest.raises(InvalidSetting, match="Between 2 and 4"):
        TrainingLoop([config] * 5, dataset, device)


def test_models_of_other_data_are_refused(config, dataset, device):
    other = replace(config, dataset=replace(config.dataset, image_size=20), model=ModelConfig("ae"))
    with pytest.raises(InvalidSetting, match="must agree in: data set"):
        TrainingLoop([config, other], dataset, device)


def test_models_at_different_steps_come_to_their_ends_with_an_evaluation_each_epoch(configs_of, dataset, device):
    configs = configs_of([Variant("ae"), Variant("vae")])
    ahead = TrainingLoop(configs[1:], dataset, device)
    list(ahead.epochs(on_step=lambda: ahead.stop() if ahead.steps == 4 else None))
    start = ahead.models[0].checkpoint()
    loop = TrainingLoop(configs, dataset, device, [None, start.snapshot], [None, start.history])
    first, second = loop.models
    reports = [(report.model, report.epoch) for reports in loop.epochs() for report in reports]
    assert reports == [(second, 2), (first, 1), (second, 3), (first, 2), (first, 3)]
    for model, alone in zip(loop.models, trained(configs, dataset, device), strict=True):
        assert_same_training(model.checkpoint(), alone)
