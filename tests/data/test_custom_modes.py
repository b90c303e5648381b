"""Each kind of picture, as the pixels that it becomes."""

import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from tests.data.custom_images import SIDE, assert_solid, png, solid
from vae_desktop.data.custom.files import Unreadable
from vae_desktop.data.custom.image_file import read_picture


def test_grey_stays_as_it_is_in_each_format(picture):
    for name in ("x.png", "x.bmp", "x.tif", "x.pgm", "x.jp2", "x"):
        options = {"format": "PNG"} if name == "x" else {}
        assert_solid(picture(solid("L", 77), name, **options), 77)


def test_colour_stays_as_it_is_in_each_format(picture):
    for name in ("x.png", "x.bmp", "x.tif", "x.ppm", "x.webp"):
        options = {"lossless": True} if name == "x.webp" else {}
        assert_solid(picture(solid("RGB", (200, 100, 50)), name, **options), (200, 100, 50))


def test_jpeg_is_read(picture):
    for name in ("x.jpg", "x.JPEG"):
        pixels = picture(solid("RGB", (200, 100, 50)), name, quality=100).pixels
        np.testing.assert_allclose(pixels.astype(int), np.broadcast_to([200, 100, 50], pixels.shape), atol=2)


def test_one_bit_becomes_black_and_white(picture):
    assert_solid(picture(solid("1", 1)), 255)
    assert_solid(picture(solid("1", 0)), 0)


def test_a_palette_is_looked_up(picture):
    image = solid("P", 3)
    image.putpalette([0, 0, 0] * 3 + [10, 20, 30])
    assert_solid(picture(image), (10, 20, 30))


def test_a_transparent_palette_colour_becomes_white(picture):
    image = solid("P", 1)
    image.putpalette([0, 0, 0, 10, 20, 30])
    assert_solid(picture(image, transparency=1), (255, 255, 255), ("alpha laid over white",))
    assert_solid(picture(image, transparency=0), (10, 20, 30))
    half = picture(image, transparency=bytes([255, 127]))  # an alpha for each colour
    assert_solid(half, (133, 138, 143), ("alpha laid over white",))


def test_alpha_is_laid_over_white(picture):
    assert_solid(picture(solid("RGBA", (200, 100, 0, 0))), (255, 255, 255), ("alpha laid over white",))
    assert_solid(picture(solid("RGBA", (200, 100, 0, 255))), (200, 100, 0))
    half = picture(solid("RGBA", (200, 100, 0, 51))).pixels.astype(int)  # a fifth
    np.testing.assert_allclose(half, np.broadcast_to([244, 224, 204], half.shape), atol=1)
    assert_solid(picture(solid("LA", (0, 0))), 255, ("alpha laid over white",))
    assert_solid(picture(solid("LA", (90, 255))), 90)


def test_a_transparent_grey_and_a_transparent_colour_become_white(picture):
    assert_solid(picture(solid("L", 40), transparency=40), 255, ("alpha laid over white",))
    assert_solid(picture(solid("RGB", (1, 2, 3)), transparency=(1, 2, 3)), (255, 255, 255), ("alpha laid over white",))


def test_invisible_colour_does_not_shine_through_when_shrunk(picture):
    image = solid("RGBA", (255, 0, 0, 0), (24, 24))
    image.paste((0, 0, 255, 255), (0, 0, 24, 12))
    pixels = picture(image).pixels
    np.testing.assert_array_equal(pixels[..., 0], pixels[..., 1])  # between blue and white there is no red
    assert pixels[0, 0].tolist() == [0, 0, 255]
    assert pixels[-1, -1].tolist() == [255, 255, 255]


def test_cmyk_becomes_rgb(picture):
    changes = ("CMYK turned into RGB",)
    assert_solid(picture(solid("CMYK", (0, 255, 255, 0)), "x.tif"), (255, 0, 0), changes)
    jpeg = picture(solid("CMYK", (0, 255, 255, 0)), "x.jpg", quality=100)
    np.testing.assert_allclose(jpeg.pixels[0, 0].astype(int), [255, 0, 0], atol=3)
    assert jpeg.changes == changes


@pytest.mark.parametrize("name", ["x.png", "x.tif", "x.pgm"])
@pytest.mark.parametrize(("deep", "bits"), [(300, 9), (1023, 10), (4095, 12), (65_535, 16)])
def test_whole_numbers_are_divided_by_the_greatest_of_their_bits(picture, name, deep, bits):
    image = np.full((SIDE, SIDE), deep, np.uint16)
    image[0] = 0
    read = picture(Image.fromarray(image), name)
    most = 2**bits - 1
    assert set(read.pixels.ravel()) == {0, round(255 * deep / most)}
    assert read.changes == (f"values 0 to {most:,} become 0 to 255 ({bits} bits)",)


def test_bytes_in_sixteen_bits_stay_as_they_are(picture):
    assert_solid(picture(Image.fromarray(np.full((SIDE, SIDE), 129, np.uint16))), 129)


def test_integers_of_more_bits_go_from_their_least_to_their_greatest(picture):
    image = np.full((SIDE, SIDE), -70_000, np.int32)
    image[6:] = 70_000
    read = picture(Image.fromarray(image), "x.tif")
    assert (read.pixels[0, 0], read.pixels[-1, -1]) == (0, 255)
    assert read.changes == ("values -70,000 to 70,000 become 0 to 255 (their least and greatest)",)


@pytest.mark.parametrize(
    ("values", "ends", "rule"),
    [
        ((0.0, 1.0), (0, 255), "values 0 to 1 become 0 to 255 (floats up to 1)"),
        ((0.0, 0.5), (0, 128), "values 0 to 1 become 0 to 255 (floats up to 1)"),
        ((3.0, 200.4), (3, 200), "values 0 to 255 become 0 to 255 (floats up to 255, rounded)"),
        ((-1.0, 1.0), (0, 255), "values -1 to 1 become 0 to 255 (their least and greatest)"),
        ((0.0, 1000.0), (0, 255), "values 0 to 1,000 become 0 to 255 (their least and greatest)"),
    ],
)
def test_float_pixels_follow_their_range(picture, values, ends, rule):
    image = np.full((SIDE, SIDE), values[0], np.float32)
    image[6:] = values[1]
    read = picture(Image.fromarray(image), "x.tif")
    assert (read.pixels[0, 0], read.pixels[-1, -1]) == ends
    assert read.changes == (rule,)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_float_pixels_most_of_which_are_no_numbers_are_skipped(picture, value):
    with pytest.raises(Unreadable, match="not finite numbers"):
        picture(Image.fromarray(np.full((SIDE, SIDE), value, np.float32)), "x.tif")


def _png16(colour_type, values):
    """A PNG of 16 bits a channel, which Pillow does not write."""
    rows = (b"\0" + struct.pack(f">{len(values)}H", *values) * SIDE) * SIDE
    return png(SIDE, SIDE, 16, colour_type, zlib.compress(rows))


@pytest.mark.parametrize(
    ("colour_type", "values", "read"),
    [
        (2, (0xC8FF, 0x6400, 0x3280), (200, 100, 50)),
        (6, (0xC8FF, 0x6400, 0x3280, 0xFFFF), (200, 100, 50)),
        (4, (0x4040, 0xFFFF), (64, 64, 64)),
    ],
)
def test_colour_of_sixteen_bits_is_cut_and_said(tmp_path, colour_type, values, read):
    (tmp_path / "x.png").write_bytes(_png16(colour_type, values))
    assert_solid(read_picture(tmp_path / "x.png", SIDE), read, ("16-bit colour or alpha cut to its upper 8 bits",))


def test_an_animation_gives_its_first_frame(picture):
    frames = [solid("L", 90), solid("L", 10)]
    assert_solid(picture(frames[0], "x.gif", save_all=True, append_images=frames[1:]), (90, 90, 90))


QUARTERS = np.kron(np.array([[10, 60], [110, 160]], np.uint8), np.ones((6, 6), np.uint8))
STORED = {  # how a camera that was held so stores QUARTERS
    1: QUARTERS,
    2: np.fliplr(QUARTERS),
    3: np.rot90(QUARTERS, 2),
    4: np.flipud(QUARTERS),
    5: QUARTERS.T,
    6: np.rot90(QUARTERS),
    7: np.rot90(QUARTERS.T, 2),
    8: np.rot90(QUARTERS, -1),
}


@pytest.mark.parametrize("name", ["x.png", "x.webp", "x.tif"])
def test_exif_orientation_is_applied(picture, name):
    options = {"lossless": True} if name == "x.webp" else {}
    for orientation, stored in STORED.items():
        exif = Image.Exif()
        exif[0x0112] = orientation
        read = picture(Image.fromarray(stored), name, exif=exif, **options)
        pixels = read.pixels if read.pixels.ndim == 2 else read.pixels[..., 0]
        np.testing.assert_array_equal(pixels, QUARTERS)
        if name != "x.tif":  # Pillow has turned those already
            assert read.changes == (() if orientation == 1 else ("turned upright as their EXIF orientation says",))


def test_broken_exif_does_not_spoil_a_picture(picture):
    assert_solid(picture(solid("L", 80), exif=b"Exif\0\0MM\0*broken broken"), 80)
