"""Drawings against the rules by which data sets were made."""

import numpy as np
import pytest

from vae_desktop.data.drawing_preprocessing import image_of_drawing, paper_of
from vae_desktop.dataset_catalog import DATASETS, DrawingPreprocessing

MNIST = DATASETS["mnist"].preprocessing
GREY, COLOUR = (1, 28, 28), (3, 28, 28)


def drawing(*boxes, size=280, paper=0, ink=255, channels=1):
    """A canvas with filled boxes (top, left, height, width)."""
    canvas = np.full((size, size, channels), paper, np.uint8)
    for top, left, height, width in boxes:
        canvas[top : top + height, left : left + width] = ink
    return canvas


def ink_box(image, paper=0):
    rows, columns = np.nonzero((image != paper).any(0))
    return rows.min(), columns.min(), rows.max() + 1 - rows.min(), columns.max() + 1 - columns.min()


def centre_of_mass(image):
    mass = image.sum(0, dtype=float)
    return [(mass.sum(1 - axis) * (np.arange(len(mass)) + 0.5)).sum() / mass.sum() for axis in (0, 1)]


@pytest.mark.parametrize("box", [(3, 5, 60, 30), (200, 100, 20, 77), (0, 0, 280, 280), (140, 140, 9, 3)])
def test_mnist_has_the_ink_in_twenty_pixels_with_its_mass_in_the_middle(box):
    image = image_of_drawing(drawing(box), 0, GREY, MNIST)
    assert (image.shape, image.dtype) == (GREY, np.uint8)
    assert max(ink_box(image)[2:]) == 20
    assert centre_of_mass(image) == pytest.approx([14.5, 14.5], abs=0.5)


def test_the_mass_counts_and_not_the_box():
    stem_and_foot = drawing((20, 50, 200, 10), (200, 50, 20, 140))
    by_mass = image_of_drawing(stem_and_foot, 0, GREY, MNIST)
    by_box = image_of_drawing(stem_and_foot, 0, GREY, DrawingPreprocessing(20 / 28, False, ""))
    assert centre_of_mass(by_mass) == pytest.approx([14.5, 14.5], abs=0.5)
    assert ink_box(by_box)[:2] == (4, 7)
    assert ink_box(by_mass)[:2] != (4, 7)


def test_where_and_how_large_it_was_drawn_does_not_matter():
    small = image_of_drawing(drawing((20, 30, 100, 40)), 0, GREY, MNIST)
    moved = image_of_drawing(drawing((150, 200, 100, 40)), 0, GREY, MNIST)
    twice = image_of_drawing(drawing((40, 60, 200, 80)), 0, GREY, MNIST)
    assert np.array_equal(small, moved)
    assert np.array_equal(small, twice)


def test_ink_whose_mass_lies_far_out_stays_within_the_image():
    image = image_of_drawing(drawing((0, 0, 100, 100), (0, 100, 4, 180)), 0, GREY, DrawingPreprocessing(1.0, True, ""))
    assert image.shape == GREY
    assert image.max() == 255


def test_without_a_rule_it_is_only_made_smaller():
    image = image_of_drawing(drawing((0, 0, 140, 280)), 0, GREY, None)
    assert (image[0, :14] == 255).all()
    assert (image[0, 14:] == 0).all()


@pytest.mark.parametrize("preprocessing", [None, MNIST])
def test_an_empty_canvas_is_paper(preprocessing):
    assert (image_of_drawing(drawing(paper=255), 255, GREY, preprocessing) == 255).all()


def test_dark_ink_on_white_paper():
    image = image_of_drawing(drawing((20, 30, 100, 40), paper=255, ink=0), 255, GREY, MNIST)
    assert ink_box(image, paper=255)[2:] == (20, 8)
    assert np.array_equal(255 - image, image_of_drawing(drawing((20, 30, 100, 40)), 0, GREY, MNIST))


@pytest.mark.parametrize("preprocessing", [None, MNIST])
def test_colours_stay_colours(preprocessing):
    image = image_of_drawing(drawing((0, 0, 280, 280), ink=(255, 30, 0), channels=3), 0, COLOUR, preprocessing)
    assert image.shape == COLOUR
    assert image[:, 14, 14].tolist() == [255, 30, 0]


def test_an_image_that_is_no_square():
    image = image_of_drawing(drawing((0, 0, 100, 50)), 0, (1, 20, 40), DrawingPreprocessing(1.0, False, ""))
    assert ink_box(image) == (0, 15, 20, 10)


@pytest.mark.parametrize(("border", "paper"), [(0, 0), (250, 255), (90, 0)])
def test_the_paper_is_what_lies_at_the_borders(border, paper):
    images = np.full((4, 1, 8, 8), 128, np.uint8)
    images[..., [0, -1], :] = images[..., [0, -1]] = border
    assert paper_of(images) == paper
