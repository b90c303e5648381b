"""Texts become words, and words numbers."""

import numpy as np
import pytest
import torch

from vae_desktop.words.text_encoder import TextEncoder, padded, pieces_of
from vae_desktop.words.vocabulary import Vocabulary, nearest, runs_of

CAPTIONS = [
    *["a thick 7", "a thin seven", "the digit 3, slanted to the left", "three in bold strokes"] * 10,
    *["画一个很粗的七", "数字三", "细一点的七", "左上角的三", "写一个数字七"] * 10,
]


@pytest.fixture(scope="module")
def vocabulary():
    return Vocabulary.of(CAPTIONS)


def test_a_text_is_parted_into_words_numbers_and_stretches_of_chinese():
    found = [run.text for run in runs_of("Draw THICK 7s, 画一个７ — caf\u00e9!")]
    assert found == ["draw", "thick", "7", "s", "画一个", "7", "café"]


def test_a_long_text_is_looked_at_in_part():
    assert len(runs_of("seven " * 10_000)) < 1000


def test_chinese_words_are_found_where_characters_stand_together(vocabulary):
    assert {"数字", "左上角", "粗", "七"} <= set(vocabulary.words)
    assert "的七" not in vocabulary  # what they mean is in "七" already
    assert vocabulary.split("请画一个粗的数字七") == ["请", "画", "一个", "粗", "的", "数字", "七"]


def test_pieces_of_chinese_words_are_no_words(vocabulary):
    assert not {"数", "左", "左上", "角"} & set(vocabulary.words)
    long = Vocabulary.of(["一个阿拉伯数字", "粗的阿拉伯数字", "粗数字", "红色房子 粗"] * 5)
    assert {"阿拉伯数字", "数字", "粗", "房子"} & set(long.words) == {"阿拉伯数字", "数字", "粗"}
    assert nearest("红色房", ["红色房子"]) == "红色房子"


def test_unknown_characters_stay_together(vocabulary):
    assert vocabulary.split("画一只猫咪") == ["画", "一只", "猫咪"]


@pytest.mark.parametrize(
    ("word", "known"), [("thikc", "thick"), ("slantish", "slanted"), ("sevn", None), ("strokes!", None), ("8", None)]
)
def test_a_slip_or_another_form_is_the_nearest_known_word(vocabulary, word, known):
    assert nearest(word, vocabulary.words) == known


@pytest.mark.parametrize("word", ["banana", "elephant", "cat", "1234", "猫咪", "Москва"])
def test_another_word_is_near_to_none(vocabulary, word):
    assert nearest(word, vocabulary.words) is None


def test_forms_of_a_word_share_pieces():
    shared = set(pieces_of("slanted")) & set(pieces_of("slanting"))
    assert len(shared) > len(set(pieces_of("slanted")) & set(pieces_of("thick")))
    assert set(pieces_of("左上")) & set(pieces_of("左上角"))


def encoded(vocabulary, *texts):
    encoder = TextEncoder(vocabulary.words)
    encoder.initialize(0)
    with torch.inference_mode():
        return encoder(torch.from_numpy(padded([vocabulary.split(text) for text in texts], vocabulary))).numpy()


def test_a_text_is_the_same_vector_alone_and_beside_longer_ones(vocabulary):
    alone = encoded(vocabulary, "a thick 7")
    beside = encoded(vocabulary, "a thick 7", "the digit 3, slanted to the left, in bold strokes")
    np.testing.assert_allclose(beside[0], alone[0], rtol=1e-4, atol=1e-5)


def test_the_order_of_words_is_read(vocabulary):
    one, other = encoded(vocabulary, "thick 7 thin 3", "thin 7 thick 3")
    assert np.abs(one - other).max() > 1e-3
