"""Fitting a diffusion to the codes of training images and to their captions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vae_desktop.errors import UserError
from vae_desktop.language import tr
from vae_desktop.latent.codes import Codes, CodeSpread
from vae_desktop.models.optimizer import Adam
from vae_desktop.models.randomness import generator
from vae_desktop.models.snapshot import one_cycle
from vae_desktop.progress import Progress, ignore
from vae_desktop.words.diffusion import LAYERS, WIDTH, Denoiser, signal_and_noise
from vae_desktop.words.latent_diffusion import Array, LatentDiffusion
from vae_desktop.words.reading import ReadCaptions, read
from vae_desktop.words.text_encoder import TEXT_DIM, TextEncoder

if TYPE_CHECKING:
    from vae_desktop.words.captions import Captions

STEPS, BATCH = 5000, 512
RATE, WEIGHT_DECAY = 3e-3, 0.01
WITHOUT_WORDS = 0.15  # fraction of the codes that are learned without their captions
AVERAGED = 0.998  # of the averaged weights that a step leaves
_FEWEST = 20  # images
_LEAST_VARIANCE = 1e-3  # of a dimension's codes that is that of the images' means, in a model that tells them apart
_TOLD_AT_A_TIME = 20  # steps


class _Networks(nn.Module):
    """All that is learned, with the names that the weights have in `LatentDiffusion`."""

    def __init__(self, denoiser: Denoiser, text: TextEncoder) -> None:
        super().__init__()
        self.denoiser, self.text = denoiser, text


def fit(
    codes: Codes,
    captions: Captions | None,
    seed: int,
    progress: Progress = ignore,
    step: int = 0,
    steps: int = STEPS,
    unit: CodeSpread | None = None,
) -> LatentDiffusion:
    """Fit a diffusion to codes and captions.

    Parameters
    ----------
    codes : Codes
        Of the training images.
    captions : Captions, or None
        Of the same images; with None it draws without words only.
    seed : int
    progress : Progress
        Told how far the work is, several times a second.
    step : int
        The training step of the model whose codes they are.
    steps : int
        How long it is fitted.
    unit : CodeSpread, optional
        What it is learned in; else the codes' own spread, by which is seen whether they tell images apart.

    Raises
    ------
    UserError
        If there are too few images, or their codes are the same or not finite.
    Cancelled
        If `progress` raised it.
    """
    spread = _spread_of(codes) if unit is None else unit
    mean = torch.from_numpy(spread.to_units(codes.mean))
    stddev = None
    if codes.log_stddev is not None:
        stddev = torch.from_numpy((np.exp(codes.log_stddev) / spread.stddev).astype(np.float32))
    texts = None if captions is None else read(captions, mean.numpy(), seed, progress.part(0, 1, 10))
    denoiser = Denoiser(codes.latent_dim, TEXT_DIM)
    denoiser.initialize(seed)
    encoder = TextEncoder(texts.vocabulary.words if texts else ())
    encoder.initialize(seed)
    networks = _Networks(denoiser, encoder)
    with torch.enable_grad():
        weights = _train(networks, mean, stddev, texts, seed, steps, progress.part(1, 9, 10))
    described = {"words": {}, "examples": {}, "width": WIDTH, "layers": LAYERS, "images": len(codes), "seed": seed}
    if texts is not None:
        described |= texts.described
    parts: dict[str, Array] = {"middle": spread.middle, "scale": spread.stddev, **weights}
    if texts is None:
        parts = {name: part for name, part in parts.items() if not name.startswith("text.")}
    return LatentDiffusion(parts, described, step)


def _spread_of(codes: Codes) -> CodeSpread:
    """The unit of the codes, where there is something to learn."""
    if len(codes) < _FEWEST:
        text = tr("A diffusion needs at least {fewest} training images; there are {count}.")
        raise UserError(text.format(fewest=_FEWEST, count=len(codes)))
    if not codes.are_finite:
        raise UserError(tr("The model's codes of these images are not finite numbers; nothing can be learned of them."))
    spread = CodeSpread.of(codes)
    if float((codes.mean.var(0, dtype=np.float64) / spread.stddev.astype(np.float64) ** 2).max()) < _LEAST_VARIANCE:
        text = tr(
            "The model has the same code for all images (it has collapsed), so no words can tell them apart. Train "
            "another one, with a smaller β for instance."
        )
        raise UserError(text)
    return spread


def _train(
    networks: _Networks,
    mean: Tensor,
    stddev: Tensor | None,
    texts: ReadCaptions | None,
    seed: int,
    steps: int,
    progress: Progress,
) -> dict[str, Array]:
    """Teach the networks velocities; their averaged weights (Ho et al. 2020, arXiv 2006.11239, appendix B)."""
    random = generator(seed, "diffusion")
    optimizer = Adam(networks, weight_decay=WEIGHT_DECAY)
    parameters: list[Tensor] = list(networks.parameters())
    averaged = [parameter.detach().clone() for parameter in parameters]
    for step in range(steps):
        if step % _TOLD_AT_A_TIME == 0:
            progress(step, steps)
        loss = _loss(networks, mean, stddev, texts, random)
        for parameter in parameters:
            parameter.grad = None
        loss.backward()
        for parameter in parameters:
            if parameter.grad is None:
                parameter.grad = torch.zeros_like(parameter)
        optimizer.step(RATE * one_cycle(step / steps))
        with torch.no_grad():
            torch._foreach_lerp_(averaged, parameters, 1 - min(AVERAGED, (step + 1) / (step + 10)))
    names = [name for name, _ in networks.named_parameters()]
    return {name: part.numpy() for name, part in zip(names, averaged, strict=True)}


def _loss(
    networks: _Networks, mean: Tensor, stddev: Tensor | None, texts: ReadCaptions | None, random: torch.Generator
) -> Tensor:
    """Mean squared error of the velocities of a batch."""
    denoiser = networks.denoiser
    told = denoiser.without_words.expand(BATCH, -1)
    if texts is None:
        images = torch.randint(len(mean), (BATCH,), generator=random)
    else:
        chosen = torch.randint(len(texts.images), (BATCH,), generator=random)
        images = texts.images[chosen]
        is_told = torch.rand(BATCH, 1, generator=random) >= WITHOUT_WORDS
        told = torch.where(is_told, networks.text(texts.places[chosen]), told)
    codes = mean[images]
    if stddev is not None:
        codes = codes + stddev[images] * torch.randn(codes.shape, generator=random)
    # Evenly over the batch, so that the loss of one differs less from that of another.
    times = (torch.arange(BATCH)[:, None] + torch.rand(BATCH, 1, generator=random)) / BATCH
    signal, strength = signal_and_noise(times)
    noise = torch.randn(codes.shape, generator=random)
    found = denoiser(signal * codes + strength * noise, times, told)
    return F.mse_loss(found, signal * noise - strength * codes)
