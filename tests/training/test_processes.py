"""Processes that train together: what each does of a batch and of the test images, and what all of it gives."""

from datetime import timedelta

import numpy as np
import pytest
import torch

from vae_desktop.config import ModelConfig
from vae_desktop.errors import InvalidSetting, UserError
from vae_desktop.latent.evidence import chunk_terms, mean_of, mean_terms
from vae_desktop.models.autoencoder import new_model
from vae_desktop.training.batches import Batches
from vae_desktop.training.gradient import AutogradGradient
from vae_desktop.training.joining import joined
from vae_desktop.training.loop import TrainingLoop
from vae_desktop.training.processes import Agreement, Processes

CPU = torch.device("cpu")
VARIABLES = ("RANK", "WORLD_SIZE", "LOCAL_RANK", "LOCAL_WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT")


class OneOf(Processes):
    """One of several, whose gradients the test averages."""

    def synchronised(self, module):
        return module


class Heard(Processes):
    """The first of two, of which the other one says what the test has it say."""

    def __init__(self, other):
        super().__init__(0, 2)
        self.__dict__.update(other=other, times=0)

    def gathered(self, value):
        self.__dict__["times"] += 1
        return [value, self.other]


@pytest.mark.parametrize("size", [0, 1, 2, 7, 128])
@pytest.mark.parametrize("count", [1, 2, 3, 8])
def test_shares_are_all_of_it_and_nearly_equal(size, count):
    shares = [range(size)[Processes(rank, count).share(size)] for rank in range(count)]
    assert [number for share in shares for number in share] == list(range(size))
    assert max(map(len, shares)) - min(map(len, shares)) <= 1


@pytest.mark.parametrize("step", [0, 2])  # of 40 images in batches of 19 an epoch's last has two
@pytest.mark.parametrize(
    "model",
    [
        ModelConfig("vae", 2, hidden=(6,), likelihood="gaussian-calibrated"),
        ModelConfig("ae", 3, hidden=(6, 5), likelihood="squared-error"),
        ModelConfig("denoising-ae", 2, hidden=(6,), noise="gaussian"),
        ModelConfig("denoising-ae", 2, hidden=(6,), noise="salt-and-pepper"),
        ModelConfig("vae", 2, architecture="convolutional", hidden=(3,), likelihood="bernoulli"),
    ],
)
def test_parts_of_loss_and_gradient_make_up_those_of_the_batch(dataset, model, step):
    def of(processes):
        batch = Batches(dataset.train.images, 19, 7, CPU, processes).at(step)
        network = new_model(model, dataset.image_shape, 4)
        inputs = batch.corrupted(model) if model.traits.is_denoising else None
        noise = batch.noise(2) if model.traits.is_variational else None
        gradient = AutogradGradient(model, network, False, processes)
        loss = gradient(batch.images, noise, inputs, 0.7, batch.size if processes.are_several else None)
        return batch, [noise, inputs], loss, [parameter.grad for parameter in network.parameters()]

    batch, drawn, loss, slopes = of(Processes())
    parts = [of(OneOf(rank, 3)) for rank in range(3)]
    assert [len(part.images) for part, *_ in parts] == ([6, 6, 7] if step == 0 else [0, 1, 1])
    assert torch.equal(torch.cat([part.indices for part, *_ in parts]), batch.indices)
    for number, whole in enumerate(drawn):  # to the bit what one process alone draws
        assert whole is None or torch.equal(torch.cat([own[number] for _, own, *_ in parts]), whole)
    for own, whole in zip(zip(*(part for *_, part, _ in parts), strict=True), loss, strict=True):
        assert (whole is None and own == (None,) * 3) or torch.allclose(sum(own), whole)
    for own, whole in zip(zip(*(part for *_, part in parts), strict=True), slopes, strict=True):
        torch.testing.assert_close(sum(own) / 3, whole, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("kind", ["vae", "denoising-ae"])
def test_shares_of_the_test_images_give_to_the_bit_what_all_give(config, kind):
    random = np.random.default_rng(0)
    images = torch.from_numpy(random.integers(0, 256, (2300, 1, 4, 3), np.uint8))  # three chunks
    config = config.with_settings(kind=kind)
    model = new_model(config.model, (1, 4, 3), 4)
    whole = mean_terms(config, model, images)
    parts = [chunk_terms(config, model, images, share=Processes(rank, 4).share) for rank in range(4)]
    assert [len(part) for part in parts] == [0, 1, 1, 1]
    found = mean_of([chunk for part in parts for chunk in part], len(images))
    assert found[:3] == whole[:3]
    assert torch.equal(found.posterior.mean, whole.posterior.mean)


def test_wishes_are_agreed_on_after_the_same_steps_whatever_each_clock_says():
    other = Heard((0.5, True, False))  # half a second for a step: slower than this one
    now = iter(range(1000))
    agreement = Agreement(other, lambda: next(now) / 1000)
    assert agreement(False, False) == (True, False)
    assert agreement(False, True) == (True, True)  # a quarter of a second is less than its step
    other.__dict__["other"] = (0.01, False, False)
    assert agreement(True, False) == (True, False)
    assert other.times == 3
    for _ in range(24):  # of ten milliseconds
        assert agreement(True, True) == (False, False)
    assert other.times == 3
    assert agreement(False, True) == (False, True)
    assert agreement.now(False, False) == (False, False)
    assert other.times == 5


def test_a_batch_that_has_no_image_for_some_is_refused(config, dataset):
    with pytest.raises(InvalidSetting, match="A batch of 2 cannot be shared by 3 processes: choose a larger batch"):
        TrainingLoop([config.with_settings(batch_size=2)], dataset, CPU, processes=Processes(1, 3))


@pytest.fixture
def chosen(monkeypatch):
    """The device that one of two processes of a machine takes, of so many cards, and what it tells."""
    monkeypatch.setattr("vae_desktop.training.devices.select_device", lambda name, tell: torch.device(name))
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)

    def choose(name, cards, rank):
        monkeypatch.setattr(torch.cuda, "device_count", lambda: cards)
        told = []
        processes = Processes(rank, 2, rank, 2)
        object.__setattr__(processes, "gathered", lambda value: [value] * 2)
        return processes.select_device(name, told.append), told

    return choose


@pytest.mark.parametrize("rank", [0, 1])
def test_each_process_has_a_card_of_its_own(chosen, rank):
    for name in ("auto", "cuda"):
        assert chosen(name, 2, rank) == (torch.device("cuda", rank), [])
    assert chosen("cpu", 2, rank) == (CPU, [])


def test_too_few_cards_are_said_once(chosen):
    words = "This machine has 1 of the 2 NVIDIA graphics cards that its processes need"
    device, told = chosen("auto", 1, 0)
    assert device == CPU
    assert told[0].startswith(words)
    assert chosen("auto", 1, 1) == (CPU, [])
    with pytest.raises(UserError, match=words):
        chosen("cuda", 1, 0)
    with pytest.raises(SystemExit):
        chosen("cuda", 1, 1)
    with pytest.raises(InvalidSetting, match="mps is one device"):
        chosen("mps", 1, 0)


@pytest.fixture
def environment(monkeypatch):
    """Set torchrun's variables, and no others of them."""

    def arrange(**values):
        for name in VARIABLES:
            monkeypatch.delenv(name, raising=False)
        for name, value in values.items():
            monkeypatch.setenv(name, value)

    return arrange


@pytest.mark.parametrize("values", [{}, {"MASTER_ADDR": "localhost"}, {"RANK": "0", "WORLD_SIZE": "1"}])
def test_without_others_a_process_is_alone(environment, values):
    environment(**values)
    found = joined()
    assert (found.rank, found.count, found.are_several, found.leads) == (0, 1, False, True)
    assert found.gathered("this") == ["this"]
    assert found.led(lambda: "this") == found.leader_first(lambda: "this") == "this"


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"RANK": "1"}, "RANK is set for several processes, but not WORLD_SIZE, MASTER_ADDR, MASTER_PORT: "),
        ({"RANK": "0", "WORLD_SIZE": "2", "MASTER_ADDR": "localhost"}, "but not MASTER_PORT: start them with torchrun"),
        ({"RANK": "2", "WORLD_SIZE": "2"}, "RANK is 2 and WORLD_SIZE 2"),
        ({"RANK": "one", "WORLD_SIZE": "2"}, "RANK is 'one', and not a number"),
    ],
)
def test_variables_that_are_set_by_half_are_named(environment, values, words):
    places = {"MASTER_ADDR": "localhost", "MASTER_PORT": "1"} if "MASTER_ADDR" not in values else {}
    environment(**(values if len(values) == 1 else {**places, **values}))
    with pytest.raises(UserError, match=words):
        joined()


def test_processes_that_do_not_come_are_not_waited_for_without_end(environment):
    environment(RANK="0", WORLD_SIZE="2", MASTER_ADDR="localhost", MASTER_PORT="0")
    with pytest.raises(UserError, match=r"Not all of the 2 processes have met at localhost:0 .* within"):
        joined(timedelta(milliseconds=100))
