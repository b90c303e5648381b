"""Everything that is measured of a model, one figure after the other; `measures` says what each is."""

import math
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from vae_desktop.config import RunConfig
from vae_desktop.data.dataset import Dataset
from vae_desktop.errors import UserError
from vae_desktop.latent.classifier import LARGEST_SIDE, classifier_for
from vae_desktop.latent.codes import Codes
from vae_desktop.latent.embed import embed, to_codes
from vae_desktop.latent.evidence import importance_weighted_bound, mean_terms
from vae_desktop.latent.factors import factor_correlations
from vae_desktop.latent.linear import fit_components, linear_vae_optimum, pca_squared_error, spread_along
from vae_desktop.latent.measures import WAYS, Extent
from vae_desktop.latent.neighbours import knn_accuracy
from vae_desktop.latent.posteriors import active_units, mean_sigma, sampled, spread_of_means
from vae_desktop.latent.restoration import STRENGTHS, reconstruction_squared_error, restoration
from vae_desktop.latent.rows import known_rows
from vae_desktop.latent.sample_quality import SampleJudge, decoded
from vae_desktop.latent.sampling import sample_box, sample_normal, sample_posteriors, sample_prior
from vae_desktop.models.autoencoder import Autoencoder
from vae_desktop.models.randomness import generator
from vae_desktop.progress import Progress, ignore

_NOISE = "gaussian"  # of models that were not trained to take any out
_PIXELS = f"pixels, averaged to at most {LARGEST_SIDE}×{LARGEST_SIDE}"
_NEGLIGIBLE = 1e-6  # share of the images' variance; an error below it is rounding


def measure(
    config: RunConfig,
    model: Autoencoder,
    dataset: Dataset,
    extent: Extent | None = None,
    cache_dir: Path | None = None,
    progress: Progress = ignore,
) -> dict[str, Any]:
    """All of a model's figures at once; otherwise as `measuring`."""
    return dict(measuring(config, model, dataset, extent, cache_dir, progress))


def measuring(
    config: RunConfig,
    model: Autoencoder,
    dataset: Dataset,
    extent: Extent | None = None,
    cache_dir: Path | None = None,
    progress: Progress = ignore,
) -> Iterator[tuple[str, Any]]:
    """Measure a model on a data set's test images, and yield each figure when it is known.

    Parameters
    ----------
    config : RunConfig
        The run's.
    model : Autoencoder
        Its weights must not change meanwhile.
    dataset : Dataset
        Of the model's image shape; linear models and codes for comparison come from its training images.
    extent : Extent, optional
    cache_dir : Path, optional
        Where classifiers are kept.
    progress : Progress
        Told how much is done of how much, in rough units of time, several times a second on images of usual size.

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
    subject = _Subject(config, model, dataset, extent or Extent(), cache_dir)
    values: dict[str, Any] = {}
    parts = subject.parts()
    total, done = sum(part.cost for part in parts), 0
    for part in parts:
        found = part.measure(progress.part(done, part.cost, total))
        for key, value in found.items():
            values[key] = _plain(value)
            yield key, values[key]
        done += part.cost
    yield "rows", known_rows(config, dataset.config, dataset.image_shape, values)
    progress(total, total)


class _Part(NamedTuple):
    """A step of the work, which takes about as long as `cost` images through a network."""

    cost: int
    measure: Callable[[Progress], dict[str, Any]]


class _Subject:
    """A model with the images it is measured on; each part of the work may use what those before it found."""

    def __init__(
        self, config: RunConfig, model: Autoencoder, dataset: Dataset, extent: Extent, cache_dir: Path | None
    ) -> None:
        self._config = config
        self._model = model
        self._dataset = dataset
        self._extent = extent
        self._cache_dir = cache_dir
        self._seed = config.training.seed
        self._traits = config.model.traits
        self._device = model.device
        # In the main memory: each chunk goes to the model's device, whose own may be too small for all.
        self._train = torch.from_numpy(dataset.train.images)
        self._test = torch.from_numpy(dataset.test.images)
        self._train_codes: Codes
        self._test_codes: Codes

    def parts(self) -> list[_Part]:
        """The work, in an order in which it can be done."""
        test, train, extent = len(self._test), len(self._train), self._extent
        parts = [
            _Part(2 * test, self._loss),
            _Part(train, self._space),
            _Part(10 * test, self._neighbours),
        ]
        if extent.beside_linear:
            parts.append(_Part(2 * (test + train), self._linear))
        if extent.denoising:
            parts.append(_Part(6 * test, self._denoising))
        if extent.importance_samples:
            parts.append(_Part(extent.importance_samples * test, self._importance))
        if extent.sampled_images:
            parts.append(_Part(20 * test, self._sampling))
        return parts

    def _loss(self, progress: Progress) -> dict[str, Any]:
        reconstruction, kl, kl_per_dimension, posterior = mean_terms(self._config, self._model, self._test, progress)
        self._test_codes = _finite(to_codes(posterior, self._dataset.test.labels))
        loss = self._traits.reconstruction_weight * reconstruction
        # 0 × ∞ is no number: a divergence that nothing bounds is left out.
        weighted = self._config.kl_weight * kl if kl is not None and self._config.kl_weight else 0.0
        return {
            "test_loss": loss + weighted,
            "negative_elbo": None if kl is None else reconstruction + kl,
            "reconstruction": reconstruction,
            "kl": kl,
            "kl_per_dimension": kl_per_dimension,
        }

    def _space(self, progress: Progress) -> dict[str, Any]:
        posterior = embed(self._model, self._train, progress)
        self._train_codes = _finite(to_codes(posterior, self._dataset.train.labels))
        codes = self._test_codes
        return {
            "active_units": None if codes.log_stddev is None else active_units(codes.mean),
            "mean_sigma": None if codes.log_stddev is None else mean_sigma(codes.log_stddev),
            "spread_of_means": spread_of_means(codes.mean),
            "factors": self._factors(),
        }

    def _factors(self) -> dict[str, Any] | None:
        factors = self._dataset.test.factors
        if factors is None:
            return None
        correlations = factor_correlations(self._test_codes.mean, factors)
        return {name: _factor(column) for name, column in zip(self._dataset.factor_names, correlations.T, strict=True)}

    def _neighbours(self, progress: Progress) -> dict[str, Any]:
        train, test = self._train_codes, self._test_codes
        of_means = knn_accuracy(train, test, progress=progress.part(0, 1, 2))
        of_samples = None
        if test.log_stddev is not None:
            drawn = (self._drawn(train, "training"), self._drawn(test, "test"))
            of_samples = knn_accuracy(*drawn, progress=progress.part(1, 1, 2))
        return {"knn_accuracy": of_means, "knn_accuracy_of_samples": of_samples}

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
        for place, strength in enumerate(STRENGTHS):
            progress_here = progress.part(place, 1, len(STRENGTHS))
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
            return {"classifier": None, "sampling": None}
        classifier = classifier_for(self._dataset, self._cache_dir, progress.part(0, 2, 7))
        if classifier is not None:
            classifier.to(self._device)
        chosen = torch.randperm(len(self._test), generator=generator(self._seed, "real images"))[:count]
        judge = SampleJudge(classifier, self._test[chosen].to(self._device), progress.part(2, 1, 7))
        found = {}
        for place, way in enumerate(WAYS):
            decoding, judging = (progress.part(6 + 2 * place + half, 1, 14) for half in (0, 1))
            images = decoded(self._model, self._codes_drawn(way, chosen), decoding)
            found[way] = asdict(judge.judge(images, judging))
        return {"classifier": _PIXELS if classifier is None else classifier.name, "sampling": found}

    def _codes_drawn(self, way: str, chosen: Tensor) -> Tensor:
        """As many codes (n, d) as there are chosen test images."""
        codes = self._train_codes
        if way == "prior":
            return torch.from_numpy(sample_prior(len(chosen), codes.latent_dim, self._seed))
        if way == "box":
            return torch.from_numpy(sample_box(len(chosen), sample_posteriors(codes), self._seed))
        if way == "normal":
            return torch.from_numpy(sample_normal(len(chosen), sample_posteriors(codes), self._seed))
        return torch.from_numpy(self._test_codes.mean)[chosen]


def _finite(codes: Codes) -> Codes:
    if not codes.are_finite:
        raise UserError("The model's codes of these images are not finite numbers; nothing can be measured.")
    return codes


def _factor(correlations: npt.NDArray[np.float64]) -> dict[str, Any]:
    """One factor's row: its correlation with each dimension, and the best one, counted from 0."""
    if np.isnan(correlations).all():
        return {"correlations": correlations, "best_dimension": None, "best_correlation": None}
    best = int(np.nanargmax(correlations))
    return {"correlations": correlations, "best_dimension": best, "best_correlation": correlations[best]}


def _plain(value: Any) -> Any:
    """A value of strict JSON; a number that is not finite becomes None."""
    if isinstance(value, dict):
        return {key: _plain(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple | np.ndarray):
        return [_plain(entry) for entry in value]
    if isinstance(value, float | np.floating):
        return float(value) if math.isfinite(value) else None
    return value
