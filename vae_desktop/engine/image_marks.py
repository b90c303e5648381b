"""What the person has noted of images in the window: tags, and which new models are to do without."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from psygnal import Signal

from vae_desktop.config import DatasetConfig
from vae_desktop.data.dataset import Dataset
from vae_desktop.data.exclusions import Exclusion, ImageKey, find_exclusion, keep_exclusion, keys_of
from vae_desktop.data.marks import Marks
from vae_desktop.engine.datasets import DatasetLoader
from vae_desktop.engine.run import Run
from vae_desktop.paths import marks_dir

Images = npt.NDArray[np.int64]


@dataclass(eq=False)
class ImageMarks:
    """Marks images of a data set, numbered as codes are: the test images first, then the training images.

    They are noted by content in the app's folder, never beside the person's files. What is excluded is left out of the
    data sets of new models; models that are there keep theirs.
    """

    changed = Signal(str)  # the name of the data set

    _datasets: DatasetLoader

    def of(self, source: str) -> Marks:
        """The marks of the images of a data set, by its name."""
        return Marks(marks_dir(), source)

    def exclude(self, dataset: Dataset, images: Iterable[int], is_excluded: bool = True) -> None:
        """Have new models do without images, or with them again.

        Raises
        ------
        UserError
            If that cannot be noted.
        """
        self.exclude_keys(dataset.config.name, keys_of(dataset, images), is_excluded)

    def exclude_keys(self, source: str, keys: Iterable[ImageKey], is_excluded: bool = True) -> None:
        """The same for images of a data set of that name, whether that is at hand or not; errors as of `exclude`."""
        self.of(source).exclude(keys, is_excluded)
        self.changed.emit(source)

    def tag(self, dataset: Dataset, images: Iterable[int], tag: str, is_tagged: bool = True) -> None:
        """Give images a tag, or take it from them; errors as of `exclude`."""
        source = dataset.config.name
        self.of(source).tag(keys_of(dataset, images), tag, is_tagged)
        self.changed.emit(source)

    def excluded(self, dataset: Dataset) -> Images:
        """Which images of a data set are excluded by now; raises UserError if that cannot be read."""
        hashes = {mark.key.hash for mark in self.of(dataset.config.name).read().values() if mark.is_excluded}
        return _numbers(dataset, hashes)

    def tagged(self, dataset: Dataset) -> dict[str, Images]:
        """Which images of a data set have each tag; errors as of `excluded`."""
        found = self.of(dataset.config.name).tagged()
        return {tag: _numbers(dataset, hashes) for tag, hashes in sorted(found.items())}

    def applied(self, config: DatasetConfig) -> DatasetConfig:
        """The settings of a data set as a new model gets it: without what is excluded.

        Raises
        ------
        UserError
            If these cannot be read, or the list of them cannot be kept.
        """
        if config.excluded:
            return config
        return replace(config, excluded=keep_exclusion(self.of(config.name).exclusion(), marks_dir()))

    def without(self, run: Run, images: Iterable[int]) -> DatasetConfig:
        """The settings of a run's data set without some more of its images; errors as of `applied`."""
        config = run.config.dataset
        before = find_exclusion(config.excluded, marks_dir()) if config.excluded else None
        dataset = self._datasets.of(run)
        assert dataset is not None, "the images are not at hand"
        more = frozenset(keys_of(dataset, images))
        exclusion = Exclusion(more if before is None else more | before.images)
        return replace(config, excluded=keep_exclusion(exclusion, marks_dir()))


def _numbers(dataset: Dataset, hashes: set[str]) -> Images:
    """The numbers of the images that have one of these hashes."""
    if not hashes:
        return np.empty(0, np.int64)
    wanted = np.array([int(digest, 16) for digest in hashes], np.uint64)
    return np.flatnonzero(np.isin(np.concatenate((dataset.test.hashes, dataset.train.hashes)), wanted))
