"""Help: keys, which the README lists in the same words, and the glossary."""

from pathlib import Path

import pytest
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QDialog

from vae_desktop.glossary import GLOSSARY
from vae_desktop.gui.widgets.terms import definitions, with_terms


@pytest.fixture
def driver(shared_driver):
    yield shared_driver
    for name in ("keysWindow", "glossaryWindow"):
        window = shared_driver.window.findChild(QDialog, name)
        if window is not None:
            window.close()


def opened(driver, name: str) -> QDialog:
    driver.find(f"{name}Action", QAction).trigger()
    return driver.find(f"{name}Window", QDialog)


def test_the_keys_in_help_are_those_of_the_readme(driver) -> None:
    window = opened(driver, "keys")
    assert window.isVisible()
    assert not window.isModal()
    lines = Path("README.md").read_text(encoding="utf-8").split("## Keys")[1].split("\n## ")[0].splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("|")][2:]
    shown = window.list.toPlainText().split("\n")
    assert len(rows) > 15
    assert [text for row in rows for text in row] == [text for text in shown if text]


def test_the_glossary_explains_every_term_and_can_be_searched(driver) -> None:
    window = opened(driver, "glossary")
    assert not window.isModal()
    text = window.list.toPlainText()
    for name, meaning in definitions().items():
        assert name in text
        assert meaning
    assert set(GLOSSARY) <= set(definitions())
    assert "effective classes" in text  # what is measured is in it too
    window.search.setText("collapse")
    text = window.list.toPlainText()
    assert text.strip().startswith("posterior collapse")  # words before meanings
    assert "learning rate" not in text
    window.search.setText("no such word")
    assert "Nothing" in window.list.toPlainText()


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("sigma", "σ"), ("mu", "μ"), ("continuous", "continuous latent space"), ("generate", "generating"),
        ("encoding", "code"), ("vector", "code"), ("embedding", "code"), ("sampling", "random code"),
        ("VAE", "variational autoencoder"), ("noise", "ε"), ("latent", "latent space"), ("code", "code"),
        ("prior", "prior"), ("lat", "latent dimension"),
    ],
)  # fmt: skip
def test_the_glossary_finds_words_by_what_else_they_are_called(driver, typed, found) -> None:
    window = opened(driver, "glossary")
    window.search.setText(typed)
    assert window.list.toPlainText().strip().split("\n")[0] == found


def test_the_glossary_comes_back_where_it_was(driver) -> None:
    window = opened(driver, "glossary")
    window.move(120, 90)
    before = window.pos()
    window.close()
    assert opened(driver, "glossary").pos() == before


def test_opening_the_glossary_again_shows_all_of_it(driver) -> None:
    opened(driver, "glossary").search.setText("prior")
    opened(driver, "glossary")
    assert "autoencoder" in driver.find("glossaryWindow", QDialog).list.toPlainText()


def test_a_tooltip_takes_its_definition_from_the_glossary(driver) -> None:
    assert GLOSSARY["KL divergence"].text in driver.window.losses.readout.toolTip()
    with pytest.raises(KeyError):
        with_terms("A tip.", "no such term")
