"""Parquet as Hugging Face lays it out, by the optional library pyarrow: image files in a column, labels, shards."""

import io
import json
import time

import numpy as np
import pytest
from PIL import Image

from tests.data.costs import MB, quickly
from tests.data.custom_images import everything, load, load_without_long_labels
from vae_desktop.errors import DataError

COUNT, SIDE = 30, 12
HALF = (np.arange(COUNT) % 2).tolist()


def png(level, mode="L"):
    stream = io.BytesIO()
    Image.new(mode, (SIDE, SIDE), level).save(stream, "PNG")
    return stream.getvalue()


def rows(count=COUNT, first=0):
    return [{"bytes": png(first + level), "path": f"{level}.png"} for level in range(count)]


def hugging_face(names, column="label"):
    features = {"image": {"_type": "Image"}, column: {"names": names, "_type": "ClassLabel"}}
    return {"huggingface": json.dumps({"info": {"features": features}})}


@pytest.fixture
def parquet(tmp_path):
    arrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    def save(name="x.parquet", metadata=None, **columns):
        table = arrow.table(columns)
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        parquet.write_table(table.replace_schema_metadata(metadata), path, row_group_size=max(7, len(table) // 10))
        return path

    return save


@pytest.mark.parametrize("name", ["image", "img", "picture of it"])
def test_image_files_lie_in_a_column(parquet, name):
    path = parquet(metadata=hugging_face(["cat", "dog"]), **{name: rows(), "label": HALF, "id": list(range(COUNT))})
    dataset = load(path)
    assert dataset.class_names == ("cat", "dog")
    assert everything(dataset) == {level: level % 2 for level in range(COUNT)}
    for split in (dataset.train, dataset.test):
        for number, image in enumerate(split.images):
            assert str(split.origins[number]) == f"{path}, row {image[0, 0, 0]}"


def test_a_column_may_hold_bytes_alone_and_labels_texts(parquet):
    names = [["cat", "dog"][label] for label in HALF]
    dataset = load(parquet(image=[row["bytes"] for row in rows()], label=names))
    assert dataset.class_names == ("cat", "dog")
    assert everything(dataset) == {level: level % 2 for level in range(COUNT)}


def test_captions_are_columns_of_texts_or_of_lists_of_texts(parquet):
    texts = [None if number == 3 else f"level {number}" for number in range(COUNT)]
    more = [[f"grey {number}", f"level {number}", ""] for number in range(COUNT)]
    dataset = load(parquet(image=rows(), text=texts, captions=more, label=HALF))
    for split in (dataset.train, dataset.test):
        for image, found in zip(split.images[:, 0, 0, 0].tolist(), split.captions, strict=True):
            assert found == (f"level {image}", f"grey {image}")[:: -1 if image == 3 else 1]
    assert "captions that an image has twice, used once: 29" in dataset.report.skipped


def test_a_folder_of_shards_is_one_set_with_its_split(parquet, tmp_path):
    names = hugging_face(["cat", "dog"])
    for number in range(2):
        part = slice(15 * number, 15 * number + 15)
        name = f"data/train-0000{number}-of-00002.parquet"
        parquet(name, names, image=rows()[part], label=HALF[part])
    parquet("data/test-00000-of-00001.parquet", names, image=rows(12, 100), label=HALF[:12])
    parquet("data/validation-00000-of-00001.parquet", names, image=rows(11, 150), label=HALF[:11])
    (tmp_path / "README.md").write_text("about it")
    for path in (tmp_path, tmp_path / "data", tmp_path / "data" / "train-00001-of-00002.parquet"):
        dataset = load(path)
        assert dataset.train.images[:, 0, 0, 0].tolist() == list(range(COUNT))
        assert dataset.train.labels.tolist() == HALF
        assert dataset.test.images[:, 0, 0, 0].tolist() == list(range(100, 112))
        assert dataset.report.skipped == (
            "validation-00000-of-00001.parquet: 11 images, not used beside others for the test",
        )
    assert len(load(tmp_path / "data" / "test-00000-of-00001.parquet").train) == 10
    dataset = load(tmp_path, measured_on="validation")
    assert len(dataset.train) == COUNT
    assert dataset.test.images[:, 0, 0, 0].tolist() == list(range(150, 161))


def test_a_test_set_without_labels_gives_way_to_one_with_labels(parquet, tmp_path):
    names = hugging_face(["cat", "dog"])
    parquet("train-00000-of-00001.parquet", names, image=rows(), label=HALF)
    parquet("test-00000-of-00001.parquet", names, image=rows(12, 100), label=[-1] * 12)
    parquet("validation-00000-of-00001.parquet", names, image=rows(11, 150), label=HALF[:11])
    dataset = load(tmp_path)
    assert dataset.test.images[:, 0, 0, 0].tolist() == list(range(150, 161))
    assert dataset.class_names == ("cat", "dog")
    assert dataset.report.skipped == (
        "test-00000-of-00001.parquet: 12 images without labels, not used; choose that file by itself to see them",
    )


@pytest.mark.parametrize("missing", [-1, None])
def test_missing_labels_have_a_class_of_their_own(parquet, missing):
    labels = [missing, *HALF[1:]]
    dataset = load(parquet(metadata=hugging_face(["cat", "dog"]), image=rows(), label=labels))
    assert dataset.class_names == ("cat", "dog", "no label")


@pytest.mark.parametrize(
    ("labels", "metadata", "names"),
    [
        (HALF, None, ("0", "1")),
        (HALF, {"huggingface": "[" * 100_000}, ("0", "1")),
        (HALF, {"huggingface": '{"info": 7}'}, ("0", "1")),
        ([[1, 2]] * COUNT, None, ()),
        (np.linspace(0, 1, COUNT).tolist(), None, ()),
    ],
)
def test_labels_of_any_kind_cost_no_image(parquet, labels, metadata, names):
    dataset = load(parquet(metadata=metadata, image=rows(), label=labels))
    assert everything(dataset).keys() == set(range(COUNT))
    assert dataset.class_names == names


def test_rows_that_hold_no_image_are_told(parquet):
    images = rows()
    images[3], images[5] = {"bytes": None, "path": "/etc/hosts"}, {"bytes": b"no image", "path": None}
    images[7] = None
    dataset = load(parquet(image=images))
    assert everything(dataset).keys() == set(range(COUNT)) - {3, 5, 7}
    assert len(dataset.report.skipped) == 3
    assert dataset.report.skipped[0].startswith("x.parquet/3: ")
    assert "its bytes are not in the file" in dataset.report.skipped[0]


@pytest.mark.parametrize("as_one", [True, False], ids=["a dictionary", "each by itself"])
def test_one_long_label_takes_no_memory_for_each_row(parquet, as_one):
    arrow = pytest.importorskip("pyarrow")
    labels = arrow.array(["a"] * (COUNT * 30 - 1) + ["b" * 1_000_000])
    if as_one:
        labels = arrow.DictionaryArray.from_arrays([0] * (COUNT * 30), ["b" * 1_000_000])
    path = parquet(image=[row["bytes"] for row in rows()] * 30, label=labels)
    before = arrow.total_allocated_bytes()
    dataset = load_without_long_labels(path, "label")
    assert arrow.total_allocated_bytes() - before < 50 << 20
    assert len(dataset.train) + len(dataset.test) == COUNT * 30


def test_an_image_in_all_rows_of_a_small_file_does_not_fill_the_memory(tmp_path):
    arrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    image = png(3) + np.random.default_rng(0).bytes(1_000_000)
    images = arrow.DictionaryArray.from_arrays([0] * 2000, [image])
    parquet.write_table(arrow.table({"image": images}), tmp_path / "x.parquet", store_schema=False)
    assert (tmp_path / "x.parquet").stat().st_size < 1_100_000
    pool, start = arrow.default_memory_pool(), time.process_time()
    with pytest.raises(DataError, match="its row group unpacks to far more than the file holds"):
        load(tmp_path / "x.parquet")
    assert time.process_time() - start < 3
    assert pool.max_memory() < 300 << 20  # of 2 GB


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        ({"a": [1] * 20, "b": ["x"] * 20}, "none of its columns holds image files or .*; they are named a, b"),
        ({"a": [b"x"] * 20, "b": [b"x"] * 20}, "none of its columns holds image files or .*; they are named a, b"),
        ({"image": [[{"a": 1}]] * 20}, "none of its columns holds image files"),
        ({"pixels": [[0] * 81] * 19 + [[0] * 82]}, "its images, from row 1 on, are not alike in size"),
        ({"pixels": [[[0] * 9] * 9] * 19 + [[[0] * 8] * 9]}, "its images, from row 1 on, are not alike in size"),
        ({"pixels": [[0] * 81] * 19 + [None]}, "its images, from row 1 on, are not alike in size"),
        ({"pixels": [[0] * 81] * 12 + [np.zeros(1 << 24, np.int64)]}, "it promises more than the file holds"),
        ({"pixels": []}, "none of its columns"),
        ({f"{number}": [1] for number in range(16_600)}, "it has 16,600 columns, more than 16,500"),
        ({"image": [b""] * 100_000}, "it promises more than the file holds"),
    ],
)
def test_what_holds_no_images_is_refused(parquet, columns, reason):
    path = parquet(**columns)
    with quickly(), pytest.raises(DataError, match=rf"x\.parquet cannot be used: {reason}"):
        load(path)


PIXELS = np.tile(np.arange(COUNT)[:, None], (1, 81))
SQUARES = PIXELS.reshape(-1, 9, 9)
COLUMNS = {
    "columns": {f"pixel{number}": PIXELS[:, number] for number in range(81)},
    "bytes": {f"{number}": PIXELS[:, number].astype(np.uint8) for number in range(81)},
    "lists": {"pixels": PIXELS.tolist()},
    "squares": {"image": SQUARES.tolist()},
    "colour": {"image": np.repeat(SQUARES[..., None], 3, 3).tolist()},
    "texts": {"pixels": [" ".join(map(str, row)) for row in PIXELS.tolist()]},
}


@pytest.mark.parametrize("kind", COLUMNS)
@pytest.mark.parametrize("labels", [HALF, [str(label) for label in HALF]], ids=["numbers", "texts"])
def test_images_may_be_numbers(parquet, kind, labels):
    path = parquet(**COLUMNS[kind], label=labels, id=list(range(COUNT)))
    dataset = load(path)
    assert everything(dataset) == {level: level % 2 for level in range(COUNT)}
    assert dataset.image_shape == (1, 9, 9)
    assert str(dataset.train.origins[5]) == f"{path}, row {dataset.train.images[5, 0, 0, 0]}"


def test_numbers_of_fixed_length_floats_and_flags(parquet):
    arrow = pytest.importorskip("pyarrow")
    flat = arrow.array(PIXELS.ravel().astype(np.float32))
    assert sorted(everything(load(parquet(x=arrow.FixedSizeListArray.from_arrays(flat, 81))))) == [*range(COUNT)]
    flags = [[bool(number & level) for number in range(81)] for level in range(COUNT)]
    assert load(parquet(x=flags)).report.levels.startswith("values 0 to 1 become 0 to 255")
    missing = [None, *PIXELS[1:, 0].tolist()]
    dataset = load(parquet(**COLUMNS["columns"] | {"pixel0": missing}))
    assert any(line.startswith("values that are not finite: 1.") for line in dataset.report.converted)


def test_the_split_of_numbers_is_a_column_or_in_the_names_of_files(parquet, tmp_path):
    uses = ["Training"] * 15 + ["PrivateTest"] * 15
    dataset = load(parquet(**COLUMNS["texts"], emotion=HALF, Usage=uses, raw=[b"x"] * COUNT, more=[b"y"] * COUNT))
    assert "columns not used: raw, more" in dataset.report.converted
    assert dataset.train.images[:, 0, 0, 0].tolist() == list(range(15))
    assert dataset.class_names == ("0", "1")
    for number, (name, rows) in enumerate((("train", PIXELS[:20]), ("train", PIXELS[20:]), ("test", PIXELS[:12] + 99))):
        parquet(f"data/{name}-0000{number % 2}-of-00002.parquet", pixels=rows.tolist(), label=HALF[: len(rows)])
    dataset = load(tmp_path / "data")
    assert dataset.train.images[:, 0, 0, 0].tolist() == list(range(COUNT))
    assert dataset.test.images[:, 0, 0, 0].tolist() == list(range(99, 111))
    assert dataset.train.origins[20].file.endswith("train-00001-of-00002.parquet")
    assert dataset.train.origins[20].part == 0


def test_columns_of_one_name_are_refused(tmp_path):
    arrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    columns = [arrow.array([row["bytes"] for row in rows()]), arrow.array(HALF), arrow.array(HALF)]
    parquet.write_table(arrow.Table.from_arrays(columns, names=["image", "label", "label"]), tmp_path / "x.parquet")
    with pytest.raises(DataError, match=r"x\.parquet cannot be used: several of its columns are named label"):
        load(tmp_path / "x.parquet")


def test_labels_that_are_long_texts_are_left_out_unread(parquet):
    arrow = pytest.importorskip("pyarrow")
    path = parquet(image=[row["bytes"] for row in rows()], label=["b" * 50_000_000, *["a"] * (COUNT - 1)])
    before = arrow.default_memory_pool().max_memory()
    assert "as they are texts of more than 255 characters" in load(path).report.skipped[0]
    assert arrow.default_memory_pool().max_memory() - before < 20 * MB


@pytest.mark.parametrize("damage", ["cut off", "noise", "picture", "empty"])
def test_damaged_files_are_named(parquet, damage):
    path = parquet(image=rows())
    content = path.read_bytes()
    noise = b"PAR1" + np.random.default_rng(0).bytes(len(content) - 8) + b"PAR1"
    contents = {"cut off": content[: len(content) // 2], "noise": noise, "picture": png(3), "empty": b""}
    path.write_bytes(contents[damage])
    with pytest.raises(DataError, match=r"x\.parquet cannot be (used|read)"):
        load(path)
