"""HDF5 by the optional library h5py: arrays are read by their names, nothing outside the file is opened."""

import os
import re
import sys

import numpy as np
import pytest

from tests.data.costs import MB, quickly
from tests.data.custom_images import everything, load, load_without_long_labels
from vae_desktop.errors import DataError

COUNT, SIDE = 30, 9
IMAGES = np.tile(np.arange(COUNT, dtype=np.uint8)[:, None, None], (1, SIDE, SIDE))
HALF = np.arange(COUNT) % 2


@pytest.mark.parametrize(
    ("name", "content", "kind", "library", "module"),
    [
        ("x.h5", b"\x89HDF\r\n\x1a\n", "an HDF5", "h5py", "h5py"),
        ("x.parquet", b"PAR1", "a Parquet", "pyarrow", "pyarrow.parquet"),
    ],
)
def test_without_the_library_the_way_out_is_named(tmp_path, monkeypatch, name, content, kind, library, module):
    (tmp_path / name).write_bytes(content)
    monkeypatch.setitem(sys.modules, module, None)
    needed = rf"{re.escape(name)} is {kind} file, which needs {library}.*python -m pip install {library}$"
    with pytest.raises(DataError, match=needed):
        load(tmp_path / name)


@pytest.fixture
def h5(tmp_path):
    h5py = pytest.importorskip("h5py")

    def save(fill=None, name="x.h5", **arrays):
        with h5py.File(tmp_path / name, "w") as file:
            for key, array in arrays.items():
                file[key] = array
            if fill is not None:
                fill(file)
        return tmp_path / name

    return save


def assert_whole(dataset):
    assert everything(dataset) == {level: level % 2 for level in range(COUNT)}


@pytest.mark.parametrize("name", ["x.h5", "x.HDF5"])
def test_arrays_are_known_by_their_names(h5, name):
    dataset = load(h5(None, name, images=IMAGES, labels=HALF, note="today"))
    assert_whole(dataset)
    assert dataset.report.skipped == ("note: not used",)
    assert dataset.train.origins[0].file.endswith(f"{name}/images")


@pytest.mark.parametrize("options", [{"compression": "gzip"}, {"compression": "lzf"}, {"chunks": (7, 9, 9)}, {}])
def test_arrays_may_be_packed_in_the_usual_ways(h5, options):
    def fill(file):
        file.create_dataset("train/x", data=IMAGES, **options)
        file.create_dataset("train/y", data=HALF)
        file.create_dataset("test/x", data=IMAGES[:9] + 100, **options)
        file.create_dataset("test/y", data=HALF[:9])

    dataset = load(h5(fill))
    assert dataset.train.images[:, 0, 0, 0].tolist() == list(range(COUNT))
    assert dataset.test.images[:, 0, 0, 0].tolist() == list(range(100, 109))


def test_labels_may_be_texts(h5):
    texts = [["cat", "dog"][label] for label in HALF]
    dataset = load(h5(images=IMAGES, labels=texts))
    assert dataset.class_names == ("cat", "dog")
    assert_whole(dataset)


def test_one_long_label_takes_no_memory_for_each_row(h5):
    labels = ["a"] * (COUNT * 300 - 1) + ["b" * 1_000_000]
    load_without_long_labels(h5(images=np.tile(IMAGES, (300, 1, 1)), labels=labels))


def test_a_mat_file_of_version_7_3_has_its_axes_the_other_way_round(h5, tmp_path):
    upright = IMAGES.copy()
    upright[:, 0] = 255  # the first row of each image

    def fill(file):
        for name, array in (("X", np.moveaxis(upright, 0, -1)[:, :, None]), ("y", HALF[:, None].astype(float))):
            file[name] = array.T
            file[name].attrs["MATLAB_class"] = np.bytes_("double")

    whole = b"MATLAB 7.3 MAT-file".ljust(512) + h5(fill).read_bytes()
    (tmp_path / "x.mat").write_bytes(whole)
    dataset = load(tmp_path / "x.mat")
    assert (dataset.train.images[:, :, 0] == 255).all()
    assert dataset.class_names == ("0", "1")
    for number, label in enumerate(dataset.train.labels):
        assert dataset.train.images[number, 0, 1, 0] % 2 == label


def linked(file):
    h5py = sys.modules["h5py"]
    file["labels"] = HALF
    file["images"] = h5py.ExternalLink("/etc/hosts", "images")


def soft(file):
    file["images"] = sys.modules["h5py"].SoftLink("/nowhere")


def virtual(file):
    h5py = sys.modules["h5py"]
    layout = h5py.VirtualLayout(IMAGES.shape, np.uint8)
    layout[:] = h5py.VirtualSource("other.h5", "images", IMAGES.shape)
    file.create_virtual_dataset("images", layout)


def external(file):
    file.create_dataset("images", IMAGES.shape, np.uint8, external=[("/etc/hosts", 0, IMAGES.nbytes)])


def huge(file):
    file.create_dataset("images", (10**9, 64, 64), np.uint8, chunks=(1, 64, 64), compression="gzip")


def huge_chunk(file):
    file.create_dataset("images", (20, 20_000, 20_000), np.uint8, chunks=(1, 20_000, 20_000), compression="gzip")


def large(file):
    shape = (10**6, 72, 72)
    file.create_dataset("images", shape, np.uint8, chunks=(1000, 72, 72), compression="gzip")


def references(file):
    file.create_dataset("images", (20, 9, 9), sys.modules["h5py"].ref_dtype)


def plugin(file):
    plan = sys.modules["h5py"].h5p.create(sys.modules["h5py"].h5p.DATASET_CREATE)
    plan.set_chunk((5, 9, 9))
    plan.set_filter(305, 1)  # optional, so that it can be made without the plugin
    space = sys.modules["h5py"].h5s.create_simple((20, 9, 9))
    kind = sys.modules["h5py"].h5t.NATIVE_UINT8
    sys.modules["h5py"].h5d.create(file.id, b"images", kind, space, plan)


@pytest.mark.parametrize(
    ("fill", "reason"),
    [
        (linked, "images in .*: it is a link, which is not followed"),
        (soft, "images in .*: it is a link, which is not followed"),
        (virtual, "its values lie in other files, which are not opened"),
        (external, "its values lie in other files, which are not opened"),
        (huge, "it promises more than the file holds"),
        (huge_chunk, "it is packed in pieces of 400 MB"),
        (large, "it promises more than the file holds"),
        (references, "it holds references or objects, which are never read"),
        (plugin, "it is packed by a plugin, which is not run"),
    ],
)
def test_what_is_hostile_is_refused_at_once(h5, fill, reason):
    path = h5(fill)
    with quickly(5 * MB), pytest.raises(DataError, match=reason):
        load(path)


def test_groups_that_hold_each_other_come_to_an_end(h5):
    def fill(file):
        file["images"] = IMAGES
        file["group/again"] = file["/"]

    assert sorted(everything(load(h5(fill)))) == list(range(COUNT))


@pytest.mark.parametrize("damage", ["cut off", "noise", "text"])
def test_damaged_files_are_named(h5, damage):
    path = h5(images=IMAGES)
    content = path.read_bytes()
    noise = np.random.default_rng(0).bytes(len(content) - 8)
    contents = {"cut off": content[: len(content) // 2], "noise": content[:8] + noise, "text": b"whatever" * 100}
    path.write_bytes(contents[damage])
    with pytest.raises(DataError, match=rf"{os.path.basename(path)} cannot be (used|read)"):
        load(path)
