"""The sentence above the buttons that train: what they will do, or what trains now and what acts on it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from vae_desktop.config import SETTINGS, RunConfig
from vae_desktop.dataset_catalog import describe_dataset
from vae_desktop.engine.datasets import DatasetLoader
from vae_desktop.engine.run import Run
from vae_desktop.gui.controllers.training_times import TrainingTimes
from vae_desktop.gui.widgets.labels import duration_text
from vae_desktop.language import sentences, tr
from vae_desktop.models.snapshot import Span
from vae_desktop.variants import changed_settings, changes_in_words

if TYPE_CHECKING:
    from vae_desktop.training.fork import Possible
    from vae_desktop.training.timeline import Frame

_LONGEST = 24  # letters of a data set's name


class PlanTexts:
    """Says in words what Train and Continue will do, and what the settings do to a training that runs."""

    def __init__(self, datasets: DatasetLoader, times: TrainingTimes) -> None:
        self._datasets, self._times = datasets, times

    def of_training(self, active: Sequence[Run], config: RunConfig, place: str, is_for_fork: bool) -> str:
        """What acts at once on models in training.

        Parameters
        ----------
        active : sequence of Run
        config : RunConfig
            Settings of the form, which may be others than those that they train with.
        place : str
            The workspace in which they train where that is not the one in front, else "".
        is_for_fork : bool
            Whether the form is that of a fork, as an earlier step is on screen.
        """
        compares = len(active) > 1
        acting = tr("Epochs and learning rate") if compares else tr("Epochs, learning rate and β")
        text = tr("{acting} act at once; all else is for the next training.").format(acting=acting)
        if compares and not place:
            text = tr("{acting} act at once on all models; each has its β above its column.").format(acting=acting)
        if is_for_fork:
            text = tr("At an earlier step the settings are those of its fork: nothing acts on the training.")
        if place:
            what = tr("In {place} one is in training.")
            what = tr("In {place} {count} models are in training.") if compares else what
            text = sentences(what.format(place=place, count=len(active)), text)
        own, form = active[-1].config.training, config.training
        has_beta = not compares and active[-1].config.model.traits.kl_weight is None
        if (own.epochs, own.learning_rate) != (form.epochs, form.learning_rate) or (has_beta and own.beta != form.beta):
            they = tr("They train with {epochs} epochs, rate {rate}.") if compares else ""
            they = they or (tr("It trains with {epochs} epochs, rate {rate}, β {beta}.") if has_beta else "")
            they = they or tr("It trains with {epochs} epochs, rate {rate}.")
            they = they.format(epochs=f"{own.epochs:,}", rate=f"{own.learning_rate:g}", beta=f"{own.beta:g}")
            text = sentences(they, text)
        return text

    def of_train(self, config: RunConfig, configs: Sequence[RunConfig], compares: bool) -> str:
        """What Train makes: one model of the form's settings, or those that are compared."""
        data = config.dataset.label
        if not self._datasets.is_there(config.dataset) and not config.dataset.is_custom:
            text = tr("{data} is not in the data folder yet: Train offers to fetch it.")
            if not describe_dataset(config.dataset.name).download_bytes:
                text = tr("{data} is not in the data folder yet: Train says where to get it.")
            return text.format(data=data)
        data = data if len(data) <= _LONGEST else f"{data[: _LONGEST - 1]}…"
        epochs = f"{config.training.epochs:,}"
        if compares:
            text = tr("Train all makes {count} new models on {data}: {epochs} epochs")
            text = text.format(count=len(configs), data=data, epochs=epochs)
        else:
            text = tr("Train makes a new {kind}, {dimensions}-D, on {data}: {epochs} epochs")
            kind, dimensions = tr(config.model.traits.short), config.model.latent_dim
            text = text.format(kind=kind, dimensions=dimensions, data=data, epochs=epochs)
        seconds = self._times.estimate(configs) if configs else None
        if seconds is not None:
            text += tr(", about {time}").format(time=duration_text(seconds))
        return tr("{sentence}.").format(sentence=text)

    def possible(self, parent: Run, moment: Frame, config: RunConfig) -> Possible:
        """What a fork of a model at a moment can take of the form's settings."""
        from vae_desktop.training.fork import possible

        origin, dataset = parent.config_at(moment.step), self._datasets.held(config.dataset)
        images = parent.image_shape if dataset is None else dataset.image_shape  # those that are not read yet may fit
        are_there = config.dataset == origin.dataset or self._datasets.is_there(config.dataset)  # which asks the disk
        return possible(origin, parent.image_shape, config, images if are_there else None)

    def of_fork(self, parent: Run, moment: Frame, config: RunConfig, active: Sequence[Run]) -> str:
        """What a fork of a model at a moment would be trained with, and what begins anew.

        What is `active` is stopped for it.
        """
        from vae_desktop.training.fork import begins_anew, begins_cycle

        origin = parent.config_at(moment.step)
        changes, _, notes = self.possible(parent, moment, config)
        told = changed_settings(origin, origin.with_settings(**changes))
        text = tr("Fork goes on from step {step} of #{id}, with {changes}.") if told else ""
        text = text or tr("Fork goes on from step {step} of #{id}, with nothing changed.")
        text = text.format(step=f"{moment.step:,}", id=parent.id, changes=changes_in_words(origin, told))
        span, has_cycle = moment.snapshot.span, False
        dataset = self._datasets.held(config.dataset) if "name" in changes else self._datasets.of(parent)
        if span is not None:
            images = None if dataset is None else len(dataset.train)
            per_epoch = span.per_epoch if images is None else -(-images // config.training.batch_size)
            has_cycle = begins_cycle(span, moment.step, per_epoch)
        stops = [tr("It stops the training of {title}.").format(title=_titles(active))] if active else []
        is_exact = moment.snapshot.optimizer is not None or not moment.step
        return sentences(text, *stops, *notes, *begins_anew(moment.step, is_exact, has_cycle))

    def of_continue(self, runs: Sequence[Run], config: RunConfig, compares: bool) -> str:
        """How far Continue goes, and with what other than what was trained with; "" if there is nothing to train."""
        trained = [run for run in runs if run.snapshot is not None and run.followed is None]
        if not trained:
            return ""
        run = trained[-1]
        assert run.snapshot is not None
        step, per_epoch = run.snapshot.step, max(run.steps_per_epoch, 1)
        before = run.snapshot.span or Span(step, step, per_epoch)
        span = before.continued(step, config.training.epochs, before.per_epoch)
        more, last = (span.last - step) / span.per_epoch, span.last / span.per_epoch
        text = tr("Continue: {more} more epochs, to {last}")
        if run.moment is not None:
            text = tr("Continue: {more} more epochs from the newest step ({step}), to {last}")
        text = text.format(step=f"{step:,}", more=_epochs(more), last=_epochs(last))
        names = ["learning_rate"]
        if not compares and run.config.model.traits.kl_weight is None:
            names.append("beta")
        words = {"learning_rate": tr("rate {new} instead of {old}"), "beta": tr("β {new} instead of {old}")}
        for name in names:
            old, new = getattr(run.config.training, name), getattr(config.training, name)
            if old != new:
                text += tr(", ") + words[name].format(new=SETTINGS[name].format(new), old=SETTINGS[name].format(old))
        if run.config.training.schedule == "one-cycle" and span.first == step:
            text += tr("; its cycle begins again: the loss rises at first, less at a lower rate")
        return tr("{sentence}.").format(sentence=text)


def _titles(runs: Sequence[Run]) -> str:
    return tr(", ").join(tr("#{id}").format(id=run.id) for run in runs)


def _epochs(count: float) -> str:
    return f"{count:,.1f}".removesuffix(".0")
