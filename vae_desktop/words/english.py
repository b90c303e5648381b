"""Facts as an English phrase."""

import re
from collections.abc import Sequence
from random import Random

from vae_desktop.words.facts import Fact
from vae_desktop.words.wordings import Wordings

_PLAIN = "~"  # begins a noun that has no article
_FIRST = ("size", "height", "width", "brightness", "length", "thickness", "slant", "turn", "place", "colour")


def sentence(facts: Sequence[Fact], wordings: Wordings, chance: Random, held_out: bool) -> str:
    """A text that says all of these facts, of which one may be the class."""
    phrase = _phrase(facts, wordings, chance, held_out)
    frames = wordings.frames["held_out"] if held_out else wordings.frames["any"]
    if not held_out and wordings.subject.are_strokes and chance.random() < 0.2:
        frames = wordings.frames["strokes"]
    text = chance.choice(frames).format(phrase)
    return text if chance.random() < 0.8 else text[:1].upper() + text[1:]


def with_article(words: str) -> str:
    """The words with "a" or "an", or without the sign that they have none."""
    if words.startswith(_PLAIN):
        return words[1:]
    return f"an {words}" if _begins_with_vowel(words) else f"a {words}"


def _begins_with_vowel(words: str) -> bool:
    first = re.split(r"[\s-]", words, maxsplit=1)[0]
    if len(first) == 1 and first.isalpha() and first.isascii():  # a letter by its name
        return first.upper() in "AEFHILMNORSX"
    if first.isdigit():
        return first in ("11", "18") or first.startswith("8")
    return bool(re.match(r"[aeiou]", first, re.IGNORECASE)) and not re.match(
        r"(uni|use|usu|uro|eu|one$|once$|ubi|uk)", first, re.IGNORECASE
    )


def _phrase(facts: Sequence[Fact], wordings: Wordings, chance: Random, held_out: bool) -> str:
    nouns = wordings.noun
    others = []
    for fact in facts:
        if fact.kind == "class":
            nouns = wordings.nouns[fact.value]
        else:
            others.append(fact)
    noun = chance.choice(nouns)
    before: list[tuple[int, str]] = []
    after: list[str] = []
    for fact in others:
        text, is_before = _said(fact, wordings, chance, held_out)
        if is_before:
            before.append((_FIRST.index(fact.kind) if fact.kind in _FIRST else 0, text))
        elif text:
            after.append(text)
    before.sort(key=lambda pair: pair[0])
    return _joined([text for _, text in before], noun, after, chance)


def _joined(before: list[str], noun: str, after: list[str], chance: Random) -> str:
    style = chance.random()
    plain = noun.removeprefix(_PLAIN)
    if before and style < 0.12:  # a 7, thick and slanted
        parts = [with_article(noun) if chance.random() < 0.6 else plain, _listed(before, chance), *after]
        return ", ".join(parts)
    if before and not after and style < 0.2:  # a 7 that is thick
        return f"{with_article(noun)} that {'are' if noun[0] == _PLAIN and plain[-1] == 's' else 'is'} " + _listed(
            before, chance
        )
    joint = " " if len(before) < 2 else chance.choice((" ", " ", ", ", ", ", " and "))
    words = " ".join(filter(None, (joint.join(before), plain)))
    if style < 0.75:
        words = with_article(_PLAIN + words if noun.startswith(_PLAIN) else words)
    if not after:
        return words
    return f"{words} {after[0]}" + "".join(f"{chance.choice((', ', ', ', ' and '))}{text}" for text in after[1:])


def _listed(words: list[str], chance: Random) -> str:
    if len(words) < 2:
        return words[0]
    return f"{', '.join(words[:-1])}{chance.choice((' and ', ', '))}{words[-1]}"


def _said(fact: Fact, wordings: Wordings, chance: Random, held_out: bool) -> tuple[str, bool]:
    """A fact in words, and whether they stand before the noun."""
    phrases = wordings.phrases(fact)
    if held_out and "held_out" in phrases and chance.random() < 0.5:
        text = chance.choice(phrases["held_out"])
        return text, "-" in text and " " not in text
    degree = abs(fact.value) if "adjectives" in phrases else 2
    slots = [slot for slot in _SLOTS if slot in phrases and not (degree == 1 and slot in ("fixed", "after"))]
    if not slots:
        return "", False
    slot = chance.choices(slots, [_SLOTS[slot] for slot in slots])[0]
    text = chance.choice(phrases[slot])
    if slot in ("fixed", "after"):
        return text, slot == "fixed"
    if slot == "comparatives":
        adverb = chance.choice(("slightly ", "a bit ", "a little ")) if degree == 1 else ""
        adverb = "much " if degree == 3 else adverb
        return adverb + text, not adverb.startswith("a ")
    if slot == "with":
        words = phrases.get("with_words", phrases.get("adjectives", ("",)))
        return text.format(_degree(degree, wordings, chance, is_before=True) + chance.choice(words)), False
    return _degree(degree, wordings, chance, is_before=slot == "adjectives") + text, slot == "adjectives"


_SLOTS = {"adjectives": 8, "fixed": 2, "comparatives": 1, "graded": 3, "after": 2, "with": 3}  # how often each is said


def _degree(degree: int, wordings: Wordings, chance: Random, is_before: bool) -> str:
    """The adverb of degree, with its space; "very" is left out now and then."""
    if degree == 1:
        return chance.choice(wordings.degrees["slightly" if is_before else "slightly_after"]) + " "
    if degree == 3 and chance.random() < 0.6:
        return chance.choice(wordings.degrees["very"]) + " "
    return ""
