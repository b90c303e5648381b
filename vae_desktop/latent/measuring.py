"""Everything that is measured of a model, one figure after the other; `latent.measures` says what each is."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from vae_desktop.config import RunConfig
from vae_desktop.data.dataset import Dataset
from vae_desktop.errors import UserError
from vae_desktop.language import tr
from vae_desktop.latent.classifier import LARGEST_SIDE, classifier_for
from vae_desktop.latent.codes import Codes, Floats
from vae_desktop.latent.embed import embed, to_codes
from vae_desktop.latent.evidence import (
    STRENGTHS,
    importance_weighted_bound,
    mean_terms,
    reconstruction_squared_error,
    restoration,
)
from vae_desktop.latent.linear import fit_components, linear_vae_optimum, pca_squared_error, spread_along
from vae_desktop.latent.measures import SOURCES, Extent, known_rows
from vae_desktop.latent.posteriors import factor_correlations, figures_of, knn_accuracy, sampled
from vae_desktop.latent.sample_quality import SampleJudge, decoded
from vae_desktop.latent.sampling import (
    COMPONENTS,
    Mixture,
    fit_mixture,
    sample_box,
    sample_mixture,
    sample_normal,
    sample_posteriors,
    sample_prior,
)
from vae_desktop.models.autoencoder import Autoencoder
from vae_desktop.models.losses import total_loss
from vae_desktop.models.randomness import generator
from vae_desktop.progress import Progress, ignore

Draw = Callable[[int, int], Floats]

_ALL = Extent()
_NOISE = "gaussian"  # of models that were not trained to take any out
_BESIDE_DIFFUSION = ("mixture", "diffusion")
_NEGLIGIBLE = 1e-6  # fraction of the images' variance; an error below it is rounding


def measuring(
    config: RunConfig,
    model: Autoencoder,
    dataset: Dataset,
    extent: Extent = _ALL,
    cache_dir: Path | None = None,
    progress: Progress = ignore,
    diffusion: Draw | None = None,
) -> Iterator[tuple[str, Any]]:
    """Measure a model on a data set's test images, and yield each figure when it is known.

    Parameters
    ----------
    config : RunConfig
        The run's.
    model : Autoencoder
        The model's weights must not change meanwhile.
    dataset : Dataset
        Of the model's image shape; linear models and codes for comparison come from its training images.
    extent : Extent, optional
    cache_dir : Path, optional
        Where classifiers are kept.
    progress : Progress
        Told how much is done of how much, in rough units of time, several times a second on images of usual size.
    diffusion : callable, optional
        Draws so many codes (n, d), for a seed, by a diffusion fitted to the model's codes as they are now.

    Yields
    ------
    (str, plain JSON value)
        The first parts of the keys of MEASURES, each once; None for what the model or the images have not.

    Raises
    ------
    Cancelled
        If `progress` raised it.
    UserError
        If the model's codes are not finite numbers.
    """
    subject = _Subject(config, model, dataset, extent, cache_dir, diffusion)
    values: dict[str, Any] = {}
    parts = subject.parts()
    total, done = sum(cost for cost, _ in parts), 0
    for cost, measure in parts:
        for key, value in measure(progress.part(done, cost, total)).items():
            values[key] = _plain(value)
            yield key, values[key]
        done += cost
    yield "rows", known_rows(config, dataset.config, dataset.image_shape, values)
    progress(total, total)


@dataclass(eq=False)
class _Subject:
    """A model with the images it is measured on; each part of the work may use what those before it found."""

    _config: RunConfig
    _model: Autoencoder
    _dataset: Dataset
    _extent: Extent
    _cache_dir: Path | None
    _diffusion: Draw | None
    _train_codes: Codes = field(init=False)
    _test_codes: Codes = field(init=False)

    def __post_init__(self) -> None:
        self._seed, self._traits = self._config.training.seed, self._config.model.traits
        # In the main memory: each chunk goes to the model's device, whose own may be too small for all.
        self._train, self._test = (torch.from_numpy(part.images) for part in (self._dataset.train, self._dataset.test))

    def parts(self) -> list[tuple[int, Callable[[Progress], dict[str, Any]]]]:
        """The work, in an order in which it can be done; a part takes as long as so many images through a network."""
        test, train, extent = len(self._test), len(self._train), self._extent
        parts = [
            (2 * test, self._loss),
            (train, self._space),
            (10 * test, self._neighbours),
            (2 * (test + train) * extent.beside_linear, self._linear),
            (6 * test * extent.denoising, self._denoising),
            (extent.importance_samples * test, self._importance),
            (20 * test * bool(extent.sampled_images), self._sampling),
        ]
        return [(cost, measure) for cost, measure in parts if cost]

    def _loss(self, progress: Progress) -> dict[str, Any]:
        reconstruction, kl, kl_per_dimension, posterior = mean_terms(self._config, self._model, self._test, progress)
        self._test_codes = _finite(to_codes(posterior, self._dataset.test.labels))
        return {
            "test_loss": total_loss(self._traits, reconstruction, kl, self._config.kl_weight),
            "negative_elbo": None if kl is None else reconstruction + kl,
            "reconstruction": reconstruction,
            "kl": kl,
            "kl_per_dimension": kl_per_dimension,
        }

    def _space(self, progress: Progress) -> dict[str, Any]:
        posterior = embed(self._model, self._train, progress)
        self._train_codes = _finite(to_codes(posterior, self._dataset.train.labels))
        factors = self._dataset.test.factors
        return {
            **figures_of(self._test_codes),
            "factors": None if factors is None else _factors(self._test_codes, factors, self._dataset.factor_names),
        }

    def _neighbours(self, progress: Progress) -> dict[str, Any]:
        train, test = self._train_codes, self._test_codes
        found = {"knn_accuracy": knn_accuracy(train, test, progress=progress.part(0, 1, 2))}
        if test.log_stddev is None:
            return {**found, "knn_accuracy_of_samples": None}
        drawn = self._drawn(train, "training"), self._drawn(test, "test")
        return {**found, "knn_accuracy_of_samples": knn_accuracy(*drawn, progress=progress.part(1, 1, 2))}

    def _drawn(self, codes: Codes, purpose: str) -> Codes:
        noise = torch.randn(codes.mean.shape, generator=generator(self._seed, "neighbours", purpose))
        return sampled(codes, noise.numpy())

    def _linear(self, progress: Progress) -> dict[str, Any]:
        fitted = fit_components(self._train, self._model.latent_dim, progress.part(0, 6, 8))
        spread = spread_along(fitted, self._test, progress.part(6, 1, 8))
        error = reconstruction_squared_error(self._model, self._test, progress.part(7, 1, 8))
        of_pca = pca_squared_error(spread)
        has_optimum = (
            self._traits.is_variational
            and self._traits.reconstruction_weight
            and self._config.model.likelihood == "squared-error"
        )
        return {
            "squared_error": error,
            "pca_squared_error": of_pca,
            "pca_ratio": error / of_pca if of_pca > _NEGLIGIBLE * spread.total else None,
            "linear_vae_optimum": linear_vae_optimum(fitted, spread, self._config.kl_weight) if has_optimum else None,
        }

    def _denoising(self, progress: Progress) -> dict[str, Any]:
        noise = self._config.model.noise if self._traits.is_denoising else _NOISE
        strengths = []
        for number, strength in enumerate(STRENGTHS):
            progress_here = progress.part(number, 1, len(STRENGTHS))
            errors = restoration(self._model, self._test, noise, strength, self._seed, progress_here)
            strengths.append({"strength": strength, **errors._asdict()})
        return {"denoising": {"noise": noise, "strengths": strengths}}

    def _importance(self, progress: Progress) -> dict[str, Any]:
        if not self._traits.is_variational or not self._traits.reconstruction_weight:
            return {"importance_weighted_bound": None, "importance_samples": None}
        samples = self._extent.importance_samples
        bound = importance_weighted_bound(self._model, self._test, samples, self._seed, progress)
        return {"importance_weighted_bound": bound, "importance_samples": samples}

    def _sampling(self, progress: Progress) -> dict[str, Any]:
        count = min(self._extent.sampled_images, len(self._test))
        if count < 2:
            return {"classifier": None, "sampling": None, "generation": None}
        device = self._model.device
        classifier = classifier_for(self._dataset, self._cache_dir, progress.part(0, 2, 8))
        if classifier is not None:
            classifier.to(device)
        chosen = torch.randperm(len(self._test), generator=generator(self._seed, "real images"))[:count]
        judge = SampleJudge(classifier, self._test[chosen].to(device), progress.part(2, 1, 8))
        found = {}
        sources = [source for source in SOURCES if self._diffusion is not None or source not in _BESIDE_DIFFUSION]
        ways = len(sources)
        for number, source in enumerate(sources):
            decoding, judging = (progress.part(3 * ways + 4 * number + half, 2, 8 * ways) for half in (0, 2))
            images = decoded(self._model, self._codes_from(source, chosen), decoding)
            found[source] = asdict(judge.judge(images, judging))
        pixels = tr("pixels, averaged to at most {side}×{side}").format(side=LARGEST_SIDE)
        own = torch.from_numpy(sample_posteriors(self._test_codes)[chosen.numpy()])
        images = decoded(self._model, own, progress.part(28, 1, 32))
        random = decoded(self._model, self._codes_from("prior", chosen), progress.part(29, 1, 32))
        return {
            "classifier": pixels if classifier is None else classifier.name,
            "sampling": found,
            "generation": asdict(judge.generation(images, random, progress.part(15, 1, 16))),
        }

    def _codes_from(self, source: str, chosen: Tensor) -> Tensor:
        """Codes (n, d) from a source, as many as there are chosen test images (n,)."""
        if source == "diffusion" and self._diffusion is not None:
            return torch.from_numpy(self._diffusion(len(chosen), self._seed))
        drawn = {
            "prior": lambda: sample_prior(len(chosen), self._train_codes.latent_dim, self._seed),
            "box": lambda: sample_box(len(chosen), sample_posteriors(self._train_codes), self._seed),
            "normal": lambda: sample_normal(len(chosen), sample_posteriors(self._train_codes), self._seed),
            "mixture": lambda: sample_mixture(len(chosen), self._mixture(), self._seed),
            "reconstructions": lambda: self._test_codes.mean[chosen.numpy()],
        }
        return torch.from_numpy(drawn[source]())

    def _mixture(self) -> Mixture:
        return fit_mixture(sample_posteriors(self._train_codes), COMPONENTS, seed=0)


def _finite(codes: Codes) -> Codes:
    if not codes.are_finite:
        text = tr("The model's codes of these images are not finite numbers; nothing can be measured.")
        raise UserError(text)
    return codes


def _factors(codes: Codes, factors: Floats, names: Sequence[str]) -> dict[str, Any]:
    """By factor: its correlation with each latent dimension, and the best dimension, counted from 0."""
    found = {}
    for name, correlations in zip(names, factor_correlations(codes.mean, factors).T, strict=True):
        best = None if np.isnan(correlations).all() else int(np.nanargmax(correlations))
        found[name] = {
            "correlations": correlations,
            "best_dimension": best,
            "best_correlation": None if best is None else correlations[best],
        }
    return found


def _plain(value: Any) -> Any:
    """A value of strict JSON; a number that is not finite becomes None."""
    if isinstance(value, dict):
        return {key: _plain(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple | np.ndarray):
        return [_plain(entry) for entry in value]
    if isinstance(value, float | np.floating):
        return float(value) if math.isfinite(value) else None
    return value
