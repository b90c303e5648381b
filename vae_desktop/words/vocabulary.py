"""The words of texts: which ones captions have, English and Chinese, and which known word another one is a slip of."""

import difflib
import itertools
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import cache, cached_property
from typing import NamedTuple

from vae_desktop.resources import resource_path

NEGATIONS = ("not", "no", "without", "neither", "nor", "never", "isn", "except", "不", "没", "没有", "无", "别")
MOST_WORDS, LONGEST_WORD = 3000, 60  # of a vocabulary, the most frequent ones; and characters of a word
_MOST_TEXT = 2_000  # characters of a text that are looked at
_LONGEST_CHINESE = 6  # characters of a word that is found in captions
_TOGETHER = 0.8  # of the times that a part of a Chinese word occurs it is in that word
_FEWEST = 3  # times that a word occurs in the captions that it is learned from
_END = ""  # beside a string: nothing, or a word that no word has in it
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

        Chinese is written without spaces: characters count as a word where they nearly always stand together. What
        captions so parted have no longer is a piece of words, and not one itself.
        """
        runs = Counter(run for caption in captions for run in runs_of(caption))
        strings = _Strings(runs)
        parting = cls({word: count for word, count in strings.counts.items() if strings.holds_together(word)})
        counts: Counter[str] = Counter()
        for run, times in runs.items():
            for word in parting._split_chinese(run.text) if run.is_chinese else (run.text,):
                counts[word] += times
        words = [(word, count) for word, count in counts.most_common() if count >= _FEWEST and word in parting]
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

    Words of less than five letters and numbers are taken as they are. A Chinese word that is half of a known one is
    taken for it, where there is but one: 红 for 红色.
    """
    if is_chinese(word):
        wholes = [other for other in known if word in other and len(other) <= 2 * len(word)]
        return wholes[0] if len(wholes) == 1 else None
    if len(word) < _SHORTEST_SLIP or not word.isalpha():
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


class _Strings:
    """How often words, and all strings of Chinese characters, occur in captions, and what stands beside them.

    Parameters
    ----------
    runs : mapping of Run to int
        Those of the captions, and how often each occurs.
    """

    def __init__(self, runs: Mapping[Run, int]) -> None:
        self.counts: Counter[str] = Counter()
        self._before, self._after = defaultdict[str, set[str]](set), defaultdict[str, set[str]](set)
        for (text, is_of_characters), times in runs.items():
            parts = list(_parts(text)) if is_of_characters else [(0, len(text))]
            stops = [(start, end) for start, end in parts if text[start:end] in stop_words()]
            begins = {len(text), *(start for start, _ in stops)}  # where a string ends for certain
            ends = {0, *(end for _, end in stops)}
            for start, end in parts:
                string = text[start:end]
                self.counts[string] += times
                self._before[string].add(_END if start in ends else text[start - 1])
                self._after[string].add(_END if end in begins else text[end])

    def holds_together(self, word: str) -> bool:
        """Whether a string is a word, or a single character, which may be one."""
        if self.counts[word] < _FEWEST or len(word) > LONGEST_WORD:
            return False
        if len(word) == 1 or not is_chinese(word) or word in stop_words():
            return True
        if self._is_piece(word):
            return False
        if len(word) == 2 and word[0] in NEGATIONS:
            return True
        if any(word[start:end] in stop_words() for start, end in _parts(word)):
            return False
        least = self.counts[word] / _TOGETHER
        return all(least >= min(self.counts[word[:cut]], self.counts[word[cut:]]) for cut in range(1, len(word)))

    def _is_piece(self, word: str) -> bool:
        """Whether one and the same character always stands before a string, or behind it."""
        return any(len(beside) == 1 and _END not in beside for beside in (self._before[word], self._after[word]))


def _parts(text: str) -> Iterable[tuple[int, int]]:
    """Where the strings of a text begin and end that can be words."""
    for start in range(len(text)):
        for end in range(start + 1, min(start + _LONGEST_CHINESE, len(text)) + 1):
            yield start, end
