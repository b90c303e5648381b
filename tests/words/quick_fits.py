"""Diffusions that are fitted in a moment, for tests that ask for no quality: few steps, few captions, small ones."""

from functools import partial

import pytest

from vae_desktop.words import fitting, of_model, pixels, reading
from vae_desktop.words.diffusion import Denoiser


def use_small_networks(patch: pytest.MonkeyPatch, width: int = 32, layers: int = 1) -> None:
    """Have whatever is fitted from now on have such a network."""
    patch.setattr(fitting, "WIDTH", width)
    patch.setattr(fitting, "LAYERS", layers)
    for module in (fitting, pixels):
        patch.setattr(module, "Denoiser", partial(Denoiser, width=width, layers=layers))


def fit_quickly(patch: pytest.MonkeyPatch, steps: int = 20, captions: int = 2000) -> None:
    """Have whatever is fitted from now on be such a one."""
    patch.setattr(of_model, "fit", partial(fitting.fit, steps=steps))
    patch.setattr(reading, "CAPTIONS", captions)
    use_small_networks(patch)
