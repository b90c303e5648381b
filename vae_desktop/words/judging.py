"""Whether the diffusion does what it is asked for, and whether it copies: asked against got, as numbers."""

from collections.abc import Callable, Iterable, Sequence

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import Tensor

from vae_desktop.data.dataset import Images
from vae_desktop.latent.classifier import Classifier
from vae_desktop.latent.codes import Floats
from vae_desktop.latent.sample_quality import decoded
from vae_desktop.models.autoencoder import Autoencoder
from vae_desktop.models.randomness import generator
from vae_desktop.progress import Progress, ignore
from vae_desktop.words import GUIDANCE
from vae_desktop.words.diffusion import signal_and_noise
from vae_desktop.words.latent_diffusion import LatentDiffusion

_TIMES = (0.2, 0.35, 0.5, 0.65)  # at which captions and codes are held against each other
_NOISES = 2  # that are drawn at each of them

Numbers = npt.NDArray[np.floating]
Measure = Callable[[Images], Numbers]  # of images (N, C, H, W): a number each, or NaN


@torch.inference_mode()
def share_as_asked(
    diffusion: LatentDiffusion,
    model: Autoencoder,
    classifier: Classifier,
    text: str,
    asked: int,
    count: int = 100,
    guidance: float = GUIDANCE,
    seed: int = 0,
) -> float:
    """Fraction, 0 to 1, of the pictures of a text that the classifier takes for the class that was asked for.

    Of a text that is refused none are.
    """
    if diffusion.understand(text).refusal:
        return 0.0
    return right_and_spread(model, classifier, diffusion.draw(text, count, guidance, seed=seed)[-1], asked)[0] / count


@torch.inference_mode()
def right_and_spread(
    model: Autoencoder, classifier: Classifier | None, codes: Floats, asked: int
) -> tuple[int, float]:
    """How many codes (N, d) decode to what the classifier takes for the class of that number, and how varied they are.

    Returns
    -------
    int
        0 without a classifier.
    float
        Squared error, summed over pixels, against the mean of all pictures; mean of pictures.
    """
    images = torch.cat(list(decoded(model, torch.from_numpy(codes))))
    right = 0 if classifier is None else int((classifier(images).argmax(1) == asked).sum())
    return right, float((images - images.mean(0)).square().flatten(1).sum(1).mean())


@torch.inference_mode()
def shift(
    diffusion: LatentDiffusion,
    model: Autoencoder,
    number_of: Measure,
    text: str,
    real: Numbers,
    count: int = 100,
    guidance: float = GUIDANCE,
    seed: int = 0,
) -> float:
    """By how many standard deviations of real images an attribute's mean moves when a text asks for it.

    Beside pictures drawn without words from the same noise. What cannot be measured is left out.

    Parameters
    ----------
    number_of : callable
        The attribute of uint8 images (N, C, H, W).
    real : array (M,)
        The attribute of real images.
    """
    means = []
    for asked in (text, None):
        codes = diffusion.draw(asked, count, guidance, seed=seed)[-1]
        images = torch.cat(list(decoded(model, torch.from_numpy(codes)))).clamp(0, 1).mul(255).round().byte()
        means.append(float(np.nanmean(number_of(images.numpy()))))
    return (means[0] - means[1]) / float(np.nanstd(real))


@torch.inference_mode()
def recall_at(
    diffusion: LatentDiffusion,
    captions: Sequence[str],
    codes: Floats,
    most: int = 10,
    seed: int = 0,
    progress: Progress = ignore,
) -> float:
    """Fraction of captions whose own code is among the `most` that suit them best, of all codes (N, d).

    A caption suits a code by how much it helps to tell the code from noise: the error without words less the one with
    them (after Li et al. 2023, arXiv 2303.16203, who classify images by a diffusion). Chance is `most` / N. A caption
    that is refused suits all codes alike.
    """
    units = torch.from_numpy((codes - diffusion.weights["middle"]) / diffusion.weights["scale"]).float()
    gains = torch.zeros(len(captions), len(units))
    random = generator(seed, "recall")
    draws = [(time, torch.randn(units.shape, generator=random)) for time in _TIMES for _ in range(_NOISES)]
    vectors = [diffusion.vector(text) for text in captions]
    for done, (time, noise) in enumerate(draws):
        signal, strength = signal_and_noise(torch.tensor(time))
        noisy, velocity = signal * units + strength * noise, signal * noise - strength * units
        plain = _errors(diffusion, noisy, velocity, time, None)
        for number, vector in enumerate(vectors):
            progress(done * len(vectors) + number, len(draws) * len(vectors))
            if vector is not None:
                gains[number] += plain - _errors(diffusion, noisy, velocity, time, vector)
    own = gains.diagonal()[:, None]
    # Of codes that suit it equally well half come before its own.
    ranks = (gains > own).sum(1) + ((gains == own).sum(1) - 1) / 2
    return float((ranks < most).float().mean())


def _errors(diffusion: LatentDiffusion, noisy: Tensor, velocity: Tensor, time: float, vector: Tensor | None) -> Tensor:
    found = diffusion.velocity(noisy, torch.full((len(noisy), 1), time), vector)
    return F.mse_loss(found, velocity, reduction="none").mean(1)


@torch.inference_mode()
def nearest_distances(points: Tensor, others: Iterable[Tensor]) -> Floats:
    """Distance (M,) of points (M, d), codes or images as rows, to the nearest of others, which come in parts (n, d)."""
    nearest = torch.full((len(points),), torch.inf)
    for part in others:
        nearest = torch.minimum(nearest, torch.cdist(points, part).amin(1))
    return nearest.numpy()
