"""Linear models against scikit-learn's PCA and against the likelihood that they maximise."""

import math

import numpy as np
import pytest
import torch
from sklearn.decomposition import PCA
from torch.distributions import MultivariateNormal

from vae_desktop.config import DatasetConfig
from vae_desktop.data.load import load_dataset
from vae_desktop.latent import linear
from vae_desktop.latent.linear import fit_components, linear_vae_optimum, pca_squared_error, spread_along
from vae_desktop.progress import Progress


@pytest.fixture(scope="module")
def train(digits):
    return torch.from_numpy(digits.train.images)


@pytest.fixture(scope="module")
def test(digits):
    return torch.from_numpy(digits.test.images)


def flat(images):
    return images.flatten(1).double() / 255


@pytest.mark.parametrize("count", [1, 2, 20, 64])
def test_pca_is_that_of_scikit_learn(train, test, count):
    fitted = fit_components(train, count)
    reference = PCA(count).fit(flat(train).numpy())
    restored = reference.inverse_transform(reference.transform(flat(test).numpy()))
    expected = ((restored - flat(test).numpy()) ** 2).sum(1).mean()
    assert pca_squared_error(spread_along(fitted, test)) == pytest.approx(expected, abs=2e-5)
    biased = reference.explained_variance_ * (len(train) - 1) / len(train)
    assert fitted.variances.numpy() == pytest.approx(biased, abs=1e-5)


@pytest.mark.parametrize("count", [1, 5, 60, 64])
def test_the_iteration_finds_the_same_components(train, test, count, monkeypatch):
    exact = spread_along(fit_components(train, count), test)
    monkeypatch.setattr(linear, "MOST_PIXELS", 10)
    fitted = fit_components(train, count)
    torch.testing.assert_close(
        fitted.components.T @ fitted.components, torch.eye(count), atol=1e-5, rtol=0, msg="not orthonormal"
    )
    assert spread_along(fitted, test).total == pytest.approx(exact.total, rel=1e-6)
    assert pca_squared_error(spread_along(fitted, test)) == pytest.approx(pca_squared_error(exact), rel=1e-3, abs=1e-4)


def test_of_very_many_pixels_an_even_choice_of_images_is_fitted(train, monkeypatch):
    monkeypatch.setattr(linear, "MOST_NUMBERS", train.numel() // 3)
    torch.testing.assert_close(fit_components(train, 2).variances, fit_components(train[::3], 2).variances)


def test_fewer_images_than_components(test):
    fitted = fit_components(test[:3], 10)
    assert fitted.components.shape == (64, 10)
    assert pca_squared_error(spread_along(fitted, test[:3])) == pytest.approx(0, abs=1e-4)


def test_it_is_the_best_on_the_images_of_the_fit_and_on_no_others(train, test):
    of_train, of_test = (fit_components(images, 2) for images in (train, test))
    for images, best, other in ((train, of_train, of_test), (test, of_test, of_train)):
        assert pca_squared_error(spread_along(best, images)) < pca_squared_error(spread_along(other, images))


def loss_of(weights, beta, images, mean):
    """Squared error + β·KL of a linear VAE with its true posterior, from the density that it gives images.

    With noise variance β/2, −β·log p is that loss and a constant (P β/2) log(2π β/2).
    """
    pixels = len(mean)
    covariance = weights @ weights.T + beta / 2 * torch.eye(pixels, dtype=torch.float64)
    log_density = MultivariateNormal(mean, covariance).log_prob(images).mean()
    return -beta * (log_density + pixels / 2 * math.log(math.pi * beta))


@pytest.mark.parametrize("beta", [0.02, 0.3, 1.0, 2.0])
@pytest.mark.parametrize("count", [2, 6])
def test_the_optimum_is_the_likelihood_of_probabilistic_pca(train, test, beta, count):
    fitted = fit_components(train, count)
    strength = (fitted.variances - beta / 2).clamp(min=0).sqrt()
    weights = fitted.components.double() * strength
    for images in (train, test):
        expected = float(loss_of(weights, beta, flat(images), fitted.mean.double()))
        assert linear_vae_optimum(fitted, spread_along(fitted, images), beta) == pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize("beta", [0.3, 1.0])
def test_gradient_descent_comes_to_the_optimum_and_no_lower(train, beta):
    fitted = fit_components(train, 3)
    optimum = linear_vae_optimum(fitted, spread_along(fitted, train), beta)
    images, mean = flat(train), flat(train).mean(0)
    weights = torch.randn(64, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(0)).requires_grad_()
    descent = torch.optim.LBFGS([weights], max_iter=60, line_search_fn="strong_wolfe")

    def closure():
        descent.zero_grad()
        loss = loss_of(weights, beta, images, mean)
        loss.backward()
        return loss

    descent.step(closure)
    reached = float(loss_of(weights, beta, images, mean).detach())
    assert reached == pytest.approx(optimum, abs=5e-3)
    assert reached > optimum - 1e-4


def test_a_large_beta_leaves_nothing_but_the_mean_image(train, test):
    fitted = fit_components(train, 2)
    spread = spread_along(fitted, test)
    assert linear_vae_optimum(fitted, spread, 1000.0) == pytest.approx(spread.total)
    expected = (flat(test) - flat(train).mean(0)).square().sum(1).mean()
    assert spread.total == pytest.approx(float(expected), rel=1e-5)


def test_without_kl_it_is_the_error_of_pca(train, test):
    fitted = fit_components(train, 2)
    spread = spread_along(fitted, test)
    assert linear_vae_optimum(fitted, spread, 0.0) == pca_squared_error(spread)
    assert linear_vae_optimum(fitted, spread, 1e-9) == pytest.approx(pca_squared_error(spread), abs=1e-6)


def test_the_progress_goes_on_to_the_end(train, monkeypatch):
    monkeypatch.setattr(linear, "MOST_PIXELS", 10)
    told = []
    fit_components(train, 2, Progress(lambda done, total: told.append(done / total)))
    assert told == sorted(told)
    assert len(set(told)) == linear.ITERATIONS


def test_mnist(real_mnist_dir):
    dataset = load_dataset(DatasetConfig("mnist"), real_mnist_dir)
    train, test = (torch.from_numpy(split.images) for split in (dataset.train, dataset.test))
    fitted = fit_components(train, 20)
    spread = spread_along(fitted, test)
    assert spread.total == pytest.approx(52.90, abs=0.01)
    assert pca_squared_error(spread) == pytest.approx(18.45, abs=0.01)
    two = linear.PrincipalComponents(fitted.mean, fitted.components[:, :2], fitted.variances[:2])
    assert pca_squared_error(spread_along(two, test)) == pytest.approx(0.0557 * 784, abs=0.05)
    assert linear_vae_optimum(two, spread_along(two, test), 1.0) == pytest.approx(46.86, abs=0.01)
    assert np.isfinite(fitted.components.numpy()).all()
