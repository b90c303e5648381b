"""A person's own captions beside their images: found in all usual forms, and bad ones said, never fatal."""

import json
import zipfile
from dataclasses import replace

import numpy as np
import pytest

from tests.data.custom_images import fill, levels, load
from vae_desktop.config import DatasetConfig
from vae_desktop.data.captions import LONGEST, MOST, with_tags
from vae_desktop.data.load import load_dataset
from vae_desktop.data.stored.mapped import is_mapped
from vae_desktop.data.stored.memory import use_budget


@pytest.fixture
def root(tmp_path):
    """A folder with ten images, 0.png to 9.png, of grey levels 10 to 19."""
    fill(tmp_path / "pictures", 10, 10)
    return tmp_path / "pictures"


def captions_of(dataset):
    """The captions of each image that has some, by its number."""
    found = {}
    for split in (dataset.train, dataset.test):
        texts = split.captions or [()] * len(split)
        found |= {level - 10: some for level, some in zip(levels(split), texts, strict=True) if some}
    return found


def objects(*found):
    return "".join(json.dumps(entry, ensure_ascii=False) + "\n" for entry in found)


LISTS = {
    "metadata.jsonl": objects(*({"file_name": f"{n}.png", "text": f"square {n}"} for n in range(10))),
    "captions.jsonl": objects(*({"image": f"{n}.png", "captions": [f"square {n}"]} for n in range(10))),
    "metadata.csv": "file_name,text\n" + "".join(f'{n}.png,"square {n}"\n' for n in range(10)),
    "captions.csv": "file,caption\n" + "".join(f"{n}.png,square {n}\n" for n in range(10)),
    "captions.tsv": "".join(f"{n}.png#0\tsquare {n}\n" for n in range(10)),
    "captions.txt": "".join(f"{n} square {n}\n" for n in range(10)),
    "Prompts.csv": "".join(f"{n}.png;square {n}\n" for n in range(10)),
}


@pytest.mark.parametrize("name", LISTS)
def test_a_list_of_captions_is_read(name, root):
    (root / name).write_text(LISTS[name])
    dataset = load(root)
    assert captions_of(dataset) == {n: (f"square {n}",) for n in range(10)}
    assert dataset.report.converted[-1] == f"captions from {name}: 10 images"
    assert dataset.report.skipped == ()
    assert dataset.class_names == ()


@pytest.mark.parametrize("ending", [".txt", ".caption"])
def test_a_text_with_an_images_name_is_its_caption(ending, root):
    for number in range(10):
        (root / f"{number}{ending}").write_text(f"一个方块 {number}\na square {number}\n", encoding="utf-8")
    dataset = load(root)
    assert captions_of(dataset) == {n: (f"一个方块 {n}", f"a square {n}") for n in range(10)}
    assert dataset.report.converted[-1] == "captions from texts with the names of images: 10 images"
    assert dataset.report.skipped == ()


def test_captions_do_not_become_classes_and_classes_stay(root):
    rows = ({"file_name": f"{n}.png", "text": "a square", "label": "even" if n % 2 == 0 else "odd"} for n in range(10))
    (root / "metadata.jsonl").write_text(objects(*rows))
    dataset = load(root)
    assert dataset.class_names == ("even", "odd")
    assert captions_of(dataset) == dict.fromkeys(range(10), ("a square",))


def test_captions_are_read_from_class_folders_and_archives(tmp_path):
    for number, name in enumerate(("cat", "dog")):
        fill(tmp_path / "pictures" / name, 5, 10 + 5 * number)
    lines = [{"file_name": f"{name}/{n}.png", "text": f"{name} {n}"} for name in ("cat", "dog") for n in range(5)]
    (tmp_path / "pictures" / "metadata.jsonl").write_text(objects(*lines))
    with zipfile.ZipFile(tmp_path / "pictures.zip", "w") as archive:
        for path in sorted((tmp_path / "pictures").rglob("*.*")):
            archive.write(path, path.relative_to(tmp_path))
    expected = {n: (f"{'cat' if n < 5 else 'dog'} {n % 5}",) for n in range(10)}
    for source in ("pictures", "pictures.zip"):
        dataset = load(tmp_path / source)
        assert captions_of(dataset) == expected
        assert dataset.class_names == ("cat", "dog")


def test_several_captions_of_an_image_are_kept_once_each(root):
    lines = ["0.png,a square", "0.png,a grey square", "0.png,a square", "1.png,\x07 \x00", '2.png,"two\nlines"']
    (root / "captions.csv").write_text("image,caption\n" + "\n".join(lines))
    dataset = load(root)
    assert captions_of(dataset) == {0: ("a square", "a grey square"), 2: ("two lines",)}
    assert set(dataset.report.skipped) == {
        "captions without a word in them, not used: 1",
        "captions that an image has twice, used once: 1",
    }


BAD = {  # a file, and the lines about it
    "files that are not there": (
        "captions.csv",
        "file,caption\n0.png,one\n" + "".join(f"x{n}.png,gone\n" for n in range(3)),
        ["captions.csv: 3 lines name no image that is here"],
        {0: ("one",)},
    ),
    "no such column": (
        "captions.csv",
        "a,b\nc,d\n",
        ["captions.csv: captions not used, as no column of it names images that are here"],
        {},
    ),
    "not UTF-8": (
        "captions.csv",
        "file,caption\n0.png,一个方块\n".encode("gb18030"),
        ["captions.csv: captions not used, as it is not encoded in UTF-8; save it in that"],
        {},
    ),
    "UTF-16 as Windows writes it": ("captions.csv", "file,caption\n0.png,方块\n".encode("utf-16"), [], {0: ("方块",)}),
    "no JSON": (
        "metadata.jsonl",
        'nonsense\n{"file_name": "0.png", "text": "one"}\n[1, 2]\n{"file_name": "1.png", "text": 7}\n',
        ["metadata.jsonl: lines that cannot be read: 2"],
        {0: ("one",)},
    ),
    "deep JSON": ("metadata.jsonl", '{"text":' + "[" * 100_000 + "\n", None, {}),
    "100,000 characters": (
        "captions.csv",
        "file,caption\n0.png," + "long " * 20_000 + "\n1.png,short\n",
        [f"captions of more than {LONGEST} characters, cut there: 1"],
        {0: (("long " * 100).strip(),), 1: ("short",)},
    ),
    "a line without end": (
        "captions.csv",
        "file,caption\n0.png," + "," * 1_000_000 + "\n1.png,short\n",
        ["captions.csv: lines that cannot be read: 1"],
        {1: ("short",)},
    ),
    "a quotation without end": ("captions.csv", 'file,caption\n1.png,short\n0.png,"' + "word\n" * 100_000, None, None),
    "more than an image can have": (
        "captions.csv",
        "file,caption\n" + "".join(f"0.png,caption {n}\n" for n in range(MOST + 5)),
        [f"captions of images that have more than {MOST}, not used: 5"],
        None,
    ),
    "empty": ("captions.csv", "", None, {}),
    "boxes of a detector": (
        "0.txt",
        "0 0.5 0.5 0.25 0.25\n",
        ["texts beside images without a word in them, not used: 1"],
        {},
    ),
    "a large text": ("0.txt", "word " * 100_000, ["0.txt: captions not used, as it takes more than 60 kB"], {}),
    "a null byte": ("0.txt", "a\0square\n", [], {0: ("a square",)}),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_captions_are_said_and_cost_nobody_the_images(case, root):
    name, content, lines, expected = BAD[case]
    (root / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    dataset = load(root)
    assert len(dataset.train) + len(dataset.test) == 10
    if lines is not None:
        assert list(dataset.report.skipped) == lines
    if expected is not None:
        assert captions_of(dataset) == expected


@pytest.fixture
def small_memory(tmp_path, monkeypatch):
    """Memory for no images, and a cache of its own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    yield use_budget
    use_budget(None)


def test_captions_go_with_their_images_wherever_these_go(root, tmp_path, small_memory):
    fill(root, 40, 10)
    lines = ({"file_name": f"{n}.png", "text": f"square {n}"} for n in range(40))
    (root / "metadata.jsonl").write_text(objects(*lines))
    expected = {n: (f"square {n}",) for n in range(40)}
    validated = load_dataset(DatasetConfig(str(root), measured_on="validation"), tmp_path)
    assert captions_of(validated).items() <= expected.items()
    assert len(captions_of(validated)) == len(validated.train) + len(validated.test)
    small_memory(100)
    for _ in range(2):  # collected in a file, then found there
        dataset = load(root)
        assert is_mapped(dataset.train.images)
        assert captions_of(dataset) == expected


def test_tags_are_captions_too(root):
    dataset = load(root)
    split = replace(dataset.train, captions=tuple(("own",) if n == 0 else () for n in range(len(dataset.train))))
    first, second = (f"{int(key):016x}" for key in split.hashes[:2])
    tagged = with_tags(split, {"seldom": {first, second}, " ": {first}})
    assert tagged[:3] == (("own", "seldom"), ("seldom",), ())
    assert with_tags(dataset.train, {"seldom": {"0" * 16}}) is None
    assert np.array_equal(split.images, dataset.train.images)
