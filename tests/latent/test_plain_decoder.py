"""A picture without torch is torch's picture."""

import itertools

import numpy as np
import pytest
import torch

from vae_desktop.config import ModelConfig
from vae_desktop.latent.embed import decode_to_pictures
from vae_desktop.latent.plain_decoder import PlainDecoder
from vae_desktop.models.autoencoder import new_model

ACTIVATIONS = ("relu", "leaky-relu", "gelu", "silu", "tanh")
MODELS = [
    *(ModelConfig("vae", 3, hidden=(40, 20), activation=name) for name in ACTIVATIONS),
    *(
        ModelConfig("ae", dims, architecture="convolutional", hidden=(4,) * stages, activation=name)
        for dims, stages, name in ((1, 1, "relu"), (5, 2, "gelu"), (9, 3, "silu"))
    ),
    ModelConfig("vae", 3, hidden=(8,), likelihood="gaussian-calibrated"),
]


@pytest.mark.parametrize(
    ("model", "shape"), [*itertools.product(MODELS, [(1, 8, 8), (3, 11, 9)])], ids=lambda value: str(value)[:60]
)
def test_it_is_torchs_within_rounding(model, shape):
    network = new_model(model, shape, seed=2)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.mul_(3)  # such that pixels differ
    weights = {name: tensor.numpy() for name, tensor in network.state_dict().items()}
    codes = 3 * np.random.default_rng(0).standard_normal((20, model.latent_dim)).astype(np.float32)
    decoder = PlainDecoder(model, shape)
    pictures = np.stack([decoder.decode(weights, code) for code in codes])
    expected = decode_to_pictures(network.decoder, torch.from_numpy(codes))
    assert (pictures.shape, pictures.dtype) == (expected.shape, np.uint8)
    assert all(picture.flags.c_contiguous for picture in (decoder.decode(weights, code) for code in codes[:1]))
    differences = np.abs(pictures.astype(int) - expected)
    assert differences.max() <= 1
    assert (differences > 0).mean() < 0.01
    assert np.ptp(expected) > 30


def test_far_codes_give_black_and_white_without_a_warning():
    model, shape = ModelConfig("ae", 2, hidden=(8,), activation="relu"), (1, 8, 8)
    weights = {name: tensor.numpy() for name, tensor in new_model(model, shape, seed=2).state_dict().items()}
    picture = PlainDecoder(model, shape).decode(weights, np.array([1e6, -1e6], np.float32))
    assert set(np.unique(picture)) == {0, 255}
