"""What is to be trained next: it waits for its data set, and then begins."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from vae_desktop.config import DatasetConfig, RunConfig
from vae_desktop.data.dataset import Dataset
from vae_desktop.data.fingerprint import Fingerprint
from vae_desktop.engine.datasets import DatasetLoader
from vae_desktop.engine.image_marks import ImageMarks
from vae_desktop.engine.messages import Messages, wrong_shape
from vae_desktop.engine.project import Project
from vae_desktop.engine.run import Comparison, Run
from vae_desktop.engine.run_tracker import RunTracker
from vae_desktop.engine.saving import ModelSaver
from vae_desktop.engine.timelines import Timelines
from vae_desktop.engine.training import Training
from vae_desktop.errors import UserError
from vae_desktop.training.advice import same_models
from vae_desktop.training.history import Change
from vae_desktop.training.timeline import Frame
from vae_desktop.variants import check_comparison


@dataclass(frozen=True, eq=False)
class _Plan:
    """Runs to be started when their data set is there: new ones, or on from where `runs` are."""

    configs: list[RunConfig]
    runs: list[Run] = field(default_factory=list)
    is_comparison: bool = False
    is_held: bool = False  # after the first step


@dataclass(eq=False)
class RunStarter:
    """Has the data set of new runs loaded, then has them trained; one request at a time."""

    _project: Project
    _datasets: DatasetLoader
    _saver: ModelSaver
    _tracker: RunTracker
    _training: Training
    _messages: Messages
    _timelines: Timelines
    _marks: ImageMarks
    _awaited: _Plan | None = field(default=None, init=False)  # waits for its data set

    @property
    def is_beginning(self) -> bool:
        """Whether a run has been asked for and has not begun."""
        return bool(self._tracker.starting) or self._awaited is not None

    def is_busy_with(self, runs: Iterable[Run]) -> bool:
        """Whether one of these is trained, or may be about to."""
        busy = [*self._project.active, *self._tracker.starting]
        return self._awaited is not None or any(run in busy for run in runs)

    def train(self, config: RunConfig, is_held: bool = False) -> None:
        """Train a new model, unless one is about to begin; a training that runs is stopped for it.

        One that `is_held` takes its first step alone, and waits.
        """
        self._prepare(_Plan(self._without_excluded([config]), is_held=is_held))

    def train_without(self, run: Run, images: Iterable[int]) -> None:
        """Train a new model, beside one that stays, with its settings and on its images without some.

        These are numbered as the codes of the run are, and its data set must be at hand.
        """
        try:
            dataset = self._marks.without(run, images)
        except UserError as error:
            self._messages.complain(str(error))
            return
        self._prepare(_Plan([replace(run.config, dataset=dataset)]))

    def compare(self, configs: Sequence[RunConfig], is_held: bool = False) -> None:
        """Train two to four new models on the same batches; otherwise as `train`.

        Raises
        ------
        InvalidSetting
            If they cannot be trained together.
        """
        check_comparison(configs)
        same = same_models(configs)
        if same:
            self._messages.inform(same)
        self._prepare(_Plan(self._without_excluded(configs), is_comparison=True, is_held=is_held))

    def continue_training(self, run: Run, config: RunConfig) -> None:
        """Train the model of a run on: its own settings, but the epochs, rates and device of `config`.

        Not one that is followed, which trains elsewhere.
        """
        if run.followed is not None:
            return
        names = ("epochs", "learning_rate", "beta", "device")
        changed = run.config.with_settings(**{name: getattr(config.training, name) for name in names})
        self._prepare(_Plan([changed], [run]))

    def go_back(self, run: Run, frame: Frame, config: RunConfig) -> None:
        """Train on from an earlier moment of a run, with the epochs, rates and device of `config`.

        What came later is forgotten; the model as it is now is kept in a file of the app's own first. A training that
        runs is stopped for it.
        """
        if run.timeline is None or run.followed or self.is_beginning or run.id not in self._project.runs:
            return
        if self._project.active:
            self._training.stop(then=partial(self.go_back, run, frame, config))
            return
        self._saver.save(None, [run], ())
        settings: dict[str, Any] = run.settings_until(frame.step)
        run.config = run.config.with_settings(**settings)
        run.snapshot, run.newest_codes = frame.snapshot, frame.codes or run.codes
        run.forget_after(frame.step)
        run.history.changes = [
            change for change in run.history.changes if change.step < frame.step or change.name not in settings
        ]
        run.saved_step = run.kept_step = -1  # it comes to the steps of those files again, as another model
        run.earlier = {path: at if at <= frame.step else sys.maxsize for path, at in run.earlier.items()}
        self.continue_training(run, config)

    def continue_comparison(self, comparison: Comparison, config: RunConfig) -> None:
        """Train models on together: their own settings, but the epochs, learning rate and device of `config`.

        None of them may be followed.
        """
        if any(run.followed is not None for run in comparison.runs):
            return
        rates = {name: getattr(config.training, name) for name in ("epochs", "learning_rate", "device")}
        runs = [run for run in comparison.runs if run.snapshot is not None]
        self._prepare(_Plan([run.config.with_settings(**rates) for run in runs], runs, is_comparison=True))

    def go_on_with(self, runs: Sequence[Run], compares: bool) -> None:
        """Train models on with the settings that they have; side by side if they are compared."""
        self._prepare(_Plan([run.config for run in runs], list(runs), is_comparison=compares))

    def continue_slower(self) -> RunConfig | None:
        """Train the model that diverged last on, from its last good state; return with which settings."""
        if self._tracker.slower is None or self._tracker.slower[0].id not in self._project.runs:
            return None
        (run, config), self._tracker.slower = self._tracker.slower, None
        self._prepare(_Plan([config], [run]))
        return config

    def load_dataset(self, config: DatasetConfig) -> None:
        """Load a data set in the background, so that its size and classes are known before a new model is trained."""
        known = self._without_excluded([replace(RunConfig(), dataset=config)])
        self._load(known[0].dataset if known else config)

    def load_images_of(self, run: Run) -> None:
        """Load the data set of a model in the background."""
        self._load(run.config.dataset, run.images)

    def _load(self, config: DatasetConfig, learned: Fingerprint | None = None) -> None:
        if self._awaited is not None and self._awaited.configs[0].dataset == config:
            return  # it is being loaded, and a run waits for it
        self._awaited = None
        self._datasets.load(config, learned=learned)
        self._training.tell_state()

    def download(self, config: DatasetConfig) -> None:
        """Fetch the files of a data set, then load it, unless another one is wanted by then."""

        def finished() -> None:
            if self._awaited is None and not self._datasets.is_loading:
                self.load_dataset(config)

        self._datasets.download(config, finished)

    def cancel_fetching(self) -> None:
        """End the download, or the reading of a data set, that is under way, and what waits for it."""
        self._awaited = None
        self._datasets.cancel()
        self._training.tell_state()

    def stop(self) -> None:
        """Stop the training, or the preparations for one; the model stays."""
        self.drop()
        self._datasets.drop_request()
        self._training.stop()

    def drop(self) -> None:
        """Begin nothing of what waits for its data set."""
        self._awaited = None

    def adjust(self, name: str, value: float) -> None:
        """Change a setting of what is about to begin, or else of the training that runs."""
        plan = self._awaited
        if name == "beta" and (self._tracker.compares if plan is None else plan.is_comparison):
            return  # each model of a comparison has its own
        if plan is None:
            self._training.adjust(name, value)
        else:
            self._awaited = replace(plan, configs=[config.adjusted(name, value) for config in plan.configs])

    def _without_excluded(self, configs: Sequence[RunConfig]) -> list[RunConfig]:
        """The settings of new models, on the images that are not excluded; none if that is not known, which is told."""
        try:
            return [replace(config, dataset=self._marks.applied(config.dataset)) for config in configs]
        except UserError as error:
            self._messages.complain(str(error))
            return []

    def _prepare(self, plan: _Plan) -> None:
        """Have the data set loaded, then start the runs, if there are any."""
        if self.is_beginning or not plan.configs:
            return
        self._tracker.has_failed = False
        self._training.warm_up()
        self._awaited = plan
        learned = Fingerprint.joined([run.images for run in plan.runs])
        self._datasets.load(plan.configs[0].dataset, self._begin_awaited, self.drop, learned)
        self._training.tell_state()

    def _begin_awaited(self, dataset: Dataset) -> None:
        if self._awaited is None:
            return
        plan, self._awaited = self._awaited, None
        try:
            for config in plan.configs:
                dataset.check_batch_size(config.training.batch_size)
            if any(run.image_shape != dataset.image_shape for run in plan.runs):
                raise UserError(wrong_shape(plan.runs[0], dataset))
        except UserError as error:
            self._messages.complain(str(error))
            return
        going_on = [run for run in plan.runs if run.id in self._project.runs and run.snapshot is not None]
        if going_on:
            self._saver.save(None, going_on, ())
        for run, config in zip(plan.runs, plan.configs, strict=False):
            if _note_changes(run, config):
                self._timelines.note_change(run)
            run.class_names = dataset.class_names  # a person's own images may have gained a class
        runs = plan.runs or [
            Run(self._project.next_id(), config, dataset.image_shape, dataset.class_names, "training")
            for config in plan.configs
        ]
        if plan.is_comparison and not plan.runs:
            self._project.add_comparison(runs)
        for run in runs:
            run.images = dataset.fingerprint
        self._training.begin(runs, plan.is_comparison, dataset, plan.is_held)


def _note_changes(run: Run, config: RunConfig) -> bool:
    """Take in the settings with which a run goes on; return whether one is another than it had."""
    changed = [
        name
        for name in ("learning_rate", "beta")
        if run.snapshot is not None and getattr(config.training, name) != getattr(run.config.training, name)
    ]
    for name in changed:
        assert run.snapshot is not None
        step, history = run.snapshot.step, run.history
        acted = [entry for entry in history.changes if entry.step < step or entry.name != name]
        history.changes = [*acted, Change(step, name, getattr(config.training, name))]
    run.config = config
    return bool(changed)
