"""The decoded grid in a real window: its pictures, its marker, and going where one clicks."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAction

from vae_desktop.gui.views.stage.manifold_view import tiled
from vae_desktop.latent.grid import quantiles


@pytest.fixture
def driver(shared_driver):
    """The window of all these tests, as at first: the grid is out of sight, 20 × 20, and nothing trains."""
    shared_driver.find("codesViewAction", QAction).trigger()
    shared_driver.find("manifoldSizeSpin").setValue(20)
    shared_driver.find("manifoldSpacingCombo").setCurrentIndex(0)
    yield shared_driver
    shared_driver.stop()


@pytest.fixture
def show(driver):
    """Show a bundled model, with the point at 0."""

    def begin_anew(name):
        driver.show(name)
        point = driver.window.controller.point
        point.move_to(np.zeros(len(point.code), np.float32))
        driver.decoded()
        return driver

    return begin_anew


def grid(driver):
    return driver.window.stage.manifold


def open_grid(driver, views="grid"):
    driver.find(f"{views}ViewAction", QAction).trigger()
    driver.wait(lambda: grid(driver).board.sheet is not None)
    return driver


def click_tile(driver, column, row):
    board = grid(driver).board
    rect, (columns, rows) = board.sheet_rect(), grid(driver).grid_shape()
    where = QPoint(
        round(rect.left() + (column + 0.3) * rect.width() / columns),
        round(rect.top() + (row + 0.7) * rect.height() / rows),
    )
    driver.qtbot.mouseClick(board, Qt.MouseButton.LeftButton, pos=where)


def decoded_at(driver, view, count):
    """The answers to a view's requests from now on, until the last has all its pictures."""
    found = []

    def note(request, value):
        if request.view == view:
            found.append((request, value))

    driver.window.controller.engine.inference.answered.connect(note)
    return found


def test_a_click_goes_to_the_code_of_the_picture(show) -> None:
    driver = open_grid(show("vae-2d"))
    places = quantiles(20)
    click_tile(driver, 3, 5)
    assert driver.window.controller.point.code.tolist() == pytest.approx([places[3], places[19 - 5]], abs=1e-4)
    marker = grid(driver).board.marker
    assert (marker.x(), marker.y()) == pytest.approx((3.5 / 20, 5.5 / 20), abs=1e-4)
    grid(driver).board.setFocus()
    driver.qtbot.keyClick(grid(driver).board, Qt.Key.Key_Right)
    assert driver.window.controller.point.code.tolist() == pytest.approx([places[4], places[14]], abs=1e-4)


def test_the_pictures_are_what_the_decoder_draws_there(show) -> None:
    driver = show("vae-2d")
    found = decoded_at(driver, "grid", 400)
    open_grid(driver)
    driver.wait(lambda: len(found) >= 2)
    request, pictures = found[-1]
    assert len(pictures) == 400
    np.testing.assert_allclose(request.codes[0], (quantiles(20)[0], quantiles(20)[-1]), atol=1e-6)  # upper left
    driver.decoded()
    before = driver.picture
    click_tile(driver, 0, 0)
    driver.wait(lambda: driver.picture != before)
    large = driver.window.panel.image.picture.astype(float)
    assert abs(pictures[0].mean() - large.mean()) < 4


def test_a_large_grid_is_filled_coarse_first(show) -> None:
    driver = show("vae-20d")
    driver.find("manifoldSizeSpin").setValue(40)
    found = decoded_at(driver, "grid", 1600)
    open_grid(driver)
    driver.wait(lambda: len(found) >= 2)
    first = found[0][1].reshape(40, 40, -1)
    assert (first[0, 0] == first[1, 1]).all()  # one picture stands for several
    side = grid(driver).board.sheet.width()
    driver.wait(lambda: not (found[-1][1][0] == found[-1][1][1]).all())
    assert grid(driver).board.sheet.width() == side


@pytest.mark.parametrize(("size", "count"), [(5, 25), (40, 1600)])
def test_sizes_from_5_to_40(show, size, count) -> None:
    driver = open_grid(show("vae-2d"))
    found = decoded_at(driver, "grid", count)
    driver.find("manifoldSizeSpin").setValue(size)
    driver.wait(lambda: found and len(found[-1][1]) == count)
    assert driver.find("manifoldSizeSpin").text() == f"{size} × {size}"


def test_even_spacing_covers_all_codes(show) -> None:
    driver = open_grid(show("ae-2d"))
    driver.find("manifoldSpacingCombo").setCurrentIndex(1)
    places = grid(driver).positions()
    codes = driver.window.controller.engine.project.shown.codes.mean
    width = np.ptp(codes[:, 0])
    assert places[:, 0].min() - codes[:, 0].min() < width / 10
    assert codes[:, 0].max() - places[:, 0].max() < width / 10
    steps = np.diff(places[:20, 0])
    np.testing.assert_allclose(steps, steps[0], rtol=1e-3)


def test_it_follows_the_axes_and_the_other_coordinates(show) -> None:
    driver = show("vae-20d")
    found = decoded_at(driver, "grid", 400)
    open_grid(driver, "both")
    driver.find("horizontalAxisCombo").setCurrentIndex(3)
    driver.find("verticalAxisCombo").setCurrentIndex(8)
    driver.find("latentSlider5").setValue(-1.5)
    driver.wait(lambda: found and (found[-1][0].codes[:, 5] == -1.5).all())
    codes = found[-1][0].codes
    moved = np.flatnonzero(np.ptp(codes, axis=0) > 0)
    assert moved.tolist() == [3, 8]


def test_it_is_refreshed_while_training(driver) -> None:
    driver.train(epochs="1000")
    found = decoded_at(driver, "grid", 400)
    open_grid(driver)
    driver.wait(lambda: len(found) > 4 and (found[-1][1] != found[2][1]).any())
    assert driver.state == "training"


def test_one_dimension_is_one_row(driver) -> None:
    driver.train_to_the_end(latentDim="1", epochs="2")
    open_grid(driver)
    assert grid(driver).grid_shape() == (20, 1)
    click_tile(driver, 19, 0)
    assert driver.window.controller.point.code.tolist() == pytest.approx([quantiles(20)[-1]], abs=1e-4)


def test_without_a_model_it_says_what_to_do(open_window) -> None:
    driver = open_window()
    driver.wait(lambda: driver.has_dataset)
    driver.find("gridViewAction", QAction).trigger()
    assert grid(driver).board.sheet is None
    grid(driver).board.grab()
    driver.qtbot.mouseClick(grid(driver).board, Qt.MouseButton.LeftButton)
    driver.qtbot.keyClick(grid(driver).board, Qt.Key.Key_Right)


def test_pictures_are_tiled_row_by_row() -> None:
    pictures = np.arange(6, dtype=np.uint8).reshape(6, 1, 1, 1).repeat(2, axis=2)
    assert tiled(pictures, 3)[..., 0].tolist() == [[0, 0, 1, 1, 2, 2], [3, 3, 4, 4, 5, 5]]
