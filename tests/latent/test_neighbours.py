"""kNN accuracy against distances taken one by one."""

import numpy as np
import pytest

from vae_desktop.errors import Cancelled
from vae_desktop.latent.codes import Codes
from vae_desktop.latent.posteriors import knn_accuracy
from vae_desktop.progress import Progress


def make_codes(count, dimensions, seed, classes=3):
    random = np.random.default_rng(seed)
    labels = random.integers(0, classes, count)
    mean = random.normal(size=(count, dimensions)).astype(np.float32)
    mean[:, 0] += labels
    return Codes(mean, None, labels)


@pytest.mark.parametrize("dimensions", [1, 2, 20])
def test_it_is_the_share_of_right_votes(dimensions):
    train, test = make_codes(200, dimensions, 0), make_codes(700, dimensions, 1)
    right = 0
    for code, label in zip(test.mean, test.labels, strict=True):
        nearest = np.argsort(((train.mean - code) ** 2).sum(1))[:10]
        right += np.bincount(train.labels[nearest]).argmax() == label
    assert knn_accuracy(train, test) == pytest.approx(right / 700, abs=1e-9)
    assert 0.4 < right / 700 < 0.9


def test_fewer_images_than_neighbours_all_vote():
    train = Codes(np.array([[0], [1], [2]], np.float32), None, np.array([0, 1, 1]))
    test = Codes(np.array([[0], [2]], np.float32), None, np.array([1, 1]))
    assert knn_accuracy(train, test) == 1


@pytest.mark.parametrize("unlabelled", [0, 1])
def test_without_labels_there_is_none(unlabelled):
    pair = [make_codes(20, 2, 0), make_codes(20, 2, 1)]
    pair[unlabelled] = Codes(pair[unlabelled].mean, None, None)
    assert knn_accuracy(*pair) is None


def test_it_can_be_cancelled():
    def stop(done, total):
        if done:
            raise Cancelled

    with pytest.raises(Cancelled):
        knn_accuracy(make_codes(50, 2, 0), make_codes(1200, 2, 1), progress=Progress(stop))
