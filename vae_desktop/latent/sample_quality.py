"""How good drawn images are, beside real ones: precision, recall, classes reached, a classifier's confidence."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from vae_desktop.latent.classifier import Classifier, averaged_down
from vae_desktop.latent.embed import chunk_length, chunks_of, unit_chunks
from vae_desktop.models.autoencoder import Autoencoder
from vae_desktop.progress import Progress, ignore


@dataclass(frozen=True)
class SampleQuality:
    """The figures of a set of images.

    Attributes
    ----------
    precision, recall : float, 0 to 1
        Against real images.
    effective_classes : float, or None
        From 1 to the number of classes; None for unlabelled images.
    confidence : float, 0 to 1, or None
        Mean probability of the class that the classifier takes an image for.
    """

    precision: float
    recall: float
    effective_classes: float | None
    confidence: float | None


@dataclass(frozen=True)
class Generation:
    """What random codes decode to, beside a model's own reconstructions: how blurred these are is left out.

    Attributes
    ----------
    likeness : float, 0 to 1
        Fraction of the drawn images that look like reconstructions: precision beside them.
    reach : float, 0 to 1
        Fraction of the reconstructions that a drawn image comes near to: coverage.
    """

    likeness: float
    reach: float


class _View(NamedTuple):
    """What a judge sees of images: points (N, F) and, if it knows classes, their probabilities (N, classes)."""

    points: Tensor
    probabilities: Tensor | None


class SampleJudge:
    """Compares sets of images with real ones, in a classifier's features or, without one, pixel by pixel.

    Only the direction of features counts: those of blurs and of noise are short, and would all lie within the ball of
    whichever real image excites the classifier least.

    Parameters
    ----------
    classifier : Classifier, or None
        On the images' device.
    real : Tensor (N, C, H, W), uint8, N > 1
    """

    def __init__(self, classifier: Classifier | None, real: Tensor, progress: Progress = ignore) -> None:
        self._classifier = classifier
        view = self._view(unit_chunks(real, real.device))
        self._real: Manifold = manifold(view.points, progress=progress)

    @torch.inference_mode()
    def judge(self, batches: Iterable[Tensor], progress: Progress = ignore) -> SampleQuality:
        """Measure images, 0 to 1, that come in batches (n, C, H, W); as many as the real ones make figures fair."""
        points, probabilities = self._view(batches)
        precision, recall = precision_and_recall(self._real, points, progress)
        if probabilities is None:
            return SampleQuality(precision, recall, None, None)
        confidence, classes = probabilities.max(1)
        return SampleQuality(
            precision, recall, effective_classes(classes, probabilities.shape[1]), float(confidence.mean())
        )

    @torch.inference_mode()
    def generation(self, own: Iterable[Tensor], drawn: Iterable[Tensor], progress: Progress = ignore) -> Generation:
        """Measure images decoded from random codes beside a model's own reconstructions, as many of each."""
        own_points, points = self._view(own).points, self._view(drawn).points
        likeness = covered(points, manifold(own_points, progress=progress.part(0, 1, 4)), progress.part(1, 1, 4))
        balls = manifold(own_points, _COVERAGE_NEIGHBOURS, progress.part(2, 1, 4))
        return Generation(likeness, coverage(balls, points, progress.part(3, 1, 4)))

    @torch.inference_mode()
    def _view(self, batches: Iterable[Tensor]) -> _View:
        if self._classifier is None:
            return _View(torch.cat([averaged_down(images).flatten(1) for images in batches]), None)
        features = torch.cat([self._classifier.features(images) for images in batches])
        return _View(F.normalize(features), self._classifier.head(features).softmax(1))


def effective_classes(classes: Tensor, count: int) -> float:
    """How many of `count` classes occur among samples (N,), weighed by their frequencies: exp of the entropy of these.

    1 if all are the same, `count` if all are equally frequent (Hill 1973, number of order 1).
    """
    frequencies = torch.bincount(classes, minlength=count).cpu().double() / len(classes)
    return math.exp(float(torch.special.entr(frequencies).sum()))


def decoded(model: Autoencoder, codes: Tensor, progress: Progress = ignore) -> Iterable[Tensor]:
    """Images, in batches, of codes (N, d) on the CPU."""
    for chunk in chunks_of(codes, chunk_length(model.image_shape), progress):
        yield model.decode(chunk.to(model.device))


NEIGHBOURS = 3  # k of the paper
_COVERAGE_NEIGHBOURS = 5  # and of that of coverage
_CHUNK = 500  # points whose distances to all others are taken at a time


class Manifold(NamedTuple):
    """Points (N, F) of a feature space and the radii (N,) of their balls."""

    points: Tensor
    radii: Tensor


def manifold(points: Tensor, neighbours: int = NEIGHBOURS, progress: Progress = ignore) -> Manifold:
    """The balls around points (N, F), N > 1; with fewer than `neighbours` others, up to the farthest."""
    nearest = min(neighbours, len(points) - 1) + 1  # each point is its own nearest
    radii = []
    for chunk in chunks_of(points, _CHUNK, progress):
        radii.append(torch.cdist(chunk, points).topk(nearest, largest=False).values[:, -1])
    return Manifold(points, torch.cat(radii))


def covered(points: Tensor, by: Manifold, progress: Progress = ignore) -> float:
    """Fraction of points (M, F) that lie in some ball of a manifold, borders included.

    Of generated points and the real manifold that is precision, the other way round recall (equations 1 and 2).
    """
    inside = 0
    for chunk in chunks_of(points, _CHUNK, progress):
        inside += int((torch.cdist(chunk, by.points) <= by.radii).any(1).sum())
    return inside / len(points)


def coverage(balls: Manifold, points: Tensor, progress: Progress = ignore) -> float:
    """Fraction of balls that hold at least one of the points (M, F), M > 0.

    Coverage (Naeem et al. 2020, arXiv 2002.09797, equation 4). Recall takes balls around the drawn points instead,
    which are the larger the further apart these are: of a 20-D autoencoder of MNIST recall was 0.85, and this is 0.09.
    """
    reached = 0
    chunks = zip(chunks_of(balls.points, _CHUNK, progress), balls.radii.split(_CHUNK), strict=True)
    for chunk, radii in chunks:
        reached += int((torch.cdist(chunk, points).amin(1) <= radii).sum())
    return reached / len(balls.points)


def precision_and_recall(real: Manifold, generated: Tensor, progress: Progress = ignore) -> tuple[float, float]:
    """Precision and recall, 0 to 1, of generated points (M, F), M > 1.

    Improved precision and recall (Kynkäänniemi et al. 2019, arXiv 1904.06991): a set of images is taken to fill the
    union of the balls around its members, in a feature space, that reach to each one's k-th nearest other member.
    """
    precision = covered(generated, real, progress.part(0, 1, 3))
    balls = manifold(generated, progress=progress.part(1, 1, 3))
    return precision, covered(real.points, balls, progress.part(2, 1, 3))
