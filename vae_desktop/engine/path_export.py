"""A path as a file: everything that is needed for it, as it was when it was asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from vae_desktop.config import ModelConfig
from vae_desktop.latent.animation import as_gif, as_strip
from vae_desktop.latent.codes import Codes, Floats, Picture
from vae_desktop.latent.export import path_as_csv

if TYPE_CHECKING:
    from vae_desktop.models.architecture import ImageShape
    from vae_desktop.models.snapshot import Snapshot


@dataclass(frozen=True, eq=False)
class PathExport:
    """The steps (N, d) of a path, the model that decodes them, and the codes that they are measured against.

    The methods are for a thread in the background.
    """

    config: ModelConfig
    image_shape: ImageShape
    snapshot: Snapshot
    steps: Floats
    codes: Codes | None

    def gif(self, seconds: float) -> bytes:
        """An animation that takes so many seconds."""
        return as_gif(self._pictures(), seconds)

    def strip(self) -> bytes:
        """All steps in a row, as PNG."""
        return as_strip(self._pictures())

    def csv(self, fractions: npt.NDArray[np.float64]) -> bytes:
        """The codes, with how far along the path (N,) they are."""
        from vae_desktop.latent.code_distances import code_distances

        distances = None
        if self.codes is not None:
            distances = np.concatenate(list(code_distances(self.steps, self.codes)))
        return path_as_csv(self.steps, fractions, distances)

    def _pictures(self) -> Picture:
        from vae_desktop.latent.decoding import decode_all
        from vae_desktop.models.autoencoder import model_of

        return decode_all(model_of(self.config, self.image_shape, self.snapshot.weights).decoder, self.steps)
