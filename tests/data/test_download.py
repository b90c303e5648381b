"""Downloads against a real local server that misbehaves in each way that servers do."""

import ast
import contextlib
import importlib.util
import socket
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.data.downloads import FAULTS, FIRST, assert_whole, raw_folder
from tests.data.faulty_server import SILENCE
from vae_desktop.config import DatasetConfig
from vae_desktop.data.download import download_dataset, download_mnist
from vae_desktop.data.mnist import MNIST_SETS, load_mnist
from vae_desktop.dataset_catalog import DATASETS
from vae_desktop.errors import Cancelled, DataError, DatasetBroken, UserError
from vae_desktop.progress import Progress


@pytest.fixture
def refused() -> str:
    """Address of a port where nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}/"


def test_download_makes_the_folder_and_leaves_the_plain_files(tmp_path, server, download, arrays):
    folder = tmp_path / "new" / "data"
    download(folder, [server.mirror("good")])
    assert_whole(folder, arrays)


def test_progress_counts_bytes_over_all_files(tmp_path, server, download, small):
    seen = []
    download(tmp_path, [server.mirror("good")], progress=lambda *counts: seen.append(counts))
    done, totals = zip(*seen, strict=True)
    total = sum(resource.size for resource in small.resources)
    assert set(totals) == {total}
    assert list(done) == sorted(done)
    assert (done[0], done[-1]) == (0, total)
    assert {resource.size for resource in small.resources} & set(done)  # told in between as well


SILENT_FAULTS = {
    "silent": "did not answer in time",
    "stall": "did not answer in time",
    "drip": "sends next to nothing",
}


@pytest.mark.parametrize(("faults", "timeout"), [(FAULTS, 30.0), (SILENT_FAULTS, SILENCE)], ids=["at once", "silent"])
def test_each_fault_is_told_in_plain_words_and_the_next_mirror_helps(
    data_dir, server, download, arrays, faults, timeout
):
    (raw_folder(data_dir) / FIRST).unlink()  # one file is enough: each stall takes its time
    faulty = [server.mirror(fault) for fault in faults]
    with pytest.raises(DataError) as caught:
        download(data_dir, faulty, timeout=timeout)
    message = str(caught.value)
    assert message.startswith("MNIST could not be downloaded (127.0.0.1:")
    assert message.endswith("). Check the connection and try again.")
    for told, reason in zip(message.split("; "), faults.values(), strict=True):
        assert reason in told
    assert not (raw_folder(data_dir) / FIRST).exists()
    assert len(list(raw_folder(data_dir).iterdir())) == 3

    server.requests.clear()
    download(data_dir, [*faulty, server.mirror("good")], timeout=timeout)
    assert_whole(data_dir, arrays)
    assert server.requests == [f"/{fault}/{FIRST}.gz" for fault in (*faults, "good")]


def test_refused_connection_goes_to_the_next_mirror(tmp_path, server, download, arrays, refused):
    with pytest.raises(DataError, match="cannot be reached"):
        download(tmp_path, [refused])
    download(tmp_path, [refused, server.mirror("good")])
    assert_whole(tmp_path, arrays)


def test_progress_falls_back_when_a_mirror_fails(tmp_path, server, download):
    done = []
    mirrors = [server.mirror("cut"), server.mirror("good")]
    download(tmp_path, mirrors, progress=lambda received, total: done.append(received))
    assert any(later < earlier for earlier, later in pairwise(done))
    assert done[-1] == max(done)


def test_cancel_in_mid_file_leaves_nothing_of_it(tmp_path, server, download):
    def stop(received, total):
        if received:
            raise Cancelled

    with pytest.raises(Cancelled):  # only half of the file ever comes, so this is surely mid-file
        download(tmp_path, [server.mirror("stall")], progress=stop)
    assert list(raw_folder(tmp_path).iterdir()) == []


def test_cancel_while_the_last_mirror_is_silent_is_no_failure(tmp_path, server, download):
    done = []
    with pytest.raises(Cancelled):
        download(
            tmp_path,
            [server.mirror("silent")],
            progress=lambda received, total: done.append(received),
            is_cancelled=lambda: bool(done),  # not before the first request
            timeout=SILENCE,
        )
    assert server.requests == [f"/silent/{FIRST}.gz"]


def test_cancelled_download_goes_on_where_it_stopped(tmp_path, server, download, arrays, small):
    first, *others = small.resources
    done = [0]
    with pytest.raises(Cancelled):
        download(
            tmp_path,
            [server.mirror("good")],
            progress=lambda received, total: done.append(received),
            is_cancelled=lambda: done[-1] >= first.size,
        )
    assert [path.name for path in raw_folder(tmp_path).iterdir()] == [FIRST]

    server.requests.clear()
    download(tmp_path, [server.mirror("good")])
    assert server.requests == [f"/good/{resource.name}" for resource in others]
    assert_whole(tmp_path, arrays)


def test_whole_files_are_not_asked_for(data_dir, server, download, small):
    seen = []
    download(data_dir, [server.mirror("good")], progress=lambda *counts: seen.append(counts))
    assert server.requests == []
    total = sum(resource.size for resource in small.resources)
    assert seen[-1] == (total, total)


def test_broken_file_is_repaired(data_dir, server, download, arrays):
    path = raw_folder(data_dir) / FIRST
    whole = path.read_bytes()
    for broken in (whole[:-1], whole + b"\0", b""):
        path.write_bytes(broken)
        server.requests.clear()
        download(data_dir, [server.mirror("good")])
        assert server.requests == [f"/good/{FIRST}.gz"]
        assert_whole(data_dir, arrays)


def test_file_that_does_not_belong_is_replaced(data_dir, server, download, arrays, to_idx):
    (raw_folder(data_dir) / FIRST).write_bytes(to_idx(np.zeros((59, 28, 28), np.uint8)))
    download(data_dir, [server.mirror("good")])
    assert_whole(data_dir, arrays)


def test_failed_repair_leaves_the_old_file(data_dir, server, download):
    path = raw_folder(data_dir) / FIRST
    path.write_bytes(b"broken")
    with pytest.raises(DataError):
        download(data_dir, [server.mirror("damaged")])
    assert path.read_bytes() == b"broken"


def test_data_folder_that_cannot_be_made_is_named(tmp_path, server, download):
    blocked = tmp_path / "file"
    blocked.write_bytes(b"")
    with pytest.raises(UserError, match="Cannot make the folder") as caught:
        download(blocked, [server.mirror("good")])
    assert str(blocked) in str(caught.value)
    assert server.requests == []


def test_file_that_cannot_be_written_is_named(tmp_path, server, download):
    blocked = raw_folder(tmp_path) / FIRST
    blocked.mkdir(parents=True)
    with pytest.raises(UserError, match="Cannot write") as caught:
        download(tmp_path, [server.mirror("good")])
    assert str(blocked) in str(caught.value)


def test_repaired_file_loads_again(data_dir, server, download, arrays):
    path = raw_folder(data_dir) / "train-labels-idx1-ubyte"
    path.write_bytes(path.read_bytes()[:-1] + b"\xff")  # whole, but with a label that there is not
    with pytest.raises(DatasetBroken):
        load_mnist(DatasetConfig("mnist"), data_dir)
    download(data_dir, [server.mirror("good")])
    assert server.requests == [f"/good/{path.name}.gz"]
    assert_whole(data_dir, arrays)


def test_whole_packed_files_are_not_asked_for(packed_data_dir, server, download):
    broken = raw_folder(packed_data_dir) / f"{FIRST}.gz"
    broken.write_bytes(broken.read_bytes()[:-1])
    download(packed_data_dir, [server.mirror("good")])
    assert server.requests == [f"/good/{FIRST}.gz"]
    load_mnist(DatasetConfig("mnist"), packed_data_dir)


def test_data_sets_are_found_by_name(tmp_path):
    for name in MNIST_SETS:
        with pytest.raises(Cancelled):  # before anything is asked for
            download_dataset(name, tmp_path, Progress(is_cancelled=lambda: True))
        assert raw_folder(tmp_path, name).is_dir()


def test_sizes_agree_with_the_catalogue():
    for name, entry in MNIST_SETS.items():
        assert sum(resource.size for resource in entry.resources) == DATASETS[name].download_bytes


def _declared_by_torchvision() -> dict[str, dict[str, Any]]:
    """Literal attributes of torchvision's data sets by class, from its source: to import it takes seconds."""
    (package,) = importlib.util.find_spec("torchvision").submodule_search_locations
    tree = ast.parse((Path(package) / "datasets" / "mnist.py").read_text(encoding="utf-8"))
    declared: dict[str, dict[str, Any]] = {}
    for kind in (node for node in tree.body if isinstance(node, ast.ClassDef)):
        for line in (node for node in kind.body if isinstance(node, ast.Assign)):
            with contextlib.suppress(ValueError):
                declared.setdefault(kind.name, {})[line.targets[0].id] = ast.literal_eval(line.value)
    return declared


def test_folders_names_and_hashes_are_torchvisions():
    declared = _declared_by_torchvision()
    for name in ("mnist", "fashion-mnist", "kmnist"):
        entry = MNIST_SETS[name]
        theirs = declared[entry.folder]
        assert [(resource.name, resource.md5) for resource in entry.resources] == theirs["resources"]
        assert entry.mirrors[0] == theirs["mirrors"][0]
        assert list(entry.class_names) == [label.partition(" - ")[0] for label in theirs["classes"]]
    letters, theirs = MNIST_SETS["emnist-letters"], declared["EMNIST"]
    (archive,) = letters.resources
    assert (letters.mirrors[0] + archive.name, archive.md5) == (theirs["url"], theirs["md5"])
    assert letters.prefixes == ("emnist-letters-train", "emnist-letters-test")
    assert "letters" in theirs["splits"]


def test_real_mnist_is_whole(real_mnist_dir):
    entry = replace(MNIST_SETS["mnist"], mirrors=())
    seen = []
    download_mnist(entry, real_mnist_dir, Progress(lambda *counts: seen.append(counts)))
    assert [done for done, _ in seen] == np.cumsum([resource.size for resource in entry.resources]).tolist()
