"""The data set for the next run: loading it, and fetching it where it is missing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from vae_desktop.config import DatasetConfig
from vae_desktop.data.dataset import Dataset
from vae_desktop.engine.jobs import Answers, Job, Jobs

Loaded = Callable[[Dataset], None]
FailedToLoad = Callable[[Exception, str], None]
Progressed = Callable[[int, int], None]


class DatasetShelf:
    """Holds the newest data set asked for; an older request that is still under way is dropped.

    Attributes
    ----------
    data_dir : Path
        Folder of downloaded data sets; only a download writes there.
    """

    def __init__(self, jobs: Jobs, data_dir: Path) -> None:
        self.data_dir = data_dir
        self._jobs = jobs
        self._dataset: Dataset | None = None
        self._loading: Job | None = None
        self._downloading: Job | None = None

    def use_folder(self, data_dir: Path) -> None:
        """Look in another folder from now on, also for the data set that is held."""
        self.data_dir = data_dir
        self._dataset = None

    def forget(self, name: str) -> None:
        """Read that data set anew when it is asked for next: its files may have changed."""
        if self._dataset is not None and self._dataset.config.name == name:
            self._dataset = None

    @property
    def is_loading(self) -> bool:
        return self._loading is not None

    def holds(self, config: DatasetConfig) -> Dataset | None:
        """The data set of that configuration if it is loaded."""
        if self._dataset is not None and self._dataset.config == config:
            return self._dataset
        return None

    def load(
        self, config: DatasetConfig, loaded: Loaded, failed: FailedToLoad, progressed: Progressed
    ) -> None:
        """Load a data set in the background and call one of the first two; at once if it is there already."""
        self.drop_request()
        present = self.holds(config)
        if present is not None:
            loaded(present)
            return
        data_dir = self.data_dir

        def work(job: Job) -> Dataset:
            from vae_desktop.data.load import load_dataset

            return load_dataset(config, data_dir, job.progress)

        def finished(dataset: Dataset) -> None:
            self._dataset = dataset
            self._loading = None
            loaded(dataset)

        def not_loaded(error: Exception, details: str) -> None:
            self._loading = None
            failed(error, details)

        self._loading = self._jobs.start(work, Answers(finished, not_loaded, progressed=progressed))

    def find_spectrum(self, dataset: Dataset, found: Callable[[Dataset], None]) -> None:
        """Measure in the background how much the images vary, if that is not known yet."""
        if not dataset.has_spectrum:
            self._jobs.start(lambda _: dataset.spectrum, Answers(lambda _: found(dataset)))

    def drop_request(self) -> None:
        """Forget the data set that is being loaded."""
        if self._loading is not None:
            self._loading.cancel()
            self._loading = None

    def download(
        self,
        name: str,
        finished: Callable[[], None],
        failed: FailedToLoad,
        progressed: Progressed,
    ) -> None:
        """Fetch the files of a data set into the data folder, unless a download is under way."""
        if self._downloading is not None:
            return
        data_dir = self.data_dir

        def work(job: Job) -> None:
            from vae_desktop.data.download import download_dataset

            download_dataset(name, data_dir, job.progress)

        def then(do: Callable[..., None]) -> Callable[..., None]:
            def ended(*arguments: object) -> None:
                self._downloading = None
                do(*arguments)

            return ended

        answers = Answers(then(lambda _: finished()), then(failed), progressed=progressed)
        self._downloading = self._jobs.start(work, answers)

    def cancel_download(self) -> bool:
        """End the download that is under way, if one is; another may begin at once."""
        if self._downloading is None:
            return False
        self._downloading.cancel()  # a job that is cancelled answers nothing but that
        self._downloading = None
        return True
