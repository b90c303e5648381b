"""Which value becomes 0 and which 255: one rule for arrays and for files of images, which can be chosen."""

import numpy as np
import pytest
from PIL import Image

from tests.data.custom_images import load
from vae_desktop.errors import DataError

COUNT, SIDE = 40, 10
RAMP = np.linspace(1000, 3000, COUNT * SIDE * SIDE).astype(np.uint16).reshape(COUNT, SIDE, SIDE)


def as_array(folder, images):
    np.save(folder / "x.npy", images)
    return folder / "x.npy"


def as_files(folder, images):
    (folder / "pictures").mkdir()
    for number, image in enumerate(images):
        Image.fromarray(image).save(folder / "pictures" / f"{number}.tif")
    return folder / "pictures"


def test_bounds_of_pictures_of_bytes_are_said_too(tmp_path):
    source = as_files(tmp_path, (RAMP // 16).astype(np.uint8))
    assert load(source).report.levels == ""
    rule = load(source, levels="bounds", black=70.0, white=180.0).report.levels
    assert rule == "values 70 to 180 become 0 to 255 (as given)"


def byte_of(value, black, white):
    return min(max(round(255 * (value - black) / (white - black)), 0), 255)


@pytest.mark.parametrize("save", [as_array, as_files])
@pytest.mark.parametrize(
    ("settings", "ends", "rule"),
    [
        ({}, (0, 4095), "values 0 to 4,095 become 0 to 255 (12 bits)"),
        ({"levels": "full-range"}, (0, 65_535), "values 0 to 65,535 become 0 to 255 (all that their type can hold)"),
        ({"levels": "percentiles"}, (1010, 2990), None),
        (
            {"levels": "bounds", "black": 1500.0, "white": 2500.0},
            (1500, 2500),
            "values 1,500 to 2,500 become 0 to 255 (as given)",
        ),
        ({"levels": "bounds"}, (1000, 3000), "values 1,000 to 3,000 become 0 to 255 (as given)"),
        ({"levels": "bounds", "white": 2500.0}, (1000, 2500), "values 1,000 to 2,500 become 0 to 255 (as given)"),
        (
            {"levels": "bounds", "black": 3000.0, "white": 1000.0},
            (3000, 1000),
            "values 3,000 to 1,000 become 0 to 255 (as given)",
        ),
    ],
    ids=["auto", "full range", "percentiles", "bounds", "least and greatest", "one bound", "negative"],
)
def test_the_levels_are_those_of_all_images_together(tmp_path, save, settings, ends, rule):
    dataset = load(save(tmp_path, RAMP), **settings)
    read = np.sort(np.concatenate([split.images.ravel() for split in (dataset.train, dataset.test)]))
    wanted = np.sort([byte_of(value, *ends) for value in RAMP.ravel().tolist()])
    assert np.abs(read.astype(int) - wanted).max() <= (2 if rule is None else 1)
    (line,) = dataset.report.converted
    assert line.startswith(rule or "values ")
    assert "(percentiles 0.5 and 99.5)" in line or rule
    assert line.endswith(f": {COUNT}")


@pytest.mark.parametrize("save", [as_array, as_files])
@pytest.mark.parametrize(
    "settings",
    [{"levels": "bounds", "black": 50.0, "white": 150.0}, {"levels": "bounds"}, {"levels": "percentiles"}],
)
def test_levels_that_are_asked_for_hold_for_bytes_too(tmp_path, save, settings):
    images = np.full((COUNT, SIDE, SIDE), 150, np.uint8)
    images[:, :5] = 50
    dataset = load(save(tmp_path, images), **settings)
    assert dataset.train.images[0, 0, 0, 0] == 0
    assert dataset.train.images[0, 0, -1, -1] == 255


def test_levels_that_are_asked_for_leave_alpha_as_it_is(tmp_path):
    images = np.full((COUNT, SIDE, SIDE, 4), 100, np.uint8)
    images[..., 3] = 255
    dataset = load(as_files(tmp_path, images), levels="bounds", black=0.0, white=200.0)
    assert (dataset.train.images == 128).all()


def test_in_a_folder_bytes_stay_as_they_are_beside_images_of_more_bits(tmp_path):
    root = as_files(tmp_path, RAMP)
    Image.fromarray(np.full((SIDE, SIDE), 77, np.uint8)).save(root / "a byte.png")
    Image.fromarray(np.full((SIDE, SIDE), 0.5, np.float32)).save(root / "a float.tif")
    dataset = load(root)
    found = {int(image[0, 0, 0]) for split in (dataset.train, dataset.test) for image in split.images}
    assert {77, 128} <= found
    assert set(dataset.report.converted) == {
        "values 0 to 4,095 become 0 to 255 (12 bits): 40",
        "values 0 to 1 become 0 to 255 (floats up to 1): 1",
    }


def test_levels_of_a_set_that_comes_with_the_app_change_nothing():
    digits = load("digits").train.images
    assert np.array_equal(load("digits", levels="bounds", white=5.0).train.images, digits)


# Pixels that are no numbers


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_a_few_pixels_that_are_no_numbers_are_told(tmp_path, dtype):
    images = np.full((COUNT, SIDE, SIDE), 0.5, dtype)
    images[:, 0, :4] = 0, np.nan, -np.inf, np.inf
    images[:, 1] = 1
    dataset = load(as_array(tmp_path, images))
    assert dataset.train.images[0, 0, 0, :5].tolist() == [0, 0, 0, 255, 128]
    assert dataset.report.converted[1].startswith("values that are not finite: 120. NaN became black")


def test_images_that_are_mostly_no_numbers_are_refused(tmp_path):
    images = np.zeros((COUNT, SIDE, SIDE))
    images[:, :2] = np.nan
    with pytest.raises(DataError, match=r"x\.npy cannot be used: more than a tenth of its pixels are not finite"):
        load(as_array(tmp_path, images))


def test_pixels_whose_range_is_no_number_are_refused(tmp_path):
    images = np.full((COUNT, SIDE, SIDE), -1e308)
    images[5:] = 1e308
    with pytest.raises(DataError, match="reach too far"):
        load(as_array(tmp_path, images))
