"""What settings cannot do is said before a training, and is what training then does; what is sound stays unsaid."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from vae_desktop.config import DatasetConfig, ModelConfig, RunConfig, TrainingConfig
from vae_desktop.data.dataset import Dataset, Split
from vae_desktop.data.load import load_dataset, load_digits
from vae_desktop.data.spectrum import spectrum_of
from vae_desktop.presets import PRESETS
from vae_desktop.training.advice import Known, advice, same_models
from vae_desktop.training.loop import TrainingLoop
from vae_desktop.variants import KL_TERM, Variant


@pytest.fixture(scope="module")
def digits():
    found = load_digits(DatasetConfig("digits", 8))
    assert found.spectrum
    return found


@pytest.fixture(scope="module")
def photographs():
    """Smooth coloured noise: values between black and white, as those of photographs."""
    random = np.random.default_rng(0)
    images = np.clip(random.normal(128, 45, (40, 3, 8, 8)), 0, 255).astype(np.uint8)
    found = Dataset(DatasetConfig("/photos"), Split(images, None), Split(images[:10], None), ())
    assert found.spectrum
    return found


def said(config, dataset=None, **more):
    """The sentences by setting."""
    return dict(advice(config, Known.of(dataset), **more))


def vae(kind="vae", **changes):
    model = {name: changes.pop(name) for name in tuple(changes) if hasattr(ModelConfig, name)}
    return RunConfig(DatasetConfig("digits", 8), ModelConfig(kind, **model), TrainingConfig(device="cpu", **changes))


def trained(config, dataset):
    training = TrainingLoop([config], dataset, torch.device("cpu"))
    reports = [report for (report,) in training.epochs()]
    return training.models[0], reports


@pytest.mark.parametrize("preset", PRESETS.values(), ids=lambda preset: preset.name)
@pytest.mark.parametrize("kind", [variant.kind for variant in KL_TERM])
@pytest.mark.parametrize("latent_dim", [2, 20])
def test_nothing_is_said_of_what_is_sound(digits, preset, kind, latent_dim):
    config = preset.applied_to(
        vae(kind, latent_dim=latent_dim, likelihood="bernoulli" if "only" not in kind else "squared-error")
    )
    beta = digits.spectrum.largest_beta(config.model.likelihood, latent_dim)
    assert said(config.with_settings(beta=min(1.0, beta)), digits) == {}


def test_a_warm_up_longer_than_the_run_names_the_beta_that_training_reaches(digits):
    config = vae(beta=4.0, beta_warm_up=50.0, epochs=20, hidden=(8,), batch_size=480)
    texts = said(config)
    assert texts == {"beta_warm_up": "β reaches 1.6 of 4: the warm-up takes 50 epochs, the run 20."}
    run, reports = trained(config, digits)
    row = run.history.training[-1]
    assert (row[0] - row[1]) / row[2] == pytest.approx(1.6, rel=0.02)  # what the last batch was weighed by
    assert reports[-1].kl_weight == pytest.approx(1.6, rel=0.02)
    assert reports[-1].evaluation.kl_weight(config) == 4
    assert said(config.with_settings(epochs=50)) == {}
    assert "At β = 1.6 no latent dimension" in said(config, digits)["beta"]  # not at 4, which it never comes to
    assert "At β = 4 no latent dimension" in said(config.with_settings(epochs=50), digits)["beta"]
    assert "nothing to raise" in said(config.with_settings(beta=0.0))["beta_warm_up"]
    for kind in ("ae", "vae-no-kl", "kl-only"):
        assert said(replace(config, model=replace(config.model, kind=kind))) == {}


def test_bernoulli_is_said_not_to_fit_shades(digits, photographs):
    config = replace(vae(likelihood="bernoulli", beta=0.1), dataset=photographs.config)
    (text,) = said(config, photographs).values()
    assert photographs.spectrum.shades > 0.9
    assert f"{photographs.spectrum.shades:.0%} of the pixels are shades between" in text
    assert "calibrated" in text
    for other in ("squared-error", "gaussian-calibrated"):
        assert said(replace(config, model=replace(config.model, likelihood=other)), photographs) == {}
    assert said(vae(likelihood="bernoulli"), digits) == {}
    strokes = np.where(np.random.default_rng(1).random((50, 3, 8, 8)) > 0.5, 255, 0).astype(np.uint8)
    assert advice(config, Known(50, (3, 8, 8), spectrum_of(strokes))) == []


def test_of_a_file_only_its_shape_tells_that_bernoulli_may_not_fit():
    config = vae(likelihood="bernoulli")
    assert "If these are any" in dict(advice(config, Known(image_shape=(3, 8, 8))))["likelihood"]
    assert advice(config, Known(image_shape=(1, 8, 8))) == []


@pytest.mark.parametrize(
    ("kind", "given", "words"),
    [
        ("ae", {"beta"}, {"beta": "β (KL weight) has no effect on the model AE, only on VAE."}),
        ("kl-only", {"beta_warm_up", "seed"}, {"beta_warm_up": "only on VAE"}),
        ("vae", {"noise", "beta"}, {"noise": "only on Denoising AE"}),
        ("vae", {"beta", "beta_warm_up", "latent_dim"}, {}),
        ("denoising-ae", {"noise", "noise_strength"}, {}),
        ("vae", {"white"}, {"white": "White level has no effect on Digits, only on images of your own."}),
        ("vae", {"levels"}, {"levels": "Levels has no effect on Digits, only on images of your own."}),
    ],
)
def test_what_was_asked_for_and_has_no_effect_is_named(kind, given, words):
    texts = said(vae(kind, beta=4.0), given=given)
    assert texts.keys() == words.keys()
    for name, part in words.items():
        assert part in texts[name]


@pytest.mark.parametrize(("levels", "count"), [("auto", 1), ("bounds", 0)])
def test_a_level_without_bounds_has_no_effect(levels, count):
    config = replace(vae(), dataset=DatasetConfig("/photos", levels=levels, white=9.0))
    texts = said(config, given={"white"})
    assert list(texts.values()) == ["White level has no effect unless Levels is “Bounds”."][:count]


@pytest.mark.parametrize(
    ("noise", "strength", "words"),
    [
        ("gaussian", 0.0, "a plain autoencoder"),
        ("masking", 0.0, "a plain autoencoder"),
        ("masking", 1.0, "sees nothing"),
        ("salt-and-pepper", 1.0, "sees nothing"),
        ("gaussian", 1.0, ""),
        ("masking", 0.9, ""),
    ],
)
def test_a_corruption_that_is_none_or_leaves_nothing(noise, strength, words):
    texts = said(vae("denoising-ae", noise=noise, noise_strength=strength))
    assert texts.keys() == ({"noise_strength"} if words else set())
    assert words in texts.get("noise_strength", "")


def test_more_dimensions_than_an_image_has_numbers_or_the_set_has_images(digits, photographs):
    assert "An image is 64 numbers" in said(vae("ae", latent_dim=64), digits)["latent_dim"]
    assert said(vae("ae", latent_dim=63), digits) == {}
    config = replace(vae("ae", latent_dim=40), dataset=photographs.config)
    assert "40 training images lie in 39 dimensions" in said(config, photographs)["latent_dim"]
    assert said(replace(config, model=replace(config.model, latent_dim=39)), photographs) == {}


def test_a_layer_that_is_narrower_than_the_code_bounds_it(digits):
    config = vae("ae", latent_dim=6, hidden=(30, 4), epochs=1, batch_size=480, activation="tanh")
    assert said(config, digits)["hidden"].startswith("4 numbers pass the narrowest hidden layer: 6 latent")
    run, _ = trained(config, digits)
    assert np.linalg.matrix_rank(run.codes.mean - run.codes.mean.mean(0), tol=1e-3) <= 4
    assert said(vae("ae", latent_dim=6, hidden=(30, 6)), digits) == {}
    assert said(vae("ae", latent_dim=6, hidden=()), digits) == {}
    convolutional = vae("ae", latent_dim=6, hidden=(16, 1), architecture="convolutional")
    assert said(convolutional, digits)["hidden"].startswith("4 numbers")
    assert said(vae("ae", latent_dim=6, architecture="convolutional"), digits) == {}


def test_stages_that_halve_an_image_to_nothing_are_named_before_training(digits):
    config = vae("ae", hidden=(4, 4, 4, 4), architecture="convolutional")
    assert "halve images of 8×8 pixels to nothing" in said(config, digits)["hidden"]


def test_an_activation_needs_layers():
    assert "the model is linear" in said(vae(hidden=(), activation="tanh"))["activation"]
    assert said(vae(hidden=())) == said(vae(hidden=(4,), activation="tanh")) == {}


def test_the_likelihood_of_kl_alone_changes_nothing_of_the_model(digits):
    config = vae("kl-only", likelihood="bernoulli", epochs=2, hidden=(8,), batch_size=480)
    assert "KL only" in said(config, digits)["likelihood"]
    other = replace(config, model=replace(config.model, likelihood="squared-error"))
    runs = [trained(entry, digits)[0] for entry in (config, other)]
    assert np.array_equal(runs[0].codes.mean, runs[1].codes.mean)


def test_grey_images_in_colour(digits):
    config = DatasetConfig("digits", 8, "colour")
    colour = load_dataset(config, Path("unused"))
    assert colour.spectrum.is_grey
    assert "All images are grey" in said(replace(vae(), dataset=config), colour)["colours"]
    one_in_colour = colour.train.images.copy()
    one_in_colour[-1, 0] = 0
    assert not spectrum_of(one_in_colour).is_grey
    assert said(vae(), digits) == {}


@pytest.mark.parametrize(
    ("schedule", "rate", "hidden", "is_said"),
    [
        ("constant", 0.1, None, True),
        ("constant", 0.09, None, False),
        ("constant", 0.3, (), False),
        ("constant", 1.0, (), True),
        ("one-cycle", 0.1, None, False),
        ("one-cycle", 0.3, None, True),
    ],
)
def test_a_rate_at_which_nothing_is_learned(schedule, rate, hidden, is_said):
    texts = said(vae("ae", schedule=schedule, learning_rate=rate, hidden=hidden))
    assert texts.keys() == ({"learning_rate"} if is_said else set())
    assert said(vae("ae", schedule=schedule, learning_rate=rate, hidden=hidden, encoder_rate=0.05)) == {}


def test_at_such_a_rate_a_model_ends_worse_than_the_mean_image(digits):
    run, _ = trained(vae("ae", learning_rate=0.1, epochs=5), digits)
    of_mean = float(np.square(digits.test.images / 255 - digits.mean_image).sum((1, 2, 3)).mean())
    assert run.evaluation.reconstruction > 2 * of_mean


@pytest.mark.parametrize(
    ("epochs", "batch_size", "words"), [(1, 1437, "4e-05 of 0.001"), (2, 1437, "2 steps"), (4, 1437, "")]
)
def test_a_cycle_of_a_few_steps_does_not_reach_its_rate(digits, epochs, batch_size, words):
    texts = said(vae(schedule="one-cycle", epochs=epochs, batch_size=batch_size), digits)
    assert texts.keys() == ({"schedule"} if words else set())
    assert words in texts.get("schedule", "")


@pytest.mark.parametrize(
    ("variants", "names"),
    [
        ([Variant("vae"), Variant("ae"), Variant("vae")], "VAE (1) and VAE (2)"),
        ([Variant("vae", beta=0.0), Variant("vae-no-kl")], "VAE β=0 and VAE without KL"),
        ([Variant("ae", beta=1.0), Variant("ae", beta=3.0)], "AE (1) and AE (2)"),
    ],
)
def test_models_that_come_out_equal_are_named(digits, variants, names):
    configs = [variant.applied_to(vae(hidden=(8,), epochs=1, batch_size=480)) for variant in variants]
    assert same_models(configs).startswith(f"{names} come out equal")
    first, *_, last = TrainingLoop(configs, digits, torch.device("cpu")).models
    training = TrainingLoop(configs, digits, torch.device("cpu"))
    assert len(list(training.epochs())) == 1
    first, last = training.models[0].checkpoint(), training.models[-1].checkpoint()
    for name, values in first.snapshot.weights.items():
        assert np.array_equal(values, last.snapshot.weights[name])


def test_models_that_differ_are_not(digits):
    assert same_models([variant.applied_to(vae()) for variant in KL_TERM]) == ""
    denoising = [vae("denoising-ae", noise_strength=strength) for strength in (0.2, 0.3)]
    assert same_models(denoising) == ""
    assert same_models([vae(beta_warm_up=3.0), vae()]) == ""
