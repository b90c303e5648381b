"""Forks: models that go another way from an earlier moment of one that stays as it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from vae_desktop.config import RunConfig
from vae_desktop.data.dataset import Dataset
from vae_desktop.engine.datasets import DatasetLoader
from vae_desktop.engine.messages import Messages
from vae_desktop.engine.project import Project
from vae_desktop.engine.run import Run
from vae_desktop.engine.run_starter import RunStarter
from vae_desktop.engine.timelines import Timelines
from vae_desktop.engine.training import Training
from vae_desktop.errors import UserError
from vae_desktop.language import sentences, tr
from vae_desktop.models.architecture import ImageShape
from vae_desktop.variants import check_comparison

if TYPE_CHECKING:
    from vae_desktop.training.checkpoint import Checkpoint
    from vae_desktop.training.fork import Fork


@dataclass(eq=False)
class ForkStarter:
    """Makes a fork as soon as its images are there, and has it trained."""

    _project: Project
    _datasets: DatasetLoader
    _training: Training
    _messages: Messages
    _timelines: Timelines
    _starter: RunStarter

    def fork(self, run: Run, config: RunConfig, compares: bool = False) -> None:
        """Train another model on from the moment that a run is shown at, with other settings; the run stays as it is.

        Its settings and images are those of `config`, as far as the weights fit; its epochs count from the first step
        of the run. If it `compares`, what the run would have gone on to is trained beside it.
        """
        if run.moment is None or self._starter.is_beginning:
            return
        parent = self._project.owner(run, run.moment)
        begin = partial(self._begin, parent, parent.checkpoint_of(run.moment), config, compares)

        def keep_images(others: ImageShape | None) -> None:
            self._datasets.load(parent.config.dataset, partial(begin, others), learned=parent.images)

        def take_images(dataset: Dataset) -> None:
            if dataset.image_shape == parent.image_shape:
                begin(dataset.image_shape, dataset)
            else:
                keep_images(dataset.image_shape)

        self._training.warm_up()
        if self._datasets.is_there(config.dataset):
            self._datasets.load(config.dataset, take_images, learned=parent.images_for(config.dataset))
        else:
            keep_images(None)

    def _begin(
        self,
        run: Run,
        origin: Checkpoint,
        config: RunConfig,
        compares: bool,
        images: ImageShape | None,
        dataset: Dataset,
    ) -> None:
        """Train forks of a run on a data set; `images` are the shape of those of `config`, if these are there."""
        from vae_desktop.training.fork import changed_settings, forked, possible

        changes, _, notes = possible(origin.config, run.image_shape, config, images)
        epochs = None if config.training.epochs == run.config.training.epochs else config.training.epochs
        newest = None if run.snapshot is None else run.snapshot.span
        newest = None if newest is None else replace(newest, last=run.last_step)
        try:
            configs = [changed_settings(origin, changes), *([origin.config] if compares else ())]
            forks = [forked(origin, entry, len(dataset.train), epochs, newest) for entry in configs]
            check_comparison([fork.config for fork in forks])
        except UserError as error:
            self._messages.complain(str(error))
            return
        if not self._timelines.budget or run.followed is not None:
            # Its frames would go with the parent's, or would all have to be fetched.
            forks = [replace(fork, timeline=None) for fork in forks]
        runs = [_run_of(self._project.next_id(), run, origin, fork) for fork in forks]
        notes = [*self._stopped_for(forks), *notes, *forks[0].begins_anew]
        if notes:
            self._messages.inform(sentences(*notes))
        if compares:
            self._project.add_comparison(runs)
        self._starter.go_on_with(runs, compares)

    def _stopped_for(self, forks: Sequence[Fork]) -> list[str]:
        """What is said of the models whose training ends where these forks begin."""
        active = self._project.active
        if not active:
            return []
        title = active[0].title if len(active) == 1 else tr("{count} models").format(count=len(active))
        text = tr("{title} was stopped at step {step:,} for the fork.")
        if len(forks) > 1:
            text = tr("{title} was stopped at step {step:,} for the forks.")
        return [text.format(title=title, step=active[0].step)]


def _run_of(run_id: int, parent: Run, origin: Checkpoint, fork: Fork) -> Run:
    """A run that is to go another way than its parent from the moment of `origin`."""
    run = Run(run_id, fork.config, parent.image_shape, parent.class_names, "opened")
    run.history, run.snapshot, run.parent_config = fork.history, fork.snapshot, origin.config
    if fork.config.dataset == origin.config.dataset:
        run.newest_codes = origin.codes
    run.images = parent.images_for(fork.config.dataset)
    run.timeline = fork.timeline  # these frames lie in a folder of its own too, as soon as it trains
    run.parameters, run.forked_from = parent.parameters, (parent.id, fork.snapshot.step)
    run.steps_per_epoch = parent.steps_per_epoch
    return run
