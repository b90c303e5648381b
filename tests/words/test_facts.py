"""Facts: that levels, places and colours are those that images were drawn with, and what is not known is not said."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.data.test_attributes import bar
from vae_desktop.config import DatasetConfig
from vae_desktop.data.dataset import Dataset, Split
from vae_desktop.data.exclusions import keys_of
from vae_desktop.data.load import load_dataset
from vae_desktop.data.marks import Marks
from vae_desktop.paths import marks_dir
from vae_desktop.words.captions import Captions, Speaker
from vae_desktop.words.facts import PLACES, TURNS, UNKNOWN, Fact, Facts, Subject


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def dataset_of(images, labels=None, names=()):
    split = Split(images, labels)
    return Dataset(DatasetConfig("/a/folder"), split, split, names)


def column(facts, kind):
    return facts.values[:, facts.subject.kinds.index(kind)]


def test_levels_follow_what_was_drawn():
    random = np.random.default_rng(0)
    thickness, slant = random.uniform(2, 5, 300), random.uniform(-30, 30, 300)
    facts = Facts.of(dataset_of(np.stack([bar(16, *pair)[None] for pair in zip(thickness, slant, strict=True)])))
    assert facts.subject.are_strokes
    assert "class" not in facts.subject.kinds
    levels, leaning = column(facts, "thickness"), column(facts, "slant")
    assert thickness[levels == -3].max() < thickness[levels == 0].min() < thickness[levels == 3].min()
    assert slant[leaning == 3].min() > slant[leaning == 1].min() > 0
    assert slant[(leaning < 0) & (leaning != UNKNOWN)].max() < 0
    assert (np.abs(slant[leaning == 0]) < 8).all()


def test_levels_are_those_within_a_class():
    """A thick one of the thin class is thinner than a thin one of the thick class."""
    random = np.random.default_rng(0)
    labels = np.repeat([0, 1], 100)
    thickness, slant = np.where(labels == 0, 1.5, 4.5) + random.uniform(0, 2, 200), random.uniform(0, 30, 200)
    images = np.stack([bar(16, *pair)[None] for pair in zip(thickness, slant, strict=True)])
    levels = column(Facts.of(dataset_of(images, labels, ("thin", "thick"))), "thickness")
    for own in (labels == 0, labels == 1):
        assert thickness[(levels == 3) & own].min() > thickness[(levels == -3) & own].max()
    assert thickness[(levels == 3) & (labels == 0)].max() < thickness[(levels == -3) & (labels == 1)].min()


def test_what_does_not_differ_is_not_said():
    images = np.repeat(bar(16, 3, 0)[None, None], 60, axis=0)
    assert Facts.of(dataset_of(images)).subject.kinds == ()
    assert Captions(Facts.of(dataset_of(images))).draw(np.arange(3), np.random.default_rng(0))


def test_shapes_are_said_by_what_they_were_drawn_from():
    dataset = load_dataset(DatasetConfig("shapes", image_size=16), Path("none"))
    facts = Facts.of(dataset)
    assert set(facts.subject.kinds) == {"class", "size", "place", "turn"}
    across, down, scale, rotation = dataset.train.factors.T
    assert scale[column(facts, "size") == 3].min() > scale[column(facts, "size") == -3].max()
    place = column(facts, "place")
    assert across[place == PLACES.index("top_left")].max() < 0.45 > down[place == PLACES.index("top_left")].max()
    turns = np.array(TURNS, float)[column(facts, "turn")]
    assert np.abs(turns - rotation).max() < 7.6
    tests = facts.of_test(dataset)
    assert tests.subject == facts.subject
    assert len(tests) == len(dataset.test)


def test_colours_and_places_of_pictures_are_known():
    images = np.full((60, 3, 20, 20), 255, np.uint8)
    for number, image in enumerate(images):
        left = 2 if number % 2 else 12
        image[:, 6:12, left : left + 6] = np.array([(220, 30, 30), (30, 80, 220)][number % 3 == 0])[:, None, None]
    facts = Facts.of(dataset_of(images))
    assert {"colour", "place"} <= set(facts.subject.kinds)
    assert "background" not in facts.subject.kinds  # they all have the same
    assert Fact("colour", 4) in facts[0]
    assert {fact.key for fact in facts[1] if fact.kind in ("colour", "place")} == {"colour.red", "place.left"}


def test_grey_images_in_three_channels_have_no_colour():
    images = np.repeat(np.stack([bar(16, 3, n)[None] for n in range(40)]), 3, axis=1)
    images[::2] = images[::2] // 2
    kinds = Facts.of(dataset_of(images)).subject.kinds
    assert "slant" in kinds
    assert not {"colour", "background"} & set(kinds)


def test_a_persons_own_captions_and_tags_are_said(monkeypatch):
    dataset = load_dataset(DatasetConfig("digits"), Path("none"))
    captions = tuple(("my own words",) if number < 5 else () for number in range(len(dataset.train)))
    own = Captions.of(replace(dataset, train=replace(dataset.train, captions=captions)))
    drawn = own.draw(np.repeat(np.arange(10), 50), np.random.default_rng(0))
    assert 100 < drawn[:250].count("my own words") < 200
    assert "my own words" not in drawn[250:]


def test_tags_are_captions(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    dataset = load_dataset(DatasetConfig("digits"), Path("none"))
    first = len(dataset.test)  # images are numbered from the test images on
    Marks(marks_dir(), "digits").tag(keys_of(dataset, [first]), "crossed out")
    drawn = Captions.of(dataset).draw(np.zeros(100, np.int64), np.random.default_rng(0))
    assert 30 < drawn.count("crossed out") < 90


def test_a_class_that_only_the_test_images_have_does_no_harm():
    images = np.stack([bar(16, 2 + number / 20, 5)[None] for number in range(60)])
    labels = np.zeros(60, np.int64)
    dataset = replace(dataset_of(images, labels, ("a", "b", "no label")), test=Split(images, labels + 1))
    facts = Facts.of(dataset)
    assert Fact("class", 1) in facts.of_test(dataset)[0]
    unlabelled = replace(dataset, test=Split(images, labels + 2))
    assert not any(fact.kind == "class" for fact in facts.of_test(unlabelled)[0])


def test_every_known_class_has_words_in_both_languages():
    names = {
        "fashion-mnist": ("T-shirt/top", "Trouser", "Ankle boot"),
        "cifar-10": ("airplane", "automobile", "truck"),
        "cifar-100": ("aquarium_fish", "lawn_mower", "sweet_pepper"),
        "oxford-pets": ("Abyssinian", "american pit bull terrier", "Yorkshire Terrier"),
        "flowers-102": ("pink primrose", "globe-flower", "blackberry lily"),
        "shapes": ("Square", "Ellipse", "Heart"),
        "kmnist": ("o", "tsu", "wo"),
        "omniglot": ("Japanese (hiragana)", "N Ko"),
    }
    for dataset, classes in names.items():
        speaker = Speaker(Subject(dataset, classes, ("class",), False))
        for nouns in speaker.wordings["zh"].nouns:
            assert not any(noun.partition(" ")[2].isascii() for noun in nouns), (dataset, nouns)
        assert all(noun.removeprefix("~") for nouns in speaker.wordings["en"].nouns for noun in nouns)


@pytest.mark.parametrize(
    ("name", "english", "chinese"),
    [
        ("Golden_Retriever", "golden retriever", "个 golden retriever"),
        ("blackCat", "black cat", "个 black cat"),
        ("BMW", "BMW", "个 BMW"),
        ("Cat", "cat", "只 猫"),
        ("小狗", "小狗", "只 小狗"),
        ("  ", "  ", "个   "),
        ("7", "7", "个 7"),
    ],
)
def test_names_of_folders_are_softened(name, english, chinese):
    speaker = Speaker(Subject("custom", (name,), ("class",), False))
    assert english in speaker.wordings["en"].nouns[0]
    assert chinese in speaker.wordings["zh"].nouns[0]
