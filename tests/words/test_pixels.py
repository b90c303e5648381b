"""Diffusion in pixels beside diffusion in codes."""

import numpy as np
import pytest
import torch
from torch import nn

from vae_desktop.config import DatasetConfig, ModelConfig
from vae_desktop.data.dataset import Dataset, Split
from vae_desktop.errors import Cancelled, UserError
from vae_desktop.models.autoencoder import new_model
from vae_desktop.progress import Progress
from vae_desktop.words.pixels import PICTURES, pixels_beside_codes, products_of


def data(side=8, count=60):
    """Unlabelled images of one bright square each."""
    images = np.zeros((count, 1, side, side), np.uint8)
    for number, image in enumerate(images):
        image[0, number % (side - 2) :][:3, :3] = 255
    return Dataset(DatasetConfig("digits", image_size=side), Split(images, None), Split(images[::2], None), ())


@pytest.fixture(scope="module")
def model():
    return new_model(ModelConfig(kind="vae", latent_dim=4, hidden=(16,)), (1, 8, 8), seed=0)


def test_both_have_the_same_network_and_as_many_steps(model):
    found = pixels_beside_codes(model, data(), steps=3)
    assert (found.pixels.numbers, found.codes.numbers, found.images) == (64, 4, 60)
    for drawn in (found.pixels, found.codes):
        assert drawn.pictures.shape == (PICTURES, 8, 8, 1)
        assert drawn.pictures.dtype == np.uint8
        assert 0 <= drawn.quality.precision <= 1
        assert drawn.seconds > 0
    decoder = 4 * 16 + 16 * 64
    assert found.pixels.products - (found.codes.products - decoder) == 30 * 2 * 256 * (64 - 4)  # first and last layers


def test_the_same_is_found_each_time(model):
    one, other = (pixels_beside_codes(model, data(), steps=3) for _ in range(2))
    assert np.array_equal(one.pixels.pictures, other.pixels.pictures)
    assert np.array_equal(one.codes.pictures, other.codes.pictures)


def test_images_of_too_many_pixels_are_refused():
    with pytest.raises(UserError, match="numbers each"):
        pixels_beside_codes(new_model(ModelConfig(latent_dim=2, hidden=(4,)), (1, 112, 112), seed=0), data(112, 20))


def test_it_can_be_cancelled(model):
    with pytest.raises(Cancelled):
        pixels_beside_codes(model, data(), progress=Progress(is_cancelled=lambda: True))


@pytest.mark.parametrize(
    ("network", "shape", "count"),
    [
        (nn.Sequential(nn.Linear(5, 7), nn.ReLU(), nn.Linear(7, 3)), (1, 5), 5 * 7 + 7 * 3),
        (nn.Conv2d(2, 3, 4, 2, 1), (1, 2, 8, 8), 4 * 4 * 2 * 3 * 4 * 4),
        (nn.ConvTranspose2d(3, 2, 4, 2, 1), (1, 3, 4, 4), 4 * 4 * 3 * 2 * 4 * 4),
    ],
)
def test_multiplications_are_counted(network, shape, count):
    assert products_of(network, torch.zeros(shape)) == count
