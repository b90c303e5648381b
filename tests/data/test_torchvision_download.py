"""Downloads of torchvision's sets from a real local server, into its layout; and archives that mean harm."""

import gzip
import inspect
import io
import os
import sys
import tarfile
import time
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.data.costs import little_memory
from tests.data.faulty_server import SILENCE
from tests.data.torchvision_standins import STANDINS, md5
from vae_desktop.config import DatasetConfig
from vae_desktop.data.download import download_dataset
from vae_desktop.data.torchvision_download import download_torchvision
from vae_desktop.data.torchvision_files import Files, Source, files_of
from vae_desktop.data.torchvision_reading import load_torchvision
from vae_desktop.data.torchvision_sets import TORCHVISION_SETS
from vae_desktop.data.unpacking import unpack
from vae_desktop.dataset_catalog import DATASETS
from vae_desktop.errors import Cancelled, DataError, UserError
from vae_desktop.progress import Progress, ignore

DOWNLOADED = [name for name in STANDINS if DATASETS[name].download_bytes]


def _body(source: Source, root: Path) -> bytes:
    """What the server has for a source, made of a set that is laid out in a folder."""
    paths = [root / path for path in source.gives]
    packed = io.BytesIO()
    if source.is_kept:  # Omniglot's archives too
        return paths[-1].read_bytes()
    if paths[0].is_file():
        return gzip.compress(paths[0].read_bytes())
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        archive.add(paths[0], f"./{paths[0].name}")
    return packed.getvalue()


@pytest.fixture
def served(tmp_path, server):
    """Have the server offer a small set; its class and its files, from there."""

    def serve(name: str, behaviour: str = "good") -> tuple[Any, Files]:
        import torchvision.datasets

        root = tmp_path / "server" / name
        kind, files = STANDINS[name](root, torchvision.datasets)
        known = files_of(kind)
        sources = []
        for source in known.sources:
            server.files[source.name] = _body(source, root)
            url, digest = server.mirror(behaviour) + source.name, md5(server.files[source.name])
            sources.append(replace(source, url=url, md5=digest))
        return kind, Files((files or known).md5, tuple(sources))

    return serve


@pytest.mark.parametrize("name", DOWNLOADED)
def test_a_downloaded_set_is_laid_out_as_torchvision_has_it(tmp_path, server, served, name):
    kind, files = served(name)
    told = []
    download_torchvision(name, tmp_path / "data", Progress(lambda *counts: told.append(counts)), files=files)
    assert TORCHVISION_SETS[name].is_there(tmp_path / "data")
    config = DatasetConfig(name, image_size=8)
    there, here = (
        load_torchvision(config, root, ignore, kind, files) for root in (tmp_path / "server" / name, tmp_path / "data")
    )
    assert sorted(map(bytes, here.train.images)) == sorted(map(bytes, there.train.images))  # folders have no order
    assert here.class_names == there.class_names
    assert told[0][0] == 0
    assert told[-1] == (DATASETS[name].download_bytes,) * 2
    assert not [path for path in (tmp_path / "data").rglob("*") if ".part" in path.name]
    server.requests.clear()
    if files.md5:  # a broken file alone is fetched again
        (tmp_path / "data" / next(iter(files.md5))).write_bytes(b"broken")
        download_torchvision(name, tmp_path / "data", ignore, files=files)
        assert len(server.requests) == 1
        load_torchvision(config, tmp_path / "data", ignore, kind, files)


@pytest.mark.parametrize(
    ("behaviour", "words"),
    [
        ("damaged", "damaged or different"),
        ("cut", "cut off"),
        ("html", "perhaps a web page"),
        ("endless", "damaged or different"),
        ("boast", "damaged or different"),
        ("absent", "answered 404"),
        ("silent", "did not answer in time"),
    ],
)
def test_what_the_server_should_not_send_leaves_nothing(tmp_path, served, behaviour, words):
    _, files = served("usps", behaviour)
    with pytest.raises(DataError, match=rf"^USPS could not be downloaded \(127.0.0.1.*{words}"):
        download_torchvision("usps", tmp_path / "data", ignore, SILENCE, files=files)
    assert list((tmp_path / "data").iterdir()) == []


def test_a_download_can_be_cancelled_and_leaves_nothing(tmp_path, served):
    _, files = served("cifar-10", "stall")
    done = []
    progress = Progress(lambda received, total: done.append(received), lambda: bool(done) and done[-1] > 0)
    with pytest.raises(Cancelled):
        download_torchvision("cifar-10", tmp_path / "data", progress, files=files)
    assert list((tmp_path / "data").iterdir()) == []


def test_what_only_a_person_can_fetch_is_said(tmp_path):
    with pytest.raises(DataError, match=r"CelebA cannot be downloaded by the app: get its files from http"):
        download_dataset("celeba", tmp_path, ignore)


def _tar(*members: tuple[tarfile.TarInfo, bytes]) -> io.BytesIO:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for member, data in members:
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return packed


def _member(name: str, kind: bytes = tarfile.REGTYPE, target: str = "") -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.type, member.linkname = kind, target
    return member


def _zip(name: str, data: bytes) -> io.BytesIO:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, data)
    return packed


HARMFUL = {
    "up": (_tar((_member("a/../../x"), b"1")), "a.tar.gz", "leads out"),
    "absolute": (_tar((_member("/tmp/x"), b"1")), "a.tar.gz", "leads out"),
    "drive": (_zip("C:x", b"1"), "a.zip", "leads out"),
    "backslash": (_zip("..\\x", b"1"), "a.zip", "leads out"),
    "link": (_tar((_member("x", tarfile.SYMTYPE, "/etc/passwd"), b"")), "a.tar.gz", "link or a device"),
    "hard link": (_tar((_member("x", tarfile.LNKTYPE, "/etc/passwd"), b"")), "a.tar.gz", "link or a device"),
    "device": (_tar((_member("x", tarfile.CHRTYPE), b"")), "a.tar.gz", "link or a device"),
    "bomb": (_zip("x", bytes(40 << 20)), "a.zip", "more than it should"),
    "packed bomb": (_tar((_member("x"), bytes(40 << 20))), "a.tar.gz", "more than it should"),
    "cut off": (io.BytesIO(_zip("x", bytes(1000)).getvalue()[:60]), "a.zip", "cannot be unpacked"),
    "no archive": (io.BytesIO(b"nothing of that kind"), "a.tar.gz", "cannot be unpacked"),
}


@pytest.mark.parametrize("case", HARMFUL)
def test_an_archive_that_means_harm_is_refused_and_leaves_nothing(tmp_path, case):
    archive, name, words = HARMFUL[case]
    folder = tmp_path / "in" / "here"
    folder.mkdir(parents=True)
    with little_memory(20e6), pytest.raises(DataError, match=words):
        unpack(archive, name, folder, 1 << 20, ignore)
    assert [path.name for path in tmp_path.rglob("*")] == ["in", "here"]


def test_a_folder_that_is_there_gives_way_as_a_whole(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "old").write_bytes(b"old")
    unpack(_tar((_member("a/new"), b"new")), "a.tar.gz", tmp_path, 100, ignore)
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["new"]
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_what_a_killed_process_left_half_unpacked_goes_after_an_hour(tmp_path):
    for name, age in ((".old.part", 2 * 3600), (".new.part", 60)):
        (tmp_path / name / "new").mkdir(parents=True)
        os.utime(tmp_path / name, (time.time() - age,) * 2)
    unpack(_tar((_member("a"), b"1")), "a.tar.gz", tmp_path, 100, ignore)
    assert sorted(path.name for path in tmp_path.iterdir()) == [".new.part", "a"]


def test_a_full_disk_is_told_and_leaves_nothing(tmp_path, served):
    limits = pytest.importorskip("resource")
    _, files = served("cifar-10")
    before = limits.getrlimit(limits.RLIMIT_FSIZE)
    limits.setrlimit(limits.RLIMIT_FSIZE, (10_000, before[1]))
    try:
        with pytest.raises(UserError, match=r"^Cannot write in .*: File too large\. Make room"):
            download_torchvision("cifar-10", tmp_path / "data", ignore, files=files)
    finally:
        limits.setrlimit(limits.RLIMIT_FSIZE, before)
    assert list((tmp_path / "data").iterdir()) == []


def test_unpacking_can_be_cancelled(tmp_path):
    with pytest.raises(Cancelled):
        unpack(_tar((_member("a"), b"1")), "a.tar.gz", tmp_path, 100, Progress(is_cancelled=lambda: True))
    assert list(tmp_path.iterdir()) == []


def test_what_torchvision_keeps_to_itself_is_what_stands_here():
    import torchvision.datasets

    for kind in (torchvision.datasets.OxfordIIITPet, torchvision.datasets.Flowers102):
        source = inspect.getsource(sys.modules[kind.__module__])
        for file in files_of(kind).sources:
            assert file.md5 in source
            assert file.name in source
            assert file.url.removesuffix(file.name) in source
