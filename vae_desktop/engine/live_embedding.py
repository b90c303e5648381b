"""The codes of a model in training, a slice of the images at a time, so that they move often."""

import math
import time

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from vae_desktop.latent.codes import Codes
from vae_desktop.latent.embed import chunk_length, embed, to_codes
from vae_desktop.models.autoencoder import Autoencoder
from vae_desktop.progress import Pacer

EMBEDDING_INTERVAL = 0.2  # seconds between two refreshes
_EMBEDDING_FRACTION = 0.05  # of the time, for all of them together
_FIRST_IMAGES = 100  # of the first refresh of codes that are there already
_LATEST = 2**62  # the step of no codes at all


class LiveEmbedding:
    """Embeds a slice of the images at a time, so that the scatter moves often and training hardly notices.

    A refresh takes the next n-th part of the images, in an order that is random and fixed, with n as small as the
    measured cost allows: all classes and regions move evenly, and each has its turn, however n may change.

    Parameters
    ----------
    images : Tensor (N, C, H, W), uint8
    labels : array (N,), or None
    models : int
        How many models share the time for such embeddings.
    begins_whole : bool
        Whether the first refresh takes all images where nothing is known of them; else codes that have not had their
        turn are NaN.
    """

    def __init__(
        self, images: Tensor, labels: npt.NDArray[np.int64] | None, models: int = 1, begins_whole: bool = True
    ) -> None:
        self._begins_whole = begins_whole
        self._images = images
        self._labels = labels
        self._codes: Codes | None = None
        self._order = np.random.default_rng(0).permutation(len(images))
        self._next = 0  # position in the order
        self._steps = np.zeros(len(images), np.int64)  # of the training, that each code is of
        self._slices = 0  # not known yet
        self._fraction = _EMBEDDING_FRACTION / models
        self._pacer = Pacer(EMBEDDING_INTERVAL, self._fraction)

    def codes(self) -> Codes:
        """The codes as they are now; nothing changes them later."""
        assert self._codes is not None, "embed first"
        return self._copy(self._codes)

    def replace(self, codes: Codes, step: int = 0) -> None:
        """Take over codes of all images that were computed anyway, after so many steps."""
        self._steps[:] = step
        self._codes = self._copy(codes)

    def refresh(self, model: Autoencoder, step: int = 0) -> None:
        """Embed all images."""
        self._steps[:] = step
        self._codes = to_codes(embed(model, self._images), self._labels)

    def refresh_if_due(self, model: Autoencoder, step: int = 0) -> bool:
        """Embed the next slice if its time has come; return whether it had."""
        began = time.monotonic()
        if not self._pacer.is_due(began):
            return False
        self._slices = self._slices or self._first_slices()
        fraction = self._refresh_slice(model, step) / len(self._images)
        ended = time.monotonic()
        cost_of_all = (ended - began) / fraction
        self._slices = max(1, min(len(self._images), math.ceil(cost_of_all / (EMBEDDING_INTERVAL * self._fraction))))
        self._pacer.ran(began, ended)
        return True

    def _first_slices(self) -> int:
        """How many slices to begin with: all at once would cost so much that the next one were long in coming."""
        if self._codes is not None:
            return math.ceil(len(self._images) / _FIRST_IMAGES)
        return 1 if self._begins_whole else math.ceil(len(self._images) / chunk_length(self._images.shape[1:]))

    def _refresh_slice(self, model: Autoencoder, step: int) -> int:
        """Embed the images whose turn it is; return how many."""
        end = self._next + math.ceil(len(self._images) / self._slices)
        chosen = self._order[self._next : end]
        part = to_codes(embed(model, self._images[torch.from_numpy(chosen).to(self._images.device)]))
        self._next = end if end < len(self._images) else 0  # not before: what has failed may be tried again
        codes = self._codes = self._codes or self._unknown(part)
        codes.mean[chosen], self._steps[chosen] = part.mean, step
        if codes.log_stddev is not None:
            codes.log_stddev[chosen] = part.log_stddev
        return len(chosen)

    def _copy(self, codes: Codes) -> Codes:
        log_stddev = codes.log_stddev
        log_stddev = None if log_stddev is None else log_stddev.copy()
        return Codes(codes.mean.copy(), log_stddev, self._labels, int(self._steps.min(initial=_LATEST)))

    def _unknown(self, like: Codes) -> Codes:
        """Codes of the same kind for all images, of which nothing is known yet: all are NaN."""
        mean = np.full((len(self._images), like.latent_dim), np.nan, np.float32)
        return Codes(mean, None if like.log_stddev is None else mean.copy(), self._labels)
