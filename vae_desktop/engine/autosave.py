"""Models that would be lost when a window closes or the app crashes, kept in a folder until they are saved."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from vae_desktop.engine.messages import kept_title
from vae_desktop.errors import CheckpointError, UserError
from vae_desktop.files import sweep
from vae_desktop.language import N_, tr

if TYPE_CHECKING:
    from vae_desktop.training.checkpoint import Checkpoint

Reason = Literal["continued", "changed"]  # why an earlier state of a model is kept
_TITLES = {
    "continued": N_("{model}, before going on · {when:%d %b %H:%M}"),
    "changed": N_("{model}, before β or the rate changed · {when:%d %b %H:%M}"),
}
_LATEST = N_("{model} · {when:%d %b %H:%M}")
_ANY: dict[str, Any] = {"epochs": 1, "device": "auto"}  # settings that make no other model of it
MOST, MOST_BYTES = 40, 2 * 10**9  # that stay of those that no open window needs


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

    def latest(self) -> list[Path]:
        """Those of `files` that hold a model as it was last."""
        return [path for path in self.files() if not is_earlier(path)]

    def files_of(self, owners: Iterable[str]) -> list[Path]:
        """Those of `latest` that belong to these windows."""
        wanted = set(owners)
        return [path for path in self.latest() if _owner_of(path) in wanted]

    def title(self, path: Path) -> str:
        """What a file holds, how far it was trained, why and when it was kept, and what else tells it from others.

        A file that cannot be read has its name as its title.
        """
        from vae_desktop.training.checkpoint import read_descriptions, read_last_losses

        try:
            when = datetime.fromtimestamp(path.stat().st_mtime)
            text = tr(_TITLES.get(_reason(path), _LATEST))
            models = read_descriptions(path)
            parts = [text.format(model=kept_title(models), when=when), *_number_of(path)]
            if len(models) == 1:
                parts += [tr("loss {loss}").format(loss=f"{loss:.4g}") for loss in read_last_losses(path) if loss]
            forked_at = models[0].forked_at
            parts += [] if forked_at is None else [tr("fork from step {step}").format(step=f"{forked_at:,}")]
            return " · ".join(parts)
        except (OSError, CheckpointError):
            return path.name

    def keep(
        self,
        checkpoints: Sequence[Checkpoint],
        number: int,
        path: Path | None = None,
        watch: Callable[[Path], object] = lambda part: None,
    ) -> Path:
        """Write a model, or several as one file.

        Parameters
        ----------
        checkpoints : sequence of Checkpoint
        number : int
            Tells models kept at the same moment apart.
        path : Path, optional
            Where it was kept before: that file is replaced, or discarded if it was another window's.
        watch : callable, optional
            Is given the temporary file, as `files.write_atomically` says.

        Raises
        ------
        UserError
            If it cannot be written.
        """
        if path is not None and _owner_of(path) == self._owner:
            self._write(path, checkpoints, watch)
            return path
        new = self.folder / f"{self._name(number)}.safetensors"
        self._write(new, checkpoints, watch)
        if path is not None:
            self.discard(path)
        self._tidy_up(new)
        return new

    def earlier_path(self, number: int, step: int, reason: Reason) -> Path:
        """The file for a model as it was after so many steps, before it was changed for that reason."""
        return self.folder / f"{self._name(number)}-{step:08}-{reason}.safetensors"

    def keep_earlier(
        self,
        checkpoints: Sequence[Checkpoint],
        path: Path,
        saved: Iterable[Path],
        watch: Callable[[Path], object] = lambda part: None,
    ) -> None:
        """Write models to a file of :meth:`earlier_path`, unless it or one of `saved` has them; else as `keep`."""
        if not path.exists() and not any(_holds(file, checkpoints) for file in saved):
            self._write(path, checkpoints, watch)
            self._tidy_up(path)

    def discard(self, path: Path) -> None:
        """Delete a kept model that is no longer needed."""
        with contextlib.suppress(OSError):
            path.unlink()

    def _name(self, number: int) -> str:
        return f"autosave-{datetime.now():%Y%m%d-%H%M%S%f}-{self._owner}-{number:04}"

    def _write(self, path: Path, checkpoints: Sequence[Checkpoint], watch: Callable[[Path], object]) -> None:
        from vae_desktop.training.checkpoint import save_checkpoints

        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            text = tr("Cannot make the folder {folder}: {reason}.")
            raise UserError(text.format(folder=self.folder, reason=error.strerror)) from error
        with self._writing:
            save_checkpoints(path, checkpoints, watch=watch)

    def _tidy_up(self, new: Path) -> None:
        sweep(self.folder, "autosave-*")
        room = MOST_BYTES
        for age, path in enumerate(reversed(self.files())):
            with contextlib.suppress(OSError):
                room -= path.stat().st_size
            is_needed = path == new or (_owner_of(path) == self._owner and not is_earlier(path))
            if (age >= MOST or room < 0) and not is_needed:
                self.discard(path)


def lock_path(folder: Path, owner: str) -> Path:
    """The file that lies in the folder while a window of that name is open."""
    return folder / f"window-{owner}.lock"


def is_earlier(path: Path) -> bool:
    """Whether a file holds a model as it was before a change, not as it was last."""
    return _reason(path) in _TITLES


def _reason(path: Path) -> str:
    return path.stem.rpartition("-")[2]


def _owner_of(path: Path) -> str:
    """Which window keeps a model there; "" for those of earlier versions."""
    parts = path.stem.split("-")
    return parts[3] if len(parts) >= 5 else ""


def _number_of(path: Path) -> list[str]:
    """The number that the first model had in its window, if the file's name tells it."""
    parts = path.stem.split("-")
    is_told = len(parts) >= 5 and parts[4].isdecimal()
    return [tr("#{id}").format(id=int(parts[4]))] if is_told else []


def _holds(path: Path, checkpoints: Sequence[Checkpoint]) -> bool:
    """Whether a file holds these models as they are, so far as its header tells."""
    from vae_desktop.training.checkpoint import read_descriptions

    try:
        found = read_descriptions(path)
    except CheckpointError:
        return False
    there = [(entry.config.with_settings(**_ANY), entry.step) for entry in found]
    return all((entry.config.with_settings(**_ANY), entry.snapshot.step) in there for entry in checkpoints)
