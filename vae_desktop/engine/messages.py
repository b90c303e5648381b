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
from vae_desktop.training.description import Description

Action = Literal["", "download", "retry", "repair", "open_kept", "recover", "discard", "slower", "undo_removal"]

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
        What could not be written; a newer message about it takes its place, and it is withdrawn once that is written.
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

    def inform(self, text: str, details: str = "", is_added: bool = False) -> None:
        self.posted.emit(Message("info", text, details, is_added=is_added))

    def complain(self, text: str, details: str = "") -> None:
        self.posted.emit(Message("error", text, details))

    def report(self, error: Exception, details: str = "", action: Action = "", about: str = "") -> None:
        """Tell of an error; its traceback only where it was not foreseen."""
        if details:
            _log.warning("work beside training failed\n%s", details)
        if isinstance(error, UserError):
            self.posted.emit(Message("error", str(error), action=action, about=about))
        else:
            self.posted.emit(Message("error", f"An unexpected error: {error}", details, action, about=about))


def summary(report: Report) -> str:
    """What was read of somebody's own images, and whether there is more to know."""
    if report.skipped:
        return f"{report.read} Skipped: {len(report.skipped):,}. Details say what and why."
    return f"{report.read} Details say what was converted." if report.converted else report.read


def wrong_shape(run: Run, dataset: Dataset) -> str:
    """Why a model cannot be trained on a data set."""
    made, found = ("×".join(map(str, shape)) for shape in (run.image_shape, dataset.image_shape))
    return (
        f"This model was made for images of another shape than those of the data set: channels, height and width "
        f"are {made} there and {found} here."
    )


def kept_title(models: Sequence[Description]) -> str:
    """What a file holds, and how far it has been trained."""
    first = models[0]
    data = first.config.dataset.label
    what = first.config.title if len(models) == 1 else f"{len(models)} models side by side · {data}"
    if first.span is None:
        return f"{what}, step {first.step:,}"
    at, last = (f"{step / first.span.per_epoch:.1f}".removesuffix(".0") for step in (first.step, first.span.last))
    return f"{what}, epoch {at} of {last}" if first.is_interrupted else f"{what}, epoch {at}"


def what_was_kept(models: Sequence[Description], has_crashed: bool) -> str:
    """What a window that is gone has kept, and how it ended."""
    how = {
        (True, True): "The last run ended unexpectedly. It has been kept as it was",
        (True, False): "The app ended unexpectedly last time. What was not saved has been kept",
        (False, True): "The window was closed in the middle of a training. It has been kept as it was",
        (False, False): "What was not saved when the window closed has been kept",
    }[has_crashed, models[0].is_interrupted]
    return f"{how}: {kept_title(models)}."
