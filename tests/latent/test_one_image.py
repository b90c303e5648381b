"""One image's way through a model with one linear layer each way, against sums done by hand."""

import numpy as np
import pytest

from vae_desktop.config import DatasetConfig, ModelConfig, RunConfig, TrainingConfig
from vae_desktop.latent.codes import Codes
from vae_desktop.latent.one_image import code_image, decode_posterior, restore_image
from vae_desktop.models.autoencoder import model_of, new_model

MEAN, LOG_STDDEV = (0.5, -1.0), (0.0, -0.5)
KL = [0.125, 0.5 * (np.exp(-1) + 1)]  # ½ (σ² + μ² − log σ² − 1)
GREY, COLOUR = (1, 4, 6), (3, 4, 6)
NOISE = np.array([(0, 0), (1, 0), (-2, 1.5)], np.float32)
KINDS = ["gaussian", "masking", "salt-and-pepper"]


def image(shape=GREY):
    return np.random.default_rng(0).integers(0, 256, shape, np.uint8)


def run_config(kind="vae", beta=1.0, likelihood="squared-error"):
    model = ModelConfig(kind, latent_dim=2, hidden=(), likelihood=likelihood)
    return RunConfig(DatasetConfig("digits", 8), model, TrainingConfig(beta=beta))


def made(config, shape=GREY, log_stddev=LOG_STDDEV):
    """A model that gives every image the same posterior, and its decoder's weight (D, d) and bias (D,)."""
    weights = new_model(config.model, shape, seed=0).weights()
    weights["encoder.0.weight"] = np.zeros_like(weights["encoder.0.weight"])
    weights["encoder.0.bias"] = np.array(MEAN + (log_stddev if config.model.traits.is_variational else ()), np.float32)
    layer = [weights[f"decoder.layers.0.{name}"].astype(np.float64) for name in ("weight", "bias")]
    return model_of(config.model, shape, weights), layer


def code(config, shape=GREY, **options):
    """What is yielded, and the decoder's layer."""
    model, layer = made(config, shape, **options)
    return list(code_image(model, config, image(shape), NOISE)), layer


def decoded(layer, codes):
    """Images (K, D), 0 to 1, of codes (K, d)."""
    weight, bias = layer
    return 1 / (1 + np.exp(-(codes @ weight.T + bias)))


def as_picture(pixels, shape):
    """A flat image, 0 to 1, as a picture (H, W, C) without rounding."""
    return np.moveaxis(255 * pixels.reshape(shape), 0, -1)


SAMPLED = np.array(MEAN) + np.exp(LOG_STDDEV) * NOISE


# Coding


@pytest.mark.parametrize("shape", [GREY, COLOUR])
def test_first_comes_the_reconstruction_and_then_all_of_it(shape):
    (first, last), layer = code(run_config(), shape)
    assert (first.loss, first.samples) == (None, None)
    for coded in (first, last):
        assert coded.codes.mean == pytest.approx(np.array([MEAN]))
        assert coded.codes.log_stddev == pytest.approx(np.array([LOG_STDDEV]))
        assert (coded.reconstruction.shape, coded.reconstruction.dtype) == ((4, 6, shape[0]), np.uint8)
        expected = as_picture(decoded(layer, np.array([MEAN])), shape)
        assert coded.reconstruction == pytest.approx(expected, abs=0.51)
    assert last.loss is not None


@pytest.mark.parametrize("shape", [GREY, COLOUR])
def test_samples_are_decoded_from_the_mean_and_so_many_sigmas(shape):
    (_, last), layer = code(run_config(), shape)
    assert (last.samples.shape, last.samples.dtype) == ((3, 4, 6, shape[0]), np.uint8)
    for sample, expected in zip(last.samples, decoded(layer, SAMPLED), strict=True):
        assert sample == pytest.approx(as_picture(expected, shape), abs=0.51)


def test_the_codes_that_samples_are_decoded_from_are_known_at_once():
    (first, _), _ = code(run_config())
    assert first.noise.tolist() == NOISE.tolist()
    assert first.drawn == pytest.approx(SAMPLED, rel=1e-6)
    (first, _), _ = code(run_config("ae"))
    assert first.drawn == pytest.approx(np.array([MEAN]))


def test_a_posterior_goes_the_same_way_without_its_image():
    config = run_config()
    model, _ = made(config)
    *_, known = code_image(model, config, image(), NOISE)
    *_, coded = decode_posterior(model, config, known.codes, NOISE)
    assert np.array_equal(coded.reconstruction, known.reconstruction)
    assert np.array_equal(coded.samples, known.samples)
    assert coded.loss.kl == pytest.approx(known.loss.kl)
    assert (coded.loss.reconstruction, coded.loss.total) == (None, None)
    *_, point = decode_posterior(model, config, Codes(known.codes.mean, None, None), NOISE)
    assert point.loss.kl is None
    assert len(point.samples) == 1


def test_many_samples_come_in_parts_and_are_the_same() -> None:
    config, shape, noise = run_config(), (1, 30, 40), np.random.default_rng(0).standard_normal((7, 2), np.float32)
    model, layer = made(config, shape)
    first, *between, last = code_image(model, config, image(shape), noise)
    assert first.samples is None
    assert between == [None] * 3  # two at a time
    expected = decoded(layer, np.array(MEAN) + np.exp(LOG_STDDEV) * noise)
    assert last.samples.reshape(7, -1) == pytest.approx(255 * expected, abs=0.51)
    error = squared(image(shape).reshape(1, -1) / 255, expected).mean()
    assert last.loss.reconstruction == pytest.approx(error, rel=1e-5)


def test_the_kl_divergence_is_that_of_the_posterior():
    (_, last), _ = code(run_config())
    assert last.loss.kl_per_dimension == pytest.approx(KL, rel=1e-6)
    assert last.loss.kl == pytest.approx(sum(KL), rel=1e-6)


def squared(pixels, found):
    return ((pixels - found) ** 2).sum(1)


def cross_entropy(pixels, found):
    return -(pixels * np.log(found) + (1 - pixels) * np.log(1 - found)).sum(1)


def calibrated(pixels, found):
    """Under a normal distribution with the σ of a new model, 1/e."""
    return squared(pixels, found) * np.exp(2) / 2 + found.shape[1] * (np.log(2 * np.pi) / 2 - 1)


@pytest.mark.parametrize(
    ("likelihood", "error"),
    [("squared-error", squared), ("bernoulli", cross_entropy), ("gaussian-calibrated", calibrated)],
)
def test_the_reconstruction_term_is_the_mean_over_the_samples(likelihood, error):
    (_, last), layer = code(run_config(likelihood=likelihood), COLOUR)
    expected = error(image(COLOUR).reshape(1, -1) / 255, decoded(layer, SAMPLED)).mean()
    assert last.loss.reconstruction == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize(
    ("kind", "beta", "of_reconstruction", "of_kl"),
    [
        ("vae", 1, 1, 1),
        ("vae", 4, 1, 4),
        ("vae", 0, 1, 0),
        ("vae-no-kl", 4, 1, 0),
        ("kl-only", 4, 0, 1),
        ("ae", 4, 1, 0),
        ("denoising-ae", 4, 1, 0),
    ],
)
def test_the_total_adds_up_from_the_weights_of_each_kind_of_model(kind, beta, of_reconstruction, of_kl):
    (_, last), layer = code(run_config(kind, beta))
    codes = np.array([MEAN]) if kind in ("ae", "denoising-ae") else SAMPLED
    reconstruction = squared(image().reshape(1, -1) / 255, decoded(layer, codes)).mean()
    assert last.loss.total == pytest.approx(of_reconstruction * reconstruction + of_kl * sum(KL), rel=1e-5)


@pytest.mark.parametrize(("kind", "beta"), [("vae-no-kl", 1.0), ("vae", 0.0)])
def test_a_kl_divergence_beyond_all_numbers_is_left_out_where_its_weight_is_0(kind, beta):
    (_, last), _ = code(run_config(kind, beta), log_stddev=(0.0, 1e20))
    assert last.loss.kl == np.inf
    assert last.loss.total == last.loss.reconstruction < 24


@pytest.mark.parametrize("kind", ["ae", "denoising-ae"])
def test_an_autoencoder_gives_one_sample_and_that_is_its_reconstruction(kind):
    (first, last), _ = code(run_config(kind))
    assert first.codes.log_stddev is None
    assert np.array_equal(last.samples, first.reconstruction[None])
    assert (last.loss.kl, last.loss.kl_per_dimension) == (None, None)


# Restoring


class Echo:
    """Gives back its input, dimmed."""

    def __init__(self, factor=1.0):
        self.factor = factor

    def reconstruct(self, images):
        return self.factor * images


def restore(model, noise="gaussian", strength=0.4, seed=0, shape=GREY):
    return restore_image(model, image(shape), noise, strength, seed)


@pytest.mark.parametrize("noise", KINDS)
@pytest.mark.parametrize("shape", [GREY, COLOUR])
def test_errors_are_those_of_the_pictures(noise, shape):
    restored = restore(made(run_config(), shape)[0], noise, shape=shape)
    clean = np.moveaxis(image(shape), 0, -1) / 255
    for name in ("noisy", "restored", "reconstruction"):
        picture = getattr(restored, name)
        assert (picture.shape, picture.dtype) == (clean.shape, np.uint8)
        expected = np.square(picture / 255 - clean).sum()
        assert getattr(restored, f"{name}_error") == pytest.approx(expected, rel=0.01)
        assert expected > 1


@pytest.mark.parametrize("noise", KINDS)
def test_noise_of_strength_0_leaves_the_image(noise):
    restored = restore(made(run_config())[0], noise, strength=0.0)
    assert np.array_equal(restored.noisy, np.moveaxis(image(), 0, -1))
    assert restored.noisy_error == 0
    assert np.array_equal(restored.restored, restored.reconstruction)
    assert restored.restored_error == restored.reconstruction_error > 0


@pytest.mark.parametrize("noise", KINDS)
def test_the_seed_decides_the_noise(noise):
    one, again, other = (restore(Echo(), noise, seed=seed).noisy for seed in (0, 0, 1))
    assert np.array_equal(one, again)
    assert not np.array_equal(one, other)


@pytest.mark.parametrize("noise", KINDS)
def test_what_is_restored_is_the_noisy_image_and_not_the_clean_one(noise):
    restored = restore(Echo(), noise)
    assert np.array_equal(restored.restored, restored.noisy)
    assert restored.restored_error == restored.noisy_error > 0
    assert np.array_equal(restored.reconstruction, np.moveaxis(image(), 0, -1))
    assert restored.reconstruction_error == 0


def test_a_dimmed_reconstruction_is_off_by_what_is_missing():
    expected = np.square(image() / 255).sum()
    assert restore(Echo(0.5)).reconstruction_error == pytest.approx(expected / 4, rel=1e-5)


def test_masking_of_strength_1_takes_everything_away():
    restored = restore(Echo(), "masking", strength=1.0)
    assert (restored.noisy == 0).all()
    assert restored.noisy_error == pytest.approx(np.square(image() / 255).sum(), rel=1e-5)


def test_salt_and_pepper_of_strength_1_leaves_black_and_white():
    assert np.unique(restore(Echo(), "salt-and-pepper", strength=1.0).noisy).tolist() == [0, 255]
