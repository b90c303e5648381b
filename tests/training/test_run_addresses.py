"""Addresses of trainings' folders: what is meant by them, what they need, and folders that refuse to be read."""

import os
import sys
from contextlib import contextmanager

import pytest

from tests.run_folders import write_run
from vae_desktop.training.run_folder.layout import why_no_run
from vae_desktop.training.run_folder.protocols import FileGone, SourceError, SourceUnusable
from vae_desktop.training.run_folder.reader import RunReader
from vae_desktop.training.run_folder.source import Source


@pytest.fixture(scope="module")
def folder(tmp_path_factory, config, dataset):
    """The folder of a training that has ended."""
    path = tmp_path_factory.mktemp("finished") / "run"
    write_run(path, config, dataset)
    return path


@contextmanager
def no_permission(folder):
    """Have a folder refuse this process; as root, which nothing refuses, it is nobody meanwhile."""
    is_root = os.geteuid() == 0
    folder.chmod(0)
    try:
        if is_root:
            try:
                os.seteuid(65534)
            except OSError:
                pytest.skip("this root may not be another user")
        yield
    finally:
        if is_root:
            os.seteuid(0)
        folder.chmod(0o700)


@pytest.mark.skipif(sys.platform == "win32", reason="a folder has no such mode there")
def test_a_folder_that_one_may_not_read_is_said_and_can_be_read_later(folder):
    reader = RunReader(Source(str(folder)))
    with no_permission(folder):
        with pytest.raises(SourceError, match=r"\.json in .* cannot be read: there is no permission to") as refused:
            reader.poll()
        assert why_no_run(folder) == ""
    assert not isinstance(refused.value, SourceUnusable | FileGone)
    assert reader.poll().status.state == "finished"


@pytest.mark.parametrize("way", ["{folder}/", "{parent}/./{name}", "file://{folder}", "~/{name}", "{name}"])
def test_one_folder_has_one_address(folder, monkeypatch, way):
    monkeypatch.setenv("HOME", str(folder.parent))
    monkeypatch.setenv("USERPROFILE", str(folder.parent))
    monkeypatch.chdir(folder.parent)
    address = way.format(folder=folder.as_posix(), parent=folder.parent, name=folder.name)
    assert Source(address).title == str(folder)


@pytest.mark.parametrize(
    ("address", "url"),
    [("me@box:/runs/a", "ssh://me@box/runs/a"), ("box:runs/a", "ssh://box/~/runs/a"), ("box:~/a", "ssh://box/~/a")],
)
def test_a_folder_as_scp_takes_it_is_told_as_a_url(address, url):
    with pytest.raises(SourceUnusable, match=f"write {url}"):
        Source(address)


@pytest.mark.parametrize(
    ("address", "says"), [("gopher9://x/y", "gopher9"), ("s3://bucket/run", "s3fs"), ("adl://x/y", "adl")]
)
def test_an_address_that_cannot_be_read_says_what_is_missing(address, says, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "s3fs", None)
    with pytest.raises(SourceUnusable, match=says):
        Source(address)


def test_an_address_is_shown_without_its_secrets():
    assert Source("memory://me:secret@host/run?token=secret").title == "memory://me@host/run"
