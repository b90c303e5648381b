"""What else lies in folders, and folders that are no data set."""

import os
import sys
from pathlib import Path

import pytest

from tests.data.custom_images import everything, fill, load, spoil
from vae_desktop.config import SETTINGS, DatasetConfig
from vae_desktop.errors import DataError, InvalidSetting


@pytest.fixture
def root(tmp_path):
    return tmp_path / "pictures"


def test_hidden_files_and_those_of_systems_are_not_mentioned(root):
    fill(root / "a")
    fill(root / ".cache")
    fill(root / "__MACOSX")
    for name in ("Thumbs.db", ".DS_Store", "desktop.ini", "._0.png"):
        (root / "a" / name).write_bytes(b"\0" * 50)
    dataset = load(root)
    assert dataset.class_names == ("a",)
    assert dataset.report.skipped == ()


def test_links_that_lead_round_in_circles_end(root):
    fill(root / "a")
    (root / "a" / "up").symlink_to(root, target_is_directory=True)
    (root / "a" / "self").symlink_to(root / "a" / "self")
    (root / "b").symlink_to(root / "a", target_is_directory=True)
    dataset = load(root)
    assert sorted(everything(dataset)) == list(range(10))
    assert set(dataset.report.skipped) == {
        "a/up: leads to a folder that is read already",
        "a/self: a device, a pipe or a broken link",
        "b: leads to a folder that is read already",
    }


@pytest.mark.parametrize("target", ["/", ".."])
def test_links_to_folders_around_the_chosen_one_are_not_followed(root, target):
    fill(root / "a", 12, 10)
    fill(root.parent / "elsewhere", 12, 50)
    (root / "link").symlink_to(target, target_is_directory=True)
    dataset = load(root)
    assert sorted(everything(dataset)) == list(range(10, 22))
    assert dataset.report.skipped == ("link: leads to a folder that holds this one",)


def test_links_to_images_are_followed(root, tmp_path):
    fill(tmp_path / "elsewhere")
    root.mkdir()
    (root / "a").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    assert load(root).class_names == ("a",)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
def test_pipes_and_devices_are_not_opened(root):
    fill(root)
    os.mkfifo(root / "pipe.png")  # opening it would wait for ever
    (root / "zero.png").symlink_to("/dev/zero")
    assert set(load(root).report.skipped) == {
        "pipe.png: a device, a pipe or a broken link",
        "zero.png: a device, a pipe or a broken link",
    }


def test_a_pipe_is_no_data_set(tmp_path):
    if not hasattr(os, "mkfifo"):
        pytest.skip("no pipes here")
    os.mkfifo(tmp_path / "x.npy")
    with pytest.raises(DataError, match="cannot be used as a data set"):
        load(tmp_path / "x.npy")


def test_names_of_any_script_and_length_work(root):
    names = ("ümläut", "ひらがな", "ن\u200cم", "n" * 250)
    for name in names:
        fill(root / name, 4)
    dataset = load(root)
    assert set(dataset.class_names) == {*names[:3], "n" * 119 + "…"}


@pytest.mark.skipif(os.name == "nt", reason="names are text there")
def test_names_that_are_no_text_become_text(root):
    fill(root / os.fsdecode(b"bad \xff name"))
    fill(root / "line\nbreak")
    names = load(root).class_names
    assert names == ("bad � name", "line�break")
    "".join(names).encode()


def test_skipped_files_are_listed_up_to_200(root):
    fill(root)
    for number in range(1500):
        (root / f"note {number}.txt").write_text("text")
    skipped = load(root).report.skipped
    assert len(skipped) == 201
    assert skipped[0] == "note 0.txt: not an image"
    assert skipped[2] == "note 2.txt: not an image"
    assert skipped[-1] == "and 1,300 more"


def test_a_vanished_path_is_named(tmp_path):
    with pytest.raises(DataError, match=r"gone is not there; it may have been moved.*Choose a folder or an archive"):
        load(tmp_path / "gone")


@pytest.mark.parametrize("name", ["photo.png", "data.zip", "none"])
def test_other_files_are_told_what_is_accepted(tmp_path, name):
    (tmp_path / name).write_bytes(b"something")
    with pytest.raises(DataError, match=rf"{name} cannot be used as a data set.*folder.*\.npz.*IDX"):
        load(tmp_path / name)


def test_a_name_that_no_system_takes_is_refused(tmp_path):
    with pytest.raises(DataError, match="cannot be read"):
        load(tmp_path / ("n" * 3000))


def test_an_empty_folder_is_refused(root):
    (root / "a" / "b").mkdir(parents=True)
    (root / ".hidden").write_bytes(b"")
    with pytest.raises(DataError, match=r"pictures is empty\. Choose a folder with images"):
        load(root)


def test_a_folder_without_images_is_refused_with_the_first_reasons(root):
    root.mkdir()
    for number in range(5):
        (root / f"{number}.txt").write_text("text")
    (root / "0.png").write_bytes(b"")
    with pytest.raises(DataError, match="No image could be read in") as caught:
        load(root)
    reasons = "(0.png: an empty file (copy or download it again); 0.txt: not an image; 1.txt: not an image; and 3 more)"
    assert reasons in str(caught.value)


@pytest.mark.parametrize(("count", "found"), [(1, "1 image "), (9, "9 images ")])
def test_too_few_images_are_counted(root, count, found):
    fill(root, count)
    with pytest.raises(DataError, match=f"Only {found}could be read in .*pictures. At least 10 are needed"):
        load(root)


def test_images_that_fail_late_count_as_well(root):
    fill(root)
    spoil(root / "5.png")
    with pytest.raises(DataError, match=r"Only 9 images could be read in .*5\.png: broken: "):
        load(root)


# Names that are no text


posix_only = pytest.mark.skipif(os.name == "nt" or sys.platform == "darwin", reason="names are text there")


@posix_only
@pytest.mark.parametrize("relative", [True, False])
def test_a_path_that_is_no_text_is_refused_for_that_reason(tmp_path, monkeypatch, relative):
    monkeypatch.chdir(tmp_path)
    path = Path(os.fsdecode(b"bilder \xe4") if relative else tmp_path / os.fsdecode(b"bilder \xe4"))
    fill(path)
    typed = SETTINGS["name"]
    for attempt in (DatasetConfig, lambda text: typed.parse("name", text)):
        with pytest.raises(InvalidSetting, match=r"bilder � is not valid UTF-8, .*Rename the file or folder\.$"):
            attempt(str(path))


@posix_only
@pytest.mark.parametrize("mark", ["�", ""])  # what Qt gives for such a byte when it is dropped, and in a dialog
@pytest.mark.parametrize("inside", ["", "a", "0.png"])
def test_a_path_that_was_misread_is_called_so(tmp_path, mark, inside):
    path = tmp_path / os.fsdecode(b"bilder \xe4 2024")
    fill(path)
    fill(path / "a")
    with pytest.raises(DataError, match=r"is a file or folder whose name is not valid UTF-8 \(rename it\)\."):
        load(tmp_path / f"bilder {mark} 2024" / inside)
    with pytest.raises(DataError, match="is not there"):
        load(tmp_path / "bilder 2024" / inside)


# Folders without images


def test_an_empty_class_folder_is_told(root):
    fill(root / "cat")
    fill(root / "dog", 5, 100)
    (root / "emu" / "deeper").mkdir(parents=True)
    (root / "fox").mkdir()
    (root / "fox" / "notes.txt").write_text("none yet")
    (root / ".cache").mkdir()
    (root / "dog" / "more").mkdir()
    dataset = load(root)
    assert dataset.class_names == ("cat", "dog")
    assert dataset.report.skipped == (
        "fox/notes.txt: not an image",
        "emu: a class folder without images",
        "fox: a class folder without images",
    )


def test_empty_folders_of_a_split_are_told(root):
    for part in ("train", "test"):
        fill(root / part / "cat")
        fill(root / part / "dog", 5, 100)
    (root / "train" / "emu").mkdir()
    (root / "test" / "emu").mkdir()
    (root / "old" / "emu").mkdir(parents=True)
    assert load(root).report.skipped == (
        "old: an empty folder",
        "test/emu: a class folder without images",
        "train/emu: a class folder without images",
    )


def test_a_test_folder_without_images_is_told(root):
    fill(root / "train" / "cat", 20)
    (root / "test").mkdir()
    assert load(root).report.skipped == ("test: an empty folder",)


def test_an_empty_folder_beside_images_without_classes_is_told(root):
    fill(root)
    (root / "more").mkdir()
    dataset = load(root)
    assert dataset.train.labels is None
    assert dataset.report.skipped == ("more: an empty folder",)
