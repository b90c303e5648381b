"""An image that a person hands over, as the one that a model takes."""

import os

import numpy as np
import pytest
from PIL import Image

from vae_desktop.config import DatasetConfig
from vae_desktop.data.custom.image_file import image_of_file, image_of_pixels, read_picture
from vae_desktop.errors import DataError

SHAPES = [(1, 8, 8), (3, 8, 8), (1, 6, 10), (3, 10, 6)]


@pytest.fixture
def user_image(tmp_path):
    """Save an image and read it back."""

    def save_and_read(image, shape):
        image.save(tmp_path / "image.png")
        return image_of_file(tmp_path / "image.png", shape)

    return save_and_read


def assert_solid(image, shape, value, tolerance=0):
    assert (image.shape, image.dtype) == (shape, np.uint8)
    assert image.flags.c_contiguous
    assert image.flags.writeable
    expected = np.broadcast_to(np.reshape(value, (-1, 1, 1)), shape)
    np.testing.assert_allclose(image.astype(int), expected, rtol=0, atol=tolerance)


@pytest.mark.parametrize("size", [(8, 8), (40, 30), (3, 5), (7, 200), (1, 1)])
@pytest.mark.parametrize("shape", SHAPES)
def test_grey_becomes_grey_of_any_size_and_channels(user_image, size, shape):
    assert_solid(user_image(Image.new("L", size, 77), shape), shape, 77)


@pytest.mark.parametrize("size", [(8, 8), (40, 30), (3, 5)])
@pytest.mark.parametrize("shape", SHAPES)
def test_colour_stays_or_becomes_its_brightness(user_image, size, shape):
    brightness = round(0.299 * 200 + 0.587 * 100 + 0.114 * 50)
    image = user_image(Image.new("RGB", size, (200, 100, 50)), shape)
    assert_solid(image, shape, brightness if shape[0] == 1 else (200, 100, 50))


@pytest.mark.parametrize(("alpha", "colour"), [(0, (255, 255, 255)), (51, (244, 224, 204)), (255, (200, 100, 0))])
@pytest.mark.parametrize("shape", SHAPES)
def test_what_is_transparent_lets_white_through(user_image, alpha, colour, shape):
    expected = colour if shape[0] == 3 else round(np.dot((0.299, 0.587, 0.114), colour))
    assert_solid(user_image(Image.new("RGBA", (20, 30), (200, 100, 0, alpha)), shape), shape, expected, tolerance=1)


@pytest.mark.parametrize("shape", SHAPES)
def test_grey_that_is_transparent_lets_white_through(user_image, shape):
    assert_solid(user_image(Image.new("LA", (20, 30), (100, 0)), shape), shape, 255)


def test_of_a_square_as_large_as_the_longer_side_the_middle_is_cut_out(user_image):
    pixels = np.random.default_rng(0).integers(0, 256, (10, 10, 3), np.uint8)
    assert np.array_equal(user_image(Image.fromarray(pixels), (3, 6, 10)), np.moveaxis(pixels[2:8], -1, 0))
    assert np.array_equal(user_image(Image.fromarray(pixels), (3, 10, 7)), np.moveaxis(pixels[:, 1:8], -1, 0))
    grey = np.ascontiguousarray(pixels[..., 0])
    assert np.array_equal(user_image(Image.fromarray(grey), (1, 6, 10)), grey[None, 2:8])
    assert np.array_equal(user_image(Image.fromarray(grey), (3, 6, 10)), grey[None, 2:8].repeat(3, 0))


def test_of_an_oblong_picture_the_middle_is_kept(user_image):
    pixels = np.zeros((20, 60), np.uint8)
    pixels[:, 15:45] = 180  # the middle, and what bicubic averages reach beyond it
    assert_solid(user_image(Image.fromarray(pixels), (1, 10, 10)), (1, 10, 10), 180)
    assert_solid(user_image(Image.fromarray(pixels.T), (1, 6, 10)), (1, 6, 10), 180)


def test_no_side_is_turned_or_mirrored(user_image):
    pixels = np.kron(np.array([[10, 60], [110, 160]], np.uint8), np.ones((20, 20), np.uint8))
    image = user_image(Image.fromarray(pixels), (1, 8, 8))
    assert image[0, [0, 0, -1, -1], [0, -1, 0, -1]].tolist() == [10, 60, 110, 160]


def test_levels_are_those_of_the_data_set(tmp_path):
    Image.fromarray(np.full((8, 8), 1000, np.uint16)).save(tmp_path / "image.png")
    settings = DatasetConfig(str(tmp_path), levels="bounds", black=0.0, white=4000.0)
    assert image_of_file(tmp_path / "image.png", (1, 8, 8), settings)[0, 0, 0] == 64
    settings = DatasetConfig("digits", levels="bounds", black=0.0, white=4000.0)  # not a person's own
    assert image_of_file(tmp_path / "image.png", (1, 8, 8), settings)[0, 0, 0] == round(255 * 1000 / 1023)


# What is no picture


@pytest.mark.parametrize(
    ("contents", "reason"),
    [(b"no picture", "not an image"), (b"", "an empty file"), (None, "No such file")],
)
def test_what_cannot_be_read_is_named_with_the_reason(tmp_path, contents, reason):
    path = tmp_path / "holiday.png"
    if contents is not None:
        path.write_bytes(contents)
    with pytest.raises(DataError, match=rf"holiday\.png.*{reason}"):
        image_of_file(path, (1, 8, 8))


def test_a_picture_that_breaks_off_is_named(tmp_path):
    path = tmp_path / "holiday.png"
    Image.new("L", (30, 30), 5).save(path)
    path.write_bytes(path.read_bytes()[:45])
    with pytest.raises(DataError, match=r"holiday\.png"):
        image_of_file(path, (1, 8, 8))


def test_a_folder_is_named(tmp_path):
    (tmp_path / "holidays").mkdir()
    with pytest.raises(DataError, match="holidays cannot be put on the pad: it is a folder"):
        image_of_file(tmp_path / "holidays", (1, 8, 8))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
def test_a_pipe_is_not_opened(tmp_path):
    os.mkfifo(tmp_path / "pipe.png")  # opening it would wait for ever
    with pytest.raises(DataError, match=r"pipe\.png cannot be put on the pad: .* a pipe"):
        image_of_file(tmp_path / "pipe.png", (1, 8, 8))


# From the clipboard


def pixels(colour, size=(30, 20)):
    return np.broadcast_to(np.array(colour, np.uint8), (*size, 4)).copy()


@pytest.mark.parametrize("shape", SHAPES)
def test_pixels_are_laid_over_white(shape):
    assert_solid(image_of_pixels(pixels((200, 100, 0, 0)), shape), shape, 255)
    for alpha, colour in ((51, (244, 224, 204)), (255, (200, 100, 0))):
        expected = colour if shape[0] == 3 else round(np.dot((0.299, 0.587, 0.114), colour))
        assert_solid(image_of_pixels(pixels((200, 100, 0, alpha)), shape), shape, expected, tolerance=1)


def test_pixels_that_fit_stay_as_they_are():
    rgba = np.random.default_rng(0).integers(0, 256, (10, 10, 4), np.uint8)
    rgba[..., 3] = 255
    assert np.array_equal(image_of_pixels(rgba, (3, 6, 10)), np.moveaxis(rgba[2:8, :, :3], -1, 0))


def test_only_transparent_pixels_become_white():
    rgba = pixels((10, 20, 30, 255), size=(8, 8))
    rgba[:, 4:, 3] = 0
    image = image_of_pixels(rgba, (3, 8, 8))
    assert (image[:, :, 4:] == 255).all()
    assert image[:, 0, 0].tolist() == [10, 20, 30]


DEEP = np.linspace(0, 65_535, 200 * 200).reshape(200, 200)
GREY = Image.fromarray((DEEP / 257).astype(np.uint8))
LARGE = {
    "x.png": GREY,
    "rgb.png": GREY.convert("RGB"),
    "rgba.png": Image.merge("RGBA", [GREY, GREY, GREY, GREY.rotate(90)]),
    "palette.gif": GREY.convert("P"),
    "deep.png": Image.fromarray(DEEP.astype(np.uint16)),
    "floats.tif": Image.fromarray(DEEP.astype(np.float32)),
    "x.jp2": GREY,
    "x.jpg": GREY,
}


@pytest.mark.parametrize("name", LARGE)
def test_a_large_image_that_is_made_small_in_strips_is_the_same(tmp_path, monkeypatch, name):
    path = tmp_path / name
    LARGE[name].save(path)
    whole = read_picture(path, 8)
    for strip in (1 << 20, 5000):
        monkeypatch.setattr("vae_desktop.data.custom.large_images.LARGE", 1000)
        monkeypatch.setattr("vae_desktop.data.custom.eight_bits.STRIP", strip)
        small = read_picture(path, 8)
        assert small.changes == whole.changes
        np.testing.assert_allclose(small.pixels.astype(int), whole.pixels.astype(int), atol=6)
