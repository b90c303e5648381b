"""``vae-desktop evaluate``: the same figures as training's own, on the right data."""

import pytest


def test_it_repeats_trainings_last_figures_exactly(train, run, tmp_path):
    *_, trained = train("--json", "--beta", 0.5).lines
    (evaluated,) = run("evaluate", tmp_path / "model.safetensors", "--device", "cpu", "--json").lines
    for name in ("test_loss", "reconstruction", "kl", "kl_per_dimension"):
        assert evaluated[name] == trained[name]
    assert evaluated["kl"] > 0


def test_it_says_what_it_measured(run, vae_file):
    (line,) = run("evaluate", vae_file, "--device", "cpu", "--json").lines
    assert (line["images"], line["dataset"], line["model"]) == (360, "digits", "vae")
    assert (line["latent_dim"], line["step"], line["device"]) == (2, 24, "cpu")
    assert 0.1 < line["knn_accuracy"] <= 1  # better than guessing one of ten
    assert line["seconds"] > 0


def test_without_json_it_speaks_to_people(run, vae_file):
    result = run("evaluate", vae_file)
    assert (result.status, result.err) == (0, "")
    assert "360 of Digits" in result.out
    assert "nats per image" in result.out
    assert "kNN accuracy" in result.out


def test_an_autoencoder_has_no_kl(run, ae_file):
    (line,) = run("evaluate", ae_file, "--json").lines
    assert line["kl"] is None
    assert line["test_loss"] == line["reconstruction"]
    assert "nats" not in run("evaluate", ae_file).out


def test_another_data_set_is_resized_to_the_models_images(run, vae_file, mnist_dir):
    (line,) = run("evaluate", vae_file, "--dataset", "mnist", "--data-dir", mnist_dir, "--json").lines
    assert (line["dataset"], line["images"]) == ("mnist", 20)


def test_images_of_another_shape_are_refused(run, vae_file, mnist_dir, monkeypatch):
    from vae_desktop.config import DatasetConfig
    from vae_desktop.data.load import load_dataset

    monkeypatch.setattr(
        "vae_desktop.data.load.load_dataset",
        lambda config, data_dir: load_dataset(DatasetConfig(config.name, 9), data_dir),
    )
    run("evaluate", vae_file).assert_refused(1, "vae.safetensors", "1×8×8", "Digits has 1×9×9")


@pytest.mark.parametrize("content", [b"", b"a text file", b"\x80\x04\x95 a pickle", b"\xff" * 100])
def test_a_file_that_is_no_model(run, tmp_path, content):
    (tmp_path / "photo.safetensors").write_bytes(content)
    run("evaluate", tmp_path / "photo.safetensors").assert_refused(1, "photo.safetensors", "not a safetensors file")


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["--dataset", "cats"], 2, ["'cats'"]),
        (["--device", "abacus"], 2, ["'abacus'"]),
        (["--dataset", "mnist", "--data-dir", "no/where"], 1, ["MNIST", "no"]),
    ],
)
def test_bad_arguments(run, vae_file, arguments, status, words):
    run("evaluate", vae_file, *arguments).assert_refused(status, "vae-desktop evaluate: ", *words)
