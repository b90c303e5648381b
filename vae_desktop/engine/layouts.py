"""Layouts of neighbourhoods, which take their time."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from vae_desktop.engine.jobs import Answers, Job, Jobs
from vae_desktop.latent.codes import Floats

Found = Callable[[Floats], None]


class Layouts:
    """Computes t-SNE of codes in the background, one layout at a time; a newer request ends the one before."""

    def __init__(self, jobs: Jobs) -> None:
        self._jobs = jobs
        self._job: Job | None = None

    @property
    def is_running(self) -> bool:
        return self._job is not None

    def start(
        self,
        means: Floats,
        threads: int,
        found: Found,
        ended: Callable[[Exception | None], None],
        progressed: Callable[[int, int], None],
    ) -> None:
        """Lay out codes (N, d): `found` gets the places as they form and at the end, `ended` the error if any."""
        self.cancel()

        def finished(places: Floats) -> None:
            self._job = None
            found(places)
            ended(None)

        def failed(error: Exception, details: str) -> None:
            self._job = None
            ended(error)

        answers = Answers(finished, failed, progressed=progressed, found=found)
        self._job = self._jobs.start(partial(_lay_out, means, threads), answers)

    def cancel(self) -> None:
        """End the layout under way; nothing more is heard of it."""
        if self._job is not None:
            self._job.cancel()
            self._job = None


def _lay_out(means: Floats, threads: int, job: Job) -> Floats:
    from vae_desktop.latent.tsne import neighbour_map

    return neighbour_map(means, threads, job.progress, job.is_cancelled, job.found)
