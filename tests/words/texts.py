"""Texts that people could type about handwritten digits, in wordings that no caption has, and other texts.

``grounded_LANGUAGE.txt`` has a hundred lines each, a text and what it asks for, after a tab: a class, and facts by
their keys. ``nonsense_LANGUAGE.txt`` has a hundred texts that no model of digits can draw.
"""

from dataclasses import dataclass
from pathlib import Path

LANGUAGES = ("en", "zh")
_HERE = Path(__file__).parent


@dataclass(frozen=True)
class Wish:
    """A text, the digit that it asks for, or None, and the keys of other facts."""

    text: str
    digit: int | None
    facts: tuple[str, ...]


def grounded(language: str) -> list[Wish]:
    """The texts that a model of digits can draw."""
    wishes = []
    for line in _lines(f"grounded_{language}.txt"):
        text, _, asked = line.partition("\t")
        words = asked.split()
        digit = int(words[0]) if words[0].isdigit() else None
        wishes.append(Wish(text, digit, tuple(word for word in words if not word.isdigit())))
    return wishes


def nonsense(language: str) -> list[str]:
    """The texts that it cannot draw."""
    return _lines(f"nonsense_{language}.txt")


def _lines(name: str) -> list[str]:
    return (_HERE / name).read_text(encoding="utf-8").splitlines()
