"""Models that would be lost when a window closes or the app crashes, kept in a folder until they are saved."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from vae_desktop.engine.words import kept_title

if TYPE_CHECKING:
    from vae_desktop.training.checkpoint import Checkpoint

_MOST, _MOST_BYTES = 40, 2 * 10**9  # that stay of those that no open window needs


class Autosaves:
    """The folder of models that the app itself has kept; the newest 40 stay, or 2 GB of them.

    Several windows may be open at once, each its own process. While one is, a lock file of its name lies in the folder,
    and the others leave its files alone.

    Parameters
    ----------
    folder : Path
    owner : str
        Name of this window among all: letters and digits.
    """

    def __init__(self, folder: Path, owner: str = "0") -> None:
        self.folder = folder
        self._owner = owner
        self._writing = threading.Lock()  # of two states of a model the later one is written last

    def files(self) -> list[Path]:
        """The models that are kept, the oldest first; not those of other windows that are open."""
        others = {path for path in self.folder.glob("window-*.lock") if path != lock_path(self.folder, self._owner)}
        kept = sorted(self.folder.glob("autosave-*.safetensors"))
        return [path for path in kept if lock_path(self.folder, _owner_of(path)) not in others]

    def files_of(self, owners: Iterable[str]) -> list[Path]:
        """Those of these windows."""
        wanted = set(owners)
        return [path for path in self.files() if _owner_of(path) in wanted]

    def title(self, path: Path) -> str:
        """What a file holds, how far it was trained, and when it was kept; its name if it cannot be read."""
        from vae_desktop.errors import CheckpointError
        from vae_desktop.training.checkpoint import read_descriptions

        try:
            when = datetime.fromtimestamp(path.stat().st_mtime)
            return f"{kept_title(read_descriptions(path))} · {when:%d %b %H:%M}"
        except (OSError, CheckpointError):
            return path.name

    def keep(self, checkpoints: Sequence[Checkpoint], number: int, path: Path | None = None) -> Path:
        """Write a model, or several as one file.

        Parameters
        ----------
        checkpoints : sequence of Checkpoint
        number : int
            Tells models kept at the same moment apart.
        path : Path, optional
            Where it was kept before: that file is replaced, or discarded if it was another window's.

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
        if path is not None and _owner_of(path) == self._owner:
            with self._writing:
                save_checkpoints(path, checkpoints)
            return path
        new = self.folder / f"autosave-{datetime.now():%Y%m%d-%H%M%S}-{self._owner}-{number:04}.safetensors"
        with self._writing:
            save_checkpoints(new, checkpoints)
        if path is not None:
            self.discard(path)
        self._tidy_up()
        return new

    def discard(self, path: Path) -> None:
        """Delete a kept model that is no longer needed."""
        with contextlib.suppress(OSError):
            path.unlink()

    def _tidy_up(self) -> None:
        from vae_desktop.files import sweep

        sweep(self.folder, "autosave-*")
        room = _MOST_BYTES
        for age, path in enumerate(reversed(self.files())):
            with contextlib.suppress(OSError):
                room -= path.stat().st_size
            if (age >= _MOST or room < 0) and _owner_of(path) != self._owner:  # what was kept just now stays
                self.discard(path)


def lock_path(folder: Path, owner: str) -> Path:
    """The file that lies in the folder while a window of that name is open."""
    return folder / f"window-{owner}.lock"


def _owner_of(path: Path) -> str:
    """Which window keeps a model there; "" for those of earlier versions."""
    parts = path.stem.split("-")
    return parts[3] if len(parts) == 5 else ""
