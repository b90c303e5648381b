"""The window's composition root: makes the parts, draws every arrow from view to session, joins the threads."""

import contextlib
import logging
import os
import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

if sys.platform == "win32":  # torch's libraries must be loaded before Qt's there (WinError 1114)
    import torch  # noqa: F401

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject, Qt, QTimer, Slot, qInstallMessageHandler
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication

from vae_desktop import app_log
from vae_desktop.catalog import describe_dataset
from vae_desktop.config import DatasetConfig
from vae_desktop.engine.autosave import Autosaves
from vae_desktop.engine.listener import Message
from vae_desktop.engine.processor import share_lock
from vae_desktop.engine.run import Run
from vae_desktop.errors import InvalidSetting
from vae_desktop.examples import examples
from vae_desktop.gui.controllers.bridge import Bridge
from vae_desktop.gui.controllers.closer import Closer
from vae_desktop.gui.controllers.diagnostics import window_diagnostics
from vae_desktop.gui.controllers.latent_point import LatentPoint
from vae_desktop.gui.controllers.process import EndSignals, ErrorReports, Instance, log_or_end, log_qt_message
from vae_desktop.gui.controllers.window_settings import WindowSettings
from vae_desktop.gui.views.window.main_window import MainWindow
from vae_desktop.gui.widgets.theme import ThemeSwitch
from vae_desktop.latent.export import codes_as_csv
from vae_desktop.latent.measures import Extent
from vae_desktop.paths import autosave_dir, default_cache_dir, default_data_dir, default_log_dir, default_settings_dir
from vae_desktop.variants import Variant

for name in ("vae_desktop", "qt"):  # where no log is kept, Python would print warnings of a logger without any
    logging.getLogger(name).addHandler(logging.NullHandler())
_FIRST_PICTURE = 200  # ms that belong to the window, and to the last model's picture, before torch is loaded


class Controller(QObject):
    """What each intention of a view does."""

    def __init__(
        self, window: MainWindow, bridge: Bridge, point: LatentPoint, settings: WindowSettings, instance: Instance
    ) -> None:
        super().__init__(window)
        self._window = window
        self.bridge = bridge
        self.session = bridge.session
        self.point = point
        self._settings = settings
        self._instance = instance
        self.closer = Closer(window, bridge, settings, instance)
        self._themes = ThemeSwitch(self)
        self._to_save: Sequence[Run] = ()  # when the name is known
        self._to_export: Callable[[], bytes] | None = None  # under the name that is asked for
        settings.on_unwritable = self._tell_of_unwritable_settings
        self._connect()
        self._themes.set_mode(settings.text("theme", "system"))
        window.menus.set_theme_mode(self._themes.mode)
        window.restore_layout(*settings.layout())

    def _connect(self) -> None:
        window, form, controls, banner = (
            self._window,
            self._window.setup.form,
            self._window.setup.controls,
            self._window.banner,
        )
        self._themes.theme_changed.connect(window.set_theme)
        self._warming = QTimer(self, singleShot=True, interval=_FIRST_PICTURE)
        self._warming.timeout.connect(self.warm_up)
        window.first_painted.connect(self._warming.start)
        window.file_opened.connect(self.open_file)
        window.file_named.connect(self._save_to)
        window.images_chosen.connect(self.open_images)
        window.data_folder_chosen.connect(self._use_data_dir)
        window.menus.file_chosen.connect(self.open_file)
        window.menus.kept_requested.connect(self._choose_kept)
        window.menus.save_requested.connect(self._save)
        window.menus.save_as_requested.connect(self._save_as)
        window.menus.theme_chosen.connect(self.choose_theme)
        window.fetching.cancel_requested.connect(self.session.cancel_fetching)
        window.runs.run_chosen.connect(self._show_run)
        window.runs.removal_requested.connect(self._remove_run)
        window.runs.undo_requested.connect(self._undo_removal)
        banner.action_requested.connect(self._act_on_message)
        banner.dismissed.connect(self._decline)
        banner.diagnostics_requested.connect(self.copy_diagnostics)
        window.menus.diagnostics_requested.connect(self._copy_diagnostics_in_sight)
        form.validity_changed.connect(controls.set_settings_valid)
        form.dataset_chosen.connect(self._choose_dataset)
        form.committed.connect(self.session.adjust)
        controls.train_requested.connect(self._train)
        controls.continue_requested.connect(self._continue)
        controls.pause_requested.connect(self.session.pause)
        controls.resume_requested.connect(self.session.resume)
        controls.stop_requested.connect(self.session.stop)
        window.measures.measure_requested.connect(self._measure)
        window.measures.cancel_requested.connect(self.session.measurements.cancel)
        window.stage.scatter.export_requested.connect(self._export_codes)
        if self._settings.text("has_pointed"):
            window.stage.scatter.end_invitation()
        else:
            window.stage.scatter.place_pointed.connect(
                self._note_pointing, Qt.ConnectionType.SingleShotConnection
            )
        window.export_named.connect(self._export_to)
        window.comparison.editor.compare_requested.connect(self._compare)
        window.comparison.columns_changed.connect(self._connect_columns)

    @Slot()
    def _connect_columns(self) -> None:
        """Columns come and go with the models that are compared."""
        for column in self._window.comparison.columns:
            column.promoted.connect(partial(self._promote, column.run))
            column.save_requested.connect(partial(self._save_one, column.run))
            column.beta_changed.connect(partial(self._set_beta, column.run))

    def _promote(self, run: Run) -> None:
        self.session.show(run)
        self._window.show_workspace("playground")
        self._window.stage.scatter.plot.setFocus()

    def _save_one(self, run: Run) -> None:
        self._ask_and_save([run], run.path)

    def _set_beta(self, run: Run, value: float) -> None:
        self.session.adjust("beta", value, run)

    @Slot()
    def warm_up(self) -> None:
        """Load torch and the chosen data set behind the window, and make what is not seen at once."""
        if self.closer.is_closed:  # the window was closed before it was painted
            return
        if not self.bridge.tools:
            self.bridge.make_tools().path.export_wanted.connect(self._export_path)
        self.session.warm_up()
        if not self.session.is_beginning and not self.session.active:
            self._load_chosen_dataset()

    def tell_of_last_time(self) -> None:
        """Say what was lost and how the app ended; offer what it kept, unless that was declined."""
        self._tell_of_lost_settings()
        crashes = self._instance.crashes
        words = "\n\n".join(crash.words for crash in crashes if crash.words)
        recovery, autosaves = self.session.recovery, self.session.autosaves
        kept_in_crash = autosaves.files_of(crash.name for crash in crashes)
        if kept_in_crash:
            recovery.offer(kept_in_crash[-1], True, words)
            return
        if words:
            text = self.tr(
                "The app ended unexpectedly last time. Details say what is known of it; Help ▸ Copy diagnostics "
                "copies that for a report."
            )
            self._add_message(Message("error", text, words))
        kept = autosaves.latest()
        if kept and kept[-1].name != self._settings.text("declined_autosave"):
            recovery.offer(kept[-1], False)

    def _tell_of_lost_settings(self) -> None:
        if self._settings.is_reset:
            text = self.tr("The file of settings was damaged, so that everything is at its default again.")
            if self._settings.backup is not None:
                text += " " + self.tr("The damaged file is kept as {path}.").format(path=self._settings.backup)
            self._add_message(Message("error", text))

    def _tell_of_unwritable_settings(self) -> None:
        text = self.tr(
            "Changes of settings are not kept: {path} cannot be written. Unless the file and its folder can be "
            "written to and the disk has room, what you change is forgotten when the window closes."
        )
        self._add_message(Message("info", text.format(path=self._settings.path)))

    def _add_message(self, message: Message) -> None:
        self._window.banner.show_message(replace(message, is_added=True))

    @Slot(Path)
    def open_file(self, path: Path) -> None:
        """Open a saved, kept or bundled model, or several that are compared."""
        self._window.show_workspace("playground")  # a set brings up the other one
        if path in self.session.autosaves.files():
            self.session.open(path, "autosave")
        elif any(path == example.path for example in examples()):
            self.session.open(path, "example")
        else:
            self.session.open(path)

    @Slot()
    def _choose_kept(self) -> None:
        self._window.ask_for_model(str(self.session.autosaves.folder))

    def open_last_model(self) -> None:
        """Open the model used last; at the first start, or where that one is gone, the first bundled one."""
        last = Path(self._settings.text("last_model"))
        bundled = [example.path for example in examples()]
        if _is_file(last):
            self.open_file(last)
        elif bundled:
            self.open_file(bundled[0])

    @Slot(Path)
    def open_images(self, path: Path) -> None:
        """Choose a person's own images as the data set of the next run."""
        name = str(path.absolute())
        try:
            DatasetConfig(name)
        except InvalidSetting as error:
            self._window.banner.show_message(Message("error", str(error)))
            return
        self.session.forget_dataset(name)
        self._window.setup.form.choose_dataset(name)

    def _load_chosen_dataset(self) -> None:
        try:
            config = self._window.setup.form.config().dataset
        except InvalidSetting:
            config = DatasetConfig()
        # A path that came with somebody's model is not read before the person asks for it.
        if not config.is_custom or config.name == self._settings.text("dataset"):
            self.session.load_dataset(config)

    @Slot(object)
    def _compare(self, variants: list[Variant]) -> None:
        """Train models that differ from the setup, and from each other, in what their variants say."""
        self._window.banner.clear_news()
        try:
            base = self._window.setup.form.config()
            self.session.compare([variant.applied_to(base) for variant in variants])
        except InvalidSetting as error:
            self._window.banner.show_message(Message("error", str(error)))

    @Slot()
    def _train(self) -> None:
        if self._window.workspace == "comparison":
            self._window.comparison.editor.request()
            return
        self._window.banner.clear_news()
        with contextlib.suppress(InvalidSetting):  # marked where it stands
            self.session.train(self._window.setup.form.config())

    @Slot()
    def _continue(self) -> None:
        if self._window.workspace == "comparison":
            if self.session.shown_set is not None:
                with contextlib.suppress(InvalidSetting):
                    self.session.continue_set(self.session.shown_set, self._window.setup.form.config())
            return
        if self.session.shown is not None:
            with contextlib.suppress(InvalidSetting):
                self.session.continue_training(self.session.shown, self._window.setup.form.config())

    @Slot(object)
    def _measure(self, extent: Extent) -> None:
        if self.session.shown is not None:
            self.session.measure([self.session.shown], extent)

    @Slot(object)
    def _choose_dataset(self, config: DatasetConfig) -> None:
        self._window.banner.clear_news()
        self.session.load_dataset(config)

    @Slot(int)
    def _show_run(self, run_id: int) -> None:
        run = self.session.runs[run_id]
        if run is not self.session.shown:
            self.session.show(run)
            if not self.session.active and not run.is_example:
                text = self.tr("Setup has the settings of {title} now.").format(title=run.title)
                self._window.statusBar().showMessage(text, 4000)

    @Slot()
    def _note_pointing(self) -> None:
        """Whoever has dragged the point once need not be told again."""
        self._settings.set_text("has_pointed", "yes")

    @Slot(int)
    def _remove_run(self, run_id: int) -> None:
        run = self.session.runs[run_id]
        text = f"{run.title}: {self.session.why_not_removed(run)}"
        self.session.remove(run)
        if run_id not in self.session.runs:
            text = self.tr("{title} is off the list.").format(title=run.title)
            if not run.is_saved:
                text += " " + self.tr("It was not saved: File ▸ Open recent still has it.")
            self._offer_undo(text)
        self._window.statusBar().showMessage(text, 6000)

    def _offer_undo(self, text: str) -> None:
        """Offer to undo a removal, unless something more urgent is offered; Ctrl+Z does it all the same."""
        shown = self._window.banner.message
        if shown is None or shown.action in ("", "undo_removal"):
            is_error = shown is not None and shown.level == "error"
            self._window.banner.show_message(Message("info", text, action="undo_removal", is_added=is_error))

    @Slot()
    def _undo_removal(self) -> None:
        shown = self._window.banner.message
        if shown is not None and shown.action == "undo_removal":
            self._window.banner.clear()
        back = self.session.undo_removal()
        if back:
            text = self.tr("{title} is in the list again.").format(title=" · ".join(run.title for run in back))
            self._window.statusBar().showMessage(text, 6000)

    @Slot(object)
    def _export_codes(self, images: npt.NDArray[np.int64]) -> None:
        """Ask for a name, then save the codes of these images as they were when it was asked for."""
        run = self.session.shown
        codes = None if run is None else run.all_codes
        if run is None or run.codes is None or codes is None:
            return
        make = partial(codes_as_csv, codes, images, run.class_names, len(run.codes))
        self._ask_and_export(self.tr("Export codes"), f"codes-{_file_name(run)}", "csv", make)

    @Slot(str, object)
    def _export_path(self, kind: str, make: Callable[[], bytes]) -> None:
        """Ask for a name, then save the path as it was when it was asked for."""
        if self.session.shown is not None:
            self._ask_and_export(self.tr("Export path"), f"path-{_file_name(self.session.shown)}", kind, make)

    def _ask_and_export(self, title: str, name: str, suffix: str, make: Callable[[], bytes]) -> None:
        self._to_export = make
        kinds = {"csv": self.tr("Tables"), "gif": self.tr("Animations"), "png": self.tr("Pictures")}
        self._window.ask_for_export(title, Path.home() / f"{name}.{suffix}", kinds[suffix])

    @Slot(Path)
    def _export_to(self, path: Path) -> None:
        if self._to_export is not None:
            self.session.export(path, self._to_export)

    @property
    def _in_sight(self) -> list[Run]:
        return self.session.in_sight(self._window.workspace == "comparison")

    @property
    def _path_in_sight(self) -> Path | None:
        """The file that what is in sight was saved to."""
        runs = self._in_sight
        if len(runs) == 1:
            return runs[0].path
        return None if self.session.shown_set is None else self.session.shown_set.path

    @Slot()
    def _save(self) -> None:
        path = self._path_in_sight
        if path is not None:
            self.session.save(path, self._in_sight)
        else:
            self._save_as()

    @Slot()
    def _save_as(self) -> None:
        self._ask_and_save(self._in_sight, self._path_in_sight)

    def _ask_and_save(self, runs: Sequence[Run], path: Path | None) -> None:
        if runs:
            name = _file_name(runs[0]) if len(runs) == 1 else "comparison"
            self._to_save = list(runs)  # whatever is in sight when the question is answered
            self._window.ask_for_target(path or Path.home() / f"{name}.safetensors")
            self._to_save = ()

    @Slot(Path)
    def _save_to(self, path: Path) -> None:
        self.session.save(path, self._to_save or self._in_sight)

    @Slot(Path)
    def _use_data_dir(self, folder: Path) -> None:
        self._settings.set_text("data_dir", str(folder))
        self.session.data_dir = folder
        self._window.banner.clear_news()
        self._load_chosen_dataset()

    @Slot(str)
    def choose_theme(self, mode: str) -> None:
        self._settings.set_text("theme", mode)
        self._themes.set_mode(mode)

    @Slot(str)
    def _act_on_message(self, action: str) -> None:
        if action in ("download", "retry", "repair"):
            if self.session.missing is not None:
                self.session.download(self.session.missing)
        elif action in ("open_kept", "recover"):
            self._window.show_workspace("playground")  # a set brings up the other one
            self.session.recover(goes_on=action == "recover")
        elif action == "undo_removal":
            self._undo_removal()
        elif action == "discard":
            self.session.recovery.discard()
        elif action == "slower":
            config = self.session.continue_slower()
            if config is not None:
                self._window.setup.form.set_config(config)

    @Slot(str)
    def _decline(self, action: str) -> None:
        if action in ("open_kept", "recover"):
            path = self.session.recovery.take()
            if path is not None:
                self._settings.set_text("declined_autosave", path.name)

    @Slot()
    def _copy_diagnostics_in_sight(self) -> None:
        self.copy_diagnostics(self._window.banner.message)

    @Slot(object)
    def copy_diagnostics(self, message: Message | None) -> None:
        """Put what an engineer asks for first on the clipboard, with a message's details but no personal paths."""
        QGuiApplication.clipboard().setText(window_diagnostics(self.bridge, self._settings, message))
        self._window.statusBar().showMessage(self.tr("Diagnostics copied, without personal paths"), 6000)


def _is_file(path: Path) -> bool:
    """Whether there is such a file, for a path that may be anything: one too long, or in a folder kept from us."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def _file_name(run: Run) -> str:
    """What a file of that run may be called, without an ending."""
    config = run.config
    data = re.sub(r"[^\w.-]+", "-", describe_dataset(config.dataset.name).label)
    return f"{config.model.kind}-{config.model.latent_dim}d-{data}"


def make_application() -> QApplication:
    """Return the application, in which garbage is collected by the window's thread alone, and threads share the lock.

    Python's collector runs in whatever thread makes the next object. What it frees in a training's thread may be a part
    of a window that was closed, and Qt does not survive that.
    """
    from pyqtgraph.util.garbage_collector import GarbageCollector  # after what `gui` does to its import

    share_lock()
    application = QApplication.instance() or QApplication(sys.argv[:1])
    if not hasattr(application, "garbage"):
        application.garbage = GarbageCollector()
    return application


def create_window(
    data_dir: Path | None = None,
    settings_dir: Path | None = None,
    cache_dir: Path | None = None,
    instance: Instance | None = None,
) -> MainWindow:
    """Return the wired main window, not yet shown; a QApplication must be there.

    Parameters
    ----------
    data_dir : Path, optional
        Folder of data sets (torchvision's root); by default the one of the settings, else the user's.
    settings_dir : Path, optional
        Folder of settings and of models that are kept; by default the user's.
    cache_dir : Path, optional
        Folder of what can be made again; by default the user's.
    instance : Instance, optional
        Made earlier, in the same settings' folder.
    """
    settings_dir = Path(settings_dir or default_settings_dir())
    settings = WindowSettings(settings_dir)
    stored = settings.text("data_dir")
    folder = Path(data_dir) if data_dir else Path(stored) if stored else default_data_dir()
    window = MainWindow()
    point = LatentPoint(window)
    kept_dir = autosave_dir(settings_dir)
    instance = instance or Instance(kept_dir)
    autosaves = Autosaves(kept_dir, instance.name)
    bridge = Bridge(window, point, settings, folder, autosaves, cache_dir or default_cache_dir())
    window.controller = Controller(window, bridge, point, settings, instance)
    window.setup.form.choose_dataset(settings.text("dataset"))
    window.controller.tell_of_last_time()
    return window


def run_window(model: Path | None = None, dataset: str | None = None, data_dir: Path | None = None) -> int:
    """Open the window and return the exit status when it is closed; 2 where there is no display."""
    if not require_display():
        return 2
    app_log.start(default_log_dir())
    instance = Instance(autosave_dir(default_settings_dir()))
    instance.record_crash()  # of Qt's own start too
    application = make_application()
    application.setApplicationName("vae_desktop")
    application.setDesktopFileName("vae_desktop")
    window = create_window(data_dir, instance=instance)
    application.main_window = window  # not deleted on return: a job that was not waited for may still post to it
    ErrorReports(window.banner).install()
    EndSignals(window).requested.connect(window.controller.closer.close_for_system)
    application.commitDataRequest.connect(window.controller.closer.hold_session_end)
    qInstallMessageHandler(log_qt_message)
    if dataset is not None:
        window.setup.form.choose_dataset(dataset)
    if model is not None:
        window.controller.open_file(model)
    else:
        window.controller.open_last_model()
    window.show()
    return application.exec()


def require_display() -> bool:
    """Return whether a window can be opened; where not, say so in one line on stderr.

    What Qt itself finds out later, a display that does not answer or a missing library, ends in such a line too.
    """
    qInstallMessageHandler(log_or_end)
    if _has_no_display():
        print("vae-desktop: there is no display to open a window on (DISPLAY is not set).", file=sys.stderr)
        return False
    return True


def _has_no_display() -> bool:
    """Whether Qt would abort for want of a display; other platforms always have one."""
    if not sys.platform.startswith(("linux", "freebsd")):
        return False
    chosen = os.environ.get("QT_QPA_PLATFORM", "")
    if chosen and not chosen.startswith(("xcb", "wayland")):
        return False
    return not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
