"""Denoising: what goes in and what comes out, against the clean images."""

import numpy as np
import pytest
import torch

from vae_desktop.latent.embed import to_unit
from vae_desktop.latent.evidence import reconstruction_squared_error, restoration


class Echo:
    """Gives back its input, dimmed."""

    image_shape = (1, 8, 8)
    device = torch.device("cpu")

    def __init__(self, factor=1.0):
        self.factor = factor

    def reconstruct(self, images):
        return self.factor * images


@pytest.fixture(scope="module")
def images(digits):
    return torch.from_numpy(digits.train.images)


def test_a_model_that_changes_nothing_restores_nothing(images):
    noisy, restored = restoration(Echo(), images, "gaussian", 0.5, seed=0)
    assert noisy == pytest.approx(restored, rel=1e-6)
    assert noisy > 1


def test_a_model_that_shows_black_is_off_by_all_there_is(images):
    expected = np.square(images.numpy() / 255).sum((1, 2, 3)).mean()
    assert restoration(Echo(0.0), images, "gaussian", 0.5, seed=0).restored == pytest.approx(expected, rel=1e-5)
    assert reconstruction_squared_error(Echo(0.0), images) == pytest.approx(expected, rel=1e-5)
    assert reconstruction_squared_error(Echo(0.5), images) == pytest.approx(expected / 4, rel=1e-5)


@pytest.mark.parametrize("strength", [0.25, 0.75])
def test_masking_takes_that_share_of_the_squares_away(images, strength):
    whole = float(to_unit(images).square().sum() / len(images))
    noisy = restoration(Echo(), images, "masking", strength, seed=0).noisy
    assert noisy == pytest.approx(strength * whole, rel=0.02)


def test_it_reconstructs_from_the_means_alone(digits, run_config, fresh_model, images):
    model = fresh_model(run_config(latent_dim=3), digits)
    with torch.inference_mode():
        shown = model.decode(model.encode(to_unit(images)).mean)
    expected = np.square(shown.numpy().astype(float) - images.numpy() / 255).sum((1, 2, 3)).mean()
    assert reconstruction_squared_error(model, images) == pytest.approx(expected, rel=1e-5)
    assert restoration(model, images, "masking", 0.0, seed=0) == pytest.approx((0, expected), rel=1e-5)
