"""A fork: a training that begins where another one was at a step, with something changed or nothing."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from vae_desktop.config import SETTINGS, RunConfig, values_of
from vae_desktop.errors import InvalidSetting
from vae_desktop.language import tr
from vae_desktop.models.architecture import ImageShape, weight_shapes
from vae_desktop.models.snapshot import Snapshot, Span
from vae_desktop.settings import settings_of
from vae_desktop.training.checkpoint import Checkpoint
from vae_desktop.training.history import CHOSEN, Change, History
from vae_desktop.training.timeline import TIMELINE_SETTINGS, Timeline
from vae_desktop.variants import setting_in_words


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

    @property
    def begins_anew(self) -> list[str]:
        """What begins anew at its step, in words."""
        return begins_anew(self.snapshot.step, self.is_exact, self.has_own_cycle)


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
    has_own_cycle = begins_cycle(span, step, per_epoch)
    began = step if has_own_cycle else span.first
    config = config.with_settings(epochs=math.ceil((end - began) / span.per_epoch))
    history = checkpoint.history.until(step)
    history.forked_at = step
    changes = list(_changes(checkpoint.config, config, step))
    changed = {change.name for change in changes}
    history.changes = [entry for entry in history.changes if entry.step < step or entry.name not in changed] + changes
    is_exact = snapshot.optimizer is not None or step == 0
    timeline = None if checkpoint.timeline is None else checkpoint.timeline.until(step, history)
    if timeline is not None and config.dataset != checkpoint.config.dataset:
        timeline = _without_codes(timeline)  # they are of other images
    return Fork(config, snapshot, history, is_exact, has_own_cycle, timeline)


def begins_cycle(span: Span, step: int, per_epoch: int) -> bool:
    """Whether schedule and β warm-up begin anew where a fork leaves a training at a step."""
    return per_epoch != span.per_epoch or step >= span.last


def begins_anew(step: int, is_exact: bool, has_own_cycle: bool) -> list[str]:
    """What begins anew at the step of a fork, in words."""
    texts = []
    if not is_exact:
        text = tr("Step {step:,} was kept without the optimizer's state, which begins anew in the fork.")
        texts.append(text.format(step=step))
    if has_own_cycle:
        texts.append(tr("The fork is a training of its own: schedule and β warm-up begin at its first step."))
    return texts


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


class Possible(NamedTuple):
    """What a fork can take of other settings.

    Attributes
    ----------
    changes : dict of str
        The settings that are changed, but for the epochs, with their values.
    kept : list of str
        The names of those that stay as they are.
    notes : list of str
        Why, in words.
    """

    changes: dict[str, Any]
    kept: list[str]
    notes: list[str]


def possible(origin: RunConfig, image_shape: ImageShape, wanted: RunConfig, images: ImageShape | None) -> Possible:
    """What a fork can take of other settings.

    Parameters
    ----------
    origin, image_shape : RunConfig, ImageShape
        Settings and images of the model that it comes from.
    wanted, images : RunConfig, ImageShape or None
        The other settings, and their images; None if these are not there.
    """
    notes, kept = [], []
    if wanted.dataset != origin.dataset and images != image_shape:
        text = tr("The fork keeps its images: {data} is not in the data folder.")
        if images is not None:
            text = tr("The fork keeps its images: those of {data} have another shape, {found} instead of {made}.")
        made, found = ("×".join(map(str, shape or ())) for shape in (image_shape, images))
        notes.append(text.format(data=wanted.dataset.label, made=made, found=found))
        kept = [name for name, _, value in settings_of(wanted.dataset) if value != getattr(origin.dataset, name)]
        wanted = replace(wanted, dataset=origin.dataset)
    shapes = weight_shapes(origin.model, image_shape)
    own, others = values_of(origin), values_of(wanted)
    changes = {name: value for name, value in others.items() if value != own[name] and name != "epochs"}
    differing = [name for name, _, _ in settings_of(origin.model) if name in changes]
    unfit = [name for name in differing if not _fits(origin, name, changes[name], image_shape, shapes)]
    if unfit:
        text = tr("The fork keeps its weights, and with them: {settings}.")
        notes.append(text.format(settings=tr(", ").join(map(setting_in_words, unfit))))
    return Possible({name: changes[name] for name in changes if name not in unfit}, kept + unfit, notes)


def _fits(origin: RunConfig, name: str, value: Any, image_shape: ImageShape, shapes: Mapping[str, Any]) -> bool:
    """Whether the weights are of the same shapes with another value of a setting."""
    try:
        return weight_shapes(origin.with_settings(**{name: value}).model, image_shape) == shapes
    except InvalidSetting:
        return False


def _changes(before: RunConfig, after: RunConfig, step: int) -> Iterator[Change]:
    """Yield what is noted of the settings that differ."""
    old, new = values_of(before), values_of(after)
    for name in (*TIMELINE_SETTINGS, *CHOSEN):
        if new[name] != old[name]:
            yield Change(step, name, 0.0, str(new[name])) if name in CHOSEN else Change(step, name, new[name])


def _without_codes(timeline: Timeline) -> Timeline:
    """The same frames, whose codes are to be computed anew."""
    return Timeline(timeline.frames, timeline.settings, lambda info: replace(timeline.read(info.step), codes=None))
