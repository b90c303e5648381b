"""The data set for the next run: loading it, and fetching it where it is missing."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Literal

from psygnal import Signal

from vae_desktop.config import DatasetConfig
from vae_desktop.data.dataset import Dataset, Report
from vae_desktop.data.fingerprint import Fingerprint
from vae_desktop.dataset_catalog import describe_dataset
from vae_desktop.engine.messages import Action, Messages, summary
from vae_desktop.engine.run import Run
from vae_desktop.engine.tasks import Task, Tasks
from vae_desktop.errors import DatasetBroken, DatasetMissing, UserError
from vae_desktop.language import tr

_log = logging.getLogger(__name__)

Fetching = Literal["reading", "downloading"]

_LOAD, _LOAD_TO_SHOW, _DOWNLOAD = "load data set", "load data set to show", "download data set"


@dataclass(eq=False)
class DatasetLoader:
    """Holds the newest data set asked for; an older request that is still under way is dropped.

    Besides it holds the one of the model on screen, where that is another and needs no question.

    Attributes
    ----------
    missing : DatasetConfig, or None
        The last data set that could not be loaded and can be fetched, by the app or by the person.
    """

    loaded = Signal(Dataset)  # asked for, or to be shown
    spectrum_found = Signal(Dataset)  # how much its images vary is known
    progressed = Signal(str, int, int)  # "reading" or "downloading"; done, of how much
    failed = Signal(DatasetConfig)  # cannot be read; emitted before the reason is told
    ended = Signal()  # nothing is read or downloaded any longer

    _tasks: Tasks
    _messages: Messages
    data_dir: Path
    missing: DatasetConfig | None = field(default=None, init=False)
    _dataset: Dataset | None = field(default=None, init=False)
    _shown: Dataset | None = field(default=None, init=False)  # of the model on screen
    _reported: Report | None = field(default=None, init=False)  # what the person has been shown
    _is_told: bool = field(default=True, init=False)  # whether what is being read was asked for

    @property
    def is_loading(self) -> bool:
        return self._tasks.is_running(_LOAD)

    def forget(self, name: str = "") -> None:
        """Read that data set, or any, anew when it is asked for next: its files may be others."""
        if self._dataset is not None and name in ("", self._dataset.config.name):
            self._dataset = None
        if self._shown is not None and name in ("", self._shown.config.name):
            self._shown = None

    def held(self, config: DatasetConfig, learned: Fingerprint | None = None) -> Dataset | None:
        """The data set of that configuration, if it is in memory and parted as a model needs it; None is a new one."""
        there = (dataset for dataset in (self._dataset, self._shown) if dataset is not None)
        return next((dataset for dataset in there if dataset.config == config and dataset.serves(learned)), None)

    def is_there(self, config: DatasetConfig) -> bool:
        """Whether a data set can be read without a download, as far as its files' names tell."""
        from vae_desktop.data.presence import is_there

        return is_there(config, self.data_dir)

    def of(self, run: Run) -> Dataset | None:
        """The data set that a model learns from, if it is in memory and its images have the model's shape."""
        dataset = self.held(run.config.dataset, run.images)
        return dataset if dataset is not None and dataset.image_shape == run.image_shape else None

    def load(
        self,
        config: DatasetConfig,
        then: Callable[[Dataset], object] = lambda dataset: None,
        otherwise: Callable[[], object] = lambda: None,
        learned: Fingerprint | None = None,
    ) -> None:
        """Load a data set in the background and tell of it, at once if it is there already.

        Parameters
        ----------
        then : callable
            Is given the data set besides.
        otherwise : callable
            Called before an error is told of.
        learned : Fingerprint, optional
            What the models that it is for have learned, as in `load_dataset`.
        """
        self._tasks.cancel(_LOAD)
        self._is_told = True
        data_dir = self.data_dir

        def work(task: Task) -> Dataset:
            from vae_desktop.data.load import load_dataset

            return load_dataset(config, data_dir, task.progress, learned)

        def finished(dataset: Dataset) -> None:
            self._dataset = dataset
            self.ended.emit()
            self._tell(dataset)
            then(dataset)

        def failed(error: Exception, details: str) -> None:
            otherwise()
            self.ended.emit()
            self.failed.emit(config)
            self._is_told = False  # if that has another one read instead: its report would take the error's place
            self.report(config, error, details)

        present = self.held(config, learned)
        if present is not None:
            finished(present)
            return
        progressed = partial(self.progressed.emit, "reading")
        self._tasks.run(work, finished, failed, self._end, progressed, key=_LOAD, loads=True)

    def load_to_show(self, config: DatasetConfig) -> None:
        """Have the images of the model on screen at hand, if they are in the data folder; else nothing happens."""
        if self._shown is not None and self._shown.config != config:
            self._shown = None
        if config.is_custom or self.held(config) is not None or self.is_loading or not self.is_there(config):
            return
        data_dir = self.data_dir

        def work(task: Task) -> Dataset:
            from vae_desktop.data.load import load_dataset

            return load_dataset(config, data_dir, task.progress)

        def finished(dataset: Dataset) -> None:
            self._shown = dataset
            self.loaded.emit(dataset)

        def failed(error: Exception, details: str) -> None:
            _log.info("the images of the model on screen cannot be shown: %s", error)

        self._tasks.run(work, finished, failed, key=_LOAD_TO_SHOW)

    def drop_request(self) -> None:
        """Forget the data set that is being loaded."""
        if self._tasks.cancel(_LOAD):
            self.ended.emit()

    def download(self, config: DatasetConfig, then: Callable[[], object]) -> None:
        """Fetch the files of a data set into the data folder, unless a download is under way."""
        if self._tasks.is_running(_DOWNLOAD):
            return
        data_dir = self.data_dir

        def work(task: Task) -> None:
            from vae_desktop.data.download import download_dataset

            download_dataset(config.name, data_dir, task.progress)

        def finished(_: None) -> None:
            self.ended.emit()
            then()

        def failed(error: Exception, details: str) -> None:
            self.ended.emit()
            self.missing = config
            self._messages.report(error, details, "retry")

        progressed = partial(self.progressed.emit, "downloading")
        self._tasks.run(work, finished, failed, self._end, progressed, key=_DOWNLOAD)

    def _end(self) -> None:
        """Tell that nothing is fetched any longer, if so: what was cancelled may have been for something newer."""
        if not any(map(self._tasks.is_running, (_LOAD, _DOWNLOAD))):
            self.ended.emit()

    def cancel(self) -> None:
        """End the download, or the reading of a data set, that is under way."""
        if self._tasks.cancel(_DOWNLOAD):
            self.ended.emit()
        if self._tasks.cancel(_LOAD):
            self.ended.emit()
            self._messages.inform(
                tr("The data set was not read to its end. Train, or choose it again, to read it.")
            )

    def report(self, config: DatasetConfig, error: Exception, details: str) -> None:
        """Tell of an error that may come from a data set, with the remedy if there is one."""
        remedy: Action = ""
        kind = describe_dataset(config.name)
        if kind.torchvision and not kind.download_bytes and isinstance(error, DatasetMissing | DatasetBroken):
            remedy = "open_folder"
        if kind.download_bytes:
            remedy = "download" if isinstance(error, DatasetMissing) else remedy
            remedy = "repair" if isinstance(error, DatasetBroken) else remedy
        self.missing = config if remedy else None
        self._messages.report(error, details, remedy)

    def folder_of_missing(self) -> Path | None:
        """The folder, made if need be, of the data set whose files only a person can fetch."""
        if self.missing is None:
            return None
        folder = self.data_dir / describe_dataset(self.missing.name).folder
        from vae_desktop.data.transfer import CANNOT_MAKE, naming_the_folder

        try:
            with naming_the_folder(CANNOT_MAKE, folder):
                folder.mkdir(parents=True, exist_ok=True)
        except UserError as error:
            self._messages.report(error)
            return None
        return folder

    def _tell(self, dataset: Dataset) -> None:
        report = dataset.report
        is_told, self._is_told = self._is_told, True
        if report is not None and report is not self._reported and is_told:  # first: what else is said stands below
            self._reported = report
            self._messages.inform(summary(report), "\n".join(report.sections))
        self.loaded.emit(dataset)
        if not dataset.has_spectrum:
            self._tasks.run(lambda _: dataset.spectrum, lambda _: self.spectrum_found.emit(dataset))
