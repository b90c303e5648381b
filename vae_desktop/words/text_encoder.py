"""Texts as numbers: the pieces that their words are made of, and a small network that reads them."""

import zlib
from collections.abc import Sequence

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vae_desktop.models.randomness import generator
from vae_desktop.words.vocabulary import Vocabulary, is_chinese

TEXT_DIM = 64  # numbers that a text becomes
_BUCKETS = 4096  # of pieces; two that fall into one are told apart by the others of their words
PIECE_DIM = 64
_SHORTEST, _LONGEST = 3, 5  # pieces of Latin words
_MOST_READ = 32  # words of a text


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
