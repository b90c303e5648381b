"""What a view of the latent space asks of the decoder's thread besides the current point: many pictures, or distances.

Each is work in small parts, so that the current point never waits for it and training hardly notices it.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from vae_desktop.latent.codes import Codes, Floats, Picture
from vae_desktop.latent.grid import Places

if TYPE_CHECKING:
    from vae_desktop.models.autoencoder import Decoder

_PART = 0.003  # seconds that a part of the work takes, about
_TELL = 0.15  # seconds from one picture of work under way to the next


@dataclass(frozen=True, eq=False)
class SheetRequest:
    """Pictures of many codes, coarse first.

    Attributes
    ----------
    view : str
        Who asks; a newer request of the same view replaces this one.
    run_id : int
    codes : array (M, d), float32
    side : int
        Longer side that a picture needs, in pixels; larger ones are made smaller.
    stages : sequence of (new, source)
        As latent.grid.coarse_first gives them; by default all codes in one stage.
    """

    view: str
    run_id: int
    codes: Floats
    side: int
    stages: Sequence[tuple[Places, Places]] = field(default=())

    follows_training: ClassVar[bool] = True

    def work(self, decoder: Decoder, before: Picture | None) -> Iterator[Picture | None]:
        """Yield None after each part and, now and then and at the end, the pictures (M, h, w, C), uint8.

        `before` are the pictures of an earlier pass, which then are replaced one after the other.
        """
        import torch

        from vae_desktop.latent.sampling import decode_to_small_pictures

        codes = torch.from_numpy(self.codes)
        everything = np.arange(len(codes))
        pictures: Picture | None = None if before is None else before.copy()
        told, count = time.monotonic(), 1
        for new, source in self.stages or [(everything, everything)]:
            place = 0
            while place < len(new):
                began = time.monotonic()
                chosen = new[place : place + count]
                part = decode_to_small_pictures(decoder, codes[chosen], self.side)
                if pictures is None:
                    pictures = np.zeros((len(codes), *part.shape[1:]), np.uint8)
                pictures[chosen] = part
                place += len(chosen)
                now = time.monotonic()
                count = 2 * count if now - began < _PART / 2 else max(1, count // 2) if now - began > _PART else count
                is_due = before is not None and now - told > _TELL
                told = now if is_due else told
                yield pictures.copy() if is_due else None
            if before is None and pictures is not None:
                yield pictures[source]
        if before is not None and pictures is not None:
            yield pictures


@dataclass(frozen=True, eq=False)
class HolesRequest:
    """Distances (M,), float32, of places (M, d) from the codes of the data; see latent.holes.hole_distances."""

    view: str
    run_id: int
    places: Floats
    codes: Codes

    follows_training: ClassVar[bool] = False  # it is asked for anew when codes have moved

    def work(self, decoder: Decoder, before: Floats | None) -> Iterator[Floats | None]:
        """Yield None after each part, and the distances at the end."""
        from vae_desktop.latent.holes import hole_distances

        parts = []
        for part in hole_distances(self.places, self.codes):
            parts.append(part)
            yield None
        yield np.concatenate(parts)


ViewRequest = SheetRequest | HolesRequest
