"""Noise of the stated kind and strength."""

import pytest
import torch

from vae_desktop.models.randomness import corrupted

GREY = torch.full((200, 3, 20, 20), 0.5)


def noisy(noise, strength, seed=0, images=GREY):
    return corrupted(images, noise, strength, torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("noise", ["gaussian", "masking", "salt-and-pepper"])
def test_it_stays_in_range_and_repeats(noise):
    result = noisy(noise, 0.4)
    assert result.shape == GREY.shape
    assert 0 <= float(result.min()) <= float(result.max()) <= 1
    assert torch.equal(result, noisy(noise, 0.4))
    assert not torch.equal(result, noisy(noise, 0.4, seed=1))
    assert torch.equal(noisy(noise, 0.0), GREY)


def test_gaussian_noise_has_that_standard_deviation():
    assert float((noisy("gaussian", 0.1) - GREY).std()) == pytest.approx(0.1, rel=0.01)


def test_masking_hits_that_share_and_all_channels_of_a_pixel():
    result = noisy("masking", 0.3)
    assert float((result == 0).float().mean()) == pytest.approx(0.3, abs=0.01)
    assert torch.equal((result == 0).all(1), (result == 0).any(1))
    assert set(result.unique().tolist()) == {0.0, 0.5}


def test_salt_and_pepper_are_equally_many():
    result = noisy("salt-and-pepper", 0.3)
    for value in (0.0, 1.0):
        assert float((result == value).float().mean()) == pytest.approx(0.15, abs=0.01)
    assert float((noisy("salt-and-pepper", 1.0) == 0.5).float().mean()) == 0
