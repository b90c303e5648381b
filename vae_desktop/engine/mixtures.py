"""Fitting Gaussian mixtures to codes in the background."""

from collections.abc import Callable

from vae_desktop.engine.jobs import Answers, Job, LatestJob
from vae_desktop.latent.codes import Floats
from vae_desktop.latent.mixture import Mixture, fit_mixture


class Mixtures(LatestJob):
    """One fit at a time; a newer one ends the one before."""

    def fit(
        self, codes: Floats, components: int, found: Callable[[Mixture], None], failed: Callable[[Exception], None]
    ) -> None:
        """Fit so many components to codes (N, d)."""

        def work(_: Job) -> Mixture:
            return fit_mixture(codes, components, seed=0)

        self.start(work, Answers(found, lambda error, _: failed(error)))
