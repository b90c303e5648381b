"""Asked against got: judged on a latent space that is a picture itself."""

import numpy as np
import pytest
import torch

from vae_desktop.words.judging import nearest_distances, recall_at, share_as_asked, shift


class PointModel:
    """Draws a code as a picture of three pixels that are the code, of which a tenth is a grey level."""

    device = torch.device("cpu")
    image_shape = (1, 1, 3)

    def decode(self, codes):
        return (0.5 + codes / 10)[:, None, None, :]


def classify(images):
    """Logits by where a picture of `PointModel` lies."""
    middles = torch.tensor([[3.0, 0.0], [-3.0, 3.0], [-3.0, -3.0]])
    return -torch.cdist(10 * (images[:, 0, 0, :2] - 0.5), middles)


def first_pixel(images):
    return images[:, 0, 0, 0].astype(np.float32)


def test_the_share_of_pictures_as_asked(diffusion):
    shares = [share_as_asked(diffusion, PointModel(), classify, "a two", asked, 50) for asked in range(3)]
    assert shares[2] > 0.9
    assert sum(shares) == pytest.approx(1)


def test_an_attribute_moves_as_asked(diffusion, codes):
    real = 25.5 * codes.mean[:, 0]
    right, left = (shift(diffusion, PointModel(), first_pixel, text, real, 100) for text in ("a zero", "a two"))
    assert right > 0.7
    assert left < -0.3


def test_captions_find_their_codes(diffusion, codes):
    first = [int(np.flatnonzero(codes.labels == label)[0]) for label in range(3)]
    own = codes.mean[first]
    assert recall_at(diffusion, ["a zero", "one", "画一个二"], own, most=1) == 1
    assert recall_at(diffusion, ["one", "a two", "zero"], own, most=1) == 0
    assert recall_at(diffusion, ["banana"] * 3, own, most=1) == 0
    assert recall_at(diffusion, ["banana"] * 3, own, most=3) == 1


def test_the_nearest_of_other_codes():
    others = torch.tensor([[0.0, 1], [3, 4], [9, 9]])
    found = nearest_distances(torch.tensor([[0.0, 0], [3, 4]]), others.split(2))
    np.testing.assert_allclose(found, [1, 0], atol=1e-4)
