"""What is understood of a text: which of its words count, and why one that is not grounded in the data is refused."""

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from vae_desktop.language import current, sentences, tr
from vae_desktop.words.facts import Fact, Subject
from vae_desktop.words.text_encoder import Vocabulary, nearest, stop_words
from vae_desktop.words.wordings import Wordings

_ONE, _BEFORE_NUMBERS = "one", ("a", "the", "number", "digit", "and", "or")
_NEGATIONS = ("not", "no", "without", "neither", "nor", "不", "没", "没有", "无")
_LEAST = 0.5  # of the words of a text that must be known
_SURE = 0.9  # of the captions with a word that say a class, from which on the word is its name
_EXAMPLES = 3  # that a refusal names
_MOST_NAMED = 8  # words that it names
_LONGEST_NAMED = 30  # characters of one of them
_SLOTS = ("adjectives", "short", "fixed", "words", "graded", "after")  # of wordings, the plainest first


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
    refusal : str
        Why it is not drawn, and what would be understood; "" if it is drawn.
    """

    words: tuple[Word, ...]
    facts: tuple[str, ...]
    refusal: str

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
    facts = _facts(words, known)
    refusal = _refusal(words, bool(len(vocabulary))) or _not_this_class(words, known)
    subject = Subject.of_description(described["subject"]) if facts else None
    names = {key: _label(key, subject) for key in facts.values() if subject}
    classes = {key for key in facts.values() if key.startswith("class.")}
    if not refusal and len(classes) > 1:
        refusal = tr("A picture shows one of these, not several: {names}.").format(
            names=tr(", ").join(names[key] for key in facts.values() if key in classes)
        )
    if refusal and examples:
        tried = tr("What would be understood: {examples}.").format(examples=tr("; ").join(_chosen(examples, text)))
        refusal = sentences(refusal, tried)
    return Understanding(words, tuple(dict.fromkeys(names[key] for key in facts.values())), refusal)


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


def _facts(words: Sequence[Word], known: Mapping[str, Any]) -> dict[str, str]:
    """What words ask for, by kind; of several values of an attribute the one that its word says most surely."""
    found: dict[str, tuple[float, str]] = {}
    for place, word in enumerate(words):
        if word.counts and known[word.as_][1] != "own" and not _is_negated(words, place):
            _, key, share = known[word.as_]
            kind = key if key.startswith("class.") and share >= _SURE else key.partition(".")[0]
            found[kind] = max(found.get(kind, (0.0, "")), (share, key))
    return {kind: key for kind, (_, key) in found.items()}


def _is_negated(words: Sequence[Word], place: int) -> bool:
    return any(word.text in _NEGATIONS for word in words[max(place - 2, 0) : place])


def _not_this_class(words: Sequence[Word], known: Mapping[str, Any]) -> str:
    """Why a text that rules a class out is refused; "" if it does not."""
    for place, word in enumerate(words):
        if word.counts and known[word.as_][1].startswith("class.") and _is_negated(words, place):
            return tr("Say what the picture shall show; “{negation} {word}” is not understood.").format(
                negation=next(near.text for near in words[max(place - 2, 0) :] if near.text in _NEGATIONS),
                word=word.text,
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


def _label(key: str, subject: Subject) -> str:
    """A fact in few words of the chosen language."""
    fact = Fact.of_key(key)
    if fact.kind == "class":
        return subject.class_names[fact.value]
    phrases = Wordings(subject, current()).phrases(fact)
    text = next((texts[0] for slot, texts in phrases.items() if texts and slot in _SLOTS), key)
    return text.replace("{}", "")


def _chosen(examples: Sequence[str], text: str) -> list[str]:
    """Some of the examples, for each text others."""
    first = zlib.crc32(text.encode("utf-8", "replace")) % len(examples)
    return [examples[(first + number) % len(examples)] for number in range(min(_EXAMPLES, len(examples)))]
