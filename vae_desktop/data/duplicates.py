"""Images that nearly equal others: saved again, scaled, or a little brighter; such test images flatter a model."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
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
_CANDIDATES = 3  # of each image, that are compared in full
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
    test, train = dataset.test.images, dataset.train.images
    small = _small_pictures(train, progress)
    together = max(1, _TOGETHER // len(small))
    found: list[Pair] = []
    with threadpool_limits(1, user_api="blas"):
        for first in range(0, len(test), together):
            progress(first, len(test))
            alike = _small_pictures(test[first : first + together]) @ small.T
            pairs = itertools.starmap(Pair, _alike(alike, (first, 0), test.__getitem__, train.__getitem__))
            some = itertools.groupby(pairs, lambda pair: pair.test)
            found += (max(pairs, key=lambda pair: pair.likeness) for _, pairs in some)
        bar = _bar(dataset, small, together)
    progress(len(test), len(test))
    return sorted((pair for pair in found if pair.likeness >= bar), key=lambda pair: (-pair.likeness, pair.test))


class Lookalikes:
    """Which images of a data set nearly equal others, numbered as codes are: the test images first.

    Parameters
    ----------
    pairs : iterable of (int, int, float)
        Two images each, and the correlation of their pixels.

    Attributes
    ----------
    groups : list of list of int
        Images that are alike, or like another one of their group; the group with the most alike ones first.
    """

    def __init__(self, pairs: Iterable[tuple[int, int, float]]) -> None:
        self._others: dict[int, list[tuple[int, float]]] = defaultdict(list)
        group_of: dict[int, list[int]] = {}
        for one, other, likeness in sorted(pairs, key=lambda pair: (-pair[2], *pair)):
            self._others[one].append((other, likeness))
            self._others[other].append((one, likeness))
            first, second = group_of.setdefault(one, [one]), group_of.setdefault(other, [other])
            if first is not second:
                first += second
                group_of.update(dict.fromkeys(second, first))
        self.groups = list({id(group): group for group in group_of.values()}.values())

    def of(self, number: int) -> list[tuple[int, float]]:
        """The images that one nearly equals, and their correlations, the most alike first."""
        return self._others.get(number, [])


def find_lookalikes(dataset: Dataset, progress: Progress = ignore) -> Lookalikes:
    """The images that nearly equal another one, in whichever part they are; else as `near_duplicates`.

    Each is compared with those after it, so that a pair is found once: the products are N² / 2 of N images.
    """
    test, train = dataset.test.images, dataset.train.images
    small = np.concatenate([_small_pictures(images, progress) for images in (test, train)])
    total, tests = len(small), len(test)
    together = max(1, _TOGETHER // total)

    def at(number: int) -> Images:
        return test[number] if number < tests else train[number - tests]

    found: list[tuple[int, int, float]] = []
    with threadpool_limits(1, user_api="blas"):
        for first in range(0, total, together):
            progress(first * (2 * total - first), total * total)
            alike = small[first : first + together] @ small[first:].T
            alike[np.arange(len(alike))[:, None] >= np.arange(alike.shape[1])] = -1  # itself, and those before it
            found += _alike(alike, (first, first), at, at)
        bar = _bar(dataset, small[tests:], together)
    progress(1, 1)
    return Lookalikes(pair for pair in found if pair[2] >= bar)


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


def _alike(
    alike: Floats, first: tuple[int, int], image: Callable[[int], Images], other: Callable[[int], Images]
) -> Iterator[tuple[int, int, float]]:
    """Compare images with the most like of others, by the correlations (n, m) of their small pictures.

    Parameters
    ----------
    first : (int, int)
        The numbers of the image of the first row, and of the first column.

    Yields
    ------
    int, int, float
        The numbers of two that may be copies, and the correlation of all their pixels.
    """
    count = min(_CANDIDATES, alike.shape[1])
    candidates = np.argpartition(-alike, count - 1, axis=1)[:, :count]
    best = np.take_along_axis(alike, candidates, 1)
    for row in np.flatnonzero((best >= _ALIKE).any(1)).tolist():
        for column in candidates[row][best[row] >= _ALIKE].tolist():
            likeness = _likeness(image(first[0] + row), other(first[1] + column))
            if likeness >= _LEAST:
                yield first[0] + row, first[1] + column, likeness


def _bar(dataset: Dataset, small: Floats, together: int) -> float:
    """The correlation from which on images count as one, by how alike test and training images usually are."""
    test, train = dataset.test.images, dataset.train.images
    asked = range(0, len(test), -(-len(test) // _ASKED))
    usual: list[float] = []
    for first in range(0, len(asked), together):
        images = test[np.array(asked[first : first + together])]
        nearest = (_small_pictures(images) @ small.T).argmax(1)
        usual += [_likeness(image, train[number]) for image, number in zip(images, nearest.tolist(), strict=True)]
    return min(max(1 - _OF_REST * (1 - float(np.median(usual))), _LEAST), _MOST)


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
