"""Diffusions that are fitted in a moment, for tests that ask for no quality: few steps and captions, small networks."""

from functools import partial

import pytest

from vae_desktop.words import fitting, of_model, pixels, reading
from vae_desktop.words.diffusion import Denoiser

WIDTH, LAYERS = 32, 1


def fit_quickly(patch: pytest.MonkeyPatch, steps: int = 20, captions: int = 2000) -> None:
    """Have whatever is fitted from now on be such a one."""
    patch.setattr(of_model, "fit", partial(fitting.fit, steps=steps))
    patch.setattr(reading, "CAPTIONS", captions)
    patch.setattr(fitting, "WIDTH", WIDTH)
    patch.setattr(fitting, "LAYERS", LAYERS)
    for module in (fitting, pixels):
        patch.setattr(module, "Denoiser", partial(Denoiser, width=WIDTH, layers=LAYERS))
