"""What a view asks of a diffusion: codes that it draws, with their walk there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vae_desktop.engine.view_requests import SheetRequest, ViewRequest
from vae_desktop.latent.codes import Floats

if TYPE_CHECKING:
    from vae_desktop.models.autoencoder import Autoencoder
    from vae_desktop.words.latent_diffusion import LatentDiffusion


@dataclass(frozen=True, eq=False)
class WalkRequest(ViewRequest):
    """Walks (S + 1, N, d) from noise to codes; see words.latent_diffusion.LatentDiffusion.draw.

    Attributes
    ----------
    text : str, or None
        One that is not refused; None draws without words.
    """

    diffusion: LatentDiffusion
    text: str | None
    count: int
    guidance: float
    steps: int
    seed: int

    is_urgent = True

    def work(self, model: Autoencoder, before: Floats | None) -> Iterator[Floats | None]:
        """Yield the walks: some 50 ms of 36 codes in 30 steps."""
        yield self.diffusion.draw(self.text, self.count, self.guidance, self.steps, self.seed)


@dataclass(frozen=True, eq=False)
class StepRequest(SheetRequest):
    """Pictures of codes at a step of their walk, while a hand leads them."""

    is_urgent = True
