"""A fork: a training that begins where another one was at a step, with something changed or nothing."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from vae_desktop.config import SETTINGS, RunConfig
from vae_desktop.errors import InvalidSetting
from vae_desktop.language import tr
from vae_desktop.models.architecture import weight_shapes
from vae_desktop.models.snapshot import Snapshot, Span
from vae_desktop.training.checkpoint import Checkpoint
from vae_desktop.training.history import Change, History
from vae_desktop.training.timeline import TIMELINE_SETTINGS, Timeline


@dataclass(frozen=True, eq=False)
class Fork:
    """What a training loop needs to begin a fork.

    Attributes
    ----------
    config : RunConfig
    snapshot : Snapshot
        Where it begins.
    history : History
        Of the steps before, with what is changed at this one.
    is_exact : bool
        Whether with nothing changed it comes to the bit to what the training itself went on to.
    has_own_cycle : bool
        Whether schedule and warm-up begin anew, as the training was at its end or an epoch has other steps now.
    timeline : Timeline, or None
        Its frames up to that step, where they lie.
    """

    config: RunConfig
    snapshot: Snapshot
    history: History
    is_exact: bool
    has_own_cycle: bool
    timeline: Timeline | None = None


def forked(
    checkpoint: Checkpoint, config: RunConfig, train_images: int, epochs: int | None = None, newest: Span | None = None
) -> Fork:
    """The fork of a model, as it was at a step, with other settings.

    Parameters
    ----------
    checkpoint : Checkpoint
        The model at that step, as `Checkpoint.at` gives it.
    config : RunConfig
        As `changed_settings` gives it.
    train_images : int
        How many there are.
    epochs : int, optional
        When it ends, counted from the first step of the model; by default as was planned at that step.
    newest : Span, optional
        The training of the model as it is now: its end, which may have been moved since, is that of the step's too if
        they are one.

    Raises
    ------
    InvalidSetting
        If it would end where it begins.
    """
    snapshot, per_epoch = checkpoint.snapshot, -(-train_images // config.training.batch_size)
    step = snapshot.step
    span = snapshot.span or Span(0, step, checkpoint.steps_per_epoch)
    is_one = snapshot.span is not None and newest is not None and newest.first == span.first
    planned = newest.last if newest is not None and is_one else span.last
    end = planned if epochs is None else epochs * span.per_epoch
    if end <= step:
        text = tr("Epochs: at step {step:,} there are {done} epochs behind the model; ask for more than that.")
        done = f"{step / span.per_epoch:.1f}".removesuffix(".0")
        raise InvalidSetting("epochs", text.format(step=step, done=done))
    has_own_cycle = per_epoch != span.per_epoch or step >= span.last
    began = step if has_own_cycle else span.first
    config = config.with_settings(epochs=math.ceil((end - began) / span.per_epoch))
    history = checkpoint.history.until(step)
    for name in TIMELINE_SETTINGS:
        value = getattr(config.training, name)
        if value != getattr(checkpoint.config.training, name):
            at_once = [change for change in history.changes if change.step == step and change.name == name]
            history.changes = [change for change in history.changes if change not in at_once]  # never acted here
            history.changes.append(Change(step, name, value))
    is_exact = snapshot.optimizer is not None or step == 0
    timeline = None if checkpoint.timeline is None else checkpoint.timeline.until(step, history.changes)
    return Fork(config, snapshot, history, is_exact, has_own_cycle, timeline)


def changed_settings(checkpoint: Checkpoint, changes: Mapping[str, Any]) -> RunConfig:
    """The settings of a model with some changed.

    Raises
    ------
    InvalidSetting
        If a value cannot be, or the weights of the model would not fit any longer.
    """
    shapes = weight_shapes(checkpoint.config.model, checkpoint.image_shape)
    for name, value in changes.items():
        model = checkpoint.config.with_settings(**{name: value}).model
        if weight_shapes(model, checkpoint.image_shape) != shapes:
            text = tr("{label}: a fork keeps the weights of its model, and {value} needs others.")
            entry = SETTINGS[name]
            raise InvalidSetting(name, text.format(label=tr(entry.label), value=entry.format(value)))
    return checkpoint.config.with_settings(**changes)
