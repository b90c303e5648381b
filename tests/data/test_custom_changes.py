"""Own images that change or vanish while they are read, that may not be read, and names that are no text."""

import errno
import io
import os
import shutil
import tarfile
import zipfile

import numpy as np
import pytest
from PIL import Image

from tests.data.custom_images import everything, fill, load, solid
from vae_desktop.config import DatasetConfig
from vae_desktop.data.load import load_dataset
from vae_desktop.errors import DataError
from vae_desktop.progress import Progress


@pytest.fixture
def root(tmp_path):
    fill(tmp_path / "pictures" / "a", 15, 10)
    fill(tmp_path / "pictures" / "b", 15, 40)
    return tmp_path / "pictures"


def load_while(root, change):
    """Load a folder to which something happens between its headers and its images."""
    done = []

    def report(count, total):
        if count == total // 2 and not done:
            done.append(count)
            change()

    return load_dataset(DatasetConfig(str(root)), root, Progress(report))


def test_images_that_vanish_meanwhile_are_told(root):
    dataset = load_while(root, lambda: [(root / "b" / f"{n}.png").unlink() for n in range(5)])
    assert len(dataset.train) + len(dataset.test) == 25
    assert dataset.report.skipped[0] == "b/0.png: cannot be read: No such file or directory"
    assert len(dataset.report.skipped) == 5


def test_a_folder_that_vanishes_meanwhile_is_told(root):
    with pytest.raises(DataError, match=r"pictures went away while it was read\. Plug its drive in again"):
        load_while(root, lambda: shutil.rmtree(root))


def test_images_that_change_meanwhile_are_read_as_they_are_now(root):
    def change():
        solid("RGB", (200, 10, 10), (90, 40)).save(root / "a" / "0.png")
        (root / "a" / "1.png").write_bytes(b"")
        frames = [solid("L", 0), solid("L", 1)]
        frames[0].save(root / "a" / "2.png", save_all=True, append_images=frames[1:])

    dataset = load_while(root, change)
    assert dataset.image_shape == (3, 12, 12)
    assert len(dataset.train) + len(dataset.test) == 29
    assert dataset.report.skipped == ("a/1.png: an empty file (copy or download it again)",)


def test_a_page_that_vanishes_meanwhile_is_told(root):
    frames = [solid("L", 100 + n) for n in range(3)]
    frames[0].save(root / "a" / "x.tif", save_all=True, append_images=frames[1:])
    dataset = load_while(root, lambda: frames[0].save(root / "a" / "x.tif"))
    assert {100} == {level for level in everything(dataset) if level >= 100}
    assert dataset.report.skipped == ("a/x.tif: from page 2 on: it ends too soon",)


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="who owns the system may read all")
def test_what_may_not_be_read_is_told(root):
    (root / "a" / "0.png").chmod(0)
    (root / "b").chmod(0)
    try:
        dataset = load(root)
    finally:
        (root / "b").chmod(0o700)
    assert dataset.report.skipped == (
        "b: cannot be read: Permission denied",
        "a/0.png: cannot be read: Permission denied",
    )


@pytest.mark.parametrize("reason", [errno.EACCES, errno.EIO, errno.ENODEV])
def test_a_folder_that_fails_is_told(root, monkeypatch, reason):
    scandir = os.scandir

    def failing(path):
        if str(path).endswith("b"):
            raise OSError(reason, os.strerror(reason))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", failing)
    dataset = load(root)
    assert dataset.class_names == ("a",)
    assert dataset.report.skipped == (f"b: cannot be read: {os.strerror(reason)}",)


# Names in archives


def image():
    content = io.BytesIO()
    Image.fromarray(np.zeros((12, 12), np.uint8)).save(content, "PNG")
    return content.getvalue()


def test_names_in_a_tar_that_are_no_text_become_text(tmp_path):
    with tarfile.open(tmp_path / "x.tar", "w", format=tarfile.GNU_FORMAT) as archive:
        for n in range(12):
            info = tarfile.TarInfo(os.fsdecode(b"bad \xff name") + f"/{n}.png")
            info.size = len(image())
            archive.addfile(info, io.BytesIO(image()))
    dataset = load(tmp_path / "x.tar")
    assert dataset.class_names == ("bad � name",)


@pytest.mark.parametrize(
    ("encoding", "name"), [("gbk", "小狗"), ("utf-8", "小狗"), ("utf-8", "Müller"), ("cp437", "Müller")]
)
def test_names_in_a_zip_are_read_in_the_encoding_of_who_wrote_them(tmp_path, encoding, name):
    stored = name.encode(encoding)
    placeholder = "x" * len(stored)
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        for n in range(12):
            archive.writestr(f"{placeholder}/{n}.png", image())
            archive.writestr(f"b/{n}.png", image())
    content = (tmp_path / "x.zip").read_bytes().replace(placeholder.encode() + b"/", stored + b"/")
    (tmp_path / "x.zip").write_bytes(content)
    assert set(load(tmp_path / "x.zip").class_names) == {"b", name}
