"""The loss's terms against training's own, the importance-weighted bound against likelihoods known otherwise."""

import math

import numpy as np
import pytest
import torch
from torch.distributions import MultivariateNormal, Normal, kl_divergence

from vae_desktop.catalog import LIKELIHOODS, MODELS
from vae_desktop.errors import Cancelled
from vae_desktop.latent.embed import to_unit
from vae_desktop.latent.evidence import importance_weighted_bound, mean_terms
from vae_desktop.models.autoencoder import Posterior
from vae_desktop.progress import Progress
from vae_desktop.training.trainer import Trainer

STDDEV = 0.3  # of the linear decoder


class LinearModel:
    """x = W z + b + 0.3 ε, whose evidence and posterior are normal and known; `excess` widens the encoder's σ."""

    image_shape = (1, 1, 3)
    latent_dim = 2
    device = torch.device("cpu")

    def __init__(self, excess=1.0):
        # Orthogonal columns, so that the posterior's dimensions are independent.
        self.weights = torch.tensor([[0.5, 0.3], [0.5, -0.3], [0.2, 0.0]])
        self.bias = torch.tensor([0.4, 0.5, 0.6])
        self.excess = excess
        self.decoder = self

    @property
    def evidence(self):
        return MultivariateNormal(self.bias, self.weights @ self.weights.T + STDDEV**2 * torch.eye(3))

    def encode(self, images):
        precision = torch.eye(2) + self.weights.T @ self.weights / STDDEV**2
        mean = (images.flatten(1) - self.bias) @ self.weights / STDDEV**2 @ torch.linalg.inv(precision)
        stddev = self.excess * precision.diagonal().rsqrt()
        return Posterior(mean, stddev.log().expand_as(mean))

    def reconstruction_error(self, images, codes):
        return -Normal(codes @ self.weights.T + self.bias, STDDEV).log_prob(images.flatten(1)).sum(1)

    def negative_elbo(self, images):
        """Its closed form: E‖x − W z − b‖² has the trace of W Σ Wᵀ."""
        posterior = self.encode(images)
        stddev = posterior.log_stddev.exp()
        at_mean = self.reconstruction_error(images, posterior.mean)
        extra = 0.5 * (stddev.square() @ self.weights.square().sum(0)) / STDDEV**2
        kl = kl_divergence(Normal(posterior.mean, stddev), Normal(torch.zeros(()), torch.ones(()))).sum(1)
        return float((at_mean + extra + kl).mean())


@pytest.fixture
def images():
    """1,500 images of three pixels, more than are worked on at a time."""
    return torch.randint(0, 256, (1500, 1, 1, 3), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("kind", MODELS)
@pytest.mark.parametrize("likelihood", LIKELIHOODS)
def test_the_terms_are_those_of_trainings_own_evaluation(digits, run_config, fresh_model, kind, likelihood):
    config = run_config(kind, likelihood=likelihood)
    images = torch.from_numpy(digits.train.images)
    model = fresh_model(config, digits)
    terms = mean_terms(config, model, images)
    expected, posterior = Trainer(config, digits.image_shape, torch.device("cpu")).evaluate(images)
    assert (terms.reconstruction, terms.kl, terms.kl_per_dimension) == (
        expected.reconstruction,
        expected.kl,
        expected.kl_per_dimension,
    )
    assert torch.equal(terms.posterior.mean, posterior.mean)


def test_from_the_true_posterior_each_sample_gives_the_evidence(images):
    model = LinearModel()
    expected = -float(model.evidence.log_prob(to_unit(images).flatten(1)).mean())
    assert importance_weighted_bound(model, images, 1, seed=0) == pytest.approx(expected, abs=1e-4)
    assert importance_weighted_bound(model, images, 7, seed=1) == pytest.approx(expected, abs=1e-4)


def test_one_sample_gives_the_negative_elbo_in_expectation(images):
    model = LinearModel(excess=1.5)
    bounds = np.array([importance_weighted_bound(model, images, 1, seed) for seed in range(20)])
    error = bounds.std(ddof=1) / math.sqrt(len(bounds))
    assert bounds.mean() == pytest.approx(model.negative_elbo(to_unit(images)), abs=5 * error)
    assert error < 0.01


def test_more_samples_tighten_it_down_to_the_evidence(images):
    model = LinearModel(excess=2.5)
    evidence = -float(model.evidence.log_prob(to_unit(images).flatten(1)).mean())
    bounds = [importance_weighted_bound(model, images, samples, seed=2) for samples in (1, 4, 16, 64, 1000)]
    assert bounds == sorted(bounds, reverse=True)
    assert bounds[0] > evidence + 0.5
    assert bounds[-1] == pytest.approx(evidence, abs=0.01)


@pytest.mark.parametrize("likelihood", LIKELIHOODS)
def test_it_finds_the_integral_over_all_codes(digits, run_config, fresh_model, likelihood):
    config = run_config(latent_dim=1, likelihood=likelihood)
    model = fresh_model(config, digits)
    images = torch.from_numpy(digits.test.images[:20])
    grid = torch.linspace(-8, 8, 4001)[:, None]
    log_prior = Normal(0.0, 1.0).log_prob(grid[:, 0])
    with torch.inference_mode():
        errors = torch.stack(
            [model.decoder.reconstruction_error(image.expand(len(grid), -1, -1, -1), grid) for image in to_unit(images)]
        )
    expected = -float((torch.logsumexp((log_prior - errors).double(), 1) + math.log(16 / 4000)).mean())
    assert importance_weighted_bound(model, images, 4000, seed=0) == pytest.approx(expected, abs=0.02)


def test_very_unlikely_images_give_a_finite_bound(images):
    model = LinearModel()
    model.bias = torch.full((3,), 1e4)
    bound = importance_weighted_bound(model, images[:10], 3, seed=0)
    assert math.isfinite(bound)
    assert bound > 1e6


def test_the_seed_decides_it(digits, run_config, fresh_model):
    model = fresh_model(run_config(), digits)
    images = torch.from_numpy(digits.test.images)
    first, again, other = (importance_weighted_bound(model, images, 2, seed) for seed in (0, 0, 1))
    assert first == again != other


def test_it_can_be_cancelled(images):
    def stop(done, total):
        assert total == 2 * 5
        if done == 3:
            raise Cancelled

    with pytest.raises(Cancelled):
        importance_weighted_bound(LinearModel(), images, 5, seed=0, progress=Progress(stop))


def test_large_images_are_worked_on_in_smaller_pieces(digits, run_config, fresh_model, monkeypatch):
    config = run_config("ae", likelihood="bernoulli")
    model, images = fresh_model(config, digits), torch.from_numpy(digits.test.images)
    whole, told = mean_terms(config, model, images), []
    monkeypatch.setattr("vae_desktop.latent.embed.MOST_NUMBERS", 50 * 64)
    pieces = mean_terms(config, model, images, Progress(lambda done, total: told.append(done)))
    assert len(told) == 8
    assert pieces.reconstruction == pytest.approx(whole.reconstruction, rel=1e-6)
    torch.testing.assert_close(pieces.posterior.mean, whole.posterior.mean)
