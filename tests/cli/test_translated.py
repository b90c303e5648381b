"""The command line in another language: what a person reads changes, what a program reads does not."""

import gettext
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo

from vae_desktop import cli, language

TEXTS = (
    "usage: ",
    "commands",
    "describe a saved model",
    "unrecognized arguments: %s",
    "{label}: {value} is not a whole number.",
    "Epochs",
    "Latent dimensions",
    "KL only",
    "epoch {epoch:4d}   {figures}   {seconds:.1f} s",
    "{size}, format {version}",
)


@pytest.fixture(autouse=True)
def _translated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A catalogue that puts some texts in brackets, and a system that asks for it."""
    catalogue = Catalog("zh")
    for text in TEXTS:
        catalogue.add(text, f"<{text}>")
    folder = tmp_path / "locale" / "zh" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    with (folder / f"{language.DOMAIN}.mo").open("wb") as file:
        write_mo(file, catalogue)
    for module in (language, cli):
        monkeypatch.setattr(module, "resource_path", lambda name: tmp_path / name)
    monkeypatch.setenv("LANGUAGE", "zh_CN")
    domain = gettext.textdomain()
    yield
    gettext.textdomain(domain)
    language.use("en")


def test_help_is_in_the_language_of_the_system(run, capsys):
    with pytest.raises(SystemExit):
        run("--help")
    text = capsys.readouterr().out
    assert text.startswith("<usage: >vae-desktop")
    assert "<commands>:" in text
    assert "<describe a saved model>" in text


def test_so_are_mistakes(run):
    run("train", "--epochs", "x", "--output", "m.safetensors").assert_refused(2, "<<Epochs>: 'x' is not a whole")
    run("info", "m.safetensors", "--nonsense").assert_refused(2, "<unrecognized arguments: --nonsense>")


def test_what_is_printed_of_a_model_is_too(run, train, tmp_path):
    assert train().out.startswith("<epoch    1   training")
    rows = run("info", tmp_path / "model.safetensors").out
    assert "<Latent dimensions>  2\n" in rows
    assert ", format 3>\n" in rows


def test_programs_and_files_see_the_english_names(train, tmp_path):
    compared = train("--compare", "ae", "kl-only", "--json")
    assert {line.get("model") for line in compared.lines[:-1]} == {"AE", "KL only"}
    assert (tmp_path / "model-kl-only.safetensors").exists()
    assert "<KL only>" in train("--compare", "ae", "kl-only").out
    assert (tmp_path / "model-kl-only.safetensors").exists()
