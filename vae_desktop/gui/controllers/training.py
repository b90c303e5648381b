"""The setup and the buttons that train: what they ask for."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QUrl, Slot
from PySide6.QtGui import QDesktopServices

from vae_desktop.config import DatasetConfig
from vae_desktop.data.dataset import Dataset
from vae_desktop.engine.engine import Engine
from vae_desktop.engine.run import Comparison, Run
from vae_desktop.errors import InvalidSetting
from vae_desktop.gui.controllers.setup_controller import past_on_screen
from vae_desktop.gui.controllers.window_settings import WindowSettings
from vae_desktop.gui.views.window.main_window import MainWindow
from vae_desktop.libraries import keep_modules
from vae_desktop.variants import Variant, kl_term_configs

if TYPE_CHECKING:
    from vae_desktop.training.devices import Device


class TrainingController(QObject):
    """Has models trained as the setup says, and keeps the data set of the setup loaded."""

    def __init__(self, window: MainWindow, engine: Engine, settings: WindowSettings) -> None:
        super().__init__(window)
        self._window = window
        self._form, self._controls = window.setup.form, window.setup.controls
        self._engine = engine
        self._project, self._training, self._starter = engine.project, engine.training, engine.starter
        self._settings = settings
        self._last_read, self._read = DatasetConfig().name, set[str]()  # names of data sets
        form, controls, training, starter = self._form, self._controls, self._training, self._starter
        form.validity_changed.connect(controls.set_settings_valid)
        form.dataset_chosen.connect(self._choose_dataset)
        form.committed.connect(self._adjust)
        controls.train_requested.connect(self._train)
        controls.continue_requested.connect(self._continue)
        controls.pause_requested.connect(training.pause)
        controls.resume_requested.connect(training.resume)
        controls.stop_requested.connect(starter.stop)
        controls.step_requested.connect(self._take_step)
        window.fetching.cancel_requested.connect(starter.cancel_fetching)
        window.images_chosen.connect(self.open_images)
        window.data_folder_chosen.connect(self._use_data_dir)
        window.menus.run_root_wanted.connect(self._choose_run_root)
        root = settings.text("run_root")
        self._write_runs_to(Path(root) if root else None)
        window.comparison.editor.compare_requested.connect(self._compare)
        window.comparison.editor.argument_requested.connect(self._compare_kl_term)
        window.comparison.beta_changed.connect(self._set_beta)
        engine.tracker.devices_found.connect(self._take_devices)
        datasets = engine.datasets
        datasets.loaded.connect(self._take_dataset)
        datasets.failed.connect(self._leave_unreadable)
        datasets.spectrum_found.connect(form.refresh, max_args=0)
        datasets.progressed.connect(window.fetching.show_progress)
        datasets.ended.connect(window.fetching.hide, check_nargs=False)  # a method of Qt
        for signal in (self._project.runs_changed, self._project.moment_changed, self._project.shown_changed):
            signal.connect(self._show_active, max_args=0)
        window.workspace_changed.connect(self._show_active)
        self._project.shown_changed.connect(self._take_shown)
        self._project.compared_changed.connect(self._take_compared)

    # What is asked for

    @Slot()
    def _train(self, is_held: bool = False) -> None:
        if self._window.workspace == "comparison":
            variants = self._window.comparison.editor.checked_variants()
            if variants:
                self._compare(variants, is_held)
            return
        self._window.banner.clear_news()
        with contextlib.suppress(InvalidSetting):  # marked where it stands
            self._starter.train(self._form.config(), is_held)

    @Slot()
    def _take_step(self) -> None:
        """Take one step of the training that is held or runs, or begin one that waits after it."""
        if self._project.active:
            self._training.take_step()
        elif not self._starter.is_beginning:
            self._train(is_held=True)

    @Slot(object)
    def _compare(self, variants: list[Variant], is_held: bool = False) -> None:
        """Train models that differ from the setup, and from each other, in what their variants say."""
        self._window.banner.clear_news()
        try:
            base = self._form.config()
            self._starter.compare([variant.applied_to(base) for variant in variants], is_held)
        except InvalidSetting as error:
            self._engine.messages.complain(str(error))

    @Slot(int)
    def _compare_kl_term(self, latent_dim: int) -> None:
        """Show what the KL term does, on data and in settings with which it is seen; the setup stays as it is."""
        self._window.banner.clear_news()
        device = "auto"
        with contextlib.suppress(InvalidSetting):
            device = self._form.config().training.device
        configs = kl_term_configs(latent_dim, self._engine.datasets.is_there(DatasetConfig("mnist")), device)
        self._starter.compare(configs)

    @Slot()
    def _continue(self) -> None:
        with contextlib.suppress(InvalidSetting):
            if self._window.workspace == "comparison":
                if self._project.compared is not None:
                    self._starter.continue_comparison(self._project.compared, self._form.config())
            elif self._project.shown is not None:
                self._starter.continue_training(self._project.shown, self._form.config())

    def continue_slower(self) -> None:
        """Train the model that diverged on, at a lower rate, which the setup then shows, since it acts at once."""
        config = self._starter.continue_slower()
        if config is not None:
            self._form.field("learning_rate").set_value(config.training.learning_rate)

    @Slot(object, float)
    def _set_beta(self, run: Run, beta: float) -> None:
        self._training.adjust("beta", beta, run)

    @Slot(str, float)
    def _adjust(self, name: str, value: float) -> None:
        """Change a setting of what trains, or is about to; it keeps its own where the setup is that of a fork."""
        if past_on_screen(self._window, self._project) is None:
            self._starter.adjust(name, value)

    @Slot(object)
    def _choose_dataset(self, config: DatasetConfig) -> None:
        self._window.banner.clear_news()
        self._starter.load_dataset(config)

    @Slot(Path)
    def open_images(self, path: Path) -> None:
        """Choose a person's own images as the data set of the next run."""
        name = str(path.absolute())
        try:
            DatasetConfig(name)
        except InvalidSetting as error:
            self._engine.messages.complain(str(error))
            return
        self._engine.datasets.forget(name)
        self._form.choose_dataset(name)

    @Slot(bool)
    def _choose_run_root(self, is_wanted: bool) -> None:
        """Have trainings written to folders from now on, or no longer."""
        self._write_runs_to(self._window.ask_for_run_root() if is_wanted else None)
        self._settings.set_text("run_root", str(self._training.run_root or ""))

    def _write_runs_to(self, root: Path | None) -> None:
        self._training.run_root = root
        self._window.menus.set_run_root(root)

    @Slot(Path)
    def _use_data_dir(self, folder: Path) -> None:
        self._settings.set_text("data_dir", str(folder))
        self._engine.datasets.data_dir = folder
        self._engine.datasets.forget()
        self._window.banner.clear_news()
        self.load_chosen_dataset()

    def download_missing(self) -> None:
        if self._engine.datasets.missing is not None:
            self._starter.download(self._engine.datasets.missing)

    def show_missing_folder(self) -> None:
        """Have the system show the folder in which a person puts the files of a data set."""
        folder = self._engine.datasets.folder_of_missing()
        if folder is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))

    @Slot()
    def load_chosen_dataset(self) -> None:
        """Load the data set of the setup."""
        try:
            config = self._form.config().dataset
        except InvalidSetting:
            config = DatasetConfig()
        # A path that came with somebody's model is not read before the person asks for it.
        if not config.is_custom or config.name == self._settings.text("dataset"):
            self._starter.load_dataset(config)
        elif not self._starter.is_beginning:
            self._engine.datasets.drop_request()  # of the images that were chosen before

    # What the engine says

    def _take_devices(self, devices: tuple[Device, ...]) -> None:
        self._form.set_devices(devices)
        keep_modules()

    def _take_dataset(self, dataset: Dataset) -> None:
        if dataset.config.name != self._form.box("name").value():
            return  # it is there to be looked at
        self._settings.set_text("dataset", dataset.config.name)  # one that can be loaded again
        self._last_read = dataset.config.name
        self._read.add(dataset.config.name)
        self._form.set_dataset(dataset)

    def _leave_unreadable(self, config: DatasetConfig) -> None:
        """Go back to the data set before, from images of the person's own that have never been read."""
        if config.is_custom and config.name not in self._read and config.name == self._form.box("name").value():
            self._form.withdraw_dataset(config.name, self._last_read)

    @Slot()
    def _show_active(self) -> None:
        """Mark in the setup what acts at once on a training."""
        acted_on = [] if past_on_screen(self._window, self._project) else self._project.active
        self._form.set_active_models([run.config.model.kind for run in acted_on])

    def _take_shown(self, run: Run) -> None:
        self._take_over(run)

    def _take_compared(self, comparison: Comparison) -> None:
        if not self._project.active:
            self._window.comparison.editor.set_variants([Variant.of(run.config) for run in comparison.runs])
        self._take_over(comparison.runs[-1])

    def _take_over(self, run: Run) -> None:
        """Know the images of the setup, if they are those of a model on screen; its settings stay the person's."""
        dataset = self._engine.datasets.held(run.config.dataset, run.images)
        if dataset is not None:
            self._take_dataset(dataset)
