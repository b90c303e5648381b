"""Data sets that take more than the memory they may have: kept in the cache, the same to the bit, and hard to break."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.data.custom_images import spoil
from vae_desktop.config import DatasetConfig, RunConfig
from vae_desktop.data.custom import image_files
from vae_desktop.data.load import load_dataset
from vae_desktop.data.stored import collecting, folders, pixels, store, stored_set
from vae_desktop.data.stored.mapped import hold, is_mapped
from vae_desktop.data.stored.memory import default_budget, memory_budget, use_budget
from vae_desktop.errors import Cancelled, DataError, UserError
from vae_desktop.progress import Progress
from vae_desktop.training.batches import Batches
from vae_desktop.training.devices import select_device
from vae_desktop.training.loop import TrainingLoop

COUNT, SIDE = 260, 16
NOISE = np.random.default_rng(0).integers(0, 256, (COUNT, SIDE, SIDE, 3), np.uint8)
SMALL = 10_000  # bytes, less than any of the sets takes
BATCH = 12_000  # bytes that are moved together: fifteen images in colour


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    """The folder of stored data sets, empty; parts of a few images are moved, and noted, together."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(collecting, "TOGETHER", BATCH)
    monkeypatch.setattr(stored_set, "TOGETHER", BATCH)
    yield tmp_path / "cache" / "vae_desktop" / "images"
    use_budget(None)


def as_folder(root):
    for number, image in enumerate(NOISE):
        path = root / f"class {number % 3}" / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image[..., 0] if number < 20 else image).save(path)
    return root


def as_folder_with_broken_files(root):
    as_folder(root)
    for path in sorted(root.rglob("*.png"))[::25]:
        spoil(path)
    return root


def as_folder_with_a_split(root):
    for part in ("train", "test"):
        as_folder(root / part)
    for path in sorted((root / "test").rglob("*.png")):  # no image of one is in the other
        Image.open(path).transpose(Image.Transpose.ROTATE_90).save(path)
    return root


def as_npy(root):
    root.mkdir()
    np.save(root / "x.npy", NOISE)
    np.save(root / "x_labels.npy", np.arange(COUNT) % 4)
    return root / "x.npy"


def as_zip(root):
    as_folder(root / "in")
    return Path(shutil.make_archive(str(root / "x"), "zip", root / "in"))


FORMS = [as_folder, as_folder_with_broken_files, as_folder_with_a_split, as_npy, as_zip]


@pytest.fixture(scope="module", params=FORMS, ids=lambda form: form.__name__)
def source(request, tmp_path_factory):
    return request.param(tmp_path_factory.mktemp("form") / "own")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Images that no test changes."""
    return as_folder(tmp_path_factory.mktemp("folder") / "own")


@pytest.fixture
def own_folder(tmp_path, folder):
    return Path(shutil.copytree(folder, tmp_path / "own"))


def load(path, budget=SMALL, progress=None, **settings):
    use_budget(budget)
    return load_dataset(DatasetConfig(str(path), **settings), Path("none"), progress or Progress())


def assert_same(stored, other):
    """Check that two data sets are the same, but for where their images lie."""
    assert is_mapped(stored.train.images)
    assert is_mapped(stored.test.images)
    for split, wanted in ((stored.train, other.train), (stored.test, other.test)):
        np.testing.assert_array_equal(split.images, wanted.images)
        np.testing.assert_array_equal(split.hashes, wanted.hashes)
        np.testing.assert_array_equal(split.labels, wanted.labels)
        assert [split.origins[number] for number in range(len(split))] == [
            wanted.origins[number] for number in range(len(wanted))
        ]
    assert stored.class_names == other.class_names
    assert stored.fingerprint.digest == other.fingerprint.digest
    assert stored.report.read == other.report.read
    assert stored.report.skipped == other.report.skipped
    assert [*stored.report.converted[:-1]] == [*other.report.converted]


def stopping(after):
    """A progress that raises Cancelled once so many files are read, a half of each being its header."""
    told = []

    def report(done, total):
        told.append(done)

    return Progress(report, lambda: bool(told) and told[-1] >= after)


# The same to the bit


def test_a_stored_set_is_that_of_memory(source):
    assert_same(load(source), load(source, 10**9))


def test_what_is_stored_is_opened_without_reading_the_files(folder, monkeypatch):
    load(folder)
    wanted = load(folder, 10**9)
    monkeypatch.setattr("vae_desktop.data.custom.image_files.read_header", None)
    again = load(folder)
    assert_same(again, wanted)
    assert "they are in the app's cache" in again.report.converted[-1]


def test_the_files_of_another_set_are_not_listed_to_find_that_it_is_not_stored(folder, monkeypatch):
    load(folder)
    monkeypatch.setattr(store, "listing", None)
    assert len(load("digits").test) == 360


def test_what_is_stored_is_read_into_memory_if_it_fits_by_now(folder):
    stored = load(folder)
    whole = load(folder, 10**9)
    assert not is_mapped(whole.train.images)
    np.testing.assert_array_equal(whole.train.images, stored.train.images)


@pytest.mark.parametrize("settings", [{"image_size": 8}, {"colours": "grey"}, {"measured_on": "validation"}], ids=str)
def test_other_settings_are_another_set(folder, cache, settings):
    load(folder)
    assert_same(load(folder, **settings), load(folder, 10**9, **settings))
    assert len([path for path in cache.iterdir() if path.is_dir()]) == 2


def test_files_that_changed_are_read_anew(own_folder):
    before = load(own_folder)
    path = next(own_folder.rglob("7.png"))
    Image.fromarray(255 - NOISE[7]).save(path)
    after = load(own_folder)
    assert after.fingerprint.digest != before.fingerprint.digest
    assert_same(after, load(own_folder, 10**9))


def test_a_training_needs_the_files_no_longer(own_folder):
    stored = load(own_folder)
    wanted = stored.train.images.copy()
    shutil.rmtree(own_folder)
    np.testing.assert_array_equal(stored.train.images, wanted)


def test_the_budget_is_a_quarter_of_the_memory():
    use_budget(None)
    assert memory_budget() == default_budget() > 10**8
    use_budget(5)
    assert memory_budget() == 5


# Cancelled, killed, out of disk


def test_the_progress_only_grows_and_ends_at_its_total(folder):
    told = []
    load(folder, progress=Progress(lambda *done_and_total: told.append(done_and_total)))
    done, totals = zip(*told, strict=True)
    assert list(done) == sorted(done)
    assert done[-1] == totals[-1] == COUNT + COUNT // 4
    assert len([count for count in done if count > COUNT]) > 3


@pytest.mark.parametrize("after", [140, 259])
def test_a_cancelled_reading_goes_on_where_it_was(source, after):
    wanted = load(source, 10**9)
    progress = stopping(after)
    with pytest.raises(Cancelled):
        load(source, progress=progress)
    assert_same(load(source), wanted)


def test_what_was_read_before_a_cancel_is_not_read_again(folder, monkeypatch):
    progress = stopping(220)
    with pytest.raises(Cancelled):
        load(folder, progress=progress)
    read, original = [], image_files.read_pages
    monkeypatch.setattr(image_files, "read_pages", lambda file, *rest: read.append(file) or original(file, *rest))
    load(folder)
    assert 0 < len(read) < COUNT - 50


_KILLED = """
import os, sys
from pathlib import Path
from vae_desktop.config import DatasetConfig, RunConfig
from vae_desktop.data.stored import collecting, memory, pixels, stored_set
from vae_desktop.data.load import load_dataset
collecting.TOGETHER = stored_set.TOGETHER = {batch}
memory.use_budget({small})
left = [{left}]
def fatal(original):
    def write(self, first, images):
        left[0] -= 1
        if left[0] == 0:
            original(self, first, images[: len(images) // 2])
            os._exit(9)
        original(self, first, images)
    return write
pixels.ImageFile.write = fatal(pixels.ImageFile.write)
load_dataset(DatasetConfig(sys.argv[1]), Path("none"))
"""


@pytest.mark.parametrize("writes", [1, 100, 261, 262, 263, 272])
def test_a_killed_process_leaves_what_goes_on(folder, writes):
    """Files are written to 260 times while images are read, once for test images, then for those that move."""
    code = _KILLED.format(batch=BATCH, small=SMALL, left=writes)
    ended = subprocess.run([sys.executable, "-c", code, str(folder)], check=False, env=os.environ)
    assert ended.returncode == 9
    assert_same(load(folder), load(folder, 10**9))


def test_a_full_disk_is_told_of_and_nothing_is_lost(folder, monkeypatch):
    original, left = pixels.ImageFile.write, [150]

    def write(self, first, images):
        left[0] -= 1
        with pixels.naming_the_cache(self._path):
            if left[0] < 0:
                raise OSError(28, "No space left on device")
        original(self, first, images)

    monkeypatch.setattr(pixels.ImageFile, "write", write)
    with pytest.raises(DataError, match=r"No space left on device.* Free some space .* What is read by now is kept"):
        load(folder)
    left[0] = 10**6
    assert_same(load(folder), load(folder, 10**9))
    assert left[0] > 10**6 - 250  # many had been written before


def test_a_disk_without_room_is_told_of_before_anything_is_written(folder, cache, monkeypatch):
    monkeypatch.setattr(folders, "free_bytes", lambda folder: 10**5 + 200 * 10**6)
    with pytest.raises(DataError, match=r"in colour, 108 fit into the 83\.33 kB that are free in .*images\. Choose"):
        load(folder)
    assert not list(cache.glob("*/images"))


def test_a_cache_that_cannot_be_written_is_told_of(folder, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    with pytest.raises(UserError, match="Cannot write"):
        load(folder)


# Damaged, deleted, shared, old


def damaged_arrays(place):
    path = place / "arrays.npz"
    path.write_bytes(path.read_bytes()[:-5] + b"other")


def damaged_about(place):
    (place / "set.json").write_text("{")


def cut_images(place):
    os.truncate(place / "images", 1000)


def no_test_images(place):
    (place / "test").unlink()


@pytest.mark.parametrize("damage", [damaged_arrays, damaged_about, cut_images, no_test_images])
def test_a_damaged_set_is_read_anew_and_that_is_said(folder, cache, damage):
    load(folder)
    (place,) = (path for path in cache.iterdir() if path.is_dir())
    damage(place)
    again = load(folder)
    assert "were damaged, and have been read anew" in again.report.converted[-1]
    np.testing.assert_array_equal(again.train.images, load(folder, 10**9).train.images)


def test_a_cache_that_can_only_be_read_is_read(folder, monkeypatch):
    load(folder)

    def refuse(path, is_sole=False):
        raise OSError(30, "Read-only file system")

    for module in (store, folders):
        monkeypatch.setattr(module, "hold", refuse)
    assert_same(load(folder), load(folder, 10**9))


def test_a_model_goes_on_with_what_was_stored_for_it(folder, cache):
    learned = load(folder).fingerprint
    again = load_dataset(DatasetConfig(str(folder)), Path("none"), learned=learned)
    assert is_mapped(again.train.images)
    assert len(list(cache.glob("*/images"))) == 1


def test_a_model_whose_files_changed_has_a_set_of_its_own(own_folder, cache):
    """None of the images that it has learned is for the test, as from memory."""
    learned = load(own_folder).fingerprint
    for number in range(100, 160):
        next(own_folder.rglob(f"{number}.png")).unlink()
    config = DatasetConfig(str(own_folder))
    stored = load_dataset(config, Path("none"), learned=learned)
    use_budget(10**9)
    shutil.rmtree(cache)
    assert_same(stored, load_dataset(config, Path("none"), learned=learned))


def test_a_deleted_cache_harms_nobody(folder, cache):
    stored = load(folder)
    wanted = stored.train.images.copy()
    shutil.rmtree(cache)
    np.testing.assert_array_equal(stored.train.images, wanted)
    assert_same(load(folder), load(folder, 10**9))


def test_two_windows_share_a_set(folder, cache):
    first, second = load(folder), load(folder)
    assert_same(first, load(folder, 10**9))
    assert_same(second, load(folder, 10**9))
    assert len(list(cache.glob("*/images"))) == 1


def test_of_two_that_want_a_set_one_waits(folder, cache, monkeypatch):
    """And goes on where the other one was."""
    progress = stopping(200)
    with pytest.raises(Cancelled):
        load(folder, progress=progress)
    (place,) = (path for path in cache.iterdir() if path.is_dir())
    held = hold(folders.lock_of(place), is_sole=True)

    def cancel(seconds):
        raise Cancelled

    with monkeypatch.context() as waiting:
        waiting.setattr(store.time, "sleep", cancel)
        with pytest.raises(Cancelled):
            load(folder)
    os.close(held)
    assert_same(load(folder), load(folder, 10**9))


def test_what_was_not_used_for_long_goes_unless_it_is_in_use(folder, tmp_path, cache):
    other = as_npy(tmp_path / "other")
    kept, gone = load(folder), load(other)
    del gone
    for path in cache.iterdir():
        os.utime(path, (0, 0))
    folders.sweep(cache)
    assert [entry.name for entry in folders.stored_images()] == ["own"]
    del kept
    for path in cache.iterdir():
        os.utime(path, (0, 0))
    folders.sweep(cache)
    assert not folders.stored_images()


def test_the_longest_unused_go_where_all_together_are_too_much(folder, tmp_path, cache, monkeypatch):
    other = as_npy(tmp_path / "other")
    load(folder)
    for path in cache.iterdir():
        os.utime(path, (time.time() - 1000,) * 2)
    load(other)
    monkeypatch.setattr(folders, "MOST_BYTES", COUNT * SIDE * SIDE * 3 * 3 // 2)
    folders.sweep(cache)
    assert [entry.name for entry in folders.stored_images()] == ["x.npy"]


def test_what_is_stored_is_listed(folder):
    load(folder)
    (entry,) = folders.stored_images()
    assert (entry.name, entry.images, entry.is_finished) == ("own", COUNT, True)
    assert entry.bytes > COUNT * SIDE * SIDE * 3


@pytest.mark.parametrize("budget", [SMALL, 10**9], ids=["stored", "in memory"])
def test_of_very_many_test_images_a_fixed_sample_is_taken_and_that_is_said(folder, budget, monkeypatch):
    every = load(folder, budget)
    monkeypatch.setattr("vae_desktop.data.load.MOST_TESTED", 20)
    sampled = load(folder, budget, image_size=SIDE)  # another set, of the same pixels
    assert sorted(sampled.test.hashes) == sorted(every.test.hashes)[:20]
    np.testing.assert_array_equal(sampled.train.images, every.train.images)
    assert sampled.report.skipped[-1].endswith(f"as a fixed sample of 20 does: {len(every.test) - 20}")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes")
def test_a_pipe_in_place_of_what_is_stored_is_not_waited_for(tmp_path):
    path = as_npy(tmp_path / "own")
    load(path)
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(DataError, match="cannot be used as a data set"):
        load(path)


# A training from the disk


def test_a_training_from_the_disk_is_that_from_memory(folder):
    config = RunConfig().with_settings(name=str(folder), batch_size=50, epochs=2, seed=3)
    trained = []
    for budget in (10**9, SMALL):
        dataset = load(folder, budget)
        assert is_mapped(dataset.train.images) == (budget == SMALL)
        loop = TrainingLoop([config], dataset, select_device("cpu"))
        for _ in range(2 * loop.batches.per_epoch + 1):  # into a third epoch
            loop.step()
        trained.append(loop.models[0].snapshot().weights)
    assert trained[0].keys() == trained[1].keys()
    for name, weights in trained[0].items():
        np.testing.assert_array_equal(weights, trained[1][name])


def test_batches_of_the_disk_may_be_asked_for_in_any_order(folder):
    stored, whole = (
        Batches(load(folder, budget).train.images, 30, 1, select_device("cpu")) for budget in (SMALL, 10**9)
    )
    for step in (0, 1, 7, 3, 3, 30, 29):
        np.testing.assert_array_equal(stored.at(step).images, whole.at(step).images)
