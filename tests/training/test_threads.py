"""As many threads as a step is worth, and the same number each time."""

import threading
from dataclasses import replace

import pytest
import torch

from vae_desktop.config import ModelConfig, RunConfig, TrainingConfig
from vae_desktop.training.batches import Batches
from vae_desktop.training.devices import threads_for, use_threads
from vae_desktop.training.trainer import Trainer

MNIST, DIGITS = (1, 28, 28), (1, 8, 8)


def config_of(batch_size=128, **model):
    return RunConfig(model=ModelConfig(**model), training=TrainingConfig(batch_size=batch_size))


@pytest.mark.parametrize(
    ("config", "shape", "most", "expected"),
    [
        (config_of(), MNIST, 2, 2),
        (config_of(), MNIST, 128, 20),
        (config_of(batch_size=8192), MNIST, 128, 128),
        (config_of(hidden=(64,)), DIGITS, 16, 1),
        (config_of(), DIGITS, 16, 1),
        (config_of(batch_size=1), MNIST, 16, 1),
        (config_of(architecture="convolutional"), DIGITS, 16, 16),
        (config_of(hidden=()), MNIST, 16, 1),
    ],
)
def test_each_has_enough_to_do(config, shape, most, expected):
    assert threads_for(config, shape, most) == expected


def test_a_step_is_the_same_however_many_the_thread_had(config, dataset, device):
    config = replace(config, model=ModelConfig("vae", 2, hidden=(6, 5)))  # sums of such shapes differ by threads
    batch = Batches(dataset.train.images, 16, 0, device).at(0)

    def weights_after(count):
        before = torch.get_num_threads()
        try:
            trainer = Trainer(config, dataset.image_shape, device)
            torch.set_num_threads(count)
            trainer.step(batch)
        finally:
            torch.set_num_threads(before)
        return trainer.model.weights()

    expected, found = weights_after(1), weights_after(2)
    assert all((found[name] == values).all() for name, values in expected.items())


@pytest.mark.parametrize("count", [1, 2])
def test_numbers_too_small_to_be_normal_are_zero_in_all_threads(count):
    tiny, found = torch.full((1_000_000,), 1e-39), []  # large enough to be shared by threads

    def work():
        use_threads(count)
        found.append(tiny * 0.9)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert found[0].count_nonzero() == 0
    assert (tiny * 0.9).all()  # this thread's are as they were
