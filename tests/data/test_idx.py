import gzip
import itertools
import struct

import numpy as np
import pytest

from tests.data.costs import MB, little_memory
from vae_desktop.data.stored_array import open_idx
from vae_desktop.errors import DataError

IMAGES = np.random.default_rng(0).integers(0, 256, (6, 5, 9), np.uint8)


PACKINGS = (bytes, gzip.compress)


def test_values_come_back_as_they_are(tmp_path, to_idx):
    path = tmp_path / "any name"  # packing is told by the first bytes, not by the name
    for values, pack in itertools.product((IMAGES, IMAGES[0], IMAGES[0, 0]), PACKINGS):
        path.write_bytes(pack(to_idx(values)))
        read = open_idx(path, values.ndim).read()
        np.testing.assert_array_equal(read, values)
        assert read.dtype == np.uint8
        assert read.flags.c_contiguous
        assert read.flags.writeable  # torch warns of read-only arrays


def _with_magic(whole: bytes, *magic: int) -> bytes:
    return bytes(magic) + whole[4:]


BREAKAGES = {
    "empty": lambda whole: b"",
    "cut in the magic": lambda whole: whole[:3],
    "cut in the header": lambda whole: whole[:10],
    "header alone": lambda whole: whole[:16],
    "cut by a byte": lambda whole: whole[:-1],
    "a byte too long": lambda whole: whole + b"\0",
    "web page": lambda whole: b"<!DOCTYPE html><title>Not found</title>",
    "wrong magic": lambda whole: _with_magic(whole, 1, 0, 8, 3),
    "floats": lambda whole: _with_magic(whole, 0, 0, 13, 3),
    "wrong rank": lambda whole: _with_magic(whole, 0, 0, 8, 1),
    "no images": lambda whole: whole[:4] + struct.pack(">3I", 0, 5, 9),
    "no pixels": lambda whole: whole[:4] + struct.pack(">3I", 6, 0, 9),
    "huge header": lambda whole: whole[:4] + struct.pack(">3I", *[2**32 - 1] * 3) + whole[16:],
}


@pytest.mark.parametrize("breakage", BREAKAGES)
def test_broken_file_is_named(tmp_path, to_idx, breakage):
    path = tmp_path / "images"
    for pack in PACKINGS:
        path.write_bytes(pack(BREAKAGES[breakage](to_idx(IMAGES))))
        _assert_broken(path)


@pytest.mark.parametrize(
    "broken",
    [
        lambda packed: packed[: len(packed) // 2],
        lambda packed: packed[:-4],
        lambda packed: packed[:-8] + bytes(4) + packed[-4:],
        lambda packed: packed[:10] + b"\x07" + packed[11:],  # a kind of block that there is not
        lambda packed: packed[:2] + b"\x07" + packed[3:],
    ],
    ids=["cut in half", "cut in the trailer", "wrong checksum", "garbled", "wrong method"],
)
def test_broken_packing_is_named(tmp_path, to_idx, broken):
    path = tmp_path / "images.gz"
    path.write_bytes(broken(gzip.compress(to_idx(IMAGES))))
    _assert_broken(path)


def _assert_broken(path):
    with pytest.raises(DataError) as caught:
        open_idx(path, 3).read()
    message = str(caught.value)
    assert message.startswith(f"{path} cannot be used: ")
    assert message.endswith(".")  # a sentence, to which the caller adds what to do


def test_lying_header_takes_no_memory(tmp_path):
    path = tmp_path / "images"
    for pack in PACKINGS:
        path.write_bytes(pack(bytes((0, 0, 8, 3)) + struct.pack(">3I", 1 << 20, 32, 32)))  # 1 GiB of images
        with little_memory(10 * MB):
            _assert_broken(path)


@pytest.mark.parametrize("make", [lambda path: None, lambda path: path.mkdir()], ids=["absent", "folder"])
def test_unreadable_file_is_named(tmp_path, make):
    path = tmp_path / "images"
    make(path)
    with pytest.raises(DataError, match=r" cannot be read: ") as caught:
        open_idx(path, 3).read()
    assert str(path) in str(caught.value)
