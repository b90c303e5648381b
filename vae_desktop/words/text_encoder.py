"""Texts as numbers: their words, the pieces that these are made of, and a small network that reads them."""

import difflib
import itertools
import re
import unicodedata
import zlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import cache, cached_property
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vae_desktop.models.randomness import generator
from vae_desktop.resources import resource_path

TEXT_DIM = 64  # numbers that a text becomes
_BUCKETS = 4096  # of pieces; two that fall into one are told apart by the others of their words
PIECE_DIM = 64
_SHORTEST, _LONGEST = 3, 5  # pieces of Latin words
_MOST_READ = 32  # words of a text
MOST_WORDS, LONGEST_WORD = 3000, 60  # of a vocabulary, the most frequent ones; and characters of a word
_MOST_TEXT = 2_000  # characters of a text that are looked at
_LONGEST_CHINESE = 4  # characters of a word that is found in captions
_TOGETHER = 0.8  # of the times that a part of a Chinese word occurs it is in that word
_FEWEST = 3  # times that a word occurs in the captions that it is learned from
_NEGATIONS = "不没无"
_LEAST_ALIKE = 0.8  # of two words, of which one is then a slip of the other
_STEM = 4  # letters of a known word, of which another is a form
_ROOT, _SHARED = 5, 0.6  # letters that two forms share at least, and fraction of the longer one
_ENDINGS = ("s", "er", "est", "ish", "ly", "y", "ed", "ing", "ness")
_SHORTEST_SLIP = 5  # letters

_CHINESE = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_RUNS = re.compile(rf"[{_CHINESE}]+|\d+|[^\W\d_{_CHINESE}]+")


@cache
def stop_words() -> frozenset[str]:
    """Words, English and Chinese, that say nothing of a picture in any data."""
    return frozenset(resource_path("words/stop_words.txt").read_text("utf-8").split())


class Run(NamedTuple):
    """A stretch of a text without spaces in it: a word, a number, or Chinese characters, which hold several words."""

    text: str
    is_chinese: bool


def runs_of(text: str) -> list[Run]:
    """The words, numbers and stretches of Chinese of a text, in small letters, in its order."""
    plain = unicodedata.normalize("NFKC", text[:_MOST_TEXT]).casefold()
    return [Run(found, "\u3400" <= found[0] <= "\u9fff") for found in _RUNS.findall(plain)]


class Vocabulary:
    """The words of captions, and how often each occurs in them.

    Parameters
    ----------
    counts : mapping of word to int
    """

    def __init__(self, counts: Mapping[str, int]) -> None:
        self.counts = dict(counts)
        self.words = tuple(self.counts)
        self._places = {word: place for place, word in enumerate(self.words)}
        self._chinese: dict[str, list[str]] = {}  # what is found in a stretch

    @classmethod
    def of(cls, captions: Iterable[str]) -> "Vocabulary":
        """The words of captions.

        Chinese is written without spaces: characters count as a word where they nearly always stand together.
        """
        counts: Counter[str] = Counter()
        for caption in captions:
            for run in runs_of(caption):
                counts.update(_substrings(run.text) if run.is_chinese else (run.text,))
        words = [(word, count) for word, count in counts.most_common() if _holds_together(word, counts)]
        return cls(dict(words[:MOST_WORDS]))

    def __len__(self) -> int:
        return len(self.words)

    def __contains__(self, word: str) -> bool:
        return word in self._places

    def place(self, word: str) -> int:
        return self._places[word]

    def split(self, text: str) -> list[str]:
        """The words of a text, known ones and others; of Chinese the longest known ones first come, first served."""
        words: list[str] = []
        for run in runs_of(text):
            words += self._split_chinese(run.text) if run.is_chinese else (run.text,)
        return words

    def _split_chinese(self, text: str) -> list[str]:
        """The words of a stretch of Chinese.

        A single known character that touches unknown ones is part of another word than the known one: of the five in
        "五角星", a star, nothing is meant.
        """
        if text not in self._chinese:
            words, start = [], 0
            while start < len(text):
                ends = range(min(len(text), start + self._longest_chinese), start, -1)
                end = next((end for end in ends if self._is_word(text[start:end])), start + 1)
                words.append(text[start:end])
                start = end
            is_unknown = [not self._is_word(word) for word in words]
            for place, word in enumerate(words):
                if len(word) == 1 and word not in stop_words():
                    beside = words[max(place - 1, 0) : place + 2]
                    is_unknown[place] = any(not self._is_word(other) for other in beside)
            groups = itertools.groupby(zip(words, is_unknown, strict=True), key=lambda pair: pair[1])
            parts = (
                [word for word, _ in pairs] if not unknown else ["".join(w for w, _ in pairs)]
                for unknown, pairs in groups
            )
            self._chinese[text] = list(itertools.chain.from_iterable(parts))
        return self._chinese[text]

    def _is_word(self, text: str) -> bool:
        return text in self or text in stop_words()

    @cached_property
    def _longest_chinese(self) -> int:
        return max((len(word) for word in (*self.words, *stop_words()) if is_chinese(word)), default=0)


def nearest(word: str, known: Sequence[str]) -> str | None:
    """The known word of which another one is a slip or another form; None if there is none.

    Words of less than five letters, numbers and Chinese are taken as they are.
    """
    if len(word) < _SHORTEST_SLIP or not word.isalpha() or is_chinese(word):
        return None
    alike = [other for other in known if other[0] == word[0] and len(other) >= _STEM]
    stems = [other for other in alike if word.startswith(other) and word[len(other) :] in _ENDINGS]
    if stems:
        return max(stems, key=len)
    slips = [other for other in alike if abs(len(other) - len(word)) < 2]
    close = difflib.get_close_matches(word, slips, 1, _LEAST_ALIKE)
    if close:
        return close[0]
    forms = [(len(_common_start(word, other)), other) for other in sorted(alike, key=len)]
    shared, form = max(forms, key=lambda pair: pair[0], default=(0, ""))  # of several the shortest
    return form if shared >= max(_ROOT, _SHARED * max(len(word), len(form))) else None


def is_chinese(word: str) -> bool:
    return "\u3400" <= word[0] <= "\u9fff"


def _common_start(one: str, other: str) -> str:
    length = next((place for place, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), None)
    return one[:length] if length is not None else min(one, other, key=len)


def _substrings(text: str) -> Iterable[str]:
    for length in range(1, _LONGEST_CHINESE + 1):
        for start in range(len(text) - length + 1):
            yield text[start : start + length]


def _holds_together(word: str, counts: Mapping[str, int]) -> bool:
    if counts[word] < _FEWEST or len(word) > LONGEST_WORD:
        return False
    if len(word) == 1 or not is_chinese(word) or word in stop_words():
        return True
    if len(word) == 2 and word[0] in _NEGATIONS:
        return True
    if any(character in stop_words() for character in word):
        return False
    return all(counts[word] >= _TOGETHER * min(counts[word[:cut]], counts[word[cut:]]) for cut in range(1, len(word)))


def pieces_of(word: str) -> list[int]:
    """The buckets of a word's pieces.

    The word itself, and of a Latin one three to five letters at a time, ends marked (Bojanowski et al. 2017,
    arXiv 1607.04606); of a Chinese one its characters and pairs of these.
    """
    marked = f"<{word}>"
    if is_chinese(word):
        pieces = {marked, *word, *(word[start : start + 2] for start in range(len(word) - 1))}
    else:
        lengths = range(_SHORTEST, _LONGEST + 1)
        pieces = {marked[start : start + n] for n in lengths for start in range(len(marked) - n + 1)} | {marked}
    return sorted(zlib.crc32(piece.encode()) % _BUCKETS for piece in pieces)


def padded(texts: Sequence[Sequence[str]], vocabulary: Vocabulary) -> np.ndarray:
    """Texts as rows (N, L) of places in the vocabulary, from 1 on; 0 is no word."""
    rows = [[vocabulary.place(word) + 1 for word in text if word in vocabulary][:_MOST_READ] for text in texts]
    result = np.zeros((len(rows), max(map(len, rows), default=1) or 1), np.int64)
    for row, places in zip(result, rows, strict=True):
        row[: len(places)] = places
    return result


class TextEncoder(nn.Module):
    """Reads the words of a text: each by its pieces and those of the words beside it, and with a weight of its own.

    Parameters
    ----------
    words : sequence of str
        The vocabulary.
    """

    def __init__(self, words: Sequence[str]) -> None:
        super().__init__()
        self.pieces = nn.EmbeddingBag(_BUCKETS, PIECE_DIM, mode="mean")
        self.neighbours = nn.Linear(PIECE_DIM, 3 * TEXT_DIM)  # as it stands after a word, and before one
        self.weight = nn.Linear(TEXT_DIM, 1)
        self.last = nn.Linear(TEXT_DIM, TEXT_DIM)
        buckets = [pieces_of(word) for word in words]
        self._buckets = torch.tensor([bucket for own in buckets for bucket in own], dtype=torch.long)
        self._starts = torch.tensor(np.cumsum([0, *map(len, buckets)])[:-1], dtype=torch.long)

    def initialize(self, seed: int) -> None:
        """Draw the weights."""
        for name, parameter in self.named_parameters():
            random = generator(seed, "text encoder", name)
            if parameter.ndim < 2 or name == "weight.weight":
                nn.init.zeros_(parameter)
            elif name.startswith("pieces"):
                nn.init.normal_(parameter, generator=random)
            else:
                nn.init.kaiming_normal_(parameter, nonlinearity="relu", generator=random)

    def forward(self, places: Tensor) -> Tensor:
        """Vectors (N, 64) of texts (N, L), rows of places in the vocabulary as `padded` gives them."""
        words = F.pad(self.pieces(self._buckets, self._starts), (0, 0, 1, 0))  # (1 + V, 64), the first is no word
        # All words before they are looked up: there are far fewer of them than in the texts.
        after, own, before = self.neighbours(words).chunk(3, 1)
        there = places > 0
        text, _ = there.nonzero(as_tuple=True)
        last, following = F.pad(places, (1, -1))[there], F.pad(places, (-1, 1))[there]
        read = F.silu(F.embedding(last, after) + F.embedding(places[there], own) + F.embedding(following, before))
        weights = self.weight(read).exp()  # (W, 1)
        sums = torch.cat([weights, weights * read], 1)
        sums = torch.zeros(len(places), 1 + TEXT_DIM).index_add(0, text, sums)
        return self.last(sums[:, 1:] / sums[:, :1])
