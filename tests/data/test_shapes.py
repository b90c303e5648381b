import numpy as np
import pytest

from vae_desktop.config import DatasetConfig
from vae_desktop.data.dataset import Dataset
from vae_desktop.data.shapes import FACTOR_NAMES, draw_shapes, load_shapes
from vae_desktop.errors import Cancelled
from vae_desktop.progress import Progress, ignore

SQUARE, ELLIPSE, HEART = SHAPES = range(3)


def _load(**settings) -> Dataset:
    return load_shapes(DatasetConfig("shapes", **settings), ignore)


@pytest.fixture(scope="module")
def shapes() -> Dataset:
    return _load()


def _draw(shape: int, x=0.5, y=0.5, scale=0.25, rotation=0.0, side=64) -> np.ndarray:
    """One image (side, side), 0 to 1."""
    factors = np.array([[x, y, scale, rotation]], np.float32)
    return draw_shapes(np.array([shape]), factors, side)[0, 0] / 255


def _centre(images: np.ndarray) -> np.ndarray:
    """Centres of mass of images (..., side, side) as (x, y), fractions of the side."""
    pixels = (np.arange(images.shape[-1]) + 0.5) / images.shape[-1]
    x, y = images.sum(-2) @ pixels, images.sum(-1) @ pixels
    return np.stack([x, y], -1) / images.sum((-2, -1))[..., None]


def test_sizes_and_names(shapes):
    assert shapes.train.images.shape == (20_000, 1, 32, 32)
    assert shapes.test.images.shape == (4_000, 1, 32, 32)
    assert shapes.train.images.dtype == np.uint8
    assert shapes.class_names == ("Square", "Ellipse", "Heart")
    assert shapes.factor_names == FACTOR_NAMES == ("x", "y", "scale", "rotation")
    for split in (shapes.train, shapes.test):
        assert split.factors.dtype == np.float32
        assert split.factors.shape == (len(split), 4)
        assert split.labels.dtype == np.int64
        np.testing.assert_allclose(np.bincount(split.labels) / len(split), 1 / 3, atol=0.03)


def test_factors_fill_their_ranges_and_tell_nothing_of_each_other(shapes):
    factors = shapes.train.factors
    lowest, highest = np.array([[0.25, 0.25, 0.15, 0], [0.75, 0.75, 0.3, 90]])
    within = (factors - lowest) / (highest - lowest)
    np.testing.assert_allclose(within.min(0), 0, atol=1e-3)
    np.testing.assert_allclose(within.max(0), 1, atol=1e-3)
    correlations = np.corrcoef(np.column_stack([factors, shapes.train.labels]).T)
    np.testing.assert_allclose(correlations, np.eye(5), atol=0.03)


def test_images_are_the_same_each_time(shapes):
    np.random.seed(1)  # noqa: NPY002 - the images must not follow the global generator
    again = _load()
    np.testing.assert_array_equal(again.train.images, shapes.train.images)
    np.testing.assert_array_equal(again.test.factors, shapes.test.factors)


def test_images_follow_from_labels_and_factors(shapes):
    test = shapes.test
    np.testing.assert_array_equal(draw_shapes(test.labels, test.factors, 32), test.images)
    order = np.random.default_rng(0).permutation(500)  # also in other company
    np.testing.assert_array_equal(draw_shapes(test.labels[order], test.factors[order], 32), test.images[order])


def test_no_image_comes_twice(shapes):
    images = [image.tobytes() for split in (shapes.train, shapes.test) for image in split.images]
    assert len(set(images)) == len(images) == 24_000


def test_position_is_the_centre_of_mass(shapes):
    centres = _centre(shapes.test.images[:, 0].astype(float))
    np.testing.assert_allclose(centres, shapes.test.factors[:, :2], atol=0.1 / 32)  # a tenth of a pixel


def test_area_is_the_square_of_the_scale(shapes):
    area = shapes.test.images.sum((1, 2, 3)) / 255
    np.testing.assert_allclose(area, (32 * shapes.test.factors[:, 2]) ** 2, rtol=0.06)


@pytest.mark.parametrize("shape", SHAPES)
def test_x_goes_right_and_y_down(shape):
    np.testing.assert_array_equal(_draw(shape, x=0.5 + 8 / 64), np.roll(_draw(shape), 8, axis=1))
    np.testing.assert_array_equal(_draw(shape, y=0.5 + 8 / 64), np.roll(_draw(shape), 8, axis=0))


@pytest.mark.parametrize("shape", SHAPES)
def test_rotation_is_clockwise(shape):
    upright = _draw(shape, rotation=20)
    np.testing.assert_allclose(_draw(shape, rotation=110), np.rot90(upright, -1), atol=2 / 255)


@pytest.mark.parametrize(("shape", "same_after"), [(SQUARE, 90), (ELLIPSE, 180), (HEART, 360)])
def test_each_rotation_in_the_range_looks_different(shape, same_after):
    def difference(rotation: float) -> float:
        return np.abs(_draw(shape, rotation=rotation) - _draw(shape)).sum()

    assert difference(same_after) < 0.01 * difference(45)
    assert all(difference(rotation) > 0.1 * difference(45) for rotation in range(5, min(same_after, 91) - 4, 5))


def test_shapes_are_what_they_are_called():
    square, ellipse, heart = (_draw(shape) > 0.5 for shape in SHAPES)
    for drawn in (square, ellipse, heart):
        np.testing.assert_array_equal(drawn, drawn[:, ::-1])  # mirrored left and right
    assert _extent(square) == (16, 16)
    width, height = _extent(ellipse)
    assert width == pytest.approx(2 * height, abs=2)
    middle = heart[:, 31]
    lobe = heart[:, 31 - 5]
    assert middle.argmax() > lobe.argmax()  # a notch above
    assert heart[middle.nonzero()[0][-1]].sum() <= 4  # a point below


def _extent(drawn: np.ndarray) -> tuple[int, int]:
    return drawn.any(0).sum(), drawn.any(1).sum()


@pytest.mark.parametrize("shape", SHAPES)
def test_pixel_at_the_very_centre_is_white(shape):
    assert _draw(shape, side=9)[4, 4] == 1


def test_edges_are_smooth():
    levels = np.unique(_draw(HEART, rotation=30))
    assert levels[0] == 0
    assert levels[-1] == 1
    assert len(levels) > 20


@pytest.mark.parametrize("side", [8, 9, 28, 128])
def test_no_image_is_empty_and_no_shape_is_cut(shapes, side):
    few = slice(0, 300)
    images = draw_shapes(shapes.test.labels[few], shapes.test.factors[few], side)
    assert images.shape == (300, 1, side, side)
    assert images.max((1, 2, 3)).min() > 100
    area = images.sum((1, 2, 3)) / 255
    assert (area > 0.95 * (side * shapes.test.factors[few, 2]) ** 2).all()


def test_another_size_has_the_same_shapes(shapes):
    small = _load(image_size=8)
    assert small.image_shape == (1, 8, 8)
    np.testing.assert_array_equal(small.train.factors, shapes.train.factors)
    np.testing.assert_array_equal(small.test.labels, shapes.test.labels)


def test_drawing_can_be_cancelled():
    asked = []

    def is_cancelled() -> bool:
        asked.append(True)
        return len(asked) == 3

    with pytest.raises(Cancelled):
        load_shapes(DatasetConfig("shapes", image_size=128), Progress(is_cancelled=is_cancelled))
    assert len(asked) == 3
