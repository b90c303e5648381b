import io

import numpy as np
import pytest

from tests.data.custom_images import everything, levels, load
from vae_desktop.data.custom.conversion import CONVERSION_RULE
from vae_desktop.errors import DataError

COUNT, SIDE = 20, 9


def steps(count=COUNT, side=SIDE, first=0):
    """Images that are all of one level each, which counts up."""
    return np.tile(np.arange(first, first + count, dtype=np.uint8)[:, None, None], (1, side, side))


@pytest.fixture
def npy(tmp_path):
    def save(array):
        np.save(tmp_path / "x.npy", array)
        return tmp_path / "x.npy"

    return save


# Layouts


def test_an_npy_is_images_without_labels(npy):
    dataset = load(npy(steps()))
    assert sorted(everything(dataset)) == list(range(COUNT))
    assert len(dataset.test) == 4
    assert dataset.train.labels is dataset.test.labels is None
    assert dataset.image_shape == (1, SIDE, SIDE)
    assert dataset.train.images.dtype == np.uint8
    assert dataset.train.images.flags.c_contiguous
    assert dataset.train.images.flags.writeable
    assert dataset.report.read == "20 images without classes from x.npy: 9 × 9 pixels, grey; 4 of them for the test."
    assert dataset.report.converted == dataset.report.skipped == ()


COLOURS = np.random.default_rng(0).integers(0, 256, (COUNT, SIDE, SIDE, 3), np.uint8)


@pytest.mark.parametrize("array", [COLOURS, np.moveaxis(COLOURS, -1, 1)], ids=["NHWC", "NCHW"])
def test_colour_is_read_in_both_layouts(npy, array):
    for order in "CF":
        dataset = load(npy(np.asarray(array, order=order)))
        assert dataset.image_shape == (3, SIDE, SIDE)
        read = np.concatenate([dataset.train.images, dataset.test.images])
        wanted = np.moveaxis(COLOURS, -1, 1)
        np.testing.assert_array_equal(np.sort(read.reshape(COUNT, -1), 0), np.sort(wanted.reshape(COUNT, -1), 0))
    assert load(npy(array), colours="grey").image_shape == (1, SIDE, SIDE)


def test_one_channel_is_grey(npy):
    for shape in ((COUNT, SIDE, SIDE, 1), (COUNT, 1, SIDE, SIDE)):
        dataset = load(npy(steps().reshape(shape)))
        assert sorted(everything(dataset)) == list(range(COUNT))
        assert dataset.image_shape == (1, SIDE, SIDE)


def test_equal_channels_are_grey_unless_colour_is_asked_for(npy):
    array = np.repeat(steps()[..., None], 3, -1)
    assert load(npy(array)).image_shape == (1, SIDE, SIDE)
    assert load(npy(array), colours="colour").image_shape == (3, SIDE, SIDE)


@pytest.mark.parametrize("axis", [1, -1])
def test_a_fourth_channel_is_alpha_over_white(npy, axis):
    array = np.zeros((COUNT, SIDE, SIDE, 4), np.uint8)
    array[:15, ..., 0] = 200
    array[:15, ..., 3] = 255
    dataset = load(npy(np.moveaxis(array, -1, axis)))
    pixels = [tuple(image[:, 4, 4]) for split in (dataset.train, dataset.test) for image in split.images]
    assert sorted(pixels) == [(200, 0, 0)] * 15 + [(255, 255, 255)] * 5
    assert dataset.report.converted == ("alpha laid over white: 5",)


def test_arrays_follow_the_rule_of_scaling_and_cutting(npy):
    wide = np.zeros((COUNT, 24, 96), np.uint8)
    wide[:, :, 36:60] = 200
    dataset = load(npy(wide), image_size=12)
    assert (dataset.train.images[..., 2:-2, 2:-2] == 200).all()
    assert dataset.report.converted == (f"scaled to 12 × 12 pixels: 20. {CONVERSION_RULE}",)
    assert load(npy(wide)).image_shape == (1, 24, 24)


# Pixels


@pytest.mark.parametrize(
    ("low", "high", "dtype", "ends", "rule"),
    [
        (0, 255, np.uint8, (0, 255), None),
        (0, 100, np.int64, (0, 100), None),
        (3, 7, np.uint16, (3, 7), None),
        (0, 1, np.uint8, (0, 255), "values 0 to 1 become 0 to 255 (only 0 and 1); they are 0 to 1"),
        (False, True, np.bool_, (0, 255), "values 0 to 1 become 0 to 255 (only 0 and 1); they are 0 to 1"),
        (0, 1, np.float16, (0, 255), "values 0 to 1 become 0 to 255 (floats up to 1); they are 0 to 1"),
        (0.1, 0.5, ">f4", (26, 128), "values 0 to 1 become 0 to 255 (floats up to 1); they are 0.1 to 0.5"),
        (0, 1.0005, np.float32, (0, 255), "values 0 to 1 become 0 to 255 (floats up to 1); they are 0 to 1"),
        (0, 254.6, float, (0, 255), "values 0 to 255 become 0 to 255 (floats up to 255, rounded); they are 0 to 254.6"),
        (2, 20, float, (2, 20), "values 0 to 255 become 0 to 255 (floats up to 255, rounded); they are 2 to 20"),
        (-1, 1, np.float32, (0, 255), "values -1 to 1 become 0 to 255 (their least and greatest); they are -1 to 1"),
        (
            *(0, 5000, float, (0, 255)),
            "values 0 to 5,000 become 0 to 255 (their least and greatest); they are 0 to 5,000",
        ),
        (-3, -3, float, (0, 0), "values -3 to -3 become 0 to 255 (their least and greatest); they are -3 to -3"),
        (0, 4000, np.uint16, (0, 249), "values 0 to 4,095 become 0 to 255 (12 bits); they are 0 to 4,000"),
        (300, 65_535, ">u2", (1, 255), "values 0 to 65,535 become 0 to 255 (16 bits); they are 300 to 65,535"),
        (0, 256, np.int64, (0, 128), "values 0 to 511 become 0 to 255 (9 bits); they are 0 to 256"),
        (-1, 5, np.int32, (0, 255), "values -1 to 5 become 0 to 255 (their least and greatest); they are -1 to 5"),
        (
            *(0, 2**31 - 1, np.int32, (0, 255)),
            "values 0 to 2.147e+09 become 0 to 255 (their least and greatest); they are 0 to 2.147e+09",
        ),
    ],
)
def test_pixels_become_bytes_by_a_rule_that_is_told(npy, low, high, dtype, ends, rule):
    array = np.full((COUNT, SIDE, SIDE), low, dtype)
    array[:, 4:] = high
    dataset = load(npy(array))
    assert (dataset.train.images[0, 0, 0, 0], dataset.train.images[0, 0, -1, -1]) == ends
    assert dataset.report.converted == (() if rule is None else (f"{rule}: 20",))


def test_one_rule_holds_for_both_parts(npz):
    path = npz(x_train=np.full((COUNT, SIDE, SIDE), 200.0), x_test=np.full((COUNT, SIDE, SIDE), 0.5))
    dataset = load(path)
    assert set(levels(dataset.train)) == {200}
    assert set(levels(dataset.test)) == {0}


def test_parts_of_different_kinds_are_refused(npz):
    with pytest.raises(DataError, match="only one of its two parts has float pixels"):
        load(npz(x_train=steps(), x_test=steps() / 255))


# Names and labels


@pytest.mark.parametrize(
    ("images", "labels"),
    [("images", "labels"), ("x", "y"), ("X", "Y"), ("data", "targets"), ("imgs", "labels"), ("arr_0", "arr_1")],
)
def test_images_and_labels_are_known_by_their_names(npz, images, labels):
    dataset = load(npz(**{images: steps(), labels: np.arange(COUNT) % 4 * 10}))
    assert sorted(everything(dataset)) == list(range(COUNT))
    assert dataset.class_names == ("0", "10", "20", "30")
    for split in (dataset.train, dataset.test):
        assert split.labels.dtype == np.int64
        assert split.labels.tolist() == [level % 4 for level in levels(split)]
    assert np.bincount(dataset.test.labels).tolist() == [1, 1, 1, 1]
    assert dataset.report.skipped == ()


@pytest.mark.parametrize(
    "names",
    [
        ("x_train", "y_train", "x_test", "y_test"),
        ("X_train", "Y_train", "X_test", "Y_test"),
        ("train_images", "train_labels", "test_images", "test_labels"),
        ("train_set_x", "train_set_y", "test_set_x", "test_set_y"),
        ("Xtrain", "ytrain", "Xtest", "ytest"),
        ("trainX", "trainY", "dev-x", "dev-y"),
    ],
)
def test_named_parts_are_the_split(npz, names):
    arrays = (steps(30), np.arange(30) % 3, steps(7, first=100), np.full(7, 2))
    dataset = load(npz(**dict(zip(names, arrays, strict=True))))
    assert levels(dataset.train) == list(range(30))
    assert levels(dataset.test) == list(range(100, 107))
    assert dataset.train.labels.tolist() == [0, 1, 2] * 10
    assert dataset.test.labels.tolist() == [2] * 7
    assert dataset.report.read.endswith("7 of them for the test.")


def test_parts_may_lie_in_files_of_their_own(tmp_path):
    path, beside = tmp_path / "train_signs.npz", tmp_path / "test_signs.npz"
    np.savez(path, train_set_x=steps(30), train_set_y=np.arange(30) % 3, list_classes=np.arange(3))
    np.savez(beside, test_set_x=steps(12, first=100), test_set_y=np.full(12, 2), list_classes=np.arange(3))
    for source in (path, tmp_path):
        dataset = load(source)
        assert levels(dataset.train) == list(range(30))
        assert levels(dataset.test) == list(range(100, 112))
        assert dataset.train.labels.tolist() == [0, 1, 2] * 10
        assert dataset.test.labels.tolist() == [2] * 12
    alone = load(beside)
    assert everything(alone) == dict.fromkeys(range(100, 112), 0)
    assert alone.class_names == ("2",)


def test_parts_of_different_sizes_become_one(npz):
    dataset = load(npz(x_train=steps(side=12), x_test=steps(side=20, first=COUNT)))
    assert dataset.image_shape == (1, 16, 16)
    assert dataset.test.images.shape == (COUNT, 1, 16, 16)
    assert levels(dataset.test) == list(range(COUNT, 2 * COUNT))


def test_labels_of_one_part_alone_are_not_used(npz):
    dataset = load(npz(x_train=steps(), y_train=np.arange(COUNT), x_test=steps()))
    assert dataset.train.labels is None
    assert dataset.report.skipped == ("labels: not used, as only one of two parts has them",)


def test_other_arrays_are_named_and_not_read(npz):
    dataset = load(npz(images=steps(), metadata=np.array([{}], dtype=object), thumbnails=steps()))
    assert set(dataset.report.skipped) == {"metadata: not used", "thumbnails: not used"}


def test_of_test_and_validation_images_one_part_is_measured_on(npz):
    path = npz(x_train=steps(30), x_test=steps(11, first=100), x_val=steps(10, first=150))
    dataset = load(path)
    assert levels(dataset.test) == list(range(100, 111))
    assert dataset.report.skipped == ("x_val: not used",)
    dataset = load(path, measured_on="validation")
    assert levels(dataset.train) == list(range(30))
    assert levels(dataset.test) == list(range(150, 160))
    assert dataset.report.skipped == ("x_test: not used",)
    dataset = load(npz(x_train=steps(30), x_val=steps(10, first=150)))
    assert levels(dataset.test) == list(range(150, 160))


@pytest.mark.parametrize(
    ("labels", "names"),
    [
        (np.array(["c10", "c2"] * 10), ("c2", "c10")),
        (np.array(["ä".encode(), b"b"] * 10), ("b", "ä")),
        (np.array([[7], [-1]] * 10, np.int8), ("-1", "7")),
        (np.array([True, False] * 10), ("False", "True")),
        (np.array([2**63, 5] * 10, np.uint64), ("5", "9223372036854775808")),
    ],
    ids=["texts", "bytes", "column", "bool", "uint64"],
)
def test_labels_of_many_types_name_the_classes(npz, labels, names):
    dataset = load(npz(images=steps(), labels=labels))
    assert dataset.class_names == names
    first = dict(zip(levels(dataset.train), dataset.train.labels, strict=True))
    assert {level % 2: label for level, label in first.items()} == {0: 1, 1: 0}


@pytest.mark.parametrize(
    ("shape", "way_out"),
    [
        ((), None),
        ((100,), None),
        ((20, 80), "images.reshape(-1, HEIGHT, WIDTH)"),
        ((20, 9, 9, 2), "images[..., 0]"),
        ((20, 2, 9, 9), "images[:, 0]"),
        ((20, 5, 9, 9), "images.reshape(-1, 9, 9)"),
        ((20, 9, 9, 9), "images.reshape(-1, 9, 9)"),
        ((3, 9, 9, 20), "np.moveaxis(images, -1, 0)"),
        ((20, 9, 9, 9, 1), "images.reshape(-1, 9, 9, 1)"),
    ],
)
def test_wrong_shapes_are_refused_with_the_line_that_converts(npy, shape, way_out):
    with pytest.raises(DataError, match=r"x\.npy cannot be used: it is an array of .*, not of images") as caught:
        load(npy(np.zeros(shape, np.uint8)))
    line = None if way_out is None else f"(in Python: np.save('images.npy', {way_out}))"
    assert "in Python" not in str(caught.value) if line is None else line in str(caught.value)


def test_wrong_types_are_refused(npy):
    for array in (np.zeros((COUNT, 9, 9), complex), np.full((COUNT, 9, 9), "a")):
        with pytest.raises(DataError, match="not numbers"):
            load(npy(array))


def test_arrays_of_nothing_are_refused(npy):
    for shape in ((0, 9, 9), (20, 0, 9), (20, 9, 9, 0)):
        with pytest.raises(DataError, match="it holds nothing"):
            load(npy(np.zeros(shape, np.uint8)))


def test_too_few_images_are_counted(npy):
    with pytest.raises(DataError, match=r"Only 9 images could be read in .*x\.npy\. At least 10"):
        load(npy(steps(9)))


def test_unknown_names_are_listed(npz):
    with pytest.raises(DataError, match=r"its arrays are named a, b\. Name the images “images”"):
        load(npz(a=steps(), b=steps()))


def test_what_follows_the_values_does_no_harm(tmp_path):
    stream = io.BytesIO()
    np.save(stream, steps())
    (tmp_path / "x.npy").write_bytes(stream.getvalue() + b"more")
    assert sorted(everything(load(tmp_path / "x.npy"))) == list(range(COUNT))


def test_result_larger_than_memory_and_disk_allow_is_refused(npy, cramped):
    cramped(100_000)
    with pytest.raises(DataError, match="Choose a smaller image size or fewer images"):
        load(npy(steps()), image_size=128)
