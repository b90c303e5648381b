"""Which images are held out where the source does not say it: by their content, so that it hardly changes with them."""

import numpy as np
import numpy.typing as npt

from vae_desktop.data.hashes import Hashes
from vae_desktop.language import tr

_HELD_OUT = 5  # one in so many is for the test
_LARGEST_TEST = 10_000

Labels = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
Sources = npt.NDArray[np.int64]


def hold_out(
    labels: Labels,
    hashes: Hashes,
    sources: Sources | None = None,
    one_in: int = _HELD_OUT,
    most: int = _LARGEST_TEST,
) -> Mask:
    """Which images are for the test: those with the lowest hashes of each class, each class in proportion.

    About a fifth of them and at most 10,000, unless other numbers are given. Which these are depends on the images
    alone, not on their order: where images are added or removed, nearly all others stay on their side. Equal images
    lie on one side. An image that makes up more than twice that share of all by itself is never held out, and what is
    held out is that share of the others; so there may be none, where all images are equal.

    The same holds for images of one source, such as the pages of a file, which are nearly equal; but where that would
    leave less than half of what is wanted, as one file holds most images, each is taken by itself.

    Parameters
    ----------
    labels : array (N,) from 0 on
    hashes : array (N,)
    sources : array (N,), optional
        As of `Origins.sources`.
    """
    wanted = _share(len(labels), one_in, most)
    if sources is not None:
        is_held_out = hold_out(labels, _joined(hashes, sources), None, one_in, most)
        if 2 * is_held_out.sum() >= max(wanted, 1):
            return is_held_out
    rank = _rank_in_class(labels, hashes)
    _, image_of, copies = np.unique(hashes, return_inverse=True, return_counts=True)
    first = np.ones(len(copies))
    np.minimum.at(first, image_of, rank)
    order = np.argsort(first, kind="stable")
    order = order[copies[order] <= 2 * wanted]
    total = copies[order].cumsum()
    held_out = order[: 1 + np.abs(total - _share(int(total[-1]), one_in, most)).argmin()] if len(order) else order
    if not len(held_out) and len(copies) > 1:  # a handful of images: the rarest of them
        held_out = np.argsort(copies, kind="stable")[:1]
    is_held_out = np.zeros(len(copies), np.bool_)
    is_held_out[held_out] = True
    return is_held_out[image_of]


def parted_line(is_test: Mask, sources: Sources | None) -> list[str]:
    """The report's line, if any, about files some pages of which are for the test and others not."""
    if sources is None or not np.isin(sources[is_test], sources[~is_test]).any():
        return []
    text = tr("pages of one file are training and test images, as there are too few files: figures may flatter a model")
    return [text]


def _joined(hashes: Hashes, sources: Sources) -> Hashes:
    """Keys (N,) in place of hashes: equal for images of one source, and of all sources that share an image."""
    different, first, image_of = np.unique(hashes, return_index=True, return_inverse=True)
    _, source_of = np.unique(sources, return_inverse=True)
    count = int(source_of.max()) + 1
    images, within = np.divmod(np.unique(image_of * count + source_of), count)
    parents = list(range(count))

    def root(source: int) -> int:
        while parents[source] != source:
            parents[source] = source = parents[parents[source]]
        return source

    shared = np.flatnonzero(images[1:] == images[:-1])
    for one, other in zip(within[shared].tolist(), within[shared + 1].tolist(), strict=True):
        parents[root(one)] = root(other)
    unit_of = np.array([root(source) for source in range(count)])[source_of]
    keys = np.zeros(count, np.uint64)
    np.add.at(keys, unit_of[first], different)  # the hash itself of an image that is alone
    return keys[unit_of]


def hold_out_by_place(labels: Labels) -> Mask:
    """The rule of earlier versions, for models whose files do not say which images they have learned.

    A fifth, at most 10,000, of each class in proportion, by the order of the images.
    """
    count = len(labels)
    order = np.random.default_rng(0).permutation(count)
    rank = np.empty(count)
    rank[order] = _rank_in_class(labels[order], np.arange(count, dtype=np.uint64))
    is_test = np.zeros(count, np.bool_)
    is_test[order[np.argsort(rank[order], kind="stable")][: _share(count, _HELD_OUT, _LARGEST_TEST)]] = True
    return is_test


def _share(count: int, one_in: int, most: int) -> int:
    return min(count // one_in, most)


def _rank_in_class(labels: Labels, keys: Hashes) -> npt.NDArray[np.float64]:
    """How many of its class have a lower key than an image, as a fraction between 0 and 1."""
    sizes = np.bincount(labels)
    within = np.arange(len(labels)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    rank = np.empty(len(labels))
    rank[np.lexsort((keys, labels))] = (within + 0.5) / np.repeat(sizes, sizes)
    return rank
