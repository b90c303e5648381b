"""What sets compared models apart, in words and in settings."""

from dataclasses import replace

import pytest

from vae_desktop.config import ModelConfig, RunConfig
from vae_desktop.errors import InvalidSetting
from vae_desktop.variants import KL_TERM, Variant, check_comparison, kl_term_configs, titles

BASE = RunConfig(model=ModelConfig("vae", latent_dim=3, hidden=(20, 10)))


@pytest.mark.parametrize(
    ("text", "variant"),
    [
        ("ae", Variant("ae")),
        ("vae:beta=4", Variant("vae", beta=4.0)),
        ("vae:beta=0.5,latent-dim=10", Variant("vae", beta=0.5, latent_dim=10)),
        (
            "kl-only:latent_dim=1,likelihood=bernoulli,architecture=convolutional",
            Variant("kl-only", latent_dim=1, likelihood="bernoulli", architecture="convolutional"),
        ),
    ],
)
def test_texts_of_the_command_line(text, variant):
    assert Variant.parse(text) == variant


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("gan", "gan"),
        ("vae:gamma=1", "not compared by 'gamma'"),
        ("vae:kind=ae", "not compared by 'kind'"),
        ("vae:beta", "β"),
        ("vae:beta=-1", "out of range"),
        ("vae:latent-dim=2.5", "Latent dimensions"),
    ],
)
def test_texts_that_mean_nothing(text, words):
    with pytest.raises(InvalidSetting, match=words):
        Variant.parse(text)


def test_what_is_not_said_is_as_in_the_settings_that_all_share():
    config = Variant("vae", beta=7.0).applied_to(BASE)
    assert config == replace(BASE, training=replace(BASE.training, beta=7.0))


def test_widths_of_another_architecture_are_not_taken_over():
    assert Variant("ae").applied_to(BASE).model.hidden == (20, 10)
    assert Variant("ae", architecture="mlp").applied_to(BASE).model.hidden == (20, 10)
    assert Variant("ae", architecture="convolutional").applied_to(BASE).model.hidden is None


def test_a_value_that_its_setting_cannot_take():
    with pytest.raises(InvalidSetting) as refused:
        Variant("vae", latent_dim=0).applied_to(BASE)
    assert refused.value.name == "latent_dim"


def test_titles_name_what_differs_and_no_more():
    def of(*variants):
        return titles([variant.applied_to(BASE) for variant in variants])

    assert of(*KL_TERM) == ["AE", "VAE without KL", "KL only", "VAE"]
    assert of(Variant("vae", beta=1.0), Variant("vae", beta=4.0), Variant("ae")) == ["VAE β=1", "VAE β=4", "AE"]
    assert of(Variant("ae"), Variant("vae", beta=4.0)) == ["AE", "VAE β=4"]
    assert of(Variant("vae"), Variant("vae", latent_dim=10)) == ["VAE 3-D", "VAE 10-D"]
    assert of(Variant("ae"), Variant("ae", likelihood="bernoulli")) == ["AE Squared error", "AE Bernoulli"]
    assert of(Variant("ae"), Variant("ae", architecture="convolutional")) == ["AE MLP", "AE Conv."]
    assert of(Variant("ae"), Variant("ae")) == ["AE (1)", "AE (2)"]


@pytest.mark.parametrize("has_mnist", [False, True])
@pytest.mark.parametrize("latent_dim", [2, 20])
def test_what_the_kl_term_does_brings_data_and_dimensions(latent_dim, has_mnist):
    configs = kl_term_configs(latent_dim, has_mnist, device="cpu")
    check_comparison(configs, fewest=2)
    assert titles(configs) == ["AE", "VAE without KL", "KL only", "VAE"]
    assert {config.dataset.name for config in configs} == {"mnist" if has_mnist else "digits"}
    assert {config.model.latent_dim for config in configs} == {latent_dim}
    assert {config.training.device for config in configs} == {"cpu"}


def test_none_and_five_cannot_be_trained_together():
    for configs in ([], [BASE] * 5):
        with pytest.raises(InvalidSetting, match="can be compared"):
            check_comparison(configs)
    check_comparison([BASE])
