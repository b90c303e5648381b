"""Models that would be lost when the window closes, kept in a folder until they are saved."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vae_desktop.training.checkpoint import Checkpoint

_KEEP = 5  # files


class Autosaves:
    """The folder of autosaved models; the newest few are kept."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def files(self) -> list[Path]:
        """The models that are kept, the oldest first."""
        return sorted(self.folder.glob("autosave-*.safetensors"))

    def keep(self, checkpoints: Sequence[Checkpoint], number: int) -> Path:
        """Write a model, or several as one file; `number` tells models kept at the same moment apart.

        Raises
        ------
        UserError
            If it cannot be written.
        """
        from vae_desktop.errors import UserError
        from vae_desktop.training.checkpoint import save_checkpoints

        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UserError(f"Cannot make the folder {self.folder}: {error.strerror}.") from error
        path = self.folder / f"autosave-{datetime.now():%Y%m%d-%H%M%S}-{number:04}.safetensors"
        save_checkpoints(path, checkpoints)
        for old in self.files()[:-_KEEP]:
            self.discard(old)
        return path

    def discard(self, path: Path) -> None:
        """Delete a kept model that is no longer needed."""
        with contextlib.suppress(OSError):
            path.unlink()
