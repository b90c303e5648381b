"""Captions as the fitting reads them: rows of words, and what each word says."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from vae_desktop.latent.codes import Floats
from vae_desktop.progress import Progress
from vae_desktop.seeds import random_numbers
from vae_desktop.words.facts import LEVELS, UNKNOWN, Fact
from vae_desktop.words.text_encoder import padded
from vae_desktop.words.vocabulary import NEGATIONS, Vocabulary, runs_of, stop_words

if TYPE_CHECKING:
    from vae_desktop.words.captions import Caption, Captions
    from vae_desktop.words.sentence_encoder import SentenceEncoder

CAPTIONS, _OF_EACH = 131_072, 50  # that are drawn at most, of all images together and of each
_READ = 20_000  # of them, of which the vocabulary is made
_TOGETHER = 1000  # captions
_ENCODED, _ENCODED_TOGETHER = 16_384, 256  # by a sentence encoder, which takes a minute for so many
_OFTEN = 0.5  # of the captions with a word, from which on what they say is what it says
_MORE_OFTEN = 2.0  # times as in all captions
_LEANS = 1.6  # times as often as all others of its kind, of which any may be said of "lines" or a "background"
_SAYS = 5.0  # standard deviations of what chance would have, from which on a word says something
_LEAST_VARIANCE = 1e-3
_EXAMPLES = 24  # that are kept, of each language
_LONGEST_EXAMPLE = 40  # characters


@dataclass(frozen=True, eq=False)
class ReadCaptions:
    """Captions of images.

    Attributes
    ----------
    vocabulary : Vocabulary
    described : dict
        As JSON: "words", by word how often it is in the captions, what it says ("" nothing, "class.7",
        "thickness.high", "own" of a person's own captions), and in how many of the captions with it that is said, 0 to
        1; "subject" of the captions; "examples", short captions by language.
    images : Tensor (P,)
        Which image each caption is of.
    inputs : Tensor (P, L) or (P, D)
        What the text encoder is given of each caption: its words as `padded` gives them, or a sentence's vector.
    facts : Tensor (P, K)
        What each caption says: 1 for each fact, and how far each level is from the middle, -1 to 1; NaN throughout for
        a person's own.
    """

    vocabulary: Vocabulary
    described: dict[str, Any]
    images: Tensor
    inputs: Tensor
    facts: Tensor

    @property
    def says_something(self) -> bool:
        """Whether any word tells images apart."""
        return any(says for _, says, _ in self.described["words"].values())


def read(
    captions: Captions,
    units: Floats,
    seed: int,
    progress: Progress,
    sentences: SentenceEncoder | None = None,
    most: int = CAPTIONS,
) -> ReadCaptions:
    """Draw captions of images whose codes are `units` (N, d), so many at most, and read them."""
    random = random_numbers(seed, "captions")
    images = _chosen(captions.facts.values != UNKNOWN, min(most, CAPTIONS), random)
    drawn: list[Caption] = []
    for part in np.array_split(images, -(-len(images) // _TOGETHER)):
        progress(len(drawn), 2 * len(images))
        drawn += captions.captions(part, random)
    vocabulary = Vocabulary.of(caption.text for caption in drawn[:_READ])
    split: list[list[str]] = []
    for number, caption in enumerate(drawn):
        if number % _TOGETHER == 0:
            progress(len(images) + number, 2 * len(images))
        split.append(vocabulary.split(caption.text))
    places = padded(split, vocabulary)
    progress.check()
    says = _meanings(drawn, split)
    progress.check()
    own = np.array([not caption.facts for caption in drawn])
    if own.any():
        is_saying = _differ(places[own], images[own], units, len(vocabulary))
        says |= {
            word: ("own", 1.0)
            for word, says_own in zip(vocabulary.words, is_saying, strict=True)
            if says_own and word not in says
        }
    words = {word: [count, *says.get(word, ("", 0.0))] for word, count in vocabulary.counts.items()}
    described = {"words": words, "subject": captions.subject.described, "examples": _examples(drawn)}
    has_words = np.flatnonzero(places.any(1))
    if sentences is not None:
        has_words = has_words[:_ENCODED]
    inputs = places[has_words] if sentences is None else _encoded(drawn, has_words, sentences, progress)
    parts = (images[has_words], inputs, _said([drawn[number].facts for number in has_words]))
    return ReadCaptions(vocabulary, described, *map(torch.from_numpy, parts))


def _chosen(is_known: npt.NDArray[np.bool_], most: int, random: np.random.Generator) -> npt.NDArray[np.int64]:
    """Which images (P,) captions are drawn of: as often of those of which most is known as of all together.

    Of large sets a random part is measured; the others have captions of their classes alone.
    """
    known = is_known.sum(1)
    groups = [np.arange(len(known))]
    if len(known) and known.max(initial=0) > 1:
        groups.append(np.flatnonzero(2 * known > known.max()))
    chosen = []
    for group in groups:
        share = -(-most // len(groups))
        rounds = min(-(-share // len(group)), _OF_EACH)
        chosen.append(np.concatenate([random.permutation(group) for _ in range(rounds)])[:share])
    return random.permutation(np.concatenate(chosen))


def _said(facts: list[tuple[Fact, ...]]) -> Floats:
    """What captions say, as numbers (P, K): see `ReadCaptions.facts`."""
    keys = sorted({fact.key for own in facts for fact in own})
    columns = {name: column for column, name in enumerate((*keys, *LEVELS))}
    said = np.zeros((len(facts), len(columns)), np.float32)
    for row, own in zip(said, facts, strict=True):
        if not own:
            row[:] = np.nan
        for fact in own:
            row[columns[fact.key]] = 1
            if fact.kind in LEVELS:
                row[columns[fact.kind]] = fact.value / 3
    return said


def _encoded(
    captions: list[Caption], chosen: npt.NDArray[np.int64], sentences: SentenceEncoder, progress: Progress
) -> Floats:
    """The vectors (P, D) of the chosen captions."""
    found = []
    for part in np.array_split(chosen, max(1, len(chosen) // _ENCODED_TOGETHER)):
        progress.check()
        found.append(sentences.encode([captions[number].text for number in part]))
    return np.concatenate(found)


def _meanings(captions: list[Caption], split: list[list[str]]) -> dict[str, tuple[str, float]]:
    """What each word says, and in how many of the captions with it: in most of them, and far fewer of the others."""
    total, with_fact = 0, Counter[str]()
    with_word, with_both = Counter[str](), defaultdict[str, Counter[str]](Counter)
    for caption, words in zip(captions, split, strict=True):
        if not caption.facts:
            continue
        keys = [fact.key for fact in caption.facts]
        total += 1
        with_fact.update(keys)
        # A negation and what follows it do not say what the caption says: not slanted.
        end = next((place for place, word in enumerate(words) if word in NEGATIONS), None)
        for word in set(words[:end]):
            with_word[word] += 1
            with_both[word].update(keys)
    found = {}
    for word, said in with_both.items():
        if word in stop_words():
            continue
        key, count = max(said.items(), key=lambda pair: pair[1])
        often, kind = count / with_word[word], key.partition(".")[0]
        others = sum(times for other, times in said.items() if other != key and other.startswith(f"{kind}."))
        if kind != "class" and count < _LEANS * others:
            continue
        if often >= max(_OFTEN, _MORE_OFTEN * with_fact[key] / total):
            found[word] = key, round(often, 3)
    return found


def _differ(
    places: npt.NDArray[np.int64], images: npt.NDArray[np.int64], units: Floats, words: int
) -> npt.NDArray[np.bool_]:
    """Whether the codes of the images whose captions have a word (V,) lie elsewhere than those of all.

    The mean of n codes lies off by chance: by χ² with d degrees of freedom, over n.
    """
    pairs = np.unique((images[:, None] * (words + 1) + places)[places > 0])
    image, word = pairs // (words + 1), pairs % (words + 1) - 1
    counts = np.bincount(word, minlength=words).clip(min=1)
    middle, variance = units.mean(0), units.var(0)
    is_there = variance > _LEAST_VARIANCE
    off = np.zeros(words)
    for values, centre, spread in zip(units.T[is_there], middle[is_there], variance[is_there], strict=True):
        off += np.bincount(word, weights=values[image] - centre, minlength=words) ** 2 / (counts * spread)
    dimensions = int(is_there.sum())
    found: npt.NDArray[np.bool_] = (off - dimensions) / np.sqrt(2 * dimensions) > _SAYS
    return found


def _examples(captions: list[Caption]) -> dict[str, list[str]]:
    """Short captions, no two of the same facts, by language."""
    found: dict[str, dict[Any, str]] = {"en": {}, "zh": {}}
    for caption in captions[:_READ]:
        if len(caption.text) > _LONGEST_EXAMPLE:
            continue
        own = found["zh" if any(run.is_chinese for run in runs_of(caption.text)) else "en"]
        if len(own) < _EXAMPLES:
            own.setdefault(frozenset(fact.key for fact in caption.facts) or caption.text, caption.text)
    return {language: list(own.values()) for language, own in found.items()}
