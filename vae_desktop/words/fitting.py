"""Fitting a diffusion to the codes of training images and to their captions."""

from __future__ import annotations

from pathlib import Path
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
from vae_desktop.words.latent_diffusion import CAPTIONS, Array, LatentDiffusion
from vae_desktop.words.reading import ReadCaptions, read
from vae_desktop.words.sentence_encoder import SentenceEncoder, SentenceReader
from vae_desktop.words.text_encoder import TEXT_DIM, TextEncoder

if TYPE_CHECKING:
    from vae_desktop.words.captions import Captions

STEPS, BATCH = 4500, 512
RATE, WEIGHT_DECAY = 3e-3, 0.01
WITHOUT_WORDS = 0.15  # fraction of the codes that are learned without their captions
AVERAGED = 0.998  # of the averaged weights that a step leaves
_FEWEST = 20  # images
_LEAST_VARIANCE = 1e-3  # of a dimension's codes that is that of the images' means, in a model that tells them apart
_TOLD_AT_A_TIME = 20  # steps


class _Networks(nn.Module):
    """All that is learned, with the names that the weights have in `LatentDiffusion`."""

    def __init__(self, latent_dim: int, texts: ReadCaptions | None, seed: int) -> None:
        super().__init__()
        self.denoiser = Denoiser(latent_dim, TEXT_DIM)
        self.denoiser.initialize(seed)
        self.text: TextEncoder | SentenceReader | None = None
        if texts is not None:
            is_words = not texts.inputs.is_floating_point()
            self.text = TextEncoder(texts.vocabulary.words) if is_words else SentenceReader(texts.inputs.shape[1])
            self.text.initialize(seed)
            self.said = nn.Linear(TEXT_DIM, texts.facts.shape[1])  # of a text, by which it is learned only
            nn.init.zeros_(self.said.weight)
            nn.init.zeros_(self.said.bias)

    def weights(self) -> dict[str, Array]:
        """What is kept of all that is learned."""
        named = self.named_parameters()
        return {name: part.detach().numpy() for name, part in named if not name.startswith("said.")}


def fit(
    codes: Codes,
    captions: Captions | None,
    seed: int,
    progress: Progress = ignore,
    step: int = 0,
    steps: int = STEPS,
    unit: CodeSpread | None = None,
    sentence_encoder: Path | None = None,
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
    sentence_encoder : Path, optional
        Folder of a sentence encoder that reads the captions, in place of a small text encoder that is learned.

    Raises
    ------
    UserError
        If there are too few images, their codes are the same or not finite, or the sentence encoder cannot be used.
    Cancelled
        If `progress` raised it.
    """
    spread = _spread_of(codes) if unit is None else unit
    mean = torch.from_numpy(spread.to_units(codes.mean))
    stddev = None
    if codes.log_stddev is not None:
        stddev = torch.from_numpy((np.exp(codes.log_stddev) / spread.stddev).astype(np.float32))
    reading = progress.part(0, 1000, 10_000)
    texts = None if captions is None else _texts_of(captions, mean, seed, steps, reading, sentence_encoder)
    networks = _Networks(codes.latent_dim, texts, seed)
    with torch.enable_grad():
        _train(networks, mean, stddev, texts, seed, steps, progress.part(1000, 9000, 10_000))
    weights: dict[str, Array] = {"middle": spread.middle, "scale": spread.stddev}
    weights |= networks.weights()
    described = {"words": {}, "examples": {}, "width": WIDTH, "layers": LAYERS, "images": len(codes), "seed": seed}
    if texts is not None and networks.text is not None:
        described |= texts.described
        if sentence_encoder is not None:
            described["sentences"] = [str(sentence_encoder.absolute()), texts.inputs.shape[1]]
        if stddev is None:
            chosen = torch.randint(len(texts.inputs), (CAPTIONS,), generator=generator(seed, "captions"))
            with torch.inference_mode():
                weights["captions"] = networks.text(texts.inputs[chosen]).numpy()
    return LatentDiffusion(weights, described, step)


def _texts_of(
    captions: Captions, mean: Tensor, seed: int, steps: int, progress: Progress, sentence_encoder: Path | None
) -> ReadCaptions | None:
    """The captions as they are learned; None if no word of them tells images apart."""
    sentences = None if sentence_encoder is None else SentenceEncoder(sentence_encoder)
    texts = read(captions, mean.numpy(), seed, progress, sentences, steps * BATCH)
    return texts if texts.says_something else None


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
) -> None:
    """Teach the networks velocities, and leave them with their averaged weights.

    The loss is the simple one of Ho et al. 2020, arXiv 2006.11239, equation 14, of velocities in place of noise.
    """
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
        optimizer.step(RATE * one_cycle(step / steps))
        with torch.no_grad():
            torch._foreach_lerp_(averaged, parameters, 1 - min(AVERAGED, (step + 1) / (step + 10)))
    with torch.no_grad():
        torch._foreach_copy_(parameters, averaged)


def _loss(
    networks: _Networks, mean: Tensor, stddev: Tensor | None, texts: ReadCaptions | None, random: torch.Generator
) -> Tensor:
    """Mean squared error of the velocities of a batch, and of what its captions say."""
    denoiser = networks.denoiser
    told, loss = denoiser.without_words.expand(BATCH, -1), torch.zeros(())
    if texts is None or networks.text is None:
        images = torch.randint(len(mean), (BATCH,), generator=random)
    else:
        chosen = torch.randint(len(texts.images), (BATCH,), generator=random)
        images = texts.images[chosen]
        is_told = torch.rand(BATCH, 1, generator=random) >= WITHOUT_WORDS
        read = networks.text(texts.inputs[chosen])
        told = torch.where(is_told, read, told)
        loss = loss + _misread(networks.said(read), texts.facts[chosen])
    codes = mean[images]
    if stddev is not None:
        codes = codes + stddev[images] * torch.randn(codes.shape, generator=random)
    # Evenly over the batch, so that the loss of one differs less from that of another.
    times = (torch.arange(BATCH)[:, None] + torch.rand(BATCH, 1, generator=random)) / BATCH
    signal, strength = signal_and_noise(times)
    noise = torch.randn(codes.shape, generator=random)
    found = denoiser(signal * codes + strength * noise, times, told)
    return loss + F.mse_loss(found, signal * noise - strength * codes)


def _misread(found: Tensor, facts: Tensor) -> Tensor:
    """How far off the facts (B, K) are that were read out of texts, as a mean square where they are known.

    By the codes alone the text encoder would learn as quickly that a 7 is no 4, and hardly that thick is not thin.
    """
    off = torch.where(facts.isnan(), 0, found - facts)
    return off.square().mean()
