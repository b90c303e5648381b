"""MATLAB's files: numbers are read, nothing else is, and no header is believed."""

import struct
import zlib

import numpy as np
import pytest

from tests.data.costs import MB, quickly
from tests.data.custom_images import load
from vae_desktop.errors import DataError
from vae_desktop.libraries import load_torch

COUNT, SIDE = 30, 9
COLOUR = np.random.default_rng(0).integers(0, 256, (COUNT, SIDE, SIDE, 3), np.uint8)
LABELS = np.arange(COUNT) % 10 + 1


@pytest.fixture
def mat(tmp_path):
    load_torch()  # before SciPy
    from scipy.io import savemat

    def save(compressed=True, **variables):
        savemat(tmp_path / "x.mat", variables, do_compression=compressed)
        return tmp_path / "x.mat"

    return save


def assert_colours(dataset):
    for split in (dataset.train, dataset.test):
        for number, image in enumerate(split.images):
            row = split.origins[number].part
            np.testing.assert_array_equal(np.moveaxis(image, 0, -1), COLOUR[row])
            assert dataset.class_names[split.labels[number]] == str(LABELS[row])


@pytest.mark.parametrize("compressed", [False, True])
@pytest.mark.parametrize("labels", [np.uint8, np.float64])
def test_svhn_is_height_width_channels_images(mat, compressed, labels):
    dataset = load(mat(compressed, X=np.moveaxis(COLOUR, 0, -1), y=LABELS[:, None].astype(labels)))
    assert_colours(dataset)
    assert dataset.report.converted == ("the last axis counts the images: height × width × channels × images",)


@pytest.mark.parametrize("compressed", [False, True])
def test_other_layouts_and_types_are_read(mat, compressed):
    assert_colours(load(mat(compressed, train_images=COLOUR, train_labels=LABELS)))
    assert_colours(load(mat(compressed, images=COLOUR.astype(np.float64), labels=LABELS)))
    grey = load(mat(compressed, data=COLOUR[..., 0].reshape(COUNT, -1).astype(np.float32) / 255))
    assert grey.image_shape == (1, SIDE, SIDE)


def test_cells_structs_and_texts_are_left_out(mat):
    cells = np.empty(COUNT, object)
    cells[:] = "cat"
    dataset = load(mat(images=COLOUR, labels=cells, about={"made": "today"}, title="images of noise"))
    assert dataset.class_names == ()
    *others, about_labels = dataset.report.skipped
    assert set(others) == {"about: not used", "title: not used"}
    assert "it is a cell array, which is not read" in about_labels
    with pytest.raises(DataError, match=r"images in .*: it is a struct, which is not read"):
        load(mat(images={"pixels": COLOUR}))


def test_unknown_names_are_listed(mat):
    with pytest.raises(DataError, match="its arrays are named a, b"):
        load(mat(a=COLOUR, b=COLOUR))


def variable(shape, content, length=None, order="<"):
    """A variable "images" of bytes, with a header that may lie."""
    sizes = struct.pack(f"{order}{len(shape)}i", *shape)
    sizes += bytes(-len(sizes) % 8)
    body = struct.pack(f"{order}4I", 6, 8, 9, 0) + struct.pack(f"{order}2I", 5, 4 * len(shape)) + sizes
    body += struct.pack(f"{order}2I", 1, 6) + b"images\0\0"
    body += struct.pack(f"{order}2I", 2, len(content) if length is None else length) + content
    return struct.pack(f"{order}2I", 14, len(body)) + body


def packed(element):
    content = zlib.compress(element)
    return struct.pack("<2I", 15, len(content)) + content


HEAD = b"MATLAB 5.0 MAT-file".ljust(124) + b"\0\1IM"
NOISE = COLOUR.tobytes()
HUGE = (40_000, 300, 300)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (HEAD + variable(HUGE, bytes(100), 3_600_000_000), "promises more than the file holds"),
        (HEAD + packed(variable(HUGE, bytes(100), 3_600_000_000)), "promises more than the file holds"),
        (HEAD + variable((30, 9, 9), bytes(100), 100), "its header is broken"),
        (HEAD + variable((-30, 9, 9), bytes(100)), "its header is broken|it holds nothing"),
        (HEAD + variable((2**30,) * 20, bytes(100)), "its header is broken"),
        (HEAD + variable((1,) * 40, bytes(100)), "its header is broken"),
        (HEAD + packed(variable((30, 9, 9), bytes(2000), 2430)), "it is cut off"),
        (HEAD + packed(variable((30, 9, 9), NOISE[:2430]))[:-400], "it is cut off"),
        (HEAD + packed(b"nonsense" * 100), "its header is broken"),
        (HEAD + struct.pack("<2I", 15, 100) + bytes(100), "cannot be used"),
        (HEAD + struct.pack("<2I", 14, 2**32 - 1) + bytes(100), "its header is broken"),
        (HEAD, "its arrays are named"),
        (HEAD[:60], "it is .*MATLAB file"),
        (b"", "it is an empty file"),
        (b"\x89PNG\r\n\x1a\n" * 20, "it is a PNG image"),
        (b"whatever" * 100, "it is no MATLAB file of version 5 to 7.3"),
    ],
)
def test_what_lies_is_refused_without_memory(tmp_path, content, reason):
    path = tmp_path / "x.mat"
    path.write_bytes(content)
    with quickly(5 * MB), pytest.raises(DataError, match=reason) as caught:
        load(path)
    assert str(path) in str(caught.value)


def test_big_endian_files_are_read(tmp_path):
    head = HEAD[:124] + b"\1\0MI"
    grey = np.asfortranarray(COLOUR[..., 0])
    (tmp_path / "x.mat").write_bytes(head + variable(grey.shape, grey.tobytes("F") + bytes(2), grey.size, ">"))
    assert load(tmp_path / "x.mat").image_shape == (1, SIDE, SIDE)
