"""What the session tells the person, in plain words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from vae_desktop.engine.listener import Action, Message
from vae_desktop.errors import UserError

if TYPE_CHECKING:
    from vae_desktop.data.dataset import Dataset, Report
    from vae_desktop.engine.run import Run
    from vae_desktop.training.checkpoint import Checkpoint


def error_message(error: Exception, details: str, action: Action = "") -> Message:
    """Return what to say of an error; its traceback only where it was not foreseen."""
    if isinstance(error, UserError):
        return Message("error", str(error), action=action)
    return Message("error", f"An unexpected error: {error}", details, action)


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


def what_was_kept(checkpoints: Sequence[Checkpoint]) -> str:
    """What a window that crashed has kept."""
    snapshot, span = checkpoints[0].snapshot, checkpoints[0].snapshot.span
    what = checkpoints[0].config.title if len(checkpoints) == 1 else f"{len(checkpoints)} models side by side"
    if span is None or not snapshot.is_interrupted:
        return f"The app ended unexpectedly last time. What was not saved, {what}, has been kept."
    at, last = (f"{step / span.per_epoch:.1f}".removesuffix(".0") for step in (snapshot.step, span.last))
    return f"The last run ended unexpectedly: {what}, kept as it was at epoch {at} of {last}."
