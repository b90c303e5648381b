"""The language of texts: which one is chosen, and that a catalogue that cannot be read leaves English."""

import logging
import re

import pytest
from babel.messages.catalog import Message
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po

from tests import catalogue
from vae_desktop import language
from vae_desktop.resources import resource_path

_FIELD = re.compile(r"{{|}}|{[^{}]*}|%\(\w+\)[a-z]|%[sr]")


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


@pytest.mark.parametrize("name", [name for name in language.LANGUAGES if name != "en"])
def test_translations_have_the_fields_of_their_texts(name) -> None:
    with (resource_path("locale") / name / "LC_MESSAGES" / f"{language.DOMAIN}.po").open("rb") as file:
        catalogue = read_po(file, locale=name)
    for message in catalogue:
        texts = message.id if isinstance(message.id, tuple) else (message.id,)
        translations = message.string if isinstance(message.string, tuple) else (message.string,)
        for translation in filter(None, translations):
            if message.id:  # else it is the head
                assert _fields(translation) in [_fields(text) for text in texts], translation


def _fields(text: str) -> set[str]:
    """Names of what is filled in; how a figure or a date is written may differ."""
    return {field.strip("{}").partition(":")[0] for field in _FIELD.findall(text)}


@pytest.mark.parametrize("name", [name for name in language.LANGUAGES if name != "en"])
def test_every_text_of_the_code_is_translated_and_compiled(name) -> None:
    """``python tests/catalogue.py`` brings the files up to date and names what is missing."""
    written = {_key(message): _texts(message.string) for message in catalogue.read(name) if message.id}
    assert set(written) == {_key(message) for message in catalogue.extracted() if message.id}
    assert not [key for key, texts in written.items() if not all(texts)]
    with catalogue.path_of(name, ".mo").open("rb") as file:
        assert {_key(message): _texts(message.string) for message in read_mo(file) if message.id} == written


def _key(message: Message) -> str:
    return message.id if isinstance(message.id, str) else message.id[0]


def _texts(texts: str | list[str] | tuple[str, ...]) -> tuple[str, ...]:
    return (texts,) if isinstance(texts, str) else tuple(texts)
