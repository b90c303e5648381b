"""Which images are held out where the source does not say it: by their content, so that it hardly changes with them."""

import numpy as np
import numpy.typing as npt

from vae_desktop.data.hashes import Hashes

_HELD_OUT = 5  # one in so many is for the test
_LARGEST_TEST = 10_000

Labels = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


def hold_out(labels: Labels, hashes: Hashes, one_in: int = _HELD_OUT, most: int = _LARGEST_TEST) -> Mask:
    """Which images are for the test: those with the lowest hashes of each class, each class in proportion.

    A fifth of them and at most 10,000, unless other numbers are given. Which these are depends on the images alone,
    not on their order: where images are added or removed, nearly all others stay on their side. Equal images lie on
    one side. An image that makes up more than that share of all by itself is never held out, and what is held out is
    that share of the others; so there may be none, where all images are equal.

    Parameters
    ----------
    labels : array (N,) from 0 on
    hashes : array (N,)
    """
    rank = _rank_in_class(labels, hashes)
    _, image_of, copies = np.unique(hashes, return_inverse=True, return_counts=True)
    first = np.ones(len(copies))
    np.minimum.at(first, image_of, rank)
    order = np.argsort(first, kind="stable")
    order = order[copies[order] <= _share(len(labels), one_in, most)]
    held_out = order[copies[order].cumsum() <= _share(int(copies[order].sum()), one_in, most)]
    if not len(held_out) and len(copies) > 1:  # a handful of images: the rarest of them
        held_out = np.argsort(copies, kind="stable")[:1]
    is_held_out = np.zeros(len(copies), np.bool_)
    is_held_out[held_out] = True
    return is_held_out[image_of]


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
