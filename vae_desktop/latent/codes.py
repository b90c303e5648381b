"""The codes of a set of images, as a value that needs no torch."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Picture = npt.NDArray[np.uint8]  # (H, W, C), or a stack of them (N, H, W, C)


@dataclass(frozen=True, eq=False)
class Codes:
    """Posterior of each image of a set.

    Attributes
    ----------
    mean : array (N, d), float32
    log_stddev : array (N, d), float32, or None
        None for an autoencoder, whose codes are points.
    labels : array (N,), int64, or None
    """

    mean: Floats
    log_stddev: Floats | None
    labels: npt.NDArray[np.int64] | None

    def __len__(self) -> int:
        return len(self.mean)

    @property
    def latent_dim(self) -> int:
        return self.mean.shape[1]

    def followed_by(self, others: "Codes") -> "Codes":
        """These codes and others of the same model, one after the other."""
        both = self.log_stddev is not None and others.log_stddev is not None
        named = self.labels is not None and others.labels is not None
        return Codes(
            np.concatenate((self.mean, others.mean)),
            np.concatenate((self.log_stddev, others.log_stddev)) if both else None,  # type: ignore[arg-type]
            np.concatenate((self.labels, others.labels)) if named else None,  # type: ignore[arg-type]
        )

    @property
    def are_finite(self) -> bool:
        """Whether no number is infinite or NaN."""
        parts = (self.mean,) if self.log_stddev is None else (self.mean, self.log_stddev)
        return all(bool(np.isfinite(part).all()) for part in parts)
