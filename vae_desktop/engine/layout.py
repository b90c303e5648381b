"""Laying out codes by t-SNE in the background."""

import os
from collections.abc import Callable

from vae_desktop.engine.jobs import Answers, Job, LatestJob
from vae_desktop.latent.codes import Floats


class Layouts(LatestJob):
    """One layout at a time; a newer one ends the one before."""

    def lay_out(
        self,
        means: Floats,
        beside_training: bool,
        found: Callable[[Floats], None],
        ended: Callable[[Exception | None], None],
        progressed: Callable[[int, int], None],
    ) -> None:
        """Lay out codes (N, d), with one thread beside a training.

        `found` gets the places as they form and at the end, `ended` then the error if there is one.
        """
        threads = 1 if beside_training else max(1, (os.cpu_count() or 1) - 1)

        def work(job: Job) -> Floats:
            from vae_desktop.latent.tsne import neighbour_map

            return neighbour_map(means, threads, job.progress, job.found)

        def finished(places: Floats) -> None:
            found(places)
            ended(None)

        def failed(error: Exception, _: str) -> None:
            ended(error)

        self.start(work, Answers(finished, failed, progressed=progressed, found=found))
