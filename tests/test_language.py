"""The language of texts: which one is chosen, and that a catalogue that cannot be read leaves English."""

import logging

import pytest

from vae_desktop import language


@pytest.fixture(autouse=True)
def english_afterwards():
    yield
    language.use("en")


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, "en"),
        ({"LANG": "C"}, "en"),
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "zh_CN.UTF-8", "LC_MESSAGES": "en_GB.UTF-8"}, "en"),
        ({"LANG": "en_US.UTF-8", "LANGUAGE": "fr:zh_CN:en"}, "zh"),
        ({"LANG": "zh_CN.UTF-8", "LANGUAGE": "en"}, "en"),
        ({"LANG": "fr_FR.UTF-8"}, "en"),
        ({"LC_ALL": "zh@pinyin", "LANG": "en"}, "zh"),
    ],
)
def test_the_language_of_the_system_is_read_as_gettext_reads_it(environment, expected) -> None:
    assert language.use("system", environment) == expected
    assert language.current() == expected


@pytest.mark.parametrize("name", language.LANGUAGES)
def test_a_language_can_be_chosen_whatever_the_system_says(name) -> None:
    assert language.use(name, {"LANG": "fr_FR.UTF-8"}) == name


def test_the_chinese_catalogue_translates() -> None:
    assert language.tr("Train") == "Train"
    language.use("zh")
    assert language.tr("Train") == "训练"
    assert language.tr("") == ""
    assert language.tr("a text that nobody wrote") == "a text that nobody wrote"


@pytest.mark.parametrize("content", [None, b"", b"\xde\x12\x04\x95\0\0\0\0", b"no catalogue at all, but long enough"])
def test_a_damaged_catalogue_leaves_english_and_one_line_in_the_log(content, tmp_path, monkeypatch, caplog) -> None:
    folder = tmp_path / "locale" / "zh" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    if content is not None:
        (folder / f"{language.DOMAIN}.mo").write_bytes(content)
    monkeypatch.setattr(language, "resource_path", lambda name: tmp_path / name)
    with caplog.at_level(logging.WARNING):
        assert language.use("zh") == "en"
    assert len(caplog.records) == 1
    assert language.tr("Train") == "Train"


def test_an_unknown_language_leaves_english() -> None:
    assert language.use("tlh") == "en"
