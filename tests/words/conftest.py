"""A small latent space with words for it, fitted once."""

import numpy as np
import pytest

from vae_desktop.latent.codes import Codes
from vae_desktop.words.captions import Captions
from vae_desktop.words.facts import Facts, Subject
from vae_desktop.words.fitting import fit


@pytest.fixture(scope="session")
def codes():
    """Three classes of codes in two dimensions, far apart, and a third dimension that says nothing."""
    random = np.random.default_rng(0)
    labels = random.integers(3, size=600)
    middles = np.array([[3, 0, 0], [-3, 3, 0], [-3, -3, 0]], np.float32)
    mean = middles[labels] + 0.3 * random.standard_normal((600, 3), np.float32) * [1, 1, 0]
    log_stddev = np.log(np.broadcast_to(np.float32([0.1, 0.1, 1.0]), mean.shape))
    return Codes(mean.astype(np.float32), log_stddev, labels)


@pytest.fixture(scope="session")
def captions(codes):
    subject = Subject("digits", ("0", "1", "2"), ("class",), True)
    return Captions(Facts(subject, codes.labels.astype(np.int16)[:, None], {}))


@pytest.fixture(scope="session")
def diffusion(codes, captions):
    return fit(codes, captions, seed=0, step=7, steps=120)
