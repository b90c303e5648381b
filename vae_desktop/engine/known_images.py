"""Says where the images at hand are not those that a model of a person's own images has learned."""

from __future__ import annotations

from dataclasses import dataclass

from vae_desktop.data.dataset import Dataset
from vae_desktop.engine.datasets import DatasetLoader
from vae_desktop.engine.messages import Messages
from vae_desktop.engine.project import Project
from vae_desktop.engine.run import Comparison, Run
from vae_desktop.language import tr


@dataclass(eq=False)
class KnownImages:
    """Compares the images of each model on screen, once they are at hand; each difference is told once."""

    _project: Project
    _datasets: DatasetLoader
    _messages: Messages

    def __post_init__(self) -> None:
        self._told: set[tuple[int, str]] = set()  # by which run, and what
        self._project.shown_changed.connect(self._compare_all)
        self._project.compared_changed.connect(self._compare_all)
        self._datasets.loaded.connect(self._compare_all)

    def difference(self, run: Run, dataset: Dataset) -> str:
        """How the images at hand differ from those that a model has learned, in words; "" if they do not."""
        return dataset.difference_in_words(run.images)

    def compare(self, run: Run, dataset: Dataset) -> None:
        """Tell of a difference between the images that a model has learned and those at hand."""
        text = self.difference(run, dataset)
        if text and (run.id, text) not in self._told:
            self._told.add((run.id, text))
            self._messages.inform(tr("{model}: {text}").format(model=run.title, text=text), is_added=True)

    def _compare_all(self, changed: Run | Comparison | Dataset) -> None:
        shown = [self._project.shown] if self._project.shown is not None else []
        compared = [] if self._project.compared is None else list(self._project.compared.runs)
        for run in dict.fromkeys([*shown, *compared]):
            dataset = self._datasets.of(run)
            if dataset is not None:
                self.compare(run, dataset)
