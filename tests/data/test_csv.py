"""Tables of pixels: with or without a header and labels, and those that are none."""

import gzip

import numpy as np
import pytest

from tests.data.costs import quickly
from tests.data.custom_images import everything, load, load_without_long_labels
from vae_desktop.errors import DataError

COUNT, SIDE = 20, 9
PIXELS = np.tile(np.arange(COUNT)[:, None], (1, SIDE * SIDE))
HALF = np.arange(COUNT) % 2
NAMES = [f"pixel{number}" for number in range(SIDE * SIDE)]
LAYOUT = "81 numbers each read as 9 × 9 pixels, row by row"


def table(rows, header=None, sign=","):
    lines = [] if header is None else [sign.join(header)]
    return "\n".join([*lines, *(sign.join(map(str, row)) for row in rows)]) + "\n"


@pytest.fixture
def csv(tmp_path):
    def save(text, name="x.csv"):
        content = text if isinstance(text, bytes) else text.encode()
        (tmp_path / name).write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
        return tmp_path / name

    return save


LABELLED = np.column_stack([HALF, PIXELS])
LAST = np.column_stack([PIXELS, HALF])
TEXTS = [[["cat", "dog"][label], *row] for label, row in zip(HALF, PIXELS.tolist(), strict=True)]


@pytest.mark.parametrize("name", ["x.csv", "x.CSV", "x.csv.gz", "x.tsv"])
def test_a_table_may_be_packed(csv, name):
    dataset = load(csv(table(LABELLED, ["label", *NAMES], "\t" if "tsv" in name else ","), name))
    assert everything(dataset) == {level: level % 2 for level in range(COUNT)}


@pytest.mark.parametrize(
    ("text", "notes"),
    [
        (table(LABELLED, ["label", *NAMES]), []),
        (table(LAST, [*NAMES, "Class"]), []),
        (table(LABELLED), ["labels are in column 1"]),
        (table(LAST), ["labels are in column 82"]),
        (table(LABELLED.astype(float), ["label", *NAMES], ";"), []),
        ("\ufeff" + table(LABELLED, ["label", *NAMES]).replace("\n", "\r\n"), []),
        (table([[f'"{value}"' for value in row] for row in LABELLED], ["label", *NAMES]), []),
        (table(np.column_stack([np.arange(COUNT), LABELLED]), ["id", "label", *NAMES]), ["columns not used: id"]),
        (table(LABELLED, ["label", *NAMES]) + "\n\n", []),
        (table(LABELLED, ["label", *NAMES]).rstrip(), []),
    ],
    ids=["header", "last", "bare", "bare, last", "semicolons", "BOM", "quotes", "id", "empty lines", "no line end"],
)
def test_labels_are_told_by_a_name_or_by_their_place(csv, text, notes):
    dataset = load(csv(text))
    assert everything(dataset) == {level: level % 2 for level in range(COUNT)}
    assert dataset.report.converted == (*notes, LAYOUT)
    assert dataset.report.skipped == ()
    origin = dataset.train.origins[3]
    assert origin.part == dataset.train.images[3, 0, 0, 0]


@pytest.mark.parametrize("header", [["label", *NAMES], None])
def test_labels_may_turn_out_to_be_texts(csv, header):
    """As those of EMNIST in the order of its classes, digits before letters."""
    rows = [["12A"[number // 125], *PIXELS[number % COUNT]] for number in range(300)]
    dataset = load(csv(table(rows, header)))
    assert dataset.class_names == ("1", "2", "A")
    assert sum(np.bincount(split.labels) for split in (dataset.train, dataset.test)).tolist() == [125, 125, 50]


@pytest.mark.parametrize("header", [["label", *NAMES], None])
def test_labels_may_be_texts(csv, header):
    dataset = load(csv(table(TEXTS, header)))
    assert dataset.class_names == ("cat", "dog")
    assert everything(dataset) == {level: level % 2 for level in range(COUNT)}


def test_a_table_without_labels(csv):
    for header in (NAMES, None):
        dataset = load(csv(table(PIXELS, header)))
        assert sorted(everything(dataset)) == list(range(COUNT))
        assert dataset.class_names == ()


def test_pixels_may_be_missing_or_of_more_than_eight_bits(csv):
    text = table(PIXELS * 100).replace("\n0,0,", "\n,0,")
    dataset = load(csv(table(PIXELS * 100)))
    assert dataset.report.converted[0] == "values 0 to 2,047 become 0 to 255 (11 bits); they are 0 to 1,900: 20"
    text = table([["", *row[1:]] for row in PIXELS.tolist()])
    dataset = load(csv(text))
    assert dataset.report.converted[1].startswith("values that are not finite: 20")


def test_train_and_test_are_the_split(tmp_path, csv):
    path = csv(table(LABELLED, ["label", *NAMES]), "train.csv")
    csv(table(np.column_stack([HALF, PIXELS + 100]), ["label", *NAMES]), "test.csv")
    dataset = load(path)
    assert dataset.test.images[:, 0, 0, 0].tolist() == list(range(100, 120))
    assert dataset.report.converted == ("test images are those of test.csv", LAYOUT)


def test_test_images_without_labels_do_not_cost_those_of_the_others(csv):
    path = csv(table(LABELLED, ["label", *NAMES]), "train.csv")
    csv(table(PIXELS + 100, NAMES), "test.csv")
    dataset = load(path)
    assert everything(dataset) == {level: level % 2 for level in range(COUNT)}
    assert dataset.report.skipped == (
        "test.csv: 20 images without labels, not used; choose that file by itself to see them",
    )


def test_labels_that_are_measures_are_left_out(csv):
    path = csv(table(np.column_stack([np.linspace(0, 1, COUNT), PIXELS]), ["label", *NAMES]))
    dataset = load(path)
    assert dataset.class_names == ()
    assert "as they are measures, not classes" in dataset.report.skipped[0]


# Pixels as texts in one column, as in FER2013

USES = ["Training"] * 12 + ["PublicTest"] * 3 + ["PrivateTest"] * 5
PACKED = [" ".join(map(str, row)) for row in PIXELS.tolist()]
FER = [[label, pixels, use] for label, pixels, use in zip(HALF, PACKED, USES, strict=True)]


@pytest.mark.parametrize(
    "text",
    [
        table(FER, ["emotion", "pixels", "Usage"]),
        table([[label, use, text] for label, text, use in FER], ["emotion", " Usage", " pixels"]),
        table(FER),
        table([[label, f'"{text}"', use] for label, text, use in FER], ["emotion", "pixels", "Usage"]),
        table([[label, f'"[{text.replace(" ", ", ")}]"', use] for label, text, use in FER], ["label", "x", "split"]),
        table([[label, text.replace(" ", "  "), use] for label, text, use in FER], ["label", "x", "split"], "\t"),
        table([[label, text.replace(" ", ".0 ") + ".0", use] for label, text, use in FER], ["label", "x", "set"]),
        table(
            [[use, *row] for use, row in zip(USES, LABELLED.tolist(), strict=True)],
            ["usage", "label", *NAMES],
        ),
    ],
    ids=["header", "another order", "bare", "quotes", "lists", "two spaces", "floats", "a column each"],
)
def test_pixels_may_be_texts_beside_the_split(csv, text):
    """The public test of the contest is validation."""
    path = csv(text)
    for measured_on, first, last, other in (("test", 15, 20, "PublicTest"), ("validation", 12, 15, "PrivateTest")):
        dataset = load(path, measured_on=measured_on)
        assert dataset.train.images[:, 0, 0, 0].tolist() == list(range(12))
        assert dataset.test.images[:, 0, 0, 0].tolist() == list(range(first, last))
        assert dataset.test.labels.tolist() == HALF[first:last].tolist()
        assert [dataset.test.origins[number].part for number in range(last - first)] == list(range(first, last))
        assert dataset.on_validation == (measured_on == "validation")
        (line,) = dataset.report.skipped
        assert line == f"x.csv ({other}): {20 - last or 3} images, not used beside others for the test"


def test_the_split_may_be_missing_or_say_nothing(csv):
    path = csv(table([row[:2] for row in FER], ["emotion", "pixels"]))
    assert everything(load(path)) == {level: level % 2 for level in range(COUNT)}
    path = csv(table([[*row[:2], "Oslo"] for row in FER], ["emotion", "pixels", "Usage"]))
    assert everything(load(path)) == {level: level % 2 for level in range(COUNT)}
    path = csv(table([*FER * 20, [*FER[-1][:2], "?"]], ["emotion", "pixels", "Usage"]))
    assert "rows that are neither for training nor for the test: 1" in load(path).report.skipped


def test_labels_beside_texts_of_pixels_may_turn_out_to_be_texts(csv):
    rows = [["12A"[number // 125], PACKED[number % COUNT]] for number in range(300)]
    assert load(csv(table(rows, ["label", "pixels"]))).class_names == ("1", "2", "A")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (f"1,{PACKED[0]} 7,Training", "its line 22 has 82 pixels, not 81 as others"),
        (f"1,{PACKED[0][:-1]}so,Training", "its line 22 has “so” for a number"),
        (f"1,{PACKED[0]}", "its line 22 has 2 values, not 3 as others"),
        ("1,,Training", "its line 22 has 0 pixels, not 81 as others"),
    ],
)
def test_a_text_of_other_pixels_is_named(csv, text, reason):
    with pytest.raises(DataError, match=rf"x\.csv cannot be used: {reason}"):
        load(csv(table(FER, ["emotion", "pixels", "Usage"]) + text))


BAD = {
    "ragged": (table(LABELLED) + "1,2,3\n", "its line 21 has 3 values, not 82 as others"),
    "ragged beside a header": (table(LABELLED, ["label", *NAMES]) + "1,2\n", "its line 22 has 2 values, not 82"),
    "ragged at once": (table([range(4)], ["label", *NAMES]), "its line 2 has 4 values, not 82"),
    "a text": (table(LABELLED).replace("\n1,1,", "\n1,so,", 1), "its line 2 has “so” for a number"),
    "no pixels": (table([[1, 2, 3]] * 20), "it is a table of 3 columns, not of images: .* 28 × 28 = 784"),
    "names of files": ("file,label\n" + "a.png,cat\n" * 20, "it is a table of 2 columns, not of images"),
    "prose": ("Call me Ishmael. Some years ago.\n" * 20, "it is a table of 1 columns, not of images"),
    "a long value": ("x" * 200_000 + "\n1,2\n", "its line 2 has 2 values, not 1 as others"),
    "open quotes": (
        table(TEXTS, ["label", *NAMES]) + '"' + table(TEXTS),
        "its line 22 has|one of its values in quotes",
    ),
    "short with quotes": (table(TEXTS, ["label", *NAMES]) + '"cat",1\n', "its line 22 has 2 values, not 82"),
    "labels cut off": (
        table([[*row[1:], row[0]] for row in TEXTS], [*NAMES, "label"]) + ",".join(['"1"'] * 81) + "\n",
        "one of its values in quotes does not end|its line 22 has 81",
    ),
    "empty": ("", "it holds nothing"),
    "only line ends": ("\n" * 1000, "it holds nothing"),
    "only a header": (table([], ["label", *NAMES]), "columns"),
    "bytes": (b"\0\1\2\3" * 1000, "it is not a text"),
    "a picture": (b"\x89PNG\r\n\x1a\n\0\0\0", "it is a PNG image"),
}


@pytest.mark.parametrize("fault", BAD)
def test_what_is_no_table_of_pixels_is_refused(csv, fault):
    text, reason = BAD[fault]
    with pytest.raises(DataError, match=rf"x\.csv cannot be used: .*{reason}.*Choose another file\.$"):
        load(csv(text))


def test_one_long_label_takes_no_memory_for_each_row(csv):
    load_without_long_labels(csv(table([["a" * 100_000, *PIXELS[0]], *(TEXTS * 300)])))


@pytest.mark.parametrize("name", ["x.csv", "x.csv.gz"])
@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"0," * (8 << 20), "one of its lines is longer than"),
        (b"a," * (1 << 20) + b"\n" + b"0," * (1 << 20), "it is a table of 1,048,577 columns"),
        (b"pix,el\n" + b"10," * (1 << 19), "it is a table of 2 columns"),
        ((b"10," * 20_000 + b"\n") * 60, "it is a table of 20,001 columns"),
        (b"0,0 1 2 3" + b" 44" * (1 << 20) + b"\n", "it is a table of 2 columns"),
        (b"a,b\n1,2\n" + b"0," * (8 << 20), "it is a table of 2 columns"),
        (table(LABELLED).encode() + b"0," * (8 << 20), "one of its lines is longer than"),
        (b"0\n" * (8 << 20), "it is a table of 1 columns"),
        (b"\n" * (16 << 20), "it holds nothing"),
    ],
    ids=[
        "a line of millions of columns",
        "names",
        "values",
        "wide",
        "a long text",
        "after others",
        "after images",
        "short lines",
        "line ends",
    ],
)
def test_a_bomb_is_refused_at_once(csv, name, content, reason):
    path = csv(content, name)
    with quickly(), pytest.raises(DataError, match=reason):
        load(path)
