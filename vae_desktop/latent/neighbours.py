"""Whether codes lie among those of their own class."""

import numpy as np

from vae_desktop.latent.codes import Codes
from vae_desktop.latent.cores import count_cores
from vae_desktop.libraries import load_torch
from vae_desktop.progress import Progress, ignore

_CHUNK = 500  # test codes at a time


def knn_accuracy(train: Codes, test: Codes, neighbours: int = 10, progress: Progress = ignore) -> float | None:
    """Fraction of test codes whose nearest training codes vote for their class (Cover & Hart 1967).

    Parameters
    ----------
    train, test : Codes
        Compared by their means.
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
    classes = np.unique(train.labels)
    right = 0
    for start in range(0, len(test), _CHUNK):
        progress(start, len(test))
        chunk = slice(start, start + _CHUNK)
        nearest = train.labels[found.kneighbors(test.mean[chunk], return_distance=False)]
        votes = (nearest[..., None] == classes).sum(1)
        right += int((classes[votes.argmax(1)] == test.labels[chunk]).sum())  # of several classes the first
    return right / len(test)
