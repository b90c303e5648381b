"""Paths as files, read back as another program would."""

import io

import numpy as np
import pytest
from PIL import Image

from vae_desktop.latent.export import as_gif, as_strip


def noise(count, height=8, width=8, channels=1):
    return np.random.default_rng(0).integers(0, 256, (count, height, width, channels), np.uint8)


def solid(*levels):
    return np.array(levels, np.uint8)[:, None, None, None].repeat(8, 1).repeat(8, 2)


def enlarged(pictures, scale):
    return np.kron(pictures, np.ones((1, scale, scale, 1), np.uint8))


def read_gif(contents):
    """Frames (N, H, W, 3), their durations in ms, and how often it repeats."""
    frames, durations = [], []
    with Image.open(io.BytesIO(contents)) as image:
        for number in range(image.n_frames):
            image.seek(number)
            frames.append(np.array(image.convert("RGB")))
            durations.append(image.info["duration"])
        return np.array(frames), durations, image.info.get("loop")


def read_png(contents):
    with Image.open(io.BytesIO(contents)) as image:
        assert image.format == "PNG"
        pixels = np.array(image)
    return pixels if pixels.ndim == 3 else pixels[..., None]


# GIF


LEVELS = np.arange(256, dtype=np.uint8).reshape(1, 16, 16, 1)


@pytest.mark.parametrize(
    ("pictures", "scale"),
    [
        (noise(5), 32),
        (noise(3, 28, 28), 9),
        (noise(3, 6, 10), 25),
        (noise(2, 200, 300), 1),
        (np.concatenate((LEVELS, 255 - LEVELS, LEVELS)), 16),
        (solid(255, 0, 128, 255), 32),
        (noise(1), 32),
    ],
)
def test_each_frame_is_its_grey_picture_enlarged(pictures, scale):
    frames, _, _ = read_gif(as_gif(pictures, 1.0))
    assert np.array_equal(frames, enlarged(pictures, scale).repeat(3, 3))


@pytest.mark.parametrize(
    "pictures",
    [noise(3)[[0, 1, 1, 1, 2]], noise(3)[[0, 0, 1, 2, 2]], noise(1)[[0, 0, 0]], solid(0, 0, 255), solid(255, 7, 7)],
)
def test_a_frame_that_equals_the_one_before_makes_it_stay_longer(pictures):
    frames, durations, _ = read_gif(as_gif(pictures, 1.0))
    pause = round(100 / len(pictures)) * 10
    times = np.rint(np.array(durations) / pause).astype(int)
    assert sum(times) == len(pictures)
    assert np.array_equal(np.repeat(frames, times, axis=0), enlarged(pictures, 32).repeat(3, 3))


def test_frames_that_differ_in_a_single_pixel_are_whole():
    pictures = solid(40, 40, 40)
    pictures[1, 2, 3] = 41
    pictures[2, 7, 7] = 0
    frames, _, _ = read_gif(as_gif(pictures, 1.0))
    assert np.array_equal(frames, enlarged(pictures, 32).repeat(3, 3))


@pytest.mark.parametrize(
    ("count", "seconds", "pause"),
    [(10, 2.0, 200), (24, 3.0, 120), (8, 1.0, 120), (3, 1.0, 330), (100, 1.0, 20), (50, 1.0, 20), (2, 60.0, 30_000)],
)
def test_all_frames_are_shown_equally_long(count, seconds, pause):
    pictures = solid(*range(count))  # the format counts in hundredths of a second
    assert read_gif(as_gif(pictures, seconds))[1] == [pause] * count


def test_it_repeats_for_ever():
    contents = as_gif(noise(3), 1.0)
    assert contents[:6] == b"GIF89a"
    assert read_gif(contents)[2] == 0


def test_few_colours_are_kept():
    pictures = np.zeros((3, 8, 8, 3), np.uint8)
    pictures[0, :4] = (255, 30, 0)
    pictures[1, :, :4] = (10, 255, 0)
    pictures[2] = (0, 5, 255)
    frames, durations, loop = read_gif(as_gif(pictures, 0.6))
    assert np.array_equal(frames, enlarged(pictures, 32))
    assert (durations, loop) == ([200] * 3, 0)


def test_many_colours_are_nearly_kept():
    rows, columns = np.mgrid[:28, :28].astype(np.uint8) * 9
    pictures = np.array([np.stack((rows, columns, np.full_like(rows, blue)), -1) for blue in (0, 100, 200)])
    frames, _, _ = read_gif(as_gif(pictures, 1.0))
    assert frames.shape == (3, 252, 252, 3)
    assert np.abs(frames.astype(int) - enlarged(pictures, 9)).max() <= 24


# Strips


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize(
    ("count", "height", "width", "scale"),
    [(5, 8, 8, 14), (1, 8, 8, 14), (4, 28, 28, 4), (3, 6, 10, 11), (3, 10, 6, 11), (2, 128, 128, 1)],
)
def test_a_strip_has_all_pictures_side_by_side(channels, count, height, width, scale):
    pictures = noise(count, height, width, channels)
    strip = read_png(as_strip(pictures))
    assert strip.shape == (height * scale, count * width * scale, channels)
    assert np.array_equal(strip, np.concatenate(list(enlarged(pictures, scale)), axis=1))


@pytest.mark.parametrize(("count", "scale"), [(146, 14), (147, 13), (1024, 2), (1025, 1)])
def test_many_pictures_are_enlarged_only_as_far_as_16384_pixels_go(count, scale):
    pictures = noise(count)
    strip = read_png(as_strip(pictures))
    assert strip.shape[1] == count * 8 * scale <= 16_384
    assert np.array_equal(strip, np.concatenate(list(enlarged(pictures, scale)), axis=1))


def test_pictures_that_are_wider_together_stay_as_they_are():
    pictures = noise(240, 8, 80)
    assert np.array_equal(read_png(as_strip(pictures)), np.concatenate(list(pictures), axis=1))
