"""Images that are left out: told by content, by file and row, kept by windows that do not lose each other's entries."""

import errno
import json
import os
import threading
import time
from dataclasses import replace

import numpy as np
import pytest

from tests.data.custom_images import everything, fill, load
from vae_desktop.config import DatasetConfig
from vae_desktop.data.exclusions import (
    Exclusion,
    ImageKey,
    find_exclusion,
    keep_exclusion,
    keys_of,
    read_exclusion,
)
from vae_desktop.data.load import load_dataset
from vae_desktop.data.marks import Marks
from vae_desktop.errors import DataError, InvalidSetting, UserError
from vae_desktop.paths import marks_dir

COUNT = 20


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """A folder of marks of the test's own."""
    monkeypatch.setattr("vae_desktop.paths.default_settings_dir", lambda: tmp_path)
    return marks_dir()


@pytest.fixture
def root(tmp_path):
    """Two classes of twenty images of one level each."""
    fill(tmp_path / "x" / "a", COUNT, 10)
    fill(tmp_path / "x" / "b", COUNT, 100)
    return tmp_path / "x"


def without(root, exclusion, folder, **settings):
    return load(root, excluded=keep_exclusion(exclusion, folder), **settings)


def test_what_is_excluded_is_left_out_and_said_and_all_else_stays(root, folder):
    whole = load(root)
    images = [0, 3, 30]  # two of the test, one of training
    fewer = without(root, Exclusion(frozenset(keys_of(whole, images))), folder)
    assert (len(fewer.test), len(fewer.train)) == (6, 31)
    assert fewer.report.skipped == ("excluded by you: 3",)
    assert fewer.config.label == "x (without some)"
    for part in ("train", "test"):  # no image has changed sides
        assert {*getattr(fewer, part).hashes.tolist()} <= {*getattr(whole, part).hashes.tolist()}
        assert [str(getattr(fewer, part).origins[0])]
    assert len(everything(fewer)) == 37
    assert fewer.fingerprint.train.tolist() == sorted(fewer.train.hashes.tolist())


def test_by_content_wherever_the_file_lies(root, folder):
    keys = [key for key in keys_of(load(root), range(40)) if key.file == "a/3.png"]
    (root / "a" / "3.png").rename(root / "b" / "renamed.png")
    assert 13 not in everything(without(root, Exclusion(frozenset(keys)), folder))
    fill(root / "a", 4, 10)  # the file is there again
    fill(root / "a", 4, 50)  # with others in the same places
    found = everything(without(root, Exclusion(frozenset(keys)), folder))
    assert 53 in found
    assert 13 not in found


def test_by_place_where_images_have_another_size(root, folder):
    keys = [key for key in keys_of(load(root), range(40)) if key.file == "a/3.png"]
    dataset = without(root, Exclusion(frozenset(keys)), folder, image_size=9)
    assert 13 not in everything(dataset)
    assert len(everything(dataset)) == 39


def test_rows_of_arrays(tmp_path, folder):
    path = tmp_path / "x.npy"
    np.save(path, np.random.default_rng(0).integers(0, 256, (30, 8, 8), np.uint8))
    dataset = without(path, Exclusion(frozenset({ImageKey(file=str(path), part=7)})), folder)
    rows = [*dataset.train.origins.part_of, *dataset.test.origins.part_of]
    assert sorted(rows) == [row for row in range(30) if row != 7]


@pytest.mark.parametrize("measured_on", ["test", "validation"])
@pytest.mark.parametrize("colours", ["auto", "colour"])
def test_built_in_sets_too(tmp_path, folder, measured_on, colours):
    config = DatasetConfig("digits", image_size=8, measured_on=measured_on, colours=colours)
    whole = load_dataset(config, tmp_path)
    keys = keys_of(whole, [0, len(whole.test) + 5])
    fewer = load_dataset(replace(config, excluded=keep_exclusion(Exclusion(frozenset(keys)), folder)), tmp_path)
    np.testing.assert_array_equal(fewer.test.images, whole.test.images[1:])
    np.testing.assert_array_equal(fewer.train.labels, np.delete(whole.train.labels, 5))
    assert fewer.report.skipped == ("excluded by you: 2",)


def test_nothing_left_is_refused(root, folder):
    whole = load(root)
    with pytest.raises(DataError, match="all test images, or all training images, are excluded"):
        without(root, Exclusion(frozenset(keys_of(whole, range(len(whole.test))))), folder)


def test_a_list_that_is_gone_costs_nothing_but_is_said(root):
    dataset = load(root, excluded="0123456789abcdef")
    assert len(everything(dataset)) == 40
    assert "the list of them is not here" in dataset.report.skipped[-1]
    with pytest.raises(InvalidSetting, match="names no list"):
        DatasetConfig("digits", excluded="../../etc/passwd")


# Lists that a person gives


@pytest.mark.parametrize(
    "text",
    [
        "{hash}\n",
        "a/3.png\n\n",
        "{root}/a/3.png",
        "split,image,file,part,class\r\ntest,0,{root}/a/3.png,,a\r\n",
        "hash,score\n{hash},3\n",
        "\ufeffFile,Part\na/3.png,\n",
    ],
)
def test_lists_are_hashes_paths_or_tables(root, folder, tmp_path, text):
    key = next(key for key in keys_of(load(root), range(40)) if key.file == "a/3.png")
    path = tmp_path / "list.txt"
    path.write_text(text.format(hash=key.hash, root=root), encoding="utf-8")
    found = everything(without(root, read_exclusion(path), folder))
    assert sorted({*range(10, 30), *range(100, 120)} - set(found)) == [13]


def test_a_list_that_was_written_comes_back(root, folder):
    exclusion = Exclusion(frozenset(keys_of(load(root), range(5))))
    digest = keep_exclusion(exclusion, folder)
    (path,) = folder.rglob("*.json")
    assert read_exclusion(path) == find_exclusion(digest, folder) == exclusion
    path.write_bytes(Exclusion().as_json())
    assert find_exclusion(digest, folder) is None


@pytest.mark.parametrize(
    "data",
    [b"", b"\n", b'{"a":' * 50_000, b"\xff\xfe\x00", b"{}", b'{"excluded":[[1,2]]}', b"hash\nx\n", b"file,part\na,b"],
)
def test_what_is_no_list_is_refused(tmp_path, data):
    path = tmp_path / "list"
    path.write_bytes(data)
    with pytest.raises(DataError, match=r"names no image|is no list of images"):
        read_exclusion(path)
    with pytest.raises(DataError, match="cannot be read"):
        read_exclusion(tmp_path / "none")


def test_a_list_that_cannot_be_read_for_a_moment_does_not_bring_its_images_back(folder):
    exclusion = Exclusion(frozenset([ImageKey("0" * 16)]))
    digest = exclusion.digest
    (folder / "excluded" / f"{digest}.json").mkdir(parents=True)  # which cannot be read
    with pytest.raises(DataError, match="cannot be read"):
        find_exclusion(digest, folder)


# Marks


def test_marks_are_kept_and_taken_back(folder):
    marks = Marks(folder, "/photos")
    keys = [ImageKey(f"{number:016x}", (1, 8, 8), f"{number}.png") for number in range(4)]
    marks.exclude(keys[:2])
    marks.tag(keys[1:3], "blurred")
    marks.tag(keys[2:], "größer")
    again = Marks(folder, "/photos")
    assert again.exclusion() == Exclusion(frozenset(keys[:2]))
    assert again.tagged() == {"blurred": {keys[1].hash, keys[2].hash}, "größer": {keys[2].hash, keys[3].hash}}
    assert not Marks(folder, "/other").read()
    marks.exclude(keys[:2], False)
    marks.tag(keys[1:3], "blurred", False)
    marks.tag(keys[2:], "größer", False)
    assert not again.read()


def test_windows_at_once_lose_nothing(folder):
    """Each of several threads marks images of its own, as windows would."""

    def work(first):
        for number in range(first, first + 10):
            Marks(folder, "/photos").exclude([ImageKey(f"{number:016x}", (1, 8, 8))])

    threads = [threading.Thread(target=work, args=(100 * number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(Marks(folder, "/photos").exclusion()) == 40


def test_a_lock_that_a_dead_process_left_holds_nobody_up(folder):
    marks = Marks(folder, "/photos")
    folder.mkdir()
    lock = marks.path.with_name(f"{marks.path.name}.lock")
    lock.touch()
    os.utime(lock, (time.time() - 60, time.time() - 60))
    marks.exclude([ImageKey("0" * 16)])
    assert len(marks.exclusion()) == 1
    assert not lock.exists()


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b'{"images":[{}]}', b'{"images":3}', b"\xff", b"[" * 100_000])
def test_damaged_marks_are_told_once_and_kept_as_a_copy(folder, data):
    marks = Marks(folder, "/photos")
    folder.mkdir()
    marks.path.write_bytes(data)
    with pytest.raises(UserError, match="damaged"):
        marks.exclude([ImageKey("0" * 16)])
    assert marks.path.with_suffix(".bak").read_bytes() == data
    assert marks.read() == {}
    marks.exclude([ImageKey("0" * 16)])
    assert json.loads(marks.path.read_bytes())["source"] == "/photos"
    marks.path.write_bytes(b"damaged again")
    with pytest.raises(UserError, match="bak1"):
        marks.read()
    assert marks.path.with_suffix(".bak").read_bytes() == data


def test_marks_that_cannot_be_read_for_a_moment_are_not_written_over(folder, monkeypatch):
    marks, key = Marks(folder, "/photos"), ImageKey("0" * 16, (1, 8, 8))
    marks.exclude([key])

    def fail(path):
        raise OSError(errno.EIO, "Input/output error", str(path))

    with monkeypatch.context() as patched:
        patched.setattr("pathlib.Path.read_bytes", fail)
        with pytest.raises(UserError, match="cannot be read: Input/output error"):
            marks.tag([ImageKey("1" * 16, (1, 8, 8))], "odd")
        with pytest.raises(UserError, match="cannot be read"):
            marks.exclusion()
    assert marks.exclusion() == Exclusion(frozenset([key]))


def test_a_folder_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match="Cannot write"):
        Marks(tmp_path / "file" / "marks", "/photos").exclude([ImageKey("0" * 16)])
