"""What is understood of a text: which of its words count, and why one that is not grounded in the data is refused."""

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from vae_desktop.language import current, sentences, tr
from vae_desktop.words.facts import LEVELS, Fact, Subject
from vae_desktop.words.vocabulary import NEGATIONS, Vocabulary, nearest, stop_words
from vae_desktop.words.wordings import Wordings

_OWN = "own"  # what words of a person's own captions say
_ONE, _BEFORE_NUMBERS = "one", ("a", "the", "number", "digit", "and", "or")
_REACH = 3  # words behind a negation that it can be said of
_UPRIGHT = "slant.middle"  # what is not slanted; no other negation is in captions
_OPPOSED = ("class", *(kind for kind in LEVELS if kind != "slant"))  # of which a picture shows one: tilted to the left
_LEAST = 0.5  # of the words of a text that must be known
_SURE = 0.9  # of the captions with a word that say a class, from which on the word is its name
_EXAMPLES = 3  # that a refusal names
_MOST_NAMED = 8  # words that it names
_LONGEST_NAMED = 30  # characters of one of them
_SLOTS = ("name", "adjectives", "short", "fixed", "words", "graded", "after")  # of wordings, the plainest first


@dataclass(frozen=True)
class Word:
    """A word of a text.

    Attributes
    ----------
    text : str
        As it was found there, in small letters.
    counts : bool
        Whether the pictures follow it.
    as_ : str
        The known word that it was taken for; "" if it is not known.
    """

    text: str
    counts: bool
    as_: str


@dataclass(frozen=True)
class Understanding:
    """What was understood of a text.

    Attributes
    ----------
    words : tuple of Word
        In the order of the text.
    facts : tuple of str
        What it asks for, in words for the person.
    reason : str
        Why it is not drawn; "" if it is.
    tried : str
        What would be understood, where there is a reason.
    """

    words: tuple[Word, ...]
    facts: tuple[str, ...]
    reason: str
    tried: str

    @property
    def refusal(self) -> str:
        """Why it is not drawn, and what would be understood; "" if it is drawn."""
        return sentences(self.reason, self.tried)

    @property
    def known(self) -> list[str]:
        """All words that the captions have, as they have them."""
        return [word.as_ for word in self.words if word.as_]


def understand(
    text: str, vocabulary: Vocabulary, described: Mapping[str, Any], examples: Sequence[str]
) -> Understanding:
    """What is understood of a text by a diffusion with this vocabulary and description; examples are what would be."""
    known = described["words"]
    named = [word for word in known if word not in stop_words()]
    words = _words([_word(found, vocabulary, known, named) for found in vocabulary.split(text)], known)
    subject = Subject.of_description(described["subject"]) if known else None
    asked = _asked(words, known)
    facts = _facts(asked)
    names = {key: _label(key, share, subject) for key, share in asked.items() if subject}
    reason = _refusal(words, bool(len(vocabulary))) or _ruled_out(words, known)
    opposed = [] if reason else _opposed(asked, subject)
    if opposed:
        listed = tr(", ").join(names[key] for key in opposed)
        reason = tr("A picture shows one of these, not several: {names}.").format(names=listed)
    tried = ""
    if reason and examples:
        tried = tr("What would be understood: {examples}.").format(examples=tr("; ").join(_chosen(examples, text)))
    return Understanding(words, tuple(dict.fromkeys(names[key] for key in facts)), reason, tried)


def _word(found: str, vocabulary: Vocabulary, known: Mapping[str, Any], named: Sequence[str]) -> Word:
    if found in vocabulary:
        return Word(found, bool(known[found][1]), found)
    as_ = None if found in stop_words() else nearest(found, named)
    return Word(found, as_ is not None and bool(known[as_][1]), as_ or "")


def _words(words: Sequence[Word], known: Mapping[str, Any]) -> tuple[Word, ...]:
    """The words, of which "one" is no number where it stands for "a": in "one large 9"."""
    before = ["", *(word.text for word in words)]
    others = any(word.counts and known[word.as_][1].startswith("class.") and word.text != _ONE for word in words)
    return tuple(
        Word(word.text, False, "") if others and word.text == _ONE and earlier not in _BEFORE_NUMBERS else word
        for word, earlier in zip(words, before[:-1], strict=True)
    )


def _asked(words: Sequence[Word], known: Mapping[str, Any]) -> dict[str, float]:
    """What words ask for, and how surely they say it, in the order of the text."""
    asked: dict[str, float] = {}
    for place, word in enumerate(words):
        if word.counts and known[word.as_][1] != _OWN:
            _, key, share = known[word.as_]
            negation = _negation(words, place, known)
            if negation is not None:
                if not _is_known_negation(negation, key, known):
                    continue
                key = _UPRIGHT
            asked[key] = max(asked.get(key, 0.0), share)
    return asked


def _facts(asked: Mapping[str, float]) -> list[str]:
    """What is asked for, of several values of an attribute the one that is said most surely; of sure classes all."""
    found: dict[str, str] = {}
    for key, share in asked.items():
        kind = key if key.startswith("class.") and share >= _SURE else key.partition(".")[0]
        found[kind] = max(found.get(kind, key), key, key=lambda each: (asked[each], each))
    return list(found.values())


def _opposed(asked: Mapping[str, float], subject: Subject | None) -> list[str]:
    """What is asked for and cannot be at once; of a person's own pictures, which can show several things, nothing."""
    if subject is None or subject.dataset == "custom":
        return []
    for kind in _OPPOSED:
        keys = [key for key, share in asked.items() if key.startswith(f"{kind}.") and share >= _SURE]
        if len(keys) > 1:
            return keys
    return []


def _negation(words: Sequence[Word], place: int, known: Mapping[str, Any]) -> Word | None:
    """The word that negates another one, if it is one: that stands before it, with no other fact in between."""
    kind = known[words[place].as_][1].partition(".")[0]
    for near in range(place - 1, max(place - 1 - _REACH, -1), -1):
        word = words[near]
        if word.text in NEGATIONS:
            return word
        if word.counts:
            is_same = known[word.as_][1].partition(".")[0] == kind  # not slanted to the right
            return _negation(words, near, known) if is_same else None
    return None


def _is_known_negation(negation: Word, key: str, known: Mapping[str, Any]) -> bool:
    """Whether captions say what it is that does not have this: it is upright."""
    is_slant = key.startswith("slant.") and key != _UPRIGHT
    return is_slant and bool(negation.as_) and any(says == _UPRIGHT for _, says, _ in known.values())


def _ruled_out(words: Sequence[Word], known: Mapping[str, Any]) -> str:
    """Why a text that says what a picture is not is refused; "" if it does not."""
    for place, word in enumerate(words):
        says = known[word.as_][1] if word.counts else _OWN
        negation = None if says == _OWN else _negation(words, place, known)
        if negation is not None and not _is_known_negation(negation, says, known):
            return tr("Say what the picture shall show; “{negation} {word}” is not understood.").format(
                negation=negation.text, word=word.text
            )
    return ""


def _refusal(words: Sequence[Word], has_words: bool) -> str:
    """Why a text is not grounded in the data; "" if it is."""
    if not has_words:
        return tr("This diffusion was fitted without captions: it draws without words only.")
    if not words:
        return tr("There are no words in this text.")
    unknown = [word.text for word in words if not word.as_ and word.text not in stop_words()]
    counting = sum(word.counts for word in words)
    is_neutral = any(word.as_ and word.as_ not in stop_words() for word in words)
    if not counting and not unknown and not is_neutral:
        return tr("These words do not say which picture.")
    if unknown and counting < _LEAST * (counting + len(unknown)):
        named = list(dict.fromkeys(unknown))[:_MOST_NAMED]
        listed = tr(", ").join(word if len(word) <= _LONGEST_NAMED else f"{word[:_LONGEST_NAMED]}…" for word in named)
        return tr("Too little of this is known from the images: not {words}.").format(words=listed)
    return ""


def _label(key: str, share: float, subject: Subject) -> str:
    """A fact in few words of the chosen language; of a colour that may be that of the background as well the colour."""
    fact = Fact.of_key(key)
    if fact.kind == "class":
        return subject.class_names[fact.value]
    if fact.kind == "background" and share < _SURE:
        fact = fact._replace(kind="colour")
    phrases = Wordings(subject, current()).phrases(fact)
    text = next((texts[0] for slot, texts in phrases.items() if texts and slot in _SLOTS), key)
    return text.replace("{}", "")


def _chosen(examples: Sequence[str], text: str) -> list[str]:
    """Some of the examples, for each text others."""
    first = zlib.crc32(text.encode("utf-8", "replace")) % len(examples)
    return [examples[(first + number) % len(examples)] for number in range(min(_EXAMPLES, len(examples)))]
