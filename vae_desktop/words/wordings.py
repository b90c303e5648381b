"""The wordings of facts in a language, read from ``resources/words/LANGUAGE.toml``."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
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
_OF_THINGS = ("class", "size", "place", "turn", "background")
_MEASURE = "个"  # of what has no other measure word
_ABBREVIATION = 3  # letters, that stay capitals
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
        self.are_photos = group in (_OTHERS, "faces")
        self._is_custom = subject.dataset == "custom"
        unnamed = "drawings" if self._is_custom and subject.are_strokes else group
        self._unnamed, self._pictures = tuple(names[unnamed][""]), tuple(names["pictures"][""])
        self.nouns: tuple[Texts, ...] = tuple(self._nouns(name, group) for name in subject.class_names)
        self._phrases: dict[str, Phrases] = {}

    def nouns_for(self, facts: Sequence[Fact]) -> Texts:
        """What can be said to have these facts: the class, or what it is where that is not said."""
        number = next((fact.value for fact in facts if fact.kind == "class"), None)
        if number is not None:
            return self.nouns[number]
        return self._pictures if self.is_picture(facts) else self._unnamed

    def is_picture(self, facts: Sequence[Fact]) -> bool:
        """Whether these are facts of a person's picture as a whole, not of a thing on it."""
        return self._is_custom and not self.subject.are_strokes and not any(fact.kind in _OF_THINGS for fact in facts)

    def phrases(self, fact: Fact) -> Phrases:
        """What can be said of a fact, by how it stands in a sentence; empty if there are no words for it."""
        key = fact.key
        if key not in self._phrases:
            kind, _, value = key.partition(".")
            found = self._all["facts"].get(kind, {}).get(value, {})
            if kind == "background":
                table = self._all["background"]
                words = table["words"][value]
                slots = [slot for slot in table if slot != "words"]
                found = {slot: [_with(text, word) for text in table[slot] for word in words] for slot in slots}
            self._phrases[key] = {slot: tuple(texts) for slot, texts in found.items()}
        return self._phrases[key]

    def _table(self, name: str) -> Phrases:
        return {key: tuple(texts) for key, texts in self._all.get(name, {}).items()}

    def _nouns(self, name: str, group: str) -> Texts:
        """What a class is called."""
        table = self._all["nouns"]
        groups = (group, "digits") if group == _OTHERS else (group,)
        for known in (_entries(self.language, each) for each in groups):
            if name.casefold() in known:
                return known[name.casefold()]
        plain, title = plain_name(name), name.replace("_", " ")
        if "each" in table[group]:
            texts = table[group]["each"]
            return tuple(text.format(title=title, upper=name.upper(), lower=name.lower()) for text in texts)
        if plain.casefold() in (known := _entries(self.language, group)):
            return known[plain.casefold()]
        return (plain,) if self.language == "en" else (f"{_measures().get(plain, _MEASURE)} {plain}",)


def _with(text: str, word: str) -> str:
    """A text with a word in it, which has an article where it says "{a}"."""
    return text.format(word, a=f"{'an' if word[0] in 'aeiou' else 'a'} {word}")


@cache
def _entries(language: str, group: str) -> Mapping[str, Texts]:
    """What the things of a group are called, by their names in small letters."""
    return {name.casefold(): tuple(texts) for name, texts in _read(language)["nouns"][group].items() if name}


@cache
def _measures() -> Mapping[str, str]:
    """The Chinese measure word of each known noun."""
    groups = _read("zh")["nouns"].values()
    pairs = (text.partition(" ") for group in groups for texts in group.values() for text in texts)
    return {noun: measure for measure, _, noun in pairs}


def plain_name(name: str) -> str:
    """The name of a class as a person would say it: "golden retriever" of "Golden_Retriever" and "GoldenRetriever"."""
    words = re.sub(r"[_\s]+", " ", _CAMEL.sub(" ", name)).split()
    return " ".join(word if word.isupper() and len(word) <= _ABBREVIATION else word.lower() for word in words) or name
