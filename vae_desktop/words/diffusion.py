"""A diffusion in a latent space: a small network that takes noise out of codes, step by step, as a text asks.

Codes in place of pixels: Rombach et al. 2022, arXiv 2112.10752. All codes here are in units of their own spread.
"""

import itertools
import math
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vae_desktop.models.products import Linear
from vae_desktop.models.randomness import generator

WIDTH, LAYERS = 256, 3
_WAVES = 8  # by which the network is told the time

Velocity = Callable[[Tensor, Tensor], Tensor]  # of codes (N, d) at times (N, 1)


def signal_and_noise(times: Tensor) -> tuple[Tensor, Tensor]:
    """How much of a code and of noise there is at times from 0, nothing but code, to 1, nothing but noise.

    α = cos(πt/2) and σ = sin(πt/2): the variance α² + σ² stays 1 (Song et al. 2021, arXiv 2011.13456, variance
    preserving; the cosine is Nichol & Dhariwal's, 2021, arXiv 2102.09672).
    """
    angles = times * (math.pi / 2)
    return angles.cos(), angles.sin()


class Denoiser(nn.Module):
    """Says the velocity v = α·ε − σ·x of noisy codes αx + σε: residual layers that are told time and text.

    Codes and noise both follow from v (Salimans & Ho 2022, arXiv 2202.00512), at any time equally well.

    Parameters
    ----------
    latent_dim : int
    text_dim : int
        Length of the vector that a text is.
    width, layers : int
    """

    def __init__(self, latent_dim: int, text_dim: int, width: int = WIDTH, layers: int = LAYERS) -> None:
        super().__init__()
        self.without_words = nn.Parameter(torch.zeros(text_dim))  # in place of a text
        told = 2 * _WAVES + text_dim
        self.first = Linear(latent_dim, width)
        self.told = nn.ModuleList(Linear(told, width) for _ in range(layers))
        self.inner = nn.ModuleList(Linear(width, width) for _ in range(layers))
        self.outer = nn.ModuleList(Linear(width, width) for _ in range(layers))
        self.last = Linear(width, latent_dim)

    def initialize(self, seed: int) -> None:
        """Draw the weights; each layer begins by adding nothing."""
        for name, parameter in self.named_parameters():
            if parameter.ndim < 2 or name.startswith(("outer", "last")):
                nn.init.zeros_(parameter)
            else:
                nn.init.kaiming_normal_(parameter, nonlinearity="relu", generator=generator(seed, "denoiser", name))

    def forward(self, codes: Tensor, times: Tensor, texts: Tensor) -> Tensor:
        """Velocities (N, d) of noisy codes (N, d) at times (N, 1), with a text (N, T) each."""
        told = torch.cat([_waves(times), texts], 1)
        hidden = self.first(codes)
        for tell, inner, outer in zip(self.told, self.inner, self.outer, strict=True):
            hidden = hidden + outer(F.silu(inner(F.silu(hidden + tell(told)))))
        return self.last(F.silu(hidden))


def _waves(times: Tensor) -> Tensor:
    """Sines and cosines (N, 16) of times (N, 1), as Transformers are told positions (Vaswani et al. 2017)."""
    angles = times * (math.pi / 2) * torch.arange(1, _WAVES + 1, device=times.device)
    return torch.cat([angles.sin(), angles.cos()], 1)


def guided(with_words: Tensor, without_words: Tensor, guidance: float) -> Tensor:
    """Velocities that follow the words so many times as far: 1 is as learned, 0 is without words.

    Classifier-free guidance (Ho & Salimans 2022, arXiv 2207.12598); this number is their w + 1.
    """
    return without_words + guidance * (with_words - without_words)


@torch.inference_mode()
def walk(velocity: Velocity, noise: Tensor, steps: int) -> Tensor:
    """From noise to codes: (steps + 1, N, d), noise (N, d) first, by DPM-Solver++(2M).

    The multistep solver of second order of Lu et al. 2022, arXiv 2211.01095, algorithm 2: at each time the velocity
    gives the code without noise, and the last two of these foretell the one in the middle of the step. With the newest
    alone (DDIM, Song et al. 2021, arXiv 2010.02502) codes come out too narrow: in 30 steps a normal distribution keeps
    0.93 of its variance, and all of it so. Steps are even in time; in log(α/σ), as theirs, they would have no ends.
    """
    codes, path, before = noise, [noise], None
    times = torch.linspace(1, 0, steps + 1, device=noise.device)
    for now, then in itertools.pairwise(times):
        signal, strength = signal_and_noise(now)
        clean = signal * codes - strength * velocity(codes, now.expand(len(codes), 1))
        ahead = clean if before is None else 1.5 * clean - 0.5 * before
        before = clean
        next_signal, next_strength = signal_and_noise(then)
        left = next_strength / strength  # of the noise
        codes = left * codes + (next_signal - left * signal) * ahead
        path.append(codes)
    return torch.stack(path)
