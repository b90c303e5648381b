"""Where a reconstruction differs from its image, as a picture."""

import numpy as np

from vae_desktop.latent.codes import Picture

_FULL = 0.5  # of the whole range: a pixel that differs by so much is fully red
_RED = np.array([226, 50, 30], np.float32)
_FAINT = 0.45  # of the contrast of the image below the red, around grey, so that it can be told in light and in dark


def error_map(image: Picture, reconstruction: Picture) -> Picture:
    """The image in faint grey, redder where the reconstruction differs more.

    Parameters
    ----------
    image, reconstruction : array (H, W, C), uint8

    Returns
    -------
    array (H, W, 3), uint8
        Fully red where the mean of the channels' absolute differences is half the range or more.
    """
    error = np.abs(image.astype(np.float32) - reconstruction).mean(2, keepdims=True) / 255
    red = np.minimum(error / _FULL, 1)
    grey = 128 + _FAINT * (image.astype(np.float32).mean(2, keepdims=True) - 128)
    return np.round(grey * (1 - red) + _RED * red).astype(np.uint8)
