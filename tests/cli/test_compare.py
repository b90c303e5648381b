"""``vae-desktop train --compare``: models together, a file each, one for all, and a table."""

import json

import pytest

from vae_desktop.cli import main
from vae_desktop.training.checkpoint import load_checkpoint, load_checkpoints
from vae_desktop.training.trainer import Trainer

SMALL = ["--dataset", "digits", "--image-size", "8", "--hidden", "16", "--epochs", "2", "--device", "cpu"]


@pytest.fixture
def compare(tmp_path, capsys):
    """Run the command on small digits; the status and what it printed are returned."""

    def run(*models, more=()):
        arguments = ["train", "--compare", *models, *SMALL, "--output", str(tmp_path / "kl.safetensors"), *more]
        status = main(arguments)
        return status, *capsys.readouterr()

    return run


def test_it_writes_a_file_each_one_for_all_and_prints_a_table(compare, tmp_path):
    status, text, _ = compare("ae", "vae-no-kl", "kl-only", "vae")
    assert status == 0
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {
        "kl.safetensors",
        "kl-ae.safetensors",
        "kl-vae-without-kl.safetensors",
        "kl-kl-only.safetensors",
        "kl-vae.safetensors",
    }
    assert load_checkpoint(tmp_path / "kl-vae-without-kl.safetensors").config.model.kind == "vae-no-kl"
    together = load_checkpoints(tmp_path / "kl.safetensors")
    assert [entry.config.model.kind for entry in together] == ["ae", "vae-no-kl", "kl-only", "vae"]
    table = text[text.index("Reconstruction (") :]
    for label in ("KL divergence", "Mean σ", "Spread of the means", "Active units", "kNN accuracy of samples"):
        assert label in table
    assert "*" in table.splitlines()[0]


def test_each_is_the_model_that_is_trained_alone(compare, tmp_path):
    compare("ae", "vae:beta=4")
    alone = ["train", "--model", "vae", "--beta", "4", *SMALL, "--output", str(tmp_path / "alone.safetensors")]
    assert main(alone) == 0
    assert (tmp_path / "alone.safetensors").read_bytes() == (tmp_path / "kl-vae-beta-4.safetensors").read_bytes()


def test_json(compare, tmp_path):
    _, text, _ = compare("ae", "vae:latent-dim=3", more=["--json"])
    *epochs, last = [json.loads(line) for line in text.splitlines()]
    assert [(entry["model"], entry["epoch"]) for entry in epochs] == [
        ("AE 2-D", 1),
        ("VAE 3-D", 1),
        ("AE 2-D", 2),
        ("VAE 3-D", 2),
    ]
    assert [entry["model"] for entry in last["models"]] == ["AE 2-D", "VAE 3-D"]
    assert last["models"][1]["output"] == str(tmp_path / "kl-vae-3-d.safetensors")
    assert last["models"][1]["kl"] > 0
    assert last["steps"] == 24


@pytest.mark.parametrize(
    ("models", "words"),
    [
        (["ae"], "Between 2 and 4 models can be compared, not 1."),
        (["ae"] * 5, "Between 2 and 4 models can be compared, not 5."),
        (["ae", "gan"], "gan"),
        (["ae", "vae:beta=much"], "much"),
        (["ae", "vae:colour=red"], "not compared by 'colour'"),
    ],
)
def test_models_that_cannot_be_compared(compare, tmp_path, models, words):
    status, _, error = compare(*models)
    assert (status, list(tmp_path.iterdir())) == (2, [])
    assert words in error


def test_one_that_blows_up_is_named_and_the_others_are_saved(compare, tmp_path, monkeypatch):
    step = Trainer.step

    def poisoned(self, batch):
        row = step(self, batch)
        return row * float("nan") if not self.model.is_variational else row

    monkeypatch.setattr(Trainer, "step", poisoned)
    status, text, error = compare("ae", "kl-only", "vae")
    assert status == 1
    assert "AE: The loss is no longer a finite number in epoch 1" in error
    assert [entry.config.model.kind for entry in load_checkpoints(tmp_path / "kl.safetensors")] == ["kl-only", "vae"]
    assert not (tmp_path / "kl-ae.safetensors").exists()
    assert "KL only" in text


def test_notes_name_the_models_that_they_are_for(compare):
    _, _, error = compare("ae:beta=3", "vae:beta=60", "vae:beta=60", more=["--beta-warm-up", "5", "--beta", "2"])
    notes = [line.partition("note: ")[2] for line in error.splitlines()]
    assert notes[0] == "AE: β (KL weight) has no effect on the model AE, only on VAE."
    assert notes[1].startswith("VAE β=60 (1), VAE β=60 (2): At β = 24 no latent dimension")
    assert notes[2].startswith("VAE β=60 (1), VAE β=60 (2): β reaches 24 of 60")
    assert notes[3:] == ["VAE β=60 (1) and VAE β=60 (2) come out equal: nothing that they compute differs."]


def test_what_was_asked_for_all_is_named_only_if_none_makes_use_of_it(compare):
    assert compare("ae", "vae", more=["--beta", "0.3"])[2] == ""
    assert compare("ae", "vae-no-kl", more=["--beta", "0.3"])[2].count("β (KL weight) has no effect") == 2
