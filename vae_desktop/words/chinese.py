"""Facts as a Chinese sentence, as a person would type what to draw."""

import re
from collections.abc import Sequence
from random import Random

from vae_desktop.words.english import ALONE
from vae_desktop.words.facts import Fact
from vae_desktop.words.wordings import Wordings

_CHARACTER, _LATIN = "[\u3040-\u30ff\u3400-\u9fff]", "[0-9A-Za-z]"
_EDGE = re.compile(rf"(?<={_CHARACTER}) (?={_LATIN})|(?<={_LATIN}) (?={_CHARACTER})")
_DEGREES = {0: "plain", 1: "slightly", 2: "plain", 3: "very"}
_BEHIND = ("background", "place", "turn")  # what stands after the noun where there is more to say
_ORDER = (*_BEHIND, "brightness", "size", "height", "width", "length", "thickness", "slant", "colour")
_STROKES, _BARE, _LOOSE = 0.25, 0.1, 0.3  # of the frames
_AFTER = 0.15  # of the phrases say all facts after the noun
_WITH_DE = 0.3  # of the texts without a noun end with 的
_SPACED = 0.5  # of the sentences have spaces around letters and digits


def sentence(facts: Sequence[Fact], wordings: Wordings, chance: Random, held_out: bool) -> str:
    """A text that says all of these facts, of which one may be the class."""
    others = sorted((fact for fact in facts if fact.kind != "class"), key=lambda fact: _ORDER.index(fact.kind))
    if others and len(others) == len(facts) and not held_out and chance.random() < ALONE:
        said = _modifier(others, wordings, chance, held_out)
        return said if chance.random() < _WITH_DE else said.removesuffix("的")
    frames, has_one = _frames(facts, wordings, chance, held_out)
    measure, _, noun = chance.choice(wordings.nouns_for(facts)).partition(" ")
    phrase = _phrase(others, f"一{measure}" if has_one else "", noun, wordings, chance, held_out)
    text = _put_into(chance.choice(frames), phrase)
    return text if chance.random() < _SPACED else _EDGE.sub("", text)


def _frames(facts: Sequence[Fact], wordings: Wordings, chance: Random, held_out: bool) -> tuple[Sequence[str], bool]:
    """Frames for a phrase, and whether that has a measure word."""
    frames, draw = wordings.frames, chance.random()
    if held_out:
        return frames["held_out"], True
    if wordings.subject.are_strokes and draw < _STROKES:
        return frames["strokes"], True
    if draw > 1 - _BARE and len(facts) <= 2 and not wordings.is_picture(facts):
        return frames["bare"], False
    return (frames["loose"], False) if draw > 1 - _BARE - _LOOSE else (frames["any"], True)


def _phrase(others: Sequence[Fact], one: str, noun: str, wordings: Wordings, chance: Random, held_out: bool) -> str:
    if others and one and chance.random() < _AFTER:
        before: Sequence[Fact] = ()
    elif len(others) > 1:
        before = [fact for fact in others if fact.kind not in _BEHIND]
    else:
        before = others
    after = [_after(fact, wordings, chance, held_out) for fact in reversed(others) if fact not in before]
    words = _joined(one + _modifier(before, wordings, chance, held_out), noun)
    return wordings.signs["comma"][0].join([words, *filter(None, after)])


def _modifier(facts: Sequence[Fact], wordings: Wordings, chance: Random, held_out: bool) -> str:
    """Facts before a noun, with 的."""
    short = [wordings.phrases(fact).get("short", ()) if abs(fact.value) != 1 else () for fact in facts]
    if not held_out and len(facts) == 2 and all(short) and chance.random() < 0.5:
        return "".join(f"又{chance.choice(words)}" for words in short) + "的"
    said = list(filter(None, (_before(fact, wordings, chance, held_out) for fact in facts)))
    if not said:
        return ""
    if facts[-1].kind == "colour" and len(said) > 1:  # 很暗的蓝色的鸟
        return "、".join(said[:-1]) + f"的{said[-1]}的"
    return re.sub("的+", "的", chance.choice(wordings.signs["joints"]).join(said) + "的")


def _joined(before: str, noun: str) -> str:
    """Words before a noun; a space where a letter or a digit follows."""
    return f"{before} {noun}" if before and re.match(_LATIN, noun) else before + noun


def _put_into(frame: str, phrase: str) -> str:
    """A phrase in its frame, with spaces around it where it begins or ends with a letter or a digit."""
    before, _, after = frame.partition("{}")
    before += " " if before and re.match(_LATIN, phrase) else ""
    after = f" {after}" if after and re.search(f"{_LATIN}$", phrase) else after
    return before + phrase + after


def _before(fact: Fact, wordings: Wordings, chance: Random, held_out: bool) -> str:
    """A fact before the noun, without 的."""
    phrases = wordings.phrases(fact)
    if held_out and "held_out" in phrases and chance.random() < 0.5:
        return chance.choice(phrases["held_out"])
    is_graded = "short" in phrases or "words" in phrases
    name = _DEGREES[abs(fact.value)] if is_graded else "plain"
    if name == "very" and chance.random() < 0.3:
        name = "plain"
    if name in phrases and (not phrases.get("short") or chance.random() < 0.4):  # whole phrases of this degree
        return chance.choice(phrases[name])
    if "fixed" in phrases and name == "plain" and (not is_graded or fact.value == 0 or chance.random() < 0.25):
        return chance.choice(phrases["fixed"])
    texts = [f"{{}}{text}" for text in phrases.get("short", ())] * 2 + [*phrases.get("words", ())]
    if not texts:
        return chance.choice(phrases.get("fixed", ("",)))
    return chance.choice(texts).format(chance.choice(wordings.degrees[name]))


def _after(fact: Fact, wordings: Wordings, chance: Random, held_out: bool) -> str:
    """A fact as a clause after the noun."""
    phrases = wordings.phrases(fact)
    if held_out and "held_out" in phrases and chance.random() < 0.5:
        return chance.choice(phrases["held_out"])
    return chance.choice(phrases.get("after") or phrases.get("fixed") or ("",))
