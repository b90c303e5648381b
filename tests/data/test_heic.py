"""HEIC, as telephones save photos: read by an optional library, else the command that installs it is said."""

import sys

import pytest
from PIL import Image

from tests.data.custom_images import everything, fill, load
from vae_desktop.data.custom.image_file import image_of_file

BEGINNING = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic\0\0\0\x10meta" + bytes(300)


@pytest.fixture
def root(tmp_path):
    fill(tmp_path / "pictures")
    return tmp_path / "pictures"


def test_without_the_library_the_command_is_said(root, monkeypatch):
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    monkeypatch.delitem(Image.OPEN, "HEIF", raising=False)
    (root / "IMG_1.HEIC").write_bytes(BEGINNING)
    said = "“python -m pip install pillow-heif” lets this app read it; or convert it to JPEG or PNG"
    assert load(root).report.skipped == (f"IMG_1.HEIC: a HEIC or HEIF photo ({said})",)


@pytest.fixture
def heic():
    return pytest.importorskip("pillow_heif")


def test_photos_are_read(root, heic):
    heic.from_pillow(Image.new("RGB", (60, 40), (200, 200, 200))).save(root / "IMG_1.HEIC", quality=-1)
    assert sorted(everything(load(root))) == [*range(10), 200]
    assert image_of_file(root / "IMG_1.HEIC", (1, 8, 8)).tolist() == [[[200] * 8] * 8]


def test_bursts_give_each_photo(root, heic):
    photos = heic.HeifFile()
    for level in (100, 120, 140):
        photos.add_from_pillow(Image.new("RGB", (60, 40), (level,) * 3))
    photos.save(root / "IMG_1.HEIC", quality=-1)
    dataset = load(root)
    assert sorted(everything(dataset)) == [*range(10), 100, 120, 140]
    assert dataset.report.converted[-1] == "each page of 1 file with several is an image: 3 images"


def test_a_damaged_photo_is_said(root, heic):
    (root / "IMG_1.HEIC").write_bytes(BEGINNING)
    assert load(root).report.skipped == ("IMG_1.HEIC: a HEIC or HEIF photo that is damaged",)
