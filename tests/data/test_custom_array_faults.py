"""Arrays that are broken, or made to do harm."""

import os
import zipfile

import numpy as np
import pytest

from tests.data.costs import MB, little_memory
from tests.data.custom_images import load
from vae_desktop.errors import DataError

COUNT, SIDE = 20, 9
NOISE = np.random.default_rng(0).integers(0, 256, (COUNT, SIDE, SIDE), np.uint8)


class Canary:
    """Makes a folder when it is unpickled."""

    def __init__(self, path):
        self.path = str(path)

    def __reduce__(self):
        return os.mkdir, (self.path,)


@pytest.mark.parametrize("member", ["images", "labels"])
def test_objects_are_refused_and_never_unpickled(tmp_path, npz, member):
    canary = tmp_path / "canary"
    objects = np.full((COUNT, SIDE, SIDE) if member == "images" else COUNT, Canary(canary), object)
    path = npz(**{"images": NOISE, member: objects})
    if member == "images":
        with pytest.raises(DataError, match=r"images in .*holds Python objects, which are never read"):
            load(path)
    else:
        dataset = load(path)
        assert dataset.train.labels is None
        assert "loaded without labels: labels in" in dataset.report.skipped[0]
        assert "holds Python objects, which are never read" in dataset.report.skipped[0]
    assert not canary.exists()
    np.load(path, allow_pickle=True)[member]
    assert canary.exists()  # so it would have sung


def test_an_npy_of_objects_is_refused(tmp_path):
    np.save(tmp_path / "x.npy", np.full((COUNT, SIDE, SIDE), Canary(tmp_path / "canary"), object))
    with pytest.raises(DataError, match="holds Python objects"):
        load(tmp_path / "x.npy")
    assert not (tmp_path / "canary").exists()


def lying(shape, values=b"\0" * 1000, descr="|u1", order="False"):
    """An .npy whose header says something else than its values."""
    header = f"{{'descr': {descr!r}, 'fortran_order': {order}, 'shape': {shape}, }}".encode().ljust(117) + b"\n"
    return b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header + values


def assert_refused_without_memory(path, reason):
    with little_memory(5 * MB), pytest.raises(DataError, match=reason) as caught:
        load(path)
    assert str(path) in str(caught.value)


@pytest.fixture
def both_kinds(tmp_path):
    """The paths of an .npy file, and of an .npz file, that hold the bytes of an array."""

    def save(content):
        (tmp_path / "x.npy").write_bytes(content)
        with zipfile.ZipFile(tmp_path / "x.npz", "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("images.npy", content)
        return tmp_path / "x.npy", tmp_path / "x.npz"

    return save


def test_a_header_that_promises_more_than_the_file_holds_is_refused(both_kinds):
    for shape in ((1 << 20, 28, 28), (2**62, 2**62, 2**62), (13, 9, 9)):
        for path in both_kinds(lying(shape)):
            assert_refused_without_memory(path, "promises more than the file holds")


@pytest.mark.parametrize(
    ("packed", "reason"),
    [
        (10 << 20, "it is cut off"),
        (6 << 20, "it unpacks to 853 times its size"),
        (1 << 20, "promises more than the file holds"),
    ],
)
def test_an_archive_that_inflates_to_gigabytes_is_refused(tmp_path, packed, reason):
    path = tmp_path / "x.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        # As many bytes as the directory at the end says, since Python compares these itself; only their number once
        # unpacked is a lie.
        archive.writestr("images.npy", lying((5 << 20, 32, 32), np.random.default_rng(0).bytes(packed)))
        archive.getinfo("images.npy").file_size = (5 << 30) + 128
    with pytest.raises(DataError, match=reason):
        load(path)


def test_a_member_that_is_shorter_than_the_directory_says_is_refused(tmp_path):
    path = tmp_path / "x.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("images.npy", lying((20, 9, 9), bytes(1000)))
        archive.getinfo("images.npy").file_size = 5000
    with pytest.raises(DataError, match=r"images in .*x\.npz cannot be used"):
        load(path)


HEADERS = {  # what an array begins with, and the reason that is told
    "negative": (lying((-1, 28, 28)), "it holds nothing"),
    "no numbers": (lying("('a', 28, 28)"), "its header is broken"),
    "no tuple": (lying("28"), "its header is broken"),
    "code": (lying("__import__('os').getcwd()"), "its header is broken"),
    "deep": (lying("(" * 90), "its header is broken"),
    "unknown type": (lying((10, 10, 10), descr="nonsense"), "its header is broken"),
    "missing order": (lying((10, 10, 10), order="7"), "its header is broken"),
    "cut in the header": (lying((10, 10, 10))[:50], "its header is broken"),
    "cut in the magic": (lying((10, 10, 10))[:4], "it is not a NumPy array"),
    "other magic": (b"whatever" * 100, "it is not a NumPy array"),
    "later version": (lying((10, 10, 10)).replace(b"NUMPY\x01", b"NUMPY\x09"), "a version of NumPy's format"),
    "table": (lying((10, 10, 10), bytes(9000), descr=[("a", "u1"), ("b", "f8")]), "type .*, not numbers"),
    "empty": (b"", "it is an empty file"),
}


@pytest.mark.parametrize("fault", HEADERS)
def test_broken_arrays_are_named(both_kinds, fault):
    content, reason = HEADERS[fault]
    for path in both_kinds(content):
        with pytest.raises(DataError, match=rf"cannot be used: .*{reason}.*\. Choose another file\.$") as caught:
            load(path)
        assert str(path) in str(caught.value)


def _patched(content, signature, offset, value):
    """The archive with a byte changed in each record that begins so."""
    changed = bytearray(content)
    place = changed.find(signature)
    while place >= 0:
        changed[place + offset] = value
        place = changed.find(signature, place + 4)
    return bytes(changed)


def _flagged(content, flag):
    return _patched(_patched(content, b"PK\x01\x02", 8, flag), b"PK\x03\x04", 6, flag)


ARCHIVES = {
    "encrypted": (lambda whole: _flagged(whole, 1), "it is encrypted"),
    "cut in half": (lambda whole: whole[: len(whole) // 2], "it is cut off or damaged"),
    "empty": (lambda whole: b"", "it is an empty file"),
    "no archive": (lambda whole: b"PK, but no archive", "it is not an archive of NumPy arrays"),
    "odd packing": (lambda whole: _patched(whole, b"PK\x01\x02", 10, 12), "packed in a way that NumPy does not use"),
    "damaged": (lambda whole: whole[:60] + bytes(20) + whole[80:], ""),
    "wrong checksum": (lambda whole: _patched(whole, b"PK\x01\x02", 16, 1), "Bad CRC-32"),
}


@pytest.mark.parametrize("fault", ARCHIVES)
def test_broken_archives_are_named(npz, fault):
    damage, reason = ARCHIVES[fault]
    path = npz(images=NOISE)
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(DataError, match=rf"x\.npz cannot be used: .*{reason}"):
        load(path)


def test_an_archive_without_arrays_is_refused(tmp_path):
    path = tmp_path / "x.npz"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("photo.png", b"")
    with pytest.raises(DataError, match=r"there are no arrays \(\.npy\) in it"):
        load(path)


def test_a_header_from_python_2_is_read(tmp_path):
    (tmp_path / "x.npy").write_bytes(lying("(10L, 9L, 9L)", NOISE.tobytes()))
    assert len(load(tmp_path / "x.npy").train) == 8
