"""Test images that nearly equal a training image: saved again, scaled, or a little brighter; they flatter a model."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_limits

from vae_desktop.language import tr, tr_count
from vae_desktop.progress import Progress, ignore

if TYPE_CHECKING:
    from vae_desktop.data.dataset import Dataset, Images

_SIDE = 8  # of the small picture by which candidates are found
_CANDIDATES = 3  # of each test image, that are compared in full
_ALIKE = 0.9  # correlation of the small pictures of candidates
_ASKED = 500  # test images that say how alike neighbours are that are no copies
_LEAST, _MOST = 0.95, 0.99  # between which the correlation lies from which on images count as one
_OF_REST = 0.1  # a copy lacks a tenth, at most, of what neighbours usually lack to 1
_CLOSE = 2.0  # grey levels, root mean square: so close to each other even images without contrast are one
_FAINT = 0.005  # length of a small picture, 0 to 1, below which its shade tells more than its shape
_TOGETHER = 1 << 24  # products at a time: 64 MB

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Pair:
    """A test image and the training image most like it, by their numbers, and how alike they are.

    Attributes
    ----------
    likeness : float
        Correlation of their pixels, 1 if they are equal up to brightness and contrast.
    """

    test: int
    train: int
    likeness: float


def near_duplicates(dataset: Dataset, progress: Progress = ignore) -> list[Pair]:
    """The test images that nearly equal a training image, each once, the most alike first.

    Small grey pictures of 8 × 8 pixels, of mean 0 and length 1, find three candidates for each; then all pixels are
    compared. How alike images are that are no copies differs from set to set, digits being more so than photographs: of
    what the median of the most alike pairs lacks to a correlation of 1, a copy lacks a tenth at most; so it correlates
    by 0.95 to 0.99 at least. What differs by two grey levels in the root mean square counts as a copy too. Mirrored,
    turned and shifted copies are not found.

    Parameters
    ----------
    dataset : Dataset
    progress : Progress
        Told how much is done of how much, several times a second; in one thread, as it may run beside a training.

    Raises
    ------
    Cancelled
        If `progress` raised it.
    """
    train = _small_pictures(dataset.train.images, progress)
    together = max(1, _TOGETHER // len(train))
    found: list[Pair] = []
    usual: list[float] = []
    every = -(-len(dataset.test) // _ASKED)
    with threadpool_limits(1, user_api="blas"):
        for first in range(0, len(dataset.test), together):
            progress(first, len(dataset.test))
            images = dataset.test.images[first : first + together]
            alike = _small_pictures(images) @ train.T
            found += _pairs(first, images, alike, dataset.train.images)
            asked = range(-first % every, len(images), every)
            usual += [_likeness(images[number], dataset.train.images[alike[number].argmax()]) for number in asked]
    progress(len(dataset.test), len(dataset.test))
    bar = min(max(1 - _OF_REST * (1 - float(np.median(usual))), _LEAST), _MOST)
    return sorted((pair for pair in found if pair.likeness >= bar), key=lambda pair: (-pair.likeness, pair.test))


def in_words(pairs: list[Pair], dataset: Dataset) -> tuple[str, list[str]]:
    """What was found in a sentence, and a line for each pair with where its images came from."""
    if not pairs:
        return tr("None of {total:,} test images nearly equals a training image.").format(total=len(dataset.test)), []
    text = tr_count(
        "{count:,} of {total:,} test images nearly equals a training image: its figures may flatter a model.",
        "{count:,} of {total:,} test images nearly equal a training image: their figures may flatter a model.",
        len(pairs),
    )
    sentence = text.format(count=len(pairs), total=len(dataset.test))
    test, train = dataset.test, dataset.train
    places = ((dataset.place_of(test, pair.test), dataset.place_of(train, pair.train)) for pair in pairs)
    return sentence, [f"{one} ~ {other}" for one, other in places]


def _pairs(first: int, images: Images, alike: Floats, train: Images) -> Iterator[Pair]:
    """The pairs among test images from number `first` on and the training images most like them."""
    count = min(_CANDIDATES, alike.shape[1])
    candidates = np.argpartition(-alike, count - 1, axis=1)[:, :count]
    best = np.take_along_axis(alike, candidates, 1)
    for number in np.flatnonzero((best >= _ALIKE).any(1)):
        chosen = candidates[number][best[number] >= _ALIKE]
        likeness = [_likeness(images[number], train[other]) for other in chosen]
        place = int(np.argmax(likeness))
        if likeness[place] >= _LEAST:
            yield Pair(first + int(number), int(chosen[place]), likeness[place])


def _likeness(one: Images, other: Images) -> float:
    """Correlation of the pixels of two images; 1 if they hardly differ at all."""
    first, second = one.ravel().astype(np.float32), other.ravel().astype(np.float32)
    if np.sqrt(np.square(first - second).mean()) <= _CLOSE:
        return 1.0
    first, second = first - first.mean(), second - second.mean()
    return float(first @ second / max(np.linalg.norm(first) * np.linalg.norm(second), 1e-9))


def _small_pictures(images: Images, progress: Progress = ignore) -> Floats:
    """Small grey pictures of images, of mean 0 and length 1, with two more numbers (N, 66).

    The less contrast an image has, the more it is told by these, its shade as an angle.
    """
    count, channels, height, width = images.shape
    rows, columns = (np.linspace(0, side, min(_SIDE, side) + 1).astype(np.int64)[:-1] for side in (height, width))
    parts = []
    together = max(1, (1 << 22) // (channels * height * width))
    for first in range(0, count, together):
        progress.check()
        grey = images[first : first + together].mean(1, dtype=np.float32)
        small = np.add.reduceat(np.add.reduceat(grey, rows, 1), columns, 2)
        small /= np.diff([*rows, height])[:, None] * np.diff([*columns, width])
        flat = small.reshape(len(small), -1) / np.float32(255)
        shade = flat.mean(1, keepdims=True)
        flat -= shade
        length = np.linalg.norm(flat, axis=1, keepdims=True)
        angle = shade * np.float32(np.pi / 2)
        plain = np.float32(_FAINT) / (length + np.float32(_FAINT))  # 1 if there is no contrast at all
        shape = flat * (1 - plain) / np.maximum(length, 1e-9)
        parts.append(np.hstack((shape, np.cos(angle) * plain, np.sin(angle) * plain)))
    return np.concatenate(parts)
