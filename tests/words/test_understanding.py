"""What is understood of a text is told, and what is not grounded in the data is refused."""

import pytest

from vae_desktop import language
from vae_desktop.words.understanding import understand
from vae_desktop.words.vocabulary import Vocabulary

SAID = {
    "7": "class.7",
    "thick": "thickness.high",
    "thin": "thickness.low",
    "slanted": "slant.high",
    "upright": "slant.middle",
    "right": "slant.high",
    "粗": "thickness.high",
    "blue": "background.blue",
    "windows": "own",
    "not": "",
    "a": "",
}
SHARES = {"slanted": 0.7, "blue": 0.6}
KINDS = ["class", "thickness", "slant", "background"]


def understood(text, dataset="mnist"):
    """What a diffusion with a few words understands."""
    words = {word: [100, says, SHARES.get(word, 1.0)] for word, says in SAID.items()}
    subject = {"dataset": dataset, "class_names": list("0123456789"), "kinds": KINDS, "are_strokes": True}
    return understand(text, Vocabulary(dict.fromkeys(words, 100)), {"words": words, "subject": subject}, ["a 7"])


def words_of(diffusion, text):
    return [(word.text, word.counts, word.as_) for word in diffusion.understand(text).words]


def test_which_words_count_is_told(diffusion):
    found = words_of(diffusion, "Please draw a two!")
    assert found[0][:2] == ("please", False)
    assert found[-1] == ("two", True, "two")
    assert diffusion.understand("Please draw a two!").facts == ("2",)


def test_a_slip_is_taken_for_the_nearest_word_that_says_something(diffusion):
    assert ("zerro", True, "zero") in words_of(diffusion, "a zerro")


def test_chinese_is_understood(diffusion):
    understood = diffusion.understand("请画一个二")
    assert understood.facts == ("2",)
    assert not understood.refusal


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "...",
        "the a of",
        "的",
        "banana",
        "a red car at the beach",
        "一只猫",
        "Привет мир",
        "\U0001f600",
        "x" * 10_000,
    ],
)
def test_what_is_not_grounded_is_refused_and_what_would_be_is_named(diffusion, text):
    refusal = diffusion.understand(text).refusal
    assert "What would be understood" in refusal
    assert len(refusal) < 500
    assert any(example in refusal for example in diffusion.examples)


def test_a_few_unknown_words_do_no_harm(diffusion):
    assert not diffusion.understand("a beautiful two").refusal
    assert diffusion.understand("a beautiful purple elephant two").refusal


def test_two_classes_contradict_each_other(diffusion):
    assert "not several: 1, 2" in diffusion.understand("a one and a two").refusal
    assert not diffusion.understand("a two, the number two").refusal


def test_what_it_shall_not_be_is_refused(diffusion):
    assert "“not two”" in diffusion.understand("not a two").refusal


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("a 7 that is not thick", "“not thick”"),
        ("not a thick 7", "“not thick”"),
        ("neither thick nor thin", "“neither thick”"),
        ("something never thick", "“never thick”"),
        ("一个不粗的 7", "“不 粗”"),
        ("a 7 without slanted strokes", "“without slanted”"),
        ("thick and thin 7", "not several: thick, thin"),
    ],
)
def test_what_is_negated_or_said_with_its_opposite_is_refused(text, named):
    assert named in understood(text).reason


def test_what_captions_say_of_what_is_not_slanted_is_understood():
    assert understood("a 7 not slanted to the right").facts == ("7", "upright")
    assert understood("thin 7, not slanted").facts == ("thin", "7", "upright")
    assert not understood("not slanted").refusal


def test_a_persons_own_pictures_can_show_several_things_and_lack_some():
    assert not understood("thick and thin", "custom").refusal
    assert not understood("a thick 7 without windows", "custom").refusal


def test_a_colour_that_may_be_the_backgrounds_is_told_as_a_colour():
    assert understood("blue 7").facts == ("blue", "7")


def test_what_would_be_understood_is(diffusion):
    assert diffusion.examples
    assert not [text for text in diffusion.examples if diffusion.understand(text).refusal]


def test_facts_and_examples_are_in_the_chosen_language(diffusion):
    language.use("zh")
    try:
        assert any("\u4e00" <= character <= "\u9fff" for text in diffusion.examples for character in text)
        assert "\uff1b" in diffusion.understand("banana").refusal
    finally:
        language.use("en")
