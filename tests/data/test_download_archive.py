"""Downloads of EMNIST's archive, of which only some files are kept."""

import subprocess
import sys
from dataclasses import replace

import pytest

from tests.data.costs import little_memory
from tests.data.downloads import FAULTS, assert_whole, raw_folder
from vae_desktop.errors import Cancelled, DataError, UserError

LETTERS = "emnist-letters-train-images-idx3-ubyte"


def test_letters_come_out_of_the_archive_and_nothing_else_does(tmp_path, server, download_letters, arrays, archive):
    seen = []
    download_letters(tmp_path, [server.mirror("good")], progress=lambda *counts: seen.append(counts))
    assert_whole(tmp_path, arrays, "emnist-letters")
    assert server.requests == ["/good/gzip.zip"]
    assert seen[0] == (0, len(archive))
    assert seen[-1] == (len(archive), len(archive))


def test_archive_is_not_held_in_memory(tmp_path, server, download_letters, archive):
    with little_memory(len(archive) / 2):
        download_letters(tmp_path, [server.mirror("good")])


def test_faulty_archives_leave_nothing(tmp_path, server, download_letters):
    faults = ("html", "damaged", "endless", "cut", "absent")
    with pytest.raises(DataError, match=r"^EMNIST letters could not be downloaded") as caught:
        download_letters(tmp_path, [server.mirror(fault) for fault in faults])
    for told, fault in zip(str(caught.value).split("; "), faults, strict=True):
        assert FAULTS[fault] in told
    assert list(raw_folder(tmp_path, "emnist-letters").iterdir()) == []


def test_archive_comes_from_the_next_mirror_after_a_fault(tmp_path, server, download_letters, arrays):
    download_letters(tmp_path, [server.mirror("cut"), server.mirror("good")])
    assert_whole(tmp_path, arrays, "emnist-letters")


def test_cancel_in_mid_archive_leaves_nothing(tmp_path, server, download_letters):
    done = [0]
    with pytest.raises(Cancelled):
        download_letters(
            tmp_path,
            [server.mirror("stall")],
            progress=lambda received, total: done.append(received),
            is_cancelled=lambda: done[-1] > 1 << 20,
        )
    assert list(raw_folder(tmp_path, "emnist-letters").iterdir()) == []


def test_killed_process_leaves_nothing(tmp_path, server, letters):
    entry = replace(letters, mirrors=(server.mirror("stall"),))
    code = f"""
from pathlib import Path
from vae_desktop.data.download import download_mnist
from vae_desktop.data.mnist import MnistSet, Resource
from vae_desktop.progress import Progress

def progress(done, total):
    if done > 1 << 20:
        print("in the middle", flush=True)

download_mnist({entry!r}, Path({str(tmp_path)!r}), Progress(progress))
"""
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "in the middle\n"
        process.kill()
    assert list(raw_folder(tmp_path, "emnist-letters").iterdir()) == []


def test_only_the_broken_letters_are_replaced(tmp_path, server, download_letters, arrays):
    download_letters(tmp_path, [server.mirror("good")])
    raw = raw_folder(tmp_path, "emnist-letters")
    (raw / LETTERS).write_bytes(b"broken")
    before = {path.name: path.stat().st_mtime_ns for path in raw.iterdir()}
    download_letters(tmp_path, [server.mirror("good")])
    assert_whole(tmp_path, arrays, "emnist-letters")
    assert {path.name for path in raw.iterdir() if path.stat().st_mtime_ns != before[path.name]} == {LETTERS}

    server.requests.clear()
    download_letters(tmp_path, [server.mirror("good")])
    assert server.requests == []


def test_full_disk_is_told_and_no_mirror_blamed(tmp_path, server, download_letters):
    limits = pytest.importorskip("resource")
    before = limits.getrlimit(limits.RLIMIT_FSIZE)
    limits.setrlimit(limits.RLIMIT_FSIZE, (1 << 20, before[1]))
    try:
        with pytest.raises(UserError, match=r"^Cannot write in .*: File too large\. Make room") as caught:
            download_letters(tmp_path, [server.mirror("good"), server.mirror("absent")])
    finally:
        limits.setrlimit(limits.RLIMIT_FSIZE, before)
    assert not isinstance(caught.value, DataError)
    assert server.requests == ["/good/gzip.zip"]
    assert list(raw_folder(tmp_path, "emnist-letters").iterdir()) == []
