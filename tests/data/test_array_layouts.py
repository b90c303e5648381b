"""Arrays of images in every order of axes, flat ones too, as the same pixels."""

import numpy as np
import pytest

from tests.data.custom_images import load
from vae_desktop.data.custom.array_layout import layout_of

GREY = np.random.default_rng(0).integers(0, 256, (60, 12, 12), np.uint8)
COLOUR = np.random.default_rng(0).integers(0, 256, (60, 12, 12, 3), np.uint8)
FLAT = "144 numbers each read as 12 × 12 pixels, row by row"
PLANES = "432 numbers each read as 12 × 12 pixels: all red ones, then green, then blue, row by row"
LAST = "the last axis counts the images: height × width × channels × images"


@pytest.mark.parametrize("order", "CF")
@pytest.mark.parametrize(
    ("array", "images", "note"),
    [
        (GREY.reshape(60, 144), GREY, FLAT),
        (np.moveaxis(COLOUR, -1, 1).reshape(60, 432), COLOUR, PLANES),
        (np.moveaxis(COLOUR, 0, -1), COLOUR, LAST),
        (np.moveaxis(GREY, 0, -1), GREY, LAST),
        (np.moveaxis(COLOUR[..., :1], 0, -1), COLOUR[..., 0], LAST),
        (COLOUR, COLOUR, None),
    ],
    ids=["flat", "flat colour", "HWCN", "HWN", "HW1N", "NHWC"],
)
def test_images_are_the_same_in_every_layout(tmp_path, array, images, note, order):
    np.save(tmp_path / "x.npy", np.asarray(array, order=order))
    dataset = load(tmp_path / "x.npy")
    for split in (dataset.train, dataset.test):
        for number, image in enumerate(split.images):
            wanted = np.atleast_3d(images[split.origins[number].part])
            np.testing.assert_array_equal(np.moveaxis(image, 0, -1), wanted)
    assert dataset.report.converted == (() if note is None else (note,))


@pytest.mark.parametrize(
    ("shape", "size"),
    [
        ((1000, 784), (1000, 28, 28, 1)),
        ((10_000, 3072), (10_000, 32, 32, 3)),
        ((32, 32, 3, 73_257), (73_257, 32, 32, 3)),
        ((28, 28, 60_000), (60_000, 28, 28, 1)),
        ((64, 64, 96), (64, 64, 96, 1)),
        ((300, 28, 28), (300, 28, 28, 1)),
        ((3, 32, 32, 3), (3, 32, 32, 3)),
        ((10, 3, 8, 8), (10, 8, 8, 3)),
    ],
)
def test_the_shape_tells_which_axis_is_what(shape, size):
    layout = layout_of(shape)
    assert (layout.count, *layout.image_shape) == size


def test_an_order_that_could_be_meant_otherwise_is_said(tmp_path):
    np.save(tmp_path / "x.npy", GREY[:12, :, :9])
    assert "the first axis counts the images: 12 of 12 × 9 pixels" in load(tmp_path / "x.npy").report.converted
