"""The setup beside what is on screen: what it would change, and what Train would do."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from vae_desktop.config import SETTINGS, RunConfig, values_of
from vae_desktop.engine.engine import Engine
from vae_desktop.engine.project import Project
from vae_desktop.engine.run import Run
from vae_desktop.errors import InvalidSetting
from vae_desktop.gui.controllers.plan_texts import PlanTexts
from vae_desktop.gui.controllers.training_times import TrainingTimes
from vae_desktop.gui.controllers.window_settings import WindowSettings
from vae_desktop.gui.views.window.main_window import MainWindow
from vae_desktop.language import sentences, tr
from vae_desktop.progress import Pacer
from vae_desktop.variants import value_in_words

if TYPE_CHECKING:
    from vae_desktop.training.timeline import Frame

_INTERVAL = 0.5  # seconds; figures that change more often cannot be read
_REST = 120  # ms, for which the playhead rests before the form is compared with what it shows
_FOLDS = "setup_folds"
_OWN = ("kind", "latent_dim", "likelihood", "architecture", "hidden", "beta")  # of each of the compared models


class SetupController(QObject):
    """Names what is on screen above the form, marks what differs from it, and says what Train will do."""

    dataset_taken = Signal()  # the form has another data set now, to be loaded

    def __init__(self, window: MainWindow, engine: Engine, settings: WindowSettings, times: TrainingTimes) -> None:
        super().__init__(window)
        self._window = window
        self._head, self._form, self._controls = window.setup.head, window.setup.form, window.setup.controls
        self._engine, self._project = engine, engine.project
        self._settings = settings
        self._texts = PlanTexts(engine.datasets, times)
        self._pacer = Pacer(_INTERVAL, fraction=0.03)
        self._takes_next = self._is_warm = False
        self._form.rows.open_folds(settings.text(_FOLDS).split(","))
        self._form.rows.folds_changed.connect(self._remember_folds)
        self._form.settings_changed.connect(self._compare)
        self._head.settings_wanted.connect(self._take)
        self._form.rows.setting_wanted.connect(self._take_over)
        self._later = QTimer(self, singleShot=True, interval=_REST)
        self._later.timeout.connect(self._refresh)
        self._project.moment_changed.connect(self._follow_moment, max_args=0)
        project = self._project
        project.shown_changed.connect(self._follow_shown)
        for signal in (project.compared_changed, project.runs_changed, engine.training.state_changed):
            signal.connect(self._refresh, max_args=0)
        for signal in (project.shown_changed, project.compared_changed, engine.datasets.loaded):
            signal.connect(self._load_images, max_args=0)
        engine.datasets.loaded.connect(self._refresh, max_args=0)
        engine.datasets.ended.connect(self._load_images)
        engine.datasets.ended.connect(self._refresh)
        engine.tracker.progressed.connect(self._follow_progress, max_args=0)
        window.workspace_changed.connect(self._change_workspace)
        window.comparison.editor.changed.connect(self._tell_plan)
        self._refresh()

    def take_next(self) -> None:
        """At a start: have the form take the settings of the model that is about to be shown."""
        self._takes_next = True

    def warm_up(self) -> None:
        """Load from now on what the first picture need not wait for."""
        self._is_warm = True
        self._load_images()

    def _load_images(self) -> None:
        """Have the images of what is on screen at hand, where that takes no question."""
        runs = self._on_screen
        if self._is_warm and runs and not self._engine.starter.is_beginning:
            self._engine.datasets.load_to_show(runs[-1].config.dataset)

    @Slot()
    def _refresh(self) -> None:
        self._show_head()
        self._compare()

    def _follow_shown(self, run: Run) -> None:
        takes, self._takes_next = self._takes_next, False
        if takes and not self._project.active:
            self._take()
        self._refresh()

    @Slot(str)
    def _change_workspace(self, workspace: str) -> None:
        self._form.set_compares(workspace == "comparison")
        self._refresh()

    def _follow_progress(self) -> None:
        now = time.monotonic()
        if self._pacer.is_due(now):
            self._refresh()
            self._pacer.ran(now, time.monotonic())

    # What is on screen

    @property
    def _compares(self) -> bool:
        return self._window.workspace == "comparison"

    @property
    def _on_screen(self) -> list[Run]:
        return self._project.in_sight(self._compares)

    @property
    def _origin(self) -> tuple[Run, Frame] | None:
        """The model that a fork would come from, and at which moment; None unless an earlier step is on screen."""
        past = past_on_screen(self._window, self._project)
        return None if past is None else (self._engine.project.owner(*past), past[1])

    def _show_head(self) -> None:
        runs = self._on_screen
        if not runs:
            hint = tr("Train makes them.") if self._compares else tr("Train makes one; File opens one.")
            self._head.show_model(tr("No models yet") if self._compares else tr("No model yet"), hint)
            return
        run = runs[-1]
        title = run.title
        if len(runs) > 1:
            data = run.config.dataset.label
            title = tr("{count} models · {data}").format(count=len(runs), data=data)
        self._head.show_model(title, " · ".join(_detail(run, with_beta=len(runs) == 1)))

    # What differs

    def _differences(self, config: RunConfig) -> Iterator[tuple[str, str]]:
        """Yield the name of each setting that differs from what is on screen, and in words what that has."""
        runs = self._on_screen
        origin = self._origin
        kept = [] if origin is None else self._texts.possible(*origin, config).kept
        same_data = any(run.config.dataset.name == config.dataset.name for run in runs)
        wanted = values_of(config)
        theirs = [values_of(run.shown_config) for run in runs]
        for name, value in wanted.items() if runs else ():
            setting = SETTINGS[name]
            is_useless = bool(setting.only_for) and config.model.kind not in setting.only_for
            if setting.only_with is not None:  # it is hidden, and does nothing
                is_useless |= wanted[setting.only_with[0]] != setting.only_with[1]
            # Epochs belong to a data set, and where a model was trained says nothing of the model.
            passes = name == "device" or (name == "epochs" and not same_data) or (self._compares and name in _OWN)
            if is_useless or passes or any(values[name] == value for values in theirs):
                continue
            shown = dict.fromkeys(value_in_words(name, values[name]) for values in theirs)
            text = ", ".join(shown)
            yield name, tr("{value}, which a fork keeps").format(value=text) if name in kept else text

    @Slot()
    def _compare(self) -> None:
        """Mark what differs, and offer to take it as far as that can be."""
        config = self._mended()
        self._form.rows.show_on_screen(dict(self._differences(config)))
        self._head.set_differs(bool(self._on_screen) and (not self._form.is_valid or self._taken(config) != config))
        self._tell_plan()

    def _mended(self) -> RunConfig:
        """The settings of the form; where one is wrong, that of the model which trains or is on screen."""
        if self._form.is_valid:
            return self._form.config()
        runs = self._project.active or self._on_screen
        return self._form.mended_config(runs[-1].config if runs else RunConfig())

    def _taken(self, config: RunConfig, only: str = "") -> RunConfig:
        """The settings of the form with those of what is on screen in their place, as far as they can be used.

        With `only` the name of one, the others stay as they are.
        """
        runs = self._on_screen
        if not runs:
            return config
        theirs = values_of(runs[-1].shown_config)
        names = {name for name, _ in self._differences(config) if only in ("", name)}
        if "name" in names and not self._engine.datasets.is_there(runs[-1].config.dataset):
            names -= {"name", "image_size", "colours"}
        elif "name" in names:
            names.add("epochs")
        if self._project.active and self._origin is None:  # what acts at once would be shown and not act
            names = {name for name in names if not SETTINGS[name].at_once}
        return config.with_settings(**{name: theirs[name] for name in names})

    @Slot()
    def _take(self) -> None:
        self._take_over()

    @Slot(str)
    def _take_over(self, only: str = "") -> None:
        before = self._mended()
        taken = self._taken(before, only)
        self._form.set_config(taken)
        if taken.dataset != before.dataset and self._is_warm:  # else it is loaded behind the first picture
            self.dataset_taken.emit()

    @Slot(list)
    def _remember_folds(self, names: list[str]) -> None:
        self._settings.set_text(_FOLDS, ",".join(names))

    # What Train will do

    def _follow_moment(self) -> None:
        """Say what a fork is at each step; compare the form with what is shown where the playhead rests."""
        self._tell_fork()
        self._later.start()

    @Slot()
    def _tell_plan(self) -> None:
        self._tell_fork()
        if not self._form.is_valid:
            self._controls.show_plan(tr("Train waits until that is mended."))  # it is said above
            return
        try:
            config = self._form.config()
            configs = [config]
            if self._compares:
                configs = [variant.applied_to(config) for variant in self._window.comparison.editor.variants()]
        except InvalidSetting as error:
            self._controls.show_plan(tr("Train waits. {reason}").format(reason=error))
            return
        self._controls.show_plan(self._plan(config, configs))

    def _tell_fork(self) -> None:
        runs, text = [] if self._compares else self._on_screen, ""
        origin = self._origin if self._form.is_valid else None
        if origin is not None:
            text = self._texts.of_fork(*origin, self._form.config(), self._project.active)
        has_past = any(run.timeline is not None and run.timeline.frames for run in runs)
        self._controls.show_fork(text, has_place=has_past or bool(text))

    def _plan(self, config: RunConfig, configs: list[RunConfig]) -> str:
        active = self._project.active
        if active:
            return self._texts.of_training(active, config, self._place_of_active(), self._origin is not None)
        train = self._texts.of_train(config, configs, self._compares)
        return sentences(train, self._texts.of_continue(self._on_screen, config, self._compares))

    def _place_of_active(self) -> str:
        """The workspace in which models train, if it is not the one in front."""
        if self._engine.tracker.compares == self._compares:
            return ""
        return tr("Playground") if self._compares else tr("Compare")


def past_on_screen(window: MainWindow, project: Project) -> tuple[Run, Frame] | None:
    """The model that is shown as it was earlier, and that moment: the form is then that of its fork."""
    run = project.shown if window.workspace == "playground" else None
    return None if run is None or run.moment is None else (run, run.moment)


def _detail(run: Run, with_beta: bool) -> Iterator[str]:
    """In short how a model was made, and how far it has come."""
    config, progress = run.config, run.progress
    if with_beta and config.model.traits.kl_weight is None:
        yield f"β {config.training.beta:g}"
    if not run.origin:
        yield value_in_words("likelihood", config.model.likelihood).lower()
    if run.status in ("training", "paused"):
        yield tr(run.status)
    else:
        epochs = [f"{epoch:.1f}".removesuffix(".0") for epoch in (progress.epoch, progress.last_epoch)]
        yield tr("epoch {epoch} of {epochs}").format(epoch=epochs[0], epochs=epochs[1])
    if run.origin:
        yield run.origin
