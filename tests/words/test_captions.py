"""Captions: that they say what is known, in both languages, and can be drawn again."""

import re
from collections.abc import Iterator
from pathlib import Path
from random import Random

import numpy as np
import pytest

from tests.words.texts import LANGUAGES, grounded, nonsense
from vae_desktop.config import DatasetConfig
from vae_desktop.data.appearance import COLOURS
from vae_desktop.data.load import load_dataset
from vae_desktop.words.captions import Captions, Speaker
from vae_desktop.words.facts import LEVELS, PLACES, TURNS, Fact, Subject


@pytest.fixture(scope="module")
def captions(tmp_path_factory) -> Iterator[Captions]:
    """Of the bundled digits, in a cache of its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield Captions.of(load_dataset(DatasetConfig("digits"), Path("none")))


def test_captions_are_the_same_for_the_same_numbers(captions):
    numbers = np.arange(200) % 7
    one, other, third = (captions.draw(numbers, np.random.default_rng(seed)) for seed in (0, 0, 1))
    assert one == other != third
    assert len(set(one)) > 100


def test_digits_are_strokes_whose_class_is_said_in_both_languages(captions):
    assert {"class", "thickness", "slant"} <= set(captions.subject.kinds)
    drawn = captions.captions(np.arange(1000), np.random.default_rng(0))
    sevens = [caption.text for caption in drawn if ("class", 7) in caption.facts]
    assert len(sevens) > 50
    assert all(any(word in text.lower() for word in ("7", "seven", "七")) for text in sevens)
    assert any(text.isascii() for text in sevens)
    assert not all(text.isascii() for text in sevens)


def test_held_out_wordings_are_not_among_those_for_training(captions):
    numbers = np.arange(1000)
    trained = set(captions.draw(numbers, np.random.default_rng(0)))
    held_out = captions.draw(numbers, np.random.default_rng(1), held_out=True)
    assert not trained & set(held_out)


def test_a_subject_comes_back_from_its_description(captions):
    assert Subject.of_description(captions.subject.described) == captions.subject


@pytest.mark.parametrize("language", LANGUAGES)
def test_texts_for_measuring_are_no_captions(captions, language):
    wishes = grounded(language)
    assert len(wishes) == len({wish.text for wish in wishes}) == 100
    assert len(set(nonsense(language))) == 100
    keys = {Fact(kind, level).key for kind in LEVELS for level in (-2, 0, 2)}
    assert {key for wish in wishes for key in wish.facts} <= keys


GAPS = re.compile(r"[{}~_]|  |\ba [aeio]|\ban [^aeiou8A-Z]|的的|\uff0c\uff0c|、、|、的|^的|^ | $|^\uff0c| ,")
KEYS = [
    *(Fact(kind, value) for kind in LEVELS for value in (-3, -1, 2)),
    Fact("slant", 0),
    *(Fact("place", number) for number in range(len(PLACES))),
    *(Fact("turn", number) for number in range(len(TURNS))),
    *(Fact(kind, number) for kind in ("colour", "background") for number in range(len(COLOURS))),
]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_fact_is_said_in_sentences_without_a_gap(language):
    for fact in KEYS:
        speaker = Speaker(Subject("mnist", tuple("0123456789"), ("class", fact.kind), True))
        plain = {speaker.say((Fact("class", 7),), Random(seed), language) for seed in range(60)}
        for held_out in (False, True):
            said = [speaker.say((Fact("class", 7), fact), Random(seed), language, held_out) for seed in range(60)]
            assert not plain & set(said), fact
            for text in said:
                assert not GAPS.search(text), (fact, text)


@pytest.mark.parametrize(("language", "alone"), [("en", {"thick", "bold", "fat"}), ("zh", {"粗", "很粗", "粗的"})])
def test_a_word_alone_is_a_caption_too(language, alone):
    speaker = Speaker(Subject("mnist", tuple("0123456789"), ("class", "thickness"), True))
    said = {speaker.say((Fact("thickness", 2),), Random(seed), language) for seed in range(300)}
    assert alone <= {text.lower() for text in said}
