"""What the engine tells the person, in plain words."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from psygnal import Signal

from vae_desktop.data.dataset import Dataset, Report
from vae_desktop.engine.run import Run
from vae_desktop.errors import UserError
from vae_desktop.language import N_, tr
from vae_desktop.training.description import Description

Action = Literal[
    "", "download", "retry", "repair", "open_folder", "open_kept", "recover", "discard", "slower", "undo_removal",
    "undo_exclusion", "restart",
]

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Message:
    """Something to tell the person, in plain words.

    Attributes
    ----------
    level : {"info", "error"}
    details : str
        What an engineer wants to read besides, or "".
    action : str
        What the person can do about it at once, or "".
    alternative : str
        What else, or "".
    is_added : bool
        To stand below the message on show, not in its place.
    about : str
        What it is about, such as a file that could not be written; a newer message about that takes its place, and it
        is withdrawn once it no longer holds.
    """

    level: Literal["info", "error"]
    text: str
    details: str = ""
    action: Action = ""
    alternative: Action = ""
    is_added: bool = False
    about: str = ""


class Messages:
    """Where whatever happens in the background is told."""

    posted = Signal(Message)
    withdrawn = Signal(str)  # what the message was about

    def inform(
        self, text: str, details: str = "", is_added: bool = False, action: Action = "", about: str = ""
    ) -> None:
        self.posted.emit(Message("info", text, details, action, is_added=is_added, about=about))

    def complain(self, text: str, details: str = "") -> None:
        self.posted.emit(Message("error", text, details))

    def report(self, error: Exception, details: str = "", action: Action = "", about: str = "") -> None:
        """Tell of an error; its traceback only where it was not foreseen."""
        if details:
            _log.warning("work beside training failed\n%s", details)
        if isinstance(error, UserError):
            self.posted.emit(Message("error", str(error), action=action, about=about))
        else:
            text = tr("An unexpected error: {error}").format(error=error)
            self.posted.emit(Message("error", text, details, action, about=about))


def summary(report: Report) -> str:
    """What was read of somebody's own images, and how much was not; its details say more."""
    if not report.skipped:
        return report.read
    return tr("{read} Skipped: {count:,}.").format(read=report.read, count=len(report.skipped))


def wrong_shape(run: Run, dataset: Dataset) -> str:
    """Why a model cannot be trained on a data set."""
    made, found = ("×".join(map(str, shape)) for shape in (run.image_shape, dataset.image_shape))
    text = tr(
        "This model was made for images of another shape than those of the data set: channels, height and width are "
        "{made} there and {found} here."
    )
    return text.format(made=made, found=found)


def kept_title(models: Sequence[Description]) -> str:
    """What a file holds, and how far it has been trained."""
    first = models[0]
    what = first.config.title
    if len(models) > 1:
        text = tr("{count} models side by side · {dataset}")
        what = text.format(count=len(models), dataset=first.config.dataset.label)
    if first.span is None:
        return tr("{model}, step {step:,}").format(model=what, step=first.step)
    at, last = (f"{step / first.span.per_epoch:.1f}".removesuffix(".0") for step in (first.step, first.span.last))
    text = tr("{model}, epoch {epoch} of {last}") if first.is_interrupted else tr("{model}, epoch {epoch}")
    return text.format(model=what, epoch=at, last=last)


def what_was_kept(models: Sequence[Description], has_crashed: bool) -> str:
    """What a window that is gone has kept, and how it ended."""
    text = {
        (True, True): N_("The last run ended unexpectedly. It has been kept as it was: {model}."),
        (True, False): N_("The app ended unexpectedly last time. What was not saved has been kept: {model}."),
        (False, True): N_("A model that was not at the end of its training was not saved, and is kept: {model}."),
        (False, False): N_("What was not saved when the window closed has been kept: {model}."),
    }[has_crashed, models[0].is_interrupted]
    return tr(text).format(model=kept_title(models))
