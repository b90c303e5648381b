"""Facts as an English sentence, such as "draw a thick 7 slanted to the right"."""

import re
from collections.abc import Sequence
from random import Random

from vae_desktop.words.facts import Fact
from vae_desktop.words.wordings import Phrases, Wordings

_PLAIN = "~"  # begins a noun that has no article
_ORDER = ("size", "height", "width", "brightness", "length", "thickness", "slant", "turn", "place", "colour")
_SLOTS = {"adjectives": 8, "fixed": 2, "comparatives": 1, "graded": 3, "after": 2, "with": 3}  # how often each is said
_VOWEL = re.compile(r"[aeiou]", re.IGNORECASE)
_LIKE_CONSONANT = re.compile(r"uni|use|usu|uro|eu|one$|once$|ubi|uk", re.IGNORECASE)
_LETTERS_WITH_VOWEL = "AEFHILMNORSX"  # by their names: an F, a U
_STROKES, _PHOTOS, _LOOSE = 0.15, 0.15, 0.35  # of the frames
_WITHOUT_ARTICLE = 0.5  # of the phrases in frames that allow it
_CAPITAL = 0.2  # of the sentences begin with one
ALONE = 0.3  # of the texts that name no class name nothing: "very thick"


def sentence(facts: Sequence[Fact], wordings: Wordings, chance: Random, held_out: bool) -> str:
    """A text that says all of these facts, of which one may be the class."""
    if not held_out and all(fact.kind != "class" for fact in facts) and chance.random() < ALONE:
        before, after = _before_and_after(facts, wordings, chance, held_out)
        text = chance.choice((" ", ", ", " and ")).join(before + after)
    else:
        frame, may_lack_article = _frame(facts, wordings, chance, held_out)
        text = frame.format(_phrase(facts, wordings, chance, held_out, may_lack_article))
    return text if chance.random() > _CAPITAL else text[:1].upper() + text[1:]


def with_article(words: str) -> str:
    """The words with "a" or "an" before them."""
    return f"an {words}" if _begins_with_vowel(words) else f"a {words}"


def _begins_with_vowel(words: str) -> bool:
    """Whether words begin with the sound of a vowel."""
    first = re.split(r"[\s,-]", words, maxsplit=1)[0]
    if len(first) == 1 and first.isalpha() and first.isascii():
        return first.upper() in _LETTERS_WITH_VOWEL
    if first.isdigit():
        return first in ("11", "18") or first.startswith("8")
    return _VOWEL.match(first) is not None and _LIKE_CONSONANT.match(first) is None


def _frame(facts: Sequence[Fact], wordings: Wordings, chance: Random, held_out: bool) -> tuple[str, bool]:
    """What a phrase is put into, and whether it can be without an article there."""
    frames, draw = wordings.frames, chance.random()
    if wordings.is_picture(facts):  # no picture of a picture
        return chance.choice(frames["held_out_pictures" if held_out else "pictures"]), False
    if held_out:
        return chance.choice(frames["held_out"]), False
    special = "strokes" if wordings.subject.are_strokes else "photos" if wordings.are_photos else ""
    if special and draw < {"strokes": _STROKES, "photos": _PHOTOS}[special]:
        return chance.choice(frames[special]), False
    if draw > 1 - _LOOSE:
        return chance.choice(frames["loose"]), True
    return chance.choice(frames["any"]), False


def _phrase(facts: Sequence[Fact], wordings: Wordings, chance: Random, held_out: bool, may_lack_article: bool) -> str:
    before, after = _before_and_after(facts, wordings, chance, held_out)
    lacks_article = may_lack_article and chance.random() < _WITHOUT_ARTICLE
    return _joined(before, chance.choice(wordings.nouns_for(facts)), after, chance, lacks_article)


def _before_and_after(
    facts: Sequence[Fact], wordings: Wordings, chance: Random, held_out: bool
) -> tuple[list[str], list[str]]:
    """What is said of a noun before it, in the usual order, and after it."""
    before: list[tuple[int, str]] = []
    after: list[str] = []
    for fact in facts:
        if fact.kind == "class":
            continue
        text, is_before = _said(fact, wordings, chance, held_out)
        if is_before:
            before.append((_ORDER.index(fact.kind) if fact.kind in _ORDER else 0, text))
        elif text:
            after.append(text)
    before.sort(key=lambda pair: pair[0])
    return [text for _, text in before], after


def _joined(before: list[str], noun: str, after: list[str], chance: Random, lacks_article: bool) -> str:
    style, name = chance.random(), noun.removeprefix(_PLAIN)
    lacks_article = lacks_article or noun.startswith(_PLAIN)
    if before and style < 0.2:
        named = name if lacks_article else with_article(name)
        if style < 0.08 and not after and not lacks_article:
            return f"{named} that is {_listed(before, chance)}"
        return ", ".join([named, _listed(before, chance), *after])
    has_adverbs = any(" " in text for text in before)
    joint = chance.choice((", ", " and ") if has_adverbs else (" ", " ", ", ", ", ", " and "))
    words = " ".join(filter(None, (joint.join(before), name)))
    words = words if lacks_article else with_article(words)
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
    if slot == "comparatives":
        adverb = chance.choice(("slightly ", "a bit ", "a little ")) if degree == 1 else ""
        return adverb + text, not adverb.startswith("a ")
    if slot == "with":
        return text.format(_graded(degree, _with_words(phrases), wordings, chance, is_before=True)), False
    if slot in ("fixed", "after"):
        return text, slot == "fixed"
    return _graded(degree, (text,), wordings, chance, slot == "adjectives"), slot == "adjectives"


def _with_words(phrases: Phrases) -> tuple[str, ...]:
    return phrases.get("with_words") or phrases.get("adjectives", ("",))


def _graded(degree: int, words: Sequence[str], wordings: Wordings, chance: Random, is_before: bool) -> str:
    """One of the words with an adverb of degree; "very" is left out now and then."""
    adverb = ""
    if degree == 1:
        adverb = chance.choice(wordings.degrees["slightly" if is_before else "slightly_after"]) + " "
    elif degree == 3 and chance.random() < 0.6:
        adverb = chance.choice(wordings.degrees["very" if is_before else "very_after"]) + " "
    return adverb + chance.choice(words)
