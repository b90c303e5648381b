"""Diffusion in an image's pixels beside diffusion in its code: one network, taught both by as many steps.

What a latent space is for, as Rombach et al. argue (2022, arXiv 2112.10752, sections 3 and 4.1): an autoencoder leaves
out what is hardly seen, so that the diffusion need not learn it.
"""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from vae_desktop.data.dataset import Dataset
from vae_desktop.errors import UserError
from vae_desktop.language import tr
from vae_desktop.latent.classifier import classifier_for
from vae_desktop.latent.codes import Codes, CodeSpread, Picture
from vae_desktop.latent.embed import embed, to_codes, to_pictures, to_unit
from vae_desktop.latent.sample_quality import SampleJudge, SampleQuality
from vae_desktop.models.autoencoder import Autoencoder
from vae_desktop.models.randomness import generator
from vae_desktop.progress import Progress, ignore
from vae_desktop.words import STEPS
from vae_desktop.words.diffusion import Denoiser
from vae_desktop.words.fitting import fit
from vae_desktop.words.text_encoder import TEXT_DIM

PICTURES = 36
FITTING = 600  # steps
_JUDGED = 2000  # pictures
_MOST_PIXELS = 12_288  # numbers of an image, 64×64 in colour: of more, the network would be too small and too slow
_MOST_NUMBERS = 2**26  # of all images together, a quarter of a gigabyte
_TOGETHER = 100  # pictures that are drawn at a time
_PARTS = 20  # of the progress


@dataclass(frozen=True, eq=False)
class Drawn:
    """A diffusion that was fitted for a comparison, and what it draws.

    Attributes
    ----------
    numbers : int
        Of what it draws: pixels of an image, or of a code.
    products : int
        Multiplications for one picture; of a code with those of the decoder.
    seconds : float
        That the fitting took.
    pictures : array (36, H, W, C), uint8
    quality : SampleQuality
        Of 2,000 pictures beside as many test images, or of as many as there are.
    """

    numbers: int
    products: int
    seconds: float
    pictures: Picture
    quality: SampleQuality


@dataclass(frozen=True, eq=False)
class PixelsBesideCodes:
    """Both ways.

    Attributes
    ----------
    pixels, codes : Drawn
    images : int
        Training images that both learned from.
    """

    pixels: Drawn
    codes: Drawn
    images: int


def pixels_beside_codes(
    model: Autoencoder,
    dataset: Dataset,
    cache_dir: Path | None = None,
    progress: Progress = ignore,
    steps: int = FITTING,
) -> PixelsBesideCodes:
    """Fit a diffusion to a data set's training images and one to their codes, and judge what both draw.

    Both have the network, the steps and the images of `fitting`, and no words. Pixels are learned from −1 to 1, codes
    in units of their spread.

    Parameters
    ----------
    model : Autoencoder
        On the CPU; its weights must not change meanwhile.
    dataset : Dataset
        Of the model's image shape.
    cache_dir : Path, optional
        Where classifiers are kept.
    progress : Progress
    steps : int
        Of the fitting.

    Raises
    ------
    UserError
        If the images have too many pixels, or nothing can be learned of them or of their codes.
    Cancelled
        If `progress` raised it.
    """
    pixels = math.prod(dataset.image_shape)
    if pixels > _MOST_PIXELS:
        text = tr(
            "These images have {pixels:,} numbers each. In more than {most:,} a diffusion takes far more than a few "
            "minutes, which is what a latent space is for."
        )
        raise UserError(text.format(pixels=pixels, most=_MOST_PIXELS))
    classifier = classifier_for(dataset, cache_dir, progress.part(0, 1, _PARTS))
    images = torch.from_numpy(dataset.train.images)
    images = images[:: math.ceil(images.numel() / _MOST_NUMBERS)]
    chosen = torch.randperm(len(dataset.test), generator=generator(0, "judged by pixels"))[:_JUDGED]
    judge = SampleJudge(classifier, torch.from_numpy(dataset.test.images)[chosen], progress.part(1, 1, _PARTS))
    codes = to_codes(embed(model, images, progress.part(2, 1, _PARTS)))
    of_decoder = products_of(model.decoder, torch.zeros(1, model.latent_dim))
    decoding = _Way(codes, None, model.decode, of_decoder)
    flat = Codes(to_unit(images).flatten(1).numpy(), None, None)
    half = np.full(pixels, 0.5, np.float32)
    plain = _Way(flat, CodeSpread(half, half), lambda found: found.clamp(0, 1).view(-1, *dataset.image_shape), 0)
    of_codes = decoding.judged(judge, len(chosen), steps, progress.part(3, 6, _PARTS))
    of_pixels = plain.judged(judge, len(chosen), steps, progress.part(9, 11, _PARTS))
    return PixelsBesideCodes(of_pixels, of_codes, len(images))


class _Way(NamedTuple):
    """A way to draw: examples to learn from, in which unit, and how what is drawn (n, d) becomes images (n, C, H, W).

    The last number says how many multiplications that takes for one.
    """

    examples: Codes
    unit: CodeSpread | None
    picture: Callable[[Tensor], Tensor]
    decoding: int

    def judged(self, judge: SampleJudge, count: int, steps: int, progress: Progress) -> Drawn:
        """Fit a diffusion, and have so many pictures of it judged."""
        began = time.perf_counter()
        diffusion = fit(self.examples, None, 0, progress.part(0, 9, 10), steps=steps, unit=self.unit)
        seconds = time.perf_counter() - began
        numbers, judging = self.examples.latent_dim, progress.part(9, 1, 10)
        parts = []
        with torch.inference_mode():
            for number in range(math.ceil(count / _TOGETHER)):
                judging(number * _TOGETHER, count)
                found = diffusion.draw(None, _TOGETHER, seed=number)[-1]
                parts.append(self.picture(torch.from_numpy(found)))
        taken = torch.zeros(1, numbers), torch.zeros(1, 1), torch.zeros(1, TEXT_DIM)
        products = STEPS * products_of(Denoiser(numbers, TEXT_DIM), *taken) + self.decoding
        images = torch.cat(parts)
        quality = judge.judge([images[:count]])
        return Drawn(numbers, products, seconds, to_pictures(images[:PICTURES].clone()), quality)


def products_of(network: nn.Module, *inputs: Tensor) -> int:
    """How many multiplications a network of dense layers and convolutions takes for inputs (1, ...)."""
    count = 0

    def note(layer: nn.Module, taken: tuple[Tensor, ...], given: Tensor) -> None:
        nonlocal count
        weight = layer.weight
        assert isinstance(weight, Tensor)
        spread = taken[0] if isinstance(layer, nn.ConvTranspose2d) else given  # each of its places meets all weights
        count += weight.numel() * math.prod(spread.shape[2:])

    kinds = nn.Linear, nn.Conv2d, nn.ConvTranspose2d
    hooks = [layer.register_forward_hook(note) for layer in network.modules() if isinstance(layer, kinds)]
    with torch.inference_mode():
        network(*inputs)
    for hook in hooks:
        hook.remove()
    return count
