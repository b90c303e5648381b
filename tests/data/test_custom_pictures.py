"""Scaling, colours, and picture files that are broken."""

import zlib

import numpy as np
import pytest
from PIL import Image

from tests.data.costs import MB, little_memory
from tests.data.custom_images import SIDE, assert_solid, fill, load, png, solid
from vae_desktop.data.custom.conversion import CONVERSION_RULE, choose_side, to_square
from vae_desktop.data.custom.files import Unreadable
from vae_desktop.data.custom.image_file import read_header
from vae_desktop.errors import DataError
from vae_desktop.files import size_in_words


@pytest.fixture
def root(tmp_path):
    return tmp_path / "pictures"


# Scaling and cutting


def test_the_middle_of_an_oblong_image_is_kept(picture):
    wide = np.zeros((24, 96), np.uint8)
    wide[:, 36:60] = 200
    for image in (wide, wide.T):
        pixels = picture(Image.fromarray(image)).pixels
        assert (pixels[2:-2, 2:-2] == 200).all()


def test_scaling_then_cutting_is_what_the_rule_says():
    random = np.random.default_rng(0).integers(0, 256, (48, 120, 3), np.uint8)
    whole = Image.fromarray(random).resize((30, 12), Image.Resampling.BICUBIC)
    np.testing.assert_array_equal(to_square(Image.fromarray(random), 12), np.asarray(whole)[:, 9:21])


def test_shrinking_averages(picture):
    checkered = (np.indices((48, 48)).sum(0) % 2 * 255).astype(np.uint8)
    inner = picture(Image.fromarray(checkered)).pixels[1:-1, 1:-1].astype(int)
    np.testing.assert_allclose(inner, 127.5, atol=3)


def test_a_large_jpeg_shrinks_as_its_pixels_do(picture):
    rows, columns = np.indices((800, 1000))
    image = Image.fromarray(np.stack([rows // 4, columns // 4, (rows + columns) // 8], -1).astype(np.uint8))
    read = picture(image, "x.jpg", quality=95).pixels.astype(int)
    np.testing.assert_allclose(read, to_square(image, SIDE).astype(int), atol=3)


def test_tiny_and_narrow_images_are_images(picture):
    for size in ((1, 1), (1, 500), (3000, 2)):
        assert_solid(picture(solid("L", 55, size)), 55)


SIDES = [  # sizes of images, the side that is asked for, and the one that is chosen
    ([(200, 100)], 20, 20),
    ([(28, 28), (28, 28)], None, 28),
    ([(8, 8)], None, 8),
    ([(7, 7)], None, 8),
    ([(128, 128)], None, 128),
    ([(129, 129)], None, 64),
    ([(28, 28), (28, 27)], None, 28),
    ([(28, 28), (31, 31), (50, 31)], None, 32),
    ([(30, 400), (500, 30), (30, 30)], None, 32),
    ([(37, 99), (37, 80)], None, 36),
    ([(4000, 3000)], None, 64),
    ([(3, 3)], None, 8),
    ([(30, 31)], None, 32),
]


def test_the_side_is_chosen_by_the_rule():
    for sizes, wanted, side in SIDES:
        assert choose_side(np.array(sizes), wanted) == side


def test_mixed_sizes_become_one_and_are_counted(root):
    fill(root, 10, side=24)
    solid("L", 100, (40, 24)).save(root / "wide.png")
    solid("L", 101, (100, 200)).save(root / "tall.png")
    dataset = load(root)
    assert dataset.image_shape == (1, 24, 24)
    assert dataset.report.converted == (f"scaled to 24 × 24 pixels: 2. {CONVERSION_RULE}",)
    assert load(root, image_size=9).report.converted == (f"scaled to 9 × 9 pixels: 12. {CONVERSION_RULE}",)


def test_conversions_are_counted(root):
    fill(root)
    solid("CMYK", (0, 0, 0, 0)).save(root / "a.tif")
    solid("CMYK", (0, 0, 0, 0)).save(root / "b.tif")
    solid("RGBA", (0, 0, 0, 9)).save(root / "c.png")
    assert load(root).report.converted == ("CMYK turned into RGB: 2", "alpha laid over white: 1")


# Colours


def test_colours_follow_the_setting(root):
    fill(root)
    solid("RGB", (200, 100, 50)).save(root / "a.png")
    auto, grey, colour = (load(root, colours=colours) for colours in ("auto", "grey", "colour"))
    assert auto.image_shape == colour.image_shape == (3, SIDE, SIDE)
    assert grey.image_shape == (1, SIDE, SIDE)
    assert _pixels(auto) == _pixels(colour) == {(level,) * 3 for level in range(10)} | {(200, 100, 50)}
    assert _pixels(grey) == {(level,) for level in range(10)} | {(124,)}  # 0.299·200 + 0.587·100 + 0.114·50
    assert "colour;" in auto.report.read
    assert "grey;" in grey.report.read


def test_grey_images_in_a_kind_for_colour_are_grey(root):
    root.mkdir()
    for level in range(10):
        solid("RGB", (level,) * 3).save(root / f"{level}.png")
    assert _pixels(load(root)) == {(level,) for level in range(10)}
    assert _pixels(load(root, colours="colour")) == {(level,) * 3 for level in range(10)}


def _pixels(dataset):
    return {tuple(image[:, 5, 5].tolist()) for split in (dataset.train, dataset.test) for image in split.images}


# Faults


def _jpeg(path):
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    Image.fromarray(noise).save(path)
    return path.read_bytes()


def _png(width, height, packed=None):
    return png(width, height, 8, 2, packed or zlib.compress(bytes(1000)))


FAULTS = {
    "nothing.png": (lambda path: b"", "an empty file"),
    "text.png": (lambda path: b"this is only text", "not an image"),
    "cut.jpg": (lambda path: _jpeg(path)[:2000], "broken: image file is truncated"),
    "garbled.png": (lambda path: _png(SIDE, SIDE, b"not packed at all"), "broken: "),
    "program.eps": (lambda path: b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 12 12\n", "a PostScript drawing"),
    "more than 50 million.png": (lambda path: _png(8000, 8000), "more than 50 million pixels"),
    "what Pillow warns of.png": (lambda path: _png(12_000, 12_000), "more than 50 million pixels"),
    "what Pillow refuses.png": (lambda path: _png(200_000, 200_000), "more than 50 million pixels"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_broken_file_is_skipped_with_its_reason(root, name):
    make, reason = FAULTS[name]
    fill(root)
    (root / name).write_bytes(make(root / name))
    dataset = load(root)
    assert len(dataset.train) + len(dataset.test) == 10
    (line,) = dataset.report.skipped
    assert line.startswith(f"{name}: {reason}")


def test_a_bomb_takes_no_memory(root):
    fill(root)
    (root / "bomb.png").write_bytes(_png(40_000, 40_000))
    with little_memory(10 * MB):
        load(root)
    with pytest.raises(Unreadable, match="more than 50 million"):
        read_header(root / "bomb.png")


def test_a_file_that_is_gone_is_skipped(tmp_path):
    with pytest.raises(Unreadable, match="cannot be read: No such file"):
        read_header(tmp_path / "gone.png")


@pytest.fixture
def headers_read(monkeypatch):
    """The paths of the files whose headers were read."""
    paths = []

    def counting(file, *details):
        paths.append(file.path)
        return read_header(file)

    monkeypatch.setattr("vae_desktop.data.custom.image_files.read_header", counting)
    return paths


FOLDERS = {  # of 400 images that are too many: settings, the most headers that need be read, what is said
    "asked for a side": ({"image_size": 16}, 56, "16 × 16 pixels in grey, 56 fit"),
    "asked for colour": ({"image_size": 16, "colours": "colour"}, 18, "16 × 16 pixels in colour, 18 fit"),
    "chosen by the median": ({}, 225, "8 × 8 pixels in grey, 225 fit"),
}


@pytest.mark.parametrize("case", FOLDERS)
def test_a_folder_that_is_too_large_is_refused_as_soon_as_that_is_certain(root, cramped, headers_read, case):
    settings, needed, said = FOLDERS[case]
    cramped(100 * SIDE * SIDE)
    fill(root / "a", 200)
    fill(root / "b", 200)
    with pytest.raises(DataError, match=rf"too many images: of {said} into the .* Choose a smaller image size"):
        load(root, **settings)
    assert needed < len(headers_read) < needed + 110  # four threads take 25 files each


@pytest.mark.parametrize("settings", [{}, {"image_size": 16}, {"colours": "grey"}])
def test_a_folder_that_just_fits_is_read(root, cramped, settings):
    side = settings.get("image_size", SIDE)
    cramped(60 * side * side)
    fill(root, 60)
    assert load(root, **settings).image_shape == (1, side, side)
    fill(root, 61)
    with pytest.raises(DataError, match=f"60 fit into the {size_in_words(60 * side * side)}"):
        load(root, **settings)


def test_images_beside_class_folders_take_no_room(root, cramped):
    cramped(30 * 8 * 8)
    fill(root, 20)
    fill(root / "a", 30)
    dataset = load(root, image_size=8)
    assert len(dataset.train) + len(dataset.test) == 30


def test_images_that_take_too_much_memory_are_refused(root, cramped):
    cramped(1 << 20)
    fill(root, 100)
    with pytest.raises(DataError, match="Choose a smaller image size or fewer images"):
        load(root, image_size=128)
    assert load(root).image_shape == (1, SIDE, SIDE)
