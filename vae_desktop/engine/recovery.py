"""What a window that is gone has kept: offered at the next start, then opened, gone on with or deleted."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from vae_desktop.engine.autosave import Autosaves
from vae_desktop.engine.jobs import Answers, Job, Jobs
from vae_desktop.engine.listener import Action, Message, SessionListener
from vae_desktop.engine.words import error_message, what_was_kept

if TYPE_CHECKING:
    from vae_desktop.training.description import Description


class Recovery:
    """Offers one file until the person has decided what becomes of it.

    Attributes
    ----------
    offered : Path, or None
    """

    def __init__(self, jobs: Jobs, autosaves: Autosaves, listener: SessionListener) -> None:
        self.offered: Path | None = None
        self._jobs = jobs
        self._autosaves = autosaves
        self._listener = listener

    def offer(self, path: Path, has_crashed: bool, details: str = "") -> None:
        """Find out in the background what a file holds, and offer it.

        Parameters
        ----------
        path : Path
        has_crashed : bool
            Whether its window ended without closing; else it has been declined before if it is not wanted.
        details : str
            What is known of the crash, for an engineer.
        """

        def work(_: Job) -> tuple[Description, ...]:
            from vae_desktop.training.checkpoint import read_descriptions

            return read_descriptions(path)

        def finished(models: tuple[Description, ...]) -> None:
            self.offered = path
            action: Action = "recover" if models[0].is_interrupted else "open_kept"
            alternative: Action = "discard" if has_crashed else "open_kept" if action == "recover" else ""
            text = what_was_kept(models, has_crashed)
            self._listener.message_posted(Message("info", text, details, action, alternative, is_added=True))

        def failed(error: Exception, traceback: str) -> None:
            message = error_message(error, "\n\n".join(part for part in (traceback, details) if part))
            self._listener.message_posted(message)

        self._jobs.start(work, Answers(finished, failed))

    def take(self) -> Path | None:
        """Return what is offered, once."""
        path, self.offered = self.offered, None
        return path

    def discard(self) -> None:
        """Delete what is offered."""
        path = self.take()
        if path is not None:
            self._autosaves.discard(path)
