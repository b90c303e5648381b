"""One current point: whoever moves it, every view follows."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt


@pytest.fixture
def trained(driver):
    driver.train_to_the_end(epochs="5")
    return driver


def test_a_click_in_the_scatter_moves_sliders_and_picture(trained) -> None:
    plot = trained.window.scatter.plot
    before = trained.picture
    where = QPoint(plot.viewport().width() * 2 // 3, plot.viewport().height() // 4)
    expected = plot.getViewBox().mapSceneToView(plot.mapToScene(where))
    trained.qtbot.mouseClick(plot.viewport(), Qt.MouseButton.LeftButton, pos=where)
    trained.wait(lambda: trained.picture != before)
    assert trained.find("latentSlider0").value() == pytest.approx(expected.x(), abs=0.05)
    assert trained.find("latentSlider1").value() == pytest.approx(expected.y(), abs=0.05)


def test_a_drag_in_the_scatter_moves_the_point_all_the_way(trained) -> None:
    plot = trained.window.scatter.plot
    start = QPoint(plot.viewport().width() // 2, plot.viewport().height() // 2)
    trained.qtbot.mousePress(plot.viewport(), Qt.MouseButton.LeftButton, pos=start)
    for step in range(1, 9):
        trained.qtbot.mouseMove(plot.viewport(), start + QPoint(12 * step, -6 * step))
    trained.qtbot.mouseRelease(plot.viewport(), Qt.MouseButton.LeftButton, pos=start + QPoint(96, -48))
    expected = plot.getViewBox().mapSceneToView(plot.mapToScene(start + QPoint(96, -48)))
    assert tuple(trained.window.controller.point.code) == pytest.approx((expected.x(), expected.y()), abs=0.05)


def test_a_slider_moves_the_cursor(trained) -> None:
    trained.find("latentSlider0").setValue(1.25)
    trained.find("latentSlider1").setValue(-0.5)
    cursor = trained.window.scatter.plot._cursor
    assert (cursor.x(), cursor.y()) == pytest.approx((1.25, -0.5))


def test_arrow_keys_in_the_scatter_nudge_the_point(trained) -> None:
    plot = trained.window.scatter.plot
    trained.qtbot.keyClick(plot, Qt.Key.Key_Right)
    assert trained.find("latentSlider0").value() > 0
    assert trained.find("latentSlider1").value() == 0


def test_reset_and_randomise(trained) -> None:
    assert not trained.find("resetButton").isEnabled()
    trained.click("randomiseButton")
    assert trained.find("latentSlider0").value() != 0
    trained.click("resetButton")
    assert trained.find("latentSlider0").value() == 0
    assert not trained.find("resetButton").isEnabled()


def test_a_double_click_on_a_slider_resets_its_dimension_alone(trained) -> None:
    trained.find("latentSlider0").setValue(1.0)
    trained.find("latentSlider1").setValue(1.0)
    trained.qtbot.mouseDClick(trained.find("latentSlider0")._handle, Qt.MouseButton.LeftButton)
    assert trained.find("latentSlider0").value() == 0
    assert trained.find("latentSlider1").value() == 1.0


def test_a_typed_value_beyond_the_range_is_taken_and_widens_it(trained) -> None:
    slider = trained.find("latentSlider0")
    slider._entry.setValue(42.5)
    assert slider.value() == 42.5
    assert slider.maximum() >= 42.5
    assert trained.window.controller.point.code[0] == 42.5


def test_slider_ranges_cover_the_codes(trained) -> None:
    codes = trained.window.controller.session.shown.codes.mean
    for dimension in range(2):
        slider = trained.find(f"latentSlider{dimension}")
        assert slider.minimum() <= codes[:, dimension].min()
        assert slider.maximum() >= codes[:, dimension].max()


def test_axes_can_be_chosen_with_more_than_two_dimensions(driver) -> None:
    driver.train_to_the_end(latentDim="5")
    driver.find("horizontalAxisCombo").setCurrentIndex(3)
    driver.find("verticalAxisCombo").setCurrentIndex(4)
    driver.window.scatter.plot.pointed.emit(0.5, -0.25)
    np.testing.assert_allclose(driver.window.controller.point.code, [0, 0, 0, 0.5, -0.25])


def test_a_hidden_class_is_greyed_and_lies_below(trained) -> None:
    raster = trained.window.scatter.plot._raster
    trained.find("classChip3").click()
    grey = np.array(trained.window.scatter._hidden_colour)
    count = int((trained.window.controller.session.shown.codes.labels == 3).sum())
    assert count > 0
    assert (raster._colours[:count] == grey).all()
    assert not (raster._colours[count:] == grey).all(1).any()


def test_the_scatter_paints_its_points(trained) -> None:
    image = trained.window.scatter.plot.grab().toImage()
    colours = {image.pixelColor(x, y).name() for x in range(image.width()) for y in range(0, image.height(), 3)}
    assert "#3f90da" in colours
    assert "#ffa90e" in colours
