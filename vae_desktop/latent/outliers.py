"""Which images a model finds unlike the others, and why: by what it reconstructs, and by where their codes lie."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from vae_desktop.data.dataset import Dataset
from vae_desktop.errors import UserError
from vae_desktop.language import N_, tr
from vae_desktop.latent.embed import unit_chunks
from vae_desktop.models.autoencoder import Autoencoder
from vae_desktop.progress import Progress, ignore

Part = Literal["test", "train"]
Floats = npt.NDArray[np.float64]

_RANK = 20  # the neighbour whose distance counts: a handful of equal strangers is far from all others
_MOST_CODES = 20_000  # among which neighbours are sought
_TOGETHER = 8_000_000  # distances at a time: 32 MB
_LEAST_CONTRAST = 1e-3  # variance of an image's pixels, 0 to 1, that is added to each
_BLANK = 1e-4  # variance below which an image is of one shade
_NOTABLE = 3.0  # standard deviations above the median, from which on a reason is one
_TO_STDDEV = 1.4826  # from a median absolute deviation to the standard deviation of a normal distribution

KINDS = ("error", "contrast", "distance")
_REASONS = {
    "error": N_("reconstruction error {ratio} × the median"),
    "contrast": N_("reconstruction error, measured by its own contrast, {ratio} × the median"),
    "blank": N_("of one shade, and not reconstructed as such"),
    "distance": N_("code {ratio} × as far from other codes as the median"),
}


@dataclass(frozen=True)
class Reason:
    """Why an image is unlike the others.

    Attributes
    ----------
    kind : {"error", "contrast", "blank", "distance"}
        Its reconstruction error is large; or it is for the little contrast that the image has, or it has none; or its
        code lies far from the codes of training images.
    ratio : float
        Its value over the median of all images.
    deviation : float
        How many standard deviations the logarithm of its value lies above the median.
    """

    kind: str
    ratio: float
    deviation: float

    def __str__(self) -> str:
        return tr(_REASONS[self.kind]).format(ratio=f"{self.ratio:.2g}" if self.ratio < 10 else f"{self.ratio:,.0f}")


@dataclass(frozen=True)
class Outlier:
    """An image that is unlike the others.

    Attributes
    ----------
    part : {"test", "train"}
    image : int
        Its number among the images of that part.
    number : int
        Its number among all images, the test images first, as codes, tags and exclusions have it.
    score : float
        The largest deviation of its reasons.
    reasons : tuple of Reason
        The strongest first; one at least.
    """

    part: Part
    image: int
    number: int
    score: float
    reasons: tuple[Reason, ...]

    @property
    def notable(self) -> tuple[Reason, ...]:
        """Those reasons that set it apart; none of an image that is like the others."""
        return self.reasons if self.reasons[0].deviation >= _NOTABLE else ()


@dataclass(frozen=True, eq=False)
class OutlierScores:
    """How unlike the others each image of a data set is to a model: of N images, the test images first.

    Attributes
    ----------
    test_count : int
        How many of them are test images.
    ratios, deviations : dict of str to array (N,)
        By each of KINDS, as in Reason.
    is_blank : array (N,), bool
        Which images are of one shade.
    """

    test_count: int
    ratios: dict[str, Floats]
    deviations: dict[str, Floats]
    is_blank: npt.NDArray[np.bool_]

    def scores(self, kind: str | None = None) -> Floats:
        """The deviation (N,) of each image by one of KINDS, or the largest of all."""
        return np.max(list(self.deviations.values()), axis=0) if kind is None else self.deviations[kind]

    def worst(self, count: int, kind: str | None = None, part: Part | None = None) -> list[Outlier]:
        """So many images, the most unlike first: by one of KINDS or by all, of one part or of both."""
        scores = self.scores(kind)
        first, last = {None: (0, len(scores)), "test": (0, self.test_count), "train": (self.test_count, len(scores))}[
            part
        ]
        order = first + np.argsort(-scores[first:last], kind="stable")[:count]
        return [replace(self.outlier(int(number)), score=float(scores[number])) for number in order]

    def reason(self, number: int, kind: str) -> Reason:
        """How an image stands by one of KINDS, notable or not."""
        name = "blank" if kind == "contrast" and self.is_blank[number] else kind
        return Reason(name, float(self.ratios[kind][number]), float(self.deviations[kind][number]))

    def outlier(self, number: int) -> Outlier:
        """What makes an image unlike the others: the strongest reason, and each further one that is notable."""
        found = [self.reason(number, kind) for kind in KINDS]
        found.sort(key=lambda reason: -reason.deviation)
        reasons = tuple(reason for reason in found if reason.deviation >= _NOTABLE) or (found[0],)
        is_test = number < self.test_count
        image = number if is_test else number - self.test_count
        return Outlier("test" if is_test else "train", image, number, found[0].deviation, reasons)


@torch.inference_mode()
def score_outliers(model: Autoencoder, dataset: Dataset, progress: Progress = ignore) -> OutlierScores:
    """Say of each image of a data set how unlike the others it is to a model.

    Three figures of each image are compared with those of all images: the squared error of the reconstruction from the
    mean of its code; that error over the variance of the image's own pixels, which finds what is blank or flat; and the
    distance of its code from the 20th nearest of the training images, dimensions in units of their standard deviation.
    Of more than 20,000 training images, an even choice of so many. Logarithms are compared, by median and median
    absolute deviation, so that the outliers themselves do not hide one another.

    Parameters
    ----------
    model : Autoencoder
        Its weights must not change meanwhile.
    dataset : Dataset
        Of the model's image shape.
    progress : Progress
        Told how much is done of how much, several times a second.

    Raises
    ------
    Cancelled
        If `progress` raised it.
    UserError
        If codes or reconstructions are not finite numbers.
    """
    test, train = (torch.from_numpy(part.images) for part in (dataset.test, dataset.train))
    total = len(test) + len(train)
    parts = [
        _reconstructed(model, test, progress.part(0, len(test), 2 * total)),
        _reconstructed(model, train, progress.part(len(test), len(train), 2 * total)),
    ]
    errors, variances, codes = (torch.cat(pair) for pair in zip(*parts, strict=True))
    if not (bool(errors.isfinite().all()) and bool(codes.isfinite().all())):
        raise UserError(tr("The model's codes of these images are not finite numbers; nothing can be measured."))
    known = codes[len(test) :]
    distances = torch.cat(list(_neighbour_distances(codes, known, progress.part(total, total, 2 * total))))
    contrasts = errors / (variances + _LEAST_CONTRAST)
    values = {"error": errors, "contrast": contrasts, "distance": distances}
    compared = {kind: _compared(value.double().cpu().numpy()) for kind, value in values.items()}
    ratios, deviations = ({kind: pair[place] for kind, pair in compared.items()} for place in (0, 1))
    return OutlierScores(len(test), ratios, deviations, (variances < _BLANK).cpu().numpy())


def _reconstructed(model: Autoencoder, images: Tensor, progress: Progress) -> tuple[Tensor, Tensor, Tensor]:
    """Squared error (N,), variance of the pixels (N,) and code (N, d) of each image."""
    errors, variances, codes = [], [], []
    for chunk in unit_chunks(images, model.device, progress):
        code = model.encode(chunk).mean
        errors.append((model.decoder(code) - chunk).square_().flatten(1).sum(1))
        variances.append(chunk.flatten(1).var(1, unbiased=False))
        codes.append(code)
    return torch.cat(errors), torch.cat(variances), torch.cat(codes)


def _neighbour_distances(codes: Tensor, known: Tensor, progress: Progress) -> Iterator[Tensor]:
    """Distance (n,) of the next n codes from the 20th nearest of those that are known."""
    spread = known.std(0, unbiased=False).clamp_(min=1e-6)
    known = (known / spread)[:: -(-len(known) // _MOST_CODES)]
    rank, together = min(_RANK, len(known)), max(1, _TOGETHER // len(known))
    for first in range(0, len(codes), together):
        progress(first, len(codes))
        between = torch.cdist(codes[first : first + together] / spread, known)
        yield between.topk(rank, largest=False).values[:, -1]
    progress(len(codes), len(codes))


def _compared(values: Floats) -> tuple[Floats, Floats]:
    """Values (N,) over their median, and how many standard deviations their logarithms lie above it."""
    median = float(np.median(values))
    if median <= 0:  # of more than half of them nothing is known
        return np.ones(len(values)), np.zeros(len(values))
    ratios = values / median
    logarithms = np.log(np.maximum(ratios, 1e-6))
    deviation = _TO_STDDEV * float(np.median(np.abs(logarithms)))
    return ratios, logarithms / max(deviation, 1e-3)
