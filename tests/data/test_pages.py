"""Files of several images: the pages of a TIFF, the frames of animations."""

import io
import struct
import time
import zipfile

import numpy as np
import pytest
from PIL import Image

from tests.data.custom_images import everything, fill, levels, load, png_chunk, solid
from vae_desktop.data.custom.image_file import read_header, read_pages

GREYS = [solid("L", 20 * number) for number in range(10)]
ONE_FILE = "each page of 1 file with several is an image: 10 images"
PARTED = "pages of one file are training and test images, as there are too few files: figures may flatter a model"


def save(path, frames, **options):
    frames[0].save(path, save_all=True, append_images=frames[1:], **options)
    return path


@pytest.fixture
def root(tmp_path):
    (tmp_path / "pictures").mkdir()
    return tmp_path / "pictures"


FORMATS = {"x.tif": {}, "x.tiff": {"compression": "tiff_lzw"}, "x.gif": {}, "x.png": {}, "x.webp": {"lossless": True}}


@pytest.mark.parametrize("name", FORMATS)
def test_each_page_is_an_image(root, name):
    save(root / name, GREYS, **FORMATS[name])
    dataset = load(root)
    assert dataset.image_shape == (1, 12, 12)
    assert sorted(everything(dataset)) == list(range(0, 200, 20))
    assert dataset.report.converted == (ONE_FILE, PARTED)
    assert dataset.report.skipped == ()
    for split in (dataset.train, dataset.test):
        for number, level in enumerate(levels(split)):
            origin = split.origins[number]
            assert (origin.file, origin.part, origin.kind) == (str(root / name), level // 20, "page")


def test_pages_in_an_archive_are_images(root, tmp_path):
    with zipfile.ZipFile(tmp_path / "x.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, options in FORMATS.items():
            archive.write(save(root / name, GREYS, **options), f"a/{name}")
    dataset = load(tmp_path / "x.zip")
    assert len(dataset.train) + len(dataset.test) == 50
    assert dataset.report.converted == ("each page of 5 files with several is an image: 50 images", PARTED)


def test_pages_belong_to_the_class_and_the_part_of_their_file(root):
    for part, first in (("train", 0), ("test", 5)):
        for name in ("a", "b"):
            (root / part / name).mkdir(parents=True)
            save(root / part / name / "x.tif", GREYS[first : first + 5])
            fill(root / part / name, 1, 201 + first)
    dataset = load(root)
    assert (len(dataset.train), len(dataset.test)) == (12, 12)
    assert sorted(set(levels(dataset.test))) == [100, 120, 140, 160, 180, 206]
    assert np.bincount(dataset.test.labels).tolist() == [6, 6]


def test_colour_in_a_later_page_is_kept(root):
    save(root / "x.tif", [*GREYS, solid("RGB", (200, 10, 10))])
    save(root / "x.gif", [*GREYS, solid("RGB", (10, 200, 10))])
    dataset = load(root)
    pixels = {tuple(image[:, 0, 0].tolist()) for split in (dataset.train, dataset.test) for image in split.images}
    assert {(200, 10, 10), (10, 200, 10), (20, 20, 20)} <= pixels


def test_pages_of_different_sizes_are_told(root):
    fill(root)
    save(root / "x.tif", [solid("L", 99), solid("L", 98, (6, 6))])
    dataset = load(root)
    assert 98 not in everything(dataset)
    assert 99 in everything(dataset)
    assert dataset.report.converted == ("of pages of different sizes only the first is read: 1",)


def test_a_page_that_is_broken_costs_it_and_those_after_it(root):
    fill(root)
    save(root / "x.tif", GREYS[:3])
    content = (root / "x.tif").read_bytes()
    save(root / "x.tif", [Image.effect_noise((12, 12), 90) for _ in range(3)], compression="tiff_adobe_deflate")
    content = bytearray((root / "x.tif").read_bytes())
    at = [index for index in range(len(content) - 1) if content[index : index + 2] == b"\x78\x9c"]
    content[at[1] : at[1] + 60] = b"\xff" * 60
    (root / "x.tif").write_bytes(content)
    dataset = load(root)
    assert len(dataset.train) + len(dataset.test) == 11
    (line,) = dataset.report.skipped
    assert line.startswith("x.tif: from page 2 on: ")


def test_an_announcement_of_a_thousand_million_pages_is_not_believed(root):
    fill(root)
    content = io.BytesIO()
    solid("L", 99).save(content, "PNG")
    content = content.getvalue()
    announced = png_chunk(b"acTL", struct.pack(">2I", 10**9, 0))
    (root / "x.png").write_bytes(content[:33] + announced + content[33:])
    start = time.process_time()
    dataset = load(root)
    assert time.process_time() - start < 3
    assert sorted(everything(dataset)) == [*range(10), 99]
    assert dataset.report.skipped == ("x.png: from page 2 on: broken: Truncated File Read",)
    assert dataset.report.converted == ("of more pages than are read only the first ones: 1",)


def test_a_gif_of_very_many_frames_is_read_up_to_a_limit(root, monkeypatch):
    monkeypatch.setattr("vae_desktop.data.custom.pages.MAX_PAGES", 7)
    for name in ("x.gif", "x.tif"):
        header = read_header(save(root / name, GREYS))
        assert (header.pages, header.remarks) == (7, ("of more pages than are read only the first ones",))


def test_a_few_bytes_do_not_make_thousands_of_large_pages(root):
    canvas = b"GIF89a" + struct.pack("<2H", 7000, 7000) + b"\x80\0\0" + bytes(6)
    frame = b"," + struct.pack("<4H", 0, 0, 1, 1) + b"\0\x02\x02\x44\x01\0"
    (root / "x.gif").write_bytes(canvas + 300 * frame + b";")
    header = read_header(root / "x.gif")
    assert (header.pages, header.remarks) == (20, ("of more pages than are read only the first ones",))


def test_a_tiff_whose_pages_lead_back_ends(root):
    path = save(root / "x.tif", GREYS[:2])
    content = bytearray(path.read_bytes())
    first = int.from_bytes(content[4:8], "little")
    count = int.from_bytes(content[first : first + 2], "little")
    second = int.from_bytes(content[first + 2 + 12 * count :][:4], "little")
    count = int.from_bytes(content[second : second + 2], "little")
    at = second + 2 + 12 * count
    content[at : at + 4] = first.to_bytes(4, "little")
    path.write_bytes(content)
    assert read_header(path).pages == 2
    assert len(list(read_pages(path, 12, 2))) == 2


def test_a_stack_that_only_imagej_reads_is_told(root):
    fill(root)
    solid("L", 99).save(root / "x.tif", description="ImageJ=1.53\nimages=500\nslices=500\n")
    assert load(root).report.converted == ("ImageJ's header tells of more pages than the file holds: 1",)


def test_the_levels_of_a_deep_stack_are_those_of_all_its_pages(root):
    fill(root, 1)
    stack = [Image.fromarray(np.full((12, 12), 409 * number, np.uint16)) for number in range(10)]
    save(root / "x.tif", stack)  # up to 3,681: 12 bits
    dataset = load(root)
    assert sorted(everything(dataset)) == sorted({0, *(round(409 * number * 255 / 4095) for number in range(10))})
    assert dataset.report.converted[0] == "values 0 to 4,095 become 0 to 255 (12 bits): 10"
