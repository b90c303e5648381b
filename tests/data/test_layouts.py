"""How the folders of well-known sets, and of people, make classes and a split."""

import pytest

from tests.data.custom_images import fill, levels, load
from vae_desktop.data.custom.files import File
from vae_desktop.data.custom.layout import arrange
from vae_desktop.data.custom.split_names import part_of


def arranged(paths):
    """The layout of files at these paths; of each image the class and whether it is for the test."""
    layout = arrange([File.at(path, tuple(path.split("/"))) for path in paths])
    return layout, {placed.file.path: (placed.class_name, placed.is_test) for placed in layout.placed}


NAMES = {
    "train": ("train", ""),
    "Training set": ("train", ""),
    "TRAIN": ("train", ""),
    "trainset": ("train", ""),
    "train_images": ("train", ""),
    "train2017": ("train", ""),
    "asl_alphabet_train": ("train", "asl alphabet"),
    "trainA": ("train", "A"),
    "test1": ("test", ""),
    "testing": ("test", ""),
    "DIV2K_valid_HR": ("validation", "DIV K HR"),
    "dev": ("validation", ""),
    "Validation": ("validation", ""),
    "训练集": ("train", ""),
    "测试集图片": ("test", "集图片"),
    "cat": None,
    "contest": None,
    "trainer": None,
    "valley": None,
    "devil": None,
}


@pytest.mark.parametrize("name", NAMES)
def test_a_part_is_known_in_any_wording(name):
    assert part_of(name) == NAMES[name]


@pytest.mark.parametrize(
    ("train", "test"),
    [
        ("train", "dev"),
        ("training_set", "test_set"),
        ("seg_train/seg_train", "seg_test/seg_test"),
        ("train2017", "val2017"),
        ("cars_train", "cars_test"),
        ("Train/images", "Valid/images"),
        ("archive/data/train", "archive/data/test"),
        ("images/train", "images/val"),
        ("训练集", "测试集"),
    ],
)
def test_a_split_lies_above_the_classes(train, test):
    layout, placed = arranged([f"{part}/{name}/{n}.png" for part in (train, test) for name in "ab" for n in range(3)])
    assert layout.has_split
    assert placed == {
        f"{part}/{name}/{n}.png": (name, part == test) for part in (train, test) for name in "ab" for n in range(3)
    }
    assert layout.skipped == []
    (note,) = layout.notes
    assert note.startswith("training images from ")


def test_a_split_may_lie_below_the_classes():
    paths = [f"{name}/{part}/{n}.png" for name in ("bottle", "cable") for part in ("train", "test") for n in range(2)]
    layout, placed = arranged(paths)
    assert layout.has_split
    assert placed == {path: (path.split("/")[0], "test" in path) for path in paths}


def test_what_a_split_says_besides_is_a_class():
    paths = [f"{name}/{n}.jpg" for name in ("trainA", "trainB", "testA", "testB") for n in range(2)]
    _, placed = arranged(paths)
    assert placed == {path: (path.split("/")[0][-1], path.startswith("test")) for path in paths}


WRAPPERS = {  # paths, and the classes in their order
    "a folder around the classes": (["archive/cat/1.png", "archive/dog/2.png"], ["cat", "dog"]),
    "several around them": (["a/b/c/cat/1.png", "a/b/c/dog/2.png"], ["cat", "dog"]),
    "one that says what all are": (["images/cat/1.png", "images/dog/2.png"], ["cat", "dog"]),
    "one in each class": (["cat/images/1.png", "dog/images/2.png"], ["cat", "dog"]),
    "one of one class": (["images/cat/1.png", "images/cat/2.png"], ["cat", "cat"]),
    "nothing but the one": (["images/1.png", "images/2.png"], [None, None]),
    "one class": (["cat/1.png", "cat/2.png"], ["cat", "cat"]),
    "train alone": (["x/train/cat/1.png", "x/train/dog/2.png"], ["cat", "dog"]),
    "train alone without classes": (["train/1.png", "train/2.png"], [None, None]),
    "a class that is called images": (["images/1.png", "masks/2.png"], ["images", "masks"]),
    "what lies deeper": (["cat/x/1.png", "cat/y/z/2.png", "dog/3.png"], ["cat", "cat", "dog"]),
    "words of a split that are classes": (["train/1.png", "car/2.png"], ["train", "car"]),
    "numbered parts": (["images_001/images/1.png", "images_002/images/2.png"], [None, None]),
    "numbered parts of a name": (["skin_images_part_1/cat/1.png", "skin_images_part_2/dog/2.png"], ["cat", "dog"]),
    "numbered classes": (["part 1/1.png", "dog 2/2.png"], ["part 1", "dog 2"]),
    "tests without a training": (["test/1.png", "val/2.png"], ["test", "val"]),
}


@pytest.mark.parametrize("case", WRAPPERS)
def test_single_wrappers_are_gone_through(case):
    paths, classes = WRAPPERS[case]
    layout, placed = arranged(paths)
    assert [placed[path] for path in paths] == [(name, False) for name in classes]
    assert not layout.has_split
    assert layout.skipped == []


def test_validation_images_take_the_place_of_test_images_without_classes():
    """As in Tiny ImageNet, before its list of labels is read, if there is none for the test images."""
    paths = [f"train/{name}/images/{n}.png" for name in "ab" for n in range(3)]
    paths += ["val/a/1.png", "val/b/2.png", "test/images/1.png", "test/images/2.png"]
    layout, placed = arranged(paths)
    assert {path for path, (_, is_test) in placed.items() if is_test} == {"val/a/1.png", "val/b/2.png"}
    assert {name for name, _ in placed.values()} == {"a", "b"}
    assert layout.skipped == ["test: 2 images without classes, not used beside those with classes"]


def test_a_few_classes_beside_many_images_cost_none_of_these():
    layout, placed = arranged([f"{n}.png" for n in range(9)] + ["old/10.png"])
    assert set(placed.values()) == {(None, False)}
    assert len(placed) == 10
    assert layout.skipped == ["class folders: not used, as more images lie beside them than in them"]


def test_validation_images_are_those_of_the_set_if_it_has_test_images_too(tmp_path):
    for name, level in (("train", 10), ("dev", 40), ("test", 70)):
        fill(tmp_path / name, 12, level)
    dataset = load(tmp_path, measured_on="validation")
    assert (len(dataset.train), sorted(levels(dataset.test))) == (12, list(range(40, 52)))
    assert dataset.report.converted == ("training images from train, validation images from dev",)
    assert dataset.report.skipped == ("test: 12 images outside train and dev",)
    for path in (tmp_path / "test").iterdir():
        path.unlink()
    dataset = load(tmp_path, measured_on="validation")  # as nothing else is left to test it on
    assert (len(dataset.train), len(dataset.test)) == (11, 1)
    assert dataset.test.images.max() < 30


def test_each_part_of_a_split_is_told(tmp_path):
    for name, level in (("Train", 10), ("dev", 30), ("Test", 50)):
        for kind in ("cat", "dog"):
            fill(tmp_path / "archive" / name / kind, 5, level + (10 if kind == "dog" else 0))
    dataset = load(tmp_path)
    assert dataset.class_names == ("cat", "dog")
    assert sorted(levels(dataset.test)) == [*range(50, 55), *range(60, 65)]
    assert dataset.report.converted == ("training images from Train, test images from Test",)
    assert dataset.report.skipped == ("dev: 10 images, which are used where models are measured on validation images",)
