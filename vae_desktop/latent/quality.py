"""Measures of a latent space."""

from vae_desktop.latent.codes import Codes


def knn_accuracy(train: Codes, test: Codes, neighbours: int = 10) -> float | None:
    """Share of test means whose nearest training means vote for their class.

    Parameters
    ----------
    train, test : Codes
    neighbours : int
        How many training means vote; at most as many as there are.

    Returns
    -------
    float from 0 to 1, or None for unlabelled images
    """
    if train.labels is None or test.labels is None:
        return None
    from sklearn.neighbors import KNeighborsClassifier

    classifier = KNeighborsClassifier(min(neighbours, len(train))).fit(train.mean, train.labels)
    return float(classifier.score(test.mean, test.labels))
