"""Captions of the images of a data set, drawn at random: each says a part of what is known, in English or Chinese."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

import numpy as np
import numpy.typing as npt

from vae_desktop.data.captions import with_tags
from vae_desktop.data.dataset import Dataset
from vae_desktop.data.marks import Marks
from vae_desktop.paths import marks_dir
from vae_desktop.progress import Progress, ignore
from vae_desktop.words import chinese, english
from vae_desktop.words.facts import LEVELS, Fact, Facts, Subject
from vae_desktop.words.wordings import LANGUAGES, Wordings

_OF_CLASS = 0.8  # of captions that name the class, where it is known
_MORE = (0.35, 0.35, 0.2, 0.1)  # of captions with so many other facts
_MIDDLE, _LENGTH = 0.15, 0.4  # of the times that they could be, levels in the middle and lengths are said
_OWN = 0.6  # of captions are a person's own, where an image has some
_PLAIN_MIDDLE = ("slant",)  # whose middle is worth a word as much as any

_SENTENCES: dict[str, Callable[[Sequence[Fact], Wordings, Random, bool], str]] = {
    "en": english.sentence,
    "zh": chinese.sentence,
}


@dataclass(frozen=True)
class Caption:
    """A text, and the facts that it says; none of a person's own text."""

    text: str
    facts: tuple[Fact, ...]


class Captions:
    """Draws captions of images.

    Parameters
    ----------
    facts : Facts
        Of N images.
    own : sequence of tuple of str, or None
        A person's own captions of each of them.
    """

    def __init__(self, facts: Facts, own: Sequence[tuple[str, ...]] | None = None) -> None:
        self.facts, self.own = facts, own
        self._speaker = Speaker(facts.subject)

    @classmethod
    def of(cls, dataset: Dataset, progress: Progress = ignore) -> Captions:
        """Captions of the training images of a data set, with a person's own and their tags.

        Raises
        ------
        Cancelled
            If `progress` raised it.
        """
        tagged = Marks(marks_dir(), dataset.config.name).tagged()
        return cls(Facts.of(dataset, progress), with_tags(dataset.train, tagged))

    def __len__(self) -> int:
        return len(self.facts)

    @property
    def subject(self) -> Subject:
        """What they can speak of."""
        return self.facts.subject

    def draw(self, numbers: npt.NDArray[np.int64], rng: np.random.Generator, held_out: bool = False) -> list[str]:
        """A caption for each of the images of these numbers (B,); of wordings that are never trained if `held_out`."""
        return [caption.text for caption in self.captions(numbers, rng, held_out)]

    def captions(
        self, numbers: npt.NDArray[np.int64], rng: np.random.Generator, held_out: bool = False
    ) -> list[Caption]:
        """The same, with the facts that each says."""
        chance = Random(int(rng.integers(1 << 62)))
        return [self._of(number, chance, held_out) for number in np.asarray(numbers).tolist()]

    def _of(self, number: int, chance: Random, held_out: bool) -> Caption:
        own = self.own[number] if self.own is not None else ()
        if own and chance.random() < _OWN:
            return Caption(chance.choice(own), ())
        said = _choose(self.facts[number], chance)
        return Caption(self._speaker.say(said, chance, chance.choice(LANGUAGES), held_out), said)


class Speaker:
    """Says facts of a subject in words.

    Parameters
    ----------
    subject : Subject
    """

    def __init__(self, subject: Subject) -> None:
        self.subject = subject
        self.wordings = {language: Wordings(subject, language) for language in LANGUAGES}

    def say(self, facts: Sequence[Fact], chance: Random, language: str, held_out: bool = False) -> str:
        """A text in English or Chinese ("en", "zh") that says these facts; of wordings never trained if `held_out`."""
        return _SENTENCES[language](facts, self.wordings[language], chance, held_out)


def _choose(known: Sequence[Fact], chance: Random) -> tuple[Fact, ...]:
    """A random part of what is known."""
    classes = [fact for fact in known if fact.kind == "class"]
    others = [fact for fact in known if fact.kind != "class" and _is_worth_it(fact, chance)]
    count = chance.choices(range(len(_MORE)), _MORE)[0]
    said = classes if chance.random() < _OF_CLASS else []
    if not said and not count and others:
        count = 1
    more = chance.sample(others, min(count, len(others)))
    return tuple(said + more) or tuple(classes)


def _is_worth_it(fact: Fact, chance: Random) -> bool:
    """Whether a fact is among those that may be said; what people hardly ever ask for is so less often."""
    if fact.kind == "length":
        return fact.value != 0 and chance.random() < _LENGTH
    return fact.kind not in LEVELS or fact.value != 0 or fact.kind in _PLAIN_MIDDLE or chance.random() < _MIDDLE
