"""What a window kept that crashed: offered at the next start, then gone on with or deleted."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from vae_desktop.engine.autosave import Autosaves
from vae_desktop.engine.listener import Message, SessionListener
from vae_desktop.engine.model_files import ModelFiles
from vae_desktop.engine.words import error_message, what_was_kept

if TYPE_CHECKING:
    from vae_desktop.training.checkpoint import Checkpoint


class Kept(NamedTuple):
    """One model, or those of a set, and their file."""

    path: Path
    checkpoints: tuple[Checkpoint, ...]


class Recovery:
    """Offers one file until the person has decided what becomes of it."""

    def __init__(self, files: ModelFiles, autosaves: Autosaves, listener: SessionListener) -> None:
        self._files = files
        self._autosaves = autosaves
        self._listener = listener
        self._offered: Kept | None = None

    def offer(self, path: Path, crash: str = "") -> None:
        """Read a file in the background and offer to go on with what it holds.

        Parameters
        ----------
        path : Path
        crash : str
            What is known of the crash, for an engineer.
        """

        def finished(checkpoints: tuple[Checkpoint, ...]) -> None:
            self._offered = Kept(path, checkpoints)
            text = what_was_kept(checkpoints)
            offer = Message("info", text, crash, action="recover", alternative="discard", is_added=True)
            self._listener.message_posted(offer)

        def failed(error: Exception, details: str) -> None:
            message = error_message(error, "\n\n".join(part for part in (details, crash) if part))
            self._listener.message_posted(message)

        self._files.read(path, finished, failed)

    def take(self) -> Kept | None:
        """Return what is offered, once."""
        kept, self._offered = self._offered, None
        return kept

    def discard(self) -> None:
        """Delete what is offered."""
        kept = self.take()
        if kept is not None:
            self._autosaves.discard(kept.path)
