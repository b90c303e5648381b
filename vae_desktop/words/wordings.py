"""The wordings of facts in a language, read from ``resources/words/LANGUAGE.toml``."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from typing import Any

from vae_desktop.resources import resource_path
from vae_desktop.words.facts import Fact, Subject

Texts = tuple[str, ...]
Phrases = Mapping[str, Texts]  # by how they stand in a sentence

LANGUAGES = ("en", "zh")
_NOUNS = {
    "digits": "digits",
    "mnist": "digits",
    "qmnist": "digits",
    "usps": "digits",
    "svhn": "digits",
    "fashion-mnist": "clothes",
    "kmnist": "kana",
    "emnist-letters": "letters",
    "shapes": "shapes",
    "celeba": "faces",
    "omniglot": "alphabets",
}
_OTHERS = "things"  # where data sets that stand not above have their nouns
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")


@cache
def _read(language: str) -> dict[str, Any]:
    with resource_path(f"words/{language}.toml").open("rb") as file:
        return tomllib.load(file)


class Wordings:
    """How captions of a subject are worded in a language.

    Parameters
    ----------
    subject : Subject
    language : {"en", "zh"}
    """

    def __init__(self, subject: Subject, language: str) -> None:
        self.subject, self.language = subject, language
        self._all = _read(language)
        self.degrees, self.frames, self.signs = map(self._table, ("degrees", "frames", "signs"))
        names = self._all["nouns"]
        group = _NOUNS.get(subject.dataset, _OTHERS)
        self.noun: Texts = tuple(names[group][""])
        self.nouns: tuple[Texts, ...] = tuple(self._nouns(name, group) for name in subject.class_names)
        self._phrases: dict[str, Phrases] = {}

    def phrases(self, fact: Fact) -> Phrases:
        """What can be said of a fact, by how it stands in a sentence; empty if there are no words for it."""
        key = fact.key
        if key not in self._phrases:
            kind, _, value = key.partition(".")
            found = self._all["facts"].get(kind, {}).get(value, {})
            if kind == "background":
                table = self._all["background"]
                found = {
                    slot: [text.format(word) for text in table[slot] for word in table["words"][value]]
                    for slot in table
                    if slot != "words"
                }
            self._phrases[key] = {slot: tuple(texts) for slot, texts in found.items()}
        return self._phrases[key]

    def _table(self, name: str) -> Phrases:
        return {key: tuple(texts) for key, texts in self._all.get(name, {}).items()}

    def _nouns(self, name: str, group: str) -> Texts:
        """What a class is called."""
        table = self._all["nouns"]
        for known in (table[group], *((table["digits"], table["things"]) if group == _OTHERS else ())):
            for each, texts in known.items():
                if each and each.casefold() == name.casefold():
                    return tuple(texts)
        plain = plain_name(name)
        each = table[group].get("each")
        if each:
            return tuple(text.format(name=plain, upper=name.upper(), lower=name.lower()) for text in each)
        return (plain,) if self.language == "en" else (f"个 {plain}",)


def plain_name(name: str) -> str:
    """The name of a class as a person would say it: "golden retriever" of "Golden_Retriever" and "GoldenRetriever"."""
    words = re.sub(r"[_\s]+|(?<=\w)-(?=\w)", " ", _CAMEL.sub(" ", name)).strip()
    return " ".join(word if word.isupper() else word.lower() for word in words.split()) or name
