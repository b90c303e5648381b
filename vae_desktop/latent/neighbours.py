"""Whether codes lie among those of their own class."""

import numpy as np
import numpy.typing as npt

from vae_desktop.latent.codes import Codes
from vae_desktop.latent.cores import count_cores
from vae_desktop.libraries import load_torch
from vae_desktop.progress import Progress, ignore

_CHUNK = 500  # test codes at a time


def knn_accuracy(train: Codes, test: Codes, neighbours: int = 10, progress: Progress = ignore) -> float | None:
    """Share of test codes whose nearest training codes vote for their class (Cover & Hart 1967).

    Parameters
    ----------
    train, test : Codes
        Their means count.
    neighbours : int
        How many training codes vote; at most as many as there are.

    Returns
    -------
    float from 0 to 1, or None for unlabelled images
    """
    if train.labels is None or test.labels is None:
        return None
    load_torch()
    from sklearn.neighbors import NearestNeighbors

    count_cores()
    found = NearestNeighbors(n_neighbors=min(neighbours, len(train))).fit(train.mean)
    right = 0
    for start in range(0, len(test), _CHUNK):
        progress(start, len(test))
        chunk = slice(start, start + _CHUNK)
        nearest = found.kneighbors(test.mean[chunk], return_distance=False)
        right += int((_most_frequent(train.labels[nearest]) == test.labels[chunk]).sum())
    return right / len(test)


def _most_frequent(labels: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """The most frequent label (N,) of each row (N, k), the smallest of several."""
    votes = np.zeros((len(labels), labels.max() + 1), np.int64)
    np.add.at(votes, (np.arange(len(labels))[:, None], labels), 1)
    return votes.argmax(1)
