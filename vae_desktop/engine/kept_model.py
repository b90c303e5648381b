"""The newest state of a model, and the files in which it lies."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from vae_desktop.models.snapshot import Snapshot


@dataclass(eq=False, kw_only=True)
class KeptModel:
    """What would be lost of a model with the app, and what would not.

    Attributes
    ----------
    snapshot : Snapshot, or None
        The newest whole state; None until the first is taken.
    path : Path, or None
        The file that it was saved to or opened from.
    autosave : Path, or None
        The file in which the app itself has kept it.
    saved_step, kept_step : int
        The steps whose states lie in those two files; -1 if none does.
    earlier : dict of Path to int
        Files in which the app has kept it as it was before a change, each with its step.
    example : Path, or None
        The bundled file that it came from; then it is shown rather than worked on.
    codes_are_kept : bool
        Whether the codes come from a file of the app's own, and so may be of an earlier step than the weights.
    """

    snapshot: Snapshot | None = None
    path: Path | None = None
    autosave: Path | None = None
    saved_step: int = -1
    kept_step: int = -1
    earlier: dict[Path, int] = field(default_factory=dict)
    example: Path | None = None
    codes_are_kept: bool = False

    @property
    def is_example(self) -> bool:
        """Whether it came with the app."""
        return self.example is not None

    @property
    def is_saved(self) -> bool:
        return self.snapshot is None or self.snapshot.step == self.saved_step

    @property
    def is_kept(self) -> bool:
        return self.snapshot is None or self.snapshot.step in (self.saved_step, self.kept_step)

    @property
    def kept(self) -> dict[Path, int]:
        """The files in which the app itself has kept it, each with the step whose state lies there."""
        return self.earlier if self.autosave is None else {self.autosave: self.kept_step, **self.earlier}

    def forget(self, path: Path) -> None:
        """One of those files is there no longer."""
        self.autosave = None if self.autosave == path else self.autosave
        self.earlier.pop(path, None)
