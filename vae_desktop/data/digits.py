"""scikit-learn's 1,797 real handwritten digits: always there, no network."""

import numpy as np

from vae_desktop.config import DatasetConfig
from vae_desktop.data.dataset import Dataset, Split, resize
from vae_desktop.libraries import load_torch

_DEFAULT_SIDE = 28  # at 8×8 the squared error is so small against the KL term that a 2-D VAE collapses
_TEST_FRACTION = 0.2


def load_digits(config: DatasetConfig) -> Dataset:
    """Load the digits, resampled from 8×8 to 28×28 unless another size is asked for.

    The split is stratified by class and fixed: it depends on nothing.
    """
    load_torch()
    from sklearn.datasets import load_digits as load_bundled
    from sklearn.model_selection import train_test_split

    bundled = load_bundled()
    images = np.round(bundled.images * (255 / 16)).astype(np.uint8)[:, None]  # 0..16 -> 0..255
    images = resize(images, config.image_size or _DEFAULT_SIDE)
    labels = bundled.target.astype(np.int64)
    train, test = train_test_split(np.arange(len(labels)), test_size=_TEST_FRACTION, stratify=labels, random_state=0)
    return Dataset(
        config,
        Split(images[train], labels[train]),
        Split(images[test], labels[test]),
        tuple(str(digit) for digit in range(10)),
    )
