"""Reading model files in the background."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from vae_desktop.engine.jobs import Answers, Job, Jobs

if TYPE_CHECKING:
    from vae_desktop.training.checkpoint import Checkpoint


class ModelFiles:
    """Reads the models of a file, and says while it does."""

    def __init__(self, jobs: Jobs) -> None:
        self._jobs = jobs
        self._reading = 0

    @property
    def is_reading(self) -> bool:
        return self._reading > 0

    def read(
        self,
        path: Path,
        finished: Callable[[tuple[Checkpoint, ...]], object],
        failed: Callable[[Exception, str], None],
    ) -> None:
        """Read a file; hand over its models, one or those of a set, or the error with its traceback."""

        def work(_: Job) -> tuple[Checkpoint, ...]:
            from vae_desktop.training.checkpoint import load_checkpoints

            return load_checkpoints(path)

        def ended() -> None:
            self._reading -= 1

        def succeeded(checkpoints: tuple[Checkpoint, ...]) -> None:
            ended()
            finished(checkpoints)

        def did_not(error: Exception, details: str) -> None:
            ended()
            failed(error, details)

        self._reading += 1
        self._jobs.start(work, Answers(succeeded, did_not, ended))
