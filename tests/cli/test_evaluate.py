"""``vae-desktop evaluate``: the same figures as training's own, on the right data, and all other measures."""

import sys

import pytest
import tqdm

from vae_desktop.latent import classifier
from vae_desktop.latent.measures import MEASURES

SHORT = ("--device", "cpu", "--importance-samples", "2", "--sampling", "40")


@pytest.fixture(autouse=True)
def cache_dir(monkeypatch, tmp_path):
    """A cache of the test's own, and a classifier that is quickly trained."""
    monkeypatch.setattr("vae_desktop.paths.default_cache_dir", lambda: tmp_path / "cache")
    monkeypatch.setattr(classifier, "STEPS", 2)
    return tmp_path / "cache"


def test_it_repeats_trainings_last_figures_exactly(train, run, tmp_path):
    *_, trained = train("--json", "--beta", 0.5).lines
    (evaluated,) = run("evaluate", tmp_path / "model.safetensors", "--device", "cpu", "--quick", "--json").lines
    for name in ("test_loss", "reconstruction", "kl", "kl_per_dimension"):
        assert evaluated[name] == trained[name]
    assert evaluated["kl"] > 0
    assert evaluated["negative_elbo"] == pytest.approx(evaluated["test_loss"] + 0.5 * evaluated["kl"])


def test_it_says_what_it_measured(run, vae_file):
    (line,) = run("evaluate", vae_file, "--device", "cpu", "--quick", "--json").lines
    assert (line["images"], line["dataset"], line["model"]) == (360, "digits", "vae")
    assert (line["latent_dim"], line["step"], line["device"]) == (2, 24, "cpu")
    assert 0.1 < line["knn_accuracy"] <= 1  # better than guessing one of ten
    assert line["seconds"] > 0


def test_json_has_every_measure(run, vae_file, cache_dir):
    result = run("evaluate", vae_file, *SHORT, "--json")
    (line,) = result.lines
    assert (result.status, result.err) == (0, "")
    assert {key.partition(".")[0] for key in MEASURES} <= set(line)
    assert line["importance_samples"] == 2
    assert line["negative_elbo"] >= line["importance_weighted_bound"]
    assert line["sampling"]["prior"]["effective_classes"] >= 1
    assert len(list(cache_dir.rglob("*.safetensors"))) == 1


@pytest.mark.parametrize(
    ("option", "absent"),
    [
        (["--quick"], {"importance_weighted_bound", "sampling"}),
        (["--importance-samples", "0"], {"importance_weighted_bound"}),
        (["--sampling", "0"], {"sampling"}),
    ],
)
def test_what_takes_long_can_be_left_out(run, vae_file, option, absent):
    (line,) = run("evaluate", vae_file, *SHORT, *option, "--json").lines
    assert {"importance_weighted_bound", "sampling"} - set(line) == absent


def test_without_json_it_speaks_to_people(run, vae_file):
    result = run("evaluate", vae_file, *SHORT)
    assert (result.status, result.err) == (0, "")
    for words in (
        "360 of Digits",
        "sq. error / image",
        "nats / image",
        "kNN accuracy ",
        "Ratio to PCA",
        "Gaussian noise 0.5",
        "N(0, I)",
        "Normal fitted to the codes",
        "Digits 8×8 grey, conv",
    ):
        assert words in result.out
    blocks = result.out.split("\n\n")
    assert [block.splitlines()[0] for block in blocks[1:]] == [
        "Loss",
        "Latent space",
        "Beside linear models",
        "Denoising",
        "Drawn images",
    ]


@pytest.mark.parametrize(
    ("likelihood", "unit"),
    [
        ("squared-error", "sq. error / image"),
        ("bernoulli", "nats (Bernoulli) / image"),
        ("gaussian-calibrated", "nats (Gaussian) / image"),
    ],
)
def test_every_figure_has_the_likelihoods_unit(train, run, tmp_path, likelihood, unit):
    train("--epochs", 1, "--likelihood", likelihood)
    result = run("evaluate", tmp_path / "model.safetensors", *SHORT)
    rows = {line[:32].strip(): line for line in result.out.splitlines()}
    for label in ("Test loss", "Reconstruction", "Negative ELBO", "Importance-weighted bound"):
        assert unit in rows[label]
    assert ("Optimum of a linear VAE" in rows) == (likelihood == "squared-error")


def test_an_autoencoder_has_no_kl(run, ae_file):
    (line,) = run("evaluate", ae_file, "--quick", "--json").lines
    assert line["kl"] is None
    assert line["test_loss"] == line["reconstruction"]
    assert "nats" not in run("evaluate", ae_file, "--quick").out


def test_a_terminal_gets_a_bar(run, vae_file, monkeypatch):
    monkeypatch.setattr(tqdm.tqdm, "monitor_interval", 0)  # its thread would outlive the test
    monkeypatch.setattr(tqdm.tqdm, "__init__", with_every_update(tqdm.tqdm.__init__))
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    result = run("evaluate", vae_file, "--quick", "--json")
    assert "100%" in result.err
    assert result.lines[0]["kl"] > 0


def with_every_update(initialise):
    """tqdm shows what happens within a tenth of a second only at the end, when the bar is removed."""

    def call(self, *arguments, **settings):
        initialise(self, *arguments, mininterval=0, **settings)

    return call


@pytest.mark.parametrize(("trained_on", "is_told"), [("test", True), ("validation", False)])
def test_validation_images_that_the_model_was_trained_on_are_called_so(train, run, tmp_path, trained_on, is_told):
    train("--epochs", 1, "--measured-on", trained_on)
    result = run("evaluate", tmp_path / "model.safetensors", "--measured-on", "validation", "--quick", "--json")
    assert result.lines[0]["images"] == 1437 // 12
    assert result.err.count("\n") == is_told
    assert ("trained on all training images, these among them" in result.err) == is_told


def test_another_data_set_is_brought_to_the_models_shape(run, vae_file, mnist_dir):
    (line,) = run("evaluate", vae_file, "--dataset", "mnist", "--data-dir", mnist_dir, *SHORT, "--json").lines
    assert (line["dataset"], line["images"]) == ("mnist", 20)
    assert line["rows"] == {}


def test_a_model_of_colours_sees_grey_images_in_colour(train, run, tmp_path, mnist_dir):
    train("--colours", "colour")
    (line,) = run(
        "evaluate", tmp_path / "model.safetensors", "--dataset", "mnist", "--data-dir", mnist_dir, *SHORT, "--json"
    ).lines
    assert (line["dataset"], line["images"]) == ("mnist", 20)


def test_images_of_another_shape_are_refused(run, vae_file, monkeypatch):
    from vae_desktop.config import DatasetConfig
    from vae_desktop.data.load import load_dataset

    monkeypatch.setattr(
        "vae_desktop.data.load.load_dataset",
        lambda config, data_dir, learned: load_dataset(DatasetConfig(config.name, 9), data_dir),
    )
    run("evaluate", vae_file).assert_refused(1, "vae.safetensors", "1×8×8", "Digits has 1×9×9")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "an empty file"),
        (b"a text file", "not a safetensors file"),
        (b"\x80\x04\x95 a pickle", "a Python pickle"),
        (b"\xff" * 100, "not a safetensors file"),
    ],
)
def test_a_file_that_is_no_model(run, tmp_path, content, reason):
    (tmp_path / "photo.safetensors").write_bytes(content)
    run("evaluate", tmp_path / "photo.safetensors").assert_refused(1, "photo.safetensors", reason)


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["--dataset", "cats"], 2, ["'cats'"]),
        (["--device", "abacus"], 2, ["'abacus'"]),
        (["--dataset", "mnist", "--data-dir", "no/where"], 1, ["MNIST", "no"]),
        (["--importance-samples", "-1"], 2, ["Importance samples", "-1"]),
        (["--sampling", "few"], 2, ["Sampling", "'few'"]),
    ],
)
def test_bad_arguments(run, vae_file, arguments, status, words):
    run("evaluate", vae_file, *arguments).assert_refused(status, "vae-desktop evaluate: ", *words)
