"""Facts as a Chinese phrase."""

import re
from collections.abc import Sequence
from random import Random

from vae_desktop.words.facts import Fact
from vae_desktop.words.wordings import Wordings

_CHARACTER, _LATIN = "[\u3040-\u30ff\u3400-\u9fff]", "[0-9A-Za-z]"
_EDGE = re.compile(rf"(?<={_CHARACTER}) (?={_LATIN})|(?<={_LATIN}) (?={_CHARACTER})")


def sentence(facts: Sequence[Fact], wordings: Wordings, chance: Random, held_out: bool) -> str:
    """A text that says all of these facts, of which one may be the class."""
    frames, one = _frames(wordings, chance, held_out)
    measure, noun = _noun(facts, wordings, chance)
    others = [fact for fact in facts if fact.kind != "class"]
    phrase = _phrase(others, f"一{measure}" if one else "", noun, wordings, chance, held_out)
    text = chance.choice(frames).format(_spaced(phrase)).strip()
    return text if chance.random() < 0.5 else _EDGE.sub("", text)


def _frames(wordings: Wordings, chance: Random, held_out: bool) -> tuple[Sequence[str], bool]:
    """Frames for a phrase, and whether that says "one"."""
    frames = wordings.frames
    if held_out:
        return frames["held_out"], True
    if wordings.subject.are_strokes and chance.random() < 0.3:
        return frames["strokes"], True
    choice = chance.random()
    if choice < 0.12:
        return frames["bare"], False
    return (frames["loose"], False) if choice < 0.4 else (frames["any"], True)


def _noun(facts: Sequence[Fact], wordings: Wordings, chance: Random) -> tuple[str, str]:
    """The measure word and the noun."""
    number = next((fact.value for fact in facts if fact.kind == "class"), None)
    measure, _, noun = chance.choice(wordings.noun if number is None else wordings.nouns[number]).partition(" ")
    return measure, noun


def _phrase(others: Sequence[Fact], one: str, noun: str, wordings: Wordings, chance: Random, held_out: bool) -> str:
    if others and one and chance.random() < 0.15:
        said = [_after(fact, wordings, chance, held_out) for fact in others]
        return wordings.signs["comma"][0].join([_put(one, noun), *filter(None, said)])
    short = [_short(fact, wordings) for fact in others]
    if not held_out and len(others) == 2 and all(short) and chance.random() < 0.5:
        modifier = "".join(f"又{chance.choice(words)}" for words in short) + "的"
    else:
        said = list(filter(None, (_before(fact, wordings, chance, held_out) for fact in others)))
        joint = chance.choice(wordings.signs["joints"])
        modifier = joint.join(said) + "的" if said else ""
        modifier = re.sub("的+", "的", modifier)
    return _put(one + modifier, noun)


def _put(before: str, noun: str) -> str:
    """Words before a noun; a space where a letter or a digit follows."""
    return f"{before} {noun}" if before and re.match(_LATIN, noun) else before + noun


def _spaced(phrase: str) -> str:
    """The phrase with a space before it if it begins with a letter or a digit, and one behind it likewise."""
    before = " " if re.match(_LATIN, phrase) else ""
    after = " " if re.search(f"{_LATIN}$", phrase) else ""
    return f"{before}{phrase}{after}"


def _short(fact: Fact, wordings: Wordings) -> tuple[str, ...]:
    return wordings.phrases(fact).get("short", ()) if abs(fact.value) > 1 or fact.kind == "slant" else ()


def _before(fact: Fact, wordings: Wordings, chance: Random, held_out: bool) -> str:
    """A fact before the noun, without 的."""
    phrases = wordings.phrases(fact)
    if held_out and "held_out" in phrases and chance.random() < 0.5:
        return chance.choice(phrases["held_out"])
    degree = abs(fact.value) if "short" in phrases or "words" in phrases else 2
    if "fixed" in phrases and degree != 1 and (degree == 0 or chance.random() < 0.25 or "short" not in phrases):
        return chance.choice(phrases["fixed"])
    texts = [f"{{}}{text}" for text in phrases.get("short", ())] * 2 + [*phrases.get("words", ())]
    if not texts:
        return chance.choice(phrases.get("fixed", ("",)))
    name = {1: "slightly", 3: "very"}.get(degree, "plain")
    if name == "very" and chance.random() < 0.3:
        name = "plain"
    return chance.choice(texts).format(chance.choice(wordings.degrees[name]))


def _after(fact: Fact, wordings: Wordings, chance: Random, held_out: bool) -> str:
    """A fact as a sentence after the noun."""
    phrases = wordings.phrases(fact)
    if "after" not in phrases or held_out or chance.random() < 0.4:
        return _before(fact, wordings, chance, held_out)
    return chance.choice(phrases["after"])
