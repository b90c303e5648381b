"""The README is there twice, in English and in Chinese: with the same parts, commands and keys."""

import re
from pathlib import Path

import pytest

from vae_desktop import language
from vae_desktop.dataset_catalog import DATASETS
from vae_desktop.gui.views.window.keys import KEYS

ROOT = Path(__file__).resolve().parent.parent
ENGLISH, CHINESE = (
    (ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "README.zh-CN.md")
)
BLOCK = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
ROW = re.compile(r"^\|.*\|$", re.MULTILINE)


def headings(text: str) -> list[str]:
    """The marks of all headings, in their order."""
    return re.findall(r"^(#+) ", BLOCK.sub("", text), re.MULTILINE)


@pytest.fixture
def chinese():
    language.use("zh")
    yield
    language.use("en")


def test_both_have_the_same_commands() -> None:
    assert len(BLOCK.findall(ENGLISH)) >= 7
    assert BLOCK.findall(CHINESE) == BLOCK.findall(ENGLISH)


def test_both_have_the_same_parts() -> None:
    assert len(headings(ENGLISH)) > 10
    assert headings(CHINESE) == headings(ENGLISH)
    assert [row.count("|") for row in ROW.findall(CHINESE)] == [row.count("|") for row in ROW.findall(ENGLISH)]


def test_both_have_the_same_steps() -> None:
    """Of the first five minutes, and what stands under one of them."""
    steps = re.compile(r"^ *(\d+\.|-) ", re.MULTILINE)
    assert steps.findall(CHINESE) == steps.findall(ENGLISH)


def test_each_leads_to_the_other() -> None:
    assert "(README.zh-CN.md)" in ENGLISH.split("\n## ")[0]
    assert "(README.md)" in CHINESE.split("\n## ")[0]


@pytest.mark.parametrize("text", [ENGLISH, CHINESE], ids=["English", "Chinese"])
def test_what_they_lead_to_is_there(text) -> None:
    links = [link for link in re.findall(r"\]\(([^)]+)\)", text) if "://" not in link]
    assert len(links) > 5
    assert not [link for link in links if not (ROOT / link).is_file()]


@pytest.mark.parametrize("text", [ENGLISH, CHINESE], ids=["English", "Chinese"])
def test_each_data_set_with_a_page_has_its_row(text) -> None:
    for kind in (kind for kind in DATASETS.values() if kind.page):
        (row,) = (row for row in ROW.findall(text) if f"| `{kind.name}` |" in row)
        assert f"| {kind.counts[0]:,} + {kind.counts[1]:,} | {kind.classes} |" in row
        assert kind.page in row


def test_the_keys_in_chinese_are_those_of_the_window(chinese) -> None:
    table = CHINESE.split("\n## ")[3]
    rows = [[cell.strip() for cell in row.strip("|").split("|")] for row in ROW.findall(table)][2:]
    assert rows == [[language.tr(keys), language.tr(what)] for keys, what in KEYS]
