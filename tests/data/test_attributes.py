"""What is measured of images, checked on drawn ones whose measures are known."""

import math
import os

import numpy as np
import pytest
from PIL import Image, ImageDraw

from vae_desktop.data import attributes
from vae_desktop.data.appearance import APPEARANCE_NAMES, COLOURS
from vae_desktop.data.attributes import attributes_of, look_like_strokes, measure
from vae_desktop.data.dataset import Split
from vae_desktop.data.shapes import draw_shapes
from vae_desktop.data.strokes import STROKE_NAMES, measure_strokes
from vae_desktop.errors import Cancelled
from vae_desktop.progress import Progress

SIDE = 28
NOISE = np.random.default_rng(0).integers(0, 256, (12, 1, SIDE, SIDE), np.uint8)


def bar(length: float, thickness: float, slant: float, side: int = SIDE) -> np.ndarray:
    """A light bar in the middle of a dark image, of so many pixels, leaning to the right by so many degrees."""
    scale = 16  # larger first, for smooth edges
    angle, centre = math.radians(slant), side * scale / 2
    along = np.array([math.sin(angle), -math.cos(angle)]) * length * scale / 2
    across = np.array([math.cos(angle), math.sin(angle)]) * thickness * scale / 2
    corners = [centre + along + across, centre + along - across, centre - along - across, centre - along + across]
    image = Image.new("L", (side * scale, side * scale))
    ImageDraw.Draw(image).polygon([tuple(corner) for corner in corners], fill=255)
    return np.asarray(image.resize((side, side), Image.Resampling.BOX))


def columns(images: np.ndarray, **options: bool) -> dict[str, np.ndarray]:
    return measure(images, **options).columns()


@pytest.mark.parametrize("is_dark", [False, True])
@pytest.mark.parametrize("side", [16, 28, 64, 105])
@pytest.mark.parametrize(("length", "thickness", "slant"), [(18, 3, 0), (18, 3, 20), (18, 3, -20), (12, 2, 30)])
def test_a_bar_is_measured_as_it_was_drawn(length, thickness, slant, side, is_dark):
    scale = side / SIDE
    image = bar(length * scale, thickness * scale, slant, side)
    found = measure_strokes((255 - image if is_dark else image)[None])[0]
    area, long, thick, leaning, width, height = found / [scale**2, scale, scale, 1, scale, scale]
    blur = 0.3 + 0.5 / scale  # of the image's pixels
    assert area == pytest.approx(length * thickness, rel=0.25 if scale < 1 else 0.15)
    assert thick == pytest.approx(thickness, abs=blur)
    assert length - thickness - 2 * blur < long < length + thickness + 1  # without ends, or with spurs
    assert leaning == pytest.approx(slant, abs=2.5)
    assert height == pytest.approx(length * math.cos(math.radians(slant)), abs=1 + blur)
    assert thickness - 1 < width < thickness + 2.5 + blur


def test_thicker_longer_and_more_slanted_bars_are_told_apart():
    found = measure_strokes(np.stack([bar(14 + n, 2 + 0.5 * n, 6 * n - 18) for n in range(7)]))
    for name in ("area", "length", "thickness", "slant", "height"):
        assert (np.diff(found[:, STROKE_NAMES.index(name)]) > 0).all(), name


@pytest.mark.parametrize("value", [0, 7, 128, 255])
def test_a_blank_image_has_no_strokes_and_no_place(value):
    found = columns(np.full((3, 1, SIDE, SIDE), value, np.uint8), are_strokes=True)
    assert all(np.isnan(found[name]).all() for name in (*STROKE_NAMES, "x", "y", "extent", "colour"))
    assert np.allclose(found["brightness"], value / 255)


def test_noise_gives_numbers_within_the_image_or_none():
    assert not look_like_strokes(NOISE)
    found = columns(NOISE, are_strokes=True)
    for name in ("thickness", "width", "height"):
        assert ((found[name] >= 0) & (found[name] <= 3 * SIDE)).all()
    assert (np.abs(found["slant"]) <= 90).all()
    assert np.isnan(found["x"]).all()  # there is no background


@pytest.mark.parametrize("shape", [(0, 1, 5, 5), (2, 1, 1, 1), (2, 3, 2, 2), (2, 1, 3, 90), (1, 1, 300, 300)])
def test_images_of_any_size_are_measured(shape):
    images = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    found = measure(images, are_strokes=True)
    assert found.values.shape == (shape[0], len(APPEARANCE_NAMES) + len(STROKE_NAMES))


def test_one_image_alone_is_measured_as_among_others():
    images = np.stack([bar(14 + n, 2 + 0.5 * n, 6 * n)[None] for n in range(5)])
    whole = measure(images).values
    np.testing.assert_array_equal(whole, np.concatenate([measure(image[None]).values for image in images]))


def test_lines_look_like_strokes_and_filled_shapes_do_not():
    lines = np.stack([bar(14 + n % 7, 2 + n % 3, n)[None] for n in range(20)])
    assert look_like_strokes(lines)
    assert look_like_strokes(255 - lines)
    assert look_like_strokes(np.repeat(lines, 3, axis=1))
    random = np.random.default_rng(0)
    factors = random.uniform((0.3, 0.3, 0.2, 0), (0.7, 0.7, 0.3, 90), (30, 4)).astype(np.float32)
    assert not look_like_strokes(draw_shapes(np.arange(30) % 3, factors, 32))


def test_a_things_place_and_extent_are_those_it_was_drawn_with():
    factors = np.array([[0.25, 0.3, 0.2, 0], [0.7, 0.5, 0.3, 0]], np.float32)
    found = columns(draw_shapes(np.zeros(2, np.int64), factors, 64))
    np.testing.assert_allclose(found["x"], factors[:, 0], atol=0.01)
    np.testing.assert_allclose(found["y"], factors[:, 1], atol=0.01)
    np.testing.assert_allclose(found["extent"], factors[:, 2], atol=0.02)


def test_a_thing_is_as_bright_as_itself_however_small_it_is():
    images = np.zeros((4, 1, 20, 20), np.uint8)
    images[0, :, 5:8, 5:8], images[1, :, 4:16, 4:16] = 204, 204
    images[2, :, 5:8, 5:8], images[3] = 102, 51
    np.testing.assert_allclose(columns(images)["brightness"], (0.8, 0.8, 0.4, 0.2), atol=1e-3)


SHADES = {
    "red": (220, 30, 30),
    "orange": (245, 140, 20),
    "yellow": (250, 230, 40),
    "green": (40, 160, 60),
    "blue": (30, 80, 220),
    "purple": (130, 40, 190),
    "pink": (250, 150, 190),
    "brown": (120, 70, 30),
    "black": (10, 10, 12),
    "white": (250, 250, 250),
    "grey": (128, 128, 130),
}


@pytest.mark.parametrize("name", SHADES)
def test_a_colour_and_that_of_the_background_are_named(name):
    other = "white" if name != "white" else "blue"
    image = np.empty((3, 20, 20), np.uint8)
    image[:] = np.array(SHADES[other])[:, None, None]
    image[:, 6:14, 6:14] = np.array(SHADES[name])[:, None, None]
    found = columns(image[None])
    assert (COLOURS[int(found["colour"][0])], COLOURS[int(found["background"][0])]) == (name, other)
    assert COLOURS[int(columns(image[None, :, 7:13, 7:13])["colour"][0])] == name  # of one colour only


def test_a_grey_photo_has_no_colour_name_and_no_place_but_is_bright():
    found = columns(NOISE)
    assert np.isnan(found["colour"]).all()
    assert ((found["brightness"] > 0.4) & (found["brightness"] < 0.6)).all()


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """The folder of tables in a cache of its own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "vae_desktop" / "attributes"


def refuse(images, progress, are_strokes=None):
    raise AssertionError("measured again")


def test_what_was_measured_is_kept_by_content(cache, monkeypatch):
    found = attributes_of(Split(NOISE, None)).values
    assert len(list(cache.iterdir())) == 1
    with monkeypatch.context() as patch:
        patch.setattr(attributes, "measure", refuse)
        np.testing.assert_array_equal(attributes_of(Split(NOISE.copy(), None)).values, found)
        with pytest.raises(AssertionError):
            attributes_of(Split(255 - NOISE, None))
    next(cache.iterdir()).write_bytes(b"damaged")
    np.testing.assert_array_equal(attributes_of(Split(NOISE, None)).values, found)


def test_a_cache_that_cannot_be_written_does_no_harm(cache):
    cache.parent.mkdir(parents=True)
    cache.write_text("in the way")
    assert len(attributes_of(Split(NOISE, None))) == len(NOISE)


def test_only_so_many_tables_are_kept(cache, monkeypatch):
    monkeypatch.setattr(attributes, "MOST_KEPT", 3)
    for number in range(5):
        attributes_of(Split(NOISE + np.uint8(number), None))
        for place, file in enumerate(sorted(cache.iterdir(), key=lambda file: file.stat().st_mtime)):
            os.utime(file, (place, place))
    assert len(list(cache.iterdir())) == 3


def test_of_many_images_a_sample_is_measured(cache, monkeypatch):
    monkeypatch.setattr(attributes, "MOST_MEASURED", 5)
    split = Split(NOISE, None)
    monkeypatch.setattr(attributes, "TOGETHER", 2 * NOISE[0].nbytes)
    known = np.isfinite(attributes_of(split).columns()["brightness"])
    assert np.flatnonzero(known).tolist() == sorted(np.argsort(split.hashes)[:5].tolist())


def test_measuring_can_be_cancelled_and_tells_how_far_it_is(cache):
    told = []
    attributes_of(Split(NOISE, None), Progress(lambda done, total: told.append((done, total))))
    assert told[-1][0] == told[-1][1]
    assert told == sorted(told)
    with pytest.raises(Cancelled):
        attributes_of(Split(255 - NOISE, None), Progress(is_cancelled=lambda: True))
