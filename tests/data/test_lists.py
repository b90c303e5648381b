"""Lists beside images that tell a split or classes, laid out as well-known sets have them."""

import json
import zipfile

import numpy as np
import pytest

from tests.data.costs import MB, little_memory
from tests.data.custom_images import everything, fill, levels, load


@pytest.fixture
def root(tmp_path):
    return tmp_path / "pictures"


def write(path, lines):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{line}\n" for line in lines))


def names_of(dataset):
    """The class of each image by its grey level."""
    return {level: dataset.class_names[label] for level, label in everything(dataset).items()}


def test_tiny_imagenet_is_read_with_its_list_of_labels(root):
    for number, name in enumerate(("n01", "n02")):
        fill(root / "train" / name / "images", 5, 10 + 20 * number)
        write(root / "train" / name / f"{name}_boxes.txt", [f"{n}.png\t0\t0\t62\t62" for n in range(5)])
    fill(root / "val" / "images", 6, 100)
    write(root / "val" / "val_annotations.txt", [f"{n}.png\tn0{1 + n % 2}\t0\t32\t44\t62" for n in range(6)])
    fill(root / "test" / "images", 4, 150)
    write(root / "wnids.txt", ["n01", "n02"])
    dataset = load(root)
    assert dataset.class_names == ("n01", "n02")
    assert sorted(levels(dataset.test)) == list(range(100, 106))
    assert dataset.test.labels[np.argsort(levels(dataset.test))].tolist() == [0, 1] * 3
    assert dataset.report.converted == (
        "training images from train, test images from val",
        "classes from val/val_annotations.txt: 6 images",
    )
    assert set(dataset.report.skipped) == {
        "test: 4 images without classes, not used beside those with classes",
        "train/n01/n01_boxes.txt: not an image",
        "train/n02/n02_boxes.txt: not an image",
        "wnids.txt: not an image",
    }


TRAIN = [f"{name}/{n}" for name in "ab" for n in range(5)]  # levels 10 to 14 and 20 to 24
TEST = ["a/5", "a/6", "b/5"]  # 15, 16, 25
LISTS = {  # files, and what the report says
    "with folders": (
        {"train.txt": [f"{path}.png" for path in TRAIN], "test.txt": [f"{path}.png" for path in TEST]},
        "training images from train.txt, test images from test.txt",
    ),
    "without endings, in a folder": (
        {"meta/train.txt": TRAIN, "meta/test.txt": TEST, "meta/classes.txt": ["a b", "b a"]},
        "training images from meta/train.txt, test images from meta/test.txt",
    ),
    "with a path from elsewhere": (
        {
            "train_list.txt": [f"./images/{path}.png 0" for path in TRAIN],
            "val_list.txt": [f"/data/pictures/images/{path}.png 1" for path in TEST],
        },
        "training images from train_list.txt, test images from val_list.txt",
    ),
    "two ways": (
        {f"labels/{part}{n}.txt": paths[n - 1 :] for part, paths in (("train", TRAIN), ("test", TEST)) for n in (1, 2)},
        "training images from labels/train1.txt, test images from labels/test1.txt",
    ),
    "a column": (
        {
            "metadata.csv": [
                "file_name,split,age",
                *(f"{path}.png,train,4" for path in TRAIN),
                *(f"{path}.png,test,7" for path in TEST),
                "a/9.png,val,3",
            ]
        },
        "training images from metadata.csv (train), test images from metadata.csv (test)",
    ),
    "as CelebA has them": (
        {
            "list_eval_partition.txt": [
                *(f"{path}.png 0" for path in TRAIN),
                "a/9.png 1",
                *(f"{path}.png 2" for path in TEST),
            ],
        },
        "training images from list_eval_partition.txt (0), test images from list_eval_partition.txt (2)",
    ),
    "as Kaggle has CelebA": (
        {
            "list.csv": [
                "image_id,partition",
                *(f"{path}.png,0" for path in TRAIN),
                *(f"{path}.png,2" for path in TEST),
            ],
        },
        "training images from list.csv (0), test images from list.csv (2)",
    ),
    "as CUB has them": (
        {
            "images.txt": [f"{n} {path}.png" for n, path in enumerate(TRAIN + TEST)],
            "train_test_split.txt": [f"{n} {int(n < len(TRAIN))}" for n in range(len(TRAIN + TEST))],
        },
        "training images from train_test_split.txt, test images from train_test_split.txt",
    ),
}


@pytest.mark.parametrize("case", LISTS)
def test_a_split_is_told_by_lists(root, case):
    lists, said = LISTS[case]
    fill(root / "images" / "a", 10, 10)
    fill(root / "images" / "b", 10, 20)
    for name, lines in lists.items():
        write(root / name, lines)
    dataset = load(root)
    assert sorted(levels(dataset.train)) == [*range(10, 15), *range(20, 25)]
    assert sorted(levels(dataset.test)) == [15, 16, 25]
    assert dataset.class_names == ("a", "b")
    assert dataset.report.converted == (said,)
    assert any(line.startswith("in none of these lists: ") for line in dataset.report.skipped)
    assert not [line for line in dataset.report.skipped if "split.txt: not" in line or "train.txt: not" in line]


def test_where_a_list_tells_the_test_images_all_others_are_for_the_training(root):
    fill(root / "a", 10, 10)
    fill(root / "b", 10, 20)
    write(root / "testing_list.txt", ["a/0.png", "b/1.png"])
    dataset = load(root)
    assert sorted(levels(dataset.test)) == [10, 21]
    assert len(dataset.train) == 18
    assert dataset.report.converted == ("training images from all others, test images from testing_list.txt",)
    assert dataset.report.skipped == ()


LABELS = {
    "labels.csv": ["id,breed", *(f"{n},{'pug' if n % 2 else 'husky'}" for n in range(30))],
    "labels.txt": [f"{n}.png {'pug' if n % 2 else 'husky'}" for n in range(30)],
    "list.tsv": [f"{'pug' if n % 2 else 'husky'}\t{n}.png" for n in range(30)],
    "index.csv": ["nr,image,x,y,label", *(f"7{n},{n}.png,{n}.5,3,{'pug' if n % 2 else 'husky'}" for n in range(30))],
}


@pytest.mark.parametrize("name", LABELS)
def test_classes_are_told_by_a_list(root, name):
    fill(root / "images", 30, 10)
    write(root / name, LABELS[name])
    dataset = load(root)
    assert names_of(dataset) == {10 + n: "pug" if n % 2 else "husky" for n in range(30)}
    assert dataset.report.converted == (f"classes from {name}: 30 images",)
    assert dataset.report.skipped == ()


def test_images_that_a_list_of_classes_leaves_out_have_no_label(root):
    fill(root, 12, 10)
    write(root / "labels.csv", ["id,breed", *(f"{n},{'pug' if n % 2 else 'husky'}" for n in range(8)), "99,pug"])
    dataset = load(root)
    assert {level for level, name in names_of(dataset).items() if name == "no label"} == {18, 19, 20, 21}
    assert dataset.report.converted == ("classes from labels.csv: 8 images",)
    assert dataset.report.skipped == ("labels.csv: 1 line names no image that is here",)


NONE = {  # texts that are no lists
    "measures": ("values.csv", [f"{n}.png,0.{n}" for n in range(12)]),
    "boxes": ("boxes.csv", [f"{n}.png,{n},2,3,4" for n in range(12)]),
    "one word each": ("names.txt", [f"{n}.png {n}x" for n in range(12)]),
    "prose": ("train.txt", ["This set was made by hand.", "0.png is the first of its images."]),
    "bytes": ("train.txt", ["\0\1\2"]),
    "a word of a split for all": ("train.txt", [f"{n}.png" for n in range(12)]),
}


@pytest.mark.parametrize("case", NONE)
def test_other_texts_tell_nothing(root, case):
    name, lines = NONE[case]
    fill(root, 12, 10)
    write(root / name, lines)
    dataset = load(root)
    assert dataset.class_names == ()
    assert len(dataset.train) + len(dataset.test) == 12
    assert dataset.report.converted == ()


def test_folders_come_before_lists(root):
    for part, first in (("train", 10), ("test", 30)):
        for number, name in enumerate(("a", "b")):
            fill(root / part / name, 5, first + 10 * number)
    write(root / "train.txt", ["test/a/0.png", "train/a/0.png other"])
    write(root / "test.txt", ["train/a/1.png other"])
    dataset = load(root)
    assert sorted(levels(dataset.test)) == [*range(30, 35), *range(40, 45)]
    assert dataset.class_names == ("a", "b")
    assert set(dataset.report.skipped) == {"train.txt: not an image", "test.txt: not an image"}


def test_lists_in_an_archive_are_read(root, tmp_path):
    fill(root, 30, 10)
    write(root / "labels.txt", LABELS["labels.txt"])
    write(root / "test.txt", ["3.png"])
    with zipfile.ZipFile(tmp_path / "x.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for path in root.iterdir():
            archive.write(path, f"set/{path.name}")
    dataset = load(tmp_path / "x.zip")
    assert levels(dataset.test) == [13]
    assert dataset.class_names == ("husky", "pug")
    assert dataset.report.converted == (
        "training images from all others, test images from set/test.txt",
        "classes from set/labels.txt: 30 images",
    )


def test_lines_may_end_as_on_an_old_mac(root):
    fill(root, 12, 10)
    (root / "labels.csv").write_bytes(
        b"file,label\r" + b"".join(b"%d.png,%s\r" % (n, b"ab"[n % 2 :][:1]) for n in range(12))
    )
    (root / "readme.txt").write_bytes(b'two, "signs\rof an end, \rin a line\r\n')
    dataset = load(root)
    assert names_of(dataset) == {10 + n: "ab"[n % 2] for n in range(12)}
    assert dataset.report.skipped == ("readme.txt: not an image",)


@pytest.mark.parametrize(
    ("name", "head", "place"),
    [("labels.csv", "id,breed", "train/"), ("trainLabels.csv", "id,label", "")],
    ids=["breeds of dogs", "CIFAR-10"],
)
def test_kaggle_labels_its_training_images_by_a_list(root, name, head, place):
    """The test images, which may have the same names, have no labels."""
    fill(root / "train", 12, 10)
    fill(root / "test", 8, 100)
    write(root / name, [head, *(f"{place}{n},{'pug' if n % 2 else 'husky'}" for n in range(12))])
    dataset = load(root)
    assert names_of(dataset) == {10 + n: "pug" if n % 2 else "husky" for n in range(12)}
    assert dataset.report.skipped == ("test: 8 images without classes, not used beside those with classes",)


@pytest.mark.parametrize("name", ["metadata.csv", "metadata.jsonl"])
def test_a_folder_of_images_of_hugging_face_has_its_labels_beside_them(root, name):
    for part, count, first in (("train", 10, 10), ("test", 6, 50)):
        fill(root / part, count, first)
        rows = [{"file_name": f"{n}.png", "text": "a, b", "label": "ab"[n % 2]} for n in range(count)]
        lines = map(json.dumps, rows)
        if name.endswith("csv"):
            lines = ["file_name,text,label", *(f'{row["file_name"]},"a, b",{row["label"]}' for row in rows)]
        write(root / part / name, lines)
    dataset = load(root)
    assert names_of(dataset) == {level: "ab"[level % 2] for level in (*range(10, 20), *range(50, 56))}
    assert sorted(levels(dataset.test)) == list(range(50, 56))
    assert dataset.report.skipped == ()


def test_a_list_that_names_its_images_again_and_again_takes_little_memory(root):
    fill(root)
    write(root / "labels.csv", ["file,label", *(f"{number % 10}.png,class {number}" for number in range(200_000))])
    with little_memory(20 * MB):
        dataset = load(root)
    assert dataset.class_names == ()
    assert dataset.report.skipped == ("labels.csv: not an image",)
    write(root / "labels.csv", ["x" * (1 << 24)] * 5)
    with little_memory(20 * MB):
        assert load(root).report.skipped == ("labels.csv: not an image",)
