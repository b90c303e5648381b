"""How many of the pictures that words asked for a classifier takes for what was asked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from vae_desktop.engine.datasets import DatasetLoader
from vae_desktop.engine.run import Run
from vae_desktop.engine.tasks import Task, Tasks
from vae_desktop.engine.training import Training
from vae_desktop.latent.codes import Floats
from vae_desktop.progress import Progress

_JUDGE = "judge what words drew"


class Judged(NamedTuple):
    """What was found of pictures.

    Attributes
    ----------
    right : int
        How many are taken for what was asked.
    spread : float
        How varied they are: squared error, summed over pixels, against the mean of them all; mean of pictures.
    """

    right: int
    spread: float


@dataclass(eq=False)
class WordsJudge:
    """Judges in the background; newer pictures take the place of those that are being judged."""

    _tasks: Tasks
    _datasets: DatasetLoader
    _training: Training
    _cache_dir: Path | None

    def judge(self, run: Run, codes: Floats, asked: int, then: Callable[[Judged], object]) -> bool:
        """Have the pictures of codes (N, d) judged, of which those of the class of that number are right.

        Returns
        -------
        bool
            Whether it has begun: the model's images must be at hand, whose classifier it takes.
        """
        dataset, snapshot = self._datasets.of(run), self._training.newest_snapshot(run)
        if dataset is None or snapshot is None:
            return False

        def work(task: Task) -> Judged:
            from vae_desktop.latent.classifier import classifier_for
            from vae_desktop.models.autoencoder import restored_model
            from vae_desktop.training.devices import use_threads
            from vae_desktop.words.judging import right_and_spread

            use_threads(1)  # the window and its decoder want the others
            classifier = classifier_for(dataset, self._cache_dir, Progress(is_cancelled=task.is_cancelled))
            model = restored_model(run.config.model, run.image_shape, snapshot.weights)
            return Judged(*right_and_spread(model, classifier, codes, asked))

        self._tasks.run(work, then, key=_JUDGE)
        return True
