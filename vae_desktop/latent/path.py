"""A way through a latent space from anchor to anchor, at constant speed."""

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
import numpy.typing as npt

from vae_desktop.latent.codes import Floats

Shape = Literal["straight", "spherical"]

_FINE = 64  # parts of a leg, along which its length is measured
_TINY = 1e-6


@dataclass(frozen=True, eq=False)
class Path:
    """Codes along a way through anchors.

    Spherical: between two anchors the direction from 0 turns evenly and the distance from 0 changes evenly, so that
    codes stay as far out as samples of N(0, I) lie in many dimensions (White 2016, arXiv 1609.04468, section 2.1).
    Between anchors in one line with 0 no such way is defined; there it is straight.

    Attributes
    ----------
    anchors : array (K, d), float32, K > 1
    shape : {"straight", "spherical"}
    is_loop : bool
        Whether it leads back to the first anchor.
    """

    anchors: Floats
    shape: Shape = "straight"
    is_loop: bool = False

    @property
    def length(self) -> float:
        """In the latent space's units."""
        return float(self._lengths[-1])

    def codes(self, count: int) -> Floats:
        """So many codes (count, d), evenly along the way; of a loop the last one is not the first one again."""
        shares = np.linspace(0, 1, count, endpoint=not self.is_loop) if count > 1 else np.zeros(count)
        return np.concatenate([self.at(float(share))[None] for share in shares])

    def at(self, share: float) -> Floats:
        """The code (d,) that lies so far along the way, 0 to 1."""
        lengths, fine = self._lengths, self._fine
        place = np.interp(share * lengths[-1], lengths, np.arange(len(fine))) if lengths[-1] > _TINY else 0.0
        leg = min(int(place) // _FINE, len(self._ends) - 1)
        start, end = self._ends[leg]
        return self._between(start, end, (place - leg * _FINE) / _FINE)[0].astype(np.float32)

    def outline(self) -> Floats:
        """Many codes (M, d) that follow the way closely, for drawing it."""
        return self._fine.astype(np.float32)

    @cached_property
    def _ends(self) -> list[tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]]:
        """The two anchors of each leg."""
        anchors = list(self.anchors.astype(np.float64))
        followers = anchors[1:] + anchors[:1] if self.is_loop else anchors[1:]
        return list(zip(anchors, followers, strict=False))

    @cached_property
    def _fine(self) -> npt.NDArray[np.float64]:
        shares = np.linspace(0, 1, _FINE, endpoint=False)
        legs = [self._between(start, end, shares) for start, end in self._ends]
        return np.concatenate([*legs, self._ends[-1][1][None]])

    @cached_property
    def _lengths(self) -> npt.NDArray[np.float64]:
        """How long the way is up to each of the fine codes."""
        return np.concatenate(([0.0], np.cumsum(np.linalg.norm(np.diff(self._fine, axis=0), axis=1))))

    def _between(
        self, start: npt.NDArray[np.float64], end: npt.NDArray[np.float64], shares: npt.ArrayLike
    ) -> npt.NDArray[np.float64]:
        """Codes (n, d) at shares (n,) of a leg."""
        at = np.atleast_1d(np.asarray(shares, np.float64))[:, None]
        norms = np.linalg.norm(start), np.linalg.norm(end)
        straight = (1 - at) * start + at * end
        if self.shape == "straight" or min(norms) < _TINY:
            return straight
        angle = np.arccos(np.clip(start @ end / (norms[0] * norms[1]), -1, 1))
        if np.sin(angle) < _TINY:  # in one line with 0
            return straight
        turned = (np.sin((1 - at) * angle) * start / norms[0] + np.sin(at * angle) * end / norms[1]) / np.sin(angle)
        return turned * ((1 - at) * norms[0] + at * norms[1])
