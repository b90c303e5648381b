"""A path through a latent space from anchor to anchor, at constant speed."""

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
import numpy.typing as npt

from vae_desktop.latent.codes import Floats

Shape = Literal["straight", "spherical"]
_Codes = npt.NDArray[np.float64]

_FINE = 64  # parts of a leg, along which its length is measured
_TINY = 1e-6


@dataclass(frozen=True, eq=False)
class Path:
    """Codes along a path through anchors.

    Spherical: between two anchors the direction from 0 turns evenly and the distance from 0 changes evenly, so that
    codes stay as far out as samples of N(0, I) lie in many dimensions (White 2016, arXiv 1609.04468, section 2.1).
    Between anchors in one line with 0 that is not defined; there the path is straight.

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
        """The path's length, in the latent space's units."""
        return float(self._lengths[-1])

    def codes(self, count: int) -> Floats:
        """So many codes (count, d), evenly along the path; of a loop the last one is not the first one again."""
        fractions = np.linspace(0, 1, count, endpoint=not self.is_loop) if count > 1 else np.zeros(count)
        return np.concatenate([self.at(float(fraction))[None] for fraction in fractions])

    def at(self, fraction: float) -> Floats:
        """The code (d,) at a fraction of the path's length, 0 to 1."""
        lengths, fine = self._lengths, self._fine
        position = np.interp(fraction * lengths[-1], lengths, np.arange(len(fine))) if lengths[-1] > _TINY else 0.0
        leg = min(int(position) // _FINE, len(self._legs) - 1)
        return self._between(*self._legs[leg], np.array([position / _FINE - leg]))[0].astype(np.float32)

    def outline(self) -> Floats:
        """Many codes (M, d) that follow the path closely, for drawing it."""
        return self._fine.astype(np.float32)

    @cached_property
    def _legs(self) -> list[tuple[_Codes, _Codes]]:
        """The two anchors of each leg."""
        anchors = list(self.anchors.astype(np.float64))
        followers = anchors[1:] + anchors[:1] if self.is_loop else anchors[1:]
        return list(zip(anchors, followers, strict=False))

    @cached_property
    def _fine(self) -> _Codes:
        fractions = np.linspace(0, 1, _FINE, endpoint=False)
        return np.concatenate([*(self._between(*leg, fractions) for leg in self._legs), self._legs[-1][1][None]])

    @cached_property
    def _lengths(self) -> npt.NDArray[np.float64]:
        """The path's length up to each of the fine codes."""
        return np.concatenate(([0.0], np.cumsum(np.linalg.norm(np.diff(self._fine, axis=0), axis=1))))

    def _between(self, start: _Codes, end: _Codes, fractions: npt.NDArray[np.float64]) -> _Codes:
        """Codes (n, d) at fractions (n,) of a leg."""
        at = fractions[:, None]
        norms = np.linalg.norm(start), np.linalg.norm(end)
        straight = (1 - at) * start + at * end
        if self.shape == "straight" or min(norms) < _TINY:
            return straight
        angle = np.arccos(np.clip(start @ end / (norms[0] * norms[1]), -1, 1))
        if np.sin(angle) < _TINY:  # in one line with 0
            return straight
        turned = (np.sin((1 - at) * angle) * start / norms[0] + np.sin(at * angle) * end / norms[1]) / np.sin(angle)
        return turned * ((1 - at) * norms[0] + at * norms[1])
