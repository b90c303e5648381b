"""The newest state of a model, and the files in which it lies."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from vae_desktop.models.snapshot import Snapshot

if TYPE_CHECKING:
    from vae_desktop.engine.followed import Followed
    from vae_desktop.words.latent_diffusion import LatentDiffusion


@dataclass(eq=False, kw_only=True)
class KeptModel:
    """What would be lost of a model with the app, and what would not.

    Attributes
    ----------
    snapshot : Snapshot, or None
        The newest whole state; None until the first is taken.
    diffusion : LatentDiffusion, or None
        What draws codes for words, fitted to the codes of one of its steps.
    path : Path, or None
        The file that it was saved to or opened from.
    autosave : Path, or None
        The file in which the app itself has kept it.
    saved_step, kept_step : int
        The steps whose states lie in those two files; -1 if none does.
    saved_diffusion, kept_diffusion : LatentDiffusion, or None
        Those that lie there.
    earlier : dict of Path to int
        Files in which the app has kept it as it was before a change, each with its step.
    example : Path, or None
        The bundled file that it came from; then it is shown rather than worked on.
    followed : Followed, or None
        How it is followed, where it trains elsewhere: what becomes of it lies there.
    codes_are_kept : bool
        Whether the codes come from a file of the app's own, and so may be of an earlier step than the weights.
    """

    snapshot: Snapshot | None = None
    diffusion: LatentDiffusion | None = None
    path: Path | None = None
    autosave: Path | None = None
    saved_step: int = -1
    kept_step: int = -1
    saved_diffusion: LatentDiffusion | None = None
    kept_diffusion: LatentDiffusion | None = None
    earlier: dict[Path, int] = field(default_factory=dict)
    example: Path | None = None
    followed: Followed | None = None
    codes_are_kept: bool = False

    @property
    def is_example(self) -> bool:
        """Whether it came with the app."""
        return self.example is not None

    @property
    def is_saved(self) -> bool:
        if self.followed is not None and not self.followed.is_replaced and self.diffusion is None:
            return True
        return self.snapshot is None or self._is(self.saved_step, self.saved_diffusion)

    @property
    def is_kept(self) -> bool:
        return self.is_saved or self._is(self.kept_step, self.kept_diffusion)

    @property
    def is_kept_only(self) -> bool:
        """Whether the app's own file has more of it than the one that it was saved to."""
        has_words = self.kept_diffusion not in (None, self.saved_diffusion)
        return self.kept_step > self.saved_step or (self.kept_step == self.saved_step and has_words)

    @property
    def has_old_words(self) -> bool:
        """Whether its diffusion was fitted to codes that it had at another step than its newest state."""
        return self.diffusion is not None and self.snapshot is not None and self.diffusion.step != self.snapshot.step

    @property
    def kept(self) -> dict[Path, int]:
        """The files in which the app itself has kept it, each with the step whose state lies there."""
        return self.earlier if self.autosave is None else {self.autosave: self.kept_step, **self.earlier}

    def holds_no_more(self, path: Path) -> bool:
        """Whether a file of `kept` has nothing that the one that it was saved to lacks."""
        return not self.is_kept_only if path == self.autosave else self.saved_step >= self.kept[path]

    def note_saved(self, path: Path | None, step: int, diffusion: LatentDiffusion | None) -> None:
        """Note that it was saved as it was at a step; of one that was saved with others there is no path."""
        self.path = path or self.path
        self.saved_step, self.saved_diffusion = step, diffusion

    def note_kept(self, path: Path, step: int, diffusion: LatentDiffusion | None) -> None:
        """Note that the app itself has kept it as it was at a step."""
        self.autosave, self.kept_step, self.kept_diffusion = path, step, diffusion

    def forget(self, path: Path) -> None:
        """One of those files is there no longer."""
        self.autosave = None if self.autosave == path else self.autosave
        self.earlier.pop(path, None)

    def _is(self, step: int, diffusion: LatentDiffusion | None) -> bool:
        """Whether that is its newest state."""
        return self.snapshot is not None and self.snapshot.step == step and self.diffusion is diffusion
