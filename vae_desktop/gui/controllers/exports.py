"""Codes and paths of the model on screen as files for other programs."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject, Slot

from vae_desktop.data.dataset import Dataset
from vae_desktop.engine.engine import Engine
from vae_desktop.gui.controllers.files import file_name
from vae_desktop.gui.controllers.image_texts import why_no_codes
from vae_desktop.gui.views.window.main_window import MainWindow
from vae_desktop.language import tr
from vae_desktop.latent.export import codes_as_csv
from vae_desktop.latent.image_export import images_as_csv, images_as_zip


class ExportsController(QObject):
    """Asks for names, and has what is on screen written as it was when it was asked for."""

    def __init__(self, window: MainWindow, engine: Engine) -> None:
        super().__init__(window)
        self._window, self._engine, self._project = window, engine, engine.project
        window.stage.scatter.export_requested.connect(self._export_codes)
        window.menus.export_requested.connect(self._export_all_codes)
        engine.library.exported.connect(self._tell_exported)

    @Slot()
    def _export_all_codes(self) -> None:
        run = self._project.shown
        if run is None:
            return
        if run.all_codes is None:
            self._engine.messages.complain(why_no_codes(run))
        else:
            self._export_codes(np.arange(len(run.all_codes)))

    @Slot(object)
    def _export_codes(self, images: npt.NDArray[np.int64]) -> None:
        """Ask for a name, then save the codes of these images as they were when it was asked for."""
        run = self._project.shown
        codes = None if run is None else run.all_codes
        if run is None or run.codes is None or codes is None:
            return
        dataset = self._engine.datasets.of(run)
        origins = None if dataset is None or len(dataset.test) != len(run.codes) else dataset.origins
        make = partial(codes_as_csv, codes, images, run.class_names, len(run.codes), origins)
        self._ask_and_export(tr("Export codes"), f"codes-{file_name(run)}", "csv", make)

    @Slot(str, object)
    def export_path(self, kind: str, make: Callable[[], bytes]) -> None:
        """Ask for a name, then save the path as it was when it was asked for."""
        if self._project.shown is not None:
            self._ask_and_export(tr("Export path"), f"path-{file_name(self._project.shown)}", kind, make)

    @Slot(object, object, object)
    def export_images(self, dataset: Dataset, images: npt.NDArray[np.int64], notes: Sequence[str]) -> None:
        """Ask for a name, then save images: their files as a table, or with their pictures in an archive."""
        path = self._window.ask_for_images(tr("Export images"), Path(f"{tr('images')}.csv"))
        if path is not None:
            make = images_as_zip if path.suffix.lower() == ".zip" else images_as_csv
            self._engine.library.export(path, partial(make, dataset, images, notes))

    def _ask_and_export(self, title: str, name: str, suffix: str, make: Callable[[], bytes]) -> None:
        kinds = {"csv": tr("Tables"), "gif": tr("Animations"), "png": tr("Pictures")}
        path = self._window.ask_for_export(title, Path(f"{name}.{suffix}"), kinds[suffix])
        if path is not None:
            self._engine.library.export(path, make)

    def _tell_exported(self, path: Path) -> None:
        self._window.statusBar().showMessage(tr("Exported to {path}").format(path=path), 6000)
