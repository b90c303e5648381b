"""Names, the progress of long work and its end on request."""

import threading
import time
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from vae_desktop.config import DatasetConfig
from vae_desktop.data.custom.assembled import number_classes
from vae_desktop.data.custom.messages import natural_key, shown
from vae_desktop.data.custom.workers import for_each
from vae_desktop.data.load import load_dataset
from vae_desktop.errors import Cancelled
from vae_desktop.progress import Progress, ignore

NOWHERE = Path("no data folder")


# Names


def test_names_are_in_natural_order():
    names = ["b", "a10", "a2", "A1", "a02", "10", "9", "a", "é"]
    assert sorted(names, key=natural_key) == ["9", "10", "a", "A1", "a02", "a2", "a10", "b", "é"]


def test_numbers_are_in_the_order_of_numbers():
    labels, names = number_classes(np.array([100, -5, 20, 100]))
    assert names == ("-5", "20", "100")
    assert labels.tolist() == [2, 0, 1, 2]


def test_what_is_shown_is_one_line_that_any_file_takes():
    assert shown("a\nb\u2028c\udcffd\x7f") == "a�b�c�d�"
    assert len(shown("x" * 5000)) == 120
    assert shown("नमस्ते 👩\u200d🚀") == "नमस्ते 👩\u200d🚀"


# Progress and the end on request


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    root = tmp_path_factory.mktemp("many") / "pictures"
    for name in "ab":
        (root / name).mkdir(parents=True)
        for number in range(300):
            Image.fromarray(np.full((9, 9), number % 256, np.uint8)).save(root / name / f"{number}.png")
    return root


def assert_grows(progress, total):
    done = [done for done, _ in progress]
    assert {total for _, total in progress} == {total}
    assert all(earlier <= later for earlier, later in pairwise(done))
    assert done[-1] == total
    assert len(set(done)) > 3


def test_progress_of_a_folder_only_grows(folder):
    progress = []
    load_dataset(DatasetConfig(str(folder)), NOWHERE, Progress(lambda *counts: progress.append(counts)))
    assert_grows(progress, 600)


def test_progress_of_an_array_only_grows(tmp_path):
    np.save(tmp_path / "x.npy", np.zeros((40_000, 28, 28), np.uint8))
    progress = []
    load_dataset(DatasetConfig(str(tmp_path / "x.npy")), NOWHERE, Progress(lambda *counts: progress.append(counts)))
    assert_grows(progress, 40_000)


def test_images_keep_their_order_and_labels_whatever_thread_is_first(folder):
    dataset = load_dataset(DatasetConfig(str(folder)), NOWHERE)
    found = [
        (int(label), int(level))
        for split in (dataset.train, dataset.test)
        for label, level in zip(split.labels, split.images[:, 0, 0, 0], strict=True)
    ]
    assert sorted(found) == sorted((label, number % 256) for label in (0, 1) for number in range(300))
    again = load_dataset(DatasetConfig(str(folder)), NOWHERE)
    np.testing.assert_array_equal(again.train.images, dataset.train.images)


@pytest.mark.parametrize("share", [0.1, 0.6], ids=["in the first pass", "in the second pass"])
def test_cancelling_ends_the_reading_of_a_folder(folder, share):
    progress = [0]
    with pytest.raises(Cancelled):
        load_dataset(
            DatasetConfig(str(folder)),
            NOWHERE,
            Progress(lambda done, total: progress.append(done), lambda: progress[-1] > share * 600),
        )
    assert share * 600 < progress[-1] < share * 600 + 50


def test_cancelling_before_anything_is_read(folder):
    with pytest.raises(Cancelled):
        load_dataset(DatasetConfig(str(folder)), NOWHERE, Progress(lambda *counts: pytest.fail("read"), lambda: True))


@pytest.mark.parametrize("asked", [1, 3, 8])
def test_cancelling_ends_the_reading_of_an_array(tmp_path, asked):
    np.savez(tmp_path / "x.npz", images=np.zeros((20_000, 28, 28), np.float32))
    questions = []

    def is_cancelled():
        questions.append(1)
        return len(questions) >= asked

    with pytest.raises(Cancelled):
        load_dataset(DatasetConfig(str(tmp_path / "x.npz")), NOWHERE, Progress(is_cancelled=is_cancelled))
    assert len(questions) == asked


def test_cancelling_ends_the_reading_of_idx_files(tmp_path, to_idx):
    (tmp_path / "x-idx3-ubyte").write_bytes(to_idx(np.zeros((10, 9, 9), np.uint8)))
    with pytest.raises(Cancelled):
        load_dataset(DatasetConfig(str(tmp_path)), NOWHERE, Progress(is_cancelled=lambda: True))


def test_cancelling_does_not_wait_for_a_slow_file():
    release, begun = threading.Event(), []

    def work(item):
        begun.append(item)
        release.wait(30)

    start = time.monotonic()
    try:
        with pytest.raises(Cancelled):
            for_each(work, range(1000), Progress(is_cancelled=lambda: bool(begun)))
        assert time.monotonic() - start < 5
    finally:
        release.set()
    for thread in threading.enumerate():
        if thread.name.startswith("images"):
            thread.join(5)
    assert len(begun) <= 4  # each thread's one; none is begun after it


def test_results_are_in_the_order_of_the_items():
    told = []
    results = for_each(lambda item: item * item, range(333), Progress(lambda *counts: told.append(counts)))
    assert results == [item * item for item in range(333)]
    assert told[-1] == (333, 333)


def test_an_error_in_a_thread_comes_out():
    with pytest.raises(ZeroDivisionError):
        for_each(lambda item: 1 / item, range(100), ignore)
